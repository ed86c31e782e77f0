/* Where the parts of a Markdown text are put as lines: blocks in the order of the source, each with what it
 * is nested in before it, and blank lines where the source has them. Only markdown*.c include this. */
#ifndef STOA_TUI_TEXT_MARKDOWN_PAGE_H
#define STOA_TUI_TEXT_MARKDOWN_PAGE_H

#include "tui/text/flow.h"
#include "tui/text/markdown.h"
#include "tui/text/nesting.h"
#include "tui/text/table.h"

enum { PAGE_CODE_MAX = 2 << 20 }; /* bytes of a code block */

struct page_list {
    bool ordered;
    unsigned next;
    char mark;
};

struct page {
    struct markdown_source source;
    struct canvas *canvas;
    size_t width, limit; /* limit: bytes of the canvas's text */
    struct nesting nesting;
    struct flow flow; /* of the running text that is open; of a code block's label */
    bool leaf;        /* it is open */
    bool any;         /* something was written */
    bool block;       /* a block has begun since */
    bool apart;       /* the block before was code: what follows stands apart from it */
    size_t where;     /* the source that was reached */
    size_t shown;     /* ... when something was written last */
    struct buf code;  /* of the code block that is open */
    size_t code_at;   /* it begins in the source */
    struct table table;
    struct page_list lists[NESTING_MAX]; /* by their depth */
    size_t list_depth, top;              /* top: blocks that are in no other */
    struct markdown_list first, last;    /* the list that goes on from before; that ends this */
};

void page_init(struct page *page, const struct markdown_source *source, struct canvas *canvas, size_t width);
void page_free(struct page *page);
/* A block begins, whichever: what was open ends. */
void page_block(struct page *page);
/* Of text without emphasis. */
enum style page_style(const struct page *page);

void page_begin_leaf(struct page *page);
void page_begin_heading(struct page *page, unsigned level);
/* Writes the running text, if any is open. */
void page_end_leaf(struct page *page);
void page_break(struct page *page);
/* The code is put into page->code until its end. */
void page_begin_code(struct page *page, bool fenced, const char *info, size_t info_len);
void page_end_code(struct page *page);
void page_begin_list(struct page *page, bool ordered, unsigned start, char mark);
void page_end_list(struct page *page);
/* task: between the brackets; '\0' for another item. */
void page_begin_item(struct page *page, char task);
void page_end_item(struct page *page);
/* Writes page->table. False if that takes too much room. */
bool page_end_table(struct page *page, bool header);

#endif
