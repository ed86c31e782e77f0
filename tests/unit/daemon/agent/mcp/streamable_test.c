/* Streamable HTTP: messages there and back, in both eras, while all goes well or is refused. */
#include "tests/support/slow.h"
#include "tests/unit/daemon/agent/mcp/streamable_rig.h"

static void a_json_answer_is_delivered(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 7, "tools/list");
    struct peer_request *request = peer_request(&rig.peer, 0);
    assert_true(peer_is(request, "POST", "/mcp"));
    peer_expect(request, "Content-Type", "application/json");
    peer_expect(request, "Accept", "application/json, text/event-stream");
    peer_expect(request, "Mcp-Session-Id", NULL);
    peer_expect(request, "MCP-Protocol-Version", NULL);
    peer_expect(request, "Mcp-Method", NULL);
    peer_expect(request, "Authorization", NULL);
    assert_string_equal(request->body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\"}");
    peer_json(request, RESULT("7"));
    rig_told(&rig, 1, "message 7 " RESULT("7") "\n");
    rig_close(&rig);
}

static void an_answer_may_come_in_pieces(void **state)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n"
                               "10\r\n{\"jsonrpc\":\"2.0\"\r\n18\r\n,\"id\":7.0,\"result\":{\"a\":\r\n"
                               "3\r\n1}}\r\n0\r\n\r\n";
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 7, "tools/list");
    struct peer_request *request = peer_request(&rig.peer, 0);
    for (const char *at = text; *at; at++) {
        peer_bytes(request, at, 1);
        uv_run(&rig.loop, UV_RUN_ONCE);
    }
    rig_told(&rig, 1, "message 7 {\"jsonrpc\":\"2.0\",\"id\":7.0,\"result\":{\"a\":1}}\n");
    rig_close(&rig);
}

static void an_event_stream_brings_notes_and_the_answer(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 2, "tools/call");
    struct peer_request *request = peer_request(&rig.peer, 0);
    peer_stream(request);
    /* a priming event, a comment, an event of another name */
    peer_chunk(request, "id: 0\ndata: \n\n: here\n\nevent: ping\ndata: x\n\n" EVENT("1", NOTE));
    rig_told(&rig, 1, "message 2 " NOTE "\n");
    peer_chunk(request, "event: message\ndata: " RESULT("2") "\n\n");
    rig_told(&rig, 1, "message 2 " RESULT("2") "\n");
    /* what comes after the answer is nobody's */
    peer_chunk(request, EVENT("3", NOTE));
    peer_end(request);
    rig_ask(&rig, 3, "tools/list");
    peer_json(peer_request(&rig.peer, 1), RESULT("3"));
    rig_told(&rig, 1, "message 3 " RESULT("3") "\n");
    rig_close(&rig);
}

static void a_notification_is_accepted(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_send(&rig, 0, NOTE);
    peer_answer(peer_request(&rig.peer, 0), "202 Accepted", "", "");
    rig_send(&rig, 0, RESULT("0"));
    peer_answer(peer_request(&rig.peer, 1), "200 OK", "Content-Type: text/html\r\n", "fine");
    rig_send(&rig, 0, NOTE);
    peer_answer(peer_request(&rig.peer, 2), "500 Oh no", "", "");
    rig_told(&rig, 1, "failed 0 refused (500) 500 Oh no\n");
    rig_close(&rig);
}

