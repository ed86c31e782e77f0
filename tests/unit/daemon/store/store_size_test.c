/* What sessions take: the sums in C and in SQL are the same, and sessions that were not counted are found. */
#include "store_rig.h"

#include "daemon/store/store_size.h"
#include "shared/jsonx.h"

static const struct {
    enum event_type type;
    const char *json;
    int64_t bytes; /* more than a row's */
} events[] = {
    {EVENT_SESSION_STARTED, "{\"bytes\":1000}", 1014},
    {EVENT_SESSION_STARTED, "{\"bytes\":-5}", 12},
    {EVENT_SESSION_STARTED, "{\"owner\":\"ann\"}", 15},
    {EVENT_MESSAGE_ADDED,
     "{\"a\":\"Gr\xc3\xb6\xc3\x9f"
     "e\"}",
     3 * 15},
    {EVENT_STREAM_COMPLETED, "{\"b\":1}", 3 * 7},
    {EVENT_TOOL_ENDED, "{\"c\":12}", 2 * 8},
    {EVENT_STATE_CHANGED, "{}", 2},
};
enum { EVENTS = sizeof events / sizeof events[0] };

struct sized {
    bool there;
    enum err code;
    int64_t bytes, rows, last;
};

static void on_size(void *arg, enum err code, const char *error, json_t *result)
{
    (void)error;
    *(struct sized *)arg = (struct sized){true, code, jsonx_int(result, "bytes", -1),
                                          jsonx_int(result, "rows", -1), jsonx_int(result, "last", -1)};
}

static struct sized size_of(struct rig *rig, uint32_t session, uint64_t after, int rows)
{
    struct sized answer = {0};
    assert_int_equal(store_size_events(rig->store, session, after, rows, on_size, &answer), ERR_OK);
    while (!answer.there)
        uv_run(&rig->loop, UV_RUN_ONCE);
    assert_int_equal(answer.code, ERR_OK);
    return answer;
}

static void an_event_counts_the_same_in_memory_and_in_the_store(void **state)
{
    struct rig *rig = *state;
    int64_t all = 0;
    assert_non_null(rig_open(rig));
    uint32_t session = put_session(rig, "s_1", "ann", 1), other = put_session(rig, "s_2", "ann", 2);
    for (unsigned i = 0; i < EVENTS; i++) {
        json_t *data = json_loads(events[i].json, 0, NULL);
        int64_t bytes = store_event_bytes(events[i].type, strlen(events[i].json), data);
        assert_int_equal(bytes, STORE_ROW_BYTES + events[i].bytes);
        store_append_event(rig->store, session, i + 1, 5, events[i].type, events[i].json,
                           strlen(events[i].json));
        json_decref(data);
        all += bytes;
    }
    store_append_event(rig->store, other, 1, 5, EVENT_STATE_CHANGED, "{}", 2);
    assert_int_equal(commit(rig), ERR_OK);
    struct sized whole = size_of(rig, session, 0, 100), some = size_of(rig, session, 0, 3),
                 rest = size_of(rig, session, (uint64_t)some.last, 100), none = size_of(rig, session, 90, 9);
    assert_int_equal(whole.bytes, all);
    assert_int_equal(whole.rows, EVENTS);
    assert_int_equal(whole.last, EVENTS);
    assert_int_equal(some.rows, 3);
    assert_int_equal(some.bytes + rest.bytes, all);
    assert_int_equal(none.rows, 0);
    assert_int_equal(none.bytes, 0);
}

static void put_sized(struct rig *rig, const char *sid, const char *owner, int64_t bytes, int64_t files)
{
    struct store_session row = {.key = store_next_session_key(rig->store),
                                .sid = sid,
                                .owner = owner,
                                .title = "",
                                .run = "idle",
                                .model = "",
                                .bytes = bytes,
                                .files = files};
    store_put_session(rig->store, &row);
}

static void on_owner(void *arg, const char *owner, int64_t bytes)
{
    char *out = arg;
    snprintf(out + strlen(out), 100 - strlen(out), "%s=%d ", owner, (int)bytes);
}

static void sums_of_owners_and_what_is_yet_to_be_counted(void **state)
{
    struct rig *rig = *state;
    struct store_uncounted at = {0};
    struct store_record record;
    char sums[100] = "";
    assert_non_null(rig_open(rig));
    put_sized(rig, "s_1", "ann", 100, 5);
    put_sized(rig, "s_2", "bo", -1, 0);
    put_sized(rig, "s_3", "bo", 30, 0);
    put_sized(rig, "s_4", "ann", -1, 7);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(store_owner_bytes(rig->store, on_owner, sums), ERR_OK);
    assert_string_equal(sums, "ann=112 bo=30 ");
    assert_true(store_next_uncounted(rig->store, &at));
    assert_string_equal(at.sid, "s_2");
    assert_string_equal(at.owner, "bo");
    store_set_counted(rig->store, at.key, 1000, 11);
    assert_true(store_next_uncounted(rig->store, &at));
    assert_string_equal(at.sid, "s_4");
    assert_int_equal(at.files, 7);
    assert_false(store_next_uncounted(rig->store, &at));
    store_set_counted(rig->store, 1, 1, 1); /* one that is counted stays as it is */
    assert_int_equal(commit(rig), ERR_OK);
    sums[0] = '\0';
    assert_int_equal(store_owner_bytes(rig->store, on_owner, sums), ERR_OK);
    assert_string_equal(sums, "ann=112 bo=1041 ");
    assert_int_equal(store_load(rig->store, "s_2", &record, rig->error), ERR_OK);
    assert_int_equal(record.bytes, 1000);
    assert_int_equal(record.files, 11);
    store_record_clear(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_event_counts_the_same_in_memory_and_in_the_store, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(sums_of_owners_and_what_is_yet_to_be_counted, rig_setup,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
