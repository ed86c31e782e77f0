/* A read of the list: which sessions have rows that may not be on disk is known by the tickets of their
 * writes. They are held in memory until the store has answered; then the store's rows of them are left out,
 * and those that they have now are put where they belong. */
#include "daemon/session_list.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- laying one over the other --- */

struct place { /* in the list: the newest activity first */
    int64_t activity, key;
};

static bool is_after(struct place a, struct place b)
{
    return a.activity != b.activity ? a.activity < b.activity : a.key < b.key;
}

static struct place place_of_row(const struct session_list_row *row)
{
    return (struct place){row->activity, row->key};
}

static struct place place_of_stored(const json_t *stored, size_t i)
{
    const json_t *row = json_array_get(jsonx_arr(stored, "sessions"), i);
    return (struct place){jsonx_int(row, "activity", 0),
                          json_integer_value(json_array_get(jsonx_arr(stored, "keys"), i))};
}

static int by_place(const void *a, const void *b)
{
    struct place one = place_of_row(a), other = place_of_row(b);
    return is_after(one, other) ? 1 : is_after(other, one) ? -1 : 0;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t *one = a, *other = b;
    return *one < *other ? -1 : *one > *other;
}

struct merge {
    const json_t *stored;
    size_t stored_at, stored_count;
    const struct session_list_row *rows;
    size_t row_at, row_count;
    uint32_t *keys;      /* of all rows, sorted */
    struct place after;  /* rows up to this one were on earlier pages */
    struct place beyond; /* rows after this one are on later pages */
};

static bool merge_skips(const struct merge *merge, const struct session_list_row *row)
{
    struct place place = place_of_row(row);
    return !row->json || !is_after(place, merge->after) || is_after(place, merge->beyond);
}

/* The next of both, a borrowed reference; NULL at the end. */
static json_t *merge_next(struct merge *merge, struct place *place)
{
    while (merge->row_at < merge->row_count && merge_skips(merge, &merge->rows[merge->row_at]))
        merge->row_at++;
    for (; merge->stored_at < merge->stored_count; merge->stored_at++) {
        uint32_t key = (uint32_t)place_of_stored(merge->stored, merge->stored_at).key;
        if (!merge->row_count || !bsearch(&key, merge->keys, merge->row_count, sizeof key, by_number))
            break;
    }
    bool has_row = merge->row_at < merge->row_count, has_stored = merge->stored_at < merge->stored_count;
    struct place row = {0}, stored = {0};
    if (has_row)
        row = place_of_row(&merge->rows[merge->row_at]);
    if (has_stored)
        stored = place_of_stored(merge->stored, merge->stored_at);
    if (has_row && (!has_stored || is_after(stored, row))) {
        *place = row;
        return merge->rows[merge->row_at++].json;
    }
    *place = stored;
    return has_stored ? json_array_get(jsonx_arr(merge->stored, "sessions"), merge->stored_at++) : NULL;
}

json_t *session_list_merge(const json_t *stored, struct session_list_row *rows, size_t count,
                           const char *before, int limit)
{
    const char *next = jsonx_str(stored, "next", NULL);
    struct merge merge = {.stored = stored,
                          .stored_count = json_array_size(jsonx_arr(stored, "sessions")),
                          .rows = rows,
                          .row_count = count,
                          .keys = xreallocarray(NULL, count + 1, sizeof merge.keys[0]),
                          .beyond = {INT64_MIN, INT64_MIN}};
    struct place place, last = {0};
    json_t *page = json_object(), *sessions = json_array(), *row;
    char cursor[STORE_CURSOR_MAX];
    store_cursor_read(before, &merge.after.activity, &merge.after.key);
    if (next)
        store_cursor_read(next, &merge.beyond.activity, &merge.beyond.key);
    for (size_t i = 0; i < count; i++)
        merge.keys[i] = rows[i].key;
    if (count > 0) {
        qsort(merge.keys, count, sizeof merge.keys[0], by_number);
        qsort(rows, count, sizeof rows[0], by_place);
    }
    while ((row = merge_next(&merge, &place)) && json_array_size(sessions) < (size_t)limit) {
        json_array_append(sessions, row);
        last = place;
    }
    if (!row && next) /* the rows that follow are not known */
        store_cursor_read(next, &last.activity, &last.key);
    if (row || next) {
        store_cursor_write(cursor, last.activity, last.key);
        jsonx_set_str(page, "next", cursor);
    }
    json_object_set_new(page, "sessions", sessions);
    free(merge.keys);
    return page;
}

/* --- reading --- */

struct reading {
    struct server *server;
    struct principal asker;
    bool own, archived;
    int limit;
    char before[STORE_CURSOR_MAX]; /* "": from the beginning */
    uint64_t committed;            /* all up to this ticket was on disk when the read was queued */
    struct session **held;
    size_t held_count, held_cap;
    struct session_list_row *rows;
    size_t row_count, row_cap;
    store_read_cb *cb;
    void *arg;
};

static void hold(struct session *session, void *arg)
{
    struct reading *reading = arg;
    if (reading->held_count == reading->held_cap) {
        reading->held_cap = reading->held_cap ? reading->held_cap * 2 : 16;
        reading->held = xreallocarray(reading->held, reading->held_cap, sizeof(struct session *));
    }
    reading->held[reading->held_count++] = session;
    session->holds++;
}

