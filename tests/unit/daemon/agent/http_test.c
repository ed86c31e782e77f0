/* Transfers against a server that answers byte for byte what the test wants; header lines; URLs. */
#include "tests/unit/daemon/agent/mcp/http_peer.h"

#include "daemon/agent/http_response.h"

struct fetch {
    struct http *http;
    struct http_transfer *transfer;
    struct buf body;
    bool done, sent;
    enum http_end end;
    struct http_response response;
    char why[HTTP_WHY_MAX];
    struct fetch *then; /* is started by the first data */
    const char *then_url;
};

struct rig {
    uv_loop_t loop;
    struct http *http;
    struct peer peer;
};

static void rig_open(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    uv_loop_init(&rig->loop);
    rig->http = http_open(&rig->loop);
    peer_open(&rig->peer, &rig->loop);
}

static void rig_close(struct rig *rig)
{
    http_close(&rig->http);
    peer_close(&rig->peer);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
}

static void fetch_start(struct fetch *fetch, const struct http_request *request);

static bool on_data(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    struct fetch *fetch = arg;

    assert_int_equal(response->status / 100, 2);
    buf_put(&fetch->body, bytes, len);
    if (fetch->then) {
        struct http_request request = {.url = fetch->then_url};
        struct fetch *then = fetch->then;

        fetch->then = NULL;
        fetch_start(then, &request);
    }
    return true;
}

static void on_done(void *arg, const struct http_result *result)
{
    struct fetch *fetch = arg;

    assert_false(fetch->done);
    fetch->done = true;
    fetch->end = result->end;
    fetch->sent = result->sent;
    fetch->response = *result->response;
    snprintf(fetch->why, sizeof fetch->why, "%s", result->why);
    buf_put(&fetch->body, result->body, result->body_len);
}

static void fetch_start(struct fetch *fetch, const struct http_request *request)
{
    struct http_handler handler = {.arg = fetch, .data = on_data, .done = on_done};

    buf_init(&fetch->body, 1 << 20);
    fetch->transfer = http_start(fetch->http, request, &handler);
}

static void methods_and_bodies(void **state)
{
    static const struct {
        const char *method, *body, *expected;
    } cases[] = {{NULL, NULL, "GET"},
                 {NULL, "x=1", "POST"},
                 {NULL, "", "POST"},
                 {"DELETE", NULL, "DELETE"},
                 {"PUT", "y", "PUT"}};
    struct rig rig;

    (void)state;
    rig_open(&rig);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fetch fetch = {.http = rig.http};
        const char *body = cases[i].body;
        struct http_request request = {.method = cases[i].method,
                                       .url = rig.peer.url,
                                       .body = body,
                                       .body_len = body ? strlen(body) : 0};

        fetch_start(&fetch, &request);
        struct peer_request *asked = peer_request(&rig.peer, i);
        assert_true(peer_is(asked, cases[i].expected, "/mcp"));
        assert_string_equal(asked->body, body ? body : "");
        peer_answer(asked, "200 Fine", "", "yes");
        peer_until(&rig.peer, fetch.done);
        assert_int_equal(fetch.end, HTTP_WHOLE);
        assert_true(fetch.sent);
        assert_string_equal(fetch.response.reason, "Fine");
        assert_string_equal(fetch.body.data, "yes");
        buf_free(&fetch.body);
    }
    rig_close(&rig);
}

static void a_body_that_is_sent_once_is_whole(void **state)
{
    enum { SIZE = 300000 };
    struct rig rig;
    struct fetch fetch = {0};
    char *body = malloc(SIZE + 1);

    (void)state;
    memset(body, 'b', SIZE);
    body[SIZE] = '\0';
    rig_open(&rig);
    fetch.http = rig.http;
    struct http_request request = {.url = rig.peer.url, .body = body, .body_len = SIZE, .once = true};
    fetch_start(&fetch, &request);
    assert_string_equal(peer_request(&rig.peer, 0)->body, body);
    peer_answer(&rig.peer.requests[0], "204 No Content", "", "");
    peer_until(&rig.peer, fetch.done);
    assert_int_equal(fetch.response.status, 204);
    buf_free(&fetch.body);
    free(body);
    rig_close(&rig);
}

static void a_transfer_may_be_started_within_another(void **state)
{
    struct rig rig;
    struct fetch first = {0}, second = {0};

    (void)state;
    rig_open(&rig);
    first = (struct fetch){.http = rig.http, .then = &second, .then_url = rig.peer.url};
    second.http = rig.http;
    struct http_request request = {.url = rig.peer.url};
    fetch_start(&first, &request);
    peer_stream(peer_request(&rig.peer, 0));
    peer_chunk(&rig.peer.requests[0], "data: 1\n\n");
    peer_answer(peer_request(&rig.peer, 1), "200 OK", "", "second");
    peer_until(&rig.peer, second.done);
    assert_string_equal(second.body.data, "second");
    assert_false(first.done);
    http_cancel(&first.transfer);
    buf_free(&first.body);
    buf_free(&second.body);
    rig_close(&rig);
}

