/* What is not a program: diffs, HTML and XML, Markdown's source. */
#include "tui/text/highlight_lex.h"
#include <string.h>

/* "-12,3" at text: how many lines; 1 where no count is given. */
static uint32_t hunk_count(const char **text, const char *end, char sign)
{
    uint32_t values[2] = {0, 1};

    while (*text < end && **text != sign)
        ++*text;
    for (int i = 0; i < 2 && *text < end; i++) {
        ++*text;
        for (uint32_t value = 0; *text < end && **text >= '0' && **text <= '9'; ++*text)
            values[i] = value = value < 100000000 ? value * 10 + (uint32_t)(**text - '0') : value;
        if (*text == end || **text != ',')
            break;
    }
    return values[1];
}

/* What begins with "---" is a file's name outside a hunk, and a removed line inside. */
void highlight_diff_line(struct lex *lex)
{
    struct highlight *h = lex->h;
    const char *at = lex->line, *end = lex->line + lex->len;
    char first = lex->len > 0 ? *lex->line : ' ';
    bool hunk = h->removed > 0 || h->added > 0;
    enum style style = STYLE_TEXT;

    if (lex_starts(lex->line, lex->len, "@@ ")) {
        h->removed = hunk_count(&at, end, '-');
        h->added = hunk_count(&at, end, '+');
        style = STYLE_HUNK;
    } else if (!hunk &&
               (lex_starts(lex->line, lex->len, "--- ") || lex_starts(lex->line, lex->len, "+++ ") ||
                lex_starts(lex->line, lex->len, "diff ") || lex_starts(lex->line, lex->len, "index ") ||
                lex_starts(lex->line, lex->len, "Index: "))) {
        style = STYLE_STRONG;
    } else if (first == '+') {
        h->added -= h->added > 0;
        style = STYLE_ADDED;
    } else if (first == '-') {
        h->removed -= h->removed > 0;
        style = STYLE_REMOVED;
    } else if (first == ' ') {
        h->added -= h->added > 0;
        h->removed -= h->removed > 0;
    } else if (first != '\\') { /* "\ No newline at end of file" */
        h->added = h->removed = 0;
    }
    lex_paint(lex, 0, lex->len, style);
}

static bool ends_name(char c)
{
    return strchr(" \t=>/<\"'", c) != NULL;
}

static void markup_tag(struct lex *lex)
{
    char c = lex->line[lex->at];
    size_t from = lex->at;

    if (c == '>') {
        lex_paint(lex, from, ++lex->at, STYLE_KEYWORD);
        lex->h->open = OPEN_NOTHING;
    } else if (c == '"' || c == '\'') {
        const char *close = memchr(lex->line + from + 1, c, lex->len - from - 1);
        lex->at = close ? (size_t)(close - lex->line) + 1 : lex->len;
        lex_paint(lex, from, lex->at, STYLE_STRING);
    } else if (ends_name(c)) {
        lex->at++;
    } else {
        while (lex->at < lex->len && !ends_name(lex->line[lex->at]))
            lex->at++;
        lex_paint(lex, from, lex->at, STYLE_TYPE);
    }
}

static void markup_comment(struct lex *lex)
{
    size_t from = lex->at;

    while (lex->at < lex->len && !lex_here(lex, "-->"))
        lex->at++;
    if (lex->at < lex->len) {
        lex->at += 3;
        lex->h->open = OPEN_NOTHING;
    }
    lex_paint(lex, from, lex->at, STYLE_COMMENT);
}

void highlight_markup_line(struct lex *lex)
{
    while (lex->at < lex->len) {
        size_t from = lex->at;
        if (lex->h->open == OPEN_TAG) {
            markup_tag(lex);
        } else if (lex->h->open == OPEN_COMMENT) {
            markup_comment(lex);
        } else if (lex_here(lex, "<!--")) {
            lex->h->open = OPEN_COMMENT;
        } else if (lex->line[from] == '<') {
            lex->at++;
            while (lex->at < lex->len &&
                   (strchr("/!?:-", lex->line[lex->at]) || lex_is_name(lex->line[lex->at])))
                lex->at++;
            if (lex->at > from + 1) {
                lex->h->open = OPEN_TAG;
                lex_paint(lex, from, lex->at, STYLE_KEYWORD);
            }
        } else if (lex->line[from] == '&') {
            while (lex->at < lex->len &&
                   (lex->at == from || lex_is_name(lex->line[lex->at]) || lex->line[lex->at] == '#'))
                lex->at++;
            lex_paint(lex, from, lex->at, STYLE_NUMBER);
        } else {
            lex->at++;
        }
    }
}

void highlight_markdown_line(struct lex *lex)
{
    size_t at = lex_skip_blanks(lex, 0);
    const char *text = lex->line + at;
    size_t left = lex->len - at;

    if (lex_starts(text, left, "```") || lex_starts(text, left, "~~~")) {
        lex->h->open = lex->h->open == OPEN_FENCE ? OPEN_NOTHING : OPEN_FENCE;
        lex_paint(lex, 0, lex->len, STYLE_COMMENT);
    } else if (lex->h->open == OPEN_FENCE) {
        return;
    } else if (left > 0 && *text == '#') {
        lex_paint(lex, 0, lex->len, STYLE_KEYWORD);
    } else if (left > 0 && *text == '>') {
        lex_paint(lex, 0, lex->len, STYLE_COMMENT);
    } else {
        if (left > 1 && strchr("-*+", *text) && text[1] == ' ')
            lex_paint(lex, at, at + 1, STYLE_KEYWORD);
        for (const char *tick = memchr(text, '`', left), *close; tick;
             tick = memchr(close + 1, '`', (size_t)(lex->line + lex->len - close - 1))) {
            close = memchr(tick + 1, '`', (size_t)(lex->line + lex->len - tick - 1));
            if (!close)
                break;
            lex_paint(lex, (size_t)(tick - lex->line), (size_t)(close - lex->line) + 1, STYLE_STRING);
        }
    }
}
