/* Light highlighting of code: a small lexer that a table of languages drives. It never looks beyond the line
 * it is given; what a line leaves open (a block comment, a long string, a hunk) is carried to the next one,
 * so what is appended never changes an earlier line. */
#ifndef STOA_TUI_TEXT_HIGHLIGHT_H
#define STOA_TUI_TEXT_HIGHLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct language;

/* The language of a code block's label ("c", "C++", "diff") or of a file's name ("src/a.c", "Makefile"); NULL
 * for one that is not known. */
const struct language *highlight_language(const char *label, size_t len);
const struct language *highlight_file_language(const char *name);

/* Where a text without a label is obviously a unified diff, the diff language; else NULL. *decided: whether
 * that stays so whatever is appended to the text. */
const struct language *highlight_guess(const char *text, size_t len, bool *decided);

struct highlight { /* may be copied; fields are the implementation's */
    const struct language *language;
    uint8_t open;            /* what the last line left open: see highlight.c */
    uint8_t depth;           /* of block comments; length of a long string's delimiter */
    uint32_t removed, added; /* lines that a hunk still has */
};

/* language NULL: nothing is special. */
void highlight_init(struct highlight *highlight, const struct language *language);
/* The next line, without its newline: the enum style of each byte into styles, which has room for len;
 * STYLE_TEXT for what is nothing special. */
void highlight_line(struct highlight *highlight, const char *line, size_t len, unsigned char *styles);

#endif