static void a_session_goes_with_all_that_follows(void **state)
{
    struct rig rig;
    struct peer_request *request;

    (void)state;
    rig_open(&rig);
    rig_session(&rig, "2025-11-25");
    peer_expect(&rig.peer.requests[0], "MCP-Protocol-Version", NULL);
    request = peer_request(&rig.peer, 1);
    peer_expect(request, "Mcp-Session-Id", "s-1");
    peer_expect(request, "MCP-Protocol-Version", "2025-11-25");
    peer_expect(request, "Mcp-Method", NULL);
    rig_ask(&rig, 2, "tools/list");
    request = peer_request(&rig.peer, 2);
    peer_expect(request, "Mcp-Session-Id", "s-1");
    peer_json(request, RESULT("2"));
    rig_told(&rig, 1, "message 2 " RESULT("2") "\n");
    mcp_transport_listen(rig.transport);
    request = peer_request(&rig.peer, 3);
    assert_true(peer_is(request, "GET", "/mcp"));
    peer_expect(request, "Accept", "text/event-stream");
    peer_expect(request, "Content-Type", NULL);
    peer_expect(request, "Mcp-Session-Id", "s-1");
    peer_expect(request, "MCP-Protocol-Version", "2025-11-25");
    mcp_transport_close(&rig.transport, rig_closed, &rig);
    request = peer_request(&rig.peer, 4);
    assert_true(peer_is(request, "DELETE", "/mcp"));
    peer_expect(request, "Mcp-Session-Id", "s-1");
    peer_expect(request, "MCP-Protocol-Version", "2025-11-25");
    assert_false(rig.closed);
    peer_answer(request, "405 Method Not Allowed", "", "");
    rig_close(&rig);
}

static void the_first_versions_have_no_version_header(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_session(&rig, "2025-03-26");
    peer_expect(peer_request(&rig.peer, 1), "MCP-Protocol-Version", NULL);
    peer_expect(peer_request(&rig.peer, 1), "Mcp-Session-Id", "s-1");
    rig_close(&rig);
}

static void a_session_id_must_be_visible_ascii(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_send(&rig, 1, INITIALIZE);
    peer_answer(peer_request(&rig.peer, 0), "200 OK",
                "Content-Type: application/json\r\nMcp-Session-Id: a b\r\n", RESULT("1"));
    rig_told(&rig, 1, "failed 1 nonsense its session id is too long, or not of visible ASCII\n");
    rig_close(&rig);
}

static void a_server_that_never_answers_the_delete_is_left(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_session(&rig, "2025-06-18");
    peer_until(&rig.peer, rig.peer.count == 2);
    int64_t start = clock_steady_ms();
    rig_close_with(&rig, NULL);
    assert_in_range(clock_steady_ms() - start, STREAMABLE_LEAVE_MS - 100, STREAMABLE_LEAVE_MS + 2000);
}

static void nothing_overtakes_initialized(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_send(&rig, 0, INITIALIZED);
    rig_ask(&rig, 2, "tools/list");
    mcp_transport_listen(rig.transport);
    rig_ask(&rig, 3, "tools/list");
    peer_request(&rig.peer, 0);
    /* a round trip of another connection's passes; still only one request is there */
    struct rig other;
    rig_open(&other);
    rig_ask(&other, 1, "ping");
    peer_json(peer_request(&other.peer, 0), RESULT("1"));
    rig_told(&other, 1, "message 1 " RESULT("1") "\n");
    rig_close(&other);
    for (int i = 0; i < 20; i++)
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    assert_int_equal(rig.peer.count, 1);
    peer_answer(&rig.peer.requests[0], "202 Accepted", "", "");
    peer_request(&rig.peer, 3);
    rig_close(&rig);
}

static void a_batch_is_delivered_in_the_legacy_era(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 2, "tools/list");
    peer_json(peer_request(&rig.peer, 0), "[" NOTE "," RESULT("2") "]");
    rig_told(&rig, 1, "message 2 [" NOTE "," RESULT("2") "]\n");
    mcp_transport_agreed(rig.transport, "2026-07-28", true);
    rig_ask(&rig, 3, "tools/list");
    peer_json(peer_request(&rig.peer, 1), "[" RESULT("3") "]");
    rig_told(&rig, 1, "failed 3 nonsense a message is no valid JSON-RPC: a batch\n");
    rig_close(&rig);
}

/* --- the modern era --- */

#define DISCOVER                                                                                             \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{\"_meta\":{"                   \
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}"

