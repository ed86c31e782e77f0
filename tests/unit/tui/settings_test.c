/* The client's settings: what wins, what is refused and how that is said, and that they print what they read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/option.h"
#include "shared/utf8.h"
#include "tui/notify.h"
#include "tui/settings.h"
#include "tui/settings_private.h"
#include "tui/terminal/keys.h"
#include "tui/terminal/theme.h"
#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct settings *parse(const char *text, char error[256])
{
    return settings_parse(text, strlen(text), "c.yaml", false, error);
}

static struct settings *must_parse(const char *text)
{
    char error[256] = "";
    struct settings *settings = parse(text, error);

    if (!settings)
        fail_msg("%s", error);
    return settings;
}

static int64_t number_of(const char *text, enum setting setting)
{
    struct settings *settings = must_parse(text);
    int64_t number = settings_number(settings, setting);

    settings_free(&settings);
    return number;
}

static void expect_error(const char *text, const char *expected)
{
    char error[256] = "";
    struct settings *settings = parse(text, error);

    if (settings)
        fail_msg("taken: %s", text);
    assert_string_equal(error, expected);
}

/* --- values --- */

static void every_row_is_whole_and_its_default_within_its_bounds(void **state)
{
    const struct option_spec *rows = settings_rows();
    int64_t number;

    (void)state;
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (i > 0 && strcmp(rows[i - 1].name, rows[i].name) >= 0)
            fail_msg("'%s' is not in its place", rows[i].name);
        assert_int_equal(strncmp(rows[i].name, "tui.", 4), 0);
        assert_true(rows[i].unit && *rows[i].unit);
        assert_true(rows[i].help && rows[i].help[strlen(rows[i].help) - 1] == '.');
        assert_int_equal(rows[i].type == OPTION_ENUM, rows[i].choices != NULL);
        assert_true(option_read(&rows[i], rows[i].standard, &number));
    }
}

static void without_a_file_all_is_default(void **state)
{
    (void)state;
    assert_int_equal(number_of("", SETTING_THEME), THEME_AUTO);
    assert_int_equal(number_of("", SETTING_MOUSE), 1);
    assert_int_equal(number_of("", SETTING_DESKTOP_NOTIFICATIONS), NOTIFY_AUTO);
    assert_int_equal(number_of("tui:\n", SETTING_NOTIFY_WHEN), NOTIFY_UNFOCUSED);
    assert_int_equal(number_of("tui:\n  keys:\n    chat:\n", SETTING_NOTIFY_WHEN), NOTIFY_UNFOCUSED);
}

static void what_is_the_daemons_is_stepped_over(void **state)
{
    (void)state;
    assert_int_equal(number_of("limits: {queue: no}\nnonsense: [1]\ntui: {theme: light}\n", SETTING_THEME),
                     THEME_LIGHT);
    assert_int_equal(number_of("tui.theme: dark\n", SETTING_THEME), THEME_DARK);
    assert_int_equal(number_of("tuition: 7\n", SETTING_THEME), THEME_AUTO);
}

static void command_line_beats_environment_beats_file(void **state)
{
    static const char file[] = "tui: {theme: dark, mouse: false, bell: false}\n";
    char error[256] = "";

    (void)state;
    setenv("STOA_TUI_THEME", "light", 1);
    setenv("STOA_TUI_MOUSE", "", 1); /* as good as none */
    struct settings *settings = settings_parse(file, strlen(file), "c.yaml", true, error);
    assert_non_null(settings);
    assert_int_equal(settings_number(settings, SETTING_THEME), THEME_LIGHT);
    assert_int_equal(settings_number(settings, SETTING_MOUSE), 0);
    assert_true(settings_put(settings, SETTING_THEME, "16", error));
    assert_int_equal(settings_number(settings, SETTING_THEME), THEME_16);
    assert_false(settings_put(settings, SETTING_THEME, "\033[31mred", error));
    assert_string_equal(error, "option 'tui.theme' is 'red'; it must be one of auto, dark, light, 16, none");
    settings_free(&settings);
    assert_null(settings);
    setenv("STOA_TUI_THEME", "pink", 1);
    assert_null(settings_parse("", 0, "c.yaml", true, error));
    assert_string_equal(error,
                        "environment variable STOA_TUI_THEME: option 'tui.theme' is 'pink'; it must be "
                        "one of auto, dark, light, 16, none");
    unsetenv("STOA_TUI_THEME");
    unsetenv("STOA_TUI_MOUSE");
}

