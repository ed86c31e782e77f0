/* A page has two parts: older messages, which the store reads, and the newest, which memory has. The first
 * one that is memory's is the first whose write may not be on disk; while a turn runs, the newest message is
 * too, since its text and its calls are stored when they have ended. */
#include "daemon/session_history.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* The ordinal of the first message in memory. */
static uint64_t first_of(const struct state *state)
{
    return state->messages_total - state->message_count;
}

static bool find_place(const struct state *state, const char *message, uint64_t *place)
{
    for (size_t i = 0; i < state->message_count; i++)
        if (strcmp(state->messages[i]->id, message) == 0) {
            *place = first_of(state) + i;
            return true;
        }
    return false;
}

/* --- where it is --- */

void session_history_place(struct session_history *history, const struct state *state, uint64_t from,
                           const struct session_history_ask *ask)
{
    const char *message = ask->after ? ask->after : ask->before;
    uint64_t place = UINT64_MAX;
    *history = (struct session_history){.from = from, .end = UINT64_MAX, .limit = ask->limit};
    history->after = ask->after != NULL;
    history->anchored = !message || find_place(state, message, &place);
    if (message && history->anchored && history->after)
        history->first = place + 1;
    else if (history->anchored)
        history->end = place;
}

/* Those that memory has for the page: from *first on, before *end. */
static void in_memory(const struct session_history *history, const struct state *state, uint64_t from,
                      uint64_t *first, uint64_t *end)
{
    *end = least(state->messages_total, history->anchored ? history->end : history->after ? UINT64_MAX : 0);
    *first = most(most(from, first_of(state)), history->first);
}

bool session_history_part(const struct session_history *history, const struct state *state,
                          struct store_page *part)
{
    uint64_t first, end;
    in_memory(history, state, history->from, &first, &end);
    *part = (struct store_page){.after = history->after,
                                .first = history->first,
                                .end = least(least(history->from, history->end), STORE_ORDINALS),
                                .limit = history->limit};
    if (!history->anchored)
        return true;
    uint64_t known = history->after || first >= end ? 0 : end - first;
    if (part->first >= part->end || known >= (uint64_t)history->limit)
        return false;
    part->limit -= (int)known;
    return true;
}

/* --- putting it together --- */

struct page {
    json_t *messages;
    struct buf sized; /* the message whose size is looked at, as text: faster than to have jansson count it */
    size_t bytes, limit;
    bool more;
};

static size_t json_bytes(struct page *page, const json_t *message)
{
    buf_clear(&page->sized);
    return jsonx_dump_buf(message, &page->sized) ? page->sized.len : SIZE_MAX;
}

/* False, and more, when the page is full. */
static bool take(struct page *page, json_t *message, bool after)
{
    size_t size = json_bytes(page, message), count = json_array_size(page->messages);
    page->more = count == page->limit || (page->bytes > 0 && page->bytes + size > STORE_HISTORY_BYTES);
    if (page->more) {
        json_decref(message);
        return false;
    }
    page->bytes += size;
    json_array_insert_new(page->messages, after ? count : 0, message);
    return true;
}

/* How many of the store's messages are not memory's. */
static size_t stored_before(const json_t *stored, uint64_t from)
{
    const json_t *places = jsonx_arr(stored, "places");
    size_t count = json_array_size(places);
    while (count > 0 && (uint64_t)json_integer_value(json_array_get(places, count - 1)) >= from)
        count--;
    return count;
}

/* The first count messages of the store's. That they fit is mostly known. */
static bool take_stored(struct page *page, const json_t *stored, size_t count, bool after)
{
    json_t *messages = jsonx_arr(stored, "messages");
    size_t bytes = page->bytes + (size_t)jsonx_int(stored, "bytes", 0),
           taken = json_array_size(page->messages);
    bool room = true;
    if (count == json_array_size(messages) && taken + count <= page->limit &&
        (taken == 0 || bytes <= STORE_HISTORY_BYTES)) {
        page->bytes = bytes;
        for (size_t i = 0; i < count; i++)
            json_array_insert(page->messages, after ? taken + i : i, json_array_get(messages, i));
        return true;
    }
    for (size_t i = 0; room && i < count; i++)
        room = take(page, json_incref(json_array_get(messages, after ? i : count - 1 - i)), after);
    return room;
}

