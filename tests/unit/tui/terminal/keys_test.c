#include "shared/utf8.h"
#include "tui/terminal/keys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *name, *bytes;
    uint32_t code;
    unsigned mods;
} sequences[] = {
    {"letter", "a", 'a', 0},
    {"capital", "A", 'A', 0},
    {"control letter", "\x01", 'a', MOD_CTRL},
    {"control underscore", "\x1f", '_', MOD_CTRL},
    {"enter", "\r", KEY_ENTER, 0},
    {"control j", "\n", 'j', MOD_CTRL},
    {"tab", "\t", KEY_TAB, 0},
    {"backspace", "\x7f", KEY_BACKSPACE, 0},
    {"alt enter", "\033\r", KEY_ENTER, MOD_ALT},
    {"alt backspace", "\033\x7f", KEY_BACKSPACE, MOD_ALT},
    {"alt letter", "\033x", 'x', MOD_ALT},
    {"alt capital", "\033N", 'N', MOD_ALT},
    {"alt digit", "\0331", '1', MOD_ALT},
    {"alt umlaut", "\033\xc3\xa4", 0xe4, MOD_ALT},
    {"alt shift letter, CSI u", "\033[110;4u", 'N', MOD_ALT},
    {"shift enter, CSI u", "\033[13;2u", KEY_ENTER, MOD_SHIFT},
    {"shift enter, modifyOtherKeys", "\033[27;2;13~", KEY_ENTER, MOD_SHIFT},
    {"shift letter, modifyOtherKeys", "\033[27;2;65~", 'A', 0},
    {"control letter, modifyOtherKeys", "\033[27;5;99~", 'c', MOD_CTRL},
    {"control enter, CSI u", "\033[13;5u", KEY_ENTER, MOD_CTRL},
    {"escape, CSI u", "\033[27u", KEY_ESCAPE, 0},
    {"control letter, CSI u with event", "\033[97;5:1u", 'a', MOD_CTRL},
    {"control shift letter, CSI u", "\033[97;6u", 'a', MOD_CTRL},
    {"keypad enter, CSI u", "\033[57414u", KEY_ENTER, 0},
    {"keypad five, CSI u", "\033[57404u", '5', 0},
    {"caps lock, CSI u", "\033[57358u", KEY_UNKNOWN, 0},
    {"surrogate, CSI u", "\033[55296u", KEY_UNKNOWN, 0},
    {"back tab, CSI u", "\033[9;2u", KEY_TAB, MOD_SHIFT},
    {"back tab", "\033[Z", KEY_TAB, MOD_SHIFT},
    {"up", "\033[A", KEY_UP, 0},
    {"up, SS3", "\033OA", KEY_UP, 0},
    {"control right", "\033[1;5C", KEY_RIGHT, MOD_CTRL},
    {"alt left", "\033[1;3D", KEY_LEFT, MOD_ALT},
    {"home", "\033[H", KEY_HOME, 0},
    {"end, vt", "\033[4~", KEY_END, 0},
    {"page up", "\033[5~", KEY_PAGE_UP, 0},
    {"shift page down", "\033[6;2~", KEY_PAGE_DOWN, MOD_SHIFT},
    {"delete", "\033[3~", KEY_DELETE, 0},
    {"F1, SS3", "\033OP", KEY_F1, 0},
    {"F1, tilde", "\033[11~", KEY_F1, 0},
    {"F5", "\033[15~", KEY_F1 + 4, 0},
    {"F12", "\033[24~", KEY_F12, 0},
    {"keypad enter, SS3", "\033OM", KEY_ENTER, 0},
    {"focus", "\033[I", KEY_FOCUS_IN, 0},
    {"blur", "\033[O", KEY_FOCUS_OUT, 0},
    {"wheel up", "\033[<64;10;5M", KEY_WHEEL_UP, 0},
    {"wheel down", "\033[<65;10;5M", KEY_WHEEL_DOWN, 0},
    {"click", "\033[<0;10;5M", KEY_CLICK, 0},
    {"wheel up, X10", "\033[M`**", KEY_WHEEL_UP, 0},
    {"shift letter, CSI u with all codes", "\033[97:65:99;2;65u", 'A', 0},
    {"F3, Linux console", "\033[[C", KEY_F1 + 2, 0},
    {"shift up, rxvt", "\033[a", KEY_UP, MOD_SHIFT},
    {"control left, rxvt", "\033Od", KEY_LEFT, MOD_CTRL},
    {"control delete, rxvt", "\033[3^", KEY_DELETE, MOD_CTRL},
    {"control shift end, rxvt", "\033[8@", KEY_END, MOD_CTRL | MOD_SHIFT},
    {"alt up, rxvt", "\033\033[A", KEY_UP, MOD_ALT},
    {"alt control right, rxvt", "\033\033Oc", KEY_RIGHT, MOD_ALT | MOD_CTRL},
    {"alt page up, rxvt", "\033\033[5~", KEY_PAGE_UP, MOD_ALT},
    {"keypad seven, SS3", "\033Ow", '7', 0},
    {"control up with event", "\033[1;5:2A", KEY_UP, MOD_CTRL},
    {"paste with what looks like its end", "\033[200~a\033[201\033[2011~\033\033[201;\033[201~", KEY_PASTE,
     0},
    {"emoji", "\xf0\x9f\x98\x80", 0x1f600, 0},
    {"paste", "\033[200~hi\033[31m\nx\033[20\033[201~", KEY_PASTE, 0},
    {"mode report", "\033[?2026;2$y", KEY_REPLY, 0},
    {"device attributes", "\033[?62;22c", KEY_REPLY, 0},
    {"colour report, ST", "\033]11;rgb:0/0/0\033\\", KEY_REPLY, 0},
    {"colour report, BEL", "\033]11;rgb:0/0/0\a", KEY_REPLY, 0},
    {"version report", "\033P>|xterm(390)\033\\", KEY_REPLY, 0},
    {"unknown", "\033[99z", KEY_UNKNOWN, 0},
    {"huge parameters", "\033[99999999999999999999;1;1;1;1;1;1;1;1;1;1;1z", KEY_UNKNOWN, 0},
};

