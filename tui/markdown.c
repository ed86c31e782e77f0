#include "tui/markdown.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/code.h"
#include "tui/entity.h"
#include "tui/flow.h"
#include "tui/nesting.h"
#include "tui/table.h"
#include <md4c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALLBACKS_BASE = 1000,
    CALLBACKS_EACH = 6, /* a byte; honest text needs less than 2 */
    OUTPUT_BASE = 64 << 10,
    OUTPUT_EACH = 32, /* bytes a byte */
    SOURCE_MAX = 1 << 20,
    CODE_INDENT = 2,
    RULE_MAX = 40, /* cells of a thematic break */
    LABEL_MAX = 60,
    FENCE = 3,
    TARGET_MAX = 4096,
    STOP = 1,
    NOT_A_TABLE = 2
};

/* Of what the source does not have: that of what follows it. */
#define UNKNOWN SIZE_MAX

/* Stands for [ where a link's definition would begin; clean text has no controls. */
#define NO_DEFINITION '\1'

struct render {
    const struct markdown_source *source;
    const char *text; /* what the parser reads: the head, and the source with no definitions */
    size_t len, head; /* head: bytes before the source in it */
    struct canvas *canvas;
    size_t width, limit; /* limit: bytes of the canvas's text */
    size_t callbacks;
    struct nesting nesting;
    struct flow flow; /* of the leaf that is open */
    bool leaf, heading, in_table, in_code, any;
    bool apart; /* the block before was code: what follows stands apart from it */
    unsigned emphasis, strong, strike, link, image, code_span;
    size_t where; /* the source that was reached */
    size_t shown; /* ... when the last line was written */
    bool block;   /* a block has begun since */
    size_t link_from;
    struct buf code;
    size_t code_at; /* in the source */
    struct table table;
    struct { /* lists, by depth of nesting */
        bool ordered;
        unsigned next;
        char mark;
    } lists[NESTING_MAX];
    size_t list_depth, top;
    struct markdown_list first, last; /* the list that goes on from before; that ends this */
};

/* --- lines --- */

static size_t source_of(const struct render *r, const char *text)
{
    if (text < r->text || text > r->text + r->len)
        return r->where;
    size_t at = (size_t)(text - r->text);
    return r->source->at + (at > r->head ? at - r->head : 0);
}

