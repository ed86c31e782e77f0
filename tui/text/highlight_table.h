/* What the highlighter knows of each language. Only highlight*.c include this. */
#ifndef STOA_TUI_TEXT_HIGHLIGHT_TABLE_H
#define STOA_TUI_TEXT_HIGHLIGHT_TABLE_H

#include "tui/text/highlight.h"
#include <stdbool.h>

enum lexer { LEX_CODE, LEX_DIFF, LEX_MARKUP, LEX_MARKDOWN };

enum trait {
    TRAIT_PREPROCESSOR = 1 << 0,  /* # at a line's beginning */
    TRAIT_CASELESS = 1 << 1,      /* keywords */
    TRAIT_VARIABLES = 1 << 2,     /* $name, ${name}, $(name) */
    TRAIT_DECORATORS = 1 << 3,    /* @name */
    TRAIT_LIFETIMES = 1 << 4,     /* 'name without a closing quote */
    TRAIT_CAPITALS = 1 << 5,      /* a capitalised name is a type */
    TRAIT_CALLS = 1 << 6,         /* a name before ( is a function */
    TRAIT_KEY_COLON = 1 << 7,     /* what stands before a colon at a line's beginning is a key */
    TRAIT_KEY_EQUALS = 1 << 8,    /* the same before = */
    TRAIT_SECTIONS = 1 << 9,      /* [name] alone on a line */
    TRAIT_STRING_KEYS = 1 << 10,  /* a string before a colon is a key */
    TRAIT_NESTED = 1 << 11,       /* block comments nest */
    TRAIT_TRIPLE = 1 << 12,       /* strings in three quotes go over lines */
    TRAIT_LONG_STRINGS = 1 << 13, /* all strings go over lines */
    TRAIT_DASHES = 1 << 14,       /* names may have - in them */
    TRAIT_BRACKETS = 1 << 15,     /* [[ ]] and --[[ ]] */
    TRAIT_SPACED_HASH = 1 << 16   /* # begins a comment only after a space */
};

struct language {
    const char *names; /* of labels and of file name endings, in lower case: " c h " */
    const char *files; /* whole file names, in lower case; "" for none */
    enum lexer lexer;
    unsigned traits;
    const char *comments[2];      /* what begins one to the end of the line; NULL */
    const char *open, *close;     /* a block comment; NULL */
    const char *quotes;           /* characters that strings stand between */
    const char *raw;              /* those of them that know no backslash and go over lines */
    const char *keywords, *types; /* " if else " */
};

extern const struct language highlight_languages[];
extern const size_t highlight_language_count;

#endif