static void modern_requests_say_in_headers_what_they_are(void **state)
{
    struct rig rig;
    struct peer_request *request;
    char *const headers[] = {(char *)"Mcp-Param-Region: us-west1", (char *)"Mcp-Param-Empty: ", NULL};
    json_t *message =
        json_pack("{s:i,s:s,s:{s:s}}", "id", 2, "method", "tools/call", "params", "name", "\xE6\x97\xA5");
    struct mcp_outgoing call = {
        .message = message, .request = 2, .method = "tools/call", .name = "\xE6\x97\xA5", .headers = headers};

    (void)state;
    rig_open(&rig);
    /* before anything is agreed: the message itself says its version */
    rig_send(&rig, 1, DISCOVER);
    request = peer_request(&rig.peer, 0);
    peer_expect(request, "MCP-Protocol-Version", "2026-07-28");
    peer_expect(request, "Mcp-Method", "server/discover");
    peer_expect(request, "Mcp-Name", NULL);
    peer_answer(request, "200 OK", SESSION, RESULT("1"));
    rig_told(&rig, 1, "message 1 " RESULT("1") "\n");

    mcp_transport_agreed(rig.transport, "2026-07-28", true);
    assert_true(mcp_transport_send(rig.transport, &call));
    json_decref(message);
    request = peer_request(&rig.peer, 1);
    peer_expect(request, "MCP-Protocol-Version", "2026-07-28");
    peer_expect(request, "Mcp-Method", "tools/call");
    peer_expect(request, "Mcp-Name", "=?base64?5pel?=");
    peer_expect(request, "Mcp-Param-Region", "us-west1");
    peer_expect(request, "Mcp-Param-Empty", "");
    peer_expect(request, "Mcp-Session-Id", NULL); /* there are none in this era */
    peer_json(request, RESULT("2"));
    rig_told(&rig, 1, "message 2 " RESULT("2") "\n");
    mcp_transport_listen(rig.transport); /* nor this */

    /* initialize has neither, even after a probe in the modern era */
    rig_send(&rig, 1, INITIALIZE);
    request = peer_request(&rig.peer, 2);
    peer_expect(request, "MCP-Protocol-Version", NULL);
    peer_expect(request, "Mcp-Method", NULL);
    peer_json(request, RESULT("1"));
    rig_told(&rig, 1, "message 1 " RESULT("1") "\n");
    rig_close(&rig);
    assert_int_equal(rig.peer.count, 3);
}

static void a_cancelled_request_closes_its_stream(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    mcp_transport_agreed(rig.transport, "2026-07-28", true);
    rig_ask(&rig, 1, "tools/call");
    struct peer_request *request = peer_request(&rig.peer, 0);
    peer_stream(request);
    peer_chunk(request, EVENT("1", NOTE));
    rig_told(&rig, 1, "message 1 " NOTE "\n");
    mcp_transport_cancel(rig.transport, 1);
    peer_until(&rig.peer, request->connection->closed);
    assert_int_equal(rig.lines, 0);
    rig_close(&rig);
}

static void a_server_that_dribbles_can_be_left(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_session(&rig, "2025-11-25");
    rig_ask(&rig, 2, "tools/call");
    struct peer_request *request = peer_request(&rig.peer, 2);
    peer_say(request, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 20; i++) {
        peer_say(request, " ");
        uv_run(&rig.loop, UV_RUN_ONCE);
    }
    assert_int_equal(rig.lines, 0); /* how long is too long is not decided here */
    mcp_transport_cancel(rig.transport, 2);
    peer_until(&rig.peer, request->connection->closed);
    rig_ask(&rig, 3, "ping");
    peer_json(peer_request(&rig.peer, 3), RESULT("3"));
    rig_told(&rig, 1, "message 3 " RESULT("3") "\n");
    rig_close(&rig);
}

static void a_modern_stream_that_breaks_is_not_resumed(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    mcp_transport_agreed(rig.transport, "2026-07-28", true);
    rig_ask(&rig, 1, "tools/call");
    peer_stream(peer_request(&rig.peer, 0));
    peer_chunk(peer_request(&rig.peer, 0), "retry: 50\n" EVENT("1", NOTE));
    peer_cut(peer_request(&rig.peer, 0));
    rig_told(&rig, 2, "message 1 " NOTE "\nfailed 1 broken (200) the connection was cut\n");
    rig_ask(&rig, 2, "tools/call");
    peer_stream(peer_request(&rig.peer, 1));
    peer_chunk(peer_request(&rig.peer, 1), "retry: 50\nid: 5\ndata:\n\n");
    peer_end(peer_request(&rig.peer, 1));
    rig_told(&rig, 1, "failed 2 broken (200) it ended before the answer\n");
    rig_close(&rig);
}

