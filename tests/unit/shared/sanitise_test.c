/* The sanitiser: what each kind of hostile text becomes, and that cuts and repetition change nothing. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sample {
    const char *name, *text, *clean;
};

static const struct sample stripped[] = {
    {"colours", "a\x1b[31mb\x1b[0mc", "abc"},
    {"clear screen", "x\x1b[2J\x1b[Hy", "xy"},
    {"clipboard, BEL", "a\x1b]52;c;aGk=\x07z", "az"},
    {"clipboard, ST", "a\x1b]52;c;aGk=\x1b\\z", "az"},
    {"hyperlink", "\x1b]8;;http://evil/\x1b\\click\x1b]8;;\x1b\\", "click"},
    {"title that never ends", "a\x1b]0;title\nb", "a\nb"},
    {"sixel", "a\x1bPq#0;2;0\x1b\\b", "ab"},
    {"kitty graphics", "a\x1b_Gf=100;AAAA\x1b\\b", "ab"},
    {"PM and SOS", "a\x1b^x\x1b\\b\x1bXy\x1b\\c", "abc"},
    {"C1 CSI in UTF-8",
     "a\xc2\x9b"
     "31mb",
     "ab"},
    {"C1 OSC in UTF-8",
     "a\xc2\x9d"
     "52;c;aGk=\xc2\x9cz",
     "az"},
    {"C1 CSI as a raw byte",
     "a\x9b"
     "31mb",
     "a\xef\xbf\xbd"
     "31mb"},
    {"escape in escape", "\x1b\x1b[31m[0mx", "[0mx"},
    {"escape in title", "a\x1b]0;x\x1b[31mb", "ab"},
    {"character set shift",
     "a\x0e"
     "b\x0f"
     "c\x1b(0q",
     "abcq"},
    {"terminal reset",
     "a\x1b"
     "cb",
     "ab"},
    {"screen alignment test", "a\x1b#8b", "ab"},
    {"CSI broken off by a newline", "a\x1b[31\nb", "a\nb"},
    {"backspace", "abc\b\b\bxyz", "abcxyz"},
    {"CR that overwrites", "good\revil", "good\nevil"},
    {"CR LF", "a\r\nb", "a\nb"},
    {"bell", "a\ab", "ab"},
    {"control A",
     "a\x01"
     "b",
     "ab"},
    {"DEL",
     "a\x7f"
     "b",
     "ab"},
    {"right-to-left override",
     "abc\xe2\x80\xae"
     "fed",
     "abcfed"},
    {"isolates",
     "a\xe2\x81\xa7"
     "b\xe2\x81\xa9",
     "ab"},
    {"direction marks",
     "a\xe2\x80\x8e\xe2\x80\x8f"
     "b",
     "ab"},
    {"Arabic letter mark",
     "a\xd8\x9c"
     "b",
     "ab"},
    {"zero-width space", "ad\xe2\x80\x8bmin", "admin"},
    {"byte order mark", "\xef\xbb\xbfhi", "hi"},
    {"word joiner",
     "a\xe2\x81\xa0"
     "b",
     "ab"},
    {"text in tags", "hi\xf3\xa0\x81\x81\xf3\xa0\x81\x82", "hi"},
    {"text in variation selectors",
     "a\xf3\xa0\x84\x80\xef\xb8\x81"
     "b",
     "ab"},
    {"Hangul filler",
     "a\xe3\x85\xa4"
     "b",
     "ab"},
    {"joined family", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9", "\xf0\x9f\x91\xa8\xf0\x9f\x91\xa9"},
    {"skin tone", "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "\xf0\x9f\x91\x8d"},
    {"heart", "\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4"},
    {"flag", "\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", "\xf0\x9f\x87\xab\xf0\x9f\x87\xb7"},
    {"zalgo",
     "a\xcc\x80\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85"
     "b",
     "a\xcc\x80\xcc\x81\xcc\x82\xcc\x83"
     "b"},
    {"mark at the start",
     "\xcc\x81"
     "a",
     "a"},
    {"mark after a newline",
     "x\n\xcc\x81"
     "a",
     "x\na"},
    {"not yet assigned", "a\xcd\xb8\xf1\x90\x80\x85", "a\xef\xbf\xbd\xef\xbf\xbd"},
    {"surrogate",
     "a\xed\xa0\x80"
     "b",
     "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
     "b"},
    {"overlong escape",
     "a\xc0\x9b"
     "31m",
     "a\xef\xbf\xbd\xef\xbf\xbd"
     "31m"},
    {"overlong of three", "\xe0\x80\x9b", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"five bytes", "\xf8\x88\x80\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"cut off", "a\xe2\x82", "a\xef\xbf\xbd"},
    {"line separator",
     "a\xe2\x80\xa8"
     "b",
     "a\nb"},
    {"noncharacter", "a\xef\xbf\xbe", "a\xef\xbf\xbd"},
    {"Chinese", "\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97"},
    {"Arabic", "\xd8\xb3\xd9\x84", "\xd8\xb3\xd9\x84"},
    {"tab", "a\tb", "a\tb"},
    {"mark after a line separator",
     "x\xe2\x80\xa8\xcc\x81"
     "a",
     "x\na"},
    {"mark after a space", "x \xcc\x81y", "x y"},
    {"mark after what was dropped", "a\xe2\x80\x8b\xcc\x81", "a\xcc\x81"},
    {"five marks around what was dropped", "a\xcc\x80\xcc\x81\x07\xcc\x82\xcc\x83\xcc\x84",
     "a\xcc\x80\xcc\x81\xcc\x82\xcc\x83"},
    {"CR CR LF", "a\r\r\nb", "a\n\nb"},
    {"CR at the end", "a\r", "a\n"},
    {"CR before an escape", "a\r\x1b[Kb", "a\nb"},
    {"title ended by C1 ST", "a\x1b]0;t\xc2\x9cz", "az"},
    {"escape at the end", "a\x1b", "a"},
    {"title at the end", "a\x1b]0;t", "a"},
    {"title and CR LF", "a\x1b]0;t\r\nb", "a\nb"},
    {"escape, then a cut off character", "a\x1b\xe2\x82", "a\xef\xbf\xbd"},
    {"raw C1 string start",
     "a\x9d"
     "0;t\x07z",
     "a\xef\xbf\xbd"
     "0;tz"},
    {"a replacement that was there", "a\xef\xbf\xbd", "a\xef\xbf\xbd"},
};

static const struct sample revealed[] = {
    {"colours", "a\x1b[31mb", "a^[[31mb"},
    {"clipboard", "\x1b]52;c;aGk=\x07", "^[]52;c;aGk=^G"},
    {"C1 CSI in UTF-8",
     "a\xc2\x9b"
     "31m",
     "a<9B>31m"},
    {"C1 CSI as a raw byte",
     "a\x9b"
     "31m",
     "a\xef\xbf\xbd"
     "31m"},
    {"DEL", "a\x7f", "a^?"},
    {"override",
     "rm \xe2\x80\xae"
     "fed",
     "rm <U+202E>fed"},
    {"tag", "hi\xf3\xa0\x81\x81", "hi<U+E0041>"},
    {"soft hyphen",
     "a\xc2\xad"
     "b",
     "a<U+00AD>b"},
    {"mark at the start",
     "\xcc\x81"
     "a",
     "<U+0301>a"},
    {"mark too many", "a\xcc\x80\xcc\x81\xcc\x82\xcc\x83\xcc\x84",
     "a\xcc\x80\xcc\x81\xcc\x82\xcc\x83<U+0304>"},
    {"skin tone", "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "\xf0\x9f\x91\x8d<U+1F3FD>"},
    {"CR that overwrites", "good\revil", "good\nevil"},
    {"CR LF", "a\r\nb", "a\nb"},
    {"line separator",
     "a\xe2\x80\xa8"
     "b",
     "a\nb"},
    {"plain", "rm -rf ./build\t# \xe6\xbc\xa2\n", "rm -rf ./build\t# \xe6\xbc\xa2\n"},
};

static int set_locale(void **state)
{
    (void)state;
    return utf8_locale() ? 0 : -1;
}

/* Cleans text in two feeds, cut at a byte, or in feeds of one byte where cut is past the end. */
static unsigned clean_in_two(enum sanitise_mode mode, const char *text, size_t len, size_t cut,
                             struct buf *out)
{
    struct sanitise s;