static void release(struct reading *reading)
{
    while (reading->held_count > 0) {
        struct session *session = reading->held[--reading->held_count];
        session->holds--;
        registry_release(reading->server->registry, session);
    }
}

static void reading_free(struct reading *reading)
{
    release(reading);
    free(reading->held);
    free(reading->rows);
    free(reading);
}

static json_t *row_of(const struct state *state)
{
    json_t *row = json_object();
    jsonx_set_str(row, "id", state->id);
    jsonx_set_str(row, "title", state->title);
    jsonx_set_str(row, "state", run_state_name(state->run));
    jsonx_set_str(row, "model", state->model);
    jsonx_set_int(row, "created", state->created);
    jsonx_set_int(row, "activity", state->activity);
    jsonx_set_int(row, "messages", (int64_t)state->messages_total);
    json_object_set_new(row, "archived", json_boolean(state->archived));
    if (state->error_text)
        json_object_set_new(row, "error", json_true());
    jsonx_set_str(row, "owner", state->owner);
    return row;
}

static void add_row(struct session *session, void *arg)
{
    struct reading *reading = arg;
    const struct state *state = session->state;
    bool listed = session->end == SESSION_LIVES && state->archived == reading->archived &&
                  auth_may(&reading->asker, state, ROLE_VIEWER) &&
                  (!reading->own || strcmp(state->owner, reading->asker.user) == 0);
    if (reading->row_count == reading->row_cap) {
        reading->row_cap = reading->row_cap ? reading->row_cap * 2 : 16;
        reading->rows = xreallocarray(reading->rows, reading->row_cap, sizeof reading->rows[0]);
    }
    reading->rows[reading->row_count++] =
        (struct session_list_row){state->activity, session->key, listed ? row_of(state) : NULL};
}

/* What is in no row of the store: the asker's role, of which a token makes a smaller one, and what those have
 * to tell that are in memory. */
static void complete(const struct reading *reading, json_t *sessions)
{
    for (size_t i = json_array_size(sessions); i-- > 0;) {
        json_t *row = json_array_get(sessions, i);
        const struct session *session = registry_find(reading->server->registry, jsonx_str(row, "id", ""));
        const struct state *state = session ? session->state : NULL;
        if (state && !auth_may(&reading->asker, state, ROLE_VIEWER)) {
            json_array_remove(sessions, i);
            continue;
        }
        enum role role = state ? auth_role(&reading->asker, state) : role_parse(jsonx_str(row, "role", ""));
        jsonx_set_str(row, "role", role_name(role < reading->asker.most ? role : reading->asker.most));
        if (state && state->retry_why && state->retry_limit == 0)
            json_object_set_new(row, "in_line", json_true());
    }
}

static json_t *page_of(struct reading *reading, const json_t *stored)
{
    reading->row_count = 0;
    registry_each_since(reading->server->registry, reading->committed, add_row, reading);
    json_t *page = session_list_merge(stored, reading->rows, reading->row_count,
                                      reading->before[0] ? reading->before : NULL, reading->limit);
    for (size_t i = 0; i < reading->row_count; i++)
        json_decref(reading->rows[i].json);
    complete(reading, jsonx_arr(page, "sessions"));
    return page;
}

static enum err begin(struct reading *reading);

static void on_read(void *arg, enum err code, const char *error, json_t *stored)
{
    struct reading *reading = arg;
    json_t *page = code == ERR_OK ? page_of(reading, stored) : NULL;
    const char *next = jsonx_str(page, "next", NULL);
    if (next &&
        json_array_size(jsonx_arr(page, "sessions")) == 0) { /* all of it has changed: the one after it */
        snprintf(reading->before, sizeof reading->before, "%s", next);
        json_decref(page);
        release(reading);
        code = begin(reading);
        if (code == ERR_OK)
            return;
        page = NULL;
        error = "the list can't be read now; repeat it";
    }
    reading->cb(reading->arg, code, error, page);
    json_decref(page);
    reading_free(reading);
}

static enum err begin(struct reading *reading)
{
    struct server *server = reading->server;
    const struct store_asker asker = {reading->asker.user, reading->asker.session};
    const char *before = reading->before[0] ? reading->before : NULL;
    if (!server->store)
        return ERR_SHUTTING_DOWN;
    reading->committed = store_committed(server->store);
    registry_each_since(server->registry, reading->committed, hold, reading);
    size_t more = reading->held_count < SESSION_LIST_EXTRA ? reading->held_count : SESSION_LIST_EXTRA;
    int limit = reading->limit + (int)more;
    if (reading->own)
        return store_list(server->store, asker.user, reading->archived, limit, before, on_read, reading);
    return store_list_for(server->store, &asker, reading->archived, limit, before, on_read, reading);
}

enum err session_list_read(struct server *server, const struct session_list_ask *ask, store_read_cb *cb,
                           void *arg)
{
    struct reading *reading = xcalloc(1, sizeof *reading);
    reading->server = server;
    reading->asker = *ask->asker;
    reading->own = ask->own && !ask->asker->session[0];
    reading->archived = ask->archived;
    reading->limit = ask->limit;
    reading->cb = cb;
    reading->arg = arg;
    snprintf(reading->before, sizeof reading->before, "%s", ask->before ? ask->before : "");
    enum err code = begin(reading);
    if (code != ERR_OK)
        reading_free(reading);
    return code;
}
