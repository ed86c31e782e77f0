/* The capped buffer: all or nothing, always a C string, never past its cap. */
#include "shared/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void an_empty_buffer_reads_as_an_empty_string(void **state)
{
    struct buf buf;
    (void)state;

    buf_init(&buf, 10);

    assert_string_equal(buf.data, "");
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.cap, 0);
    buf_clear(&buf);
    buf_drop(&buf, 0);
    buf_truncate(&buf, 0);
    assert_true(buf_put(&buf, NULL, 0));
    buf_free(&buf);
}

static void pieces_add_up_to_one_string(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 100);

    assert_true(buf_puts(&buf, "one"));
    assert_true(buf_putc(&buf, ' '));
    assert_true(buf_put(&buf, "two!!", 3));
    assert_true(buf_printf(&buf, " %d%s", 3, "rd"));

    assert_string_equal(buf.data, "one two 3rd");
    assert_int_equal(buf.len, 11);
    buf_free(&buf);
}

static void a_buffer_holds_exactly_its_cap_and_not_a_byte_more(void **state)
{
    (void)state;
    for (size_t max = 0; max < 300; max++) {
        struct buf buf;
        buf_init(&buf, max);

        for (size_t i = 0; i < max; i++)
            assert_true(buf_putc(&buf, 'x'));

        assert_false(buf_putc(&buf, 'y'));
        assert_false(buf_printf(&buf, "%s", "y"));
        assert_int_equal(buf.len, max);
        assert_int_equal(strlen(buf.data), max);
        assert_null(strchr(buf.data, 'y'));
        assert_true(buf.cap <= max + 1);
        buf_free(&buf);
    }
}

static void what_does_not_fit_is_not_begun(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 8);
    assert_true(buf_puts(&buf, "12345"));

    assert_false(buf_puts(&buf, "6789"));
    assert_string_equal(buf.data, "12345");
    assert_false(buf_printf(&buf, "%d", 6789));
    assert_string_equal(buf.data, "12345");
    assert_false(buf_put_json(&buf, "67\n", 3));
    assert_string_equal(buf.data, "12345");

    assert_true(buf_puts(&buf, "678"));
    assert_string_equal(buf.data, "12345678");
    buf_free(&buf);
}

static void a_printed_text_longer_than_the_room_is_whole(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, SIZE_MAX);
    assert_true(buf_puts(&buf, "a"));

    assert_true(buf_printf(&buf, "%0*d", 5000, 42));

    assert_int_equal(buf.len, 5001);
    assert_string_equal(buf.data + 4998, "042");
    buf_free(&buf);
}

static void lengths_that_would_overflow_are_refused(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, SIZE_MAX);
    assert_true(buf_puts(&buf, "a"));

    assert_false(buf_put(&buf, "b", SIZE_MAX));
    assert_false(buf_put(&buf, "b", SIZE_MAX - 1));

    assert_string_equal(buf.data, "a");
    buf_free(&buf);
}

static void bytes_may_be_any_bytes(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 10);

    assert_true(buf_put(&buf, "a\0b", 3));

    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.data, "a\0b", 4);
    buf_free(&buf);
}

static void a_json_string_has_its_controls_escaped(void **state)
{
    static const char text[] = "say \"hi\"\\\b\f\n\r\t\x01\x1f\x7f h\xc3\xa9\0.";
    struct buf buf;
    (void)state;
    buf_init(&buf, 200);

    assert_true(buf_put_json(&buf, text, sizeof text - 1));

    assert_string_equal(buf.data, "say \\\"hi\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F\x7f h\xc3\xa9\\u0000.");
    buf_free(&buf);
}

static void a_json_string_fits_whole_or_not_at_all(void **state)
{
    (void)state;
    for (size_t max = 0; max < 12; max++) {
        struct buf buf;
        buf_init(&buf, max);

        bool fits = buf_put_json(&buf,
                                 "a\"b\x02"
                                 "c",
                                 5);

        assert_int_equal(fits, max >= 11);
        assert_string_equal(buf.data, fits ? "a\\\"b\\u0002c" : "");
        buf_free(&buf);
    }
}

static void the_front_can_be_dropped_and_the_end_cut(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 10);
    assert_true(buf_puts(&buf, "0123456789"));

    buf_drop(&buf, 3);
    assert_string_equal(buf.data, "3456789");
    buf_truncate(&buf, 2);
    assert_string_equal(buf.data, "34");
    assert_int_equal(buf.len, 2);
    buf_drop(&buf, 2);
    assert_string_equal(buf.data, "");
    buf_free(&buf);
}

static void clearing_keeps_the_memory_and_freeing_keeps_the_cap(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 4);
    assert_true(buf_puts(&buf, "1234"));
    size_t cap = buf.cap;

    buf_clear(&buf);
    assert_string_equal(buf.data, "");
    assert_int_equal(buf.cap, cap);
    buf_free(&buf);
    assert_int_equal(buf.cap, 0);

    assert_true(buf_puts(&buf, "5678"));
    assert_false(buf_putc(&buf, '9'));
    buf_free(&buf);
}

static void taken_bytes_are_the_takers_own(void **state)
{
    struct buf buf;
    (void)state;
    buf_init(&buf, 10);
    char *nothing = buf_take(&buf);
    assert_true(buf_puts(&buf, "mine"));

    char *taken = buf_take(&buf);
    assert_true(buf_puts(&buf, "next"));

    assert_string_equal(nothing, "");
    assert_string_equal(taken, "mine");
    assert_string_equal(buf.data, "next");
    free(nothing);
    free(taken);
    buf_free(&buf);
}

/* The bytes behind what is in use are the buffer's own, and may be looked at. */
static void what_a_wiping_buffer_lets_go_of_is_overwritten(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 4096);
    buf.wipes = true;
    assert_true(buf_puts(&buf, "secret-secret"));
    buf_drop(&buf, 7);
    assert_string_equal(buf.data, "secret");
    assert_memory_equal(buf.data + 6, "\0\0\0\0\0\0\0", 7);
    for (int i = 0; i < 100; i++) /* it moves */
        assert_true(buf_puts(&buf, "0123456789"));
    assert_int_equal(buf.len, 1006);
    assert_memory_equal(buf.data, "secret01234", 11);
    buf_truncate(&buf, 2);
    for (size_t at = 2; at < 1006; at++)
        assert_int_equal(buf.data[at], 0);
    buf_clear(&buf);
    assert_int_equal(buf.data[0], 0);
    assert_int_equal(buf.data[1], 0);
    buf_free(&buf);
    assert_true(buf.wipes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_reads_as_an_empty_string),
        cmocka_unit_test(pieces_add_up_to_one_string),
        cmocka_unit_test(a_buffer_holds_exactly_its_cap_and_not_a_byte_more),
        cmocka_unit_test(what_does_not_fit_is_not_begun),
        cmocka_unit_test(a_printed_text_longer_than_the_room_is_whole),
        cmocka_unit_test(lengths_that_would_overflow_are_refused),
        cmocka_unit_test(bytes_may_be_any_bytes),
        cmocka_unit_test(a_json_string_has_its_controls_escaped),
        cmocka_unit_test(a_json_string_fits_whole_or_not_at_all),
        cmocka_unit_test(the_front_can_be_dropped_and_the_end_cut),
        cmocka_unit_test(clearing_keeps_the_memory_and_freeing_keeps_the_cap),
        cmocka_unit_test(taken_bytes_are_the_takers_own),
        cmocka_unit_test(what_a_wiping_buffer_lets_go_of_is_overwritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
