/* What the store keeps, and in which order it says so. */
#include "store_rig.h"

/* --- writes --- */

static void everything_is_there_after_closing_and_opening(void **state)
{
    struct rig *rig = *state;
    struct store_record record;
    struct events events;
    uint32_t key;
    char *reply;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_one", "ann", 2000);
    put_event(rig, key, 1, "{\"n\":1}");
    put_event(rig, key, 2, "{\"n\":2}");
    put_event(rig, key, 3, "{\"n\":3}");
    store_put_snapshot(rig->store, key, 2, "{\"snapshot\":2}", 14);
    store_put_partial(rig->store, key, "m_part", "{\"half\":1}", 10);
    store_put_reply(rig->store, "ann", "r_1", "{\"ok\":{}}", 9);
    assert_true(rig_close(rig));

    assert_non_null(rig_open(rig));
    assert_int_equal(store_load(rig->store, "s_one", &record, rig->error), ERR_OK);
    assert_int_equal(record.key, key);
    assert_string_equal(record.owner, "ann");
    assert_string_equal(record.snapshot, "{\"snapshot\":2}");
    assert_int_equal(record.snapshot_len, 14);
    assert_int_equal(record.snapshot_seq, 2);
    assert_string_equal(record.partial_message, "m_part");
    assert_string_equal(record.partial, "{\"half\":1}");
    events = load_events(rig, key, record.snapshot_seq);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.last, 3);
    assert_string_equal(events.json, "{\"n\":3}");
    store_record_clear(&record);
    reply = store_reply(rig->store, "ann", "r_1");
    assert_string_equal(reply, "{\"ok\":{}}");
    free(reply);
    assert_null(store_reply(rig->store, "bob", "r_1"));
    assert_int_equal(store_load(rig->store, "s_other", &record, rig->error), ERR_NOT_FOUND);
    assert_string_equal(rig->error, "no session 's_other'");
}

static void events_of_sessions_do_not_mix_and_keep_their_order(void **state)
{
    struct rig *rig = *state;
    uint32_t a, b;
    struct events events;

    assert_non_null(rig_open(rig));
    a = put_session(rig, "s_a", "ann", 1);
    b = put_session(rig, "s_b", "ann", 2);
    for (uint64_t seq = 1; seq <= 1000; seq++) {
        put_event(rig, a, seq, "{\"of\":\"a\"}");
        put_event(rig, b, seq, "{\"of\":\"b\"}");
    }
    assert_int_equal(commit(rig), ERR_OK);
    events = load_events(rig, a, 0);
    assert_true(events.rising);
    assert_int_equal(events.count, 1000);
    assert_string_equal(events.json, "{\"of\":\"a\"}");
    events = load_events(rig, b, 990);
    assert_int_equal(events.count, 10);
    assert_string_equal(events.json, "{\"of\":\"b\"}");
}

static void what_is_queued_in_one_turn_is_one_transaction(void **state)
{
    struct rig *rig = *state;
    struct store_stats before, after;
    uint32_t key;

    assert_non_null(rig_open(rig));
    store_stats(rig->store, &before);
    key = put_session(rig, "s_a", "ann", 1);
    for (uint64_t seq = 1; seq <= 5000; seq++)
        put_event(rig, key, seq, "{}");
    store_stats(rig->store, &after);
    assert_int_equal(after.queued, 5001);
    assert_int_equal(commit(rig), ERR_OK);
    store_stats(rig->store, &after);
    assert_int_equal(after.commits - before.commits, 1);
    assert_int_equal(after.queued, 0);
    assert_int_equal(after.queued_bytes, 0);
    assert_int_equal(after.refused, 0);
}

/* Which of three waiters was called as which, and what was on disk then. */
struct turn {
    struct rig *rig;
    uint32_t key;
    int *calls;
    int place;
    uint64_t seen;
};

static void on_turn(void *arg, enum err code)
{
    struct turn *turn = arg;

    assert_int_equal(code, ERR_OK);
    turn->place = ++*turn->calls;
    turn->seen = load_events(turn->rig, turn->key, 0).count;
}

