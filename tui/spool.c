/* The pages are appended to a nameless file as they come, newest first, and put in order at the end. An
 * answer that is still awaited when its work was given up is let pass before the next work begins. */
#include "tui/spool.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/tempfile.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGE_MESSAGES = 500,
    PAGE_BYTES = 64 << 20, /* of a page's text; the daemon sends 1 MiB of JSON at most */
    ANSWER_MS = 30000,
    PIECE = 65536
};

struct page { /* where it is in the nameless file */
    off_t at, len;
};

struct spool {
    struct client *client;
    struct spool_callbacks callbacks;
    void *arg;
    bool awaited; /* an answer is */
    bool busy;
    char session[ID_MAX], before[ID_MAX];
    char *heading;
    struct record_look look;
    int fd; /* the nameless file; -1: none */
    off_t end;
    struct page *pages;
    size_t page_count, messages;
};

struct spool *spool_new(struct client *client, const struct spool_callbacks *callbacks, void *arg)
{
    struct spool *spool = xcalloc(1, sizeof *spool);

    spool->client = client;
    spool->callbacks = *callbacks;
    spool->arg = arg;
    spool->fd = -1;
    return spool;
}

void spool_cancel(struct spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    free(spool->heading);
    free(spool->pages);
    spool->fd = -1;
    spool->heading = NULL;
    spool->pages = NULL;
    spool->page_count = spool->messages = 0;
    spool->end = 0;
    spool->busy = false;
}

void spool_free(struct spool **spool)
{
    if (!*spool)
        return;
    spool_cancel(*spool);
    free(*spool);
    *spool = NULL;
}

bool spool_busy(const struct spool *spool)
{
    return spool->busy;
}

static void finish(struct spool *spool, const char *path, const char *error)
{
    spool_cancel(spool);
    spool->callbacks.done(spool->arg, path, error);
}

/* --- in order --- */

static bool copy_page(int from, const struct page *page, int to)
{
    char piece[PIECE];

    for (off_t at = 0; at < page->len;) {
        size_t want = page->len - at < PIECE ? (size_t)(page->len - at) : PIECE;
        ssize_t got = pread(from, piece, want, page->at + at);

        if (got <= 0 || !tempfile_write(to, piece, (size_t)got))
            return false;
        at += got;
    }
    return true;
}

static void put_in_order(struct spool *spool)
{
    char path[TEMPFILE_PATH_MAX];
    int fd = tempfile_open("transcript", path);
    bool well = fd >= 0 && tempfile_write(fd, spool->heading, strlen(spool->heading)) &&
                tempfile_write(fd, "\n\n", 2);

    for (size_t i = spool->page_count; well && i > 0; i--)
        well = copy_page(spool->fd, &spool->pages[i - 1], fd);
    if (fd >= 0 && (close(fd) != 0 || !well)) {
        unlink(path);
        well = false;
    }
    finish(spool, well ? path : NULL, well ? NULL : strerror(errno));
}

/* --- pages --- */

static void ask(struct spool *spool);

/* False with errno: not all of it could be kept. */
static bool add_page(struct spool *spool, const json_t *messages)
{
    struct buf text;
    json_t *json;
    size_t i;
    bool fits = true;

    buf_init(&text, PAGE_BYTES);
    json_array_foreach(messages, i, json)
    {
        struct message *message = message_from_json(json);
        if (message)
            fits = record_message(&text, message, &spool->look) && fits;
        message_free(&message);
    }
    bool well = fits && tempfile_write(spool->fd, text.data, text.len);
    if (!fits)
        errno = EFBIG;
    spool->pages = xreallocarray(spool->pages, spool->page_count + 1, sizeof *spool->pages);
    spool->pages[spool->page_count++] = (struct page){spool->end, (off_t)text.len};
    spool->end += (off_t)text.len;
    spool->messages += json_array_size(messages);
    buf_free(&text);
    return well;
}

static void on_page(void *arg, enum err code, const char *text, json_t *ok)
{
    struct spool *spool = arg;
    const json_t *messages = jsonx_arr(ok, "messages");
    const char *first = jsonx_str(json_array_get(messages, 0), "id", "");

    spool->awaited = false;
    if (!spool->busy)
        return;
    if (spool->fd < 0) { /* begun while this answer was awaited, which is for something else */
        ask(spool);
    } else if (code != ERR_OK) {
        finish(spool, NULL, text);
    } else if (messages && !add_page(spool, messages)) {
        finish(spool, NULL, strerror(errno));
    } else if (!*first || !jsonx_bool(ok, "more", false) || strlen(first) >= sizeof spool->before) {
        put_in_order(spool);
    } else {
        memcpy(spool->before, first, strlen(first) + 1);
        spool->callbacks.progress(spool->arg, spool->messages);
        ask(spool);
    }
}

static void ask(struct spool *spool)
{
    json_t *params = json_object();

    if (spool->fd < 0)
        spool->fd = tempfile_nameless();
    if (spool->fd < 0) {
        json_decref(params);
        finish(spool, NULL, strerror(errno));
        return;
    }
    jsonx_set_int(params, "limit", PAGE_MESSAGES);
    if (*spool->before)
        jsonx_set_str(params, "before", spool->before);
    spool->awaited = true;
    client_request(spool->client, METHOD_MESSAGE_HISTORY, spool->session, params, ANSWER_MS, on_page, spool);
}

void spool_start(struct spool *spool, const char *session, const char *heading,
                 const struct record_look *look)
{
    spool_cancel(spool);
    snprintf(spool->session, sizeof spool->session, "%s", session);
    spool->before[0] = '\0';
    spool->heading = xstrdup(heading);
    spool->look = *look;
    spool->busy = true;
    if (!spool->awaited)
        ask(spool);
}
