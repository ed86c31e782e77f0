/* Sums of what users have stored. They may become less, so what was said is remembered, until there is
 * plenty of room again. */
#include "daemon/people/stored.h"

#include "daemon/dispatch.h"
#include "daemon/people/audit.h"
#include "daemon/people/users.h"
#include "daemon/server.h"
#include "daemon/store/store_size.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/size.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct account {
    char *user; /* the tree's key */
    int64_t bytes;
    int64_t hosts; /* of these, what is no session's */
    int told;      /* percent of the quota that was said; 0: none */
};

struct stored {
    struct server *server;
    void *tree; /* of struct account */
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct account *)a)->user, ((const struct account *)b)->user);
}

static struct account *find(const struct stored *stored, const char *user)
{
    struct account key = {.user = (char *)user}, **found = tfind(&key, &stored->tree, compare);
    return found ? *found : NULL;
}

static struct account *account_of(struct stored *stored, const char *user)
{
    struct account *account = find(stored, user);
    if (account)
        return account;
    account = xcalloc(1, sizeof *account);
    account->user = xstrdup(user);
    tsearch(account, &stored->tree, compare);
    return account;
}

static void change(struct server *server, const char *user, int64_t more)
{
    if (server->stored && more != 0)
        account_of(server->stored, user)->bytes += more;
}

/* --- what is there, and what may be --- */

int64_t stored_of(const struct server *server, const char *user)
{
    const struct account *account = server->stored ? find(server->stored, user) : NULL;
    return account ? account->bytes : 0;
}

/* INT64_MAX without one. */
static int64_t limit_of(const struct server *server, const char *user)
{
    int64_t limit = server->stored ? users_quota(server->users, user, QUOTA_STORED) : 0;
    return limit == 0 ? INT64_MAX : limit < 0 ? 0 : limit;
}

int64_t stored_left(const struct server *server, const char *user)
{
    int64_t limit = limit_of(server, user), is = stored_of(server, user);
    if (limit == INT64_MAX)
        return INT64_MAX;
    return limit > is ? limit - is : 0;
}

/* "bo has 1.0 MiB stored, 2.0 KiB of it by servers, and may have 1.0 MiB (quota.stored)" */
static void say_stored(const struct server *server, char *out, size_t size, const char *user, int64_t limit)
{
    char have[SIZE_TEXT_MAX], may[SIZE_TEXT_MAX], part[SIZE_TEXT_MAX];
    const struct account *account = server->stored ? find(server->stored, user) : NULL;
    bool kept = account && account->hosts > 0;
    snprintf(out, size, "%.63s has %s stored,%s%s%s and may have %s (quota.stored)", user,
             size_text(stored_of(server, user), have), kept ? " " : "",
             kept ? size_text(account->hosts, part) : "", kept ? " of it by servers of scope user," : "",
             limit > 0 ? size_text(limit, may) : "nothing");
}

static const char what_to_do[] = "delete sessions that are not needed: stoa rm (stoa export keeps a copy)";

enum err stored_room(const struct server *server, const char *user, int64_t more, char error[256])
{
    char said[192], wanted[SIZE_TEXT_MAX];
    int64_t left = stored_left(server, user);
    if (left > more || (left == more && more > 0))
        return ERR_OK;
    say_stored(server, said, sizeof said, user, limit_of(server, user));
    if (left > 0)
        snprintf(error, 256, "%s; this takes %s; %s", said, size_text(more, wanted), what_to_do);
    else
        snprintf(error, 256, "%s; %s", said, what_to_do);
    return ERR_LIMIT;
}

/* What adds nothing, or no more than was asked for before. Archiving is looked at by its handler. */
static bool is_always(enum method method)
{
    switch (method) {
    case METHOD_ADMIN_END:
    case METHOD_ADMIN_HIBERNATE:
    case METHOD_MCP_DISCONNECT:
    case METHOD_MESSAGE_EDIT_QUEUE:
    case METHOD_SESSION_ARCHIVE:
    case METHOD_SESSION_COMMAND:
    case METHOD_SESSION_DELETE:
    case METHOD_SESSION_INTERRUPT:
    case METHOD_SESSION_REWIND:
    case METHOD_SESSION_UNSHARE:
        return true;
    case METHOD_MCP_PROMPT: /* whole content is kept in a file */
    case METHOD_MCP_READ:
        return false;
    default:
        return !request_row(method)->changes;
    }
}

