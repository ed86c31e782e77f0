/* UTF-8: what is valid, how bad bytes are read, clusters and widths. */
#include "shared/utf8.h"
#include <langinfo.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_locale(void **state)
{
    (void)state;
    return utf8_locale() ? 0 : -1;
}

static void a_utf8_locale_is_set_where_the_environment_has_none(void **state)
{
    (void)state;
    setenv("LC_ALL", "C", 1);
    assert_true(utf8_locale());
    assert_string_equal(nl_langinfo(CODESET), "UTF-8");

    setenv("LC_ALL", "no_SUCH.locale", 1);
    assert_true(utf8_locale());
    assert_string_equal(nl_langinfo(CODESET), "UTF-8");
}

static void every_character_comes_back_from_its_bytes(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        char bytes[4];
        uint32_t back;

        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        size_t len = utf8_encode(cp, bytes);
        assert_int_equal(utf8_decode(bytes, len, &back), len);
        assert_int_equal(back, cp);
        assert_true(utf8_valid(bytes, len));
        for (size_t cut = 1; cut < len; cut++)
            assert_false(utf8_valid(bytes, cut));
    }
}

static void what_no_text_can_hold_is_written_as_a_replacement(void **state)
{
    static const uint32_t none[] = {0xD800, 0xDFFF, 0x110000, UINT32_MAX};
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        char bytes[4];
        assert_int_equal(utf8_encode(none[i], bytes), 3);
        assert_memory_equal(bytes, "\xef\xbf\xbd", 3);
    }
}

