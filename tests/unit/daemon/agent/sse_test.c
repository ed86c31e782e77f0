/* Server-sent events: what is an event, wherever the bytes are cut. */
#include "daemon/agent/sse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool note(void *arg, const char *name, const char *data, size_t len)
{
    assert_int_equal(data[len], '\0');
    buf_printf(arg, "<%s|%.*s>", name, (int)len, data);
    return strcmp(name, "halt") != 0;
}

static void feed(const char *stream, size_t len, size_t first, size_t step, size_t max,
                 enum sse_result expected_result, const char *expected)
{
    struct buf seen;
    struct sse sse;
    enum sse_result result = SSE_OK;

    buf_init(&seen, 1 << 20);
    sse_init(&sse, max, note, &seen);
    for (size_t at = 0, piece = first; at < len; at += piece, piece = step) {
        piece = piece < len - at ? piece : len - at;
        char *exact = malloc(piece ? piece : 1);
        memcpy(exact, stream + at, piece);
        result = sse_feed(&sse, exact, piece);
        free(exact);
    }
    assert_string_equal(seen.data, expected);
    assert_int_equal(result, expected_result);
    sse_free(&sse);
    buf_free(&seen);
}

static void expect(const char *stream, const char *expected)
{
    size_t len = strlen(stream);

    for (size_t first = 0; first <= len; first++)
        feed(stream, len, first, first == 0 ? 1 : len, 4096, SSE_OK, expected);
}

static void lines_end_in_lf_cr_or_crlf(void **state)
{
    (void)state;
    expect("data: a\n\ndata: b\n\n", "<|a><|b>");
    expect("data: a\r\rdata: b\r\r", "<|a><|b>");
    expect("data: a\r\n\r\ndata: b\r\n\r\n", "<|a><|b>");
    expect("data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", "<|a><|b><|c>");
}

static void data_lines_are_joined(void **state)
{
    (void)state;
    expect("data: a\ndata: b\ndata:\ndata: c\n\n", "<|a\nb\n\nc>");
    expect("data\ndata: x\n\n", "<|\nx>");
}

static void one_space_after_the_colon_goes(void **state)
{
    (void)state;
    expect("data:a\n\ndata:  b\n\ndata: c : d \n\n", "<|a><| b><|c : d >");
}

static void comments_and_other_fields_are_skipped(void **state)
{
    (void)state;
    expect(": hello\n\nid: 7\nretry: 100\nnonsense\ndata: a\n:x\n\nDATA: b\ndatum: c\n\n", "<|a>");
}

static void an_event_has_a_name_of_its_own(void **state)
{
    (void)state;
    expect("event: ping\ndata: {}\n\ndata: b\n\nevent: x\n\ndata: c\n\n", "<ping|{}><|b><|c>");
    expect("event: a\nevent: b\ndata: 1\n\n", "<b|1>");
    expect(
        "event: this_name_is_much_longer_than_any_that_we_could_ever_know_of_and_so_it_is_none\ndata: 1\n\n",
        "<|1>");
}

static void a_byte_order_mark_goes_at_the_start_alone(void **state)
{
    (void)state;
    expect("\xEF\xBB\xBF"
           "data: a\n\n",
           "<|a>");
    expect("data: a\n\n\xEF\xBB\xBF"
           "data: b\n\n",
           "<|a>");
}

static void empty_data_is_no_event(void **state)
{
    (void)state;
    expect("data:\n\ndata: \n\nevent: x\n\n\n\n\ndata: a\n\n", "<|a>");
}

static void an_event_without_its_blank_line_is_none(void **state)
{
    (void)state;
    expect("data: a\n\ndata: b\n", "<|a>");
    expect("data: a\n\ndata: b", "<|a>");
}

static void characters_may_be_cut(void **state)
{
    (void)state;
    expect("data: \xE6\x97\xA5\xF0\x9F\x98\x80\n\n", "<|\xE6\x97\xA5\xF0\x9F\x98\x80>");
}

static void nul_bytes_are_data(void **state)
{
    static const char stream[] = "data: a\0b\n\n";

    (void)state;
    feed(stream, sizeof stream - 1, 3, 1, 4096, SSE_OK, "<|a>"); /* the note is cut there, the data not */
}

static void the_reader_may_stop(void **state)
{
    const char *stream = "data: a\n\nevent: halt\ndata: b\n\ndata: c\n\n";

    (void)state;
    for (size_t first = 0; first <= strlen(stream); first++)
        feed(stream, strlen(stream), first, first == 0 ? 1 : 100, 4096, SSE_STOPPED, "<|a><halt|b>");
}