/* Blank lines of the source between two of its bytes, as one; the quotes that it is in. */
static bool has_gap(const struct render *r, size_t from, size_t to, size_t *quotes)
{
    const char *text = r->source->text, *at = text + (from - r->source->at),
               *end = text + (to - r->source->at);

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

static enum style base_style(const struct render *r)
{
    return nesting_quoted(&r->nesting) ? STYLE_QUOTE : STYLE_TEXT;
}

static void begin_line(void *owner, size_t source)
{
    struct render *r = owner;
    size_t quotes = SIZE_MAX;

    if (source > r->where) /* a link's target is longer than what is left of the source */
        source = r->where;
    if (source < r->shown)
        source = r->shown;
    if (r->block && r->any && (has_gap(r, r->shown, source, &quotes) || r->apart))
        nesting_gap(&r->nesting, r->canvas, source, quotes);
    r->block = r->apart = false;
    r->any = true;
    r->shown = source;
    nesting_line(&r->nesting, r->canvas, source, base_style(r));
}

static void begin_code_line(void *owner, size_t source)
{
    struct render *r = owner;

    begin_line(r, source);
    canvas_indent(r->canvas, CODE_INDENT);
}

static size_t room(const struct render *r)
{
    return r->width > r->nesting.cells ? r->width - r->nesting.cells : 1;
}

static void begin_leaf(struct render *r)
{
    r->leaf = true;
    flow_clear(&r->flow);
    if (r->nesting.depth > 0 && r->nesting.depth <= NESTING_MAX) {
        struct nesting_level *level = &r->nesting.levels[r->nesting.depth - 1];
        if (level->cells == 0 && level->mark[0]) { /* too deep to stand beside its text */
            flow_put(&r->flow, level->mark, strlen(level->mark), STYLE_MARK, UNKNOWN);
            level->mark[0] = '\0';
        }
    }
}

static void resolve(struct flow *flow, size_t last)
{
    for (size_t i = flow->count; i-- > 0;) {
        if (flow->pieces[i].source == UNKNOWN)
            flow->pieces[i].source = last;
        last = flow->pieces[i].source;
    }
}

static void end_leaf(struct render *r)
{
    const struct flow_margin margin = {.begin = begin_line, .owner = r};
    size_t width = room(r), after = r->where;

    if (!r->leaf)
        return;
    r->leaf = false;
    resolve(&r->flow, r->where);
    flow_lines(&r->flow, r->canvas, &margin, width < LAYOUT_PROSE_MAX ? width : LAYOUT_PROSE_MAX);
    r->shown = after > r->shown ? after : r->shown;
}

/* --- text --- */

static enum style style_of(const struct render *r)
{
    if (r->code_span)
        return STYLE_CODE;
    if (r->link || r->image)
        return STYLE_LINK;
    if (r->strike)
        return STYLE_STRIKE;
    if (r->heading)
        return STYLE_HEADING;
    if (r->strong)
        return r->emphasis ? STYLE_STRONG_EMPHASIS : STYLE_STRONG;
    return r->emphasis ? STYLE_EMPHASIS : base_style(r);
}

static struct flow *target_flow(struct render *r)
{
    if (r->in_table)
        return &r->table.flow;
    if (!r->leaf)
        begin_leaf(r);
    return &r->flow;
}

static void put(struct render *r, const char *text, size_t len, enum style style)
{
    struct flow *flow = target_flow(r);

    while (len > 0) {
        const char *mark = memchr(text, NO_DEFINITION, len);
        size_t run = mark ? (size_t)(mark - text) : len;
        flow_put(flow, text, run, style, r->where);
        if (mark)
            flow_put(flow, "[", 1, style, r->where);
        run += mark != NULL;
        text += run;
        len -= run;
    }
}

/* What says of the following text what it is. */
static void put_mark(struct render *r, const char *mark, enum style style)
{
    flow_put(target_flow(r), mark, strlen(mark), style, UNKNOWN);
}

static void put_entity(struct render *r, const char *text, size_t len, enum style style)
{
    char out[ENTITY_MAX];
    size_t used = entity_decode(text, len, out);

    if (used == SIZE_MAX)
        put(r, text, len, style);
    else
        put(r, out, used, style);
}

/* A link's target: what it really is, references decoded, on one line. */
static void attribute_text(const MD_ATTRIBUTE *attribute, struct buf *out)
{
    for (size_t i = 0; attribute->text && attribute->substr_offsets[i] < attribute->size; i++) {
        const char *text = attribute->text + attribute->substr_offsets[i];
        size_t len = attribute->substr_offsets[i + 1] - attribute->substr_offsets[i], used;
        char decoded[ENTITY_MAX];
        if (attribute->substr_types[i] == MD_TEXT_ENTITY &&
            (used = entity_decode(text, len, decoded)) != SIZE_MAX) {
            buf_put(out, decoded, used);
            continue;
        }
        for (size_t at = 0; at < len; at++)
            buf_putc(out, text[at] == NO_DEFINITION ? '[' : text[at] == '\n' ? ' ' : text[at]);
    }
}

static void put_target(struct render *r, const MD_ATTRIBUTE *attribute, size_t text_from)
{
    const struct flow *flow = target_flow(r);
    struct buf target;

    buf_init(&target, TARGET_MAX);
    attribute_text(attribute, &target);
    const char *text = flow->text.data + text_from, *shown = target.data;
    size_t len = flow->text.len - text_from;
    if (strncmp(shown, "mailto:", 7) == 0 && target.len - 7 == len)
        shown += 7;
    bool same = strlen(shown) == len && memcmp(shown, text, len) == 0;
    if (target.len > 0 && !same) {
        put(r, " (", 2, STYLE_DIM);
        put(r, target.data, target.len, STYLE_DIM);
        put(r, ")", 1, STYLE_DIM);
    } else if (target.len == 0 && attribute->size > 0) {
        put(r, " (a target that is too long)", 28, STYLE_DIM);
    }
    buf_free(&target);
}

/* --- blocks --- */

/* Where the next line is that has something on it: of what has no text to tell. */
static size_t next_line(const struct render *r)
{
    const char *text = r->source->text + (r->shown - r->source->at), *end = r->source->text + r->source->len;
    const char *at = text > r->source->text || r->any ? memchr(text, '\n', (size_t)(end - text)) : text;

    while (at && at < end && strchr(" \t>\n", *at))
        at++;
    return at && at < end ? r->source->at + (size_t)(at - r->source->text) : r->shown;
}

static void begin_code(struct render *r, const MD_BLOCK_CODE_DETAIL *detail)
{
    char label[LABEL_MAX + 8];

    r->in_code = true;
    r->code_at = r->where = next_line(r);
    buf_clear(&r->code);
    flow_clear(&r->flow);
    if (!detail->fence_char)
        return;
    size_t len = detail->info.text ? utf8_cut(detail->info.text, detail->info.size, LABEL_MAX) : 0;
    snprintf(label, sizeof label, "```%.*s", (int)len, len ? detail->info.text : "");
    flow_put(&r->flow, label, strlen(label), STYLE_DIM, UNKNOWN);
}

static void end_code(struct render *r)
{
    const struct flow_margin title = {.begin = begin_line, .owner = r},
                             margin = {.begin = begin_code_line, .owner = r};
    const char *label = r->flow.text.len > FENCE ? r->flow.text.data + FENCE : "";
    size_t inner = room(r) > CODE_INDENT ? room(r) - CODE_INDENT : 1, at = r->code_at;
    char *text = sanitise_text(r->code.data, r->code.len, SANITISE_STRIP, SOURCE_MAX);
    size_t len = strlen(text);
    bool decided;
    struct code code;

    r->in_code = false;
    r->block = true;
    code_init(&code,
              *label ? highlight_language(label, strlen(label)) : highlight_guess(text, len, &decided));
    canvas_code_keep(r->canvas, text, len);
    resolve(&r->flow, at);
    flow_lines(&r->flow, r->canvas, &title, room(r));
    size_t used = code_lines(&code, text, len, at, r->canvas, &margin, inner);
    code_rest(&code, text + used, len - used, at + used, r->canvas, &margin, inner);
    canvas_code_end(r->canvas);
    r->shown = r->where > r->shown ? r->where : r->shown;
    r->apart = true;
    free(text);
}

static void thematic_break(struct render *r)
{
    size_t width = room(r) < RULE_MAX ? room(r) : RULE_MAX;

    r->where = next_line(r);
    begin_line(r, r->where);
    for (size_t i = 0; i < width; i++)
        canvas_puts(r->canvas, "─", STYLE_RULE);
}

static void begin_item(struct render *r, const MD_BLOCK_LI_DETAIL *detail)
{
    size_t depth = r->list_depth - 1;
    char mark[NESTING_MARK_MAX];

    if (depth >= NESTING_MAX)
        snprintf(mark, sizeof mark, "• ");
    else if (r->lists[depth].ordered)
        snprintf(mark, sizeof mark, "%u%c ", r->lists[depth].next++, r->lists[depth].mark);
    else
        snprintf(mark, sizeof mark, "%s", depth % 2 ? "◦ " : "• ");
    if (detail->is_task)
        snprintf(mark, sizeof mark, "[%c] ", detail->task_mark == ' ' ? ' ' : 'x');
    nesting_item(&r->nesting, mark);
}

static void end_item(struct render *r)
{
    if (nesting_has_mark(&r->nesting)) { /* an empty item */
        r->where = next_line(r);
        begin_line(r, r->where);
    }
    nesting_leave(&r->nesting);
}

static void begin_list(struct render *r, bool ordered, unsigned start, char mark)
{
    size_t depth = r->list_depth++;

    if (depth >= NESTING_MAX)
        return;
    bool goes_on = depth == 0 && r->top == 1 && ordered && r->first.mark == mark;
    r->lists[depth].ordered = ordered;
    r->lists[depth].next = goes_on ? r->first.next : start;
    r->lists[depth].mark = mark;
}

static void end_list(struct render *r)
{
    if (--r->list_depth == 0 && r->nesting.depth == 0 && r->lists[0].ordered)
        r->last = (struct markdown_list){r->lists[0].mark, r->lists[0].next};
}

static void begin_heading(struct render *r, unsigned level)
{
    static const char hashes[] = "###### ";

    r->where = next_line(r);
    begin_leaf(r);
    r->heading = true;
    flow_put(&r->flow, hashes + 6 - level, level + 1, STYLE_HEADING, UNKNOWN);
}

static bool end_table(struct render *r)
{
    const struct flow_margin margin = {.begin = begin_line, .owner = r};
    bool continued = r->head > 0 && r->top == 1;

    resolve(&r->table.flow, r->where);
    bool all = table_lines(&r->table, r->canvas, &margin, room(r), !continued, r->limit);
    r->shown = r->where > r->shown ? r->where : r->shown;
    return all;
}

static enum table_align align_of(const MD_BLOCK_TD_DETAIL *detail)
{
    if (detail->align == MD_ALIGN_RIGHT)
        return TABLE_RIGHT;
    return detail->align == MD_ALIGN_CENTER ? TABLE_CENTER : TABLE_LEFT;
}

/* --- what the parser calls --- */

static int spent(struct render *r)
{
    return ++r->callbacks > CALLBACKS_BASE + CALLBACKS_EACH * r->len || r->canvas->text.len > r->limit ? STOP
                                                                                                       : 0;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *owner)
{
    struct render *r = owner;

    if (type == MD_BLOCK_DOC)
        return 0;
    if (type != MD_BLOCK_TD && type != MD_BLOCK_TH && type != MD_BLOCK_TR && type != MD_BLOCK_THEAD &&
        type != MD_BLOCK_TBODY) {
        end_leaf(r);
        r->block = true;
        if (r->nesting.depth == 0 && r->list_depth == 0) {
            r->top++;
            r->last.mark = '\0';
        }
        if (r->head > 0 && r->top == 1 && type != MD_BLOCK_TABLE)
            return NOT_A_TABLE;
    }
    if (type == MD_BLOCK_QUOTE)
        nesting_quote(&r->nesting);
    else if (type == MD_BLOCK_UL)
        begin_list(r, false, 0, ((MD_BLOCK_UL_DETAIL *)detail)->mark);
    else if (type == MD_BLOCK_OL)
        begin_list(r, true, ((MD_BLOCK_OL_DETAIL *)detail)->start,
                   ((MD_BLOCK_OL_DETAIL *)detail)->mark_delimiter);
    else if (type == MD_BLOCK_LI)
        begin_item(r, detail);
    else if (type == MD_BLOCK_P)
        begin_leaf(r);
    else if (type == MD_BLOCK_H)
        begin_heading(r, ((MD_BLOCK_H_DETAIL *)detail)->level);
    else if (type == MD_BLOCK_HR)
        thematic_break(r);
    else if (type == MD_BLOCK_CODE)
        begin_code(r, detail);
    else if (type == MD_BLOCK_TABLE)
        table_clear(&r->table, ((MD_BLOCK_TABLE_DETAIL *)detail)->col_count);
    else if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) {
        table_cell_begin(&r->table, align_of(detail));
        r->in_table = true;
        r->strong += type == MD_BLOCK_TH;
    }
    return spent(r);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *owner)
{
    struct render *r = owner;

    (void)detail;
    if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) {
        r->in_table = false;
        r->strong -= type == MD_BLOCK_TH;
        table_cell_end(&r->table);
        return spent(r);
    }
    end_leaf(r);
    if (type == MD_BLOCK_H)
        r->heading = false;
    else if (type == MD_BLOCK_LI)
        end_item(r);
    else if (type == MD_BLOCK_QUOTE)
        nesting_leave(&r->nesting);
    else if (type == MD_BLOCK_UL || type == MD_BLOCK_OL)
        end_list(r);
    else if (type == MD_BLOCK_CODE)
        end_code(r);
    else if (type == MD_BLOCK_TABLE && !end_table(r))
        return STOP;
    return spent(r);
}

