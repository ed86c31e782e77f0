/* Snapshots: what they hold, what they leave out, what is refused; and older messages put before. */
#include "page.h"
#include "proto/envelope.h"
#include "proto/link.h"
#include "story.h"
#include "tests/support/slow.h"

static struct state *long_session(size_t count, size_t text_len)
{
    struct state *state = state_new("s_01j8zq4k3nw8x5t7v9r2m6p0qd", "e_01j8zq4k3nw8x5t7v9r2m6p0qe");
    char *text = malloc(text_len + 1), id[ID_MAX];

    memset(text, 'x', text_len);
    text[text_len] = '\0';
    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof id, "m_%026zu", i);
        json_t *data = json_pack("{s:{s:s,s:s,s:s,s:i,s:s,s:[{s:s,s:s}]}}", "message", "id", id, "role",
                                 "user", "author", "ann", "ts", 1, "status", "complete", "content", "type",
                                 "text", "text", text);
        struct event event = {.type = EVENT_MESSAGE_ADDED,
                              .session = state->id,
                              .epoch = state->epoch,
                              .seq = state->seq + 1,
                              .ts = (int64_t)i,
                              .data = data};
        assert_int_equal(state_fold(state, &event), FOLD_OK);
        json_decref(data);
    }
    free(text);
    return state;
}

/* How many messages the snapshot has; they must be the newest, oldest first. */
static size_t held(const struct state *state, size_t limit, size_t bytes)
{
    json_t *json = state_snapshot(state, limit, bytes), *messages = json_object_get(json, "messages");
    size_t count = json_array_size(messages);

    for (size_t i = 0; i < count; i++)
        assert_string_equal(jsonx_str(json_array_get(messages, i), "id", ""),
                            state->messages[state->message_count - count + i]->id);
    assert_int_equal(jsonx_int(json, "messages_total", -1), state->messages_total);
    json_decref(json);
    return count;
}

static void the_limit_and_the_bytes_cut_off_the_oldest(void **unused)
{
    (void)unused;
    struct state *state = long_session(100, 100);

    assert_int_equal(held(state, SIZE_MAX, SIZE_MAX), 100);
    assert_int_equal(held(state, 101, SIZE_MAX), 100);
    assert_int_equal(held(state, 99, SIZE_MAX), 99);
    assert_int_equal(held(state, 1, SIZE_MAX), 1);
    assert_int_equal(held(state, 0, SIZE_MAX), 0);
    assert_int_equal(held(state, SIZE_MAX, 1000), 10);
    assert_int_equal(held(state, SIZE_MAX, 999), 9);
    assert_int_equal(held(state, 5, 1000), 5);
    assert_int_equal(held(state, 20, 1000), 10);
    state_free(&state);

    state = long_session(0, 0);
    assert_int_equal(held(state, 10, 1000), 0);
    state_free(&state);
}

static void the_newest_message_is_there_however_large(void **unused)
{
    (void)unused;
    struct state *state = long_session(3, STATE_SNAPSHOT_BYTES + 1);

    assert_int_equal(held(state, 50, STATE_SNAPSHOT_BYTES), 1);
    assert_int_equal(held(state, 50, 0), 1);
    assert_int_equal(held(state, 0, 0), 0);
    state_free(&state);
}

/* A signature or a name could else carry any number of bytes past the budget. */
static void bytes_are_those_of_signatures_and_names_too(void **unused)
{
    (void)unused;
    char *big = calloc(1, 2001);
    memset(big, 'x', 2000);
    json_t *json = json_pack("{s:s,s:s,s:s,s:i,s:s,s:[{s:s,s:s,s:s},{s:s,s:s,s:s,s:s}]}", "id",
                             "m_01j8zq4k3nw8x5t7v9r2m6p0q1", "role", "assistant", "author", "x", "ts", 1,
                             "status", "complete", "content", "type", "reasoning", "text", "12345",
                             "signature", big, "type", "tool_call", "id", big, "name", big, "input", "{}");
    struct message *message = message_from_json(json);

    assert_non_null(message);
    assert_int_equal(message->bytes, 3 * 2000 + 7);
    message_free(&message);
    json_decref(json);
    free(big);
}

/* --- older messages --- */

static json_t *page_of(size_t first, size_t count)
{
    struct state *state = long_session(first + count, 10);
    json_t *json = state_snapshot(state, count, SIZE_MAX),
           *page = json_incref(json_object_get(json, "messages"));

    json_decref(json);
    state_free(&state);
    return page;
}

