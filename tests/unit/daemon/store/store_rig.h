/* A real store in a private folder, on a loop of its own, with calls that wait for their answers. */
#ifndef STOA_TESTS_STORE_RIG_H
#define STOA_TESTS_STORE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store/store.h"
#include "shared/clock.h"
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rig {
    char folder[64], path[96];
    uv_loop_t loop;
    struct store *store;
    char error[256];
    enum err code;
    /* what the health callback said */
    int sick, well;
    char why[256];
};

static inline void rig_on_health(void *arg, bool failing, const char *why)
{
    struct rig *rig = arg;

    rig->sick += failing;
    rig->well += !failing;
    snprintf(rig->why, sizeof rig->why, "%s", why ? why : "");
}

static inline struct store *rig_open(struct rig *rig)
{
    static const struct store_callbacks callbacks = {rig_on_health};

    rig->store = store_open(&rig->loop, rig->path, &callbacks, rig, rig->error, &rig->code);
    return rig->store;
}

static inline bool rig_close(struct rig *rig)
{
    bool all = store_close(&rig->store);

    uv_run(&rig->loop, UV_RUN_DEFAULT);
    return all;
}

static inline int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);

    strcpy(rig->folder, "/tmp/stoa-store-XXXXXX");
    if (!mkdtemp(rig->folder))
        return -1;
    snprintf(rig->path, sizeof rig->path, "%s/stoa.db", rig->folder);
    *state = rig;
    return uv_loop_init(&rig->loop);
}

/* Also holds every test against leaving a handle or a thread behind. */
static inline int rig_teardown(void **state)
{
    struct rig *rig = *state;
    char command[128];
    int left;

    rig_close(rig);
    left = uv_loop_close(&rig->loop);
    snprintf(command, sizeof command, "rm -rf %s", rig->folder);
    left += system(command);
    free(rig);
    return left;
}

/* --- waiting --- */

struct answer { /* of a commit or a read */
    int count;
    enum err code;
    char error[256];
    json_t *result;
};

static inline void answer_commit(void *arg, enum err code)
{
    struct answer *answer = arg;

    answer->count++;
    answer->code = code;
}

static inline void answer_read(void *arg, enum err code, const char *error, json_t *result)
{
    struct answer *answer = arg;

    answer->count++;
    answer->code = code;
    snprintf(answer->error, sizeof answer->error, "%s", error ? error : "");
    json_decref(answer->result);
    answer->result = json_incref(result);
}

/* Runs the loop until the answer is there; 20 s is a failure. */
static inline void await(struct rig *rig, const struct answer *answer, int count)
{
    int64_t end = clock_steady_ms() + 20000;

    while (answer->count < count && clock_steady_ms() < end)
        uv_run(&rig->loop, UV_RUN_NOWAIT);
    assert_int_equal(answer->count, count);
}

static inline enum err commit(struct rig *rig)
{
    struct answer answer = {0};

    store_commit(rig->store, answer_commit, &answer);
    await(rig, &answer, 1);
    return answer.code;
}

/* Waits for a read that was just queued; the result is the caller's. */
static inline json_t *read_result(struct rig *rig, struct answer *answer, enum err queued)
{
    assert_int_equal(queued, ERR_OK);
    await(rig, answer, 1);
    return answer->result;
}

/* --- content --- */

static inline uint32_t put_session(struct rig *rig, const char *sid, const char *owner, int64_t activity)
{
    struct store_session row = {.key = store_next_session_key(rig->store),
                                .sid = sid,
                                .owner = owner,
                                .title = "A title",
                                .run = "idle",
                                .model = "demo/stoa",
                                .created = 1000,
                                .activity = activity};

    store_put_session(rig->store, &row);
    return row.key;
}

static inline void put_event(struct rig *rig, uint32_t session, uint64_t seq, const char *json)
{
    store_append_event(rig->store, session, seq, 5000, EVENT_MESSAGE_ADDED, json, strlen(json));
}

static inline void put_message_json(struct rig *rig, uint32_t session, uint32_t ordinal, const char *id,
                                    const char *text, const char *json)
{
    struct store_message message = {.session = session,
                                    .ordinal = ordinal,
                                    .id = id,
                                    .role = "user",
                                    .status = "complete",
                                    .ts = 7000,
                                    .json = json,
                                    .json_len = strlen(json),
                                    .text = text,
                                    .text_len = strlen(text)};

    store_put_message(rig->store, &message);
}

static inline void put_message(struct rig *rig, uint32_t session, uint32_t ordinal, const char *id,
                               const char *text)
{
    char json[2048];

    snprintf(json, sizeof json, "{\"id\":\"%s\"}", id);
    put_message_json(rig, session, ordinal, id, text, json);
}

struct events { /* what store_load_events gave */
    uint64_t count, last;
    bool rising;
    char json[64]; /* of the last one */
};

static inline bool count_event(void *arg, uint64_t seq, int64_t ts, enum event_type type, const char *json,
                               size_t len)
{
    struct events *events = arg;

    (void)ts;
    assert_int_equal(type, EVENT_MESSAGE_ADDED);
    events->rising = (events->count == 0 || events->rising) && seq > events->last;
    events->count++;
    events->last = seq;
    snprintf(events->json, sizeof events->json, "%.*s", (int)len, json);
    return true;
}

static inline struct events load_events(struct rig *rig, uint32_t session, uint64_t after)
{
    struct events events = {0};

    assert_int_equal(store_load_events(rig->store, session, after, count_event, &events, rig->error), ERR_OK);
    return events;
}

/* One number out of the file, past the store. */
static inline int64_t raw_number(struct rig *rig, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    int64_t number;

    assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return number;
}

static inline void raw_exec(struct rig *rig, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

#endif
