/* A lent server and its process, with a daemon that is this test: what is asked of it is kept, and answered
 * as each test wants. The server is a shell script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/lend.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define RUN     "l_01j8zq4k3nw8x5t7v9r2m6p0q1"
#define RUN_2   "l_01j8zq4k3nw8x5t7v9r2m6p0q2"

enum { PENDING_MAX = 64, WAIT_MS = 20000, SAID_MAX = 8192 };

struct client { /* the daemon, as the bridge sees it */
    struct {
        enum method method;
        json_t *params;
        client_reply_cb *reply;
        void *arg;
    } pending[PENDING_MAX];
    size_t count;
    json_t *messages; /* all that lend.message brought */
    char end[256];    /* of a run, as it was told */
    unsigned requests, withdrawn;
};

static struct {
    uv_loop_t loop;
    struct client client;
    struct lend *lend;
    char said[SAID_MAX];
    bool asks, over;
    enum err code;
} rig;

/* --- in the place of client.c --- */

void client_request(struct client *client, enum method method, const char *session, json_t *params,
                    int timeout_ms, client_reply_cb *reply, void *arg)
{
    size_t i;
    json_t *message;

    (void)timeout_ms;
    assert_string_equal(session, SESSION);
    assert_true(client->count < PENDING_MAX);
    client->requests++;
    client->withdrawn += method == METHOD_LEND_WITHDRAW;
    if (method == METHOD_LEND_MESSAGE) {
        assert_true(json_array_size(jsonx_arr(params, "messages")) <= LEND_BATCH_MAX);
        json_array_foreach(jsonx_arr(params, "messages"), i, message)
        {
            json_array_append(client->messages, message);
        }
        if (jsonx_str(params, "end", NULL))
            snprintf(client->end, sizeof client->end, "%s%s", jsonx_str(params, "end", ""),
                     jsonx_bool(params, "began", true) ? "" : " (not begun)");
    }
    client->pending[client->count].method = method;
    client->pending[client->count].params = params;
    client->pending[client->count].reply = reply;
    client->pending[client->count++].arg = arg;
}

void client_forget(struct client *client, const void *arg)
{
    for (size_t i = 0; i < client->count; i++)
        if (client->pending[i].arg == arg)
            client->pending[i].reply = NULL;
}

enum client_link client_link(const struct client *client)
{
    (void)client;
    return CLIENT_READY;
}

const struct client_hello *client_hello(const struct client *client)
{
    static const struct client_hello hello = {.user = "ann", .participant = "c_1"};

    (void)client;
    return &hello;
}

/* --- the rig --- */

static void on_say(void *arg, struct lend *lend, enum lend_says what, const char *text)
{
    static const char *const names[] = {"offered", "began", "ended", "called", "done", "stderr"};
    size_t len = strlen(rig.said);

    (void)arg;
    (void)lend;
    snprintf(rig.said + len, sizeof rig.said - len, "%s %s\n", names[what], text);
}

static void on_ask(void *arg, struct lend *lend, const char *text)
{
    size_t len = strlen(rig.said);

    (void)arg;
    (void)lend;
    snprintf(rig.said + len, sizeof rig.said - len, "ask %s\n", text);
}

static void on_void_ask(void *arg, struct lend *lend)
{
    (void)arg;
    (void)lend;
    strcat(rig.said, "void\n");
}

static void on_over(void *arg, struct lend *lend, enum err code, const char *text)
{
    (void)arg;
    (void)lend;
    (void)text;
    rig.over = true;
    rig.code = code;
}

static void begin(const char *script, bool asks)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, xstrdup(script), NULL};
    struct lend_options options = {.loop = &rig.loop,
                                   .client = &rig.client,
                                   .session = SESSION,
                                   .name = "notes",
                                   .argv = argv,
                                   .callbacks = {NULL, on_say, asks ? on_ask : NULL, on_void_ask, on_over}};

    memset(&rig, 0, sizeof rig);
    uv_loop_init(&rig.loop);
    rig.client.messages = json_array();
    rig.lend = lend_open(&options);
    free(argv[2]);
}

static void end(void)
{
    lend_close(&rig.lend);
    uv_run(&rig.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig.loop), 0);
    for (size_t i = 0; i < rig.client.count; i++)
        json_decref(rig.client.pending[i].params);
    json_decref(rig.client.messages);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left, nor unreaped */
    assert_int_equal(errno, ECHILD);
}

