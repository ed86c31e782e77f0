/* Every byte of a line gets a style, none beyond it does, and what a line is does not depend on what follows.
 * The first byte chooses the language; the rest is code. */
#include "tui/style.h"
#include "tui/text/highlight.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct language *language, const char *code, size_t len, unsigned char *styles)
{
    struct highlight highlight;

    highlight_init(&highlight, language);
    for (size_t at = 0; at <= len;) {
        const char *newline = memchr(code + at, '\n', len - at);
        size_t line = newline ? (size_t)(newline - code) - at : len - at;
        char *alone = malloc(line ? line : 1); /* so that reading beyond it is seen */
        unsigned char *own = malloc(line ? line : 1);
        memcpy(alone, code + at, line);
        memset(own, STYLE_COUNT, line);
        highlight_line(&highlight, alone, line, own);
        for (size_t i = 0; i < line; i++)
            if (own[i] >= STYLE_COUNT)
                abort();
        memcpy(styles + at, own, line);
        free(own);
        free(alone);
        at += line + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const labels[] = {
        "c",      "c++",  "go",  "rust",     "java",       "kotlin", "c#",       "js",   "ts",
        "python", "ruby", "php", "sh",       "lua",        "sql",    "json",     "yaml", "toml",
        "ini",    "html", "css", "makefile", "dockerfile", "diff",   "markdown",
    };
    enum { LABELS = sizeof labels / sizeof *labels };
    bool decided;

    if (size < 2)
        return 0;
    const char *label = labels[data[0] % LABELS], *code = (const char *)data + 1;
    size_t len = size - 1, half = len / 2;
    const struct language *language = highlight_language(label, strlen(label));
    unsigned char *whole = calloc(len, 1), *part = calloc(len, 1);

    highlight_language(code, len);
    highlight_guess(code, len, &decided);
    const struct language *sooner = highlight_guess(code, half, &decided);
    if (decided && highlight_guess(code, len, &decided) != sooner)
        abort();
    run(language, code, len, whole);
    while (half > 0 && code[half - 1] != '\n')
        half--;
    if (half > 0) {
        run(language, code, half - 1, part);
        if (memcmp(whole, part, half - 1) != 0)
            abort();
    }
    free(whole);
    free(part);
    return 0;
}