static void a_page_goes_before_what_is_there(void **unused)
{
    (void)unused;
    struct state *all = long_session(100, 10), *client = story_reload(all, 30, SIZE_MAX);

    for (size_t first = 60; first != SIZE_MAX; first = first >= 10 ? first - 10 : SIZE_MAX) {
        json_t *page = page_of(first, 10);
        assert_true(state_prepend(client, page));
        json_decref(page);
    }
    char *have = story_dump(client), *want = story_dump(all);
    assert_string_equal(have, want);
    assert_int_equal(client->bytes, all->bytes);
    json_t *none = json_array();
    assert_true(state_prepend(client, none));
    json_decref(none);
    free(have);
    free(want);
    state_free(&all);
    state_free(&client);
}

static void a_page_with_one_bad_message_changes_nothing(void **unused)
{
    (void)unused;
    struct state *all = long_session(100, 10), *client = story_reload(all, 30, SIZE_MAX);
    char *before = story_dump(client);

    for (int fault = 0; fault < 8; fault++) {
        json_t *page = page_of(50, 20), *last = json_array_get(page, 19);
        switch (fault) {
        case 0:
            json_object_del(last, "id");
            break;
        case 1:
            json_object_del(last, "content");
            break;
        case 2:
            json_array_append_new(page, json_null());
            break;
        case 3: /* there already */
            jsonx_set_str(last, "id", client->messages[3]->id);
            break;
        case 4: /* twice in the page */
            jsonx_set_str(last, "id", jsonx_str(json_array_get(page, 0), "id", NULL));
            break;
        case 5:
            jsonx_set_str(last, "role", "assistant");
            jsonx_set_str(last, "status", "streaming");
            break;
        case 6:
            jsonx_set_str(last, "author", NULL);
            break;
        case 7:
            json_array_set_new(json_object_get(last, "content"), 0,
                               json_pack("{s:s,s:i}", "type", "text", "text", 1));
            break;
        }
        assert_false(state_prepend(client, page));
        json_decref(page);
        char *after = story_dump(client);
        assert_string_equal(before, after);
        free(after);
    }
    assert_false(state_prepend(client, NULL));
    json_t *object = json_object();
    assert_false(state_prepend(client, object));
    json_decref(object);
    free(before);
    state_free(&all);
    state_free(&client);
}

static void what_was_paged_in_is_folded_no_differently(void **unused)
{
    (void)unused;
    for (uint64_t seed = 71; seed < (slow() > 1 ? 72 : 76); seed++) {
        struct story *story = story_make(seed, 330, true);
        struct state *here = state_new(story->session, story->epoch);
        size_t half = story->count / 2;
        json_t *page = json_array();

        for (size_t i = 0; i < half; i++)
            assert_int_equal(state_fold(here, &story->events[i]), FOLD_OK);
        struct state *client = story_reload(here, 1, SIZE_MAX);
        for (size_t i = 0; i + 1 < here->message_count; i++)
            json_array_append_new(page, message_to_json(here->messages[i]));
        assert_true(state_prepend(client, page));
        for (size_t i = half; i < story->count; i++)
            assert_int_equal(state_fold(client, &story->events[i]), FOLD_OK);
        char *end = story_dump(client);
        assert_string_equal(end, story->end);
        free(end);
        json_decref(page);
        state_free(&client);
        state_free(&here);
        story_free(story);
    }
}

/* --- what is refused --- */

static void what_is_no_snapshot_is_refused_with_a_sentence(void **unused)
{
    (void)unused;
    static const char *const faults[] = {
        "{\"session\":5}",
        "{\"session\":\"s_1\"}",
        "{\"epoch\":null}",
        "{\"epoch\":\"e_\\\"01j8zq4k3nw8x5t7v9r2m6p0q\"}",
        "{\"state\":\"asleep\"}",
        "{\"seq\":-1}",
        "{\"seq\":\"5\"}",
        "{\"messages_total\":1}", /* fewer than it has */
        "{\"messages\":{}}",
        "{\"messages\":[null]}",
        "{\"messages\":[{\"id\":\"x\"}]}",
        "{\"queue\":5}",
        "{\"queue\":[{}]}",
        "{\"participants\":\"x\"}",
        "{\"participants\":[{\"id\":\"c_1\"}]}",
    };
    struct state *state = long_session(2, 5);
    char error[256];

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        json_t *json = state_snapshot(state, SIZE_MAX, SIZE_MAX);
        json_t *fault = jsonx_parse(faults[i], strlen(faults[i]), NULL);
        assert_non_null(fault);
        json_object_update(json, fault);
        error[0] = '\0';
        if (state_from_snapshot(json, error))
            fail_msg("taken: %s", faults[i]);
        assert_true(strlen(error) > 10);
        json_decref(fault);
        json_decref(json);
    }
    json_t *array = json_array();
    assert_null(state_from_snapshot(array, error));
    assert_null(state_from_snapshot(NULL, error));
    json_decref(array);
    state_free(&state);
}

