/* Requests between the daemon and one process: ids, order, deadlines, and both ends of a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/supervisor/agent_requests.h"
#include "shared/jsonx.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer { /* what the other end of the link saw */
    uv_loop_t loop;
    struct agent_requests *requests;
    json_t *sent; /* array of [kind, frame] */
    struct incoming *incoming;
    int quiet, replies, notes, cancelled;
    enum err code;
    char text[64];
};

static void on_send(void *arg, enum link_kind kind, json_t *json)
{
    struct peer *peer = arg;

    json_array_append_new(peer->sent, json_pack("[i, O]", (int)kind, json));
}

static bool on_request(void *arg, struct incoming *incoming, const json_t *json)
{
    struct peer *peer = arg;

    peer->incoming = incoming;
    return strcmp(jsonx_str(json, "op", ""), "wrong") != 0;
}

static void on_quiet(void *arg)
{
    struct peer *peer = arg;

    peer->quiet++;
}

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct peer *peer = arg;

    assert_int_equal(code == ERR_OK, ok != NULL);
    assert_int_equal(code == ERR_OK, text == NULL);
    peer->replies++;
    peer->code = code;
    snprintf(peer->text, sizeof peer->text, "%s", text ? text : jsonx_str(ok, "said", ""));
}

static void on_note(void *arg, const json_t *note)
{
    struct peer *peer = arg;

    (void)note;
    peer->notes++;
}

static void on_cancelled(void *arg)
{
    struct peer *peer = arg;

    peer->cancelled++;
}

static int set_up(void **state)
{
    struct peer *peer = calloc(1, sizeof *peer);
    struct agent_requests_handler handler = {peer, on_send, on_request, on_quiet};

    uv_loop_init(&peer->loop);
    peer->sent = json_array();
    peer->requests = agent_requests_new(&peer->loop, &handler);
    *state = peer;
    return 0;
}

static int tear_down(void **state)
{
    struct peer *peer = *state;

    agent_requests_fail(peer->requests, true, ERR_UNAVAILABLE, "over");
    agent_requests_free(&peer->requests);
    uv_run(&peer->loop, UV_RUN_DEFAULT);
    int left = uv_loop_close(&peer->loop);
    json_decref(peer->sent);
    free(peer);
    return left;
}

static struct outgoing *ask(struct peer *peer, int64_t timeout_ms)
{
    struct outgoing_handler handler = {peer, on_note, on_reply};

    return agent_requests_ask(peer->requests, json_pack("{s:s}", "op", "x"), timeout_ms, &handler);
}

/* The kind of that frame, and its id. */
static int sent(const struct peer *peer, size_t index, char id[32])
{
    const json_t *pair = json_array_get(peer->sent, index);

    snprintf(id, 32, "%s", jsonx_str(json_array_get(pair, 1), "id", ""));
    return (int)json_integer_value(json_array_get(pair, 0));
}

static bool take(struct peer *peer, enum link_kind kind, json_t *json)
{
    bool good = agent_requests_frame(peer->requests, kind, json);

    json_decref(json);
    return good;
}

static void what_is_asked_before_it_is_ready_waits_in_order(void **state)
{
    struct peer *peer = *state;
    char first[32], second[32];

    ask(peer, 1000);
    ask(peer, 1000);
    assert_int_equal(json_array_size(peer->sent), 0);
    agent_requests_open(peer->requests);
    assert_int_equal(sent(peer, 0, first), LINK_REQUEST);
    assert_int_equal(sent(peer, 1, second), LINK_REQUEST);
    assert_string_equal(first, "d1");
    assert_string_equal(second, "d2");
    assert_true(take(peer, LINK_REPLY, json_pack("{s:s, s:{s:s}}", "id", second, "ok", "said", "hello")));
    assert_int_equal(peer->replies, 1);
    assert_string_equal(peer->text, "hello");
    assert_int_equal(agent_requests_waiting(peer->requests), 1);
    assert_int_equal(peer->quiet, 0);
    assert_true(take(peer, LINK_REPLY,
                     json_pack("{s:s, s:{s:s, s:s}}", "id", first, "error", "code", "denied", "text", "no")));
    assert_int_equal(peer->code, ERR_DENIED);
    assert_string_equal(peer->text, "no");
    assert_int_equal(peer->quiet, 1);
}

