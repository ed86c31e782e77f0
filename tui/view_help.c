/* The help page, made from the keys in force and the tables of commands: in two columns where there is room,
 * like the pages of a book, and with the keys above their text where there is little. */
#include "proto/slash.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/command_local.h"
#include "tui/keymap.h"
#include "tui/view.h"
#include "tui/view_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TWO_COLUMNS_FROM = 100, /* cells */
    COLUMN_GAP = 2,
    NARROW_BELOW = 50,   /* cells of a column: keys stand above their text */
    KEYS_CELLS_MAX = 24, /* where the text begins: after a third, at most */
    KEYS_CELLS_NARROW = 4,
    KEYS_BYTES = 256
};

struct help_line {
    char keys[KEYS_BYTES]; /* or a heading */
    const char *text;      /* borrowed from the tables */
    size_t len;
    bool heading;
};

struct help_page {
    struct help_line *lines;
    size_t count;
    size_t cells; /* of a column */
};

static struct help_line *add(struct help_page *page, bool heading)
{
    page->lines = xreallocarray(page->lines, page->count + 1, sizeof *page->lines);
    struct help_line *line = &page->lines[page->count++];
    *line = (struct help_line){.text = "", .heading = heading};
    return line;
}

/* Bytes of text that a line of so many cells takes, cut between words. */
static size_t fitting(const char *text, size_t cells)
{
    size_t len = strlen(text), best = 0;

    if (utf8_width(text, len) <= cells)
        return len;
    for (size_t at = 0; at < len && utf8_width(text, at) <= cells; at++)
        if (text[at] == ' ')
            best = at;
    return best ? best : len;
}

/* Keys or a heading, in as many lines as it takes; the last one. */
static struct help_line *add_keys(struct help_page *page, const char *keys, bool heading)
{
    struct help_line *line = NULL;

    do {
        size_t len = fitting(keys, page->cells - 1);

        line = add(page, heading);
        snprintf(line->keys, sizeof line->keys, "%.*s", (int)len, keys);
        keys += len;
        keys += *keys == ' ';
    } while (*keys);
    return line;
}

static size_t text_at(const struct help_page *page)
{
    if (page->cells < NARROW_BELOW)
        return KEYS_CELLS_NARROW;
    return page->cells / 3 < KEYS_CELLS_MAX ? page->cells / 3 : KEYS_CELLS_MAX;
}

/* What keys or a command do, beside them if they leave room, else below; in as many lines as it takes. */
static void add_entry(struct help_page *page, const char *keys, const char *text)
{
    size_t at = text_at(page);
    struct help_line *line = add_keys(page, keys, false);
    bool beside = utf8_width(line->keys, strlen(line->keys)) < at;

    while (*text) {
        if (!beside)
            line = add(page, false);
        beside = false;
        line->text = text;
        line->len = fitting(text, page->cells - at - 1);
        text += line->len;
        text += *text == ' ';
    }
}

static void add_heading(struct help_page *page, const char *text)
{
    if (page->count > 0)
        add(page, false);
    add_keys(page, text, true);
}

/* The rows of a context, those of one help text together. */
static void add_context(struct help_page *page, enum context context)
{
    char title[128], keys[KEYMAP_KEYS_TEXT_MAX];
    size_t count;
    const struct binding *rows = keymap_rows(&count);
    bool first = true;

    for (size_t i = 0, next; i < count; i = next) {
        next = keymap_line_end(rows, count, i);
        if (rows[i].context != context)
            continue;
        if (first)
            add_heading(page, keymap_context_title(context, title));
        first = false;
        add_entry(page, keymap_keys_text(rows + i, next - i, keys), rows[i].help ? rows[i].help : "");
    }
}

static void add_commands(struct help_page *page, const char *title, const struct slash_row *rows,
                         size_t count)
{
    char name[KEYS_BYTES];

    add_heading(page, title);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "/%s%s%s", rows[i].name, *rows[i].arguments ? " " : "",
                 rows[i].arguments);
        add_entry(page, name, rows[i].summary);
    }
}

static struct help_page make_page(int cols)
{
    struct help_page page = {0};
    size_t count;

    page.cells = (size_t)(cols >= TWO_COLUMNS_FROM ? (cols - COLUMN_GAP) / 2 : cols) - 1;
    for (int context = 0; context < CONTEXT_COUNT; context++)
        add_context(&page, (enum context)context);
    const struct slash_row *rows = slash_rows(&count);
    add_commands(&page, "Commands for the session, typed as a message", rows, count);
    rows = local_commands(&count);
    add_commands(&page, "Commands for this screen", rows, count);
    return page;
}

static void draw_line(const struct help_page *page, size_t index, struct screen *screen, int y, int x)
{
    size_t at = text_at(page);

    screen_row(screen, y, x, (int)page->cells + 1, STYLE_TEXT);
    if (index < page->count) {
        const struct help_line *line = &page->lines[index];
        size_t cells = utf8_width(line->keys, strlen(line->keys));

        screen_puts(screen, " ", STYLE_TEXT);
        screen_puts(screen, line->keys, line->heading ? STYLE_HEADING : STYLE_STRONG);
        if (line->len > 0) {
            screen_repeat(screen, " ", cells < at ? (int)(at - cells) : 1, STYLE_TEXT);
            screen_put(screen, line->text, line->len, STYLE_TEXT);
        }
    }
    screen_row_end(screen);
}

void view_help(const struct ui *ui, struct screen *screen, struct area area)
{
    struct help_page page = make_page(area.cols);
    bool two = area.cols >= TWO_COLUMNS_FROM;

    for (int i = 0; i < area.rows; i++) {
        draw_line(&page, ui->scroll + (size_t)i, screen, area.y + i, area.x);
        if (two)
            draw_line(&page, ui->scroll + (size_t)(area.rows + i), screen, area.y + i,
                      area.x + (int)page.cells + 1 + COLUMN_GAP);
    }
    free(page.lines);
}

size_t view_help_overflow(struct ui *ui, int rows, int cols)
{
    struct area area = view_geometry(ui, rows, cols).main;
    struct help_page page = make_page(area.cols);
    size_t shown = (size_t)area.rows * (area.cols >= TWO_COLUMNS_FROM ? 2 : 1), count = page.count;

    free(page.lines);
    return count > shown ? count - shown : 0;
}