static void waiters_are_told_in_order_once_their_writes_are_on_disk(void **state)
{
    struct rig *rig = *state;
    int calls = 0;
    struct turn turns[3];
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    for (int i = 0; i < 3; i++) {
        turns[i] = (struct turn){rig, key, &calls, 0, 0};
        put_event(rig, key, (uint64_t)i + 1, "{}");
        store_commit(rig->store, on_turn, &turns[i]);
    }
    assert_int_equal(calls, 0); /* never from inside */
    while (calls < 3)
        uv_run(&rig->loop, UV_RUN_ONCE);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(turns[i].place, i + 1);
        assert_true(turns[i].seen >= (uint64_t)i + 1);
    }
}

static void a_commit_of_nothing_is_answered_too(void **state)
{
    struct rig *rig = *state;

    assert_non_null(rig_open(rig));
    assert_int_equal(commit(rig), ERR_OK);
    put_session(rig, "s_a", "ann", 1);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(commit(rig), ERR_OK);
}

static void on_chain(void *arg, enum err code)
{
    struct rig *rig = arg;

    assert_int_equal(code, ERR_OK);
    if (++rig->sick < 50) {
        put_event(rig, 1, (uint64_t)rig->sick, "{}");
        store_commit(rig->store, on_chain, rig);
    }
}

static void a_callback_may_queue_and_wait_again(void **state)
{
    struct rig *rig = *state;

    assert_non_null(rig_open(rig));
    store_commit(rig->store, on_chain, rig);
    while (rig->sick < 50)
        uv_run(&rig->loop, UV_RUN_ONCE);
    assert_int_equal(load_events(rig, 1, 0).count, 49);
}

static void waiters_are_answered_when_the_store_closes(void **state)
{
    struct rig *rig = *state;
    struct answer answer = {0};

    assert_non_null(rig_open(rig));
    put_session(rig, "s_a", "ann", 1);
    store_commit(rig->store, answer_commit, &answer);
    assert_int_equal(answer.count, 0);
    assert_true(rig_close(rig));
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.code, ERR_OK);
}

static void replay_changes_nothing(void **state)
{
    struct rig *rig = *state;
    struct store_record record;
    struct events events;
    uint32_t key;
    char *reply;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    put_event(rig, key, 1, "{\"first\":true}");
    store_put_snapshot(rig->store, key, 9, "{\"at\":9}", 8);
    store_put_reply(rig->store, "ann", "r_1", "first", 5);
    assert_int_equal(commit(rig), ERR_OK);

    put_event(rig, key, 1, "{\"second\":true}");
    store_put_snapshot(rig->store, key, 8, "{\"at\":8}", 8);
    store_put_reply(rig->store, "ann", "r_1", "second", 6);
    assert_int_equal(commit(rig), ERR_OK);

    events = load_events(rig, key, 0);
    assert_int_equal(events.count, 1);
    assert_string_equal(events.json, "{\"first\":true}");
    assert_int_equal(store_load(rig->store, "s_a", &record, rig->error), ERR_OK);
    assert_int_equal(record.snapshot_seq, 9);
    store_record_clear(&record);
    reply = store_reply(rig->store, "ann", "r_1");
    assert_string_equal(reply, "first");
    free(reply);
}

static void a_new_partial_replaces_the_old_one_until_it_is_cleared(void **state)
{
    struct rig *rig = *state;
    struct store_record record;
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    store_put_partial(rig->store, key, "m_1", "one", 3);
    store_put_partial(rig->store, key, "m_1", "one two", 7);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(store_load(rig->store, "s_a", &record, rig->error), ERR_OK);
    assert_string_equal(record.partial, "one two");
    store_record_clear(&record);
    store_clear_partial(rig->store, key);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(store_load(rig->store, "s_a", &record, rig->error), ERR_OK);
    assert_null(record.partial);
    assert_string_equal(record.partial_message, "");
    store_record_clear(&record);
}

static uint64_t commits(struct rig *rig)
{
    struct store_stats stats;

    store_stats(rig->store, &stats);
    return stats.commits;
}

static void partials_that_nobody_waits_for_are_committed_together_and_soon(void **state)
{
    enum { COUNT = 40 };
    struct rig *rig = *state;
    struct store_stats stats;
    struct store_record record;
    uint32_t keys[COUNT];
    char sid[16];

    /* given */
    assert_non_null(rig_open(rig));
    for (int i = 0; i < COUNT; i++) {
        snprintf(sid, sizeof sid, "s_%d", i);
        keys[i] = put_session(rig, sid, "ann", 1);
    }
    assert_int_equal(commit(rig), ERR_OK);
    uint64_t before = commits(rig);

    /* when */
    for (int i = 0; i < COUNT; i++) {
        store_put_partial(rig->store, keys[i], "m_1", "half", 4);
        uv_run(&rig->loop, UV_RUN_NOWAIT);
    }
    do {
        uv_run(&rig->loop, UV_RUN_ONCE);
        store_stats(rig->store, &stats);
    } while (stats.queued > 0);

    /* then */
    assert_in_range(commits(rig) - before, 1, COUNT / 4);
    assert_int_equal(store_load(rig->store, "s_39", &record, rig->error), ERR_OK);
    assert_string_equal(record.partial, "half");
    store_record_clear(&record);
}