static void bad_headers_are_not_sent(void **state)
{
    static const char *const bad[] = {"X: a\r\nY: b", "X: a\nb", "X: \x01",  "X\r\n: a",
                                      "X y: a",       ": a",     "no colon", "X;"};
    struct rig rig;

    (void)state;
    rig_open(&rig);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fetch fetch = {.http = rig.http};
        char *headers[] = {(char *)bad[i], NULL};
        struct http_request request = {.url = rig.peer.url, .headers = headers};

        fetch_start(&fetch, &request);
        assert_false(fetch.done);
        peer_until(&rig.peer, fetch.done);
        assert_int_equal(fetch.end, HTTP_IMPOSSIBLE);
        assert_false(fetch.sent);
        assert_non_null(strstr(fetch.why, "header"));
        buf_free(&fetch.body);
    }
    assert_int_equal(rig.peer.count, 0);
    rig_close(&rig);
}

static void a_cancelled_bad_request_is_silent(void **state)
{
    struct rig rig;
    char *headers[] = {(char *)"X: \n", NULL};
    struct fetch fetch = {0}, other = {0};

    (void)state;
    rig_open(&rig);
    fetch.http = other.http = rig.http;
    struct http_request request = {.url = rig.peer.url, .headers = headers};
    fetch_start(&fetch, &request);
    http_cancel(&fetch.transfer);
    fetch_start(&other, &request);
    peer_until(&rig.peer, other.done);
    assert_false(fetch.done);
    rig_close(&rig);
}

static void endless_headers_end_the_transfer(void **state)
{
    struct rig rig;
    struct fetch fetch = {0};

    (void)state;
    rig_open(&rig);
    fetch.http = rig.http;
    struct http_request request = {.url = rig.peer.url};
    fetch_start(&fetch, &request);
    peer_say(peer_request(&rig.peer, 0), "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 10000 && !fetch.done; i++) {
        peer_say(&rig.peer.requests[0], "X-More: 0123456789012345678901234567890123456789\r\n");
        uv_run(&rig.loop, UV_RUN_NOWAIT);
    }
    peer_until(&rig.peer, fetch.done);
    assert_int_equal(fetch.end, HTTP_CUT);
    assert_string_equal(fetch.why, "its headers are larger than 128 KiB");
    rig_close(&rig);
}

static void what_comes_after_the_headers_is_none(void **state)
{
    struct rig rig;
    struct fetch fetch = {0};

    (void)state;
    rig_open(&rig);
    fetch.http = rig.http;
    struct http_request request = {.url = rig.peer.url};
    fetch_start(&fetch, &request);
    peer_say(peer_request(&rig.peer, 0),
             "HTTP/1.1 103 Early Hints\r\nMcp-Session-Id: early\r\n\r\n"
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
             "2\r\n{}\r\n0\r\nContent-Type: text/html\r\nMcp-Session-Id: late\r\n\r\n");
    peer_until(&rig.peer, fetch.done);
    assert_int_equal(fetch.end, HTTP_WHOLE);
    assert_string_equal(fetch.response.content_type, "application/json");
    assert_string_equal(fetch.response.session, "");
    buf_free(&fetch.body);
    rig_close(&rig);
}

static void streams_that_stay_open_do_not_use_up_what_is_kept(void **state)
{
    enum { STREAMS = 6 };
    struct rig rig;
    struct fetch streams[STREAMS] = {{0}};

    (void)state;
    rig_open(&rig);
    struct http_request request = {.url = rig.peer.url};
    for (size_t i = 0; i < STREAMS; i++) {
        streams[i].http = rig.http;
        fetch_start(&streams[i], &request);
        peer_stream(peer_request(&rig.peer, i));
        peer_chunk(&rig.peer.requests[i], "data: 1\n\n");
    }
    for (size_t i = STREAMS; i < STREAMS + 10; i++) {
        struct fetch fetch = {.http = rig.http};

        fetch_start(&fetch, &request);
        peer_answer(peer_request(&rig.peer, i), "200 OK", "", "x");
        peer_until(&rig.peer, fetch.done);
        buf_free(&fetch.body);
    }
    assert_int_equal(rig.peer.connected, STREAMS + 1);
    for (size_t i = 0; i < STREAMS; i++) {
        peer_until(&rig.peer, streams[i].body.len > 0);
        http_cancel(&streams[i].transfer);
        buf_free(&streams[i].body);
    }
    rig_close(&rig);
}

static void a_silent_server_is_timed_out(void **state)
{
    struct rig rig;
    struct fetch fetch = {0};

    (void)state;
    rig_open(&rig);
    fetch.http = rig.http;
    struct http_request request = {.url = rig.peer.url, .first_byte_ms = 50};
    fetch_start(&fetch, &request);
    peer_until(&rig.peer, fetch.done);
    assert_int_equal(fetch.end, HTTP_TIMEOUT);
    assert_true(fetch.sent);
    assert_string_equal(fetch.why, "no answer within 0.05 s");
    rig_close(&rig);
}

