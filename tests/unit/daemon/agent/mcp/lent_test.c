/* Servers that terminals lend, over a link whose other end is this test: runs have numbers, and what is of
 * none reaches nobody. */
#include "daemon/agent/mcp/lent.h"
#include "proto/envelope.h"
#include "shared/xalloc.h"
#include "tests/unit/daemon/agent/rig.h"

struct ends {
    struct rig rig;
    struct lents *lents;
    struct mcp_transport *transport;
    int messages, lost, closed;
    enum mcp_why why;
    char text[256];
    char last[256]; /* method of the newest message */
};

static void on_message(void *arg, json_t *message, uint64_t request)
{
    struct ends *ends = arg;

    assert_int_equal(request, 0);
    ends->messages++;
    snprintf(ends->last, sizeof ends->last, "%s", jsonx_str(message, "method", ""));
}

static void on_lost(void *arg, const struct mcp_failure *failure)
{
    struct ends *ends = arg;

    ends->lost++;
    ends->why = failure->why;
    snprintf(ends->text, sizeof ends->text, "%s", failure->text);
}

static void on_closed(void *arg)
{
    ((struct ends *)arg)->closed++;
}

static void on_frame(void *arg, json_t *json)
{
    struct ends *ends = arg;

    agent_link_json(ends->rig.link, LINK_LENT, json);
}

static void begin(struct ends *ends)
{
    struct mcp_transport_handler handler = {.arg = ends, .message = on_message, .lost = on_lost};

    memset(ends, 0, sizeof *ends);
    rig_open(&ends->rig, NULL);
    ends->lents = lents_new(&ends->rig.loop, on_frame, ends);
    ends->transport = lent_open(ends->lents, "notes", &handler);
}

static void end(struct ends *ends)
{
    lents_free(&ends->lents);
    mcp_transport_close(&ends->transport, on_closed, ends);
    rig_close(&ends->rig);
}

/* The next frame to the daemon, as JSON (new reference); NULL if there is none. */
static json_t *sent(struct ends *ends)
{
    char bytes[65536];
    enum link_kind kind;
    const char *payload;
    size_t len, at = 0;
    ssize_t count;
    json_t *json = NULL;

    while ((count = read(ends->rig.daemon, bytes, sizeof bytes)) > 0)
        buf_put(&ends->rig.in, bytes, (size_t)count);
    if (link_next(&ends->rig.in, &at, &kind, &payload, &len) == 1) {
        assert_int_equal(kind, LINK_LENT);
        json = jsonx_parse(payload, len, NULL);
        assert_non_null(json);
    }
    buf_drop(&ends->rig.in, at);
    return json;
}

static int64_t sent_run(struct ends *ends, const char *member)
{
    json_t *json = sent(ends);
    int64_t run = jsonx_int(json, "run", 0);

    assert_non_null(json);
    assert_string_equal(jsonx_str(json, "server", ""), "notes");
    assert_non_null(json_object_get(json, member));
    json_decref(json);
    return run;
}

static bool give(struct ends *ends, const char *text)
{
    json_t *json = jsonx_parse(text, strlen(text), NULL);
    bool good = lents_frame(ends->lents, json);

    json_decref(json);
    return good;
}

static void a_run_begins_carries_messages_and_ends(void **unused)
{
    struct ends ends;
    json_t *message = json_pack("{s:s,s:s}", "jsonrpc", "2.0", "method", "ping");
    struct mcp_outgoing outgoing = {.message = message, .method = "ping"};

    (void)unused;
    begin(&ends);
    assert_int_equal(sent_run(&ends, "start"), 1);
    assert_true(mcp_transport_send(ends.transport, &outgoing));
    assert_int_equal(sent_run(&ends, "message"), 1);
    assert_true(give(&ends, "{\"server\":\"notes\",\"run\":1,\"message\":{\"method\":\"hello\"}}"));
    assert_int_equal(ends.messages, 1);
    assert_string_equal(ends.last, "hello");
    mcp_transport_close(&ends.transport, on_closed, &ends);
    assert_int_equal(sent_run(&ends, "end"), 1);
    assert_int_equal(ends.closed, 0); /* never from within */
    uv_run(&ends.rig.loop, UV_RUN_NOWAIT);
    assert_int_equal(ends.closed, 1);
    json_decref(message);
    end(&ends);
}

