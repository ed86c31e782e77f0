/* Requests in, answers out. Nothing here knows what a method does, but that session.command runs as another.
 */
#include "daemon/dispatch.h"

#include "daemon/answer.h"
#include "daemon/handlers/handlers.h"
#include "daemon/inflight.h"
#include "daemon/people/audit.h"
#include "daemon/people/stored.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <string.h>

enum {
    SECRET_MESSAGE_MAX = 128 << 10 /* bytes; none that brings a secret is larger, all of it escaped */
};

struct dispatch {
    struct server *server;
    struct inflights *inflights;
};

static void send_error(struct server *server, const struct route *route, const char *id, enum err code,
                       const char *error)
{
    answer_error(server, route, id, code, error, NULL);
}

void dispatch_store_recovered(struct dispatch *dispatch)
{
    inflights_store_recovered(dispatch->inflights);
}

/* --- calls --- */

void call_answer(const struct call *call, json_t *ok)
{
    struct buf text;
    answer_put_ok(&text, call->id, ok);
    answer_text(call->server, &call->route, &text);
    json_decref(ok);
}

struct call *call_keep(const struct call *call)
{
    struct call *kept = xmalloc(sizeof *kept);
    *kept = *call;
    kept->client = NULL;
    json_incref(kept->params);
    json_incref(kept->asked);
    if (kept->session)
        kept->session->holds++;
    return kept;
}

bool call_is_wanted(const struct call *call)
{
    const struct inflight *inflight = call->inflight;
    if (!inflight)
        return clients_find(call->server->clients, &call->route) != NULL;
    return inflight_is_wanted(inflight);
}

void call_begin_once(struct call *call, const char *error, store_commit_cb *then, void *arg)
{
    inflight_begin_once(call->inflight, error, then, arg);
}

void call_not_begun(struct call *call)
{
    inflight_not_begun(call->inflight);
}

static void answer(const struct call *call, enum err code, const char *error, json_t *ok)
{
    if (call->answered) {
        call->answered(call->answered_arg, code, error, ok);
        json_decref(call->detail);
        json_decref(ok);
        return;
    }
    if (code == ERR_OK && call->wrap) {
        json_t *wrapped = call->wrap(call, ok);
        json_decref(ok);
        ok = wrapped;
    }
    if (call->inflight && !request_row(call->method)->changes)
        inflight_finish_reading(call->inflight, code, error, call->detail, ok);
    else if (call->inflight)
        inflight_finish_changing(call->inflight, code, error, call->detail, ok, call->shown_once);
    else if (code != ERR_OK)
        answer_error(call->server, &call->route, call->id, code, error, call->detail);
    else
        call_answer(call, json_incref(ok));
    json_decref(call->detail);
    json_decref(ok);
}

/* Whether the right to the answer was taken away while it was being made. */
static bool is_revoked(const struct call *call)
{
    return call->session && call->session->end == SESSION_LIVES && request_row(call->method)->session &&
           !auth_may(&call->principal, call->session->state, ROLE_VIEWER);
}

void call_finish(struct call **slot, enum err code, const char *error, json_t *ok)
{
    struct call *call = *slot;
    char gone[80];
    if (is_revoked(call)) {
        snprintf(gone, sizeof gone, "there is no session '%s'", call->session->state->id);
        json_decref(ok);
        json_decref(call->detail);
        ok = call->detail = NULL;
        code = ERR_NOT_FOUND;
        error = gone;
    }
    answer(call, code, error, ok ? ok : json_object());
    call_drop(slot);
}

void call_drop(struct call **slot)
{
    struct call *call = *slot;
    *slot = NULL;
    json_decref(call->params);
    json_decref(call->asked);
    if (call->session) {
        call->session->holds--;
        registry_release(call->server->registry, call->session);
    }
    free(call);
}

/* Whether what changes something can be promised now. */
static enum err check_store(struct server *server, char error[256])
{
    const char *failing = store_failing(server->store);
    if (failing)
        snprintf(error, 256,
                 "the store can't commit now (%.160s), so nothing new is taken; try again when it can",
                 failing);
    else if (store_queue_full(server->store))
        snprintf(error, 256, "%d MiB wait for the disk already; try again later", STORE_QUEUE_BYTES >> 20);
    else
        return ERR_OK;
    return failing ? ERR_STORE : ERR_BUSY;
}

/* What is done also while the store can't commit, and then answered that it is not promised: a turn must be
 * stoppable whatever the disk does. */
static bool goes_on_unpromised(enum method method)
{
    return method == METHOD_SESSION_INTERRUPT;
}

