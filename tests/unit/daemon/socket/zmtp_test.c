/* What a peer may send, told from its framing alone. */
#include "daemon/socket/zmtp.h"
#include "shared/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 1000, MORE = 1, LONG = 2, COMMAND = 4 };

static void put_greeting(struct buf *out, unsigned char version)
{
    unsigned char greeting[64] = {0xff, [9] = 0x7f, [10] = version, [12] = 'N', 'U', 'L', 'L'};
    buf_put(out, greeting, sizeof greeting);
}

static void put_head(struct buf *out, int flags, uint64_t size)
{
    unsigned char head[9] = {(unsigned char)flags, (unsigned char)size};
    if (flags & LONG)
        for (int i = 0; i < 8; i++)
            head[1 + i] = (unsigned char)(size >> (56 - 8 * i));
    buf_put(out, head, flags & LONG ? 9 : 2);
}

static void put_frame(struct buf *out, int flags, size_t size)
{
    put_head(out, flags | (size > 255 ? LONG : 0), size);
    for (size_t i = 0; i < size; i++)
        buf_putc(out, (char)i);
}

static void begin(struct buf *out)
{
    buf_init(out, 1 << 20);
    put_greeting(out, 3);
    put_frame(out, COMMAND, 26);
}

static const char *take(struct zmtp *zmtp, const struct buf *bytes)
{
    memset(zmtp, 0, sizeof *zmtp);
    return zmtp_take(zmtp, bytes->data, bytes->len, MAX);
}

static void requests_are_counted_wherever_they_are_cut(void **unused)
{
    (void)unused;
    struct buf out;
    struct zmtp zmtp;
    begin(&out);
    size_t before = out.len;
    put_frame(&out, MORE, 6);
    put_frame(&out, 0, 700);
    put_frame(&out, COMMAND, 7);
    put_frame(&out, MORE, 0);
    put_frame(&out, 0, 0);
    uint64_t all = out.len - before - 9; /* without the command */

    for (size_t cut = 0; cut <= out.len; cut++) {
        memset(&zmtp, 0, sizeof zmtp);
        assert_null(zmtp_take(&zmtp, out.data, cut, MAX));
        assert_null(zmtp_take(&zmtp, out.data + cut, out.len - cut, MAX));
        assert_int_equal(zmtp.complete, all);
        assert_int_equal(zmtp.message, 0);
    }
    buf_free(&out);
}

static void a_message_without_end_is_cut(void **unused)
{
    (void)unused;
    struct buf out;
    struct zmtp zmtp;
    begin(&out);
    for (int i = 0; i < ZMTP_FRAMES_MAX; i++)
        put_frame(&out, MORE, 1);
    assert_null(take(&zmtp, &out));
    put_frame(&out, MORE, 1);
    assert_string_equal(take(&zmtp, &out), "its message has too many frames");
    buf_free(&out);
}

static void size_is_that_of_all_frames_together(void **unused)
{
    (void)unused;
    struct buf out;
    struct zmtp zmtp;
    begin(&out);
    put_frame(&out, MORE, 400);
    put_head(&out, LONG, MAX - 400 - 18);
    assert_null(take(&zmtp, &out));
    buf_truncate(&out, out.len - 9);
    put_head(&out, LONG, MAX - 400 - 17);
    assert_string_equal(take(&zmtp, &out), "its message is too large");
    buf_free(&out);
}

static void what_is_declared_counts(void **unused)
{
    (void)unused;
    static const uint64_t sizes[] = {MAX + 1, UINT64_C(8) << 30, UINT64_MAX, UINT64_MAX - 17};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf out;
        struct zmtp zmtp;
        begin(&out);
        put_head(&out, LONG, sizes[i]);
        assert_string_equal(take(&zmtp, &out), "its message is too large");
        buf_free(&out);
        begin(&out);
        put_head(&out, LONG | COMMAND, sizes[i] + ZMTP_COMMAND_MAX);
        if (sizes[i] + ZMTP_COMMAND_MAX > sizes[i])
            assert_string_equal(take(&zmtp, &out), "its command is too large");
        buf_free(&out);
    }
}

/* A READY of these properties; each: size and name, size and value. */
static void begin_with(struct buf *out, const void *properties, size_t len)
{
    buf_init(out, 1 << 16);
    put_greeting(out, 3);
    put_head(out, COMMAND, 6 + len);
    buf_puts(out, "\5READY");
    buf_put(out, properties, len);
}

#define READY_WITH(out, properties) begin_with(out, properties, sizeof(properties) - 1)
#define KIND                        "\13Socket-Type\0\0\0\6DEALER"

/* Whether it is cut, wherever it is parted. */
static bool is_cut(struct buf *out)
{
    struct zmtp zmtp, pieces = {0};
    const char *why = take(&zmtp, out), *why_pieces = NULL;
    for (size_t i = 0; i < out->len && !why_pieces; i++)
        why_pieces = zmtp_take(&pieces, out->data + i, 1, MAX);
    if (why)
        assert_string_equal(why, "it brings a routing id of its own");
    assert_int_equal(!why, !why_pieces);
    buf_free(out);
    return why;
}

static void a_routing_id_is_told_from_others(void **unused)
{
    (void)unused;
    struct buf out;
    READY_WITH(&out, KIND "\10Identity\0\0\0\0");
    assert_false(is_cut(&out));
    READY_WITH(&out, KIND "\10Identitx\0\0\0\2me\0\0\0\0\2\0y\11Identity2\0\0\0\2me");
    assert_false(is_cut(&out));
    READY_WITH(&out, KIND "\10Identity\0\0\0\1x");
    assert_true(is_cut(&out));
    READY_WITH(&out, "\0\0\0\0\0\10IDENTITY\0\0\0\0\10Identity\0\0\0\2me" KIND); /* the last counts */
    assert_true(is_cut(&out));
}

/* libzmq takes it all in, and then refuses it. */
static void a_message_before_ready_is_cut_at_once(void **unused)
{
    (void)unused;
    struct buf out;
    struct zmtp zmtp;
    buf_init(&out, 1 << 16);
    put_greeting(&out, 3);
    put_head(&out, LONG, 500);
    assert_string_equal(take(&zmtp, &out), "it speaks no ZMTP 3");
    buf_free(&out);
}

static void other_versions_are_cut_at_the_first_byte_that_tells(void **unused)
{
    (void)unused;
    struct buf out;
    struct zmtp zmtp = {0};
    assert_non_null(zmtp_take(&zmtp, "GET / HTTP/1.1", 14, MAX));
    memset(&zmtp, 0, sizeof zmtp);
    assert_non_null(zmtp_take(&zmtp, "\xff\0\0\0\0\0\0\0\1\0", 10, MAX)); /* ZMTP 1: a long frame */
    buf_init(&out, 64);
    put_greeting(&out, 1); /* ZMTP 2.0 */
    memset(&zmtp, 0, sizeof zmtp);
    assert_null(zmtp_take(&zmtp, out.data, 10, MAX));
    assert_string_equal(zmtp_take(&zmtp, out.data + 10, 1, MAX), "it speaks no ZMTP 3");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_counted_wherever_they_are_cut),
        cmocka_unit_test(a_message_without_end_is_cut),
        cmocka_unit_test(a_routing_id_is_told_from_others),
        cmocka_unit_test(a_message_before_ready_is_cut_at_once),
        cmocka_unit_test(size_is_that_of_all_frames_together),
        cmocka_unit_test(what_is_declared_counts),
        cmocka_unit_test(other_versions_are_cut_at_the_first_byte_that_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
