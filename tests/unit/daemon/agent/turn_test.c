/* A turn, as its daemon sees it: the order of the facts, what the chunks add up to, and how it ends. The demo
 * model plays. */
#include "daemon/agent/reply.h"
#include "daemon/agent/turn.h"
#include "shared/clock.h"
#include "tests/unit/daemon/agent/rig.h"
#include "tests/unit/daemon/agent/servers_fake.h"

#define WHOLE "message.added streaming chunk stream.completed idle"

static void on_event(void *arg, const struct event *event)
{
    struct turn **turn = arg;

    if (*turn)
        turn_event(*turn, event);
}

static void begin(struct rig *rig, struct turn **turn, const char *asked, const char *order)
{
    json_t *json = json_loads(order, 0, NULL);

    assert_non_null(json);
    rig_open(rig, session_asked(asked));
    struct turn_options options = {
        .loop = &rig->loop, .link = rig->link, .http = rig->http, .state = &rig->state};
    *turn = turn_new(&options);
    rig->event = on_event;
    rig->arg = turn;
    turn_begin(*turn, json);
    json_decref(json);
}

/* Until the turn has ended and the daemon has read so. */
static void finish(struct rig *rig, struct turn **turn)
{
    while (turn_running(*turn)) {
        uv_run(&rig->loop, UV_RUN_ONCE);
        rig_read(rig);
    }
    while (rig_read(rig) && rig->state->run != RUN_IDLE)
        uv_run(&rig->loop, UV_RUN_NOWAIT);
    rig->event = NULL;
    turn_free(turn);
}

static void play(struct rig *rig, const char *asked, const char *order)
{
    struct turn *turn;

    begin(rig, &turn, asked, order);
    finish(rig, &turn);
}

#define DEMO "{\"model\":\"demo\",\"provider\":{\"name\":\"demo\",\"api\":\"demo\"},\"demo\":{\"rate\":0}"

static const struct message *reply_of(const struct rig *rig)
{
    return rig->state->messages[rig->state->message_count - 1];
}

static void a_turn_from_beginning_to_end(void **state)
{
    struct rig rig;

    (void)state;
    play(&rig, "/demo echo=one two three four five", DEMO "}");
    assert_string_equal(rig.order.data, WHOLE);
    assert_int_equal(rig.state->run, RUN_IDLE);
    const struct message *reply = reply_of(&rig);
    assert_string_equal(reply->author, "demo/demo");
    assert_string_equal(reply->blocks[0].text.data, "one two three four five");
    assert_string_equal(reply->stop_reason, "end_turn");
    assert_int_equal(reply->usage.output, 2);
    assert_int_equal(rig.chunks, 2);
    assert_true(reply->total_ms >= reply->first_ms && reply->first_ms >= 0);
    assert_string_equal(jsonx_str(rig.last[EVENT_STATE_CHANGED], "reason", ""), "done");
    rig_close(&rig);
}

static void chunks_add_up_to_the_message(void **state)
{
    struct rig rig;
    json_t *content;

    (void)state;
    play(&rig, "/demo reasoning=1 chunks=3000 bytes=50 rate=1000000", DEMO "}");
    assert_string_equal(rig.order.data, WHOLE);
    assert_int_equal(reply_of(&rig)->block_count, 2);
    assert_int_equal(reply_of(&rig)->blocks[1].text.len, 150000);
    content = message_content(reply_of(&rig));
    assert_true(json_equal(content, jsonx_arr(rig.last[EVENT_STREAM_COMPLETED], "content")));
    json_decref(content);
    assert_true(rig.chunks > 3000 && rig.chunk_frames < rig.chunks); /* what was due at once came at once */
    rig_close(&rig);
}

static void failures(void **state)
{
    struct rig rig;

    (void)state;
    play(&rig, "/demo fail=start", DEMO "}");
    assert_string_equal(rig.order.data, "error.occurred idle");
    assert_string_equal(rig.state->error_kind, "provider");
    rig_close(&rig);

    play(&rig, "/demo fail=mid chunks=4 bytes=3", DEMO "}");
    assert_string_equal(rig.order.data, "message.added streaming chunk stream.completed error.occurred idle");
    assert_int_equal(reply_of(&rig)->status, MESSAGE_FAILED);
    assert_int_equal(reply_of(&rig)->blocks[0].text.len, 6);
    assert_string_equal(reply_of(&rig)->error, rig.state->error_text);
    rig_close(&rig);

    play(&rig, "x", "{\"model\":\"m\",\"provider\":{\"name\":\"p\",\"api\":\"telepathy\"}}");
    assert_string_equal(rig.order.data, "error.occurred idle");
    assert_non_null(strstr(rig.state->error_text, "telepathy"));
    rig_close(&rig);
}