/* Whether the answer that a request got may be given again: also when its session was deleted since, or left
 * by it. */
static bool may_have(const struct call *call, const char *sid)
{
    struct session *session;
    char unused[256];
    return !request_row(call->method)->session || call->method == METHOD_SESSION_UNSHARE ||
           registry_get(call->server->registry, sid, &session, unused) != ERR_OK ||
           auth_may(&call->principal, session->state, ROLE_VIEWER);
}

enum { ASKER_MAX = 64 + ID_MAX };

/* Whose answers are remembered together: a token's are nobody else's, since it may do less than its user. */
static const char *asker_of(const struct call *call, char asker[ASKER_MAX])
{
    const struct principal *principal = &call->principal;
    snprintf(asker, ASKER_MAX, "%s%s%s", principal->user, principal->token[0] ? "/" : "", principal->token);
    return asker;
}

/* Whether a changing request may go on to its handler; else it has been answered, or waits. */
static bool admit_changing(struct dispatch *dispatch, struct call *call, const char *sid)
{
    struct server *server = dispatch->server;
    char error[256], asker[ASKER_MAX];
    struct inflight *same = inflight_find(dispatch->inflights, asker_of(call, asker), call->id);
    if (same && !store_failing(server->store)) {
        snprintf(error, sizeof error, "this request waits %d times already; its answer is yet to come",
                 INFLIGHT_WAITERS_MAX);
        if (!inflight_wait(same, &call->route))
            send_error(server, &call->route, call->id, ERR_BUSY, error);
        return false;
    }
    char *stored = same ? NULL : store_reply(server->store, asker, call->id);
    if (stored && !may_have(call, sid)) { /* what was answered once is nobody's any more who lost the right */
        snprintf(error, sizeof error, "there is no session '%s'", sid);
        send_error(server, &call->route, call->id, ERR_NOT_FOUND, error);
        free(stored);
        return false;
    }
    if (stored) {
        struct buf text;
        buf_init(&text, ENVELOPE_REPLY_MAX);
        buf_puts(&text, stored);
        free(stored);
        answer_text(server, &call->route, &text);
        return false;
    }
    bool known =
        same || call->method != METHOD_SESSION_COMMAND; /* else call_run_as looks whether it changes */
    bool unpromised = !same && goes_on_unpromised(call->method);
    enum err code = known && !unpromised ? check_store(server, error) : ERR_OK;
    if (code != ERR_OK) {
        send_error(server, &call->route, call->id, code, error);
        return false;
    }
    call->inflight = inflight_new(dispatch->inflights, asker, call->id, &call->route);
    return true;
}

static bool makes_session(enum method method)
{
    return method == METHOD_SESSION_CREATE || method == METHOD_SESSION_FORK;
}

static enum err check_role(const struct call *call, const struct session *session, char error[256])
{
    const struct request_row *row = request_row(call->method);
    if (makes_session(call->method) && !auth_is_whole(&call->principal)) {
        snprintf(error, 256,
                 "this token makes no sessions: it is for one session, or for less than the role "
                 "owner");
        return ERR_DENIED;
    }
    if (auth_may(&call->principal, row->session ? session->state : NULL, row->role))
        return ERR_OK;
    enum role has = row->session ? auth_role(&call->principal, session->state) : ROLE_NONE;
    snprintf(error, 256,
             has > ROLE_NONE ? "%s needs the role %s in this session; yours is %s" : "%s needs the role %s",
             row->name, role_name(row->role), role_name(has));
    return ERR_DENIED;
}

static enum err find_session(struct call *call, const char *sid, char error[256])
{
    struct session *session = NULL;
    if (request_row(call->method)->session) {
        enum err code = registry_get(call->server->registry, sid, &session, error);
        if (code != ERR_OK)
            return code;
        if (!auth_may(&call->principal, session->state, ROLE_VIEWER)) {
            /* whoever may not see a session does not learn that it exists */
            snprintf(error, 256, "there is no session '%s'", sid);
            audit_record(call->server, &call->principal, "refused", sid, "%s: they may not see it",
                         request_row(call->method)->name);
            return ERR_NOT_FOUND;
        }
    }
    enum err code = check_role(call, session, error);
    call->session = code == ERR_OK ? session : NULL;
    return code;
}

/* Whether rights may be changed so often; admins may. The audit is told of refusals, and counts them. */
static enum err check_rate(struct call *call, char error[256])
{
    struct server *server = call->server;
    int retry_ms;
    if (!server->throttle || auth_may(&call->principal, NULL, ROLE_ADMIN) ||
        throttle_rights(server->throttle, call->principal.user, call->method, clock_steady_us(), &retry_ms,
                        error))
        return ERR_OK;
    call->detail = json_object();
    jsonx_set_int(call->detail, "retry_ms", retry_ms);
    server->stats.limited++;
    audit_record(server, &call->principal, "refused", "limits.rights_changes", "%s", error);
    return ERR_BUSY;
}

