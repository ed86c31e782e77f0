/* Requests over the link, both ways: answers find who asked, and nothing else. */
#include "daemon/agent/requests.h"
#include "tests/unit/daemon/agent/rig.h"

struct ends {
    struct rig rig;
    struct requests *requests;
    struct incoming *incoming; /* the newest one of the daemon's */
    char op[64];
    char said[2048]; /* what was called back */
};

static void note_down(struct ends *ends, const char *what, const char *text)
{
    size_t len = strlen(ends->said);

    snprintf(ends->said + len, sizeof ends->said - len, "%s%s %s", len ? ", " : "", what, text);
}

static void on_request(void *arg, struct incoming *incoming, const json_t *json)
{
    struct ends *ends = arg;

    ends->incoming = incoming;
    note_down(ends, "request", jsonx_str(json, "op", ""));
}

static void on_note(void *arg, const json_t *note)
{
    note_down(arg, "note", jsonx_str(note, "text", ""));
}

static void on_cancelled(void *arg)
{
    note_down(arg, "cancelled", "");
}

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    note_down(arg, err_name(code), ok ? jsonx_str(ok, "text", "") : text);
}

static void begin(struct ends *ends)
{
    struct requests_handler handler = {ends, on_request};

    memset(ends, 0, sizeof *ends);
    rig_open(&ends->rig, NULL);
    ends->requests = requests_new(ends->rig.link, &handler);
}

static void end(struct ends *ends)
{
    requests_free(&ends->requests);
    rig_close(&ends->rig);
}

static bool frame(struct ends *ends, enum link_kind kind, const char *payload)
{
    char error[256] = "";
    bool good = requests_frame(ends->requests, kind, payload, strlen(payload), error);

    assert_int_equal(good, error[0] == '\0');
    return good;
}

/* The next frame to the daemon, as "KIND json". */
static char *sent(struct ends *ends)
{
    static char text[4096];
    char bytes[65536];
    enum link_kind kind;
    const char *payload;
    size_t len, at = 0;
    ssize_t count;

    while ((count = read(ends->rig.daemon, bytes, sizeof bytes)) > 0)
        buf_put(&ends->rig.in, bytes, (size_t)count);
    text[0] = '\0';
    if (link_next(&ends->rig.in, &at, &kind, &payload, &len) == 1)
        snprintf(text, sizeof text, "%d %.*s", (int)kind, (int)len, payload);
    buf_drop(&ends->rig.in, at);
    return text;
}

static struct outgoing *ask(struct ends *ends, const char *op)
{
    struct outgoing_handler handler = {ends, on_note, on_reply};

    return requests_ask(ends->requests, json_pack("{s:s}", "op", op), &handler);
}

static void what_we_ask_is_answered_once(void **state)
{
    struct ends ends;

    (void)state;
    begin(&ends);
    assert_non_null(ask(&ends, "one"));
    assert_string_equal(sent(&ends), "128 {\"op\":\"one\",\"id\":\"a1\"}");
    ask(&ends, "two");
    assert_true(frame(&ends, LINK_NOTE, "{\"id\":\"a2\",\"text\":\"half\"}"));
    assert_true(frame(&ends, LINK_REPLY, "{\"id\":\"a2\",\"ok\":{\"text\":\"yes\"}}"));
    assert_true(
        frame(&ends, LINK_REPLY, "{\"id\":\"a1\",\"error\":{\"code\":\"timeout\",\"text\":\"too late\"}}"));
    assert_true(frame(&ends, LINK_REPLY, "{\"id\":\"a1\",\"ok\":{}}")); /* again: nobody waits */
    assert_true(frame(&ends, LINK_NOTE, "{\"id\":\"a1\",\"text\":\"late\"}"));
    assert_string_equal(ends.said, "note half, ok yes, timeout too late");
    end(&ends);
}

static void an_error_without_a_name_is_an_error_still(void **state)
{
    struct ends ends;

    (void)state;
    begin(&ends);
    ask(&ends, "one");
    assert_true(frame(&ends, LINK_REPLY, "{\"id\":\"a1\"}"));
    ask(&ends, "two");
    assert_true(frame(&ends, LINK_REPLY, "{\"id\":\"a2\",\"error\":{\"code\":\"ok\",\"text\":\"no\"}}"));
    assert_int_equal(strncmp(ends.said, "internal ", 9), 0);
    assert_non_null(strstr(ends.said, "internal no"));
    end(&ends);
}

