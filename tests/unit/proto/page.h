/* proto/PROTOCOL.md as the tests read it: sections, the cells of their tables, and `words` in backticks. */
#ifndef STOA_TEST_PAGE_H
#define STOA_TEST_PAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE_CELLS = 8 };

struct page_row {
    char *cells[PAGE_CELLS]; /* trimmed, without the backticks around the first one */
    size_t count;
    char *line; /* what the cells point into */
};

/* From after the heading line to the next heading; free() it. Tests run in the folder above proto/. */
static inline char *page_section(const char *heading)
{
    FILE *file = fopen("proto/PROTOCOL.md", "r");
    char *page = NULL, needle[100];
    size_t size = 0;

    if (!file)
        fail_msg("proto/PROTOCOL.md can't be read from the current folder");
    assert_true(getdelim(&page, &size, '\0', file) > 0);
    fclose(file);
    snprintf(needle, sizeof needle, "\n%s\n", heading);
    char *start = strstr(page, needle);
    if (!start)
        fail_msg("PROTOCOL.md has no section '%s'", heading);
    start += strlen(needle);
    char *end = strstr(start, "\n#");
    char *section = end ? strndup(start, (size_t)(end - start)) : strdup(start);
    free(page);
    return section;
}

static inline char *page_trim(char *text, const char *edge)
{
    text += strspn(text, edge);
    size_t len = strlen(text);
    while (len > 0 && strchr(edge, text[len - 1]))
        text[--len] = '\0';
    return text;
}

/* Reads the table row at *at and moves on to the next; false after the last. The heading and its rule are
 * left out, *at begins as the section. */
static inline bool page_next_row(const char **at, struct page_row *row)
{
    const char *line = *at;

    *row = (struct page_row){0};
    while (line && *line) {
        const char *next = strchr(line, '\n');
        size_t len = next ? (size_t)(next - line) : strlen(line);
        *at = next ? next + 1 : line + len;
        if (line[0] == '|' && line[1] == ' ' && line[2] == '`') {
            row->line = strndup(line, len);
            char *save = NULL, *cell = strtok_r(row->line, "|", &save);
            for (; cell && row->count < PAGE_CELLS; cell = strtok_r(NULL, "|", &save)) {
                row->cells[row->count] = page_trim(cell, row->count == 0 ? " `" : " ");
                row->count++;
            }
            return true;
        }
        line = *at;
    }
    return false;
}

static inline void page_row_clear(struct page_row *row)
{
    free(row->line);
    *row = (struct page_row){0};
}

/* The next word in backticks; false after the last. optional: a question mark follows it. after: what
 * follows. */
static inline bool page_next_word(const char **at, char word[64], bool *optional, const char **after)
{
    const char *start = strchr(*at, '`');
    const char *end = start ? strchr(start + 1, '`') : NULL;

    if (!end)
        return false;
    size_t len = (size_t)(end - start - 1);
    assert_true(len < 64);
    memcpy(word, start + 1, len);
    word[len] = '\0';
    *at = end + 1;
    *optional = *(end + 1) == '?';
    *after = end + 1 + *optional;
    return true;
}

#endif
