/* A request is known here by its user and id from its arrival until its commit. Then the store remembers its
 * answer. */
#include "daemon/inflight.h"

#include "daemon/answer.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/xalloc.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct inflight {
    const char *user, *id; /* the tree's key */
    struct inflights *all;
    struct route *waiters;
    size_t waiter_count;
    char *reply;   /* NULL until it is handled */
    bool once;     /* the store has an answer already: see inflight_begin_once */
    int64_t began; /* steady microseconds */
    struct inflight *next_unpromised;
};

struct inflights {
    struct server *server;
    void *tree;
    struct inflight *unpromised; /* done and answered with `store`, but still queued in the store */
};

static int compare(const void *a, const void *b)
{
    const struct inflight *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : strcmp(x->user, y->user);
}

struct inflight *inflight_find(struct inflights *all, const char *user, const char *id)
{
    struct inflight key = {.user = user, .id = id}, **found = tfind(&key, &all->tree, compare);
    return found ? *found : NULL;
}

bool inflight_wait(struct inflight *inflight, const struct route *route)
{
    if (inflight->waiter_count >= INFLIGHT_WAITERS_MAX)
        return false;
    inflight->waiters =
        xreallocarray(inflight->waiters, inflight->waiter_count + 1, sizeof inflight->waiters[0]);
    inflight->waiters[inflight->waiter_count++] = *route;
    return true;
}

struct inflight *inflight_new(struct inflights *all, const char *user, const char *id,
                              const struct route *route)
{
    struct inflight *inflight = xcalloc(1, sizeof *inflight);
    inflight->user = xstrdup(user);
    inflight->id = xstrdup(id);
    inflight->all = all;
    inflight->began = clock_steady_us();
    inflight_wait(inflight, route);
    tsearch(inflight, &all->tree, compare);
    return inflight;
}

static void inflight_clear(void *node)
{
    struct inflight *inflight = node;
    free((char *)inflight->user);
    free((char *)inflight->id);
    free(inflight->waiters);
    free(inflight->reply);
    free(inflight);
}

static void inflight_free(struct inflight *inflight)
{
    tdelete(inflight, &inflight->all->tree, compare);
    inflight_clear(inflight);
}

static void answer_waiters(struct inflight *inflight, enum err code, const char *error, json_t *detail)
{
    struct server *server = inflight->all->server;
    struct route *waiters = inflight->waiters;
    size_t count = inflight->waiter_count;
    inflight->waiters = NULL;
    inflight->waiter_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (code != ERR_OK) {
            answer_error(server, &waiters[i], inflight->id, code, error, detail);
            continue;
        }
        struct buf text;
        buf_init(&text, ENVELOPE_REPLY_MAX);
        buf_puts(&text, inflight->reply);
        answer_text(server, &waiters[i], &text);
    }
    free(waiters);
}

/* Not on disk: the promise is not given. What was asked stays queued in the store, and so stays known here
 * until the store has recovered, so that a repeated request is not done twice. */
static void on_committed(void *arg, enum err code)
{
    struct inflight *inflight = arg;
    struct inflights *all = inflight->all;
    struct server *server = all->server;
    if (code == ERR_OK) {
        histogram_add(&server->stats.promised, clock_steady_us() - inflight->began);
        answer_waiters(inflight, ERR_OK, NULL, NULL);
        inflight_free(inflight);
        return;
    }
    char error[320];
    const char *why = server->store ? store_failing(server->store) : "the daemon stops";
    snprintf(error, sizeof error,
             "the store can't commit (%s); this is kept only if it can before the daemon ends",
             why ? why : "unknown");
    answer_waiters(inflight, ERR_STORE, error, NULL);
    if (code == ERR_STORE) {
        inflight->next_unpromised = all->unpromised;
        all->unpromised = inflight;
    } else {
        inflight_free(inflight);
    }
}

void inflights_store_recovered(struct inflights *all)
{
    while (all->unpromised) {
        struct inflight *inflight = all->unpromised;
        all->unpromised = inflight->next_unpromised;
        inflight_free(inflight);
    }
}

void inflight_finish_reading(struct inflight *inflight, enum err code, const char *error, json_t *detail,
                             json_t *ok)
{
    struct buf text;
    answer_put_ok(&text, inflight->id, ok);
    inflight->reply = buf_take(&text);
    answer_waiters(inflight, code, error, detail);
    inflight_free(inflight);
}

/* What a repeated request is answered. */
static void remember(struct inflight *inflight, bool shown_once)
{
    struct store *store = inflight->all->server->store;
    if (!shown_once) {
        store_put_reply(store, inflight->user, inflight->id, inflight->reply, strlen(inflight->reply));
        return;
    }
    struct buf text;
    buf_init(&text, ENVELOPE_REPLY_MAX);
    envelope_put_error(&text, inflight->id, ERR_CONFLICT,
                       "this was done already; its answer has a secret, which is shown only once", NULL);
    store_put_reply(store, inflight->user, inflight->id, text.data, text.len);
    buf_free(&text);
}

void inflight_finish_changing(struct inflight *inflight, enum err code, const char *error, json_t *detail,
                              json_t *ok, bool shown_once)
{
    struct server *server = inflight->all->server;
    if (!server->store || (code != ERR_OK && !inflight->once)) { /* nothing is remembered */
        answer_waiters(inflight, code == ERR_OK ? ERR_SHUTTING_DOWN : code, error, detail);
        inflight_free(inflight);
        return;
    }
    struct buf text;
    if (code == ERR_OK) {
        answer_put_ok(&text, inflight->id, ok);
    } else {
        buf_init(&text, ENVELOPE_REPLY_MAX);
        envelope_put_error(&text, inflight->id, code, error, detail);
    }
    inflight->reply = buf_take(&text);
    if (inflight->once)
        store_delete_reply(server->store, inflight->user, inflight->id);
    remember(inflight, shown_once && code == ERR_OK);
    store_commit(server->store, on_committed, inflight);
}

bool inflight_is_wanted(const struct inflight *inflight)
{
    for (size_t i = 0; i < inflight->waiter_count; i++)
        if (clients_find(inflight->all->server->clients, &inflight->waiters[i]))
            return true;
    return false;
}

/* --- what must not be done twice --- */

void inflight_begin_once(struct inflight *inflight, const char *error, store_commit_cb *then, void *arg)
{
    struct store *store = inflight->all->server->store;
    struct buf text;
    buf_init(&text, ENVELOPE_REPLY_MAX);
    envelope_put_error(&text, inflight->id, ERR_UNAVAILABLE, error, NULL);
    store_put_reply(store, inflight->user, inflight->id, text.data, text.len);
    inflight->once = true;
    buf_free(&text);
    store_commit(store, then, arg);
}

void inflight_not_begun(struct inflight *inflight)
{
    struct store *store = inflight->all->server->store;
    if (inflight->once && store)
        store_delete_reply(store, inflight->user, inflight->id);
    inflight->once = false;
}

/* --- life --- */

struct inflights *inflights_open(struct server *server)
{
    struct inflights *all = xcalloc(1, sizeof *all);
    all->server = server;
    return all;
}

void inflights_close(struct inflights **slot)
{
    struct inflights *all = *slot;
    if (!all)
        return;
    tdestroy(all->tree, inflight_clear);
    free(all);
    *slot = NULL;
}
