/* Streams that break: an answer's is taken up where it broke, the server's own is opened again. */
#include "tests/unit/daemon/agent/mcp/streamable_rig.h"

/* A request whose stream has brought one event, "e-1", and wants 50 ms of patience. */
static struct peer_request *begun(struct rig *rig)
{
    rig_session(rig, "2025-11-25");
    rig_ask(rig, 2, "tools/call");
    struct peer_request *request = peer_request(&rig->peer, 2);
    peer_stream(request);
    peer_chunk(request, "retry: 50\n" EVENT("e-1", NOTE));
    rig_told(rig, 1, "message 2 " NOTE "\n");
    return request;
}

static void expect_get(const struct peer_request *request, const char *last_id)
{
    assert_true(peer_is(request, "GET", "/mcp"));
    peer_expect(request, "Accept", "text/event-stream");
    peer_expect(request, "Last-Event-ID", last_id);
    peer_expect(request, "Mcp-Session-Id", "s-1");
    peer_expect(request, "MCP-Protocol-Version", "2025-11-25");
}

static void a_stream_that_is_cut_within_an_event_goes_on(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    struct peer_request *request = begun(&rig);
    peer_chunk(request, "id: e-2\ndata: {\"jsonrpc\":\"2.0\",\"me");
    peer_cut(request);
    request = peer_request(&rig.peer, 3);
    expect_get(request, "e-1"); /* e-2 was not whole */
    peer_stream(request);
    /* a server may replay all it has: what is another's answer, or nothing, is not told */
    peer_chunk(request, EVENT("e-2", "{}") EVENT("e-3", RESULT("1")) EVENT("e-4", RESULT("77")));
    peer_chunk(request, EVENT("e-5", RESULT("2")));
    rig_told(&rig, 1, "message 2 " RESULT("2") "\n");
    rig_close(&rig);
}

static void a_server_may_let_itself_be_polled(void **state)
{
    struct rig rig;
    struct peer_request *request;

    (void)state;
    rig_open(&rig);
    rig_session(&rig, "2025-11-25");
    rig_ask(&rig, 2, "tools/call");
    request = peer_request(&rig.peer, 2);
    peer_stream(request);
    peer_chunk(request, "id: p-0\nretry: 300\ndata:\n\n");
    int64_t start = clock_steady_ms();
    peer_end(request);
    for (int i = 0; i < 3; i++) {
        char *id = xasprintf("p-%d", i), *next = xasprintf("id: p-%d\ndata: \n\n", i + 1);

        request = peer_request(&rig.peer, (size_t)i + 3);
        assert_in_range(clock_steady_ms() - start, 295, 295 + 2000);
        expect_get(request, id);
        peer_stream(request);
        peer_chunk(request, next);
        start = clock_steady_ms();
        peer_end(request);
        free(id);
        free(next);
    }
    request = peer_request(&rig.peer, 6);
    peer_stream(request);
    peer_chunk(request, EVENT("p-9", RESULT("2")));
    rig_told(&rig, 1, "message 2 " RESULT("2") "\n");
    rig_close(&rig);
}

static void without_a_wish_it_is_a_second(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 2, "tools/call");
    peer_stream(peer_request(&rig.peer, 0));
    peer_chunk(peer_request(&rig.peer, 0), "id: 1\ndata:\n\n");
    peer_cut(peer_request(&rig.peer, 0));
    int64_t start = clock_steady_ms();
    peer_request(&rig.peer, 1);
    assert_in_range(clock_steady_ms() - start, 950, 4000);
    rig_close(&rig);
}

static void no_patience_at_all_is_a_little(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 2, "tools/call");
    peer_stream(peer_request(&rig.peer, 0));
    peer_chunk(peer_request(&rig.peer, 0), "retry: 0\nid: 1\ndata:\n\n");
    int64_t start = clock_steady_ms();
    peer_end(peer_request(&rig.peer, 0));
    peer_request(&rig.peer, 1);
    assert_in_range(clock_steady_ms() - start, STREAMABLE_RETRY_MIN_MS - 5, 900);
    rig_close(&rig);
}