enum err stored_admits(const struct call *call, char error[256])
{
    bool makes = call->method == METHOD_SESSION_CREATE || call->method == METHOD_SESSION_FORK;
    if (is_always(call->method) || (!makes && !call->session))
        return ERR_OK;
    return stored_room(call->server, makes ? call->principal.user : call->session->state->owner, 0, error);
}

json_t *stored_json(const struct server *server, const char *user)
{
    json_t *json = json_object();
    int64_t limit = limit_of(server, user);
    jsonx_set_int(json, "bytes", stored_of(server, user));
    if (limit != INT64_MAX)
        jsonx_set_int(json, "limit", limit);
    return json;
}

/* --- what is said --- */

/* Of the quota: 0, 80 or 100. */
static int reached(int64_t is, int64_t limit)
{
    if (limit == INT64_MAX)
        return 0;
    if (is >= limit)
        return 100;
    return is >= limit / 100 * STORED_WARN_PERCENT + limit % 100 * STORED_WARN_PERCENT / 100
               ? STORED_WARN_PERCENT
               : 0;
}

void stored_tell(struct session *session)
{
    struct server *server = session->server;
    const char *user = session->state->owner;
    struct account *account = server->stored ? find(server->stored, user) : NULL;
    if (!account || session->end != SESSION_LIVES)
        return;
    int64_t limit = limit_of(server, user), is = account->bytes;
    int percent = reached(is, limit);
    if (percent <= account->told) {
        if (limit == INT64_MAX || is < limit / 100 * STORED_CALM_PERCENT)
            account->told = 0;
        return;
    }
    char said[192], text[256];
    account->told = percent;
    say_stored(server, said, sizeof said, user, limit);
    snprintf(text, sizeof text, "%s%s; %s", said, percent == 100 ? ", which is all of it" : "", what_to_do);
    log_info("stored", "%s session=%s", said, log_id(session->state->id));
    audit_record(server, NULL, "budget", user, "%s", said);
    json_t *data = json_object();
    jsonx_set_str(data, "budget", quota_name(QUOTA_STORED));
    jsonx_set_int(data, "percent", percent);
    jsonx_set_int(data, "used", is);
    jsonx_set_int(data, "limit", limit);
    jsonx_set_str(data, "text", text);
    session_emit(session, EVENT_BUDGET_REACHED, data);
}

/* --- sums --- */

void stored_add(struct session *session, int64_t bytes)
{
    if (session->bytes < 0 || session->end != SESSION_LIVES) /* the count that is to come has it, too */
        return;
    session->bytes += bytes;
    change(session->server, session->state->owner, bytes);
}

void stored_loaded(struct session *session, int64_t bytes, int64_t files, int64_t newer)
{
    session->bytes = bytes;
    session->files = files;
    stored_add(session, newer);
}

void stored_counted(struct server *server, struct session *session, const struct store_uncounted *row,
                    int64_t bytes, int64_t files)
{
    const char *owner = session ? session->state->owner : row->owner;
    int64_t before = session ? session->files : row->files;
    if (session) {
        session->bytes = bytes;
        session->files = files;
    }
    change(server, owner, bytes + files - before);
}

bool stored_set_files(struct session *session, int64_t files)
{
    int64_t more = files - session->files;
    session->files = files;
    change(session->server, session->state->owner, more);
    return more != 0;
}

void stored_add_hosts(struct server *server, const char *user, int64_t more, bool was)
{
    if (!server->stored || more == 0)
        return;
    change(server, user, more);
    struct account *account = account_of(server->stored, user);
    account->hosts += more;
    if (was)
        account->told = reached(account->bytes, limit_of(server, user));
}

void stored_drop(struct session *session)
{
    int64_t bytes = (session->bytes > 0 ? session->bytes : 0) + session->files;
    session->bytes = session->files = 0;
    change(session->server, session->state->owner, -bytes);
}

/* --- life --- */

/* What was reached before the start was said then. */
static void on_owner(void *arg, const char *user, int64_t bytes)
{
    struct stored *stored = arg;
    struct account *account = account_of(stored, user);
    account->bytes = bytes;
    account->told = reached(bytes, limit_of(stored->server, user));
}

struct stored *stored_open(struct server *server)
{
    struct stored *stored = xcalloc(1, sizeof *stored);
    stored->server = server;
    server->stored = stored;
    store_owner_bytes(server->store, on_owner, stored);
    return stored;
}

static void account_free(void *node)
{
    struct account *account = node;
    free(account->user);
    free(account);
}

void stored_close(struct stored **slot)
{
    struct stored *stored = *slot;
    if (!stored)
        return;
    tdestroy(stored->tree, account_free);
    free(stored);
    *slot = NULL;
}