static void none_but_the_newest_message_may_stream(void **unused)
{
    (void)unused;
    struct state *state = long_session(2, 5);
    char error[256];

    for (size_t i = 0; i < 2; i++) {
        json_t *json = state_snapshot(state, SIZE_MAX, SIZE_MAX);
        json_t *message = json_array_get(json_object_get(json, "messages"), i);
        jsonx_set_str(message, "role", "assistant");
        jsonx_set_str(message, "status", "streaming");
        struct state *copy = state_from_snapshot(json, error);
        assert_int_equal(copy != NULL, i == 1);
        if (copy)
            assert_ptr_equal(state_streaming(copy), copy->messages[1]);
        state_free(&copy);
        json_decref(json);
    }
    state_free(&state);
}

static void the_page_names_each_member(void **unused)
{
    (void)unused;
    struct story *story = story_make(3, 330, true);
    char *snapshots = page_section("## Snapshots"), *messages = page_section("### Messages");
    json_t *json = state_snapshot(story->state, 10, SIZE_MAX), *value;
    const char *key;
    char quoted[80], ticked[80];

    json_object_foreach(json, key, value)
    {
        snprintf(quoted, sizeof quoted, "\"%s\":", key);
        if (!strstr(snapshots, quoted))
            fail_msg("the page does not name %s of a snapshot", key);
    }
    size_t i;
    json_t *message;
    json_array_foreach(json_object_get(json, "messages"), i, message)
    {
        json_object_foreach(message, key, value)
        {
            snprintf(quoted, sizeof quoted, "\"%s\":", key);
            snprintf(ticked, sizeof ticked, "`%s`", key);
            if (!strstr(messages, quoted) && !strstr(messages, ticked))
                fail_msg("the page does not name %s of a message", key);
        }
    }
    for (int kind = 0; kind < BLOCK_KIND_COUNT; kind++) {
        snprintf(ticked, sizeof ticked, "| `%s` |", block_kind_name((enum block_kind)kind));
        assert_non_null(strstr(messages, ticked));
    }
    json_decref(json);
    free(snapshots);
    free(messages);
    story_free(story);
}

/* --- the largest there is: each byte of it six in JSON --- */

static void emit(struct state *state, enum event_type type, json_t *data)
{
    struct event event = {.type = type,
                          .session = state->id,
                          .epoch = state->epoch,
                          .seq = state->seq + 1,
                          .ts = INT64_C(1800000000000),
                          .data = data};

    assert_non_null(data);
    assert_int_equal(state_fold(state, &event), FOLD_OK);
    json_decref(data);
}

static char *dense(size_t len)
{
    char *text = malloc(len + 1);

    memset(text, 1, len);
    text[len] = '\0';
    return text;
}

/* A message of calls whose results are as much as it takes. */
static void add_full_message(struct state *state, int number)
{
    char id[ID_MAX], *result = dense(STATE_MESSAGE_BYTES / 20 - 100);
    json_t *content = json_array();

    snprintf(id, sizeof id, "m_01j8zq4k3nw8x5t7v9r2m6%04d", number);
    emit(state, EVENT_MESSAGE_ADDED,
         json_pack("{s:{s:s,s:s,s:s,s:i,s:s,s:[]}}", "message", "id", id, "role", "assistant", "author", "a",
                   "ts", 1, "status", "streaming", "content"));
    for (int i = 0; i < 20; i++)
        json_array_append_new(content, json_pack("{s:s,s:s,s:s,s:s}", "type", "tool_call", "id", "c", "name",
                                                 "n", "input", "{}"));
    emit(state, EVENT_STREAM_COMPLETED,
         json_pack("{s:s,s:s,s:o}", "message", id, "status", "complete", "content", content));
    for (int i = 0; i < 20; i++) {
        emit(state, EVENT_TOOL_STARTED,
             json_pack("{s:s,s:i,s:s,s:s}", "message", id, "block", i, "server", "s", "tool", "t"));
        emit(state, EVENT_TOOL_ENDED,
             json_pack("{s:s,s:i,s:s,s:s}", "message", id, "block", i, "state", "done", "result", result));
    }
    free(result);
}