    sanitise_init(&s, mode);
    buf_clear(out);
    if (cut <= len) {
        assert_true(sanitise_feed(&s, text, cut, out));
        assert_true(sanitise_feed(&s, text + cut, len - cut, out));
    } else {
        for (size_t i = 0; i < len; i++)
            assert_true(sanitise_feed(&s, text + i, 1, out));
    }
    assert_true(sanitise_end(&s, out));
    return s.hidden;
}

static void check_samples(const struct sample *samples, size_t count, enum sanitise_mode mode)
{
    struct buf out;

    buf_init(&out, 1000);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(samples[i].text);

        for (size_t cut = 0; cut <= len + 1; cut++) {
            clean_in_two(mode, samples[i].text, len, cut, &out);
            if (strcmp(out.data, samples[i].clean) != 0)
                fail_msg("%s, cut at %zu: \"%s\"", samples[i].name, cut, out.data);
        }
    }
    buf_free(&out);
}

static void hostile_text_is_made_harmless_wherever_it_is_cut(void **state)
{
    (void)state;
    check_samples(stripped, sizeof stripped / sizeof *stripped, SANITISE_STRIP);
}

static void nothing_is_hidden_where_it_is_revealed(void **state)
{
    (void)state;
    check_samples(revealed, sizeof revealed / sizeof *revealed, SANITISE_REVEAL);
}

