/* When a person is told of something, and that no title commands the terminal by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/utf8.h"
#include "tui/notify.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START = 1000000 };

static const char one[] = "s_00000000000000000000000001", two[] = "s_00000000000000000000000002";

static struct notify *with(enum notify_when when, bool bell, enum notify_desktop desktop)
{
    struct notify_options options = {.when = when, .bell = bell, .desktop = desktop};

    return notify_new(&options, START);
}

/* What is written, as text. */
static const char *said(struct notify *notify, const char *session, const char *title, int64_t now)
{
    static char text[NOTIFY_BYTES_MAX + 1];
    size_t len = notify_event(notify, session, NOTIFY_DONE, title, now, text);

    text[len] = '\0';
    return text;
}

/* --- when --- */

static void a_focused_terminal_is_not_disturbed(void **state)
{
    struct notify *notify = with(NOTIFY_UNFOCUSED, true, NOTIFY_OFF);

    (void)state;
    notify_focus(notify, true);
    assert_string_equal(said(notify, one, "x", START + 3600000), "");
    notify_focus(notify, false);
    assert_string_equal(said(notify, one, "x", START + 3600000), "\a");
    notify_key(notify, START + 3600001); /* a paste, say: the terminal is believed */
    assert_string_equal(said(notify, two, "x", START + 3600001), "\a");
    notify_free(&notify);
    assert_null(notify);
}

static void without_reports_a_key_counts_for_a_while(void **state)
{
    struct notify *notify = with(NOTIFY_UNFOCUSED, true, NOTIFY_OFF);

    (void)state;
    assert_string_equal(said(notify, one, "x", START + NOTIFY_AWAY_MS - 1),
                        ""); /* it has just been started */
    assert_string_equal(said(notify, one, "x", START + NOTIFY_AWAY_MS), "\a");
    notify_key(notify, START + 100000);
    assert_true(notify_focused(notify, START + 100001));
    assert_string_equal(said(notify, one, "x", START + 100001), "");
    notify_free(&notify);
}

static void always_and_never(void **state)
{
    struct notify *always = with(NOTIFY_ALWAYS, true, NOTIFY_OFF),
                  *never = with(NOTIFY_NEVER, true, NOTIFY_OSC9);

    (void)state;
    notify_focus(always, true);
    assert_string_equal(said(always, one, "x", START), "\a");
    notify_focus(never, false);
    assert_string_equal(said(never, one, "x", START), "");
    notify_free(&always);
    notify_free(&never);
}

static void a_session_speaks_at_most_every_two_seconds(void **state)
{
    struct notify *notify = with(NOTIFY_ALWAYS, true, NOTIFY_OFF);

    (void)state;
    assert_string_equal(said(notify, one, "x", START), "\a");
    assert_string_equal(said(notify, one, "x", START + NOTIFY_EVERY_MS - 1), "");
    assert_string_equal(said(notify, two, "x", START + 1), "\a"); /* another one may */
    assert_string_equal(said(notify, one, "x", START + NOTIFY_EVERY_MS), "\a");
    notify_free(&notify);
}

static void many_sessions_are_remembered_within_bounds(void **state)
{
    struct notify *notify = with(NOTIFY_ALWAYS, true, NOTIFY_OFF);
    char id[32];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "s_%026d", i);
        assert_string_equal(said(notify, id, "x", START + i), "\a");
    }
    assert_string_equal(said(notify, id, "x", START + 1000), "");
    notify_free(&notify);
}

/* --- what --- */

static void what_has_happened_is_said(void **state)
{
    char text[NOTIFY_BYTES_MAX];
    struct notify *notify = with(NOTIFY_ALWAYS, false, NOTIFY_OSC9);
    static const char *const words[] = {"\033]9;stoa: bump-deps is done\033\\",
                                        "\033]9;stoa: bump-deps has failed\033\\",
                                        "\033]9;stoa: bump-deps waits for an answer\033\\"};

    (void)state;
    for (int what = NOTIFY_DONE; what <= NOTIFY_ASKS; what++) {
        size_t len = notify_event(notify, one, (enum notify_what)what, "bump-deps",
                                  START + what * NOTIFY_EVERY_MS, text);

        assert_int_equal(len, strlen(words[what]));
        assert_memory_equal(text, words[what], len);
    }
    notify_free(&notify);
    notify = with(NOTIFY_ALWAYS, true, NOTIFY_OSC777);
    assert_string_equal(said(notify, one, "bump-deps", START),
                        "\033]777;notify;stoa: bump-deps;is done\033\\\a");
    notify_free(&notify);
    notify = with(NOTIFY_ALWAYS, false, NOTIFY_OFF); /* nothing is switched on */
    assert_string_equal(said(notify, one, "bump-deps", START), "");
    notify_free(&notify);
}

