#include "tui/plain/typed.h"
#include "shared/buf.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 4 << 20 };

struct typed {
    struct buf input;
    size_t at; /* input before this was given out */
    char *line;
    struct buf text;
    bool block; /* within """ */
    bool more;  /* the line before ended in "\" */
    bool whole; /* text was given out */
    bool full;  /* something of it was dropped */
};

struct typed *typed_new(void)
{
    struct typed *typed = xcalloc(1, sizeof *typed);

    buf_init(&typed->input, INPUT_MAX);
    buf_init(&typed->text, TYPED_MAX);
    return typed;
}

void typed_free(struct typed **slot)
{
    if (!*slot)
        return;
    buf_free(&(*slot)->input);
    buf_free(&(*slot)->text);
    free((*slot)->line);
    free(*slot);
    *slot = NULL;
}

void typed_feed(struct typed *typed, const char *bytes, size_t len)
{
    buf_drop(&typed->input, typed->at);
    typed->at = 0;
    buf_put(&typed->input, bytes, len);
}

const char *typed_line(struct typed *typed, bool *cut)
{
    const char *text = typed->input.data + typed->at;
    const char *newline = memchr(text, '\n', typed->input.len - typed->at);

    free(typed->line);
    typed->line = NULL;
    if (!newline)
        return NULL;
    size_t len = (size_t)(newline - text);
    *cut = len >= TYPED_LINE_MAX;
    typed->line = sanitise_text(text, len, SANITISE_STRIP, TYPED_MAX);
    typed->at += len + 1;
    return typed->line;
}

/* --- messages --- */

static void add(struct typed *typed, const char *line, size_t len)
{
    if ((typed->text.len > 0 && !buf_putc(&typed->text, '\n')) || !buf_put(&typed->text, line, len))
        typed->full = true;
}

static bool is_fence(const char *line)
{
    return strncmp(line, "\"\"\"", 3) == 0 && line[3 + strspn(line + 3, " \t")] == '\0';
}

/* "/word" or "/word rest"; "/usr/bin is full" is a message, and so is what directs the demo model. */
static bool is_command(const char *line)
{
    size_t word = line[0] == '/' ? strspn(line + 1, "abcdefghijklmnopqrstuvwxyz-") : 0;

    return word > 0 && (line[1 + word] == '\0' || line[1 + word] == ' ') &&
           !(word == 4 && memcmp(line + 1, "demo", 4) == 0);
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\n")] == '\0';
}

static enum typed_is end(struct typed *typed)
{
    bool full = typed->full;

    typed->block = typed->more = typed->full = false;
    typed->whole = true;
    return full ? TYPED_TOO_LONG : is_blank(typed->text.data) ? TYPED_NOTHING : TYPED_MESSAGE;
}

/* A doubled "\" at the end is one that means itself. */
static bool goes_on(const char *line, size_t *len)
{
    if (*len == 0 || line[*len - 1] != '\\')
        return false;
    (*len)--;
    return *len == 0 || line[*len - 1] != '\\';
}

enum typed_is typed_take(struct typed *typed, const char *line)
{
    bool began = typed_began(typed);
    size_t len = strlen(line);

    if (typed->whole)
        typed_drop(typed);
    if (is_fence(line) && (typed->block || !began)) {
        typed->block = !typed->block;
        return typed->block ? TYPED_NOTHING : end(typed);
    }
    if (!typed->block && goes_on(line, &len)) {
        add(typed, line, len);
        typed->more = true;
        return TYPED_NOTHING;
    }
    add(typed, line, len);
    if (typed->block)
        return TYPED_NOTHING;
    enum typed_is is = end(typed);
    return !began && is == TYPED_MESSAGE && is_command(line) ? TYPED_COMMAND : is;
}

const char *typed_text(const struct typed *typed)
{
    return typed->text.data;
}

bool typed_began(const struct typed *typed)
{
    return typed->block || typed->more;
}

void typed_drop(struct typed *typed)
{
    buf_clear(&typed->text);
    typed->block = typed->more = typed->whole = typed->full = false;
}
