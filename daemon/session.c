/* One session: numbering, folding and publishing of its events, and the beginnings and ends of its turns.
 * What of it is stored, and when, is in session_store.c. */
#include "daemon/session.h"

#include "daemon/clients.h"
#include "daemon/mcp/room.h"
#include "daemon/people/ledger.h"
#include "daemon/people/rights.h"
#include "daemon/people/stored.h"
#include "daemon/questions.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session_store.h"
#include "daemon/store/store_size.h"
#include "daemon/supervisor/supervisor.h"
#include "proto/envelope.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct session *session_new(struct server *server, uint32_t key, struct state *state, uint64_t snapshot_seq)
{
    struct session *session = xcalloc(1, sizeof *session);
    session->server = server;
    session->key = key;
    session->state = state;
    session->snapshot_seq = snapshot_seq;
    state_set_window(state, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES);
    return session;
}

void session_free(struct session **slot)
{
    struct session *session = *slot;
    if (!session)
        return;
    session_checkpoint_stop(session);
    state_free(&session->state);
    free(session->followers);
    free(session);
    *slot = NULL;
}

/* --- events --- */

/* Takes the text. One that did not fit into a frame is a hole that followers see, and resync. */
static void publish(struct session *session, enum event_type type, struct buf *text, bool fits)
{
    struct server *server = session->server;
    if (!fits) {
        log_error("session", "%s is larger than a frame session=%s", event_row(type)->name,
                  log_id(session->state->id));
        buf_free(text);
        return;
    }
    bool durable = event_row(type)->durable;
    if (durable && session->agent)
        supervisor_forward(session->agent, text->data, text->len);
    struct frame *frame = frame_new(text);
    clients_push(server->clients, session, type, frame);
    frame_free(&frame);
}

/* Whether it counts for limits.max_sessions. */
static int is_open(const struct state *state)
{
    return state->seq > 0 && !state->archived && !state->ended;
}

bool session_emit(struct session *session, enum event_type type, json_t *data)
{
    struct server *server = session->server;
    struct state *state = session->state;
    bool durable = event_row(type)->durable;
    struct event event = {.type = type,
                          .session = state->id,
                          .epoch = server->epoch,
                          .seq = durable ? state->seq + 1 : state->seq,
                          .ts = clock_wall_ms(),
                          .data = data};
    int was_open = is_open(state);
    enum fold fold = state_fold(state, &event);
    bool good = fold == FOLD_OK;
    if (good) {
        registry_count(server->registry, state->owner, is_open(state) - was_open);
        server->stats.events++;
        if (durable)
            session_store_event(session, &event);
        if (type == EVENT_QUESTION_ANSWERED)
            questions_answered(session, data, event.ts);
        if (type == EVENT_MCP_STARTING || type == EVENT_MCP_CONNECTED || type == EVENT_MCP_DISCONNECTED)
            room_changed(session, type != EVENT_MCP_DISCONNECTED);
        struct buf text;
        buf_init(&text, ENVELOPE_REPLY_MAX);
        bool fits = event_encode(&event, &text);
        publish(session, type, &text, fits);
        if (type == EVENT_SESSION_SHARED || type == EVENT_SESSION_UNSHARED)
            rights_changed(session, data);
    } else {
        log_error("session", "%s can't be folded in state %s (%d) session=%s", event_row(type)->name,
                  run_state_name(state->run), (int)fold, log_id(state->id));
    }
    json_decref(data);
    if (good && durable)
        stored_tell(session);
    return good;
}

bool session_chunk(struct session *session, const struct chunk *chunk)
{
    struct server *server = session->server;
    const struct message *message = state_streaming(session->state);
    if (!message || message->bytes + chunk->delta_len > STATE_MESSAGE_BYTES ||
        state_fold_chunk(session->state, session->state->seq, chunk) != FOLD_OK)
        return false;
    session_checkpoint_start(session);
    server->stats.chunks += chunk->count;
    if (session->follower_count == 0)
        return true;
    struct buf text;
    buf_init(&text, ENVELOPE_REPLY_MAX);
    bool fits = event_encode_chunk(session->state->id, server->epoch, session->state->seq, clock_wall_ms(),
                                   chunk, &text);
    publish(session, EVENT_STREAM_CHUNK, &text, fits);
    return true;
}