static int enter_span(MD_SPANTYPE type, void *detail, void *owner)
{
    struct render *r = owner;

    (void)detail;
    r->emphasis += type == MD_SPAN_EM;
    r->strong += type == MD_SPAN_STRONG;
    r->strike += type == MD_SPAN_DEL;
    r->code_span += type == MD_SPAN_CODE;
    if (type == MD_SPAN_DEL)
        put_mark(r, "~~", STYLE_STRIKE);
    else if (type == MD_SPAN_CODE)
        put_mark(r, "`", STYLE_CODE);
    else if (type == MD_SPAN_A && r->link++ == 0)
        r->link_from = target_flow(r)->text.len;
    else if (type == MD_SPAN_IMG && r->image++ == 0)
        put_mark(r, "[image: ", STYLE_DIM);
    return spent(r);
}

static int leave_span(MD_SPANTYPE type, void *detail, void *owner)
{
    struct render *r = owner;

    if (type == MD_SPAN_DEL)
        put(r, "~~", 2, STYLE_STRIKE);
    else if (type == MD_SPAN_CODE)
        put(r, "`", 1, STYLE_CODE);
    r->emphasis -= type == MD_SPAN_EM;
    r->strong -= type == MD_SPAN_STRONG;
    r->strike -= type == MD_SPAN_DEL;
    r->code_span -= type == MD_SPAN_CODE;
    if (type == MD_SPAN_A && --r->link == 0) {
        put_target(r, &((MD_SPAN_A_DETAIL *)detail)->href, r->link_from);
    } else if (type == MD_SPAN_IMG && --r->image == 0) {
        put(r, "]", 1, STYLE_DIM);
        put_target(r, &((MD_SPAN_IMG_DETAIL *)detail)->src, target_flow(r)->text.len);
    }
    return spent(r);
}