/* --- header lines --- */

static void take(struct http_response *response, const char *line)
{
    http_response_line(response, line, strlen(line));
}

static void sessions(void **state)
{
    struct http_response response;
    char line[HTTP_SESSION_MAX + 64];

    (void)state;
    http_response_reset(&response);
    take(&response, "HTTP/1.1 200\r\n");
    assert_string_equal(response.reason, "");
    take(&response, "mcp-session-ID:   abc-~! \r\n");
    assert_true(response.session_bad == false);
    assert_string_equal(response.session, "abc-~!");
    take(&response, "Mcp-Session-Id: a\tb\r\n");
    assert_true(response.session_bad);
    assert_string_equal(response.session, "");
    take(&response, "Mcp-Session-Id: \r\n");
    assert_true(response.session_bad);
    take(&response, "Mcp-Session-Id: \xC3\xA9\r\n");
    assert_true(response.session_bad);
    http_response_line(&response, "Mcp-Session-Id: a\0b", 19);
    assert_true(response.session_bad);
    memset(line, 'x', sizeof line);
    memcpy(line, "Mcp-Session-Id: ", 16);
    http_response_line(&response, line, 16 + HTTP_SESSION_MAX);
    assert_false(response.session_bad);
    assert_int_equal(strlen(response.session), HTTP_SESSION_MAX);
    http_response_line(&response, line, 17 + HTTP_SESSION_MAX);
    assert_true(response.session_bad);
}

static void challenges(void **state)
{
    struct http_response response;
    char line[HTTP_CHALLENGE_MAX + 64];

    (void)state;
    http_response_reset(&response);
    take(&response, "HTTP/1.1 401 Unauthorized\r\n");
    take(&response, "WWW-Authenticate: Basic\r\n");
    memset(line, 'x', sizeof line);
    memcpy(line, "WWW-Authenticate: ", 18);
    http_response_line(&response, line, sizeof line); /* too long: none of it */
    take(&response, "WWW-Authenticate: Bearer a=\"b\"\r\n");
    assert_string_equal(response.challenge, "Basic, Bearer a=\"b\"");
    take(&response, "\r\n");
    take(&response, "WWW-Authenticate: Late\r\n");
    assert_string_equal(response.challenge, "Basic, Bearer a=\"b\"");
}

/* --- URLs --- */

static void joins(const char *base, const char *reference, const char *expected)
{
    char *url = http_url_join(base, reference);

    if (expected) {
        assert_non_null(url);
        assert_string_equal(url, expected);
    } else {
        assert_null(url);
    }
    free(url);
}

static void urls_are_joined(void **state)
{
    (void)state;
    joins("http://h:8/a/b?c", "/x?y=1", "http://h:8/x?y=1");
    joins("http://h:8/a/b?c", "x", "http://h:8/a/x");
    joins("https://u:p@h/a", "/x#f", "https://u:p@h/x");
    joins("https://u:p@h/a", "https://other/x", "https://u:p@other/x");
    joins("https://h/a", "https://e:f@h/x", "https://h/x");
    joins("http://h/a", "gopher://h/", NULL);
    joins("ftp://h/a", "/b", NULL);
    joins("nonsense", "/b", NULL);
}

static void origins_are_compared(void **state)
{
    (void)state;
    assert_true(http_url_same_origin("http://h/a", "http://H:80/b?c"));
    assert_true(http_url_same_origin("https://h/a", "https://u@h:443/"));
    assert_false(http_url_same_origin("http://h/", "https://h/"));
    assert_false(http_url_same_origin("http://h/", "http://h:81/"));
    assert_false(http_url_same_origin("http://h/", "http://h.evil/"));
    assert_false(http_url_same_origin("http://h/", "http://h@evil/"));
    assert_false(http_url_same_origin("http://h/", "ftp://h/"));
    assert_false(http_url_same_origin("", ""));
}

static void urls_are_shown_without_secrets(void **state)
{
    char *shown = http_url_show("https://user:pass@h:8443/p?token=1#f");

    (void)state;
    assert_string_equal(shown, "https://h:8443/p");
    free(shown);
    shown = http_url_show("s3cret");
    assert_null(strstr(shown, "s3cret@"));
    free(shown);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_and_bodies),
        cmocka_unit_test(a_body_that_is_sent_once_is_whole),
        cmocka_unit_test(a_transfer_may_be_started_within_another),
        cmocka_unit_test(bad_headers_are_not_sent),
        cmocka_unit_test(a_cancelled_bad_request_is_silent),
        cmocka_unit_test(endless_headers_end_the_transfer),
        cmocka_unit_test(what_comes_after_the_headers_is_none),
        cmocka_unit_test(streams_that_stay_open_do_not_use_up_what_is_kept),
        cmocka_unit_test(a_silent_server_is_timed_out),
        cmocka_unit_test(sessions),
        cmocka_unit_test(challenges),
        cmocka_unit_test(urls_are_joined),
        cmocka_unit_test(origins_are_compared),
        cmocka_unit_test(urls_are_shown_without_secrets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