static void what_breaks_the_contract_is_told(void **state)
{
    struct peer *peer = *state;
    char longest[AGENT_REQUESTS_ID_MAX + 2];

    agent_requests_open(peer->requests);
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(take(peer, LINK_REQUEST, json_pack("{s:s}", "op", "x")));
    assert_false(take(peer, LINK_REQUEST, json_pack("{s:s, s:s}", "id", longest, "op", "x")));
    assert_false(take(peer, LINK_REQUEST, json_pack("{s:s, s:s}", "id", "d1", "op", "x")));
    assert_false(take(peer, LINK_REQUEST, json_pack("{s:i, s:s}", "id", 1, "op", "x")));
    assert_false(agent_requests_frame(peer->requests, LINK_REQUEST, NULL));
    assert_false(take(peer, LINK_REPLY, json_pack("{s:s}", "id", "d1")));
    assert_false(take(peer, LINK_REPLY, json_pack("{s:s, s:{}, s:{}}", "id", "d1", "ok", "error")));
    assert_false(take(peer, LINK_BEAT, json_pack("{s:s}", "id", "d1")));
    assert_true(take(peer, LINK_REQUEST, json_pack("{s:s, s:s}", "id", "a1", "op", "x")));
    assert_false(take(peer, LINK_REQUEST, json_pack("{s:s, s:s}", "id", "a1", "op", "x")));
    /* an answer to what does not wait is none: it crossed our cancellation */
    assert_true(take(peer, LINK_REPLY, json_pack("{s:s, s:{}}", "id", "d77", "ok")));
    assert_true(take(peer, LINK_NOTE, json_pack("{s:s}", "id", "d77")));
    assert_true(take(peer, LINK_CANCEL, json_pack("{s:s}", "id", "a77")));
    assert_int_equal(peer->replies, 0);
}

static void a_reply_to_what_was_not_sent_is_no_answer(void **state)
{
    struct peer *peer = *state;

    ask(peer, 1000);
    assert_false(take(peer, LINK_REPLY, json_pack("{s:s, s:{}}", "id", "d1", "ok")));
    assert_int_equal(peer->replies, 0);
}

static void a_deadline_answers_and_cancels(void **state)
{
    struct peer *peer = *state;
    char id[32];

    agent_requests_open(peer->requests);
    ask(peer, 60000);
    ask(peer, 10);
    while (peer->replies ==
           0) /* the loop's clock and ours may be a millisecond apart: the timer is set anew then */
        uv_run(&peer->loop, UV_RUN_ONCE);
    assert_int_equal(peer->replies, 1);
    assert_int_equal(peer->code, ERR_TIMEOUT);
    assert_int_equal(sent(peer, 2, id), LINK_CANCEL);
    assert_string_equal(id, "d2");
    assert_int_equal(agent_requests_waiting(peer->requests), 1);
}

static void who_cancels_hears_nothing_more(void **state)
{
    struct peer *peer = *state;
    char id[32];

    struct outgoing *unsent = ask(peer, 1000);
    outgoing_cancel(&unsent);
    assert_null(unsent);
    agent_requests_open(peer->requests);
    assert_int_equal(json_array_size(peer->sent), 0);
    struct outgoing *outgoing = ask(peer, 1000);
    outgoing_cancel(&outgoing);
    assert_int_equal(sent(peer, 1, id), LINK_CANCEL);
    assert_true(take(peer, LINK_REPLY, json_pack("{s:s, s:{}}", "id", id, "ok")));
    assert_int_equal(peer->replies, 0);
    assert_int_equal(peer->quiet, 2);
}

