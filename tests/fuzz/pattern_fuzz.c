/* Regular expressions of schemas: expression, newline, text. What is found does not change when the whole is
 * a group, an alternative of itself, or looked ahead for; it is the same each time; and it ends in time. */
#include "daemon/agent/mcp/pattern.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 1000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* PATTERN_TOO_LONG also for what does not compile. */
static enum pattern_found find(const char *expression, const char *text, size_t len)
{
    char error[128] = "";
    struct pattern *pattern = pattern_compile(expression, error);
    long steps = STEPS;

    assert(pattern ? !*error : *error && utf8_valid(error, strlen(error)));
    if (!pattern)
        return PATTERN_TOO_LONG;
    enum pattern_found found = pattern_find(pattern, text, len, &steps);
    pattern_free(&pattern);
    return found;
}

/* The same question in other words, which may be too long where the first was not. */
static void same(char *other, const char *text, size_t len, enum pattern_found expected)
{
    enum pattern_found found = find(other, text, len);

    assert(found == expected || found == PATTERN_TOO_LONG);
    free(other);
}

static void check(const char *expression, const char *text, size_t len)
{
    enum pattern_found found = find(expression, text, len);

    if (found == PATTERN_TOO_LONG)
        return;
    same(xstrdup(expression), text, len, found);
    same(xasprintf("(?:%s)", expression), text, len, found);
    same(xasprintf("(?<n>%s)|(%s)", expression, expression), text, len, found);
    same(xasprintf("(?:%s){1,2}", expression), text, len, found);
    same(xasprintf("(?=%s)", expression), text, len, found);
    same(xasprintf("^(?![\\s\\S]*(?:%s))", expression), text, len,
         found == PATTERN_FOUND ? PATTERN_ABSENT : PATTERN_FOUND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = memchr(data, '\n', size);
    size_t len = newline ? (size_t)(newline - data) : size, rest = newline ? size - len - 1 : 0;
    char *expression = strndup((const char *)data, len), *text = malloc(rest ? rest : 1);

    memcpy(text, data + size - rest, rest);
    check(expression, text, rest);
    free(text);
    free(expression);
    return 0;
}
