/* Each lexer walks a line once. What it does not know stays plain code. */
#include "tui/highlight.h"
#include "tui/highlight_table.h"
#include "tui/style.h"
#include <string.h>
#include <strings.h>

enum open { /* what the line before left open */
            OPEN_NOTHING,
            OPEN_COMMENT,  /* a block comment; depth: how deep */
            OPEN_BRACKETS, /* [[ of Lua */
            OPEN_BRACKET_COMMENT,
            OPEN_TAG, /* inside < > */
            OPEN_FENCE,
            OPEN_STRING /* this and above: + the index of the quote in quotes, + QUOTES if it is tripled */
};
enum {
    QUOTES = 4,
    NAME_MAX_BYTES = 32,
    GUESS_MAX = 512 /* bytes of the first line of what may be a diff */
};

struct lex {
    struct highlight *h;
    const struct language *language;
    const char *line;
    size_t len, at;
    unsigned char *styles;
};

/* --- which language --- */

static bool has_word(const char *words, const char *word, size_t len, bool caseless)
{
    for (const char *at = words; at && (at = strchr(at, ' ')) && at[1];) {
        const char *candidate = ++at;
        if ((caseless ? strncasecmp(candidate, word, len) : strncmp(candidate, word, len)) == 0 &&
            candidate[len] == ' ')
            return true;
    }
    return false;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_label_byte(char c)
{
    return is_name_byte(c) || c == '+' || c == '#' || c == '-' || c == '.';
}

const struct language *highlight_language(const char *label, size_t len)
{
    size_t from = 0, end;

    while (from < len && (label[from] == ' ' || label[from] == '{' || label[from] == '.'))
        from++; /* also {.python} */
    for (end = from; end < len && is_label_byte(label[end]);)
        end++;
    if (end == from || end - from > NAME_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < highlight_language_count; i++)
        if (has_word(highlight_languages[i].names, label + from, end - from, true))
            return &highlight_languages[i];
    return highlight_file_language(strndupa(label + from, end - from));
}

const struct language *highlight_file_language(const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name, *dot = strrchr(base, '.');

    for (size_t i = 0; i < highlight_language_count; i++) {
        const struct language *language = &highlight_languages[i];
        if (*base && strlen(base) <= NAME_MAX_BYTES && has_word(language->files, base, strlen(base), true))
            return language;
        if (dot && dot[1] && strlen(dot + 1) <= NAME_MAX_BYTES &&
            has_word(language->names, dot + 1, strlen(dot + 1), true))
            return language;
    }
    return NULL;
}

static bool starts(const char *text, size_t len, const char *with)
{
    size_t need = strlen(with);

    return len >= need && memcmp(text, with, need) == 0;
}

/* Whether text begins so; *may: it does as far as it goes. */
static bool begins(const char *text, size_t len, const char *with, bool *may)
{
    size_t need = strlen(with);

    if (len >= need)
        return memcmp(text, with, need) == 0;
    *may |= memcmp(text, with, len) == 0;
    return false;
}

const struct language *highlight_guess(const char *text, size_t len, bool *decided)
{
    const struct language *diff = highlight_language("diff", 4);
    bool may = false;
    bool whole = begins(text, len, "diff --git ", &may) || begins(text, len, "@@ -", &may) ||
                 begins(text, len, "Index: ", &may);

    if (!whole && begins(text, len, "--- ", &may)) {
        const char *newline = memchr(text, '\n', len < GUESS_MAX ? len : GUESS_MAX);
        if (newline)
            whole = begins(newline + 1, len - (size_t)(newline + 1 - text), "+++ ", &may);
        else
            may = len < GUESS_MAX;
    }
    *decided = whole || !may;
    return whole ? diff : NULL;
}

/* --- parts of a line --- */

void highlight_init(struct highlight *highlight, const struct language *language)
{
    *highlight = (struct highlight){.language = language};
}

static void paint(struct lex *lex, size_t from, size_t to, enum style style)
{
    to = to < lex->len ? to : lex->len;
    if (from < to)
        memset(lex->styles + from, style, to - from);
}

static bool here(const struct lex *lex, const char *text)
{
    return text && starts(lex->line + lex->at, lex->len - lex->at, text);
}

static size_t skip_blanks(const struct lex *lex, size_t at)
{
    while (at < lex->len && (lex->line[at] == ' ' || lex->line[at] == '\t'))
        at++;
    return at;
}

/* From inside a block comment to its end, or the line's. */
static void comment(struct lex *lex)
{
    const struct language *language = lex->language;
    size_t from = lex->at;

    while (lex->at < lex->len && lex->h->open == OPEN_COMMENT) {
        if (here(lex, language->close)) {
            lex->at += strlen(language->close);
            if (--lex->h->depth == 0)
                lex->h->open = OPEN_NOTHING;
        } else if ((language->traits & TRAIT_NESTED) && here(lex, language->open) &&
                   lex->h->depth < UINT8_MAX) {
            lex->at += strlen(language->open);
            lex->h->depth++;
        } else {
            lex->at++;
        }
    }
    paint(lex, from, lex->at, STYLE_COMMENT);
}

static void brackets(struct lex *lex)
{
    enum style style = lex->h->open == OPEN_BRACKETS ? STYLE_STRING : STYLE_COMMENT;
    size_t from = lex->at;

    while (lex->at < lex->len && !here(lex, "]]"))
        lex->at++;
    if (lex->at < lex->len) {
        lex->at += 2;
        lex->h->open = OPEN_NOTHING;
    }
    paint(lex, from, lex->at, style);
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
           is_name_byte(rest[1]) && !(left >= 3 && rest[2] == '\'');
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
        size_t after = skip_blanks(lex, lex->at);
        if (after < lex->len && lex->line[after] == ':')
            style = STYLE_TYPE;
    }
    paint(lex, from, lex->at, style);
}