static void a_deleted_session_leaves_nothing_and_its_neighbours_all(void **state)
{
    struct rig *rig = *state;
    uint32_t keys[3];
    const char *sids[] = {"s_a", "s_b", "s_c"};

    assert_non_null(rig_open(rig));
    for (int i = 0; i < 3; i++) {
        keys[i] = put_session(rig, sids[i], "ann", 1);
        put_event(rig, keys[i], 1, "{}");
        put_event(rig, keys[i], UINT32_MAX, "{}");
        put_message(rig, keys[i], 0, "m_first", "word");
        put_message(rig, keys[i], UINT32_MAX, "m_last", "word");
        store_put_snapshot(rig->store, keys[i], 1, "{}", 2);
        store_put_partial(rig->store, keys[i], "m_x", "{}", 2);
    }
    store_delete_session(rig->store, keys[1]);
    assert_true(rig_close(rig));
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM sessions"), 2);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM events"), 4);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM messages"), 4);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM search WHERE search MATCH 'word'"), 4);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM snapshots"), 2);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM partials"), 2);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM events WHERE key >> 32 = 2"), 0);
}

static void session_keys_are_never_given_twice(void **state)
{
    struct rig *rig = *state;
    uint32_t key;

    assert_non_null(rig_open(rig));
    assert_int_equal(put_session(rig, "s_a", "ann", 1), 1);
    key = put_session(rig, "s_b", "ann", 1);
    store_delete_session(rig->store, key);
    assert_true(rig_close(rig));
    assert_non_null(rig_open(rig));
    assert_int_equal(store_next_session_key(rig->store), key + 1);
    /* events without their session's row: a kill came between two transactions */
    put_event(rig, 7, 1, "{}");
    assert_true(rig_close(rig));
    assert_non_null(rig_open(rig));
    assert_int_equal(store_next_session_key(rig->store), 8);
}

static void a_row_is_replaced_and_says_what_is_unfinished(void **state)
{
    struct rig *rig = *state;
    struct store_session row = {.key = 1,
                                .sid = "s_a",
                                .owner = "ann",
                                .title = "New",
                                .run = "streaming",
                                .model = "demo/stoa",
                                .messages = 4,
                                .seq = 12,
                                .archived = true};
    struct store_record record;
    struct store_counts counts;

    assert_non_null(rig_open(rig));
    put_session(rig, "s_a", "ann", 1);
    put_session(rig, "s_b", "ann", 1);
    store_put_session(rig->store, &row);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(store_load(rig->store, "s_a", &record, rig->error), ERR_OK);
    assert_int_equal(record.seq, 12);
    assert_true(record.archived);
    assert_false(record.ended);
    store_record_clear(&record);
    store_counts(rig->store, &counts);
    assert_int_equal(counts.sessions, 2);
    assert_int_equal(counts.archived, 1);
    assert_int_equal(counts.messages, 4);
    assert_true(counts.bytes > 0);
}

static void collect_sid(void *arg, const char *sid, uint32_t key)
{
    struct rig *rig = arg;
    struct store_record record;

    /* The callback may load: that is what it is for. */
    assert_int_equal(store_load(rig->store, sid, &record, rig->error), ERR_OK);
    assert_int_equal(record.key, key);
    store_record_clear(&record);
    strcat(rig->why, sid);
}

static void unfinished_sessions_are_listed(void **state)
{
    struct rig *rig = *state;
    static const char *const sids[] = {"s_a", "s_b", "s_c"}, *const runs[] = {"thinking", "idle",
                                                                              "streaming"};

    assert_non_null(rig_open(rig));
    for (uint32_t i = 0; i < 3; i++) {
        struct store_session row = {
            .key = i + 1, .sid = sids[i], .owner = "ann", .title = "", .run = runs[i], .model = ""};

        store_put_session(rig->store, &row);
    }
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(store_unfinished(rig->store, collect_sid, rig), ERR_OK);
    assert_string_equal(rig->why, "s_as_c");
}

