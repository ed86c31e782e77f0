#include "tui/text/markdown_page.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/text/code.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OUTPUT_BASE = 64 << 10,
    OUTPUT_EACH = 32, /* bytes that a byte of the source may become */
    CODE_INDENT = 2,
    RULE_MAX = 40, /* cells of a thematic break */
    LABEL_MAX = 60,
    FENCE = 3
};

void page_init(struct page *p, const struct markdown_source *source, struct canvas *canvas, size_t width)
{
    *p = (struct page){.source = *source, .canvas = canvas, .width = width};
    p->limit = canvas->text.len + OUTPUT_BASE + OUTPUT_EACH * source->len;
    p->where = p->shown = source->at;
    nesting_init(&p->nesting, width);
    flow_init(&p->flow);
    table_init(&p->table);
    buf_init(&p->code, PAGE_CODE_MAX);
}

void page_free(struct page *p)
{
    flow_free(&p->flow);
    table_free(&p->table);
    buf_free(&p->code);
}

void page_block(struct page *p)
{
    page_end_leaf(p);
    p->block = true;
    if (p->nesting.depth == 0 && p->list_depth == 0) {
        p->top++;
        p->last.mark = '\0';
    }
}

/* --- lines --- */

/* Blank lines of the source between two of its bytes, as one; the quotes that it is in. */
static bool has_gap(const struct page *p, size_t from, size_t to, size_t *quotes)
{
    const char *text = p->source.text, *at = text + (from - p->source.at), *end = text + (to - p->source.at);

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        size_t bars = 0;
        for (at++; at < end && strchr(" \t>", *at); at++)
            bars += *at == '>';
        if (at < end && *at == '\n') {
            *quotes = bars;
            return true;
        }
    }
    return false;
}

enum style page_style(const struct page *p)
{
    return nesting_quoted(&p->nesting) ? STYLE_QUOTE : STYLE_TEXT;
}

static void begin_line(void *owner, size_t source)
{
    struct page *p = owner;
    size_t quotes = SIZE_MAX;

    if (source > p->where) /* a link's target is longer than what is left of the source */
        source = p->where;
    if (source < p->shown)
        source = p->shown;
    if (p->block && p->any && (has_gap(p, p->shown, source, &quotes) || p->apart))
        nesting_gap(&p->nesting, p->canvas, source, quotes);
    p->block = p->apart = false;
    p->any = true;
    p->shown = source;
    nesting_line(&p->nesting, p->canvas, source, page_style(p));
}

static size_t room(const struct page *p)
{
    return p->width > p->nesting.cells ? p->width - p->nesting.cells : 1;
}

/* None where there is hardly room for code. */
static size_t code_indent(const struct page *p)
{
    return room(p) > 2 * (size_t)CODE_INDENT ? CODE_INDENT : 0;
}

static void begin_code_line(void *owner, size_t source)
{
    struct page *p = owner;

    begin_line(p, source);
    canvas_indent(p->canvas, code_indent(p));
}

/* --- running text --- */

void page_begin_leaf(struct page *p)
{
    p->leaf = true;
    flow_clear(&p->flow);
    if (p->nesting.depth > 0 && p->nesting.depth <= NESTING_MAX) {
        struct nesting_level *level = &p->nesting.levels[p->nesting.depth - 1];
        if (level->cells == 0 && level->mark[0]) { /* too deep to stand beside its text */
            flow_put(&p->flow, level->mark, strlen(level->mark), STYLE_MARK, FLOW_UNKNOWN);
            level->mark[0] = '\0';
        }
    }
}

static void resolve(struct flow *flow, size_t last)
{
    for (size_t i = flow->count; i-- > 0;) {
        if (flow->pieces[i].source == FLOW_UNKNOWN)
            flow->pieces[i].source = last;
        last = flow->pieces[i].source;
    }
}

void page_end_leaf(struct page *p)
{
    const struct flow_margin margin = {.begin = begin_line, .owner = p};
    size_t width = room(p), after = p->where;

    if (!p->leaf)
        return;
    p->leaf = false;
    resolve(&p->flow, p->where);
    flow_lines(&p->flow, p->canvas, &margin, width < LAYOUT_PROSE_MAX ? width : LAYOUT_PROSE_MAX);
    p->shown = after > p->shown ? after : p->shown;
}

/* --- what is not text --- */

