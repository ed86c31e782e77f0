/* Programs and configuration: comments, strings, numbers, names, and what begins a line. */
#include "tui/text/highlight_lex.h"
#include <string.h>

enum { QUOTES = 4 }; /* kinds of strings of a language, at most */

/* From inside a block comment to its end, or the line's. */
static void comment(struct lex *lex)
{
    const struct language *language = lex->language;
    size_t from = lex->at;

    while (lex->at < lex->len && lex->h->open == OPEN_COMMENT) {
        if (lex_here(lex, language->close)) {
            lex->at += strlen(language->close);
            if (--lex->h->depth == 0)
                lex->h->open = OPEN_NOTHING;
        } else if ((language->traits & TRAIT_NESTED) && lex_here(lex, language->open) &&
                   lex->h->depth < UINT8_MAX) {
            lex->at += strlen(language->open);
            lex->h->depth++;
        } else {
            lex->at++;
        }
    }
    lex_paint(lex, from, lex->at, STYLE_COMMENT);
}

static void brackets(struct lex *lex)
{
    enum style style = lex->h->open == OPEN_BRACKETS ? STYLE_STRING : STYLE_COMMENT;
    size_t from = lex->at;

    while (lex->at < lex->len && !lex_here(lex, "]]"))
        lex->at++;
    if (lex->at < lex->len) {
        lex->at += 2;
        lex->h->open = OPEN_NOTHING;
    }
    lex_paint(lex, from, lex->at, style);
}

static bool in(const char *set, char c)
{
    return set && c && strchr(set, c);
}

static bool is_tripled(const struct lex *lex, char quote)
{
    return lex->len - lex->at >= 3 && lex->line[lex->at] == quote && lex->line[lex->at + 1] == quote &&
           lex->line[lex->at + 2] == quote;
}

/* From inside a string to its end, or the line's. */
static void string_rest(struct lex *lex)
{
    unsigned which = lex->h->open - (unsigned)OPEN_STRING;
    char quote = lex->language->quotes[which % QUOTES];
    bool tripled = which >= QUOTES, raw = in(lex->language->raw, quote);

    while (lex->at < lex->len) {
        if (lex->line[lex->at] == '\\' && !raw) {
            lex->at += 2;
        } else if (tripled ? is_tripled(lex, quote) : lex->line[lex->at] == quote) {
            lex->at += tripled ? 3 : 1;
            lex->h->open = OPEN_NOTHING;
            break;
        } else {
            lex->at++;
        }
    }
    if (lex->at > lex->len)
        lex->at = lex->len;
    bool stays = tripled || raw || quote == '`' || (lex->language->traits & TRAIT_LONG_STRINGS);
    if (!stays)
        lex->h->open = OPEN_NOTHING;
}

static bool is_lifetime(const struct lex *lex)
{
    const char *rest = lex->line + lex->at;
    size_t left = lex->len - lex->at;

    return (lex->language->traits & TRAIT_LIFETIMES) && left >= 2 && *rest == '\'' && rest[1] != '\\' &&
           lex_is_name(rest[1]) && !(left >= 3 && rest[2] == '\'');
}

static void string(struct lex *lex)
{
    size_t from = lex->at,
           which = (size_t)(strchr(lex->language->quotes, lex->line[from]) - lex->language->quotes);
    enum style style = STYLE_STRING;

    if ((lex->language->traits & TRAIT_TRIPLE) && is_tripled(lex, lex->line[from])) {
        which += QUOTES;
        lex->at += 2;
    }
    lex->at++;
    lex->h->open = (uint8_t)(OPEN_STRING + which);
    string_rest(lex);
    if (lex->language->traits & TRAIT_STRING_KEYS) {
        size_t after = lex_skip_blanks(lex, lex->at);
        if (after < lex->len && lex->line[after] == ':')
            style = STYLE_TYPE;
    }
    lex_paint(lex, from, lex->at, style);
}

static void number(struct lex *lex)
{
    size_t from = lex->at;

    while (lex->at < lex->len &&
           (lex_is_name(lex->line[lex->at]) || lex->line[lex->at] == '.' ||
            (lex->at > from && (lex->line[lex->at] == '+' || lex->line[lex->at] == '-') &&
             (lex->line[lex->at - 1] == 'e' || lex->line[lex->at - 1] == 'E'))))
        lex->at++;
    lex_paint(lex, from, lex->at, STYLE_NUMBER);
}