static void without_an_id_it_is_broken(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_ask(&rig, 2, "tools/call");
    peer_stream(peer_request(&rig.peer, 0));
    peer_chunk(peer_request(&rig.peer, 0), "data: " NOTE "\n\n");
    rig_told(&rig, 1, "message 2 " NOTE "\n");
    peer_cut(peer_request(&rig.peer, 0));
    rig_told(&rig, 1, "failed 2 broken (200) the connection was cut\n");
    rig_ask(&rig, 3, "tools/call");
    peer_cut(peer_request(&rig.peer, 1));
    rig_told(&rig, 1, "failed 3 broken the server closed the connection without an answer\n");
    rig_ask(&rig, 4, "tools/call");
    peer_say(peer_request(&rig.peer, 2),
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\"");
    peer_cut(peer_request(&rig.peer, 2));
    rig_told(&rig, 1, "failed 4 broken (200) the connection was cut\n");
    rig_close(&rig);
}

static void a_resumption_that_is_refused_is_the_end(void **state)
{
    static const char *const refusals[][2] = {
        {"405 Method Not Allowed", "failed 2 broken (405) 405 Method Not Allowed\n"},
        {"404 Not Found", "failed 2 expired (404) 404 Not Found\n"},
        {"401 Unauthorized", "failed 2 refused (401) 401 Unauthorized\n"},
        {"200 OK", "failed 2 broken (200) it ended before the answer\n"},
    };
    struct rig rig;

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        rig_open(&rig);
        peer_cut(begun(&rig));
        peer_answer(peer_request(&rig.peer, 3), refusals[i][0], "", "");
        rig_told(&rig, 1, refusals[i][1]);
        rig_close(&rig);
    }
}

static void a_resumption_is_tried_again_but_not_for_ever(void **state)
{
    struct rig rig;

    (void)state;
    rig_open_with(&rig, NULL, NULL, 400);
    struct peer_request *request = begun(&rig);
    int64_t start = clock_steady_ms();
    peer_cut(request);
    peer_answer(peer_request(&rig.peer, 3), "503 Service Unavailable", "", "");
    peer_cut(peer_request(&rig.peer, 4));
    expect_get(&rig.peer.requests[4], "e-1");
    for (size_t i = 5; rig.lines == 0; i++) {
        peer_until(&rig.peer, rig.lines > 0 || rig.peer.count > i);
        if (rig.lines == 0)
            peer_answer(&rig.peer.requests[i], "503 Service Unavailable", "", "");
    }
    rig_told(&rig, 1, "failed 2 broken (503) 503 Service Unavailable\n");
    assert_in_range(clock_steady_ms() - start, 100, 3000);
    assert_in_range(rig.peer.count, 5, 8); /* after 50, 100, 200 ms; a closed connection counts twice */
    rig_close(&rig);
}

static void a_cancelled_request_is_not_resumed(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    peer_cut(begun(&rig));
    rig_ask(&rig, 3, "ping");
    peer_json(peer_request(&rig.peer, 3), RESULT("3"));
    rig_told(&rig, 1, "message 3 " RESULT("3") "\n");
    mcp_transport_cancel(rig.transport, 2);
    for (int64_t until = clock_steady_ms() + 150; clock_steady_ms() < until;)
        uv_run(&rig.loop, UV_RUN_ONCE);
    assert_int_equal(rig.peer.count, 4);
    rig_close(&rig);
}

/* --- the server's own stream --- */