static void expect_encoded(const char *value, const char *expected)
{
    char *text = streamable_header_value(value, strlen(value));

    assert_string_equal(text, expected);
    free(text);
}

static void values_of_headers_are_encoded(void **state)
{
    (void)state;
    expect_encoded("us-west1", "us-west1");
    expect_encoded("two words", "two words");
    expect_encoded("", "");
    expect_encoded("file:///a?b=c", "file:///a?b=c");
    expect_encoded("Hello, \xE4\xB8\x96\xE7\x95\x8C", "=?base64?SGVsbG8sIOS4lueVjA==?=");
    expect_encoded(" padded ", "=?base64?IHBhZGRlZCA=?=");
    expect_encoded("line1\nline2", "=?base64?bGluZTEKbGluZTI=?=");
    expect_encoded("a\tb", "=?base64?YQli?=");
    expect_encoded("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
    expect_encoded("=?base64?=", "=?base64?PT9iYXNlNjQ/PQ==?=");
    expect_encoded("=?base64?x", "=?base64?x");
    expect_encoded("~", "~");
    expect_encoded("\x7F", "=?base64?fw==?=");
}

/* --- refusals --- */

static void a_refusal_says_its_status_and_what_the_server_said(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 1, "server/discover");
    peer_answer(peer_request(&rig.peer, 0), "404 Not Found", "Content-Type: application/json\r\n",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"no such\\u001b[m "
                "method\"}}");
    rig_told(&rig, 1, "failed 1 refused (404) 404 Not Found: no such method\n");
    assert_true(rig.had_body);
    rig_ask(&rig, 2, "tools/list");
    peer_answer(peer_request(&rig.peer, 1), "503 Service Unavailable", "", "<html>");
    rig_told(&rig, 1, "failed 2 refused (503) 503 Service Unavailable\n");
    assert_false(rig.had_body);
    rig_close(&rig);
}

static void a_challenge_is_handed_on_whole(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 1, "tools/list");
    peer_answer(peer_request(&rig.peer, 0), "401 Unauthorized",
                "WWW-Authenticate: Basic realm=\"x\"\r\n"
                "www-authenticate: Bearer resource_metadata=\"http://h/p\"\r\n",
                "");
    rig_told(&rig, 1, "failed 1 refused (401) 401 Unauthorized\n");
    assert_string_equal(rig.challenge, "Basic realm=\"x\", Bearer resource_metadata=\"http://h/p\"");
    mcp_transport_set_bearer(rig.transport, "t0ken");
    rig_ask(&rig, 2, "tools/list");
    peer_expect(peer_request(&rig.peer, 1), "Authorization", "Bearer t0ken");
    peer_answer(peer_request(&rig.peer, 1), "403 Forbidden", "", "");
    rig_told(&rig, 1, "failed 2 refused (403) 403 Forbidden\n");
    assert_null(rig.challenge);
    mcp_transport_set_bearer(rig.transport, NULL);
    rig_ask(&rig, 3, "tools/list");
    peer_expect(peer_request(&rig.peer, 2), "Authorization", NULL);
    rig_close(&rig);
}

static void a_redirect_is_not_followed(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    mcp_transport_set_bearer(rig.transport, "t0ken");
    rig_ask(&rig, 1, "tools/list");
    peer_answer(peer_request(&rig.peer, 0), "307 Temporary Redirect",
                "Location: http://u:p@elsewhere.test/x?secret=1#f\r\n", "");
    rig_told(&rig, 1,
             "failed 1 refused (307) 307 Temporary Redirect to http://elsewhere.test/x, which is not "
             "followed\n");
    rig_ask(&rig, 2, "tools/list");
    peer_answer(peer_request(&rig.peer, 1), "302 Found", "Location: /login?next=1\r\n", "");
    rig_told(&rig, 1, "failed 2 refused (302) 302 Found to /login, which is not followed\n");
    rig_close(&rig);
}