static void bad_bytes_are_read_one_longest_start_at_a_time(void **state)
{
    static const struct {
        const char *bytes;
        size_t used;
    } bad[] = {
        {"\x80", 1},         {"\xbf\x80", 1},
        {"\xc0\x80", 1},     {"\xc1\xbf", 1},
        {"\xc3", 1},         {"\xc3(", 1},
        {"\xe0\x80\x80", 1}, {"\xe0\x9f\xbf", 1},
        {"\xe2\x82", 2},     {"\xe2\x82(", 2},
        {"\xed\xa0\x80", 1}, {"\xf0\x80\x80\x80", 1},
        {"\xf0\x9f\x98", 3}, {"\xf0\x9f\x98(", 3},
        {"\xf0\x9f(", 2},    {"\xf4\x90\x80\x80", 1},
        {"\xf5\x80", 1},     {"\xf8\x88\x80\x80", 1},
        {"\xfe", 1},         {"\xff\xff", 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t cp = 0;
        size_t len = strlen(bad[i].bytes);

        assert_int_equal(utf8_decode(bad[i].bytes, len, &cp), bad[i].used);
        assert_int_equal(cp, 0xFFFD);
        assert_false(utf8_valid(bad[i].bytes, len));
    }
}

static void valid_text_is_valid_and_one_bad_byte_spoils_it(void **state)
{
    (void)state;
    assert_true(utf8_valid("", 0));
    assert_true(utf8_valid("a\0b", 3));
    assert_true(utf8_valid("\xef\xbf\xbd", 3)); /* a replacement that someone wrote */
    assert_true(utf8_valid("\xef\xbf\xbe", 3)); /* a noncharacter is valid UTF-8 */
    assert_true(utf8_valid("h\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", 10));
    assert_false(utf8_valid("h\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80\xff", 11));
    assert_false(utf8_valid("\xff..................", 19));
}

static void a_cut_never_splits_a_character(void **state)
{
    static const char text[] = "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80"; /* begins at 0 1 3 6, ends at 10 */
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10};
    (void)state;

    for (size_t max = 0; max < sizeof expected / sizeof *expected; max++)
        assert_int_equal(utf8_cut(text, 10, max), expected[max]);
    assert_int_equal(utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
    assert_int_equal(utf8_cut("\x80\x80", 2, 1), 1);
    assert_int_equal(utf8_cut("a\x80\x80\x80\x80\x80\x80", 7, 6), 6);
}

static void clusters_are_what_people_call_a_character(void **state)
{
    static const struct {
        const char *name, *text;
        size_t bytes;
        int width;
    } cases[] = {
        {"letter", "ab", 1, 1},
        {"last letter", "a", 1, 1},
        {"letter before an accented one", "ae\xcc\x81", 1, 1},
        {"accent", "e\xcc\x81x", 3, 1},
        {"four marks", "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84x", 9, 1},
        {"wide", "\xe6\xbc\xa2\xe5\xad\x97", 3, 2},
        {"mark on wide", "\xe6\xbc\xa2\xcc\x81x", 5, 2},
        {"emoji", "\xf0\x9f\x98\x80x", 4, 2},
        {"jamo make one syllable", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 9, 2},
        {"a flag of two letters", "\xf0\x9f\x87\xab\xf0\x9f\x87\xb7x", 8, 2},
        {"two flags are two", "\xf0\x9f\x87\xab\xf0\x9f\x87\xb7\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", 8, 2},
        {"never wider than two cells", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", 7, 2},
        {"newline", "\nx", 1, 0},
        {"cr lf", "\r\nx", 2, 0},
        {"bad byte", "\xffx", 1, 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int width = -1;
        size_t bytes = utf8_cluster(cases[i].text, strlen(cases[i].text), &width);

        if (bytes != cases[i].bytes || width != cases[i].width)
            fail_msg("%s: %zu bytes, width %d", cases[i].name, bytes, width);
    }
}

static void clusters_cover_the_text_and_their_widths_add_up(void **state)
{
    unsigned seed = 7;
    (void)state;

    for (int round = 0; round < 20000; round++) {
        char text[40];
        size_t len = (size_t)rand_r(&seed) % sizeof text + 1, at = 0, sum = 0;
        for (size_t i = 0; i < len; i++)
            text[i] = "a\xcc\x81\xe6\xbc\xa2\xf0\x9f\x87\xab\xe2\x80\x8d\n\r\xff"[rand_r(&seed) % 16];

        while (at < len) {
            int width;
            size_t used = utf8_cluster(text + at, len - at, &width);

            assert_true(used >= 1 && used <= len - at);
            assert_in_range(width, 0, 2);
            at += used;
            sum += (size_t)width;
        }

        assert_int_equal(at, len);
        assert_int_equal(sum, utf8_width(text, len));
    }
}

static void a_line_is_as_wide_as_its_cells(void **state)
{
    (void)state;
    assert_int_equal(utf8_width("", 0), 0);
    assert_int_equal(utf8_width("stoa", 4), 4);
    assert_int_equal(utf8_width("a\n", 2), 1);
    assert_int_equal(utf8_width("e\xcc\x81", 3), 1);
    assert_int_equal(utf8_width("\xe6\xbc\xa2\xe5\xad\x97!", 7), 5);
    assert_int_equal(utf8_width("\xc2\x9b", 2), 0);
}

static void what_is_not_seen_is_blank_in_any_script(void **state)
{
    static const char *const blank[] = {"",
                                        " \t\n",
                                        "\xC2\xA0",
                                        "\xE3\x80\x80 \xE2\x80\xA8",
                                        "\xE2\x80\x8B\xEF\xBB\xBF",
                                        "\xE3\x85\xA4",
                                        "\xE2\xA0\x80"};
    static const char *const seen[] = {"a",    " \xC2\xA0x", "\xC3\xA9", "\xE2\x9D\xA4\xEF\xB8\x8F",
                                       "\xFF", "-"};
    (void)state;

    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++)
        assert_true(utf8_blank(blank[i], strlen(blank[i])));
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        assert_false(utf8_blank(seen[i], strlen(seen[i])));
}

static void white_space_goes_off_both_ends_and_nothing_else(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {" \t ", ""},
        {"as it is", "as it is"},
        {"\xC2\xA0 a  b \xE3\x80\x80", "a  b"},
        {"\xE2\x9D\xA4\xEF\xB8\x8F ", "\xE2\x9D\xA4\xEF\xB8\x8F"}, /* its last is no letter */
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];

        strcpy(text, rows[i][0]);
        utf8_trim(text);
        assert_string_equal(text, rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_seen_is_blank_in_any_script),
        cmocka_unit_test(white_space_goes_off_both_ends_and_nothing_else),
        cmocka_unit_test(a_utf8_locale_is_set_where_the_environment_has_none),
        cmocka_unit_test(every_character_comes_back_from_its_bytes),
        cmocka_unit_test(what_no_text_can_hold_is_written_as_a_replacement),
        cmocka_unit_test(bad_bytes_are_read_one_longest_start_at_a_time),
        cmocka_unit_test(valid_text_is_valid_and_one_bad_byte_spoils_it),
        cmocka_unit_test(a_cut_never_splits_a_character),
        cmocka_unit_test(clusters_are_what_people_call_a_character),
        cmocka_unit_test(clusters_cover_the_text_and_their_widths_add_up),
        cmocka_unit_test(a_line_is_as_wide_as_its_cells),
    };
    return cmocka_run_group_tests(tests, set_locale, NULL);
}
