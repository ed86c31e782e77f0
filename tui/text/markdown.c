#include "tui/text/markdown.h"
#include "tui/text/entity.h"
#include "tui/text/markdown_page.h"
#include <md4c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALLBACKS_BASE = 1000,
    CALLBACKS_EACH = 6, /* a byte; honest text needs less than 2 */
    SOURCE_MAX = 2 << 20,
    TARGET_MAX = 4096,
    STOP = 1,
    NOT_A_TABLE = 2
};

/* Stands for [ where a link's definition would begin; clean text has no controls. */
#define NO_DEFINITION '\1'

struct render {
    struct page page;
    const char *text; /* what the parser reads: the head, and the source with no definitions */
    size_t len, head; /* head: bytes before the source in it */
    size_t callbacks;
    bool heading, in_table, in_code;
    unsigned emphasis, strong, strike, link, image, code_span;
    size_t link_from;
};

/* --- text --- */

static size_t source_of(const struct render *r, const char *text)
{
    if (text < r->text || text > r->text + r->len)
        return r->page.where;
    size_t at = (size_t)(text - r->text);
    return r->page.source.at + (at > r->head ? at - r->head : 0);
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
    return r->emphasis ? STYLE_EMPHASIS : page_style(&r->page);
}

static struct flow *target_flow(struct render *r)
{
    if (r->in_table)
        return &r->page.table.flow;
    if (!r->page.leaf)
        page_begin_leaf(&r->page);
    return &r->page.flow;
}

static void put(struct render *r, const char *text, size_t len, enum style style)
{
    struct flow *flow = target_flow(r);

    while (len > 0) {
        const char *mark = memchr(text, NO_DEFINITION, len);
        size_t run = mark ? (size_t)(mark - text) : len;
        flow_put(flow, text, run, style, r->page.where);
        if (mark)
            flow_put(flow, "[", 1, style, r->page.where);
        run += mark != NULL;
        text += run;
        len -= run;
    }
}

/* What says of the following text what it is. */
static void put_mark(struct render *r, const char *mark, enum style style)
{
    flow_put(target_flow(r), mark, strlen(mark), style, FLOW_UNKNOWN);
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

static char task_of(const MD_BLOCK_LI_DETAIL *detail)
{
    return detail->is_task ? detail->task_mark : '\0';
}

static void begin_heading(struct render *r, const MD_BLOCK_H_DETAIL *detail)
{
    page_begin_heading(&r->page, detail->level);
    r->heading = true;
}

static void begin_code(struct render *r, const MD_BLOCK_CODE_DETAIL *detail)
{
    page_begin_code(&r->page, detail->fence_char != 0, detail->info.text, detail->info.size);
    r->in_code = true;
}

static void end_code(struct render *r)
{
    r->in_code = false;
    page_end_code(&r->page);
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
    return ++r->callbacks > CALLBACKS_BASE + CALLBACKS_EACH * r->len ||
                   r->page.canvas->text.len > r->page.limit
               ? STOP
               : 0;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *owner)
{
    struct render *r = owner;

    if (type == MD_BLOCK_DOC)
        return 0;
    if (type != MD_BLOCK_TD && type != MD_BLOCK_TH && type != MD_BLOCK_TR && type != MD_BLOCK_THEAD &&
        type != MD_BLOCK_TBODY) {
        page_block(&r->page);
        if (r->head > 0 && r->page.top == 1 && type != MD_BLOCK_TABLE)
            return NOT_A_TABLE;
    }
    if (type == MD_BLOCK_QUOTE)
        nesting_quote(&r->page.nesting);
    else if (type == MD_BLOCK_UL)
        page_begin_list(&r->page, false, 0, ((MD_BLOCK_UL_DETAIL *)detail)->mark);
    else if (type == MD_BLOCK_OL)
        page_begin_list(&r->page, true, ((MD_BLOCK_OL_DETAIL *)detail)->start,
                        ((MD_BLOCK_OL_DETAIL *)detail)->mark_delimiter);
    else if (type == MD_BLOCK_LI)
        page_begin_item(&r->page, task_of(detail));
    else if (type == MD_BLOCK_P)
        page_begin_leaf(&r->page);
    else if (type == MD_BLOCK_H)
        begin_heading(r, detail);
    else if (type == MD_BLOCK_HR)
        page_break(&r->page);
    else if (type == MD_BLOCK_CODE)
        begin_code(r, detail);
    else if (type == MD_BLOCK_TABLE)
        table_clear(&r->page.table, ((MD_BLOCK_TABLE_DETAIL *)detail)->col_count);
    else if (type == MD_BLOCK_TH || type == MD_BLOCK_TD) {
        table_cell_begin(&r->page.table, align_of(detail));
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
        table_cell_end(&r->page.table);
        return spent(r);
    }
    page_end_leaf(&r->page);
    if (type == MD_BLOCK_H)
        r->heading = false;
    else if (type == MD_BLOCK_LI)
        page_end_item(&r->page);
    else if (type == MD_BLOCK_QUOTE)
        nesting_leave(&r->page.nesting);
    else if (type == MD_BLOCK_UL || type == MD_BLOCK_OL)
        page_end_list(&r->page);
    else if (type == MD_BLOCK_CODE)
        end_code(r);
    else if (type == MD_BLOCK_TABLE && !page_end_table(&r->page, r->head == 0 || r->page.top > 1))
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
        r->page.where = source_of(r, bytes);
    if (r->in_code) {
        for (MD_SIZE i = 0; i < size; i++)
            buf_putc(&r->page.code, bytes[i] == NO_DEFINITION ? '[' : bytes[i]);
    } else if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR) {
        put(r, "\n", 1, STYLE_TEXT);
    } else if (type == MD_TEXT_ENTITY) {
        put_entity(r, bytes, size, style_of(r));
    } else {
        put(r, bytes, size, style_of(r));
    }
    if (inside)
        r->page.where = source_of(r, bytes + size);
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

/* The head of a table and more of its rows are read as one; what defines a link is hidden. */
static void read_source(struct render *r, const struct markdown_source *source, struct buf *all)
{
    buf_init(all, SOURCE_MAX);
    if (source->head && buf_put(all, source->head, source->head_len) && buf_putc(all, '\n'))
        r->head = all->len;
    buf_put(all, source->text, source->len);
    hide_definitions(all->data, all->len);
    r->text = all->data;
    r->len = all->len;
}

bool markdown_lines(const struct markdown_source *source, struct canvas *canvas, size_t width,
                    struct markdown_list *list)
{
    struct render r = {.page = {.source = {0}}};
    struct canvas_mark mark = canvas_mark(canvas);
    struct buf all;

    page_init(&r.page, source, canvas, width);
    r.page.first = *list;
    read_source(&r, source, &all);
    int result = parse(&r);
    page_free(&r.page);
    buf_free(&all);
    if (result == NOT_A_TABLE) {
        const struct markdown_source alone = {.text = source->text, .len = source->len, .at = source->at};
        canvas_rewind(canvas, &mark);
        return markdown_lines(&alone, canvas, width, list);
    }
    if (result == 0)
        *list = r.page.last;
    return result == 0;
}