static void a_forgotten_session_is_told(void **state)
{
    static const char *const gone[][2] = {
        {"404 Not Found", "nothing here"},
        {"400 Bad Request", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32000,\"message\":"
                            "\"Bad Request: No valid session ID provided\"}}"},
        {"400 Bad Request", "{\"error\":{\"code\":-32000,\"message\":\"Server not initialized\"}}"}};
    struct rig rig;

    (void)state;
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
        rig_open(&rig);
        rig_session(&rig, "2025-11-25");
        rig_ask(&rig, 2, "tools/list");
        peer_answer(peer_request(&rig.peer, 2), gone[i][0], "", gone[i][1]);
        peer_until(&rig.peer, rig.lines == 1);
        assert_memory_equal(rig.told.data, "failed 2 expired", strlen("failed 2 expired"));
        streamable_forget(rig.transport);
        rig_ask(&rig, 3, "tools/list");
        peer_expect(peer_request(&rig.peer, 3), "Mcp-Session-Id", NULL);
        peer_expect(peer_request(&rig.peer, 3), "MCP-Protocol-Version", NULL);
        rig_close(&rig);
    }
}

static void a_400_about_something_else_is_a_refusal(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_session(&rig, "2025-11-25");
    rig_ask(&rig, 2, "tools/list");
    peer_answer(peer_request(&rig.peer, 2), "400 Bad Request", "",
                "{\"error\":{\"code\":-32602,\"message\":\"no params\"}}");
    rig_told(&rig, 1, "failed 2 refused (400) 400 Bad Request: no params\n");
    rig_close(&rig);
}

static void nobody_there_is_told(void **state)
{
    struct rig rig;
    char url[64];

    (void)state;
    /* a port that was free a moment ago */
    rig_open(&rig);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/mcp", rig.peer.port);
    rig_close(&rig);
    rig_open_with(&rig, url, NULL, 0);
    rig_ask(&rig, 1, "tools/list");
    assert_int_equal(rig.lines, 0);
    rig_told(&rig, 1, "failed 1 not_started Connection refused\n");
    rig_close(&rig);
}

static void urls_of_other_kinds_are_refused(void **state)
{
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "not a url", ""};
    struct rig rig;

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        rig_open_with(&rig, urls[i], NULL, 0);
        rig_ask(&rig, 1, "tools/list");
        assert_int_equal(rig.lines, 0);
        peer_until(&rig.peer, rig.lines == 1);
        assert_memory_equal(rig.told.data, "failed 1 not_started ", strlen("failed 1 not_started "));
        rig_close(&rig);
    }
}

static void headers_of_the_configuration_go_along(void **state)
{
    char *const headers[] = {(char *)"X-Key: k",
                             (char *)"Authorization: Basic eA==", (char *)"accept: nothing",
                             (char *)"Mcp-Session-Id: mine", NULL};
    struct rig rig;
    struct peer_request *request;

    (void)state;
    rig_open_with(&rig, NULL, headers, 0);
    rig_ask(&rig, 1, "tools/list");
    request = peer_request(&rig.peer, 0);
    peer_expect(request, "X-Key", "k");
    peer_expect(request, "Authorization", "Basic eA==");
    peer_expect(request, "Accept", "application/json, text/event-stream");
    peer_expect(request, "Mcp-Session-Id", NULL);
    mcp_transport_set_bearer(rig.transport, "t");
    rig_ask(&rig, 2, "tools/list");
    peer_expect(peer_request(&rig.peer, 1), "Authorization", "Bearer t");
    rig_close(&rig);
}

static void a_header_with_a_line_break_is_not_sent(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    mcp_transport_set_bearer(rig.transport, "s3cret\r\nX-Evil: 1");
    rig_ask(&rig, 1, "tools/list");
    assert_int_equal(rig.lines, 0);
    rig_told(&rig, 1, "failed 1 not_started the value of its header Authorization has a control character\n");
    assert_int_equal(rig.peer.count, 0);
    rig_close(&rig);
}