/* The oldest request is answered. */
static void answer(enum method method, enum err code, const char *text, json_t *ok)
{
    assert_true(rig.client.count > 0);
    assert_int_equal(rig.client.pending[0].method, method);
    client_reply_cb *reply = rig.client.pending[0].reply;
    void *arg = rig.client.pending[0].arg;
    json_decref(rig.client.pending[0].params);
    memmove(&rig.client.pending[0], &rig.client.pending[1],
            --rig.client.count * sizeof rig.client.pending[0]);
    if (reply)
        reply(arg, code, text, ok);
    json_decref(ok);
}

static void offered(const char *run)
{
    answer(METHOD_LEND_OFFER, ERR_OK, "", json_pack("{s:s,s:s}", "server", "notes", "run", run));
}

static bool notice(const char *run, const char *member, json_t *value)
{
    json_t *json = json_pack("{s:s,s:s,s:s}", "notice", "lend", "session", SESSION, "server", "notes");

    if (run)
        jsonx_set_str(json, "run", run);
    json_object_set_new(json, member, value);
    bool taken = lend_notice(rig.lend, json);
    json_decref(json);
    return taken;
}

static void start(const char *run)
{
    assert_true(notice(run, "start", json_true()));
}

static void message(const char *run, const char *text)
{
    json_t *json = jsonx_parse(text, strlen(text), NULL);

    assert_non_null(json);
    assert_true(notice(run, "message", json));
}

static bool has_said(const char *text)
{
    return strstr(rig.said, text) != NULL;
}

static bool has_messages(void *count)
{
    return json_array_size(rig.client.messages) >= *(size_t *)count;
}

static bool has_end(void *unused)
{
    (void)unused;
    return rig.client.end[0] != '\0';
}

/* lend.message is answered as it comes. */
static void until(bool (*is_so)(void *arg), void *arg)
{
    int64_t late = clock_steady_ms() + WAIT_MS;

    while (!is_so(arg)) {
        assert_true(clock_steady_ms() < late);
        while (rig.client.count > 0 && rig.client.pending[0].method == METHOD_LEND_MESSAGE)
            answer(METHOD_LEND_MESSAGE, ERR_OK, "", NULL);
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    }
}

static const char *text_of(size_t at, const char *key)
{
    return jsonx_str(json_array_get(rig.client.messages, at), key, "");
}

/* --- tests --- */

#define REPEAT "while read -r line; do echo \"$line\"; done"

static void names_of_servers(void **unused)
{
    (void)unused;
    assert_true(lend_is_name("a"));
    assert_true(lend_is_name("notes-2_x"));
    assert_true(lend_is_name("0123456789abcdefghijklmnopqrstuv"));
    assert_false(lend_is_name(""));
    assert_false(lend_is_name("-x"));
    assert_false(lend_is_name("Notes"));
    assert_false(lend_is_name("a/b"));
    assert_false(lend_is_name("0123456789abcdefghijklmnopqrstuvw"));
}

static void a_run_starts_the_server_and_carries_lines_both_ways(void **unused)
{
    size_t two = 2;

    (void)unused;
    begin(REPEAT, false);
    offered("");
    assert_true(has_said("offered"));
    start(RUN);
    message(RUN, "{\"jsonrpc\":\"2.0\",\"method\":\"one\"}");
    message(RUN_2, "{\"jsonrpc\":\"2.0\",\"method\":\"of another run\"}");
    message(RUN, "{\"jsonrpc\":\"2.0\",\"method\":\"two\"}");
    until(has_messages, &two);
    assert_string_equal(text_of(0, "method"), "one");
    assert_string_equal(text_of(1, "method"), "two");
    end();
    assert_int_equal(rig.client.withdrawn, 1);
}

static void each_run_has_a_process_of_its_own(void **unused)
{
    size_t one = 1, two = 2;

    (void)unused;
    begin("echo \"{\\\"pid\\\":\\\"$$\\\"}\"; " REPEAT, false);
    offered("");
    start(RUN);
    until(has_messages, &one);
    assert_true(notice(RUN, "end", json_true()));
    assert_true(has_said("ended"));
    start(RUN_2);
    until(has_messages, &two);
    assert_string_not_equal(text_of(0, "pid"), text_of(1, "pid"));
    end();
}