/* While it waits for a retry or in line, or for a server that starts, nothing was asked. */
static bool waits_for_model(const struct state *state)
{
    if ((state->run != RUN_THINKING && state->run != RUN_COMPACTING) || state_streaming(state) ||
        state->retry_why)
        return false;
    for (size_t i = 0; i < state->server_count; i++)
        if (state->servers[i].starting)
            return false;
    return true;
}

void session_left_unanswered(struct session *session)
{
    session->unanswered = waits_for_model(session->state);
}

bool session_step(struct session *session, enum run_state to, const char *by, const char *reason)
{
    json_t *data = json_object();
    jsonx_set_str(data, "old", run_state_name(session->state->run));
    jsonx_set_str(data, "new", run_state_name(to));
    jsonx_set_str(data, "by", by);
    jsonx_set_str(data, "reason", reason);
    log_debug("session", "%s -> %s session=%s", run_state_name(session->state->run), run_state_name(to),
              log_id(session->state->id));
    if (to == RUN_IDLE) {
        session_checkpoint_stop(session);
        session->compacts_for[0] = '\0';
        if (session->unanswered)
            ledger_add_unanswered(session);
        session->unanswered = false;
    }
    return session_emit(session, EVENT_STATE_CHANGED, data);
}

void session_error(struct session *session, const char *kind, const char *text)
{
    json_t *data = json_object();
    jsonx_set_str(data, "kind", kind);
    jsonx_set_str(data, "text", text);
    session_emit(session, EVENT_ERROR_OCCURRED, data);
}

void session_cut(struct session *session, enum message_status status, const char *why)
{
    struct message *message = state_streaming(session->state);
    session_checkpoint_stop(session);
    if (!message)
        return;
    json_t *data = json_object();
    jsonx_set_str(data, "message", message->id);
    jsonx_set_str(data, "status", message_status_name(status));
    json_object_set_new(data, "content", message_content(message));
    jsonx_set_str(data, "error", why);
    const struct usage nothing = {0};
    char *model = xstrdup(message->author);
    size_t bytes = message->bytes;
    session->unanswered = false;
    if (session_emit(session, EVENT_STREAM_COMPLETED, data) && session->end == SESSION_LIVES)
        ledger_add_broken(session, model, &nothing, bytes);
    free(model);
}

/* --- rules --- */

bool session_remove_rule(struct session *session, const char *id, const char *by)
{
    const struct state *state = session->state;
    size_t i = 0;
    while (i < state->rule_count && strcmp(state->rules[i].id, id) != 0)
        i++;
    if (i == state->rule_count)
        return false;
    json_t *data = json_object();
    jsonx_set_str(data, "rule", state->rules[i].id);
    jsonx_set_str(data, "by", by);
    return session_emit(session, EVENT_RULE_REMOVED, data);
}

/* The newer word about a pattern takes the older one's place. */
enum err session_add_rule(struct session *session, const char *effect, const char *pattern, const char *by,
                          const char *why, char id[ID_MAX], char error[256])
{
    const struct state *state = session->state;
    for (size_t i = state->rule_count; i-- > 0;) {
        if (strcmp(state->rules[i].pattern, pattern) != 0)
            continue;
        bool own = strcmp(state->rules[i].by, by) == 0, owner = strcmp(state->owner, by) == 0;
        if (strcmp(state->rules[i].effect, effect) == 0 && (own || !owner)) {
            strcpy(id, state->rules[i].id);
            return ERR_OK;
        }
        if (!own && !owner) {
            snprintf(error, 256, "there is a rule of %.63s's about that; only they or the owner change it",
                     state->rules[i].by);
            return ERR_CONFLICT;
        }
        session_remove_rule(session, state->rules[i].id, by);
    }
    if (state->rule_count >= STATE_RULES_MAX) {
        snprintf(error, 256, "the session has %d rules already; remove one first (rule.remove)",
                 STATE_RULES_MAX);
        return ERR_LIMIT;
    }
    json_t *data = json_object(), *rule = json_object();
    id_make(id, "u_");
    jsonx_set_str(rule, "id", id);
    jsonx_set_str(rule, "effect", effect);
    jsonx_set_str(rule, "pattern", pattern);
    jsonx_set_str(rule, "by", by);
    jsonx_set_str(rule, "why", why);
    jsonx_set_int(rule, "ts", clock_wall_ms());
    json_object_set_new(data, "rule", rule);
    return session_emit(session, EVENT_RULE_ADDED, data) ? ERR_OK : ERR_INTERNAL;
}

/* --- turns --- */

