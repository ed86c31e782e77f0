#include "tui/record.h"
#include "shared/clock.h"
#include "shared/sanitise.h"
#include "tui/text/layout.h"
#include <stdlib.h>
#include <string.h>

enum { AUTHOR_BYTES_MAX = 200 };

static const char *sgr_of(enum style style)
{
    switch (style) {
    case STYLE_STRONG:
    case STYLE_HEADING:
    case STYLE_STRONG_EMPHASIS:
    case STYLE_TOOL:
    case STYLE_ERROR:
    case STYLE_WARNING:
        return "\033[1m";
    case STYLE_EMPHASIS:
    case STYLE_LINK:
        return "\033[4m";
    case STYLE_DIM:
    case STYLE_COMMENT:
        return "\033[2m";
    default:
        return NULL;
    }
}

static void put(struct buf *out, const char *text, size_t len, const char *sgr)
{
    if (len == 0)
        return;
    if (sgr)
        buf_puts(out, sgr);
    buf_put(out, text, len);
    if (sgr)
        buf_puts(out, "\033[0m");
}

static void put_header(struct buf *out, const struct message *message, bool styled)
{
    char *author = sanitise_line(message->author, strlen(message->author), AUTHOR_BYTES_MAX), when[32];

    put(out, author, strlen(author), styled ? "\033[1m" : NULL);
    free(author);
    clock_local(message->ts, CLOCK_MINUTE, when);
    buf_printf(out, "  %s", when);
    if (message->status != MESSAGE_COMPLETE)
        buf_printf(out, "  %s", message_status_name(message->status));
    buf_putc(out, '\n');
}

static void put_line(struct buf *out, const struct layout_line *line, bool styled)
{
    size_t at = 0;

    if (line->len > 0)
        buf_printf(out, "%*s", (int)line->indent, "");
    for (size_t i = 0; styled && i < line->span_count && at < line->len; i++) {
        size_t len = line->spans[i].len < line->len - at ? line->spans[i].len : line->len - at;

        put(out, line->text + at, len, sgr_of(line->spans[i].style));
        at += len;
    }
    put(out, line->text + at, line->len - at, styled ? sgr_of(line->style) : NULL);
}

bool record_message(struct buf *out, const struct message *message, const struct record_look *look)
{
    struct folds folds = {.unfolded = look->unfolded};
    struct layout *layout = layout_new();
    bool fits = true;

    layout_update(layout, message, look->width, &folds);
    put_header(out, message, look->styled);
    for (size_t i = 1; i < layout_lines(layout) && fits; i++) {
        struct layout_line line = layout_line(layout, i);
        put_line(out, &line, look->styled);
        fits = buf_putc(out, '\n');
    }
    layout_free(&layout);
    return fits;
}
