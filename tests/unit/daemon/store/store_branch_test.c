/* What forks and rewinds need of the store: messages copied, dropped and read back, and writes that are one.
 */
#include "store_rig.h"

static void put_messages(struct rig *rig, uint32_t session, const char *word, int count)
{
    for (int i = 0; i < count; i++) {
        char id[32], text[64];
        snprintf(id, sizeof id, "m_%s%d", word, i);
        snprintf(text, sizeof text, "%s%d", word, i);
        put_message(rig, session, (uint32_t)i, id, text);
    }
}

/* How many messages contain a word that begins so. */
static size_t hits(struct rig *rig, const char *word)
{
    struct answer answer = {0};
    json_t *result = read_result(
        rig, &answer,
        store_search(rig->store, &(struct store_asker){"ann", ""}, word, 200, answer_read, &answer));
    size_t count = json_array_size(json_object_get(result, "hits"));

    json_decref(result);
    return count;
}

/* The ids before that ordinal, joined. */
static char *ids_before(struct rig *rig, uint32_t session, uint64_t before, size_t limit, size_t bytes)
{
    json_t *messages = store_messages(rig->store, session, before, limit, bytes, rig->error), *message;
    char *text = calloc(1, 4096);
    size_t i;

    assert_non_null(messages);
    json_array_foreach(messages, i, message)
    {
        strcat(strcat(text, i ? " " : ""), json_string_value(json_object_get(message, "id")));
    }
    json_decref(messages);
    return text;
}

#define assert_ids(rig, session, before, limit, bytes, expected)                                             \
    do {                                                                                                     \
        char *ids = ids_before(rig, session, before, limit, bytes);                                          \
        assert_string_equal(ids, expected);                                                                  \
        free(ids);                                                                                           \
    } while (0)

static void messages_are_found_by_id_and_read_back_from_an_ordinal(void **state)
{
    struct rig *rig = *state;
    uint64_t ordinal = 99;
    uint32_t a, b;

    assert_non_null(rig_open(rig));
    a = put_session(rig, "s_a", "ann", 1);
    b = put_session(rig, "s_b", "ann", 2);
    put_messages(rig, a, "a", 5);
    put_messages(rig, b, "b", 2);
    put_message(rig, a, 7, "m_a7", "after a hole");
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(store_place(rig->store, a, "m_a3", &ordinal, rig->error), ERR_OK);
    assert_int_equal(ordinal, 3);
    assert_int_equal(store_place(rig->store, b, "m_a3", &ordinal, rig->error), ERR_NOT_FOUND);
    assert_string_equal(rig->error, "the session has no message 'm_a3'");
    assert_ids(rig, a, 5, 3, SIZE_MAX, "m_a2 m_a3 m_a4");
    assert_ids(rig, a, 2, 100, SIZE_MAX, "m_a0 m_a1");
    assert_ids(rig, a, 0, 100, SIZE_MAX, "");
    assert_ids(rig, b, 2, 100, SIZE_MAX, "m_b0 m_b1");
    assert_ids(rig, a, 5, 100, 1, "m_a4");        /* always one */
    assert_ids(rig, a, 8, 100, SIZE_MAX, "m_a7"); /* as far as there is no hole */
    assert_ids(rig, a, 6, 100, SIZE_MAX, "");
}

static void dropped_messages_are_gone_from_history_and_search(void **state)
{
    struct rig *rig = *state;
    uint32_t a, b;

    assert_non_null(rig_open(rig));
    a = put_session(rig, "s_a", "ann", 1);
    b = put_session(rig, "s_b", "ann", 2);
    put_messages(rig, a, "a", 10);
    put_messages(rig, b, "b", 10);
    store_drop_messages(rig->store, a, 4);
    assert_int_equal(commit(rig), ERR_OK);
    assert_ids(rig, a, 4, 100, SIZE_MAX, "m_a0 m_a1 m_a2 m_a3");
    assert_ids(rig, a, 10, 100, SIZE_MAX, "");
    assert_int_equal(hits(rig, "a"), 4);
    assert_int_equal(hits(rig, "b"), 10);
    put_message(rig, a, 4, "m_new", "anew");
    assert_int_equal(commit(rig), ERR_OK);
    assert_ids(rig, a, 5, 1, SIZE_MAX, "m_new");
    store_drop_messages(rig->store, a, 0);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(hits(rig, "a"), 0);
}

