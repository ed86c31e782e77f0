/* Frames between daemon and agent: cut anywhere, too large, broken; and the chunk record. */
#include "proto/link.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MESSAGE "m_01j8zq4k3nw8x5t7v9r2m6p0q1"

static const struct chunk plain = {.message = MESSAGE,
                                   .index = 0x0102030405060708,
                                   .count = 0x11121314,
                                   .block = 0x21222324,
                                   .kind = CHUNK_REASONING,
                                   .delta = "gr\xc3\xbc\xc3\x9f"
                                            "e",
                                   .delta_len = 7};

static void frames_cut_at_any_byte_come_out_whole(void **unused)
{
    (void)unused;
    struct buf wire;
    json_t *json = json_pack("{s:i}", "link", 1);

    buf_init(&wire, 1 << 20);
    assert_true(link_put(&wire, LINK_STOP, "{}", 2));
    assert_true(link_put(&wire, LINK_BEAT, NULL, 0));
    assert_true(link_put_json(&wire, LINK_READY, json));
    assert_true(link_put_chunk(&wire, &plain));
    json_decref(json);

    for (size_t cut = 0; cut <= wire.len; cut++) {
        static const enum link_kind kinds[] = {LINK_STOP, LINK_BEAT, LINK_READY, LINK_CHUNK};
        struct buf in;
        size_t seen = 0, len;
        enum link_kind kind;
        const char *payload;

        buf_init(&in, wire.len);
        for (int half = 0; half < 2; half++) {
            buf_put(&in, wire.data + (half ? cut : 0), half ? wire.len - cut : cut);
            size_t at = 0;
            while (link_next(&in, &at, &kind, &payload, &len) == 1) {
                assert_int_equal(kind, kinds[seen]);
                if (kind == LINK_READY)
                    assert_memory_equal(payload, "{\"link\":1}", len);
                if (kind == LINK_BEAT)
                    assert_int_equal(len, 0);
                seen++;
            }
            assert_int_equal(link_next(&in, &at, &kind, &payload, &len), 0);
            buf_drop(&in, at);
        }
        assert_int_equal(seen, 4);
        assert_int_equal(in.len, 0);
        buf_free(&in);
    }
    buf_free(&wire);
}

static int next_of(const void *bytes, size_t len)
{
    struct buf in;
    enum link_kind kind;
    const char *payload;
    size_t payload_len, at = 0;

    buf_init(&in, len);
    buf_put(&in, bytes, len);
    int got = link_next(&in, &at, &kind, &payload, &payload_len);
    buf_free(&in);
    return got;
}

static void a_frame_of_no_or_too_many_bytes_breaks_the_protocol_at_once(void **unused)
{
    (void)unused;

    assert_int_equal(next_of("", 0), 0);
    assert_int_equal(next_of("\0\0\0", 3), 0);
    assert_int_equal(next_of("\0\0\0\0", 4), -1);
    assert_int_equal(next_of("\xff\xff\xff\xff", 4), -1);
    assert_int_equal(next_of("\x02\0\x80\x01", 4), -1); /* LINK_FRAME_MAX + 2 */
    assert_int_equal(next_of("\x01\0\x80\x01", 4), 0);  /* LINK_FRAME_MAX + 1: kind and largest payload */
    assert_int_equal(next_of("\x01\0\0\0", 4), 0);
    assert_int_equal(next_of("\x01\0\0\0\x07", 5), 1);
}

static void the_largest_frame_passes_and_a_larger_one_is_not_begun(void **unused)
{
    (void)unused;
    char *big = calloc(1, LINK_FRAME_MAX + 1);
    struct buf out;
    enum link_kind kind;
    const char *payload;
    size_t len, at = 0;

    buf_init(&out, SIZE_MAX);
    assert_false(link_put(&out, LINK_EVENT, big, LINK_FRAME_MAX + 1));
    assert_int_equal(out.len, 0);
    assert_true(link_put(&out, LINK_EVENT, big, LINK_FRAME_MAX));
    assert_int_equal(link_next(&out, &at, &kind, &payload, &len), 1);
    assert_int_equal(len, LINK_FRAME_MAX);
    buf_free(&out);
    free(big);
}