static void an_event_has_a_cap(void **state)
{
    const char *fits = "data: 0123456789\n\n",
               *long_line = "data: a\n\ndata: 01234567890123456789\n\ndata: b\n\n";
    const char *many_lines = "data: a\n\ndata: 0123456\ndata: 0123456\ndata: 0123456\n\n";

    (void)state;
    for (size_t first = 0; first <= strlen(fits); first++)
        feed(fits, strlen(fits), first, first == 0 ? 1 : 100, 16, SSE_OK, "<|0123456789>");
    for (size_t first = 0; first <= strlen(long_line); first++)
        feed(long_line, strlen(long_line), first, first == 0 ? 1 : 100, 16, SSE_TOO_LARGE, "<|a>");
    for (size_t first = 0; first <= strlen(many_lines); first++)
        feed(many_lines, strlen(many_lines), first, first == 0 ? 1 : 100, 16, SSE_TOO_LARGE, "<|a>");
    feed("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 31, 1, 1, 16, SSE_TOO_LARGE, "");
}

static void whole_lines_are_a_sign_of_life(void **state)
{
    struct buf seen;
    struct sse sse;

    (void)state;
    buf_init(&seen, 64);
    sse_init(&sse, 64, note, &seen);
    sse_feed(&sse, "data: dribble", 13);
    assert_int_equal(sse.lines, 0);
    sse_feed(&sse, "\n:\n", 3);
    assert_int_equal(sse.lines, 2);
    sse_free(&sse);
    buf_free(&seen);
}

/* What a stream leaves behind to go on with. */
static void leaves(const char *stream, const char *last_id, int64_t retry_ms)
{
    for (size_t step = 1; step <= strlen(stream); step++) {
        struct buf seen;
        struct sse sse;

        buf_init(&seen, 1 << 20);
        sse_init(&sse, 4096, note, &seen);
        for (size_t at = 0; at < strlen(stream); at += step)
            sse_feed(&sse, stream + at, step < strlen(stream) - at ? step : strlen(stream) - at);
        assert_string_equal(sse.last_id.data, last_id);
        assert_int_equal(sse.retry_ms, retry_ms);
        sse_restart(&sse);
        assert_string_equal(sse.last_id.data, last_id);
        assert_int_equal(sse.retry_ms, retry_ms);
        buf_clear(&seen);
        sse_feed(&sse,
                 "\xEF\xBB\xBF"
                 "data: new\n\n",
                 14);
        assert_string_equal(seen.data, "<|new>");
        sse_free(&sse);
        buf_free(&seen);
    }
}

static void ids_count_once_their_event_is_whole(void **state)
{
    (void)state;
    leaves("data: a\n\n", "", -1);
    leaves("id: 1\ndata: a\n\nid: 2\ndata: b\n", "1", -1);
    leaves("id: 1\ndata:\n\n", "1", -1);
    leaves("id: 1\n\n", "1", -1);
    leaves("id: 1\n\ndata: a\n\n", "1", -1);
    leaves("id: 1\n\nid\n\n", "", -1);
    leaves("id: 1\n\nid: a\x01z\n\n", "", -1);
    leaves("id:  x y \n\n", " x y ", -1);
}

static void the_wait_is_in_digits(void **state)
{
    (void)state;
    leaves("retry: 1500\n", "", 1500);
    leaves("retry: 0\n\n", "", 0);
    leaves("retry: 20\nretry: -1\nretry: 1.5\nretry:\nretry: 5s\n\n", "", 20);
}

static void ids_and_waits_have_bounds(void **state)
{
    struct sse sse;
    struct buf seen;
    char line[SSE_ID_MAX + 8];

    (void)state;
    buf_init(&seen, 100);
    sse_init(&sse, 8192, note, &seen);
    memset(line, 'i', sizeof line);
    memcpy(line, "id: ", 4);
    sse_feed(&sse, line, 4 + SSE_ID_MAX);
    sse_feed(&sse, "\n\n", 2);
    assert_int_equal(sse.last_id.len, SSE_ID_MAX);
    sse_feed(&sse, line, 5 + SSE_ID_MAX);
    sse_feed(&sse, "\nretry: 99999999999999999999999999\n\n", 36);
    assert_string_equal(sse.last_id.data, "");
    assert_true(sse.retry_ms > INT32_MAX);
    sse_feed(&sse, "id: 1\n\nid: a\0b\n\n", 17);
    assert_string_equal(sse.last_id.data, "1");
    sse_free(&sse);
    buf_free(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_count_once_their_event_is_whole),
        cmocka_unit_test(the_wait_is_in_digits),
        cmocka_unit_test(ids_and_waits_have_bounds),
        cmocka_unit_test(lines_end_in_lf_cr_or_crlf),
        cmocka_unit_test(data_lines_are_joined),
        cmocka_unit_test(one_space_after_the_colon_goes),
        cmocka_unit_test(comments_and_other_fields_are_skipped),
        cmocka_unit_test(an_event_has_a_name_of_its_own),
        cmocka_unit_test(a_byte_order_mark_goes_at_the_start_alone),
        cmocka_unit_test(empty_data_is_no_event),
        cmocka_unit_test(an_event_without_its_blank_line_is_none),
        cmocka_unit_test(characters_may_be_cut),
        cmocka_unit_test(nul_bytes_are_data),
        cmocka_unit_test(the_reader_may_stop),
        cmocka_unit_test(an_event_has_a_cap),
        cmocka_unit_test(whole_lines_are_a_sign_of_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
