/* The first of the list is the one that is being written. */
#include "daemon/forks.h"

#include "daemon/branch.h"
#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/server.h"
#include "daemon/session.h"
#include "daemon/store/store_size.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct fork {
    struct fork *next;
    struct call *call; /* kept */
    char *title;       /* "": none was given */
    uint32_t key;      /* of the session that it will be; 0 until it is being written */
    uint64_t count;    /* messages that it will have */
    uint64_t sized;    /* of them: it is known how much they take, */
    int64_t bytes;     /* ... this much */
    int rows;          /* that are sized at a time */
    uint64_t copied;   /* of them */
    uint64_t slice;    /* that are copied at a time */
};

struct forks {
    struct server *server;
    bool writing; /* something of the first, or of the one before it, is not on disk yet, or not read */
    struct fork *first, **last;
    size_t waiting;
};

static void go_on(struct forks *forks);

/* --- one fork --- */

/* As many as have about that many bytes, if all are like the newest. */
static uint64_t first_slice(const struct state *state)
{
    size_t bytes = 0, messages = state->message_count;
    for (size_t i = 0; i < messages; i++)
        bytes += state->messages[i]->bytes;
    return messages > 0 && bytes / messages > 0 ? FORKS_SLICE_BYTES / (bytes / messages) + 1 : 1;
}

static void end(struct forks *forks, enum err code, const char *error, json_t *ok)
{
    struct fork *fork = forks->first;
    forks->first = fork->next;
    if (!forks->first)
        forks->last = &forks->first;
    forks->waiting--;
    fork->call->session->forking--;
    if (code != ERR_OK && fork->key > 0 && forks->server->store)
        store_delete_session(forks->server->store, fork->key);
    call_finish(&fork->call, code, error, ok);
    free(fork->title);
    free(fork);
}

/* Messages that are not on disk yet are not in it, which are the newest if any. */
static void on_sized(void *arg, enum err code, const char *error, json_t *result)
{
    struct forks *forks = arg;
    struct fork *fork = forks->first;
    char no_room[256];
    int64_t rows = jsonx_int(result, "rows", 0);
    forks->writing = false;
    if (code == ERR_TIMEOUT && fork->rows > 1) {
        fork->rows /= 2;
        code = ERR_OK;
    } else if (code == ERR_OK) {
        fork->bytes += jsonx_int(result, "bytes", 0);
        fork->sized = rows > 0 ? fork->sized + (uint64_t)rows : fork->count;
        code = stored_room(forks->server, fork->call->principal.user, fork->bytes, no_room);
        error = no_room;
    }
    if (code != ERR_OK)
        end(forks, code, error, NULL);
    go_on(forks);
}

static void size(struct forks *forks, struct fork *fork)
{
    uint64_t left = fork->count - fork->sized;
    int rows = left < (uint64_t)fork->rows ? (int)left : fork->rows;
    enum err code = store_size_messages(forks->server->store, fork->call->session->key, fork->sized, rows,
                                        on_sized, forks);
    forks->writing = code == ERR_OK;
    if (code != ERR_OK)
        end(forks, code, "too many wait to read; repeat it later", NULL);
}

static void on_copied(void *arg, enum err code)
{
    struct forks *forks = arg;
    struct fork *fork = forks->first;
    struct store *store = forks->server->store; /* NULL while it closes: nothing more is copied */
    int64_t took = store ? store_write_ms(store) : 0;
    forks->writing = false;
    if (code == ERR_OK) {
        fork->copied += fork->slice;
        if (took > 2 * FORKS_SLICE_MS && fork->slice > 1)
            fork->slice /= 2;
        else if (took < FORKS_SLICE_MS && fork->slice < FORKS_SLICE_MAX)
            fork->slice *= 2;
    } else if (code == ERR_INTERNAL) {
        end(forks, code, "the store refused to copy the messages", NULL);
    }
    go_on(forks);
}