static void the_servers_own_stream_is_heard_and_opened_again(void **state)
{
    struct rig rig;
    struct peer_request *request;

    (void)state;
    rig_open(&rig);
    rig_session(&rig, "2025-11-25");
    mcp_transport_listen(rig.transport);
    mcp_transport_listen(rig.transport);
    request = peer_request(&rig.peer, 2);
    expect_get(request, NULL);
    peer_stream(request);
    peer_chunk(request, "retry: 60\n" EVENT("g-1", NOTE) "id: g-2\ndata: {}\n\n" EVENT("g-3", "{nonsense"));
    rig_told(&rig, 1, "message 0 " NOTE "\n");
    int64_t start = clock_steady_ms();
    peer_end(request);
    request = peer_request(&rig.peer, 3);
    assert_in_range(clock_steady_ms() - start, 55, 2000);
    expect_get(request, "g-3");
    peer_cut(request);
    request = peer_request(&rig.peer, 4);
    peer_answer(request, "503 Service Unavailable", "", "");
    request = peer_request(&rig.peer, 5);
    expect_get(request, "g-3");
    peer_stream(request);
    /* some send an answer here: it is the request's */
    rig_ask(&rig, 9, "tools/call");
    peer_request(&rig.peer, 6);
    peer_chunk(request, EVENT("g-4", RESULT("9")) EVENT("g-5", RESULT("9")) EVENT("g-6", NOTE));
    rig_told(&rig, 2, "message 9 " RESULT("9") "\nmessage 0 " NOTE "\n");
    rig_close(&rig);
}

static void a_server_without_such_a_stream_is_fine(void **state)
{
    static const char *const without[] = {"405 Method Not Allowed", "404 Not Found", "200 OK"};
    struct rig rig;

    (void)state;
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        rig_open(&rig);
        rig_session(&rig, "2025-11-25");
        mcp_transport_listen(rig.transport);
        peer_answer(peer_request(&rig.peer, 2), without[i], "", "");
        rig_ask(&rig, 2, "ping");
        peer_json(peer_request(&rig.peer, 3), RESULT("2"));
        rig_told(&rig, 1, "message 2 " RESULT("2") "\n");
        rig_close(&rig);
    }
}

static void the_end_of_the_session_is_told_by_the_stream_too(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    rig_session(&rig, "2025-11-25");
    mcp_transport_listen(rig.transport);
    peer_stream(peer_request(&rig.peer, 2)); /* open, though nothing comes */
    peer_end(peer_request(&rig.peer, 2));
    peer_answer(peer_request(&rig.peer, 3), "401 Unauthorized", "WWW-Authenticate: Bearer\r\n", "");
    rig_told(&rig, 1, "failed 0 refused (401) 401 Unauthorized\n");
    rig_close(&rig);

    rig_open(&rig);
    rig_session(&rig, "2025-11-25");
    mcp_transport_listen(rig.transport);
    peer_stream(peer_request(&rig.peer, 2));
    peer_chunk(peer_request(&rig.peer, 2), "retry: 50\n" EVENT("1", NOTE));
    peer_cut(peer_request(&rig.peer, 2));
    peer_answer(peer_request(&rig.peer, 3), "404 Not Found", "", "");
    rig_told(&rig, 2, "message 0 " NOTE "\nfailed 0 expired (404) 404 Not Found\n");
    streamable_forget(rig.transport);
    rig_close(&rig);
}

/* Within an event of a stream the client forgets the session and listens anew. */
static void on_first(void *arg, json_t *message, uint64_t request)
{
    struct rig *rig = arg;

    rig_message(arg, message, request);
    if (rig->lines == 1) {
        streamable_forget(rig->transport);
        mcp_transport_listen(rig->transport);
    }
}