static void add_all_else(struct state *state)
{
    char *kilo = dense(1024), *system = dense(65536), *name = dense(256), *text = dense(4096);
    json_t *variables = json_object();
    char id[ID_MAX], key[16];

    for (int i = 0; i < STATE_VARIABLES_MAX; i++) {
        snprintf(key, sizeof key, "v%d", i);
        json_object_set_new(variables, key, json_string(kilo));
    }
    emit(state, EVENT_SESSION_UPDATED, json_pack("{s:s,s:o}", "system", system, "variables", variables));
    emit(state, EVENT_SESSION_COMPACTED,
         json_pack("{s:s,s:s}", "summary", system, "upto", "m_01j8zq4k3nw8x5t7v9r2m69999"));
    for (int i = 0; i < STATE_SERVERS_MAX; i++) {
        snprintf(key, sizeof key, "s%d", i);
        emit(state, EVENT_MCP_CONNECTED,
             json_pack("{s:s,s:s,s:s,s:s,s:i}", "server", key, "title", name, "version", name, "protocol",
                       "1", "tools", 1));
        emit(state, EVENT_MCP_DISCONNECTED,
             json_pack("{s:s,s:s,s:s}", "server", key, "cause", "crashed", "text", text));
    }
    memset(kilo, '"', 1024);
    for (int i = 0; i < STATE_RULES_MAX; i++) {
        snprintf(id, sizeof id, "u_01j8zq4k3nw8x5t7v9r2m6%04d", i);
        emit(state, EVENT_RULE_ADDED,
             json_pack("{s:{s:s,s:s,s:s,s:s,s:i}}", "rule", "id", id, "effect", "allow", "pattern", kilo,
                       "by", name, "ts", 1));
    }
    free(kilo);
    free(system);
    free(name);
    free(text);
}

static size_t snapshot_bytes(const struct state *state, size_t messages, size_t bytes)
{
    size_t len;
    json_t *json = state_snapshot(state, messages, bytes);

    free(jsonx_dump(json, &len));
    json_decref(json);
    return len;
}

static void the_largest_session_can_be_attached_to_and_given_to_an_agent(void **unused)
{
    struct state *state = state_new("s_01j8zq4k3nw8x5t7v9r2m6p0qd", "e_01j8zq4k3nw8x5t7v9r2m6p0qe");
    char id[ID_MAX], *text = dense(128 << 10);

    (void)unused;
    state_set_window(state, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES);
    add_all_else(state);
    for (int i = 0; i < 4; i++) { /* SESSION_QUEUE_BYTES */
        snprintf(id, sizeof id, "m_01j8zq4k3nw8x5t7v9r2m7%04d", i);
        emit(state, EVENT_QUEUE_CHANGED,
             json_pack("{s:o}", "added", message_user_json(id, "a", 1, text, NULL)));
    }
    free(text);
    add_full_message(state, 1);
    assert_true(snapshot_bytes(state, 200, STATE_SNAPSHOT_BYTES) < ENVELOPE_REPLY_MAX - 4096);
    text =
        dense(STATE_WINDOW_BYTES - STATE_MESSAGE_BYTES - 4096); /* before one like it, the window is full */
    emit(
        state, EVENT_MESSAGE_ADDED,
        json_pack("{s:o}", "message", message_user_json("m_01j8zq4k3nw8x5t7v9r2m80000", "a", 1, text, NULL)));
    free(text);
    assert_int_equal(state->message_count, 2);
    assert_true(snapshot_bytes(state, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES) < LINK_FRAME_MAX - 4096);
    state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_and_the_bytes_cut_off_the_oldest),
        cmocka_unit_test(the_newest_message_is_there_however_large),
        cmocka_unit_test(bytes_are_those_of_signatures_and_names_too),
        cmocka_unit_test(a_page_goes_before_what_is_there),
        cmocka_unit_test(a_page_with_one_bad_message_changes_nothing),
        cmocka_unit_test(what_was_paged_in_is_folded_no_differently),
        cmocka_unit_test(what_is_no_snapshot_is_refused_with_a_sentence),
        cmocka_unit_test(none_but_the_newest_message_may_stream),
        cmocka_unit_test(the_page_names_each_member),
        cmocka_unit_test(the_largest_session_can_be_attached_to_and_given_to_an_agent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