static void what_is_wrong_is_named_with_its_line_and_what_is_right(void **state)
{
    (void)state;
    expect_error("\n\ntui: {theme: dork}\n",
                 "c.yaml:3: option 'tui.theme' is 'dork'; it must be one of auto, dark, light, 16, none");
    expect_error("tui:\n  mouse: maybe\n",
                 "c.yaml:2: option 'tui.mouse' is 'maybe'; it must be true or false");
    expect_error("tui:\n  bell: [true]\n", "c.yaml:2: option 'tui.bell' is a list; it must be true or false");
    expect_error("tui:\n  them: dark\n", "c.yaml:2: unknown option 'tui.them'; did you mean 'tui.theme'?");
    expect_error("tui:\n  colour: dark\n",
                 "c.yaml:2: unknown option 'tui.colour'; stoa-config(5) lists the options");
    expect_error("tui: dark\n", "c.yaml:1: 'tui' is 'dark'; it must be a map");
    expect_error("tui: {theme: dark}\ntui.theme: light\n",
                 "c.yaml:2: option 'tui.theme' is there twice, first in line 1");
    expect_error("- tui\n", "c.yaml:1: the file must be a map of options");
    expect_error("tui: {theme: dark\n", "c.yaml:2: did not find expected ',' or '}'");
}

/* --- keys --- */

static void keys_are_given_by_context_and_action(void **state)
{
    static const char text[] = "tui:\n"
                               "  keys:\n"
                               "    chat: {send: [Alt+Enter], newline: [Enter, Ctrl+J], history: Ctrl+F}\n"
                               "    browse:\n"
                               "      line-down: [\"ö\", Down]\n"
                               "      dump: []\n";
    struct settings *settings = must_parse(text);

    (void)state;
    keymap_use(settings_keymap(settings));
    assert_int_equal(keymap_find(CONTEXT_CHAT, KEY_ENTER, MOD_ALT, false), ACTION_SEND);
    assert_int_equal(keymap_find(CONTEXT_CHAT, KEY_ENTER, 0, false), ACTION_NEWLINE);
    assert_int_equal(keymap_find(CONTEXT_CHAT, 'f', MOD_CTRL, false), ACTION_HISTORY);
    assert_int_equal(keymap_find(CONTEXT_CHAT, 'r', MOD_CTRL, false), ACTION_NONE);
    assert_int_equal(keymap_find(CONTEXT_BROWSE, 0xf6, 0, true), ACTION_LINE_DOWN);
    assert_int_equal(keymap_find(CONTEXT_BROWSE, '[', 0, true), ACTION_NONE);
    settings_free(&settings);
    assert_int_equal(keymap_find(CONTEXT_CHAT, KEY_ENTER, 0, false), ACTION_SEND); /* built in again */
}

static void what_is_wrong_with_keys_is_named(void **state)
{
    (void)state;
    expect_error("tui:\n  keys:\n    chatt: {}\n",
                 "c.yaml:3: unknown context of keys 'chatt'; did you mean 'chat'?");
    expect_error("tui:\n  keys:\n    everywhere: {}\n",
                 "c.yaml:3: unknown context of keys 'everywhere'; 'stoa config keys' shows them all");
    expect_error("tui:\n  keys:\n    browse: {line-don: j}\n",
                 "c.yaml:3: in 'browse' there is no action 'line-don'; did you mean 'line-down'?");
    expect_error("tui:\n  keys:\n    page: {send: j}\n",
                 "c.yaml:3: in 'page' there is no action 'send'; 'stoa config keys' shows them all");
    expect_error("tui:\n  keys:\n    chat:\n      send:\n        - Entre\n",
                 "c.yaml:5: 'Entre' is no key; keys are such as Ctrl+X, Alt+Enter, PgUp, F5, Space or one "
                 "character");
    expect_error("tui:\n  keys:\n    chat:\n      send: {a: b}\n",
                 "c.yaml:4: a map is no key; write one, or a list of them: [Enter, Ctrl+J]");
    expect_error(
        "tui:\n  keys:\n    chat:\n      send: \n",
        "c.yaml:4: '' is no key; keys are such as Ctrl+X, Alt+Enter, PgUp, F5, Space or one character");
    expect_error("tui:\n  keys:\n    browse:\n      fold: x\n      dump: [x]\n",
                 "c.yaml:5: x is given to 'dump' and, in line 4, to 'fold'");
    expect_error("tui:\n  keys:\n    chat:\n      send: ^C\n",
                 "c.yaml:4: ^C can't be 'send' in 'chat': it is always the way out");
    expect_error("tui:\n  keys:\n    panel:\n      once: Enter\n",
                 "c.yaml:4: Enter can't be 'once' in 'panel': Space and Enter never answer a question");
    expect_error("tui:\n  keys: vi\n", "c.yaml:2: 'tui.keys' is 'vi'; it must be a map");
    expect_error("tui:\n  keys:\n    chat: [send]\n", "c.yaml:3: 'chat' is a list; it must be a map");
}

static void nothing_hostile_is_said_again(void **state)
{
    static const char *const texts[] = {
        "tui: {keys: {\"\\e]0;x\\a\": {}}}\n", "tui: {keys: {chat: {\"\\e[2J\": x}}}\n",
        "tui: {keys: {chat: {send: \"\\e[2J\"}}}\n", "tui: {\"\\e[2J\": x}\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char error[256] = "";

        assert_null(parse(texts[i], error));
        for (const char *at = error; *at; at++)
            assert_false(iscntrl((unsigned char)*at));
    }
}

/* --- printing --- */