static void nul_bytes_are_dropped_or_shown(void **state)
{
    (void)state;
    char *strip = sanitise_text("a\0b", 3, SANITISE_STRIP, 100);
    char *reveal = sanitise_text("a\0b", 3, SANITISE_REVEAL, 100);
    char *sequence = sanitise_text("a\x1b\0b", 4, SANITISE_STRIP, 100);

    assert_string_equal(strip, "ab");
    assert_string_equal(reveal, "a^@b");
    assert_string_equal(sequence, "ab");
    free(strip);
    free(reveal);
    free(sequence);
}

static void clean_text_counts_nothing_hidden_and_any_change_counts(void **state)
{
    static const char clean[] = "plain\t\xe6\xbc\xa2 e\xcc\x81 \xf0\x9f\x98\x80\r\nnext\n";
    struct buf out;
    (void)state;
    buf_init(&out, 1000);

    assert_int_equal(clean_in_two(SANITISE_STRIP, clean, sizeof clean - 1, 0, &out), 0);
    assert_int_equal(clean_in_two(SANITISE_REVEAL, clean, sizeof clean - 1, 0, &out), 0);
    for (size_t i = 0; i < sizeof stripped / sizeof *stripped; i++) {
        const struct sample *t = &stripped[i];
        unsigned hidden = clean_in_two(SANITISE_STRIP, t->text, strlen(t->text), 0, &out);

        if (strcmp(t->text, t->clean) != 0 && strcmp(t->name, "CR LF") != 0 && hidden == 0)
            fail_msg("%s: changed, but said to be clean", t->name);
        if (strcmp(t->text, t->clean) == 0 && hidden != 0)
            fail_msg("%s: unchanged, but %u said to be hidden", t->name, hidden);
    }
    buf_free(&out);
}

static void a_control_string_without_end_swallows_at_most_4096_characters(void **state)
{
    char text[10000];
    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "\x1b]52;", 5);

    char *clean = sanitise_text(text, sizeof text, SANITISE_STRIP, SIZE_MAX);

    assert_int_equal(strlen(clean), sizeof text - 2 - 4096);
    free(clean);
}

static void a_csi_without_end_swallows_at_most_64_characters(void **state)
{
    char text[1000];
    (void)state;
    memset(text, '1', sizeof text);
    memcpy(text, "\x1b[", 2);

    char *clean = sanitise_text(text, sizeof text, SANITISE_STRIP, SIZE_MAX);

    assert_in_range(strlen(clean), sizeof text - 2 - 64, sizeof text - 2 - 62);
    free(clean);
}

static void many_sequences_are_each_swallowed_to_their_end(void **state)
{
    static const char *const begins[] = {"\x1b]0;",
                                         "\xc2\x9d"
                                         "0;",
                                         "\x1b[", "\xc2\x9b"};
    static const char *const ends[] = {"\x07", "\x07", "m", "m"};
    static const int lengths[] = {3000, 3000, 50, 50};
    struct buf text;
    (void)state;
    buf_init(&text, SIZE_MAX);

    for (int round = 0; round < 12; round++)
        assert_true(
            buf_printf(&text, "%s%0*d%s.", begins[round % 4], lengths[round % 4], 0, ends[round % 4]));
    char *clean = sanitise_text(text.data, text.len, SANITISE_STRIP, SIZE_MAX);

    assert_string_equal(clean, "............");
    free(clean);
    buf_free(&text);
}

static void a_full_buffer_holds_whole_characters_wherever_the_text_was_cut(void **state)
{
    static const char text[] = "ab\xe6\xbc\xa2"
                               "c\x1b[1md\xe2\x80\xae"
                               "e\xf0\x9f\x98\x80"
                               "fg";
    (void)state;

    for (size_t max = 0; max < 40; max++) {
        for (int mode = SANITISE_STRIP; mode <= SANITISE_REVEAL; mode++) {
            struct buf out;
            struct sanitise s;
            buf_init(&out, max);
            sanitise_init(&s, (enum sanitise_mode)mode);

            char *whole = sanitise_text(text, sizeof text - 1, (enum sanitise_mode)mode, max);
            char *unbounded = sanitise_text(text, sizeof text - 1, (enum sanitise_mode)mode, SIZE_MAX);
            bool fits = true;
            for (size_t i = 0; i < sizeof text - 1; i++)
                fits = sanitise_feed(&s, text + i, 1, &out);
            fits = sanitise_end(&s, &out) && fits;

            assert_int_equal(fits, strlen(unbounded) <= max);
            assert_string_equal(out.data, whole);
            assert_true(utf8_valid(whole, strlen(whole)));
            assert_memory_equal(whole, unbounded, strlen(whole));
            buf_free(&out);
            free(whole);
            free(unbounded);
        }
    }
}