static void note_rule(void *arg, const struct store_rule *row)
{
    char *out = arg;

    sprintf(out + strlen(out), "%s %s %s %s %d;", row->id, row->user, row->effect, row->pattern,
            (int)row->ts);
}

static void rules_are_kept_in_their_order_until_they_are_removed(void **state)
{
    struct rig *rig = *state;
    char found[256] = "";
    const struct store_rule rules[] = {{"u_2", "ann", "allow", "files/*", 20},
                                       {"u_1", "bob", "deny", "*", 10},
                                       {"u_3", "ann", "ask", "'; DROP TABLE rules", 30}};

    rig_open(rig);
    for (size_t i = 0; i < 3; i++)
        store_put_rule(rig->store, &rules[i]);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(store_rules(rig->store, note_rule, found), ERR_OK);
    assert_string_equal(found,
                        "u_1 bob deny * 10;u_2 ann allow files/* 20;u_3 ann ask '; DROP TABLE rules 30;");
    store_delete_rule(rig->store, "u_2");
    store_delete_rule(rig->store, "u_9");
    store_delete_rule(rig->store, "u_3");
    rig_close(rig);
    rig_open(rig);
    found[0] = '\0';
    assert_int_equal(store_rules(rig->store, note_rule, found), ERR_OK);
    assert_string_equal(found, "u_1 bob deny * 10;");
}

static void answers_are_forgotten_after_their_days(void **state)
{
    struct rig *rig = *state;
    char sql[256];

    assert_non_null(rig_open(rig));
    assert_true(rig_close(rig));
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)"
             " INSERT INTO requests(user, id, ts, reply) SELECT 'ann', 'old' || i, %lld, 'x' FROM n",
             (long long)(clock_wall_ms() - (STORE_REPLY_DAYS * 86400000LL + 1000)));
    raw_exec(rig, sql);
    assert_non_null(rig_open(rig));
    for (int i = 0; i < 3; i++) {
        char id[16];

        snprintf(id, sizeof id, "new%d", i);
        store_put_reply(rig->store, "ann", id, "y", 1);
    }
    assert_true(rig_close(rig));
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM requests WHERE id LIKE 'old%'"), 0);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM requests WHERE id LIKE 'new%'"), 3);
}

static void a_write_that_can_never_succeed_is_refused_alone(void **state)
{
    struct rig *rig = *state;
    struct store_session twin = {
        .key = 99, .sid = "s_a", .owner = "ann", .title = "", .run = "idle", .model = ""};
    struct store_stats stats;

    assert_non_null(rig_open(rig));
    put_session(rig, "s_a", "ann", 1);
    assert_int_equal(commit(rig), ERR_OK);
    store_put_session(rig->store, &twin); /* another session of the same id */
    put_event(rig, 1, 1, "{}");
    assert_int_equal(commit(rig), ERR_INTERNAL);
    store_stats(rig->store, &stats);
    assert_int_equal(stats.refused, 1);
    assert_null(store_failing(rig->store));
    assert_int_equal(load_events(rig, 1, 0).count, 1);
    put_event(rig, 1, 2, "{}");
    assert_int_equal(commit(rig), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
        TEST(everything_is_there_after_closing_and_opening),
        TEST(events_of_sessions_do_not_mix_and_keep_their_order),
        TEST(what_is_queued_in_one_turn_is_one_transaction),
        TEST(waiters_are_told_in_order_once_their_writes_are_on_disk),
        TEST(a_commit_of_nothing_is_answered_too),
        TEST(a_callback_may_queue_and_wait_again),
        TEST(waiters_are_answered_when_the_store_closes),
        TEST(replay_changes_nothing),
        TEST(a_new_partial_replaces_the_old_one_until_it_is_cleared),
        TEST(partials_that_nobody_waits_for_are_committed_together_and_soon),
        TEST(a_deleted_session_leaves_nothing_and_its_neighbours_all),
        TEST(session_keys_are_never_given_twice),
        TEST(a_row_is_replaced_and_says_what_is_unfinished),
        TEST(unfinished_sessions_are_listed),
        TEST(rules_are_kept_in_their_order_until_they_are_removed),
        TEST(answers_are_forgotten_after_their_days),
        TEST(a_write_that_can_never_succeed_is_refused_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