static void how_it_ended_is_told_after_what_it_said(void **unused)
{
    (void)unused;
    begin("echo '{\"last\":\"words\"}'; echo why >&2; exit 3", false);
    offered("");
    start(RUN);
    until(has_end, NULL);
    assert_int_equal(json_array_size(rig.client.messages), 1);
    assert_string_equal(rig.client.end, "it ended with exit code 3");
    assert_true(has_said("stderr why"));
    end();
}

static void a_program_that_is_not_there_is_not_begun(void **unused)
{
    char *argv[] = {(char[]){"/no/such/program"}, NULL};
    struct lend_options options = {.loop = &rig.loop,
                                   .client = &rig.client,
                                   .session = SESSION,
                                   .name = "notes",
                                   .argv = argv,
                                   .callbacks = {NULL, on_say, NULL, on_void_ask, on_over}};

    (void)unused;
    begin("true", false);
    lend_close(&rig.lend);
    while (rig.client.count > 0)
        json_decref(rig.client.pending[--rig.client.count].params);
    rig.lend = lend_open(&options);
    offered("");
    start(RUN);
    assert_true(has_end(NULL));
    assert_string_equal(rig.client.end, "can't run /no/such/program: No such file or directory (not begun)");
    end();
}

/* One request is under way, whatever comes; then many go at once, in their order. */
static void messages_wait_for_the_one_before_and_keep_their_order(void **unused)
{
    enum { COUNT = 500 };
    size_t all = COUNT;

    (void)unused;
    begin("i=0; while [ $i -lt 500 ]; do echo \"{\\\"n\\\":$i}\"; i=$((i+1)); done; cat >/dev/null", false);
    offered("");
    start(RUN);
    until(has_messages, &all);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(jsonx_int(json_array_get(rig.client.messages, (size_t)i), "n", -1), i);
    assert_true(rig.client.requests < COUNT);
    end();
}

static void what_the_daemon_is_too_busy_for_is_said_again(void **unused)
{
    size_t one = 1, two = 2;

    (void)unused;
    begin("echo '{\"n\":1}'; cat >/dev/null", false);
    offered("");
    start(RUN);
    while (!has_messages(&one))
        uv_run(&rig.loop, UV_RUN_ONCE);
    answer(METHOD_LEND_MESSAGE, ERR_BUSY, "the agent is behind", NULL);
    until(has_messages, &two);
    assert_int_equal(jsonx_int(json_array_get(rig.client.messages, 1), "n", 0), 1);
    end();
}

static void an_answer_that_is_not_taken_becomes_an_error_of_its_id(void **unused)
{
    size_t one = 1, two = 2;

    (void)unused;
    begin("echo '{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}'; cat >/dev/null", false);
    offered("");
    start(RUN);
    while (!has_messages(&one))
        uv_run(&rig.loop, UV_RUN_ONCE);
    answer(METHOD_LEND_MESSAGE, ERR_BAD_REQUEST, "it is odd", NULL);
    until(has_messages, &two);
    const json_t *instead = json_array_get(rig.client.messages, 1);
    assert_int_equal(jsonx_int(instead, "id", 0), 7);
    assert_non_null(strstr(jsonx_str(jsonx_obj(instead, "error"), "message", ""), "it is odd"));
    end();
}

static void a_run_that_the_daemon_does_not_know_is_ended(void **unused)
{
    size_t one = 1;

    (void)unused;
    begin("echo '{\"n\":1}'; cat >/dev/null", false);
    offered("");
    start(RUN);
    while (!has_messages(&one))
        uv_run(&rig.loop, UV_RUN_ONCE);
    answer(METHOD_LEND_MESSAGE, ERR_CONFLICT, "the run is over", NULL);
    assert_true(has_said("ended"));
    end();
}

static void after_a_reconnect_only_the_run_that_goes_on_is_kept(void **unused)
{
    (void)unused;
    begin(REPEAT, false);
    offered("");
    start(RUN);
    lend_link(rig.lend, CLIENT_AWAY);
    lend_link(rig.lend, CLIENT_READY);
    offered(RUN); /* the daemon had been slow */
    assert_false(has_said("ended"));
    lend_link(rig.lend, CLIENT_AWAY);
    lend_link(rig.lend, CLIENT_READY);
    offered(""); /* it is another one */
    assert_true(has_said("ended"));
    end();
}

static void what_is_over_is_not_offered_again(void **unused)
{
    (void)unused;
    begin(REPEAT, false);
    offered("");
    start(RUN);
    assert_true(notice(NULL, "over", json_string("revoked")));
    assert_true(rig.over);
    assert_int_equal(rig.code, ERR_DENIED);
    lend_link(rig.lend, CLIENT_READY);
    assert_int_equal(rig.client.count, 0);
    end();
    assert_int_equal(rig.client.withdrawn, 0);
}