/* A name followed by "(", or "!(" for a macro of Rust. */
static bool is_call(const struct lex *lex)
{
    const char *rest = lex->line + lex->at;
    size_t left = lex->len - lex->at;

    if (!(lex->language->traits & TRAIT_CALLS))
        return false;
    return lex_starts(rest, left, "(") ||
           ((lex->language->traits & TRAIT_LIFETIMES) && lex_starts(rest, left, "!("));
}

static void name(struct lex *lex)
{
    const struct language *language = lex->language;
    bool caseless = language->traits & TRAIT_CASELESS, dashes = language->traits & TRAIT_DASHES;
    size_t from = lex->at, len;
    const char *word = lex->line + from;

    while (lex->at < lex->len && (lex_is_name(lex->line[lex->at]) || (dashes && lex->line[lex->at] == '-')))
        lex->at++;
    len = lex->at - from;
    bool capital = (language->traits & TRAIT_CAPITALS) && *word >= 'A' && *word <= 'Z' && !is_call(lex);
    if (lex_has_word(language->keywords, word, len, caseless))
        lex_paint(lex, from, lex->at, STYLE_KEYWORD);
    else if (capital || lex_has_word(language->types, word, len, caseless))
        lex_paint(lex, from, lex->at, STYLE_TYPE);
    else if (is_call(lex))
        lex_paint(lex, from, lex->at, STYLE_FUNCTION);
}

static void variable(struct lex *lex)
{
    size_t from = lex->at++;
    char close = '\0';

    if (lex->at < lex->len && (lex->line[lex->at] == '{' || lex->line[lex->at] == '('))
        close = lex->line[lex->at++] == '{' ? '}' : ')';
    while (lex->at < lex->len && lex_is_name(lex->line[lex->at]))
        lex->at++;
    if (lex->at == from + 1 && lex->at < lex->len && strchr("@?!#*$<^-", lex->line[lex->at]))
        lex->at++;
    if (close && lex->at < lex->len && lex->line[lex->at] == close)
        lex->at++;
    lex_paint(lex, from, lex->at, STYLE_TYPE);
}

static bool begins_comment(const struct lex *lex)
{
    const struct language *language = lex->language;

    for (int i = 0; i < 2; i++)
        if (lex_here(lex, language->comments[i]) &&
            (!(language->traits & TRAIT_SPACED_HASH) || lex->at == 0 || lex->line[lex->at - 1] == ' ' ||
             lex->line[lex->at - 1] == '\t'))
            return true;
    return false;
}

/* --- what is special at a line's beginning --- */

/* "#include <x>": the directive, and what stands between angles. */
static void directive(struct lex *lex, size_t at)
{
    size_t end = lex_skip_blanks(lex, at + 1);

    while (end < lex->len && lex_is_name(lex->line[end]))
        end++;
    lex_paint(lex, at, end, STYLE_KEYWORD);
    lex->at = end;
    if (end - at >= 7 && memcmp(lex->line + end - 7, "include", 7) == 0) {
        size_t open = lex_skip_blanks(lex, end);
        const char *close = open < lex->len ? memchr(lex->line + open, '>', lex->len - open) : NULL;
        if (close && lex->line[open] == '<') {
            lex->at = (size_t)(close - lex->line) + 1;
            lex_paint(lex, open, lex->at, STYLE_STRING);
        }
    }
}

static bool is_key_byte(char c)
{
    return lex_is_name(c) || (c && strchr("-./$%*@()\"'", c)) || (unsigned char)c >= 0x80;
}