/* --- nonsense --- */

static void nonsense_fails_that_request_alone(void **state)
{
    static const char *const answers[][2] = {
        {"Content-Type: application/json\r\n", "{\"jsonrpc\""},
        {"Content-Type: application/json\r\n", "{\"a\":\"\xFF\"}"},
        {"Content-Type: application/json\r\n", "17"},
        {"Content-Type: application/json\r\n", "[]"},
        {"Content-Type: application/json\r\n", ""},
        {"Content-Type: application/json\r\n", RESULT("99")},
        {"Content-Type: application/json\r\n", NOTE},
        {"Content-Type: text/html\r\n", "<html>"},
        {"", "?"},
        {"", ""},
        {"Content-Type: text/event-stream\r\n", "data: {\n\n"},
        {"Content-Type: text/event-stream\r\n", "data: \"text\"\n\n"},
    };
    struct rig rig;

    (void)state;
    rig_open(&rig);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        rig_ask(&rig, 5, "tools/list");
        peer_answer(peer_request(&rig.peer, i), "200 OK", answers[i][0], answers[i][1]);
        peer_until(&rig.peer, strstr(rig.told.data, "failed"));
        assert_non_null(strstr(rig.told.data, "failed 5 nonsense "));
        buf_clear(&rig.told);
        rig.lines = 0;
    }
    rig_ask(&rig, 6, "tools/list");
    peer_json(peer_request(&rig.peer, sizeof answers / sizeof *answers), RESULT("6"));
    rig_told(&rig, 1, "message 6 " RESULT("6") "\n");
    rig_close(&rig);
}

static void too_deep_is_nonsense(void **state)
{
    struct rig rig;
    char deep[400];

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 1, "tools/list");
    snprintf(deep, sizeof deep, "{\"id\":1,\"result\":%0*d%0*d}", 150, 0, 150, 0);
    for (char *c = strstr(deep, "00"), *end = c + 150; c < end; c++)
        c[0] = '[', c[150] = ']';
    peer_json(peer_request(&rig.peer, 0), deep);
    peer_until(&rig.peer, rig.lines == 1);
    assert_non_null(strstr(rig.told.data, "failed 1 nonsense a message is no valid JSON-RPC: nested deeper"));
    rig_close(&rig);
}

static void an_error_without_id_answers_the_request_whose_stream_it_is(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 1, "tools/list");
    peer_json(peer_request(&rig.peer, 0), "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700}}");
    rig_told(&rig, 1, "message 1 {\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700}}\n");
    rig_close(&rig);
}

/* Sends megabytes until the client has had enough. */
static void flood(struct rig *rig, const struct peer_request *request, int megabytes)
{
    char *piece = malloc(1 << 20);

    memset(piece, 'x', 1 << 20);
    for (int i = 0; i < megabytes && rig->lines == 0; i++) {
        uv_stream_t *stream = (uv_stream_t *)&request->connection->tcp;

        peer_bytes(request, piece, 1 << 20);
        peer_until(&rig->peer, rig->lines > 0 || request->connection->closed ||
                                   uv_stream_get_write_queue_size(stream) == 0);
    }
    free(piece);
}

static void a_line_of_100_megabytes_fails_its_request(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 1, "tools/list");
    peer_say(peer_request(&rig.peer, 0), "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ");
    flood(&rig, &rig.peer.requests[0], 100);
    rig_told(&rig, 1, "failed 1 flood a message is larger than 16 MiB\n");
    rig_ask(&rig, 2, "tools/list");
    peer_say(peer_request(&rig.peer, 1),
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n\"");
    flood(&rig, &rig.peer.requests[1], 100);
    rig_told(&rig, 1, "failed 2 flood a message is larger than 16 MiB\n");
    rig_ask(&rig, 3, "tools/list");
    peer_say(peer_request(&rig.peer, 2), "HTTP/1.1 200 OK\r\nX-Long: ");
    flood(&rig, &rig.peer.requests[2], 100);
    peer_until(&rig.peer, rig.lines == 1);
    assert_non_null(strstr(rig.told.data, "failed 3 broken"));
    buf_clear(&rig.told);
    rig.lines = 0;
    rig_ask(&rig, 4, "tools/list");
    peer_json(peer_request(&rig.peer, 3), RESULT("4"));
    rig_told(&rig, 1, "message 4 " RESULT("4") "\n");
    rig_close(&rig);
}