static void number(struct lex *lex)
{
    size_t from = lex->at;

    while (lex->at < lex->len &&
           (is_name_byte(lex->line[lex->at]) || lex->line[lex->at] == '.' ||
            (lex->at > from && (lex->line[lex->at] == '+' || lex->line[lex->at] == '-') &&
             (lex->line[lex->at - 1] == 'e' || lex->line[lex->at - 1] == 'E'))))
        lex->at++;
    paint(lex, from, lex->at, STYLE_NUMBER);
}

static void name(struct lex *lex)
{
    const struct language *language = lex->language;
    bool caseless = language->traits & TRAIT_CASELESS, dashes = language->traits & TRAIT_DASHES;
    size_t from = lex->at, len;
    char first = lex->line[from];

    while (lex->at < lex->len && (is_name_byte(lex->line[lex->at]) || (dashes && lex->line[lex->at] == '-')))
        lex->at++;
    len = lex->at - from;
    if (has_word(language->keywords, lex->line + from, len, caseless))
        paint(lex, from, lex->at, STYLE_KEYWORD);
    else if (has_word(language->types, lex->line + from, len, caseless))
        paint(lex, from, lex->at, STYLE_TYPE);
    else if ((language->traits & TRAIT_CALLS) && lex->at < lex->len &&
             (lex->line[lex->at] == '(' || ((language->traits & TRAIT_LIFETIMES) &&
                                            starts(lex->line + lex->at, lex->len - lex->at, "!("))))
        paint(lex, from, lex->at, STYLE_FUNCTION);
    else if ((language->traits & TRAIT_CAPITALS) && first >= 'A' && first <= 'Z')
        paint(lex, from, lex->at, STYLE_TYPE);
}

static void variable(struct lex *lex)
{
    size_t from = lex->at++;
    char close = '\0';

    if (lex->at < lex->len && (lex->line[lex->at] == '{' || lex->line[lex->at] == '('))
        close = lex->line[lex->at++] == '{' ? '}' : ')';
    while (lex->at < lex->len && is_name_byte(lex->line[lex->at]))
        lex->at++;
    if (lex->at == from + 1 && lex->at < lex->len && strchr("@?!#*$<^-", lex->line[lex->at]))
        lex->at++;
    if (close && lex->at < lex->len && lex->line[lex->at] == close)
        lex->at++;
    paint(lex, from, lex->at, STYLE_TYPE);
}

static bool begins_comment(const struct lex *lex)
{
    const struct language *language = lex->language;

    for (int i = 0; i < 2; i++)
        if (here(lex, language->comments[i]) &&
            (!(language->traits & TRAIT_SPACED_HASH) || lex->at == 0 || lex->line[lex->at - 1] == ' ' ||
             lex->line[lex->at - 1] == '\t'))
            return true;
    return false;
}

/* --- what is special at a line's beginning --- */