static void check(const char *name, struct key_event *event, uint32_t code, unsigned mods)
{
    if (event->code != code || event->mods != mods)
        fail_msg("%s: got %X with mods %u", name, event->code, event->mods);
}

static void every_sequence_is_read_at_every_cut(void **arg)
{
    (void)arg;
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        const char *bytes = sequences[i].bytes;
        size_t len = strlen(bytes);
        for (size_t cut = 0; cut < len; cut++) {
            struct keys *keys = keys_new();
            struct key_event event;

            keys_feed(keys, bytes, cut);
            if (cut > 0 && keys_next(keys, &event, false))
                fail_msg("%s: an event after %zu of %zu bytes", sequences[i].name, cut, len);
            keys_feed(keys, bytes + cut, len - cut);
            if (!keys_next(keys, &event, false))
                fail_msg("%s: no event when cut at %zu", sequences[i].name, cut);
            check(sequences[i].name, &event, sequences[i].code, sequences[i].mods);
            assert_false(keys_next(keys, &event, false));
            assert_int_equal(keys_wait_ms(keys), 0);
            keys_free(&keys);
        }
    }
}

static void what_time_tells(void **arg)
{
    static const struct {
        const char *bytes;
        uint32_t code;
        unsigned mods;
    } lone[] = {
        {"\033", KEY_ESCAPE, 0}, {"\033[", '[', MOD_ALT}, {"\033O", 'O', MOD_ALT}, {"\033]", ']', MOD_ALT}};

    (void)arg;
    for (size_t i = 0; i < sizeof lone / sizeof *lone; i++) {
        struct keys *keys = keys_new();
        struct key_event event;

        keys_feed(keys, lone[i].bytes, strlen(lone[i].bytes));
        assert_false(keys_next(keys, &event, false));
        assert_int_equal(keys_wait_ms(keys), KEYS_ESCAPE_MS);
        assert_true(keys_next(keys, &event, true));
        check(lone[i].bytes, &event, lone[i].code, lone[i].mods);
        keys_free(&keys);
    }
}

static void a_control_space_is_a_nul(void **arg)
{
    struct keys *keys = keys_new();
    struct key_event event;

    (void)arg;
    keys_feed(keys, "\0", 1);
    assert_true(keys_next(keys, &event, false));
    check("NUL", &event, ' ', MOD_CTRL);
    keys_free(&keys);
}

/* An arrow after ESC ESC is one with Alt, but time tells them apart. */
static void escape_twice_then_an_arrow(void **arg)
{
    struct keys *keys = keys_new();
    struct key_event event;

    (void)arg;
    keys_feed(keys, "\033\033", 2);
    assert_false(keys_next(keys, &event, false));
    assert_true(keys_next(keys, &event, true));
    check("escape", &event, KEY_ESCAPE, 0);
    assert_true(keys_next(keys, &event, true));
    check("escape", &event, KEY_ESCAPE, 0);
    keys_feed(keys, "\033\033[200~x\033[201~\033", 15);
    assert_true(keys_next(keys, &event, false));
    check("escape before a paste", &event, KEY_ESCAPE, 0);
    assert_true(keys_next(keys, &event, false));
    check("paste", &event, KEY_PASTE, 0);
    assert_true(keys_next(keys, &event, true));
    keys_feed(keys, "\033[A", 3);
    assert_true(keys_next(keys, &event, false));
    check("up", &event, KEY_UP, 0);
    keys_free(&keys);
}

