/* What kind of text something is; theme.c says how each kind looks. */
#ifndef STOA_TUI_STYLE_H
#define STOA_TUI_STYLE_H

enum style {
    STYLE_TEXT,
    STYLE_STRONG,
    STYLE_DIM,
    STYLE_HEADING,
    STYLE_CODE,
    STYLE_QUOTE,
    STYLE_EMPHASIS,
    STYLE_STRONG_EMPHASIS,
    STYLE_STRIKE,
    STYLE_LINK,    /* a link's text; its target is printed in STYLE_DIM */
    STYLE_KEYWORD, /* code, by what highlight.h found */
    STYLE_TYPE,
    STYLE_STRING,
    STYLE_NUMBER,
    STYLE_COMMENT,
    STYLE_FUNCTION,
    STYLE_HUNK,  /* a diff's @@ lines */
    STYLE_MATCH, /* what a search has found */
    STYLE_ADDED, /* a diff's lines */
    STYLE_REMOVED,
    STYLE_YOU, /* authors */
    STYLE_PERSON,
    STYLE_MODEL,
    STYLE_TOOL,
    STYLE_ERROR,
    STYLE_WARNING,
    STYLE_GOOD,
    STYLE_MARK, /* the prompt, the bar beside what is selected */
    STYLE_RULE, /* lines between areas */
    STYLE_BAR,  /* title and status line */
    STYLE_BAR_STRONG,
    STYLE_BAR_DIM,
    STYLE_BAR_ERROR,
    STYLE_BAR_WARNING,
    STYLE_BAR_GOOD,
    STYLE_SELECTED, /* a selected row of a list */
    STYLE_SELECTED_DIM,
    STYLE_SELECTED_MATCH, /* the letters that a filter has found in it */
    STYLE_COUNT
};

#endif
