#include "tui/text/canvas.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MAX = 1 << 27, /* bytes: far above what the budget of markdown.h lets a message become */
    SPAN_MAX = 60000    /* bytes of a span: what its field holds */
};

void canvas_init(struct canvas *canvas)
{
    *canvas = (struct canvas){0};
    buf_init(&canvas->text, TEXT_MAX);
    buf_init(&canvas->kept, TEXT_MAX);
}

void canvas_free(struct canvas *canvas)
{
    buf_free(&canvas->text);
    buf_free(&canvas->kept);
    free(canvas->lines);
    free(canvas->spans);
    free(canvas->codes);
    canvas_init(canvas);
}

struct canvas_mark canvas_mark(const struct canvas *canvas)
{
    return (struct canvas_mark){canvas->text.len,   canvas->kept.len,   canvas->count,
                                canvas->span_count, canvas->code_count, canvas->code};
}

void canvas_rewind(struct canvas *canvas, const struct canvas_mark *mark)
{
    buf_truncate(&canvas->text, mark->text);
    buf_truncate(&canvas->kept, mark->kept);
    canvas->count = mark->count;
    canvas->span_count = mark->span_count;
    canvas->code_count = mark->code_count;
    canvas->code = mark->code;
}

/* Room for one more; doubling keeps growing linear. */
static void *grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 8;
    return xreallocarray(array, *room, size);
}

void canvas_line(struct canvas *canvas, size_t source, size_t indent, enum style style)
{
    canvas->lines = grown(canvas->lines, canvas->count, &canvas->lines_room, sizeof *canvas->lines);
    if (canvas->count > 0 && source <= canvas->lines[canvas->count - 1].source)
        source = canvas->lines[canvas->count - 1].source + (size_t)1;
    canvas->lines[canvas->count++] = (struct canvas_line){
        .at = (uint32_t)canvas->text.len,
        .source = (uint32_t)source,
        .span_at = (uint32_t)canvas->span_count,
        .code = canvas->code,
        .indent = (uint16_t)indent,
        .style = (uint8_t)(canvas->dim ? STYLE_DIM : style),
    };
}

static void put_span(struct canvas *canvas, struct canvas_line *line, size_t len, enum style style)
{
    struct span *last = line->spans > 0 ? &canvas->spans[canvas->span_count - 1] : NULL;

    if (last && last->style == style && last->len + len <= SPAN_MAX) {
        last->len = (unsigned short)(last->len + len);
        return;
    }
    while (len > 0 && line->spans < UINT16_MAX) {
        size_t part = len < SPAN_MAX ? len : SPAN_MAX;
        canvas->spans = grown(canvas->spans, canvas->span_count, &canvas->spans_room, sizeof *canvas->spans);
        canvas->spans[canvas->span_count++] = (struct span){(unsigned short)part, (unsigned char)style};
        line->spans++;
        len -= part;
    }
}

static bool is_diff(enum style style)
{
    return style == STYLE_ADDED || style == STYLE_REMOVED || style == STYLE_HUNK;
}

void canvas_put(struct canvas *canvas, const char *text, size_t len, enum style style)
{
    struct canvas_line *line = &canvas->lines[canvas->count - 1];

    if (len == 0 || !buf_put(&canvas->text, text, len))
        return;
    if (canvas->dim && !is_diff(style))
        style = STYLE_DIM;
    line->len += (uint32_t)len;
    /* Text in the line's own style needs no span while there is none before it. */
    if (line->spans == 0 && style == line->style)
        return;
    if (line->spans == 0 && line->len > len)
        put_span(canvas, line, line->len - len, line->style);
    put_span(canvas, line, len, style);
}

void canvas_puts(struct canvas *canvas, const char *text, enum style style)
{
    canvas_put(canvas, text, strlen(text), style);
}

void canvas_fill(struct canvas *canvas, size_t cells, enum style style)
{
    static const char spaces[] = "                                ";

    for (; cells >= sizeof spaces; cells -= sizeof spaces - 1)
        canvas_put(canvas, spaces, sizeof spaces - 1, style);
    canvas_put(canvas, spaces, cells, style);
}

void canvas_indent(struct canvas *canvas, size_t cells)
{
    struct canvas_line *line = &canvas->lines[canvas->count - 1];

    if (line->len == 0)
        line->indent = (uint16_t)(line->indent + cells);
    else
        canvas_fill(canvas, cells, line->style);
}

void canvas_gap(struct canvas *canvas, size_t source)
{
    if (canvas->count > 0)
        canvas_line(canvas, source, 0, STYLE_TEXT);
}

static void add_code(struct canvas *canvas, struct canvas_code code)
{
    canvas->codes = grown(canvas->codes, canvas->code_count, &canvas->codes_room, sizeof *canvas->codes);
    canvas->codes[canvas->code_count++] = code;
    canvas->code = (uint32_t)canvas->code_count;
}

void canvas_code_keep(struct canvas *canvas, const char *text, size_t len)
{
    size_t at = canvas->kept.len;

    if (buf_put(&canvas->kept, text, len))
        add_code(canvas, (struct canvas_code){at, len, true, 0});
}

void canvas_code_borrow(struct canvas *canvas, size_t at, size_t indent)
{
    add_code(canvas, (struct canvas_code){at, 0, false, indent});
}

void canvas_code_end(struct canvas *canvas)
{
    canvas->code = 0;
}
