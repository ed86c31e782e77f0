#include "tui/plain/paper.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 64 << 10 }; /* a longer one is shown before it is whole */

struct paper {
    FILE *terminal, *file;
    struct out out;
    struct buf line; /* that is not whole */
    char *prompt;    /* that stands in the last line; NULL: none */
    bool open;       /* the last line has text, and no end */
};

static bool put(struct paper *paper, const char *text, size_t len)
{
    if (len == 0)
        return true;
    if (paper->prompt && fputc('\n', paper->terminal) == EOF)
        return false;
    free(paper->prompt);
    paper->prompt = NULL;
    paper->open = text[len - 1] != '\n';
    return fwrite(text, 1, len, paper->terminal) == len && fflush(paper->terminal) == 0;
}

static ssize_t take(void *cookie, const char *text, size_t len)
{
    struct paper *paper = cookie;
    const char *newline = memrchr(text, '\n', len);
    size_t whole = newline ? (size_t)(newline - text) + 1 : 0;

    if (whole > 0) {
        if (!put(paper, paper->line.data, paper->line.len) || !put(paper, text, whole))
            return 0;
        buf_clear(&paper->line);
    }
    if (buf_put(&paper->line, text + whole, len - whole))
        return (ssize_t)len;
    bool done = put(paper, paper->line.data, paper->line.len) && put(paper, text + whole, len - whole);
    buf_clear(&paper->line);
    return done ? (ssize_t)len : 0;
}

struct paper *paper_new(FILE *terminal)
{
    struct paper *paper = xcalloc(1, sizeof *paper);

    paper->terminal = terminal;
    paper->file = fopencookie(paper, "w", (cookie_io_functions_t){.write = take});
    if (!paper->file)
        abort(); /* out of memory */
    buf_init(&paper->line, LINE_MAX_BYTES);
    out_init(&paper->out, paper->file);
    return paper;
}

void paper_free(struct paper **slot)
{
    struct paper *paper = *slot;

    if (!paper)
        return;
    paper_end_line(paper);
    if (paper->prompt)
        fputc('\n', paper->terminal);
    fflush(paper->terminal);
    fclose(paper->file);
    buf_free(&paper->line);
    free(paper->prompt);
    free(paper);
    *slot = NULL;
}

struct out *paper_out(struct paper *paper)
{
    return &paper->out;
}

void paper_end_line(struct paper *paper)
{
    out_flush(&paper->out);
    if (paper->line.len > 0 || paper->open) {
        out_text(&paper->out, "\n", 1);
        out_flush(&paper->out);
    }
}

void paper_prompt(struct paper *paper, const char *prompt)
{
    paper_end_line(paper);
    if (paper->prompt && strcmp(paper->prompt, prompt) == 0)
        return;
    put(paper, prompt, strlen(prompt));
    paper->open = false;
    paper->prompt = xstrdup(prompt);
}

void paper_entered(struct paper *paper)
{
    free(paper->prompt);
    paper->prompt = NULL;
    paper->open = false;
}