static void tmux_gets_it_wrapped(void **state)
{
    struct notify_options options = {.when = NOTIFY_ALWAYS, .desktop = NOTIFY_OSC9, .tmux = true};
    struct notify *notify = notify_new(&options, START);

    (void)state;
    assert_string_equal(said(notify, one, "x", START),
                        "\033Ptmux;\033\033]9;stoa: x is done\033\033\\\033\\");
    notify_free(&notify);
}

/* Between the sequence's own first and last bytes: nothing that ends it, or begins another. */
static void check_inside(const char *text, size_t members)
{
    size_t len = strlen(text), semicolons = 0;

    assert_true(len > 4 && len < NOTIFY_BYTES_MAX);
    assert_memory_equal(text, "\033]", 2);
    assert_memory_equal(text + len - 2, "\033\\", 2);
    assert_true(utf8_valid(text + 2, len - 4));
    for (size_t i = 2; i < len - 2; i++) {
        assert_true((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
        semicolons += text[i] == ';';
    }
    assert_null(strstr(text, "\xc2\x9c")); /* ST as C1 */
    assert_int_equal(semicolons, members);
}

static void no_title_commands_the_terminal(void **state)
{
    static char longest[5000];
    static const char *const titles[] = {"a\ab",
                                         "a\033\\\033]2;stolen\a",
                                         "a;b;c",
                                         "\033[2J",
                                         "\xc2\x9c\xc2\x9d",
                                         "\n\r\t\b",
                                         "\x9c\xff\xfe",
                                         "\342\200\256evil",
                                         "",
                                         "4;3;100",
                                         longest};

    (void)state;
    for (size_t i = 0; i + 1 < sizeof longest; i++)
        longest[i] = "\xe2\x82\xac"[i % 3];
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        struct notify *nine = with(NOTIFY_ALWAYS, false, NOTIFY_OSC9);
        struct notify *long_one = with(NOTIFY_ALWAYS, false, NOTIFY_OSC777);

        check_inside(said(nine, one, titles[i], START), 1);
        check_inside(said(long_one, one, titles[i], START), 3);
        notify_free(&nine);
        notify_free(&long_one);
        char *title = notify_title("?", titles[i]);
        assert_true(strlen(title) < NOTIFY_TEXT_MAX + 16 && utf8_valid(title, strlen(title)));
        for (const char *at = title; *at; at++)
            assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
        free(title);
    }
}

static void the_title_has_state_and_session(void **state)
{
    char *title = notify_title("?", "bump-deps");

    (void)state;
    assert_string_equal(title, "? bump-deps – stoa");
    free(title);
}

/* --- the terminal --- */

static void auto_takes_only_terminals_that_are_known(void **state)
{
    static const struct {
        const char *term, *program, *tmux, *sty;
        enum notify_desktop desktop;
    } samples[] = {{"xterm-256color", NULL, NULL, NULL, NOTIFY_OFF},
                   {NULL, NULL, NULL, NULL, NOTIFY_OFF},
                   {"xterm-kitty", NULL, NULL, NULL, NOTIFY_OSC9},
                   {"xterm-256color", "iTerm.app", NULL, NULL, NOTIFY_OSC9},
                   {"xterm-256color", "WezTerm", "", "", NOTIFY_OSC9},
                   {"xterm-ghostty", "ghostty", NULL, NULL, NOTIFY_OSC9},
                   {"foot", NULL, NULL, NULL, NOTIFY_OSC777},
                   {"foot-extra", NULL, NULL, NULL, NOTIFY_OSC777},
                   {"tmux-256color", "tmux", "/tmp/tmux-0/default,1,0", NULL, NOTIFY_OFF},
                   {"xterm-kitty", NULL, "/tmp/tmux-0/default,1,0", NULL, NOTIFY_OFF},
                   {"screen", NULL, NULL, "1.pts", NOTIFY_OFF}};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        assert_int_equal(notify_desktop_of(NOTIFY_AUTO, samples[i].term, samples[i].program, samples[i].tmux,
                                           samples[i].sty),
                         samples[i].desktop);
    assert_int_equal(notify_desktop_of(NOTIFY_OSC9, "dumb", NULL, "x", NULL),
                     NOTIFY_OSC9); /* as one wishes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_focused_terminal_is_not_disturbed),
        cmocka_unit_test(without_reports_a_key_counts_for_a_while),
        cmocka_unit_test(always_and_never),
        cmocka_unit_test(a_session_speaks_at_most_every_two_seconds),
        cmocka_unit_test(many_sessions_are_remembered_within_bounds),
        cmocka_unit_test(what_has_happened_is_said),
        cmocka_unit_test(tmux_gets_it_wrapped),
        cmocka_unit_test(no_title_commands_the_terminal),
        cmocka_unit_test(the_title_has_state_and_session),
        cmocka_unit_test(auto_takes_only_terminals_that_are_known),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