static void notes_go_to_the_request_that_they_name(void **state)
{
    struct peer *peer = *state;
    char id[32];

    agent_requests_open(peer->requests);
    struct outgoing *outgoing = ask(peer, 1000);
    assert_true(take(peer, LINK_NOTE, json_pack("{s:s, s:i}", "id", "d1", "progress", 1)));
    assert_int_equal(peer->notes, 1);
    outgoing_note(outgoing, json_object());
    assert_int_equal(sent(peer, 1, id), LINK_NOTE);
    assert_string_equal(id, "d1");
    assert_true(take(peer, LINK_REQUEST, json_pack("{s:s, s:s}", "id", "a1", "op", "x")));
    incoming_on(peer->incoming, on_cancelled, on_note, peer);
    assert_true(take(peer, LINK_NOTE, json_pack("{s:s}", "id", "a1")));
    assert_int_equal(peer->notes, 2);
    incoming_note(peer->incoming, json_object());
    assert_int_equal(sent(peer, 2, id), LINK_NOTE);
    assert_string_equal(id, "a1");
    incoming_reply(peer->incoming, NULL);
    assert_int_equal(sent(peer, 3, id), LINK_REPLY);
}

static void the_end_of_the_process_answers_ours_and_cancels_its_own(void **state)
{
    struct peer *peer = *state;

    agent_requests_open(peer->requests);
    ask(peer, 1000);
    take(peer, LINK_REQUEST, json_pack("{s:s, s:s}", "id", "a1", "op", "x"));
    incoming_on(peer->incoming, on_cancelled, NULL, peer);
    agent_requests_fail(peer->requests, true, ERR_UNAVAILABLE, "it ended");
    assert_int_equal(peer->replies, 1);
    assert_string_equal(peer->text, "it ended");
    assert_int_equal(peer->cancelled, 1);
    assert_int_equal(agent_requests_busy(peer->requests), 0);
}

static void what_it_never_got_can_wait_for_the_next_process(void **state)
{
    struct peer *peer = *state;
    char id[32];

    agent_requests_open(peer->requests);
    ask(peer, 1000);
    agent_requests_fail(peer->requests, false, ERR_UNAVAILABLE, "it left");
    assert_int_equal(peer->replies, 1);
    ask(peer, 1000);
    agent_requests_fail(peer->requests, false, ERR_UNAVAILABLE, "it has left");
    assert_int_equal(peer->replies, 1);
    agent_requests_open(peer->requests);
    assert_int_equal(sent(peer, 1, id), LINK_REQUEST);
    assert_string_equal(id, "d2");
}

static void both_sides_are_bounded(void **state)
{
    struct peer *peer = *state;
    char id[32];

    agent_requests_open(peer->requests);
    for (int i = 0; i < AGENT_REQUESTS_MAX; i++)
        assert_non_null(ask(peer, 1000));
    assert_null(ask(peer, 1000));
    for (int i = 0; i <= AGENT_REQUESTS_MAX; i++) {
        snprintf(id, sizeof id, "a%d", i);
        assert_true(take(peer, LINK_REQUEST, json_pack("{s:s, s:s}", "id", id, "op", "x")));
    }
    const json_t *last = json_array_get(json_array_get(peer->sent, AGENT_REQUESTS_MAX), 1);
    assert_string_equal(jsonx_str(jsonx_obj(last, "error"), "code", ""), "busy");
    assert_int_equal(agent_requests_busy(peer->requests), 2 * AGENT_REQUESTS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_asked_before_it_is_ready_waits_in_order),
        TEST(what_breaks_the_contract_is_told),
        TEST(a_reply_to_what_was_not_sent_is_no_answer),
        TEST(a_deadline_answers_and_cancels),
        TEST(who_cancels_hears_nothing_more),
        TEST(notes_go_to_the_request_that_they_name),
        TEST(the_end_of_the_process_answers_ours_and_cancels_its_own),
        TEST(what_it_never_got_can_wait_for_the_next_process),
        TEST(both_sides_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