static void copies_are_found_with_the_old_ones_and_live_on_their_own(void **state)
{
    struct rig *rig = *state;
    static const char cut[] =
        "{\"id\":\"m_cut\",\"content\":[{\"type\":\"text\",\"text\":\"\\\"file\\\"\"},"
        "{\"type\":\"tool_call\",\"call\":{\"result\":\"r\",\"file\":\"results/x\",\"ms\":"
        "1.50}}]}";
    struct store_message with_file = {.ordinal = 3,
                                      .id = "m_cut",
                                      .role = "assistant",
                                      .status = "complete",
                                      .json = cut,
                                      .json_len = sizeof cut - 1};
    uint32_t a, b;
    char *text;

    assert_non_null(rig_open(rig));
    a = put_session(rig, "s_a", "ann", 1);
    b = put_session(rig, "s_b", "ann", 2);
    put_messages(rig, a, "a", 10);
    with_file.session = a;
    store_put_message(rig->store, &with_file);
    for (int twice = 0; twice < 2; twice++) /* as after a commit that failed */
        store_copy_messages(rig->store, a, b, 0, 4);
    store_copy_messages(rig->store, a, b, 0, 0);
    assert_int_equal(commit(rig), ERR_OK);
    assert_ids(rig, b, 4, 100, SIZE_MAX, "m_a0 m_a1 m_a2 m_cut");
    assert_ids(rig, b, 5, 100, SIZE_MAX, "");
    assert_int_equal(hits(rig, "a"), 9 + 3);
    json_t *messages = store_messages(rig->store, b, 4, 1, SIZE_MAX, rig->error);
    text = json_dumps(json_array_get(messages, 0), JSON_COMPACT);
    assert_string_equal(text, "{\"id\":\"m_cut\",\"content\":[{\"type\":\"text\",\"text\":\"\\\"file\\\"\"},"
                              "{\"type\":\"tool_call\",\"call\":{\"result\":\"r\",\"ms\":1.5}}]}");
    free(text);
    json_decref(messages);
    store_drop_messages(rig->store, a, 0);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(hits(rig, "a"), 3);
    assert_ids(rig, b, 3, 100, SIZE_MAX, "m_a0 m_a1 m_a2");
}

static void copies_for_a_session_that_was_never_made_are_removed_at_the_next_start(void **state)
{
    struct rig *rig = *state;
    uint32_t a, never;

    assert_non_null(rig_open(rig));
    a = put_session(rig, "s_a", "ann", 1);
    put_messages(rig, a, "a", 4);
    never = store_next_session_key(rig->store);
    store_copy_messages(rig->store, a, never, 0, 2);
    store_copy_messages(rig->store, a, never, 2, 2);
    assert_int_equal(commit(rig), ERR_OK);
    assert_ids(rig, never, 4, 100, SIZE_MAX, "m_a0 m_a1 m_a2 m_a3");
    assert_int_equal(hits(rig, "a"), 4);
    rig_close(rig);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM messages"), 8);

    assert_non_null(rig_open(rig));
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM messages"), 4);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM search"), 4);
    assert_int_equal(store_next_session_key(rig->store), never);
    assert_ids(rig, a, 4, 100, SIZE_MAX, "m_a0 m_a1 m_a2 m_a3");
}

/* More than one transaction takes, with a look at the file from outside after each. */
static void nor_does_a_session_that_was_made_meanwhile_keep_them(void **state)
{
    struct rig *rig = *state;
    uint32_t a, never, b;

    assert_non_null(rig_open(rig));
    a = put_session(rig, "s_a", "ann", 1);
    put_messages(rig, a, "a", 4);
    never = store_next_session_key(rig->store);
    store_copy_messages(rig->store, a, never, 0, 3);
    b = put_session(rig, "s_b", "ann", 2);
    put_messages(rig, b, "b", 2);
    assert_int_equal(commit(rig), ERR_OK);
    rig_close(rig);

    assert_non_null(rig_open(rig));
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM messages"), 6);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM search"), 6);
    assert_int_equal(store_next_session_key(rig->store), b + 1);
    assert_ids(rig, b, 2, 100, SIZE_MAX, "m_b0 m_b1");
}

static void what_is_joined_is_never_seen_in_part(void **state)
{
    struct rig *rig = *state;
    size_t len = 3 << 20;
    char *large = malloc(len);
    struct answer answer = {0};
    int64_t end = clock_steady_ms() + 20000;

    memset(large, 'x', len);
    large[0] = large[len - 1] = '"';
    assert_non_null(rig_open(rig));
    store_join(rig->store);
    for (uint64_t seq = 1; seq <= 6; seq++)
        store_append_event(rig->store, 1, seq, 1, EVENT_MESSAGE_ADDED, large, len);
    store_commit(rig->store, answer_commit, &answer);
    while (answer.count == 0 && clock_steady_ms() < end) {
        uv_run(&rig->loop, UV_RUN_NOWAIT);
        int64_t seen = raw_number(rig, "SELECT count(*) FROM events");
        assert_true(seen == 0 || seen == 6);
    }
    assert_int_equal(answer.code, ERR_OK);
    put_event(rig, 1, 7, "{}"); /* the next turn of the loop is on its own again */
    assert_int_equal(commit(rig), ERR_OK);
    struct store_stats stats;
    store_stats(rig->store, &stats);
    assert_int_equal(stats.commits, 2);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
        TEST(messages_are_found_by_id_and_read_back_from_an_ordinal),
        TEST(dropped_messages_are_gone_from_history_and_search),
        TEST(copies_are_found_with_the_old_ones_and_live_on_their_own),
        TEST(copies_for_a_session_that_was_never_made_are_removed_at_the_next_start),
        TEST(nor_does_a_session_that_was_made_meanwhile_keep_them),
        TEST(what_is_joined_is_never_seen_in_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