static void a_handler_may_reopen_the_stream(void **state)
{
    struct rig rig;
    struct mcp_transport_handler handler = {
        .arg = &rig, .message = on_first, .failed = rig_failed, .lost = rig_lost};

    (void)state;
    rig_open(&rig);
    mcp_transport_close(&rig.transport, NULL, NULL);
    struct streamable_options options = {.url = rig.peer.url};
    rig.transport = streamable_open(&rig.loop, rig.http, &options, &handler);
    mcp_transport_listen(rig.transport);
    peer_stream(peer_request(&rig.peer, 0));
    peer_chunk(&rig.peer.requests[0], EVENT("1", NOTE) EVENT("2", NOTE) EVENT("3", NOTE));
    peer_stream(peer_request(&rig.peer, 1));
    peer_expect(&rig.peer.requests[1], "Last-Event-ID", NULL);
    peer_until(&rig.peer, rig.peer.requests[0].connection->closed);
    peer_chunk(&rig.peer.requests[1], EVENT("4", RESULT("4")) EVENT("5", NOTE));
    rig_told(&rig, 2, "message 0 " NOTE "\nmessage 0 " NOTE "\n");
    rig_close(&rig);
}

/* --- HTTP+SSE --- */

#define ENDPOINT(url) "event: endpoint\ndata: " url "\n\n"

static struct peer_request *fallen_back(struct rig *rig, const char *endpoint)
{
    struct peer_request *request;

    rig_open(rig);
    rig_send(rig, 1, INITIALIZE);
    peer_answer(peer_request(&rig->peer, 0), "405 Method Not Allowed", "", "");
    rig_told(rig, 1, "failed 1 refused (405) 405 Method Not Allowed\n");
    streamable_fall_back(rig->transport);
    rig_send(rig, 1, INITIALIZE);
    request = peer_request(&rig->peer, 1);
    assert_true(peer_is(request, "GET", "/mcp"));
    peer_expect(request, "Accept", "text/event-stream");
    peer_stream(request);
    peer_chunk(request, endpoint);
    return request;
}

static void the_older_transport_speaks_through_one_stream(void **state)
{
    struct rig rig;
    struct peer_request *stream = fallen_back(&rig, ENDPOINT("/messages?sessionId=a")), *request;

    (void)state;
    request = peer_request(&rig.peer, 2);
    assert_true(peer_is(request, "POST", "/messages?sessionId=a"));
    peer_expect(request, "Content-Type", "application/json");
    peer_expect(request, "MCP-Protocol-Version", NULL);
    assert_string_equal(request->body, INITIALIZE);
    peer_answer(request, "202 Accepted", "Content-Type: text/plain\r\n", "Accepted");
    peer_chunk(stream, "event: message\ndata: " RESULT("1") "\n\n");
    rig_told(&rig, 1, "message 0 " RESULT("1") "\n");
    mcp_transport_agreed(rig.transport, "2024-11-05", false);
    rig_ask(&rig, 2, "tools/list");
    request = peer_request(&rig.peer, 3);
    peer_expect(request, "MCP-Protocol-Version", NULL);
    /* here the answer may be there before its post is accepted */
    peer_chunk(stream, "data: " RESULT("2") "\n\n");
    rig_told(&rig, 1, "message 2 " RESULT("2") "\n");
    rig_ask(&rig, 3, "tools/list");
    peer_answer(peer_request(&rig.peer, 4), "500 Broken", "", "");
    rig_told(&rig, 1, "failed 3 refused (500) 500 Broken\n");
    peer_end(stream);
    rig_told(&rig, 1, "lost closed (200) it ended its event stream\n");
    assert_false(rig_send(&rig, 0, NOTE));
    rig_close(&rig);
}

static void the_endpoint_may_be_written_in_many_ways(void **state)
{
    static const char *const written[][2] = {{"messages/", "/messages/"},
                                             {"?s=1", "/mcp?s=1"},
                                             {"/x/../y#f", "/y"},
                                             {"//127.0.0.1:%d/z", "/z"},
                                             {"http://127.0.0.1:%d/w?a=b", "/w?a=b"},
                                             {"HTTP://u:p@127.0.0.1:%d/v", "/v"}};

    (void)state;
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        struct rig rig;
        struct peer_request *stream = fallen_back(&rig, ": later\n\n");
        char form[128], event[256];

        snprintf(form, sizeof form, "event: endpoint\ndata: %s\n\n", written[i][0]);
        if (strchr(written[i][0], '%'))
            snprintf(event, sizeof event, "event: endpoint\ndata: %.*s%d%s\n\n",
                     (int)strcspn(written[i][0], "%"), written[i][0], rig.peer.port,
                     strchr(written[i][0], '%') + 2);
        peer_chunk(stream, strchr(written[i][0], '%') ? event : form);
        assert_true(peer_is(peer_request(&rig.peer, 2), "POST", written[i][1]));
        peer_expect(peer_request(&rig.peer, 2), "Authorization", NULL);
        rig_close(&rig);
    }
}

