/* When a request is made again, and after how long; and the headers that say so. */
#include "daemon/agent/http_response.h"
#include "daemon/agent/retry.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE = 60000 };

static struct http_response response_of(const char *const *lines)
{
    struct http_response response;

    http_response_reset(&response);
    for (; *lines; lines++)
        http_response_line(&response, *lines, strlen(*lines));
    return response;
}

static bool wanted(int status, int should_retry, enum http_end end)
{
    struct http_response response = {.status = status, .should_retry = should_retry};
    struct http_result result = {.end = end, .response = &response, .why = ""};

    return retry_wanted(&result);
}

static void what_is_asked_again(void **state)
{
    static const int yes[] = {408, 409, 429, 500, 502, 503, 529}, no[] = {301, 400, 401, 403, 404, 413, 422};

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(wanted(yes[i], -1, HTTP_WHOLE));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(wanted(no[i], -1, HTTP_WHOLE));
    assert_true(wanted(0, -1, HTTP_UNREACHABLE));
    assert_true(wanted(0, -1, HTTP_TIMEOUT));
    assert_false(wanted(0, -1, HTTP_IMPOSSIBLE));
}

static void never_once_an_answer_began(void **state)
{
    (void)state;
    assert_false(wanted(200, -1, HTTP_CUT));
    assert_false(wanted(200, 1, HTTP_TIMEOUT));
}

static void the_server_has_the_last_word(void **state)
{
    (void)state;
    assert_true(wanted(400, 1, HTTP_WHOLE));
    assert_false(wanted(503, 0, HTTP_WHOLE));
}

static void waits_double_up_to_eight_seconds(void **state)
{
    struct http_response none = {.retry_after_ms = HTTP_NO_RETRY_AFTER};
    static const int64_t expected[] = {500, 1000, 2000, 4000, 8000, 8000, 8000};

    (void)state;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(retry_delay_ms(&none, 0, MINUTE, i, 0), expected[i]);
        assert_int_equal(retry_delay_ms(&none, 0, MINUTE, i, 0.999999), expected[i] * 3 / 4);
    }
}

static void the_server_s_wish_counts_within_bounds(void **state)
{
    struct http_response wish = {.retry_after_ms = 1500};

    (void)state;
    assert_int_equal(retry_delay_ms(&wish, 0, MINUTE, 0, 0), 1500);
    wish.retry_after_ms = MINUTE;
    assert_int_equal(retry_delay_ms(&wish, 0, MINUTE, 0, 0), MINUTE);
    wish.retry_after_ms = MINUTE + 1;
    assert_int_equal(retry_delay_ms(&wish, 0, MINUTE, 0, 0), 500);
    assert_int_equal(retry_delay_ms(&wish, 1, INT32_MAX, 0, 0), MINUTE + 1);
    wish.retry_after_ms = 0;
    assert_int_equal(retry_delay_ms(&wish, 0, MINUTE, 0, 0), 0);
    assert_int_equal(retry_delay_ms(&wish, 1, INT32_MAX, 0, 0), 500);
    wish.retry_after_ms = -5;
    assert_int_equal(retry_delay_ms(&wish, 0, MINUTE, 0, 0), 500);
}

static void headers_are_read(void **state)
{
    const char *lines[] = {"HTTP/1.1 429 Too Many Requests\r\n",
                           "content-TYPE: application/json; charset=utf-8 \r\n",
                           "Retry-After: 2.5\r\n",
                           "X-Should-Retry:true\r\n",
                           "nonsense\r\n",
                           "\r\n",
                           NULL};
    struct http_response response = response_of(lines);

    (void)state;
    assert_int_equal(response.status, 429);
    assert_string_equal(response.content_type, "application/json; charset=utf-8");
    assert_int_equal(response.retry_after_ms, 2500);
    assert_int_equal(response.should_retry, 1);
}

static void milliseconds_win_over_seconds(void **state)
{
    const char *before[] = {"HTTP/1.1 503", "retry-after-ms: 70", "retry-after: 9", NULL};
    const char *after[] = {"HTTP/1.1 503", "retry-after: 9", "retry-after-ms: 70", NULL};
    const char *bad[] = {"HTTP/1.1 503", "retry-after: 9", "retry-after-ms: soon", NULL};

    (void)state;
    assert_int_equal(response_of(before).retry_after_ms, 70);
    assert_int_equal(response_of(after).retry_after_ms, 70);
    assert_int_equal(response_of(bad).retry_after_ms, 9000);
}

static void an_interim_answer_is_none(void **state)
{
    const char *lines[] = {"HTTP/1.1 100 Continue", "retry-after: 1", "",
                           "HTTP/1.1 200 OK",       "Location: /x",   NULL};
    const char *interim[] = {"HTTP/1.1 103 Early Hints", NULL};
    struct http_response response = response_of(lines);

    (void)state;
    assert_int_equal(response.status, 200);
    assert_true(response.retry_after_ms == HTTP_NO_RETRY_AFTER);
    assert_string_equal(response.location, "/x");
    assert_int_equal(response_of(interim).status, 0);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    int64_t now = INT64_C(1445412480) * 1000; /* Wed, 21 Oct 2015 07:28:00 GMT */

    (void)state;
    assert_int_equal(http_retry_after("0", now), 0);
    assert_int_equal(http_retry_after("-3", now), -3000);
    assert_int_equal(http_retry_after("Wed, 21 Oct 2015 07:28:30 GMT", now), 30000);
    assert_int_equal(http_retry_after("Wed, 21 Oct 2015 07:27:30 GMT", now), -30000);
    assert_true(http_retry_after("", now) == HTTP_NO_RETRY_AFTER);
    assert_true(http_retry_after("soon", now) == HTTP_NO_RETRY_AFTER);
    assert_true(http_retry_after("nan", now) == HTTP_NO_RETRY_AFTER);
    assert_true(http_retry_after("1e300", now) == HTTP_NO_RETRY_AFTER);
}

static void long_headers_are_cut(void **state)
{
    char line[2000];
    struct http_response response;

    (void)state;
    memset(line, 'x', sizeof line);
    memcpy(line, "Location: ", 10);
    http_response_reset(&response);
    http_response_line(&response, line, sizeof line);
    assert_int_equal(strlen(response.location), sizeof response.location - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_again),
        cmocka_unit_test(never_once_an_answer_began),
        cmocka_unit_test(the_server_has_the_last_word),
        cmocka_unit_test(waits_double_up_to_eight_seconds),
        cmocka_unit_test(the_server_s_wish_counts_within_bounds),
        cmocka_unit_test(headers_are_read),
        cmocka_unit_test(milliseconds_win_over_seconds),
        cmocka_unit_test(an_interim_answer_is_none),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
        cmocka_unit_test(long_headers_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