static int text(MD_TEXTTYPE type, const MD_CHAR *bytes, MD_SIZE size, void *owner)
{
    struct render *r = owner;
    bool inside = bytes >= r->text && bytes < r->text + r->len;

    if (inside)
        r->where = source_of(r, bytes);
    if (r->in_code) {
        if (r->code.len == 0)
            r->code_at = r->where = next_line(r);
        for (MD_SIZE i = 0; i < size; i++)
            buf_putc(&r->code, bytes[i] == NO_DEFINITION ? '[' : bytes[i]);
    } else if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR) {
        put(r, "\n", 1, STYLE_TEXT);
    } else if (type == MD_TEXT_ENTITY) {
        put_entity(r, bytes, size, style_of(r));
    } else {
        put(r, bytes, size, style_of(r));
    }
    if (inside)
        r->where = source_of(r, bytes + size);
    return spent(r);
}

/* --- the whole --- */

/* Whether the line at text begins with what may be a definition's label, behind the marks of quotes and
 * lists: "> [label]:". *at: of its bracket. */
static bool may_define(const char *source, size_t len, size_t *at)
{
    size_t end;

    while (*at < len && strchr(" \t>*+-.)0123456789", source[*at]))
        ++*at;
    if (*at == len || source[*at] != '[')
        return false;
    for (end = *at + 1; end < len && source[end] != ']'; end++)
        end += source[end] == '\\';
    return end + 1 < len && source[end + 1] == ':';
}