static void a_full_buffer_takes_no_part_of_a_frame(void **unused)
{
    (void)unused;
    json_t *json = json_pack("{s:s}", "text", "some");
    struct buf out;

    for (size_t max = 3; max < 100; max++) {
        buf_init(&out, max);
        buf_puts(&out, "abc");
        bool fits = link_put(&out, LINK_STOP, "{}", 2);
        assert_int_equal(fits, max >= 3 + 7);
        assert_int_equal(out.len, fits ? 10 : 3);
        buf_truncate(&out, 3);
        fits = link_put_json(&out, LINK_STOP, json);
        assert_int_equal(fits, max >= 3 + 5 + strlen("{\"text\":\"some\"}"));
        buf_truncate(&out, 3);
        fits = link_put_chunk(&out, &plain);
        assert_int_equal(fits, max >= 3 + 5 + 18 + strlen(MESSAGE) + plain.delta_len);
        assert_true(fits || out.len == 3);
        buf_free(&out);
    }
    json_decref(json);
}

/* The payload of its frame; free() it. */
static char *record_of(const struct chunk *chunk, size_t *len)
{
    struct buf out;
    enum link_kind kind;
    const char *payload;
    size_t at = 0;

    buf_init(&out, SIZE_MAX);
    assert_true(link_put_chunk(&out, chunk));
    assert_int_equal(link_next(&out, &at, &kind, &payload, len), 1);
    assert_int_equal(kind, LINK_CHUNK);
    char *copy = malloc(*len + 1); /* exact, so that a sanitizer sees a read beyond it */
    memcpy(copy, payload, *len);
    buf_free(&out);
    return copy;
}

static void round_trip(const struct chunk *chunk)
{
    char message[ID_MAX];
    struct chunk back;
    size_t len;
    char *record = record_of(chunk, &len);

    assert_true(link_get_chunk(record, len, message, &back));
    assert_string_equal(back.message, chunk->message);
    assert_int_equal(back.index, chunk->index);
    assert_int_equal(back.count, chunk->count);
    assert_int_equal(back.block, chunk->block);
    assert_int_equal(back.kind, chunk->kind);
    assert_int_equal(back.delta_len, chunk->delta_len);
    assert_memory_equal(back.delta, chunk->delta, chunk->delta_len);
    free(record);
}

static void a_chunk_comes_back_as_it_was(void **unused)
{
    (void)unused;
    char *big = malloc(LINK_CHUNK_MAX + 1);
    memset(big, 'x', LINK_CHUNK_MAX + 1);
    struct chunk chunk = plain;
    struct buf out;

    round_trip(&chunk);
    for (chunk.kind = 0; chunk.kind < CHUNK_KIND_COUNT; chunk.kind++)
        round_trip(&chunk);
    chunk.kind = CHUNK_TEXT;
    chunk.index = (uint64_t)INT64_MAX - CHUNK_COUNT_MAX;
    chunk.count = CHUNK_COUNT_MAX;
    chunk.block = UINT32_MAX;
    round_trip(&chunk);
    chunk = (struct chunk){.message = MESSAGE, .count = 1, .delta = "", .delta_len = 0};
    round_trip(&chunk);
    chunk.delta = big;
    chunk.delta_len = LINK_CHUNK_MAX;
    round_trip(&chunk);
    chunk.delta_len++;
    buf_init(&out, SIZE_MAX);
    assert_false(link_put_chunk(&out, &chunk));
    chunk.delta_len = 1;
    chunk.message = "m_0123456789012345678901234567890123456789";
    assert_false(link_put_chunk(&out, &chunk));
    assert_int_equal(out.len, 0);
    buf_free(&out);
    free(big);
}

static void the_record_is_little_endian_in_the_order_of_the_header(void **unused)
{
    (void)unused;
    size_t len;
    char *record = record_of(&plain, &len);

    assert_memory_equal(record,
                        "\x08\x07\x06\x05\x04\x03\x02\x01\x14\x13\x12\x11\x24\x23\x22\x21\x01\x1c" MESSAGE
                        "gr\xc3\xbc\xc3\x9f"
                        "e",
                        len);
    assert_int_equal(len, 18 + 28 + 7);
    free(record);
}

static bool get_changed(const struct chunk *chunk, size_t at, const char *bytes, size_t count)
{
    char message[ID_MAX];
    struct chunk back;
    size_t len;
    char *record = record_of(chunk, &len);

    assert_true(at + count <= len);
    memcpy(record + at, bytes, count);
    bool got = link_get_chunk(record, len, message, &back);
    free(record);
    return got;
}