/* "#include <x>": the directive, and what stands between angles. */
static void directive(struct lex *lex, size_t at)
{
    size_t end = skip_blanks(lex, at + 1);

    while (end < lex->len && is_name_byte(lex->line[end]))
        end++;
    paint(lex, at, end, STYLE_KEYWORD);
    lex->at = end;
    if (end - at >= 7 && memcmp(lex->line + end - 7, "include", 7) == 0) {
        size_t open = skip_blanks(lex, end);
        const char *close = open < lex->len ? memchr(lex->line + open, '>', lex->len - open) : NULL;
        if (close && lex->line[open] == '<') {
            lex->at = (size_t)(close - lex->line) + 1;
            paint(lex, open, lex->at, STYLE_STRING);
        }
    }
}

static bool is_key_byte(char c)
{
    return is_name_byte(c) || (c && strchr("-./$%*@()\"'", c)) || (unsigned char)c >= 0x80;
}

/* "key: ", "key = ", "- key: ", "[section]". */
static void key(struct lex *lex, size_t at)
{
    unsigned traits = lex->language->traits;
    size_t end;

    if ((traits & TRAIT_SECTIONS) && at < lex->len && lex->line[at] == '[') {
        const char *close = memrchr(lex->line + at, ']', lex->len - at);
        if (close && skip_blanks(lex, (size_t)(close - lex->line) + 1) == lex->len) {
            paint(lex, at, lex->len, STYLE_KEYWORD);
            lex->at = lex->len;
        }
        return;
    }
    while (at + 1 < lex->len && lex->line[at] == '-' && lex->line[at + 1] == ' ')
        at = skip_blanks(lex, at + 1);
    for (end = at; end < lex->len && (is_key_byte(lex->line[end]) || (lex->line[end] == ' ' && end > at));
         end++)
        if ((traits & TRAIT_SPACED_HASH) && lex->line[end] == '#')
            return;
    if (end == lex->len || end == at)
        return;
    bool colon = (traits & TRAIT_KEY_COLON) && lex->line[end] == ':' &&
                 (end + 1 == lex->len || strchr(" \t=", lex->line[end + 1]));
    bool equals = (traits & TRAIT_KEY_EQUALS) &&
                  (lex->line[end] == '=' || starts(lex->line + end, lex->len - end, "?=") ||
                   starts(lex->line + end, lex->len - end, "+="));
    if (colon || equals) {
        paint(lex, at, end, STYLE_TYPE);
        lex->at = end;
    }
}

static void line_beginning(struct lex *lex)
{
    size_t at = skip_blanks(lex, 0);

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
    paint(lex, lex->at, lex->at + strlen(lex->language->open), STYLE_COMMENT);
    lex->at += strlen(lex->language->open);
}

static void open_brackets(struct lex *lex, enum open open)
{
    lex->h->open = (uint8_t)open;
    brackets(lex);
}

static void code_token(struct lex *lex)
{
    const struct language *language = lex->language;
    char c = lex->line[lex->at];

    if (language->open && here(lex, language->open)) {
        open_comment(lex);
    } else if ((language->traits & TRAIT_BRACKETS) && here(lex, "--[[")) {
        open_brackets(lex, OPEN_BRACKET_COMMENT);
    } else if ((language->traits & TRAIT_BRACKETS) && here(lex, "[[")) {
        open_brackets(lex, OPEN_BRACKETS);
    } else if (begins_comment(lex)) {
        paint(lex, lex->at, lex->len, STYLE_COMMENT);
        lex->at = lex->len;
    } else if (is_lifetime(lex)) {
        size_t from = lex->at++;
        while (lex->at < lex->len && is_name_byte(lex->line[lex->at]))
            lex->at++;
        paint(lex, from, lex->at, STYLE_TYPE);
    } else if (in(language->quotes, c)) {
        string(lex);
    } else if (c >= '0' && c <= '9') {
        number(lex);
    } else if (is_name_byte(c)) {
        name(lex);
    } else if ((language->traits & TRAIT_VARIABLES) && c == '$') {
        variable(lex);
    } else if ((language->traits & TRAIT_DECORATORS) && c == '@') {
        size_t from = lex->at++;
        while (lex->at < lex->len && (is_name_byte(lex->line[lex->at]) || lex->line[lex->at] == '.'))
            lex->at++;
        paint(lex, from, lex->at, STYLE_FUNCTION);
    } else {
        lex->at++;
    }
}