static void a_reply_has_a_size(void **state)
{
    struct rig rig;

    (void)state;
    play(&rig, "/demo chunks=100 bytes=30 tool=look", DEMO ",\"reply_max\":100}");
    assert_string_equal(rig.order.data, WHOLE);
    assert_int_equal(reply_of(&rig)->blocks[0].text.len, 100);
    assert_int_equal(reply_of(&rig)->status, MESSAGE_COMPLETE);
    assert_string_equal(reply_of(&rig)->stop_reason, "size_limit");
    assert_string_equal(
        reply_of(&rig)->error,
        "The reply is as large as one may be (limits.reply_size is 100 bytes), and ends here; "
        "send a message to go on.");
    rig_close(&rig);

    play(&rig, "/demo chunks=1 bytes=101",
         DEMO ",\"reply_max\":100}"); /* the end and the limit in one turn of the loop */
    assert_string_equal(reply_of(&rig)->stop_reason, "size_limit");
    rig_close(&rig);
}

static void a_block_has_a_size(void **state)
{
    struct rig rig;

    (void)state;
    play(&rig, "/demo chunks=100 bytes=50000", DEMO ",\"reply_max\":99999999}");
    assert_string_equal(rig.order.data, WHOLE);
    assert_int_equal(reply_of(&rig)->blocks[0].text.len, STATE_TEXT_MAX);
    assert_string_equal(reply_of(&rig)->stop_reason, "size_limit");
    rig_close(&rig);
}

static void interrupts(void **state)
{
    struct rig rig;
    struct turn *turn;

    (void)state;
    begin(&rig, &turn, "/demo hang=1", DEMO "}");
    uv_run(&rig.loop, UV_RUN_NOWAIT);
    turn_interrupt(turn, LINK_INTERRUPT_USER);
    turn_interrupt(turn, LINK_INTERRUPT_USER); /* a second one is nothing */
    finish(&rig, &turn);
    assert_string_equal(rig.order.data, "idle");
    assert_string_equal(jsonx_str(rig.last[EVENT_STATE_CHANGED], "reason", ""), "interrupted");
    rig_close(&rig);

    begin(&rig, &turn, "/demo chunks=1000000", DEMO "}");
    while (rig.chunks < 10) {
        uv_run(&rig.loop, UV_RUN_ONCE);
        rig_read(&rig);
    }
    int64_t start = clock_steady_ms();
    turn_interrupt(turn, LINK_INTERRUPT_USER);
    finish(&rig, &turn);
    assert_true(clock_steady_ms() - start < 100);
    assert_string_equal(rig.order.data, WHOLE);
    assert_int_equal(reply_of(&rig)->status, MESSAGE_INTERRUPTED);
    assert_true(reply_of(&rig)->blocks[0].text.len >= 240);
    rig_close(&rig);
}

static void a_turn_may_be_dropped(void **state)
{
    struct rig rig;
    struct turn *turn;

    (void)state;
    begin(&rig, &turn, "/demo chunks=1000000", DEMO "}");
    uv_run(&rig.loop, UV_RUN_NOWAIT);
    rig.event = NULL;
    turn_free(&turn);
    assert_null(turn);
    rig_close(&rig);
}

static void chunks_are_joined_while_the_daemon_is_behind(void **state)
{
    struct rig rig;
    struct turn *turn;

    (void)state;
    begin(&rig, &turn, "/demo chunks=100000 bytes=10", DEMO "}");
    while (turn_running(turn)) /* nobody reads */
        uv_run(&rig.loop, UV_RUN_ONCE);
    finish(&rig, &turn);
    assert_string_equal(rig.order.data, WHOLE);
    assert_int_equal(rig.chunks, 100000);
    assert_true(rig.chunk_frames < 50000);
    rig_close(&rig);
}

/* --- replies that the demo model does not give --- */

static void opaque_and_empty_blocks_have_no_chunks(void **state)
{
    struct rig rig;
    char *dump;

    (void)state;
    rig_open(&rig, NULL);
    struct reply *reply = reply_new(rig.link, 1000);
    unsigned empty = reply_begin(reply, BLOCK_TEXT, NULL, NULL);
    unsigned opaque = reply_begin(reply, BLOCK_REDACTED, NULL, NULL);
    unsigned thought = reply_begin(reply, BLOCK_REASONING, NULL, NULL);
    unsigned call = reply_begin(reply, BLOCK_TOOL_CALL, "", "f");
    reply_delta(reply, opaque, "zz", 2);
    reply_delta(reply, call, "{}", 2);
    reply_signature(reply, thought, "s1");
    reply_signature(reply, thought, "s2");
    reply_flush(reply, true);
    rig_read(&rig);
    assert_int_equal(rig.chunks, 2); /* the call and its input, as block 0 */

    json_t *content = reply_content(reply);
    assert_int_equal(json_array_size(content), 3);
    assert_string_equal(jsonx_str(json_array_get(content, 0), "data", ""), "zz");
    assert_string_equal(jsonx_str(json_array_get(content, 1), "signature", ""), "s2");
    dump = jsonx_dump(json_array_get(content, 2), NULL);
    assert_non_null(strstr(dump, "\"id\":\"call_")); /* a call without an id gets one */
    free(dump);
    json_decref(content);
    (void)empty;
    reply_free(&reply);
    rig_close(&rig);
}