static void a_title_stays_on_one_line(void **state)
{
    static const char title[] = "fix\tthe\r\nretry\rloop\xe2\x80\xa9now\x1b]0;owned\x07";
    (void)state;

    char *line = sanitise_line(title, sizeof title - 1, 100);
    char *cut = sanitise_line("\xe6\xbc\xa2\xe5\xad\x97", 6, 5);

    assert_string_equal(line, "fix the retry loop now");
    assert_string_equal(cut, "\xe6\xbc\xa2");
    free(line);
    free(cut);
}

/* No control but newline and tab, valid, and no mark without a base. */
static bool is_safe(const char *text, size_t len)
{
    uint32_t cp;

    if (!utf8_valid(text, len))
        return false;
    for (size_t at = 0; at < len;) {
        at += utf8_decode(text + at, len - at, &cp);
        if ((cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7F && cp < 0xA0))
            return false;
        if (cp == 0x202E || cp == 0x200B || cp == 0xFEFF || cp == 0x2028)
            return false;
    }
    return true;
}

/* Text that is mostly made of what has a meaning to a terminal. */
static size_t make_text(unsigned *seed, char *text, size_t size)
{
    static const char *const pieces[] = {
        "\x1b[", "\x1b]52;c;", "\x07", "\x1b\\",           "\xc2\x9b",     "\xc2\x9d", "\xe2\x80\xae", "31m",
        "\n",    "\r",         " ",    "\xf0\x9f\x91\xa8", "\xe2\x80\x8d", "a",        "\xcc\x81",     "\xff",
        "\xe2",  "\xf0\x9f",   "\x1b", "\xe2\x80\xa8",
    };
    size_t len = 0;

    while (len < size - 8 && rand_r(seed) % 16 != 0) {
        if (rand_r(seed) % 3 == 0) {
            text[len++] = (char)rand_r(seed);
            continue;
        }
        const char *piece = pieces[(size_t)rand_r(seed) % (sizeof pieces / sizeof *pieces)];
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    return len;
}

static void any_text_is_safe_and_the_same_after_any_cuts_and_a_second_time(void **state)
{
    unsigned seed = 1;
    struct buf out, again;
    char text[200];
    (void)state;
    buf_init(&out, 10000);
    buf_init(&again, 10000);

    for (int round = 0; round < 50000; round++) {
        size_t len = make_text(&seed, text, sizeof text);
        enum sanitise_mode mode = round % 2 ? SANITISE_REVEAL : SANITISE_STRIP;

        clean_in_two(mode, text, len, 0, &out);
        assert_true(is_safe(out.data, out.len));

        clean_in_two(mode, text, len, (size_t)rand_r(&seed) % (len + 2), &again);
        assert_int_equal(again.len, out.len);
        assert_memory_equal(again.data, out.data, out.len);

        assert_int_equal(clean_in_two(mode, out.data, out.len, 0, &again), 0);
        assert_int_equal(again.len, out.len);
        assert_memory_equal(again.data, out.data, out.len);
    }
    buf_free(&out);
    buf_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_text_is_made_harmless_wherever_it_is_cut),
        cmocka_unit_test(nothing_is_hidden_where_it_is_revealed),
        cmocka_unit_test(nul_bytes_are_dropped_or_shown),
        cmocka_unit_test(clean_text_counts_nothing_hidden_and_any_change_counts),
        cmocka_unit_test(a_control_string_without_end_swallows_at_most_4096_characters),
        cmocka_unit_test(a_csi_without_end_swallows_at_most_64_characters),
        cmocka_unit_test(many_sequences_are_each_swallowed_to_their_end),
        cmocka_unit_test(a_full_buffer_holds_whole_characters_wherever_the_text_was_cut),
        cmocka_unit_test(a_title_stays_on_one_line),
        cmocka_unit_test(any_text_is_safe_and_the_same_after_any_cuts_and_a_second_time),
    };
    return cmocka_run_group_tests(tests, set_locale, NULL);
}
