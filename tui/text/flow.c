#include "tui/text/flow.h"
#include "shared/xalloc.h"
#include "tui/text/wrap.h"
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 8 << 20 }; /* bytes; a segment is far smaller, but its entities and targets can grow it */

void flow_init(struct flow *flow)
{
    *flow = (struct flow){0};
    buf_init(&flow->text, TEXT_MAX);
    sanitise_init(&flow->sanitise, SANITISE_STRIP);
}

void flow_free(struct flow *flow)
{
    buf_free(&flow->text);
    free(flow->pieces);
    flow_init(flow);
}

void flow_clear(struct flow *flow)
{
    buf_clear(&flow->text);
    flow->count = 0;
    sanitise_init(&flow->sanitise, SANITISE_STRIP);
}

void flow_put(struct flow *flow, const char *text, size_t len, enum style style, size_t source)
{
    size_t before = flow->text.len;

    if (len == 0)
        return;
    sanitise_feed(&flow->sanitise, text, len, &flow->text);
    for (size_t i = before; i < flow->text.len; i++)
        if (flow->text.data[i] == '\t')
            flow->text.data[i] = ' ';
    if (flow->text.len == before)
        return;
    if (flow->count == flow->room) {
        flow->room = flow->room ? flow->room * 2 : 8;
        flow->pieces = xreallocarray(flow->pieces, flow->room, sizeof *flow->pieces);
    }
    flow->pieces[flow->count++] = (struct flow_piece){flow->text.len - before, source, style};
}

static size_t trimmed(const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return len;
}

struct flow_cursor flow_part(struct flow *flow)
{
    sanitise_init(&flow->sanitise, SANITISE_STRIP); /* no mark joins what is before */
    return (struct flow_cursor){flow->text.len, flow->count, 0};
}

bool flow_next(const struct flow *flow, struct flow_cursor *reader, size_t end, size_t width, size_t *from,
               size_t *len)
{
    const char *text = flow->text.data + reader->at;
    size_t left = end - reader->at, next = 0;

    if (left == 0)
        return false;
    const char *newline = memchr(text, '\n', left);
    size_t line = newline ? (size_t)(newline - text) : left;
    *from = reader->at;
    *len = line > 0 ? trimmed(text, wrap_next(text, line, width > 0 ? width : 1, WRAP_WORDS, &next)) : 0;
    reader->at += next;
    if (next == line && newline)
        reader->at++;
    return true;
}

size_t flow_seek(const struct flow *flow, struct flow_cursor *writer, size_t at)
{
    if (writer->piece == flow->count)
        return 0;
    while (writer->piece + 1 < flow->count &&
           writer->at - writer->into + flow->pieces[writer->piece].len <= at) {
        writer->at += flow->pieces[writer->piece].len - writer->into;
        writer->into = 0;
        writer->piece++;
    }
    writer->into += at - writer->at;
    writer->at = at;
    return flow->pieces[writer->piece].source + writer->into;
}

void flow_write(const struct flow *flow, struct flow_cursor *writer, size_t len, struct canvas *canvas)
{
    size_t end = writer->at + len;

    while (writer->at < end) {
        const struct flow_piece *piece = &flow->pieces[writer->piece];
        size_t part = piece->len - writer->into;
        part = part < end - writer->at ? part : end - writer->at;
        canvas_put(canvas, flow->text.data + writer->at, part, piece->style);
        flow_seek(flow, writer, writer->at + part);
    }
}

bool flow_lines(const struct flow *flow, struct canvas *canvas, const struct flow_margin *margin,
                size_t width)
{
    struct flow_cursor reader = {0}, writer = {0};
    size_t from, len;
    bool any = false;

    while (flow_next(flow, &reader, flow->text.len, width, &from, &len)) {
        margin->begin(margin->owner, flow_seek(flow, &writer, from));
        flow_write(flow, &writer, len, canvas);
        if (!any && margin->hang > 0)
            width = width > margin->hang ? width - margin->hang : 1;
        any = true;
    }
    return any;
}

void flow_append(struct flow *flow, const struct flow *other, struct flow_cursor from, size_t end)
{
    while (from.at < end) {
        const struct flow_piece *piece = &other->pieces[from.piece];
        size_t part = piece->len - from.into;
        part = part < end - from.at ? part : end - from.at;
        flow_put(flow, other->text.data + from.at, part, piece->style, piece->source + from.into);
        flow_seek(other, &from, from.at + part);
    }
}