static json_t *memory_message(const struct state *state, uint64_t place)
{
    return message_to_json(state->messages[place - first_of(state)]);
}

static void merge_before(struct page *page, const struct session_history *history, const struct state *state,
                         const json_t *stored, uint64_t from)
{
    uint64_t first, end;
    bool room = true;
    in_memory(history, state, from, &first, &end);
    while (room && first < end)
        room = take(page, memory_message(state, --end), false);
    room = room && take_stored(page, stored, stored_before(stored, from), false);
    if (room)
        page->more = stored ? jsonx_bool(stored, "more", false) : least(from, history->end) > 0;
}

static void merge_after(struct page *page, const struct session_history *history, const struct state *state,
                        const json_t *stored, uint64_t from)
{
    size_t count = stored_before(stored, from), all = json_array_size(jsonx_arr(stored, "messages"));
    uint64_t place, end;
    bool room = take_stored(page, stored, count, true);
    if (room && count == all && jsonx_bool(stored, "more", false)) {
        page->more = true;
        return;
    }
    in_memory(history, state, from, &place, &end);
    for (; room && place < end; place++)
        room = take(page, memory_message(state, place), true);
}

/* Whether it may lack messages that memory has let go of, before the store's part has them. */
static bool lacks(const struct session_history *history, const struct state *state, uint64_t from)
{
    return (history->anchored || history->after) &&
           most(from, history->first) < least(first_of(state), history->end);
}

json_t *session_history_merge(const struct session_history *history, const struct state *state,
                              const json_t *stored, uint64_t from)
{
    struct page page = {.messages = json_array(), .limit = (size_t)history->limit};
    json_t *json = json_object();
    buf_init(&page.sized, SIZE_MAX);
    if (history->from < from)
        from = history->from;
    if (history->after)
        merge_after(&page, history, state, stored, from);
    else
        merge_before(&page, history, state, stored, from);
    buf_free(&page.sized);
    json_object_set_new(json, "messages", page.messages);
    json_object_set_new(json, "more", json_boolean(page.more));
    if (lacks(history, state, from))
        json_object_set_new(json, "behind", json_true());
    return json;
}

/* --- reading --- */

struct reading {
    struct session *session; /* held */
    struct session_history history;
    uint64_t committed; /* all up to this ticket was on disk when the read was queued */
    store_read_cb *cb;
    void *arg;
};

/* The first message that a read of the store, begun when that was committed, may not show as it is. */
static uint64_t from_of(const struct session *session, uint64_t committed)
{
    const struct state *state = session->state;
    uint64_t from = session->written.messages > committed ? session->written.from : UINT64_MAX;
    if (state->run != RUN_IDLE && state->message_count > 0)
        from = least(from, state->messages_total - 1);
    return from;
}

bool session_history_is_whole(const struct session *session)
{
    return from_of(session, store_committed(session->server->store)) >= first_of(session->state);
}

static void on_read(void *arg, enum err code, const char *error, json_t *stored)
{
    struct reading *reading = arg;
    struct session *session = reading->session;
    json_t *page = NULL;
    if (code == ERR_OK)
        page = session_history_merge(&reading->history, session->state, stored,
                                     from_of(session, reading->committed));
    reading->cb(reading->arg, code, error, page);
    json_decref(page);
    session->holds--;
    registry_release(session->server->registry, session);
    free(reading);
}

enum err session_history_read(struct session *session, const struct session_history_ask *ask,
                              store_read_cb *cb, void *arg)
{
    struct store *store = session->server->store;
    struct store_page part;
    struct reading *reading = xcalloc(1, sizeof *reading);
    *reading = (struct reading){session, .committed = store_committed(store), .cb = cb, .arg = arg};
    session_history_place(&reading->history, session->state, from_of(session, reading->committed), ask);
    session->holds++;
    if (!session_history_part(&reading->history, session->state, &part)) {
        on_read(reading, ERR_OK, NULL, NULL);
        return ERR_OK;
    }
    if (!reading->history.anchored)
        part.message = ask->after ? ask->after : ask->before;
    enum err code = store_history(store, session->key, &part, on_read, reading);
    if (code != ERR_OK) {
        session->holds--;
        registry_release(session->server->registry, session);
        free(reading);
    }
    return code;
}