static void an_endpoint_elsewhere_is_refused(void **state)
{
    static const char *const elsewhere[][2] = {
        {ENDPOINT("http://evil.test/take?s=1"),
         "lost nonsense it wants its messages sent to another server: http://evil.test/take\n"},
        {ENDPOINT("http://127.0.0.1:1/mcp"),
         "lost nonsense it wants its messages sent to another server: http://127.0.0.1:1/mcp\n"},
        {ENDPOINT("https://127.0.0.1/mcp"),
         "lost nonsense it wants its messages sent to another server: https://127.0.0.1/mcp\n"},
        {ENDPOINT("file:///etc/passwd"),
         "lost nonsense it wants its messages sent to another server: no valid address\n"},
        {ENDPOINT("http://127.0.0.1@evil.test/"),
         "lost nonsense it wants its messages sent to another server: http://evil.test/\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        struct rig rig;

        fallen_back(&rig, elsewhere[i][0]);
        rig_told(&rig, 1, elsewhere[i][1]);
        assert_int_equal(rig.peer.count, 2);
        rig_close(&rig);
    }
}

static void a_server_of_no_kind_is_lost(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig);
    streamable_fall_back(rig.transport);
    assert_int_equal(rig.lines, 0);
    peer_answer(peer_request(&rig.peer, 0), "404 Not Found", "", "");
    rig_told(&rig, 1, "lost refused (404) 404 Not Found\n");
    rig_close(&rig);
    rig_open(&rig);
    streamable_fall_back(rig.transport);
    peer_answer(peer_request(&rig.peer, 0), "200 OK", "Content-Type: text/html\r\n", "<html>");
    rig_told(&rig, 1, "lost nonsense it answered with text/html, not with an event stream\n");
    rig_close(&rig);
    struct peer_request *stream = fallen_back(&rig, ENDPOINT("/m"));
    peer_chunk(stream, "data: {\n\n");
    peer_until(&rig.peer, rig.lines == 1);
    assert_memory_equal(rig.told.data, "lost nonsense", 13);
    rig_close(&rig);
    stream = fallen_back(&rig, ENDPOINT("/m"));
    peer_request(&rig.peer, 2);
    peer_cut(stream);
    rig_told(&rig, 1, "lost broken (200) the connection was cut\n");
    rig_close(&rig);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_that_is_cut_within_an_event_goes_on),
        cmocka_unit_test(a_server_may_let_itself_be_polled),
        cmocka_unit_test(without_a_wish_it_is_a_second),
        cmocka_unit_test(no_patience_at_all_is_a_little),
        cmocka_unit_test(without_an_id_it_is_broken),
        cmocka_unit_test(a_resumption_that_is_refused_is_the_end),
        cmocka_unit_test(a_resumption_is_tried_again_but_not_for_ever),
        cmocka_unit_test(a_cancelled_request_is_not_resumed),
        cmocka_unit_test(the_servers_own_stream_is_heard_and_opened_again),
        cmocka_unit_test(a_server_without_such_a_stream_is_fine),
        cmocka_unit_test(the_end_of_the_session_is_told_by_the_stream_too),
        cmocka_unit_test(a_handler_may_reopen_the_stream),
        cmocka_unit_test(the_older_transport_speaks_through_one_stream),
        cmocka_unit_test(the_endpoint_may_be_written_in_many_ways),
        cmocka_unit_test(an_endpoint_elsewhere_is_refused),
        cmocka_unit_test(a_server_of_no_kind_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