/* Signatures are as long as a server likes; the message must still fit. */
static void giant_signatures_are_dropped(void **state)
{
    struct rig rig;
    char *giant = calloc(1, 50001);

    (void)state;
    memset(giant, 's', 50000);
    rig_open(&rig, NULL);
    struct reply *reply = reply_new(rig.link, 1000);
    unsigned a = reply_begin(reply, BLOCK_REASONING, NULL, NULL),
             b = reply_begin(reply, BLOCK_REASONING, NULL, NULL);
    reply_delta(reply, a, "x", 1);
    reply_delta(reply, b, "y", 1);
    reply_signature(reply, a, giant);
    reply_signature(reply, b, giant);
    json_t *content = reply_content(reply);
    assert_string_equal(jsonx_str(json_array_get(content, 0), "signature", ""), giant);
    assert_null(json_object_get(json_array_get(content, 1), "signature"));
    json_decref(content);
    reply_signature(reply, a, "short");
    reply_signature(reply, b, giant);
    content = reply_content(reply);
    assert_string_equal(jsonx_str(json_array_get(content, 1), "signature", ""), giant);
    json_decref(content);
    reply_free(&reply);
    rig_close(&rig);
    free(giant);
}

static void interleaved_blocks_grow_apart(void **state)
{
    struct rig rig;
    struct session_message none[] = {{NULL, NULL, NULL}};

    (void)state;
    rig_open(&rig, session_make(none, "streaming"));
    struct reply *reply = reply_new(rig.link, 1000);
    json_t *fact = json_pack("{s:s,s:{s:{s:s,s:s,s:s,s:i,s:s,s:i,s:[]}}}", "type", "message.added", "data",
                             "message", "id", reply_id(reply), "role", "assistant", "author", "a", "ts", 1,
                             "status", "streaming", "index", 0, "content");
    agent_link_json(rig.link, LINK_FACT, fact);
    unsigned a = reply_begin(reply, BLOCK_TOOL_CALL, "a", "f"),
             b = reply_begin(reply, BLOCK_TOOL_CALL, "b", "g");
    reply_delta(reply, a, "1", 1);
    reply_delta(reply, b, "2", 1);
    reply_delta(reply, a, "3", 1);
    reply_flush(reply, true);
    rig_read(&rig);
    assert_int_equal(rig.chunk_frames, 5);
    assert_string_equal(rig.state->messages[0]->blocks[0].text.data, "13");
    assert_string_equal(rig.state->messages[0]->blocks[1].text.data, "2");
    assert_true(reply_calls(reply));
    reply_free(&reply);
    rig_close(&rig);
}

static void giant_deltas_and_many_blocks(void **state)
{
    struct rig rig;
    char *text = malloc(300001);

    (void)state;
    for (int i = 0; i < 100000; i++)
        memcpy(text + i * 3, "\xE6\x97\xA5", 4);
    rig_open(&rig, NULL);
    struct reply *reply = reply_new(rig.link, 1 << 20);
    reply_delta(reply, reply_begin(reply, BLOCK_TEXT, NULL, NULL), text, 300000);
    assert_false(reply_full(reply));
    for (int i = 1; i < STATE_BLOCKS_MAX; i++)
        reply_delta(reply, reply_begin(reply, BLOCK_TEXT, NULL, NULL), "x", 1);
    assert_false(reply_full(reply));
    reply_delta(reply, reply_begin(reply, BLOCK_TEXT, NULL, NULL), "x", 1);
    assert_true(reply_full(reply));
    reply_flush(reply, true);
    while (rig.chunk_frames < 5 + 255) {
        uv_run(&rig.loop, UV_RUN_NOWAIT);
        rig_read(&rig);
    }
    json_t *content = reply_content(reply);
    assert_int_equal(json_array_size(content), STATE_BLOCKS_MAX);
    json_decref(content);
    reply_free(&reply);
    free(text);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_from_beginning_to_end),
        cmocka_unit_test(chunks_add_up_to_the_message),
        cmocka_unit_test(failures),
        cmocka_unit_test(a_reply_has_a_size),
        cmocka_unit_test(a_block_has_a_size),
        cmocka_unit_test(interrupts),
        cmocka_unit_test(a_turn_may_be_dropped),
        cmocka_unit_test(chunks_are_joined_while_the_daemon_is_behind),
        cmocka_unit_test(opaque_and_empty_blocks_have_no_chunks),
        cmocka_unit_test(giant_signatures_are_dropped),
        cmocka_unit_test(interleaved_blocks_grow_apart),
        cmocka_unit_test(giant_deltas_and_many_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
