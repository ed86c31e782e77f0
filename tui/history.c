#include "tui/history.h"
#include "shared/xalloc.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct history {
    char **texts;
    size_t count, max, bytes;
    size_t at; /* the text shown; count while not walking */
    char *draft;
};

struct history *history_new(size_t max)
{
    struct history *history = xcalloc(1, sizeof *history);

    history->max = max;
    history->texts = xcalloc(max, sizeof *history->texts);
    return history;
}

void history_free(struct history **slot)
{
    struct history *history = *slot;

    if (!history)
        return;
    for (size_t i = 0; i < history->count; i++)
        free(history->texts[i]);
    free(history->texts);
    free(history->draft);
    free(history);
    *slot = NULL;
}

static void drop_oldest(struct history *history)
{
    history->bytes -= strlen(history->texts[0]);
    free(history->texts[0]);
    memmove(history->texts, history->texts + 1, --history->count * sizeof *history->texts);
}

void history_add(struct history *history, const char *text)
{
    bool known = history->count > 0 && strcmp(history->texts[history->count - 1], text) == 0;

    if (*text && !known) {
        history->bytes += strlen(text);
        while (history->count > 0 && (history->count == history->max || history->bytes > HISTORY_BYTES_MAX))
            drop_oldest(history);
        history->texts[history->count++] = xstrdup(text);
    }
    history->at = history->count;
}

const char *history_older(struct history *history, const char *draft)
{
    if (history->at == 0)
        return NULL;
    if (history->at == history->count) {
        free(history->draft);
        history->draft = xstrdup(draft);
    }
    return history->texts[--history->at];
}

const char *history_newer(struct history *history)
{
    if (history->at == history->count)
        return NULL;
    history->at++;
    return history->at == history->count ? history->draft : history->texts[history->at];
}