static void silence_is_made_good_by_another_offer(void **unused)
{
    (void)unused;
    begin(REPEAT, false);
    offered("");
    start(RUN);
    assert_true(notice(NULL, "over", json_string("silent")));
    assert_false(rig.over);
    assert_true(has_said("ended"));
    offered("");
    end();
}

#define CALL(id)                                                                                             \
    "{\"jsonrpc\":\"2.0\",\"id\":" #id                                                                       \
    ",\"method\":\"tools/call\",\"params\":{\"name\":\"rm\",\"arguments\":{\"file\":\"a\\u001b[31mb\"}}}"

static void calls_wait_for_a_yes_one_after_the_other(void **unused)
{
    size_t one = 1, two = 2;

    (void)unused;
    begin("while read -r line; do echo '{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}'; done", true);
    offered("");
    start(RUN);
    message(RUN, CALL(1));
    message(RUN, CALL(2));
    assert_true(has_said("ask rm {\"file\":\"a"));
    assert_null(strchr(rig.said, '\x1b'));
    rig.said[0] = '\0';
    lend_answer(rig.lend, false);
    until(has_messages, &one);
    assert_int_equal(jsonx_int(json_array_get(rig.client.messages, 0), "id", 0), 1);
    assert_string_equal(jsonx_str(jsonx_obj(json_array_get(rig.client.messages, 0), "error"), "message", ""),
                        "ann, whose terminal lends this tool, declined the call");
    assert_true(has_said("ask rm"));
    lend_answer(rig.lend, true);
    until(has_messages, &two);
    assert_true(has_said("done rm: done"));
    lend_answer(rig.lend, true); /* there is nothing to be answered */
    end();
}

static void a_call_that_was_taken_back_is_not_begun(void **unused)
{
    (void)unused;
    begin(REPEAT, true);
    offered("");
    start(RUN);
    message(RUN, CALL(1));
    message(RUN, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}");
    assert_true(has_said("void"));
    lend_answer(rig.lend, true);
    for (int i = 0; i < 20; i++)
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    assert_int_equal(json_array_size(rig.client.messages), 0);
    end();
}

static void lines_that_are_no_json_are_for_people(void **unused)
{
    size_t one = 1;

    (void)unused;
    begin("echo 'hello \x1b[31m'; echo '[1]'; echo; echo '{\"n\":1}'; cat >/dev/null", false);
    offered("");
    start(RUN);
    until(has_messages, &one);
    assert_true(has_said("stderr hello"));
    assert_true(has_said("stderr [1]"));
    assert_null(strchr(rig.said, '\x1b'));
    end();
}

static void a_deaf_server_is_killed_at_the_end(void **unused)
{
    (void)unused;
    begin("trap '' TERM; echo '{}'; while :; do sleep 1; done", false);
    offered("");
    start(RUN);
    size_t one = 1;
    until(has_messages, &one);
    int64_t since = clock_steady_ms();
    lend_close_now(&rig.lend);
    assert_true(clock_steady_ms() - since < WAIT_MS / 2);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_servers),
        cmocka_unit_test(a_run_starts_the_server_and_carries_lines_both_ways),
        cmocka_unit_test(each_run_has_a_process_of_its_own),
        cmocka_unit_test(how_it_ended_is_told_after_what_it_said),
        cmocka_unit_test(a_program_that_is_not_there_is_not_begun),
        cmocka_unit_test(messages_wait_for_the_one_before_and_keep_their_order),
        cmocka_unit_test(what_the_daemon_is_too_busy_for_is_said_again),
        cmocka_unit_test(an_answer_that_is_not_taken_becomes_an_error_of_its_id),
        cmocka_unit_test(a_run_that_the_daemon_does_not_know_is_ended),
        cmocka_unit_test(after_a_reconnect_only_the_run_that_goes_on_is_kept),
        cmocka_unit_test(what_is_over_is_not_offered_again),
        cmocka_unit_test(silence_is_made_good_by_another_offer),
        cmocka_unit_test(calls_wait_for_a_yes_one_after_the_other),
        cmocka_unit_test(a_call_that_was_taken_back_is_not_begun),
        cmocka_unit_test(lines_that_are_no_json_are_for_people),
        cmocka_unit_test(a_deaf_server_is_killed_at_the_end),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
