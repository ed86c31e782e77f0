/* What the lexers of the highlighter share. Only highlight*.c include this. */
#ifndef STOA_TUI_TEXT_HIGHLIGHT_LEX_H
#define STOA_TUI_TEXT_HIGHLIGHT_LEX_H

#include "tui/style.h"
#include "tui/text/highlight_table.h"

enum highlight_open { /* what the line before left open */
                      OPEN_NOTHING,
                      OPEN_COMMENT,  /* a block comment; depth: how deep */
                      OPEN_BRACKETS, /* [[ of Lua */
                      OPEN_BRACKET_COMMENT,
                      OPEN_TAG, /* inside < > */
                      OPEN_FENCE,
                      OPEN_STRING /* this and above: + the index of the quote in quotes, + 4 if it is tripled
                                   */
};

struct lex {
    struct highlight *h;
    const struct language *language;
    const char *line;
    size_t len, at;
    unsigned char *styles;
};

/* Each takes one line to its end. */
void highlight_code_line(struct lex *lex);
void highlight_diff_line(struct lex *lex);
void highlight_markup_line(struct lex *lex);
void highlight_markdown_line(struct lex *lex);

bool lex_is_name(char c);
/* Whether text begins so; whether the rest of the line does. */
bool lex_starts(const char *text, size_t len, const char *with);
bool lex_here(const struct lex *lex, const char *text);
size_t lex_skip_blanks(const struct lex *lex, size_t at);
void lex_paint(struct lex *lex, size_t from, size_t to, enum style style);
/* Whether the word is one of " these words ", which are in lower case if caseless. */
bool lex_has_word(const char *words, const char *word, size_t len, bool caseless);

#endif