enum err call_run_as(struct call *call, enum method method, json_t *params, call_wrap_fn *wrap, json_t **ok,
                     char error[256])
{
    const struct request_row *row = request_row(method);
    call->asked = call->params;
    call->params = params;
    call->method = method;
    call->wrap = wrap;
    if (!schema_check(row->fields, params, true, error))
        return ERR_BAD_REQUEST;
    enum err code = check_role(call, call->session, error);
    if (code == ERR_OK && row->changes && !goes_on_unpromised(method))
        code = check_store(call->server, error);
    if (code == ERR_OK)
        code = check_rate(call, error);
    if (code == ERR_OK)
        code = stored_admits(call, error);
    return code == ERR_OK ? handler_of(method)(call, ok, error) : code;
}

/* Methods that strangers may call tell the audit themselves. */
static void tell_denied(const struct call *call, const char *sid, const char *error)
{
    const struct request_row *row = request_row(call->method);
    if (row->role != ROLE_NONE)
        audit_record(call->server, &call->principal, "refused", sid[0] ? sid : row->name, "%s: %s", row->name,
                     error);
}

/* The first request of a connection that is somebody's. */
static void tell_login(struct client *client, const struct call *call)
{
    const char *kind =
        call->method == METHOD_SERVER_HELLO ? jsonx_str(call->params, "kind", client->kind) : client->kind;
    unsigned char key[KEY_BYTES];
    char from[KEY_FINGERPRINT_LEN + 1] = "local";
    if (client->came || !client->principal.user[0])
        return;
    client->came = true;
    if (key_parse(client->principal.key, key))
        key_fingerprint(key, from);
    audit_record(call->server, &client->principal, "login", from, "%s%s%s", kind,
                 client->address[0] ? " from=" : "", client->address);
}

/* Before anything is looked up for it. */
static bool is_strange(const struct call *call)
{
    if (call->principal.user[0] || request_row(call->method)->role == ROLE_NONE)
        return false;
    send_error(call->server, &call->route, call->id, ERR_DENIED,
               "the daemon does not know you: join with a ticket (stoa ticket, by whoever shares a session), "
               "or have an admin add your key (stoa user key add)");
    audit_record(call->server, &call->principal, "refused", request_row(call->method)->name, NULL);
    return true;
}

static void run(struct dispatch *dispatch, struct call *call, const char *sid)
{
    char error[256] = "";
    json_t *ok = NULL;
    bool changes = request_row(call->method)->changes;
    if (is_strange(call))
        return;
    enum err code = dispatch->server->stopping && changes ? ERR_SHUTTING_DOWN : ERR_OK;
    if (code == ERR_OK && changes && !admit_changing(dispatch, call, sid))
        return;
    if (code == ERR_OK)
        code = find_session(call, sid, error);
    struct session *session = call->session;
    if (session)
        session->holds++;
    if (code == ERR_OK)
        code = check_rate(call, error);
    if (code == ERR_OK)
        code = stored_admits(call, error);
    if (code == ERR_OK)
        code = handler_of(call->method)(call, &ok, error);
    if (code == ERR_DENIED)
        tell_denied(call, sid, error);
    if (code != HANDLED_LATER)
        answer(call, code, error[0] ? error : NULL, ok ? ok : json_object());
    if (session) {
        session->holds--;
        registry_release(dispatch->server->registry, session);
    }
}

/* Whether it comes too often: then it has been answered, and the client may be no more. */
static bool is_too_often(struct server *server, struct client *client, const struct request *request,
                         enum method method, size_t bytes)
{
    char error[256];
    int retry_ms;
    enum throttle_verdict verdict = throttle_ask(server->throttle, &client->throttled, client->principal.user,
                                                 method, bytes, clock_steady_us(), &retry_ms, error);
    if (verdict == THROTTLE_PASS)
        return false;
    json_t *detail = json_object();
    jsonx_set_int(detail, "retry_ms", retry_ms);
    server->stats.limited++;
    client->last_seen = clock_steady_ms();
    struct route route = client->route;
    answer_error(server, &route, request->id, ERR_BUSY, error, detail);
    json_decref(detail);
    client = clients_find(server->clients, &route);
    if (verdict == THROTTLE_CUT && client) {
        audit_record(server, &client->principal, "refused", "flood", "%s", error);
        clients_cut(server->clients, client, "flood", THROTTLE_PENALTY_MS);
    }
    return true;
}

