/* Markdown as lines (md4c). Every text that it makes is sanitised again: taking markup away and decoding
 * references can bring about what the source did not have.
 *
 * HTML is text. References to links that are defined elsewhere stay as they are written, and so do the
 * definitions: a text that grows cannot know what will be defined. Line ends in a paragraph stay. */
#ifndef STOA_TUI_TEXT_MARKDOWN_H
#define STOA_TUI_TEXT_MARKDOWN_H

#include "tui/text/canvas.h"

struct markdown_source {
    const char *text; /* clean, with tabs */
    size_t len;
    size_t at;        /* of it in the whole text */
    const char *head; /* the two lines that the table began with which this is more of; NULL if it is none */
    size_t head_len;
};

struct markdown_list { /* the ordered list that ends the text before: it may go on */
    char mark;         /* after the number; '\0' if there was none */
    unsigned next;     /* number */
};

/* Appends its lines, none of more than width cells as far as that is possible. False if it would take too
 * much work or room (it is made to): the canvas has then part of it, and list is as it was. */
bool markdown_lines(const struct markdown_source *source, struct canvas *canvas, size_t width,
                    struct markdown_list *list);

#endif
