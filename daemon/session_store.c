/* What of a session goes to the store: each durable event, with the rows that it changes, snapshots now and
 * then, and what has come of a reply while it streams. */
#include "daemon/session_store.h"

#include "daemon/people/stored.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "daemon/store/store_size.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* --- checkpoints of a streaming reply --- */

static void store_partial(struct session *session)
{
    struct message *message = state_streaming(session->state);
    if (!message)
        return;
    json_t *json = message_to_json(message);
    size_t len;
    char *text = jsonx_dump(json, &len);
    store_put_partial(session->server->store, session->key, message->id, text, len);
    free(text);
    json_decref(json);
}

static void on_checkpoint(uv_timer_t *timer)
{
    store_partial(timer->data);
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void session_checkpoint_stop(struct session *session)
{
    if (!session->checkpoint)
        return;
    uv_close((uv_handle_t *)session->checkpoint, free_handle);
    session->checkpoint = NULL;
}

void session_checkpoint_start(struct session *session)
{
    if (session->checkpoint)
        return;
    session->checkpoint = xcalloc(1, sizeof *session->checkpoint);
    uv_timer_init(session->server->loop, session->checkpoint);
    session->checkpoint->data = session;
    uv_timer_start(session->checkpoint, on_checkpoint, SESSION_CHECKPOINT_MS, SESSION_CHECKPOINT_MS);
}

/* --- rows --- */

void session_store_row(struct session *session)
{
    const struct state *state = session->state;
    struct store_session row = {.key = session->key,
                                .sid = state->id,
                                .owner = state->owner,
                                .title = state->title,
                                .run = run_state_name(state->run),
                                .model = state->model,
                                .created = state->created,
                                .activity = state->activity,
                                .messages = state->messages_total,
                                .seq = state->seq,
                                .archived = state->archived,
                                .ended = state->ended,
                                .failed = state->error_text != NULL,
                                .bytes = session->bytes,
                                .files = session->files};
    store_put_session(session->server->store, &row);
    registry_wrote(session->server->registry, session);
}

/* A change of the messages from that ordinal on was queued. */
static void messages_written(struct session *session, uint64_t ordinal)
{
    const struct store *store = session->server->store;
    struct written *written = &session->written;
    if (written->messages <= store_committed(store) || ordinal < written->from)
        written->from = ordinal;
    written->messages = store_ticket(store);
}

static void store_message_row(struct session *session, const char *id)
{
    const struct state *state = session->state;
    size_t at = 0;
    while (at < state->message_count && strcmp(state->messages[at]->id, id) != 0)
        at++;
    if (at == state->message_count)
        return;
    const struct message *message = state->messages[at];
    json_t *json = message_to_json(message);
    size_t len;
    char *text = jsonx_dump(json, &len), *found = message_text(message);
    struct store_message row = {.session = session->key,
                                .ordinal = (uint32_t)(state->messages_total - state->message_count + at),
                                .id = message->id,
                                .role = jsonx_str(json, "role", ""),
                                .status = message_status_name(message->status),
                                .ts = message->ts,
                                .json = text,
                                .json_len = len,
                                .text = found,
                                .text_len = strlen(found)};
    store_put_message(session->server->store, &row);
    messages_written(session, row.ordinal);
    free(text);
    free(found);
    json_decref(json);
}

/* --- snapshots --- */

static void write_snapshot(struct session *session)
{
    struct state *state = session->state;
    json_t *json = state_snapshot(state, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES);
    size_t len;
    char *text = jsonx_dump(json, &len);
    store_put_snapshot(session->server->store, session->key, state->seq, text, len);
    session->snapshot_seq = state->seq;
    free(text);
    json_decref(json);
}

void session_store_snapshot(struct session *session)
{
    if (session->state->seq != session->snapshot_seq && session->end == SESSION_LIVES)
        write_snapshot(session);
}

bool session_refill(struct session *session, const json_t *older)
{
    if (!state_prepend(session->state, older))
        return false;
    state_set_window(session->state, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES);
    write_snapshot(session);
    return true;
}

/* --- events --- */

void session_store_event(struct session *session, const struct event *event)
{
    struct server *server = session->server;
    size_t len;
    char *text = jsonx_dump(event->data, &len);
    store_append_event(server->store, session->key, event->seq, event->ts, event->type, text, len);
    free(text);
    stored_add(session, store_event_bytes(event->type, len, event->data));
    if (event->type == EVENT_MESSAGE_ADDED)
        store_message_row(session, jsonx_str(jsonx_obj(event->data, "message"), "id", ""));
    if (event->type == EVENT_STREAM_COMPLETED) {
        store_message_row(session, jsonx_str(event->data, "message", ""));
        store_clear_partial(server->store, session->key);
    }
    if (event->type == EVENT_SESSION_REWOUND) {
        store_drop_messages(server->store, session->key, session->state->messages_total);
        messages_written(session, session->state->messages_total);
    }
    if (event->type == EVENT_TOOL_ENDED && !state_open_calls(session->state)) /* history tells of its calls */
        store_message_row(session, jsonx_str(event->data, "message", ""));
    if (event->type == EVENT_SESSION_SHARED)
        store_put_member(server->store, session->key, jsonx_str(event->data, "user", ""),
                         jsonx_str(event->data, "role", ""));
    if (event->type == EVENT_SESSION_UNSHARED)
        store_delete_member(server->store, session->key, jsonx_str(event->data, "user", ""));
    session_store_row(session);
    int64_t every = config_number(server->config, OPTION_SESSION_SNAPSHOT_EVERY);
    if ((int64_t)(event->seq - session->snapshot_seq) >= every && session->state->run == RUN_IDLE)
        session_store_snapshot(session);
}