static void what_is_of_another_run_reaches_nobody(void **unused)
{
    struct ends ends;

    (void)unused;
    begin(&ends);
    assert_true(give(&ends, "{\"server\":\"notes\",\"run\":2,\"message\":{\"method\":\"hello\"}}"));
    assert_true(give(&ends, "{\"server\":\"notes\",\"run\":2,\"end\":\"it\"}"));
    assert_int_equal(ends.messages + ends.lost, 0);
    end(&ends);
}

static void its_end_is_told_once_with_its_cause(void **unused)
{
    struct ends ends;
    json_t *message = json_object();
    struct mcp_outgoing outgoing = {.message = message};

    (void)unused;
    begin(&ends);
    assert_int_equal(sent_run(&ends, "start"), 1);
    assert_true(
        give(&ends, "{\"server\":\"notes\",\"run\":1,\"end\":\"exit code 3\",\"cause\":\"crashed\"}"));
    assert_true(give(&ends, "{\"server\":\"notes\",\"run\":1,\"end\":\"again\"}"));
    assert_true(give(&ends, "{\"server\":\"notes\",\"run\":1,\"message\":{\"method\":\"late\"}}"));
    assert_int_equal(ends.lost, 1);
    assert_int_equal(ends.messages, 0);
    assert_int_equal(ends.why, MCP_WHY_CRASHED);
    assert_string_equal(ends.text, "exit code 3");
    assert_false(mcp_transport_send(ends.transport, &outgoing));
    mcp_transport_close(&ends.transport, on_closed, &ends);
    assert_null(sent(&ends)); /* the daemon knows */
    json_decref(message);
    end(&ends);
}

static void frames_that_are_none_break_the_protocol(void **unused)
{
    static const char *const wrong[] = {"{}", "{\"server\":\"notes\",\"run\":1}",
                                        "{\"server\":\"notes\",\"run\":0,\"end\":\"\"}",
                                        "{\"server\":\"notes\",\"run\":1,\"end\":\"\",\"message\":{}}",
                                        "{\"server\":\"notes\",\"run\":1,\"message\":[]}"};
    struct ends ends;

    (void)unused;
    begin(&ends);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(give(&ends, wrong[i]));
    assert_int_equal(ends.messages + ends.lost, 0);
    end(&ends);
}

static void a_message_that_is_too_large_is_not_taken(void **unused)
{
    struct ends ends;
    char *text = xmalloc(ENVELOPE_LENT_MAX + 1);

    (void)unused;
    memset(text, 'x', ENVELOPE_LENT_MAX);
    text[ENVELOPE_LENT_MAX] = '\0';
    json_t *message = json_pack("{s:s}", "method", text);
    struct mcp_outgoing outgoing = {.message = message, .method = "x"};
    begin(&ends);
    assert_int_equal(sent_run(&ends, "start"), 1);
    assert_false(mcp_transport_send(ends.transport, &outgoing));
    assert_null(sent(&ends));
    json_decref(message);
    free(text);
    end(&ends);
}

static void without_a_link_it_only_closes(void **unused)
{
    struct ends ends;
    json_t *message = json_object();
    struct mcp_outgoing outgoing = {.message = message};

    (void)unused;
    begin(&ends);
    lents_free(&ends.lents);
    assert_false(mcp_transport_send(ends.transport, &outgoing));
    mcp_transport_close(&ends.transport, on_closed, &ends);
    uv_run(&ends.rig.loop, UV_RUN_NOWAIT);
    assert_int_equal(ends.closed, 1);
    json_decref(message);
    end(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_begins_carries_messages_and_ends),
        cmocka_unit_test(what_is_of_another_run_reaches_nobody),
        cmocka_unit_test(its_end_is_told_once_with_its_cause),
        cmocka_unit_test(frames_that_are_none_break_the_protocol),
        cmocka_unit_test(a_message_that_is_too_large_is_not_taken),
        cmocka_unit_test(without_a_link_it_only_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
