/* Code as lines: highlighted, tabs expanded, wrapped wherever a line is full. Growing code is laid out once:
 * only its unfinished line is written again. */
#ifndef STOA_TUI_TEXT_CODE_H
#define STOA_TUI_TEXT_CODE_H

#include "tui/text/canvas.h"
#include "tui/text/flow.h"
#include "tui/text/highlight.h"

struct code { /* may be copied; fields are the implementation's */
    struct highlight highlight;
    enum style plain; /* of what no language says anything about */
    bool torn;        /* what comes next is the rest of a long line: plain */
};

/* The style of code in no known language is STYLE_CODE; plain may be set to another one. */
void code_init(struct code *code, const struct language *language);
/* Writes the finished lines of clean text, which stands at that byte of the source, and what of a very long
 * unfinished one is certain. Returns how many bytes that were. */
size_t code_lines(struct code *code, const char *text, size_t len, size_t source, struct canvas *canvas,
                  const struct flow_margin *margin, size_t width);
/* Writes an unfinished line; the next call of code_lines begins with it again. */
void code_rest(const struct code *code, const char *text, size_t len, size_t source, struct canvas *canvas,
               const struct flow_margin *margin, size_t width);

#endif