static void code_line(struct lex *lex)
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
            paint(lex, from, lex->at, STYLE_STRING);
        } else {
            code_token(lex);
        }
    }
}

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
static void diff_line(struct lex *lex)
{
    struct highlight *h = lex->h;
    const char *at = lex->line, *end = lex->line + lex->len;
    char first = lex->len > 0 ? *lex->line : ' ';
    bool hunk = h->removed > 0 || h->added > 0;
    enum style style = STYLE_CODE;

    if (starts(lex->line, lex->len, "@@ ")) {
        h->removed = hunk_count(&at, end, '-');
        h->added = hunk_count(&at, end, '+');
        style = STYLE_HUNK;
    } else if (!hunk && (starts(lex->line, lex->len, "--- ") || starts(lex->line, lex->len, "+++ ") ||
                         starts(lex->line, lex->len, "diff ") || starts(lex->line, lex->len, "index ") ||
                         starts(lex->line, lex->len, "Index: "))) {
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
    paint(lex, 0, lex->len, style);
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
        paint(lex, from, ++lex->at, STYLE_KEYWORD);
        lex->h->open = OPEN_NOTHING;
    } else if (c == '"' || c == '\'') {
        const char *close = memchr(lex->line + from + 1, c, lex->len - from - 1);
        lex->at = close ? (size_t)(close - lex->line) + 1 : lex->len;
        paint(lex, from, lex->at, STYLE_STRING);
    } else if (ends_name(c)) {
        lex->at++;
    } else {
        while (lex->at < lex->len && !ends_name(lex->line[lex->at]))
            lex->at++;
        paint(lex, from, lex->at, STYLE_TYPE);
    }
}

static void markup_comment(struct lex *lex)
{
    size_t from = lex->at;

    while (lex->at < lex->len && !here(lex, "-->"))
        lex->at++;
    if (lex->at < lex->len) {
        lex->at += 3;
        lex->h->open = OPEN_NOTHING;
    }
    paint(lex, from, lex->at, STYLE_COMMENT);
}

static void markup_line(struct lex *lex)
{
    while (lex->at < lex->len) {
        size_t from = lex->at;
        if (lex->h->open == OPEN_TAG) {
            markup_tag(lex);
        } else if (lex->h->open == OPEN_COMMENT) {
            markup_comment(lex);
        } else if (here(lex, "<!--")) {
            lex->h->open = OPEN_COMMENT;
        } else if (lex->line[from] == '<') {
            lex->at++;
            while (lex->at < lex->len &&
                   (strchr("/!?:-", lex->line[lex->at]) || is_name_byte(lex->line[lex->at])))
                lex->at++;
            if (lex->at > from + 1) {
                lex->h->open = OPEN_TAG;
                paint(lex, from, lex->at, STYLE_KEYWORD);
            }
        } else if (lex->line[from] == '&') {
            while (lex->at < lex->len &&
                   (lex->at == from || is_name_byte(lex->line[lex->at]) || lex->line[lex->at] == '#'))
                lex->at++;
            paint(lex, from, lex->at, STYLE_NUMBER);
        } else {
            lex->at++;
        }
    }
}

static void markdown_line(struct lex *lex)
{
    size_t at = skip_blanks(lex, 0);
    const char *text = lex->line + at;
    size_t left = lex->len - at;

    if (starts(text, left, "```") || starts(text, left, "~~~")) {
        lex->h->open = lex->h->open == OPEN_FENCE ? OPEN_NOTHING : OPEN_FENCE;
        paint(lex, 0, lex->len, STYLE_COMMENT);
    } else if (lex->h->open == OPEN_FENCE) {
        return;
    } else if (left > 0 && *text == '#') {
        paint(lex, 0, lex->len, STYLE_KEYWORD);
    } else if (left > 0 && *text == '>') {
        paint(lex, 0, lex->len, STYLE_COMMENT);
    } else {
        if (left > 1 && strchr("-*+", *text) && text[1] == ' ')
            paint(lex, at, at + 1, STYLE_KEYWORD);
        for (const char *tick = memchr(text, '`', left), *close; tick;
             tick = memchr(close + 1, '`', (size_t)(lex->line + lex->len - close - 1))) {
            close = memchr(tick + 1, '`', (size_t)(lex->line + lex->len - tick - 1));
            if (!close)
                break;
            paint(lex, (size_t)(tick - lex->line), (size_t)(close - lex->line) + 1, STYLE_STRING);
        }
    }
}

void highlight_line(struct highlight *highlight, const char *line, size_t len, unsigned char *styles)
{
    static void (*const lexers[])(struct lex *) = {
        [LEX_CODE] = code_line,
        [LEX_DIFF] = diff_line,
        [LEX_MARKUP] = markup_line,
        [LEX_MARKDOWN] = markdown_line,
    };
    struct lex lex = {highlight, highlight->language, line, len, 0, styles};

    memset(styles, STYLE_CODE, len);
    if (highlight->language)
        lexers[highlight->language->lexer](&lex);
}