static void a_sequence_broken_off_by_another(void **arg)
{
    struct keys *keys = keys_new();
    struct key_event event;

    (void)arg;
    keys_feed(keys, "\033[1;\033[B", 7);
    assert_true(keys_next(keys, &event, false));
    check("broken", &event, KEY_UNKNOWN, 0);
    assert_true(keys_next(keys, &event, false));
    check("down", &event, KEY_DOWN, 0);
    keys_free(&keys);
}

static void bad_bytes_are_dropped(void **arg)
{
    struct keys *keys = keys_new();
    struct key_event event;

    (void)arg;
    keys_feed(keys, "\xff\xc0\x80\xed\xa0\x80z", 7);
    assert_true(keys_next(keys, &event, false));
    check("z", &event, 'z', 0);
    assert_false(keys_next(keys, &event, false));
    keys_free(&keys);
}

static void a_paste_keeps_its_bytes_up_to_the_cap(void **arg)
{
    size_t len = KEYS_PASTE_MAX + 10;
    char *text = malloc(len);
    struct keys *keys = keys_new();
    struct key_event event;

    (void)arg;
    memset(text, 'p', len);
    keys_feed(keys, "\033[200~", 6);
    for (size_t at = 0; at < len; at += 4096) {
        keys_feed(keys, text + at, len - at < 4096 ? len - at : 4096);
        assert_false(keys_next(keys, &event, false));
    }
    keys_feed(keys, "\033[201~q", 7);
    assert_true(keys_next(keys, &event, false));
    check("paste", &event, KEY_PASTE, 0);
    assert_int_equal(event.len, KEYS_PASTE_MAX);
    assert_int_equal(event.total, len);
    assert_true(keys_next(keys, &event, false));
    check("after the paste", &event, 'q', 0);
    keys_free(&keys);
    free(text);
}

static void a_paste_without_end_ends_by_time(void **arg)
{
    struct keys *keys = keys_new();
    struct key_event event;

    (void)arg;
    keys_feed(keys, "\033[200~half", 10);
    assert_false(keys_next(keys, &event, false));
    assert_int_equal(keys_wait_ms(keys), KEYS_PASTE_MS);
    assert_true(keys_next(keys, &event, true));
    check("paste", &event, KEY_PASTE, 0);
    assert_int_equal(event.len, 4);
    assert_memory_equal(event.text, "half", 4);
    keys_free(&keys);
}

static void mouse_cells_count_from_zero(void **arg)
{
    struct keys *keys = keys_new();
    struct key_event event;

    (void)arg;
    keys_feed(keys, "\033[<0;1;5M\033[<0;1;5m", 18);
    assert_true(keys_next(keys, &event, false));
    check("press", &event, KEY_CLICK, 0);
    assert_int_equal(event.x, 0);
    assert_int_equal(event.y, 4);
    assert_false(keys_next(keys, &event, false)); /* the release is no event */
    keys_free(&keys);
}

static void what_comes_up_or_is_dragged_is_no_event(void **arg)
{
    static const char *const sequences_without[] = {"\033[97;1:3u",  "\033[1;5:3A",   "\033[3;1:3~",
                                                    "\033[<32;4;4M", "\033[<35;4;4M", "\033[<2;4;4M",
                                                    "\033[<66;4;4M", "\033[201~"};

    (void)arg;
    for (size_t i = 0; i < sizeof sequences_without / sizeof *sequences_without; i++) {
        struct keys *keys = keys_new();
        struct key_event event;

        keys_feed(keys, sequences_without[i], strlen(sequences_without[i]));
        if (keys_next(keys, &event, true))
            fail_msg("%s is an event: %X", sequences_without[i] + 1, event.code);
        keys_free(&keys);
    }
}

static void what_was_not_handled_can_be_forgotten(void **arg)
{
    static const char text[] = "ab\033[200~pasted";
    struct keys *keys = keys_new();
    struct key_event event;

    (void)arg;
    keys_feed(keys, text, sizeof text - 1);
    assert_true(keys_next(keys, &event, false));
    assert_int_equal(event.code, 'a');
    keys_clear(keys);
    assert_false(keys_next(keys, &event, true));
    assert_int_equal(keys_wait_ms(keys), 0);
    keys_feed(keys, "c", 1);
    assert_true(keys_next(keys, &event, false));
    assert_int_equal(event.code, 'c');
    keys_free(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_is_read_at_every_cut),
        cmocka_unit_test(what_time_tells),
        cmocka_unit_test(a_control_space_is_a_nul),
        cmocka_unit_test(escape_twice_then_an_arrow),
        cmocka_unit_test(a_sequence_broken_off_by_another),
        cmocka_unit_test(bad_bytes_are_dropped),
        cmocka_unit_test(a_paste_keeps_its_bytes_up_to_the_cap),
        cmocka_unit_test(a_paste_without_end_ends_by_time),
        cmocka_unit_test(mouse_cells_count_from_zero),
        cmocka_unit_test(what_comes_up_or_is_dragged_is_no_event),
        cmocka_unit_test(what_was_not_handled_can_be_forgotten),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