static void a_large_message_passes_both_ways(void **state)
{
    enum { SIZE = 8 << 20 };
    struct rig rig;
    char *text = malloc(SIZE + 100);
    int head = sprintf(text, "{\"id\":1,\"result\":{\"text\":\"");

    (void)state;
    memset(text + head, 'x', SIZE);
    strcpy(text + head + SIZE, "\"}}");
    rig_open(&rig);
    rig_send(&rig, 1, text);
    assert_string_equal(peer_request(&rig.peer, 0)->body, text);
    peer_json(&rig.peer.requests[0], text);
    peer_until(&rig.peer, rig.lines == 1);
    assert_memory_equal(rig.told.data, "message 1 {", 11);
    free(text);
    rig_close(&rig);
}

/* --- many at once, and the end --- */

static void requests_beyond_the_bound_wait_in_order(void **state)
{
    enum { ALL = STREAMABLE_REQUESTS + 6 };
    struct rig rig;

    (void)state;
    rig_open(&rig);
    for (int i = 1; i <= ALL; i++)
        rig_ask(&rig, i, "tools/list");
    rig_send(&rig, 0, NOTE); /* answers to the server are not held up by requests */
    peer_until(&rig.peer, rig.peer.count == STREAMABLE_REQUESTS + 1);
    for (size_t i = 0; i < rig.peer.count; i++)
        if (strcmp(rig.peer.requests[i].body, NOTE) == 0)
            peer_answer(&rig.peer.requests[i], "202 Accepted", "", "");
    for (int i = 0; i < 20; i++)
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    assert_int_equal(rig.peer.count, STREAMABLE_REQUESTS + 1);
    mcp_transport_cancel(rig.transport, 3);
    struct peer_request *next = peer_request(&rig.peer, STREAMABLE_REQUESTS + 1);
    assert_string_equal(next->body, "{\"jsonrpc\":\"2.0\",\"id\":65,\"method\":\"tools/list\"}");
    mcp_transport_cancel(rig.transport, 66); /* never sent */
    peer_json(next, RESULT("65"));
    rig_told(&rig, 1, "message 65 " RESULT("65") "\n");
    next = peer_request(&rig.peer, STREAMABLE_REQUESTS + 2);
    assert_string_equal(next->body, "{\"jsonrpc\":\"2.0\",\"id\":67,\"method\":\"tools/list\"}");
    rig_close(&rig);
}

static void what_waits_is_bounded(void **state)
{
    struct rig rig;
    int taken = 0;

    (void)state;
    rig_open(&rig);
    rig_send(&rig, 0, INITIALIZED);
    while (taken < 10000 && rig_send(&rig, (uint64_t)taken + 1, INITIALIZE))
        taken++;
    assert_int_equal(taken, STREAMABLE_WAITING);
    rig_close(&rig);
}

static void a_handler_may_close_the_transport(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig.close_after = 1;
    rig_ask(&rig, 1, "tools/call");
    rig_ask(&rig, 2, "tools/call");
    for (size_t i = 0; i < 2; i++) {
        peer_stream(peer_request(&rig.peer, i));
        peer_chunk(&rig.peer.requests[i], EVENT("1", NOTE) EVENT("2", NOTE) EVENT("3", RESULT("1")));
    }
    rig_close(&rig);
    rig_open(&rig);
    rig.close_after = 1;
    rig_ask(&rig, 1, "tools/call");
    peer_json(peer_request(&rig.peer, 0), RESULT("1"));
    rig_close(&rig);
}