/* Whether who asks that is not gone again soon. */
static bool stays(const struct request *request)
{
    return request->method == METHOD_SESSION_SUBSCRIBE ||
           (request->method == METHOD_SERVER_HELLO &&
            strcmp(jsonx_str(request->params, "kind", ""), "tui") == 0);
}

/* What is refused is not even parsed, where the last one was refused, too: *asked tells whether it was asked
 * for here. */
static bool is_refused_early(struct server *server, struct client *client,
                             const struct gateway_message *message, bool *asked)
{
    struct request request;
    *asked = client && client->throttled.over && envelope_peek(message->body, message->body_len, &request);
    return *asked && is_too_often(server, client, &request, request.method, message->body_len);
}

static enum err read_message(const struct gateway_message *message, struct request *request, char error[256])
{
    char version[256];
    enum err code = envelope_request(message->body, message->body_len, request, error);
    if (envelope_version(message->version, message->version_len, version) != ERR_OK) {
        strcpy(error, version);
        return ERR_VERSION;
    }
    if (code == ERR_OK && message->extra) {
        code = ERR_BAD_REQUEST;
        snprintf(error, 256, "a message has two frames: the version and one JSON object");
    }
    return code;
}

static void call_run(struct dispatch *dispatch, struct client *client, const struct request *request)
{
    struct call call = {.server = dispatch->server,
                        .client = client,
                        .params = json_incref(request->params),
                        .route = client->route,
                        .principal = client->principal,
                        .method = request->method};
    snprintf(call.id, sizeof call.id, "%s", request->id);
    client->requests++;
    tell_login(client, &call);
    log_trace("request", "%s %s %s", request_row(call.method)->name, call.id, log_id(request->session));
    run(dispatch, &call, request->session);
    json_decref(call.params);
    json_decref(call.asked);
}

static void take_message(struct dispatch *dispatch, const struct gateway_message *message)
{
    struct server *server = dispatch->server;
    struct request request;
    char error[256];
    bool asked;
    struct client *known = clients_find(server->clients, message->route);
    if (known && known->denied_until)
        return;
    server->stats.requests++;
    if (is_refused_early(server, known, message, &asked))
        return;
    enum err code = read_message(message, &request, error);
    struct client *client =
        code == ERR_OK ? clients_get(server->clients, message, stays(&request), error) : NULL;
    if (code == ERR_OK && !client)
        code = ERR_LIMIT;
    struct client *asker = client ? client : clients_find(server->clients, message->route);
    enum method method = code == ERR_OK ? request.method : METHOD_COUNT;
    if (asker && !asked && is_too_often(server, asker, &request, method, message->body_len)) {
        request_clear(&request);
        return;
    }
    if (code == ERR_OK && !clients_may_ask(server->clients, client, error))
        code = ERR_BUSY;
    if (code != ERR_OK)
        send_error(server, message->route, request.id, code, error);
    else
        call_run(dispatch, client, &request);
    request_clear(&request);
}

/* Whether a message may hold what is to be forgotten: a secret, a token, a ticket's secret, a code. */
static bool may_be_secret(const struct gateway_message *message)
{
    static const char *const words[] = {"secret", "token.", "ticket.", "pair."};
    for (size_t i = 0; message->body_len <= SECRET_MESSAGE_MAX && i < sizeof words / sizeof words[0]; i++)
        if (memmem(message->body, message->body_len, words[i], strlen(words[i])))
            return true;
    return false;
}

void dispatch_message(void *arg, const struct gateway_message *message)
{
    struct dispatch *dispatch = arg;
    bool wipe = may_be_secret(message);
    if (wipe)
        jsonx_set_wiping(true);
    int64_t began = clock_steady_us();
    take_message(dispatch, message);
    histogram_add(&dispatch->server->stats.handling, clock_steady_us() - began);
    if (wipe) {
        jsonx_set_wiping(false);
        explicit_bzero((char *)message->body,
                       message->body_len); /* it is this message's alone, and done with */
    }
}

struct dispatch *dispatch_open(struct server *server)
{
    struct dispatch *dispatch = xcalloc(1, sizeof *dispatch);
    dispatch->server = server;
    dispatch->inflights = inflights_open(server);
    return dispatch;
}

void dispatch_close(struct dispatch **slot)
{
    struct dispatch *dispatch = *slot;
    if (!dispatch)
        return;
    inflights_close(&dispatch->inflights);
    free(dispatch);
    *slot = NULL;
}