static char *printed(void (*print)(const struct settings *settings, FILE *out),
                     const struct settings *settings)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    print(settings, out);
    fclose(out);
    return text;
}

static void print_keys(const struct settings *settings, FILE *out)
{
    settings_print_keys(settings_keymap(settings), out);
}

static void example(const struct settings *settings, FILE *out)
{
    (void)settings;
    settings_print_example(out);
}

static void man(const struct settings *settings, FILE *out)
{
    (void)settings;
    settings_print_man(out);
}

static void man_keys(const struct settings *settings, FILE *out)
{
    (void)settings;
    settings_print_man_keys(out);
}

static void what_is_printed_reads_back_the_same(void **state)
{
    static const char file[] =
        "tui:\n"
        "  theme: light\n"
        "  bell: false\n"
        "  keys:\n"
        "    chat: {quit: [F10, Ctrl+Q], fold: [], switcher: F6}\n"
        "    browse: {top: [\"[\", \"\\\"\", \"\\\\\", \",\", \"#\", \"~\"], dump: g}\n";
    struct settings *settings = must_parse(file);

    (void)state;
    char *text = printed(settings_print, settings);
    assert_non_null(strstr(text, "tui:\n"));
    assert_non_null(strstr(text, "  theme: light  # file, line 2\n"));
    assert_non_null(strstr(text, "  mouse: true  # default\n"));
    struct settings *copy = must_parse(text);
    for (int i = 0; i < SETTING_COUNT; i++)
        assert_int_equal(settings_number(settings, (enum setting)i), settings_number(copy, (enum setting)i));
    settings_free(&copy);
    free(text);
    text = printed(print_keys, settings);
    assert_non_null(strstr(text, "      fold: []\n"));
    copy = must_parse(text);
    size_t count, same;
    const struct binding *rows = keymap_rows_of(settings_keymap(settings), &count);
    const struct binding *again = keymap_rows_of(settings_keymap(copy), &same);
    assert_int_equal(count, same);
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t k = 0; k < same; k++)
            found |= rows[i].context == again[k].context && rows[i].code == again[k].code &&
                     rows[i].mods == again[k].mods && rows[i].action == again[k].action &&
                     rows[i].when == again[k].when;
        assert_true(found);
    }
    free(text);
    settings_free(&copy);
    settings_free(&settings);
}

static void every_option_and_action_is_in_the_documents(void **state)
{
    struct settings *settings = must_parse("");
    char *shown = printed(example, settings), *page = printed(man, settings),
         *keys = printed(print_keys, settings);

    (void)state;
    for (int i = 0; i < SETTING_COUNT; i++) {
        char line[128];

        snprintf(line, sizeof line, "\n  #%s: %s\n", settings_rows()[i].name + 4,
                 settings_rows()[i].standard);
        assert_non_null(strstr(shown, line));
        snprintf(line, sizeof line, ".It Cm %s\n", settings_rows()[i].name);
        assert_non_null(strstr(page, line));
    }
    assert_non_null(
        strstr(keys, "    chat:\n      send: [Enter]\n      newline: [Alt+Enter, \"^J\", Shift+Enter]\n"));
    char *list = printed(man_keys, settings);
    assert_non_null(strstr(list, ".It \\&PgUp \\&PgDn \\&wheel\nscroll\n"));
    assert_non_null(strstr(list, ".It \\&Up\n"));
    for (const char *at = list; *at; at++)
        assert_true(isascii(*at));
    free(list);
    free(shown);
    free(page);
    free(keys);
    settings_free(&settings);
}

/* The example is the defaults, also with the # taken away from what it shows. */
static void the_example_can_be_used(void **state)
{
    struct settings *settings = must_parse("");
    char *shown = printed(example, settings);

    (void)state;
    settings_free(&settings);
    settings = must_parse(shown);
    settings_free(&settings);
    for (char *at = shown; (at = strstr(at, "\n  #")); at += 4)
        if (at[4] != ' ' || strncmp(at + 4, "  ", 2) == 0)
            memmove(at + 3, at + 4, strlen(at + 4) + 1);
    settings = must_parse(shown);
    assert_int_equal(settings_number(settings, SETTING_THEME), THEME_AUTO);
    keymap_use(settings_keymap(settings));
    assert_int_equal(keymap_find(CONTEXT_CHAT, KEY_F1 + 2, 0, false), ACTION_HISTORY);
    free(shown);
    settings_free(&settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole_and_its_default_within_its_bounds),
        cmocka_unit_test(without_a_file_all_is_default),
        cmocka_unit_test(what_is_the_daemons_is_stepped_over),
        cmocka_unit_test(command_line_beats_environment_beats_file),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line_and_what_is_right),
        cmocka_unit_test(keys_are_given_by_context_and_action),
        cmocka_unit_test(what_is_wrong_with_keys_is_named),
        cmocka_unit_test(nothing_hostile_is_said_again),
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(every_option_and_action_is_in_the_documents),
        cmocka_unit_test(the_example_can_be_used),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