static void begin_turn(struct session *session, json_t *message, const char *by)
{
    json_t *data = json_object();
    json_object_set_new(data, "message", message);
    if (session_emit(session, EVENT_MESSAGE_ADDED, data) && session_step(session, RUN_THINKING, by, NULL))
        supervisor_turn(session);
}

static size_t json_bytes(const json_t *json)
{
    size_t len;
    free(jsonx_dump(json, &len));
    return len;
}

/* Never less than what it takes as JSON, and cheap: an escaped byte takes six, what is around a block and a
 * message less than is added here. */
static size_t json_bytes_at_most(const struct message *message)
{
    return 6 * (message->bytes + strlen(message->author)) + 64 * message->block_count + 512;
}

/* Of all that waits but for that one (or NULL): at most that much, or exactly. */
static size_t queued_bytes(const struct state *state, const struct message *but, bool exact)
{
    size_t bytes = 0;
    for (size_t i = 0; i < state->queue_count; i++) {
        const struct message *message = state->queue[i];
        if (message == but)
            continue;
        json_t *json = exact ? message_to_json(message) : NULL;
        bytes += json ? json_bytes(json) : json_bytes_at_most(message);
        json_decref(json);
    }
    return bytes;
}

static enum err check_size(const struct session *session, const char *text, const json_t *attachments,
                           char error[256])
{
    int64_t size = config_number(session->server->config, OPTION_LIMITS_MESSAGE_SIZE);
    size_t len = strlen(text), i;
    const json_t *attachment;
    json_array_foreach(attachments, i, attachment)
    {
        len += json_string_length(json_object_get(attachment, "text"));
    }
    if ((int64_t)len <= size)
        return ERR_OK;
    snprintf(error, 256, "the message has %zu bytes%s; at most %" PRId64 " are taken (limits.message_size)",
             len, json_array_size(attachments) > 0 ? " with its attachments" : "", size);
    return ERR_TOO_LARGE;
}

/* but: a waiting one whose place it takes, or NULL. */
static enum err check_room(const struct state *state, const struct message *but, const json_t *message,
                           char error[256])
{
    size_t len = json_bytes(message);
    if (queued_bytes(state, but, false) + len <= SESSION_QUEUE_BYTES)
        return ERR_OK;
    size_t others = queued_bytes(state, but, true);
    if (others + len <= SESSION_QUEUE_BYTES)
        return ERR_OK;
    snprintf(error, 256,
             "messages of %zu bytes wait already; with this one's %zu it would be more than %d (as JSON)",
             others, len, SESSION_QUEUE_BYTES);
    return ERR_BUSY;
}

static enum err check_send(const struct session *session, const json_t *message, char error[256])
{
    const struct state *state = session->state;
    int64_t queue = config_number(session->server->config, OPTION_LIMITS_QUEUE);
    if (state->ended || state->archived) {
        snprintf(error, 256, "the session is archived; take it back first (stoa archive --undo)");
        return ERR_CONFLICT;
    }
    bool waits = state->run != RUN_IDLE || state->queue_count > 0;
    if (waits && (int64_t)state->queue_count >= queue) {
        snprintf(error, 256, "%zu messages wait already (limits.queue is %" PRId64 ")", state->queue_count,
                 queue);
        return ERR_BUSY;
    }
    return waits ? check_room(state, NULL, message, error) : ERR_OK;
}

/* In log, history and search. */
static enum err check_stored(const struct session *session, const json_t *message, char error[256])
{
    const struct server *server = session->server;
    const char *owner = session->state->owner;
    if (stored_left(server, owner) == INT64_MAX)
        return ERR_OK;
    return stored_room(server, owner, store_event_bytes(EVENT_MESSAGE_ADDED, json_bytes(message), NULL),
                       error);
}

static const struct message *queued(const struct state *state, const char *id)
{
    for (size_t i = 0; i < state->queue_count; i++)
        if (strcmp(state->queue[i]->id, id) == 0)
            return state->queue[i];
    return NULL;
}