static void copy(struct forks *forks, struct fork *fork)
{
    struct store *store = forks->server->store;
    const struct session *session = fork->call->session;
    uint64_t left = fork->count - fork->copied;
    if (fork->key == 0) {
        fork->key = store_next_session_key(store);
        fork->slice = first_slice(session->state);
    }
    if (fork->slice > left)
        fork->slice = left;
    forks->writing = true;
    store_copy_messages(store, session->key, fork->key, fork->copied, fork->slice);
    store_commit(store, on_copied, forks);
}

static void on_made(void *arg, enum err code)
{
    struct forks *forks = arg;
    (void)code; /* dispatch.c says it */
    forks->writing = false;
    go_on(forks);
}

static void make(struct forks *forks, struct fork *fork)
{
    const struct call *call = fork->call;
    const struct branch branch = {.owner = call->principal.user,
                                  .title = fork->title,
                                  .count = fork->count,
                                  .key = fork->key,
                                  .bytes = fork->bytes};
    struct session *session;
    char error[256];
    enum err code = branch_fork(call->session, &branch, &session, error);
    if (code != ERR_OK) {
        end(forks, code, error, NULL);
        return;
    }
    forks->writing = true;
    store_commit(forks->server->store, on_made, forks);
    json_t *ok = json_object();
    jsonx_set_str(ok, "session", session->state->id);
    jsonx_set_int(ok, "messages", (int64_t)session->state->messages_total);
    end(forks, ERR_OK, NULL, ok);
}

/* Whether it can be gone on with. */
static enum err check(const struct forks *forks, struct call *call, char error[256])
{
    const struct server *server = forks->server;
    const char *failing = server->stopping ? NULL : store_failing(server->store);
    if (server->stopping) {
        snprintf(error, 256, "the daemon is stopping");
        return ERR_SHUTTING_DOWN;
    }
    if (failing) {
        snprintf(error, 256,
                 "the store can't commit now (%.160s), so nothing new is taken; try again when it can",
                 failing);
        return ERR_STORE;
    }
    if (call->session->end != SESSION_LIVES) {
        snprintf(error, 256, "the session was deleted");
        return ERR_NOT_FOUND;
    }
    if (!users_renew(server->users, &call->principal)) {
        snprintf(error, 256, "you may not be here any more");
        return ERR_DENIED;
    }
    if (!auth_may(&call->principal, call->session->state, ROLE_VIEWER)) {
        snprintf(error, 256, "the session is not shared with you any more");
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

static void go_on(struct forks *forks)
{
    while (!forks->writing && forks->first) {
        struct fork *fork = forks->first;
        char error[256];
        enum err code = check(forks, fork->call, error);
        if (code != ERR_OK)
            end(forks, code, error, NULL);
        else if (fork->sized < fork->count)
            size(forks, fork);
        else if (fork->copied < fork->count)
            copy(forks, fork);
        else
            make(forks, fork);
    }
}

/* --- all --- */

enum err forks_make(struct forks *forks, struct call *call, json_t **ok, char error[256])
{
    uint64_t count;
    enum err code = branch_count(call->session, call->principal.user,
                                 jsonx_str(call->params, "message", NULL), &count, error);
    (void)ok;
    if (code != ERR_OK)
        return code;
    if (forks->waiting >= FORKS_WAITING_MAX) {
        snprintf(error, 256, "%d forks wait already; repeat it later", FORKS_WAITING_MAX);
        return ERR_BUSY;
    }
    char *title = session_title(jsonx_str(call->params, "title", ""), error);
    if (!title)
        return ERR_BAD_REQUEST;
    struct fork *fork = xcalloc(1, sizeof *fork);
    fork->title = title;
    fork->call = call_keep(call);
    fork->count = count;
    fork->rows = STORE_SIZE_ROWS;
    call->session->forking++;
    *forks->last = fork;
    forks->last = &fork->next;
    forks->waiting++;
    go_on(forks);
    return HANDLED_LATER;
}

struct forks *forks_open(struct server *server)
{
    struct forks *forks = xcalloc(1, sizeof *forks);
    forks->server = server;
    forks->last = &forks->first;
    return forks;
}

void forks_close(struct forks **forks)
{
    free(*forks);
    *forks = NULL;
}
