#include "tui/text/highlight.h"
#include "tui/text/highlight_lex.h"
#include <string.h>

enum {
    NAME_MAX_BYTES = 32,
    LABEL_MAX = 256, /* bytes; it may be a file's name */
    GUESS_MAX = 512  /* bytes of the first line of what may be a diff */
};

/* --- what the lexers share --- */

bool lex_has_word(const char *words, const char *word, size_t len, bool caseless)
{
    char needle[NAME_MAX_BYTES + 3];

    if (!words || len == 0 || len > NAME_MAX_BYTES)
        return false;
    needle[0] = needle[len + 1] = ' ';
    needle[len + 2] = '\0';
    for (size_t i = 0; i < len; i++)
        needle[i + 1] = (char)(caseless && word[i] >= 'A' && word[i] <= 'Z' ? word[i] | 0x20 : word[i]);
    return strstr(words, needle) != NULL;
}

bool lex_is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool lex_starts(const char *text, size_t len, const char *with)
{
    size_t need = strlen(with);

    return len >= need && memcmp(text, with, need) == 0;
}

bool lex_here(const struct lex *lex, const char *text)
{
    return text && lex->at < lex->len && lex->line[lex->at] == *text &&
           lex_starts(lex->line + lex->at, lex->len - lex->at, text);
}

size_t lex_skip_blanks(const struct lex *lex, size_t at)
{
    while (at < lex->len && (lex->line[at] == ' ' || lex->line[at] == '\t'))
        at++;
    return at;
}

void lex_paint(struct lex *lex, size_t from, size_t to, enum style style)
{
    to = to < lex->len ? to : lex->len;
    if (from < to)
        memset(lex->styles + from, style, to - from);
}

/* --- which language --- */

static bool is_label_byte(char c)
{
    return lex_is_name(c) || c == '+' || c == '#' || c == '-' || c == '.' || c == '/';
}

const struct language *highlight_language(const char *label, size_t len)
{
    size_t from = 0, end;

    while (from < len && (label[from] == ' ' || label[from] == '{' || label[from] == '.'))
        from++; /* also {.python} */
    for (end = from; end < len && is_label_byte(label[end]);)
        end++;
    if (end == from || end - from > LABEL_MAX)
        return NULL;
    for (size_t i = 0; i < highlight_language_count; i++)
        if (lex_has_word(highlight_languages[i].names, label + from, end - from, true))
            return &highlight_languages[i];
    return highlight_file_language(strndupa(label + from, end - from));
}

const struct language *highlight_file_language(const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name, *dot = strrchr(base, '.');

    for (size_t i = 0; i < highlight_language_count; i++) {
        const struct language *language = &highlight_languages[i];
        if (*base && strlen(base) <= NAME_MAX_BYTES &&
            lex_has_word(language->files, base, strlen(base), true))
            return language;
        if (dot && dot[1] && strlen(dot + 1) <= NAME_MAX_BYTES &&
            lex_has_word(language->names, dot + 1, strlen(dot + 1), true))
            return language;
    }
    return NULL;
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

/* --- lines --- */

void highlight_init(struct highlight *highlight, const struct language *language)
{
    *highlight = (struct highlight){.language = language};
}

void highlight_line(struct highlight *highlight, const char *line, size_t len, unsigned char *styles)
{
    static void (*const lexers[])(struct lex *) = {
        [LEX_CODE] = highlight_code_line,
        [LEX_DIFF] = highlight_diff_line,
        [LEX_MARKUP] = highlight_markup_line,
        [LEX_MARKDOWN] = highlight_markdown_line,
    };
    struct lex lex = {highlight, highlight->language, line, len, 0, styles};

    memset(styles, STYLE_TEXT, len);
    if (highlight->language)
        lexers[highlight->language->lexer](&lex);
}