static void what_is_cancelled_is_not_answered(void **state)
{
    struct ends ends;
    struct outgoing *asked;

    (void)state;
    begin(&ends);
    asked = ask(&ends, "one");
    sent(&ends);
    outgoing_note(asked, json_pack("{s:i}", "n", 1));
    assert_string_equal(sent(&ends), "130 {\"n\":1,\"id\":\"a1\"}");
    outgoing_cancel(&asked);
    assert_null(asked);
    assert_string_equal(sent(&ends), "131 {\"id\":\"a1\"}");
    assert_true(frame(&ends, LINK_REPLY, "{\"id\":\"a1\",\"ok\":{}}"));
    assert_string_equal(ends.said, "");
    outgoing_cancel(&asked);
    end(&ends);
}

static void the_daemon_is_answered(void **state)
{
    struct ends ends;

    (void)state;
    begin(&ends);
    assert_true(frame(&ends, LINK_REQUEST, "{\"id\":\"d1\",\"op\":\"mcp.tools\"}"));
    incoming_note(ends.incoming, json_pack("{s:i}", "n", 1));
    assert_string_equal(sent(&ends), "130 {\"n\":1,\"id\":\"d1\"}");
    incoming_reply(ends.incoming, json_pack("{s:i}", "x", 1));
    assert_string_equal(sent(&ends), "129 {\"ok\":{\"x\":1},\"id\":\"d1\"}");
    assert_true(frame(&ends, LINK_REQUEST, "{\"id\":\"d1\",\"op\":\"again\"}")); /* the id is free again */
    incoming_refuse(ends.incoming, ERR_BUSY, "not now");
    assert_string_equal(sent(&ends),
                        "129 {\"error\":{\"code\":\"busy\",\"text\":\"not now\"},\"id\":\"d1\"}");
    assert_string_equal(ends.said, "request mcp.tools, request again");
    end(&ends);
}

static void the_daemon_says_more_or_cancels(void **state)
{
    struct ends ends;

    (void)state;
    begin(&ends);
    frame(&ends, LINK_REQUEST, "{\"id\":\"d1\",\"op\":\"x\"}");
    incoming_on(ends.incoming, on_cancelled, on_note, &ends);
    frame(&ends, LINK_NOTE, "{\"id\":\"d1\",\"text\":\"yes\"}");
    frame(&ends, LINK_CANCEL, "{\"id\":\"d1\"}");
    frame(&ends, LINK_CANCEL, "{\"id\":\"d1\"}");
    frame(&ends, LINK_NOTE, "{\"id\":\"d1\",\"text\":\"late\"}");
    assert_string_equal(ends.said, "request x, note yes, cancelled ");
    assert_string_equal(sent(&ends), "");
    end(&ends);
}

static void too_many_are_refused(void **state)
{
    struct ends ends;
    char payload[64];

    (void)state;
    begin(&ends);
    for (int i = 0; i < REQUESTS_MAX; i++) {
        assert_non_null(ask(&ends, "x"));
        snprintf(payload, sizeof payload, "{\"id\":\"d%d\",\"op\":\"x\"}", i);
        assert_true(frame(&ends, LINK_REQUEST, payload));
        while (sent(&ends)[0])
            ;
    }
    assert_null(ask(&ends, "x"));
    assert_string_equal(sent(&ends), "");
    ends.said[0] = '\0';
    assert_true(frame(&ends, LINK_REQUEST, "{\"id\":\"more\",\"op\":\"x\"}"));
    assert_non_null(strstr(sent(&ends), "\"busy\""));
    assert_string_equal(ends.said, "");
    end(&ends);
}

static void what_breaks_the_protocol_is_said(void **state)
{
    struct ends ends;

    (void)state;
    begin(&ends);
    assert_false(frame(&ends, LINK_REQUEST, "{"));
    assert_false(frame(&ends, LINK_REQUEST, "{\"op\":\"x\"}"));
    assert_false(frame(&ends, LINK_REPLY, "[]"));
    assert_false(frame(&ends, LINK_REQUEST,
                       "{\"id\":\"12345678901234567890123456789012345678901234567890123456789012345\"}"));
    assert_true(frame(&ends, LINK_REQUEST, "{\"id\":\"d1\",\"op\":\"x\"}"));
    assert_false(frame(&ends, LINK_REQUEST, "{\"id\":\"d1\",\"op\":\"x\"}"));
    end(&ends);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_ask_is_answered_once),
        cmocka_unit_test(an_error_without_a_name_is_an_error_still),
        cmocka_unit_test(what_is_cancelled_is_not_answered),
        cmocka_unit_test(the_daemon_is_answered),
        cmocka_unit_test(the_daemon_says_more_or_cancels),
        cmocka_unit_test(too_many_are_refused),
        cmocka_unit_test(what_breaks_the_protocol_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
