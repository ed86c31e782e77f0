/* What is written of sessions, their events, messages and half replies, of replies to requests, and of rules:
 * each as one op in the queue (store.c), with numbers and texts in the order of its row of store_op.c. */
#include "daemon/store/store.h"
#include "daemon/store/store_internal.h"
#include "shared/clock.h"

void store_append_event(struct store *store, uint32_t session, uint64_t seq, int64_t ts, enum event_type type,
                        const char *json, size_t len)
{
    int64_t numbers[] = {store_first_key(session) + (int64_t)seq, ts};
    struct op_text texts[] = {op_text_of(event_row(type)->name), {json, len}};

    store_queue(store, OP_APPEND_EVENT, numbers, texts);
}

void store_put_session(struct store *store, const struct store_session *row)
{
    int64_t numbers[] = {row->key,      row->created, row->activity,     (int64_t)row->messages,
                         row->archived, row->ended,   (int64_t)row->seq, row->bytes,
                         row->files,    row->failed};
    struct op_text texts[] = {op_text_of(row->sid), op_text_of(row->owner), op_text_of(row->title),
                              op_text_of(row->run), op_text_of(row->model)};

    store_queue(store, OP_PUT_SESSION, numbers, texts);
}

void store_put_message(struct store *store, const struct store_message *message)
{
    int64_t numbers[] = {store_first_key(message->session) + message->ordinal, message->ts};
    struct op_text texts[] = {op_text_of(message->id),
                              op_text_of(message->role),
                              op_text_of(message->status),
                              {message->json, message->json_len},
                              {message->text ? message->text : "", message->text ? message->text_len : 0}};

    store_queue(store, OP_PUT_MESSAGE, numbers, texts);
}

void store_drop_messages(struct store *store, uint32_t session, uint64_t ordinal)
{
    int64_t numbers[] = {store_first_key(session) + (int64_t)ordinal, store_last_key(session)};

    store_queue(store, OP_DROP_MESSAGES, numbers, NULL);
}

void store_copy_messages(struct store *store, uint32_t from, uint32_t to, uint64_t ordinal, uint64_t count)
{
    int64_t old = store_first_key(from) + (int64_t)ordinal, new = store_first_key(to) + (int64_t)ordinal;
    int64_t last = (int64_t)count - 1;
    int64_t numbers[] = {new, new + last, old, old + last};

    if (count > 0)
        store_queue(store, OP_COPY_MESSAGES, numbers, NULL);
}

/* Snapshots and partials only save work or time later; they must not fill a queue that is stuck. But a
 * snapshot that is joined with events stands for what they do not tell. */
static bool may_skip(const struct store *store)
{
    return !store->joins && (store->why || store_queue_full(store));
}

void store_put_snapshot(struct store *store, uint32_t session, uint64_t seq, const char *json, size_t len)
{
    int64_t numbers[] = {session, (int64_t)seq};
    struct op_text text = {json, len};

    if (!may_skip(store))
        store_queue(store, OP_PUT_SNAPSHOT, numbers, &text);
}

void store_put_partial(struct store *store, uint32_t session, const char *message, const char *json,
                       size_t len)
{
    int64_t number = session;
    struct op_text texts[] = {op_text_of(message), {json, len}};

    if (!may_skip(store))
        store_queue(store, OP_PUT_PARTIAL, &number, texts);
}

void store_clear_partial(struct store *store, uint32_t session)
{
    int64_t number = session;

    store_queue(store, OP_CLEAR_PARTIAL, &number, NULL);
}

void store_put_reply(struct store *store, const char *user, const char *request, const char *reply,
                     size_t len)
{
    int64_t now = clock_wall_ms(), numbers[] = {now, now - STORE_REPLY_DAYS * INT64_C(86400000)};
    struct op_text texts[] = {op_text_of(user), op_text_of(request), {reply, len}};

    store_queue(store, OP_PUT_REPLY, numbers, texts);
}

void store_delete_reply(struct store *store, const char *user, const char *request)
{
    int64_t none = 0;
    struct op_text texts[] = {op_text_of(user), op_text_of(request)};

    store_queue(store, OP_DELETE_REPLY, &none, texts);
}

void store_delete_session(struct store *store, uint32_t session)
{
    int64_t numbers[] = {session, store_first_key(session), store_last_key(session)};

    store_queue(store, OP_DELETE_SESSION, numbers, NULL);
}

void store_put_rule(struct store *store, const struct store_rule *rule)
{
    struct op_text texts[] = {op_text_of(rule->id), op_text_of(rule->user), op_text_of(rule->effect),
                              op_text_of(rule->pattern)};

    store_queue(store, OP_PUT_RULE, &rule->ts, texts);
}

void store_delete_rule(struct store *store, const char *id)
{
    struct op_text text = op_text_of(id);
    int64_t none = 0;

    store_queue(store, OP_DELETE_RULE, &none, &text);
}
