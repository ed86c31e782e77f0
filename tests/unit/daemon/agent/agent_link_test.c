/* The agent's end of the link: frames in any pieces, broken ones, the end. */
#include "daemon/agent/agent_link.h"
#include "tests/unit/daemon/agent/rig.h"

#include <signal.h>

static void write_all(struct rig *rig, const void *bytes, size_t len)
{
    assert_int_equal(write(rig->daemon, bytes, len), len);
    for (int i = 0; i < 3; i++)
        uv_run(&rig->loop, UV_RUN_NOWAIT);
}

static void frames_come_in_any_pieces(void **state)
{
    struct buf frames;
    struct rig rig;

    (void)state;
    buf_init(&frames, 1000);
    link_put(&frames, LINK_LOAD, "{\"a\":1}", 7);
    link_put(&frames, LINK_STOP, "", 0);
    for (size_t cut = 0; cut <= frames.len; cut++) {
        rig_open(&rig, NULL);
        write_all(&rig, frames.data, cut);
        write_all(&rig, frames.data + cut, frames.len - cut);
        assert_string_equal(rig.order.data, "[got 1 {\"a\":1}][got 5 ]");
        assert_null(rig.lost);
        rig_close(&rig);
    }
    buf_free(&frames);
}

static void a_broken_frame_ends_the_link(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    write_all(&rig, "\xff\xff\xff\xff\x01", 5);
    assert_non_null(rig.lost);
    assert_string_not_equal(rig.lost, "");
    rig_close(&rig);
    rig_open(&rig, NULL);
    write_all(&rig, "\0\0\0\0\x01", 5);
    assert_non_null(rig.lost);
    rig_close(&rig);
}

static void the_daemon_s_end_is_the_end(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    shutdown(rig.daemon, SHUT_WR);
    while (!rig.lost)
        uv_run(&rig.loop, UV_RUN_ONCE);
    assert_string_equal(rig.lost, "");
    rig_close(&rig);
}

static void what_was_said_before_closing_arrives(void **state)
{
    struct rig rig;
    char *text = malloc(2000001);

    (void)state;
    memset(text, 'x', 2000000);
    text[2000000] = '\0';
    rig_open(&rig, NULL);
    agent_link_fact(rig.link, EVENT_ERROR_OCCURRED, json_pack("{s:s,s:s}", "kind", "agent", "text", text));
    assert_true(agent_link_behind(rig.link));
    agent_link_close(&rig.link);
    assert_null(rig.link);
    while (rig_read(&rig))
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    assert_string_equal(rig.order.data, "error.occurred");
    free(text);
    rig_close(&rig);
}

static void a_daemon_that_is_gone_is_no_harm(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    shutdown(rig.daemon, SHUT_RDWR);
    for (int i = 0; i < 100; i++)
        agent_link_json(rig.link, LINK_BEAT, json_object());
    while (!rig.lost)
        uv_run(&rig.loop, UV_RUN_ONCE);
    rig_close(&rig);
}

static void a_daemon_that_does_not_read_is_lost(void **state)
{
    struct rig rig;
    char *text = malloc(10000001);

    (void)state;
    memset(text, 'x', 10000000);
    text[10000000] = '\0';
    rig_open(&rig, NULL);
    for (int i = 0; i < 9; i++) {
        agent_link_fact(rig.link, EVENT_ERROR_OCCURRED,
                        json_pack("{s:s,s:s}", "kind", "agent", "text", text));
        assert_null(rig.lost); /* never from within */
    }
    while (!rig.lost)
        uv_run(&rig.loop, UV_RUN_ONCE);
    assert_non_null(strstr(rig.lost, "does not read"));
    free(text);
    rig_close(&rig);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_in_any_pieces),
        cmocka_unit_test(a_broken_frame_ends_the_link),
        cmocka_unit_test(the_daemon_s_end_is_the_end),
        cmocka_unit_test(what_was_said_before_closing_arrives),
        cmocka_unit_test(a_daemon_that_is_gone_is_no_harm),
        cmocka_unit_test(a_daemon_that_does_not_read_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