enum err session_edit_queued(struct session *session, const char *by, const char *id, const char *text,
                             char error[256])
{
    const struct message *old = queued(session->state, id);
    if (!old) {
        snprintf(error, 256, "no message '%.50s' waits in this session (any more)", id);
        return ERR_NOT_FOUND;
    }
    if (strcmp(old->author, by) != 0) { /* what is said in one's name is one's own to say */
        snprintf(error, 256,
                 "the message is %.63s's, who alone changes it; it can be removed, and another sent",
                 old->author);
        return ERR_DENIED;
    }
    json_t *attachments = message_attachments(old);
    json_t *message = message_user_json(old->id, old->author, old->ts, text, attachments);
    enum err code = check_size(session, text, attachments, error);
    if (code == ERR_OK)
        code = check_room(session->state, old, message, error);
    if (code == ERR_OK)
        code = check_stored(session, message, error);
    json_decref(attachments);
    if (code != ERR_OK) {
        json_decref(message);
        return code;
    }
    json_t *data = json_object();
    json_object_set_new(data, "replaced", message);
    jsonx_set_str(data, "by", by);
    return session_emit(session, EVENT_QUEUE_CHANGED, data) ? ERR_OK : ERR_INTERNAL;
}

enum err session_send(struct session *session, const char *user, const char *text, const json_t *attachments,
                      bool steer, char message[ID_MAX], bool *queued, char error[256])
{
    enum err code = check_size(session, text, attachments, error);
    if (code != ERR_OK)
        return code;
    id_make(message, "m_");
    json_t *json = message_user_json(message, user, clock_wall_ms(), text, attachments);
    code = check_send(session, json, error);
    if (code == ERR_OK)
        code = check_stored(session, json, error);
    if (code != ERR_OK) {
        json_decref(json);
        return code;
    }
    *queued = session->state->run != RUN_IDLE || session->state->queue_count > 0;
    if (!*queued) {
        begin_turn(session, json, user);
        return ERR_OK;
    }
    json_t *data = json_object();
    json_object_set_new(data, "added", json);
    if (steer)
        json_object_set_new(data, "front", json_true());
    jsonx_set_str(data, "by", user);
    session_emit(session, EVENT_QUEUE_CHANGED, data);
    session_next(session);
    return ERR_OK;
}

void session_next(struct session *session)
{
    struct state *state = session->state;
    if (state->run != RUN_IDLE || state->queue_count == 0 || session->server->stopping || state->ended)
        return;
    json_t *json = message_to_json(state->queue[0]);
    char *user = xstrdup(state->queue[0]->author);
    begin_turn(session, json, user);
    free(user);
}

void session_steer(struct session *session)
{
    const struct state *state = session->state;
    size_t i = 0;
    while (i < state->queue_count) { /* each that enters leaves the queue */
        if (!state->queue[i]->steer) {
            i++;
            continue;
        }
        json_t *data = json_object(), *message = message_to_json(state->queue[i]);
        json_object_del(message, "steer");
        json_object_set_new(data, "message", message);
        if (!session_emit(session, EVENT_MESSAGE_ADDED, data))
            return;
    }
}

/* Messages since the last compaction. */
static size_t uncompacted(const struct state *state)
{
    size_t count = 0;
    while (count < state->message_count &&
           strcmp(state->messages[state->message_count - 1 - count]->id, state->compacted_upto) != 0)
        count++;
    return count;
}

enum err session_compact(struct session *session, const char *by, char error[256])
{
    const struct state *state = session->state;
    size_t count = uncompacted(state);
    if (state->ended || state->archived)
        snprintf(error, 256, "the session is archived; take it back first (stoa archive --undo)");
    else if (state->run != RUN_IDLE)
        snprintf(error, 256, "the session is %s; wait until it is idle, or interrupt it",
                 run_state_name(state->run));
    else if (count < SESSION_COMPACT_MIN)
        snprintf(error, 256, "there are only %zu messages that are not compacted; it takes %d", count,
                 SESSION_COMPACT_MIN);
    else if (session_step(session, RUN_COMPACTING, by, NULL)) {
        snprintf(session->compacts_for, sizeof session->compacts_for, "%s", by);
        supervisor_turn(session);
        return ERR_OK;
    }
    return ERR_CONFLICT;
}

char *session_title(const char *text, char error[256])
{
    char *title = sanitise_line(text, strlen(text), SESSION_TITLE_BYTES);
    if (*text && utf8_blank(title, strlen(title))) {
        snprintf(error, 256, "the title has no visible character");
        free(title);
        return NULL;
    }
    utf8_trim(title);
    return title;
}

bool session_interrupt(struct session *session, enum link_interrupt why, const char *by)
{
    if (session->state->run == RUN_IDLE || session->state->run == RUN_INTERRUPTING)
        return false;
    if (supervisor_works(session))
        session_left_unanswered(session);
    session_step(session, RUN_INTERRUPTING, by, "interrupted");
    supervisor_interrupt(session, why);
    return true;
}