static void a_broken_record_is_refused(void **unused)
{
    (void)unused;
    struct chunk chunk = plain, back;
    char message[ID_MAX];
    size_t len;

    assert_true(get_changed(&chunk, 0, "", 0));
    assert_false(get_changed(&chunk, 8, "\0\0\0\0", 4));     /* count 0 */
    assert_false(get_changed(&chunk, 8, "\x01\0\0\x40", 4)); /* over CHUNK_COUNT_MAX */
    assert_true(get_changed(&chunk, 8, "\0\0\0\x40", 4));
    assert_false(get_changed(&chunk, 0, "\xff\xff\xff\xff\xff\xff\xff\x7f", 8)); /* index near INT64_MAX */
    assert_false(get_changed(&chunk, 0, "\xff\xff\xff\xff\xff\xff\xff\xff", 8));
    assert_false(get_changed(&chunk, 16, "\x04", 1)); /* kind */
    assert_false(get_changed(&chunk, 16, "\xff", 1));
    assert_false(get_changed(&chunk, 17, "\0", 1)); /* length of the id */
    assert_false(get_changed(&chunk, 17, "\x1b", 1));
    assert_false(get_changed(&chunk, 17, "\x1d", 1));
    assert_false(get_changed(&chunk, 17, "\x28", 1));
    assert_false(get_changed(&chunk, 17, "\xff", 1));
    assert_false(get_changed(&chunk, 18, "s_", 2)); /* the id */
    assert_false(get_changed(&chunk, 20, "U", 1));
    assert_false(get_changed(&chunk, 20, "\0", 1));
    assert_false(get_changed(&chunk, 18 + 28, "\0", 1)); /* the delta */
    assert_false(get_changed(&chunk, 18 + 28, "\xff", 1));
    assert_false(get_changed(&chunk, 18 + 28, "\xc0\x80", 2));
    assert_false(get_changed(&chunk, 18 + 28, "\xed\xa0\x80", 3));

    struct chunk nul = {.message = MESSAGE "xy", .count = 1, .delta = "", .delta_len = 0};
    assert_false(get_changed(&nul, 18 + 28, "\0", 1)); /* an id that a NUL ends early */

    char *record = record_of(&chunk, &len);
    for (size_t cut = 0; cut < 18 + 28; cut++) {
        char *part = malloc(cut + 1);
        memcpy(part, record, cut);
        assert_false(link_get_chunk(part, cut, message, &back));
        free(part);
    }
    assert_true(link_get_chunk(record, 18 + 28, message, &back));  /* an empty delta */
    assert_false(link_get_chunk(record, len - 2, message, &back)); /* cut within a character */
    free(record);

    char *big = calloc(1, 18 + 28 + LINK_CHUNK_MAX + 1);
    record = record_of(&chunk, &len);
    memset(big, 'x', 18 + 28 + LINK_CHUNK_MAX + 1);
    memcpy(big, record, 18 + 28);
    assert_true(link_get_chunk(big, 18 + 28 + LINK_CHUNK_MAX, message, &back));
    assert_false(link_get_chunk(big, 18 + 28 + LINK_CHUNK_MAX + 1, message, &back));
    free(record);
    free(big);
}

static void each_cause_of_an_end_has_a_name(void **unused)
{
    (void)unused;
    static const char *const names[] = {"done", "hibernated", "crashed", "killed", "deadline", "protocol"};

    for (enum exit_cause cause = EXIT_CAUSE_DONE; cause <= EXIT_CAUSE_PROTOCOL; cause++)
        assert_string_equal(exit_cause_name(cause), names[cause]);
    assert_string_equal(exit_cause_name((enum exit_cause)77), "unknown");
}

static void each_reason_of_an_interrupt_comes_back_by_its_name(void **unused)
{
    (void)unused;
    for (enum link_interrupt why = LINK_INTERRUPT_USER; why <= LINK_INTERRUPT_BUDGET; why++)
        assert_int_equal(link_interrupt_parse(link_interrupt_name(why)), why);
    assert_int_equal(link_interrupt_parse("of a later release"), LINK_INTERRUPT_USER);
    assert_int_equal(link_interrupt_parse(""), LINK_INTERRUPT_USER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_cut_at_any_byte_come_out_whole),
        cmocka_unit_test(a_frame_of_no_or_too_many_bytes_breaks_the_protocol_at_once),
        cmocka_unit_test(the_largest_frame_passes_and_a_larger_one_is_not_begun),
        cmocka_unit_test(a_full_buffer_takes_no_part_of_a_frame),
        cmocka_unit_test(a_chunk_comes_back_as_it_was),
        cmocka_unit_test(the_record_is_little_endian_in_the_order_of_the_header),
        cmocka_unit_test(a_broken_record_is_refused),
        cmocka_unit_test(each_cause_of_an_end_has_a_name),
        cmocka_unit_test(each_reason_of_an_interrupt_comes_back_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