/* Where the next line is that has something on it: of what has no text to tell. */
static size_t next_line(const struct page *p)
{
    const char *text = p->source.text + (p->shown - p->source.at), *end = p->source.text + p->source.len;
    const char *at = text > p->source.text || p->any ? memchr(text, '\n', (size_t)(end - text)) : text;

    while (at && at < end && strchr(" \t>\n", *at))
        at++;
    return at && at < end ? p->source.at + (size_t)(at - p->source.text) : p->shown;
}

void page_break(struct page *p)
{
    size_t width = room(p) < RULE_MAX ? room(p) : RULE_MAX;

    p->where = next_line(p);
    begin_line(p, p->where);
    for (size_t i = 0; i < width; i++)
        canvas_puts(p->canvas, "─", STYLE_RULE);
}

void page_begin_heading(struct page *p, unsigned level)
{
    static const char hashes[] = "###### ";

    p->where = next_line(p);
    page_begin_leaf(p);
    flow_put(&p->flow, hashes + 6 - level, level + 1, STYLE_HEADING, FLOW_UNKNOWN);
}

void page_begin_code(struct page *p, bool fenced, const char *info, size_t info_len)
{
    char label[LABEL_MAX + 8];

    p->code_at = p->where = next_line(p);
    buf_clear(&p->code);
    flow_clear(&p->flow);
    if (!fenced)
        return;
    size_t len = info ? utf8_cut(info, info_len, LABEL_MAX) : 0;
    snprintf(label, sizeof label, "```%.*s", (int)len, len ? info : "");
    flow_put(&p->flow, label, strlen(label), STYLE_DIM, FLOW_UNKNOWN);
}

void page_end_code(struct page *p)
{
    const struct flow_margin title = {.begin = begin_line, .owner = p},
                             margin = {.begin = begin_code_line, .owner = p};
    const char *label = p->flow.text.len > FENCE ? p->flow.text.data + FENCE : "";
    size_t inner = room(p) - code_indent(p), at = p->code_at;
    char *text = sanitise_text(p->code.data, p->code.len, SANITISE_STRIP, PAGE_CODE_MAX);
    size_t len = strlen(text);
    bool decided;
    struct code code;

    p->block = true;
    code_init(&code,
              *label ? highlight_language(label, strlen(label)) : highlight_guess(text, len, &decided));
    canvas_code_keep(p->canvas, text, len);
    resolve(&p->flow, at);
    flow_lines(&p->flow, p->canvas, &title, room(p));
    size_t used = code_lines(&code, text, len, at, p->canvas, &margin, inner);
    code_rest(&code, text + used, len - used, at + used, p->canvas, &margin, inner);
    canvas_code_end(p->canvas);
    p->shown = p->where > p->shown ? p->where : p->shown;
    p->apart = true;
    free(text);
}

/* --- lists --- */

void page_begin_list(struct page *p, bool ordered, unsigned start, char mark)
{
    size_t depth = p->list_depth++;

    if (depth >= NESTING_MAX)
        return;
    bool goes_on = depth == 0 && p->top == 1 && ordered && p->first.mark == mark;
    p->lists[depth].ordered = ordered;
    p->lists[depth].next = goes_on ? p->first.next : start;
    p->lists[depth].mark = mark;
}

void page_end_list(struct page *p)
{
    if (--p->list_depth == 0 && p->nesting.depth == 0 && p->lists[0].ordered)
        p->last = (struct markdown_list){p->lists[0].mark, p->lists[0].next};
}

void page_begin_item(struct page *p, char task)
{
    size_t depth = p->list_depth - 1;
    char mark[NESTING_MARK_MAX];

    if (depth >= NESTING_MAX)
        snprintf(mark, sizeof mark, "• ");
    else if (p->lists[depth].ordered)
        snprintf(mark, sizeof mark, "%u%c ", p->lists[depth].next++, p->lists[depth].mark);
    else
        snprintf(mark, sizeof mark, "%s", depth % 2 ? "◦ " : "• ");
    if (task)
        snprintf(mark, sizeof mark, "[%c] ", task == ' ' ? ' ' : 'x');
    nesting_item(&p->nesting, mark);
}

void page_end_item(struct page *p)
{
    if (nesting_has_mark(&p->nesting)) { /* an empty item */
        p->where = next_line(p);
        begin_line(p, p->where);
    }
    nesting_leave(&p->nesting);
}

/* --- tables --- */

bool page_end_table(struct page *p, bool header)
{
    const struct flow_margin margin = {.begin = begin_line, .owner = p};

    resolve(&p->table.flow, p->where);
    bool all = table_lines(&p->table, p->canvas, &margin, room(p), header, p->limit);
    p->shown = p->where > p->shown ? p->where : p->shown;
    return all;
}