/* "key: ", "key = ", "- key: ", "[section]". */
static void key(struct lex *lex, size_t at)
{
    unsigned traits = lex->language->traits;
    size_t end;

    if ((traits & TRAIT_SECTIONS) && at < lex->len && lex->line[at] == '[') {
        const char *close = memrchr(lex->line + at, ']', lex->len - at);
        if (close && lex_skip_blanks(lex, (size_t)(close - lex->line) + 1) == lex->len) {
            lex_paint(lex, at, lex->len, STYLE_KEYWORD);
            lex->at = lex->len;
        }
        return;
    }
    while (at + 1 < lex->len && lex->line[at] == '-' && lex->line[at + 1] == ' ')
        at = lex_skip_blanks(lex, at + 1);
    for (end = at; end < lex->len && (is_key_byte(lex->line[end]) || (lex->line[end] == ' ' && end > at));
         end++)
        if ((traits & TRAIT_SPACED_HASH) && lex->line[end] == '#')
            return;
    if (end == lex->len || end == at)
        return;
    bool colon = (traits & TRAIT_KEY_COLON) && lex->line[end] == ':' &&
                 (end + 1 == lex->len || strchr(" \t=", lex->line[end + 1]));
    bool equals = (traits & TRAIT_KEY_EQUALS) &&
                  (lex->line[end] == '=' || lex_starts(lex->line + end, lex->len - end, "?=") ||
                   lex_starts(lex->line + end, lex->len - end, "+="));
    if (colon || equals) {
        lex_paint(lex, at, end, STYLE_TYPE);
        lex->at = end;
    }
}

static void line_beginning(struct lex *lex)
{
    size_t at = lex_skip_blanks(lex, 0);

    if ((lex->language->traits & TRAIT_PREPROCESSOR) && at < lex->len && lex->line[at] == '#')
        directive(lex, at);
    else if (lex->language->traits & (TRAIT_KEY_COLON | TRAIT_KEY_EQUALS | TRAIT_SECTIONS))
        key(lex, at);
}

/* --- lexers --- */

static void open_comment(struct lex *lex)
{
    lex->h->open = OPEN_COMMENT;
    lex->h->depth = 1;
    lex_paint(lex, lex->at, lex->at + strlen(lex->language->open), STYLE_COMMENT);
    lex->at += strlen(lex->language->open);
}

static void open_brackets(struct lex *lex, enum highlight_open open)
{
    lex->h->open = (uint8_t)open;
    brackets(lex);
}

static void code_token(struct lex *lex)
{
    const struct language *language = lex->language;
    char c = lex->line[lex->at];

    if (language->open && lex_here(lex, language->open)) {
        open_comment(lex);
    } else if ((language->traits & TRAIT_BRACKETS) && lex_here(lex, "--[[")) {
        open_brackets(lex, OPEN_BRACKET_COMMENT);
    } else if ((language->traits & TRAIT_BRACKETS) && lex_here(lex, "[[")) {
        open_brackets(lex, OPEN_BRACKETS);
    } else if (begins_comment(lex)) {
        lex_paint(lex, lex->at, lex->len, STYLE_COMMENT);
        lex->at = lex->len;
    } else if (is_lifetime(lex)) {
        size_t from = lex->at++;
        while (lex->at < lex->len && lex_is_name(lex->line[lex->at]))
            lex->at++;
        lex_paint(lex, from, lex->at, STYLE_TYPE);
    } else if (in(language->quotes, c)) {
        string(lex);
    } else if (c >= '0' && c <= '9') {
        number(lex);
    } else if (lex_is_name(c)) {
        name(lex);
    } else if ((language->traits & TRAIT_VARIABLES) && c == '$') {
        variable(lex);
    } else if ((language->traits & TRAIT_DECORATORS) && c == '@') {
        size_t from = lex->at++;
        while (lex->at < lex->len && (lex_is_name(lex->line[lex->at]) || lex->line[lex->at] == '.'))
            lex->at++;
        lex_paint(lex, from, lex->at, STYLE_FUNCTION);
    } else {
        lex->at++;
    }
}

void highlight_code_line(struct lex *lex)
{
    if (lex->h->open == OPEN_NOTHING)
        line_beginning(lex);
    while (lex->at < lex->len) {
        size_t from = lex->at;
        if (lex->h->open == OPEN_COMMENT) {
            comment(lex);
        } else if (lex->h->open == OPEN_BRACKETS || lex->h->open == OPEN_BRACKET_COMMENT) {
            brackets(lex);
        } else if (lex->h->open >= OPEN_STRING) {
            string_rest(lex);
            lex_paint(lex, from, lex->at, STYLE_STRING);
        } else {
            code_token(lex);
        }
    }
}