static void a_tool_call_is_never_sent_twice(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    /* a connection is kept */
    rig_ask(&rig, 1, "ping");
    peer_json(peer_request(&rig.peer, 0), RESULT("1"));
    rig_told(&rig, 1, "message 1 " RESULT("1") "\n");
    /* and closed without an answer when the call has come */
    rig_ask(&rig, 2, "tools/call");
    struct peer_request *call = peer_request(&rig.peer, 1);
    assert_int_equal(rig.peer.connected, 1);
    peer_cut(call);
    rig_told(&rig, 1, "failed 2 broken the server closed the connection without an answer\n");
    /* what is harmless is asked again */
    rig_ask(&rig, 3, "ping");
    peer_json(peer_request(&rig.peer, 2), RESULT("3"));
    rig_told(&rig, 1, "message 3 " RESULT("3") "\n");
    rig_ask(&rig, 4, "tools/list");
    peer_cut(peer_request(&rig.peer, 3));
    peer_json(peer_request(&rig.peer, 4), RESULT("4"));
    rig_told(&rig, 1, "message 4 " RESULT("4") "\n");
    rig_close(&rig);
}

static void a_small_answer_is_there_at_once(void **state)
{
    struct rig rig;
    int64_t total = 0;

    (void)state;
    rig_open(&rig);
    for (int i = 1; i <= 100; i++) {
        rig_ask(&rig, 1, "ping");
        struct peer_request *request = peer_request(&rig.peer, (size_t)i - 1);
        int64_t start = clock_steady_us();
        peer_json(request, RESULT("1"));
        peer_until(&rig.peer, rig.lines == (size_t)i);
        total += clock_steady_us() - start;
    }
    assert_int_equal(rig.peer.connected, 1);
    print_message("an answer is delivered after %d us\n", (int)(total / 100));
    assert_true(total / 100 < 20000 * slow());
    rig_close(&rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_answer_is_delivered),
        cmocka_unit_test(an_answer_may_come_in_pieces),
        cmocka_unit_test(an_event_stream_brings_notes_and_the_answer),
        cmocka_unit_test(a_notification_is_accepted),
        cmocka_unit_test(a_session_goes_with_all_that_follows),
        cmocka_unit_test(the_first_versions_have_no_version_header),
        cmocka_unit_test(a_session_id_must_be_visible_ascii),
        cmocka_unit_test(a_server_that_never_answers_the_delete_is_left),
        cmocka_unit_test(nothing_overtakes_initialized),
        cmocka_unit_test(a_batch_is_delivered_in_the_legacy_era),
        cmocka_unit_test(modern_requests_say_in_headers_what_they_are),
        cmocka_unit_test(a_cancelled_request_closes_its_stream),
        cmocka_unit_test(a_server_that_dribbles_can_be_left),
        cmocka_unit_test(a_modern_stream_that_breaks_is_not_resumed),
        cmocka_unit_test(values_of_headers_are_encoded),
        cmocka_unit_test(a_refusal_says_its_status_and_what_the_server_said),
        cmocka_unit_test(a_challenge_is_handed_on_whole),
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(a_forgotten_session_is_told),
        cmocka_unit_test(a_400_about_something_else_is_a_refusal),
        cmocka_unit_test(nobody_there_is_told),
        cmocka_unit_test(urls_of_other_kinds_are_refused),
        cmocka_unit_test(headers_of_the_configuration_go_along),
        cmocka_unit_test(a_header_with_a_line_break_is_not_sent),
        cmocka_unit_test(nonsense_fails_that_request_alone),
        cmocka_unit_test(too_deep_is_nonsense),
        cmocka_unit_test(an_error_without_id_answers_the_request_whose_stream_it_is),
        cmocka_unit_test(a_line_of_100_megabytes_fails_its_request),
        cmocka_unit_test(a_large_message_passes_both_ways),
        cmocka_unit_test(requests_beyond_the_bound_wait_in_order),
        cmocka_unit_test(what_waits_is_bounded),
        cmocka_unit_test(a_handler_may_close_the_transport),
        cmocka_unit_test(a_tool_call_is_never_sent_twice),
        cmocka_unit_test(a_small_answer_is_there_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