static void hide_definitions(char *source, size_t len)
{
    if (!memmem(source, len, "]:", 2))
        return;
    for (size_t at = 0; at < len;) {
        if (may_define(source, len, &at))
            source[at] = NO_DEFINITION;
        const char *newline = memchr(source + at, '\n', len - at);
        at = newline ? (size_t)(newline - source) + 1 : len;
    }
}

static int parse(struct render *r)
{
    static const MD_PARSER parser = {
        .flags = (MD_DIALECT_GITHUB & ~(unsigned)MD_FLAG_PERMISSIVEAUTOLINKS) | MD_FLAG_NOHTML,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = text,
    };

    return md_parse(r->text, (MD_SIZE)r->len, &parser, r);
}

bool markdown_lines(const struct markdown_source *source, struct canvas *canvas, size_t width,
                    struct markdown_list *list)
{
    struct render r = {.source = source, .canvas = canvas, .width = width, .first = *list};
    struct canvas_mark mark = canvas_mark(canvas);
    struct buf all;

    buf_init(&all, SOURCE_MAX * 2);
    if (source->head && buf_put(&all, source->head, source->head_len) && buf_putc(&all, '\n'))
        r.head = all.len;
    buf_put(&all, source->text, source->len);
    hide_definitions(all.data, all.len);
    r.text = all.data;
    r.len = all.len;
    r.limit = canvas->text.len + OUTPUT_BASE + OUTPUT_EACH * source->len;
    r.where = r.shown = source->at;
    nesting_init(&r.nesting, width);
    flow_init(&r.flow);
    table_init(&r.table);
    buf_init(&r.code, SOURCE_MAX * 2);
    int result = parse(&r);
    flow_free(&r.flow);
    table_free(&r.table);
    buf_free(&r.code);
    buf_free(&all);
    if (result == NOT_A_TABLE) {
        struct markdown_source alone = {.text = source->text, .len = source->len, .at = source->at};
        canvas_rewind(canvas, &mark);
        return markdown_lines(&alone, canvas, width, list);
    }
    if (result == 0)
        *list = r.last;
    return result == 0;
}
