/* Keys: their names both ways, the built-in table, and other keys than the built-in ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/utf8.h"
#include "tui/keymap.h"
#include "tui/terminal/keys.h"
#include <cmocka.h>
#include <ctype.h>
#include <string.h>

/* --- names --- */

static struct keymap_key must_parse(const char *text)
{
    struct keymap_key key;
    char error[256];

    if (!keymap_parse(text, &key, error))
        fail_msg("%s", error);
    return key;
}

static void every_row_reads_back_as_it_is_printed(void **state)
{
    size_t count;
    const struct binding *rows = keymap_defaults(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        char name[KEYMAP_NAME_MAX];
        struct keymap_key key = must_parse(keymap_name(rows[i].code, rows[i].mods, name));

        if (key.code != rows[i].code || key.mods != rows[i].mods)
            fail_msg("'%s' is %x with %x", name, key.code, key.mods);
    }
}

static void people_write_keys_in_many_ways(void **state)
{
    static const struct {
        const char *text;
        uint32_t code;
        uint8_t mods;
    } samples[] = {{"Ctrl+X", 'x', MOD_CTRL},
                   {"ctrl+x", 'x', MOD_CTRL},
                   {"^X", 'x', MOD_CTRL},
                   {"^x", 'x', MOD_CTRL},
                   {"^", '^', 0},
                   {"+", '+', 0},
                   {"Ctrl++", '+', MOD_CTRL},
                   {"Alt+Enter", KEY_ENTER, MOD_ALT},
                   {"Shift+Tab", KEY_TAB, MOD_SHIFT},
                   {"alt+ctrl+Left", KEY_LEFT, MOD_ALT | MOD_CTRL},
                   {"Shift+Alt+Up", KEY_UP, MOD_ALT | MOD_SHIFT},
                   {"↑", KEY_UP, 0},
                   {"PageDown", KEY_PAGE_DOWN, 0},
                   {"escape", KEY_ESCAPE, 0},
                   {"Space", ' ', 0},
                   {"Ctrl+Space", ' ', MOD_CTRL},
                   {"Ctrl+@", ' ', MOD_CTRL},
                   {"f1", KEY_F1, 0},
                   {"F12", KEY_F1 + 11, 0},
                   {"f", 'f', 0},
                   {"Shift+n", 'N', 0},
                   {"Alt+Shift+n", 'N', MOD_ALT},
                   {"Alt+N", 'N', MOD_ALT},
                   {"ß", 0xdf, 0},
                   {"語", 0x8a9e, 0},
                   {"?", '?', 0},
                   {"Ctrl+_", '_', MOD_CTRL}};

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct keymap_key key = must_parse(samples[i].text);

        if (key.code != samples[i].code || key.mods != samples[i].mods)
            fail_msg("'%s' is %x with %x", samples[i].text, key.code, key.mods);
    }
}

static void what_is_no_key_is_refused(void **state)
{
    static const char *const wrong[] = {"",         "Ctrl+",        "Hyper+x",     "ab",      "F0",
                                        "F13",      "F1x",          "Enter ",      " Enter",  "\033[A",
                                        "\a",       "\xc3",         "Ctrl+ß",      "Shift+1", "Ctrl+Shift+x",
                                        "\xcc\x81", "\xe2\x80\x8b", "Ctrl+Ctrl+x", "Alt+^X",  "\x7f"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct keymap_key key;
        char error[256] = "";

        if (keymap_parse(wrong[i], &key, error))
            fail_msg("'%s' was taken", wrong[i]);
        assert_true(strlen(error) > 10);
        for (const char *at = error; *at; at++)
            assert_false(iscntrl((unsigned char)*at));
    }
}

static void every_action_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < ACTION_COUNT; i++) {
        assert_non_null(keymap_action_name((enum action)i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(keymap_action_name((enum action)i), keymap_action_name((enum action)k));
    }
    size_t count;
    const struct binding *rows = keymap_defaults(&count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(keymap_action_find(rows[i].context, keymap_action_name(rows[i].action)),
                         rows[i].action);
    assert_int_equal(keymap_action_find(CONTEXT_PAGE, "send"), ACTION_NONE);
    for (int i = 0; i < CONTEXT_COUNT; i++)
        assert_int_equal(keymap_context_find(keymap_context_name((enum context)i)), i);
    assert_int_equal(keymap_context_find("chatt"), CONTEXT_COUNT);
}

/* --- the built-in table --- */

static void no_key_has_two_meanings(void **state)
{
    size_t count;
    const struct binding *rows = keymap_defaults(&count);

    (void)state;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (rows[i].context == rows[k].context && rows[i].code == rows[k].code &&
                rows[i].mods == rows[k].mods && rows[i].when == rows[k].when)
                fail_msg("rows %zu and %zu have the same key", k, i);
}

static void what_counts_for_an_empty_draft_goes_first(void **state)
{
    (void)state;
    assert_int_equal(keymap_find(CONTEXT_CHAT, 'd', MOD_CTRL, true), ACTION_QUIT);
    assert_int_equal(keymap_find(CONTEXT_CHAT, 'd', MOD_CTRL, false), ACTION_DELETE_RIGHT);
    assert_int_equal(keymap_find(CONTEXT_CHAT, '?', 0, true), ACTION_HELP);
    assert_int_equal(keymap_find(CONTEXT_CHAT, '?', 0, false), ACTION_NONE);
    assert_int_equal(keymap_find(CONTEXT_PAGE, 'x', 0, true), ACTION_NONE);
}

static void a_range_of_keys_knows_their_positions(void **state)
{
    (void)state;
    assert_int_equal(keymap_position(CONTEXT_CHAT, '1', MOD_ALT), 0);
    assert_int_equal(keymap_position(CONTEXT_CHAT, '9', MOD_ALT), 8);
}

static void the_keys_of_a_line_are_put_together(void **state)
{
    char text[KEYMAP_KEYS_TEXT_MAX];
    size_t count;
    const struct binding *rows = keymap_defaults(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        size_t end = keymap_line_end(rows, count, i);

        if (rows[i].action == ACTION_SWITCH && rows[i].help)
            assert_string_equal(keymap_keys_text(rows + i, end - i, text), "Alt+1 to Alt+9");
        if (rows[i].action == ACTION_PAGE_UP && rows[i].help)
            assert_string_equal(keymap_keys_text(rows + i, end - i, text), "PgUp PgDn wheel");
        if (rows[i].action == ACTION_NEWLINE && rows[i].help)
            assert_string_equal(keymap_keys_text(rows + i, end - i, text), "Alt+Enter ^J Shift+Enter");
    }
}

/* --- other keys --- */

struct fixture {
    struct keymap *keymap;
    char error[256];
};

static int set_up(void **state)
{
    static struct fixture f;

    f.keymap = keymap_new();
    keymap_use(f.keymap);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    keymap_free(&f->keymap);
    return 0;
}

/* names: keys parted by blanks. */
static bool give(struct fixture *f, enum context context, enum action action, const char *names)
{
    struct keymap_key keys[KEYMAP_KEYS_MAX + 1];
    size_t count = 0;

    for (const char *at = names; *at;) {
        char name[64];
        size_t len = strcspn(at, " ");

        assert_true(len < sizeof name);
        memcpy(name, at, len);
        name[len] = '\0';
        keys[count++] = must_parse(name);
        at += len;
        at += *at == ' ';
    }
    f->error[0] = '\0';
    return keymap_bind(f->keymap, context, action, keys, count, 7, f->error);
}

static enum action find(enum context context, const char *name, bool draft_empty)
{
    struct keymap_key key = must_parse(name);

    return keymap_find(context, key.code, key.mods, draft_empty);
}

static void a_new_keymap_is_the_built_in_one(void **state)
{
    struct fixture *f = *state;
    size_t count, same;
    const struct binding *rows = keymap_rows_of(f->keymap, &count), *builtin = keymap_defaults(&same);

    assert_int_equal(count, same);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].code, builtin[i].code);
        assert_int_equal(rows[i].action, builtin[i].action);
        assert_ptr_equal(rows[i].help, builtin[i].help);
    }
}

static void an_action_gets_other_keys_and_no_others(void **state)
{
    struct fixture *f = *state;

    assert_true(give(f, CONTEXT_BROWSE, ACTION_LINE_DOWN, "Ctrl+N ö"));
    assert_int_equal(find(CONTEXT_BROWSE, "Ctrl+N", true), ACTION_LINE_DOWN);
    assert_int_equal(find(CONTEXT_BROWSE, "ö", true), ACTION_LINE_DOWN);
    assert_int_equal(find(CONTEXT_BROWSE, "j", true), ACTION_NONE);
    assert_int_equal(find(CONTEXT_BROWSE, "Down", true), ACTION_NONE);
    assert_int_equal(find(CONTEXT_BROWSE, "k", true), ACTION_LINE_UP);
    assert_int_equal(find(CONTEXT_PAGE, "j", true), ACTION_NEXT); /* other contexts keep theirs */
    assert_true(give(f, CONTEXT_BROWSE, ACTION_LINE_DOWN, "x"));  /* the last word counts */
    assert_int_equal(find(CONTEXT_BROWSE, "Ctrl+N", true), ACTION_NONE);
}

static void an_action_can_have_no_key(void **state)
{
    struct fixture *f = *state;
    char name[KEYMAP_NAME_MAX];

    assert_true(give(f, CONTEXT_CHAT, ACTION_FOLD, ""));
    assert_int_equal(find(CONTEXT_CHAT, "Tab", true), ACTION_NONE);
    assert_string_equal(keymap_key_of(CONTEXT_CHAT, ACTION_FOLD, name), "");
    assert_string_equal(keymap_key_of(CONTEXT_CHAT, ACTION_SEND, name), "Enter");
}

static void a_built_in_key_yields(void **state)
{
    struct fixture *f = *state;

    assert_true(give(f, CONTEXT_CHAT, ACTION_FOLD, "Ctrl+R"));
    assert_int_equal(find(CONTEXT_CHAT, "Ctrl+R", true), ACTION_FOLD);
    assert_true(give(f, CONTEXT_CHAT, ACTION_EDITOR, "Ctrl+D")); /* also where the draft is empty */
    assert_int_equal(find(CONTEXT_CHAT, "Ctrl+D", true), ACTION_EDITOR);
    assert_int_equal(find(CONTEXT_CHAT, "Ctrl+D", false), ACTION_EDITOR);
}

static void keys_for_the_empty_draft_stay_so(void **state)
{
    struct fixture *f = *state;

    assert_true(give(f, CONTEXT_CHAT, ACTION_QUIT, "Ctrl+K"));
    assert_int_equal(find(CONTEXT_CHAT, "Ctrl+K", true), ACTION_QUIT);
    assert_int_equal(find(CONTEXT_CHAT, "Ctrl+K", false), ACTION_KILL_END);
    assert_true(give(f, CONTEXT_CHAT, ACTION_DELETE_RIGHT, "Ctrl+D")); /* as it was: beside quit */
    assert_true(give(f, CONTEXT_CHAT, ACTION_HELP, "F2 h"));
    assert_int_equal(find(CONTEXT_CHAT, "F2", false), ACTION_HELP);
    assert_int_equal(find(CONTEXT_CHAT, "h", true), ACTION_HELP);
    assert_int_equal(find(CONTEXT_CHAT, "h", false), ACTION_NONE); /* it can be typed */
}

static void two_given_keys_must_differ(void **state)
{
    struct fixture *f = *state;

    assert_true(give(f, CONTEXT_BROWSE, ACTION_FOLD, "x"));
    assert_false(give(f, CONTEXT_BROWSE, ACTION_DUMP, "D x"));
    assert_string_equal(f->error, "x is given to 'dump' and, in line 7, to 'fold'");
    assert_int_equal(find(CONTEXT_BROWSE, "D", true), ACTION_NONE); /* nothing of it */
    assert_int_equal(find(CONTEXT_BROWSE, "[", true), ACTION_DUMP);
    assert_true(give(f, CONTEXT_PAGE, ACTION_CLOSE, "x")); /* another context */
    assert_true(give(f, CONTEXT_CHAT, ACTION_SEND, "Enter Enter"));
}

static void ctrl_c_is_always_the_way_out(void **state)
{
    struct fixture *f = *state;

    assert_true(give(f, CONTEXT_CHAT, ACTION_CANCEL, ""));
    assert_int_equal(find(CONTEXT_CHAT, "Ctrl+C", true), ACTION_CANCEL);
    assert_true(give(f, CONTEXT_CHAT, ACTION_CANCEL, "Ctrl+Q Ctrl+C"));
    assert_int_equal(find(CONTEXT_CHAT, "Ctrl+C", false), ACTION_CANCEL);
    assert_int_equal(find(CONTEXT_CHAT, "Ctrl+Q", false), ACTION_CANCEL);
    static const enum context closing[] = {CONTEXT_PICKER, CONTEXT_CONFIRM, CONTEXT_PAGE};
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++) {
        assert_true(give(f, closing[i], ACTION_CLOSE, ""));
        assert_int_equal(find(closing[i], "Ctrl+C", true), ACTION_CLOSE);
    }
    assert_true(give(f, CONTEXT_BROWSE, ACTION_DRAFT, ""));
    assert_int_equal(find(CONTEXT_BROWSE, "Ctrl+C", true), ACTION_DRAFT);
    for (int context = 0; context < CONTEXT_COUNT; context++) {
        size_t count;
        const struct binding *rows = keymap_defaults(&count);

        for (size_t i = 0; i < count; i++)
            if (rows[i].context == (enum context)context &&
                find((enum context)context, "Ctrl+C", true) != rows[i].action &&
                give(f, rows[i].context, rows[i].action, "Ctrl+C"))
                fail_msg("'%s' of '%s' took Ctrl+C", keymap_action_name(rows[i].action),
                         keymap_context_name(rows[i].context));
    }
}

static void what_one_types_in_a_list_stays_text(void **state)
{
    struct fixture *f = *state;

    assert_false(give(f, CONTEXT_PICKER, ACTION_NEXT, "j"));
    assert_non_null(strstr(f->error, "add Ctrl or Alt"));
    assert_false(give(f, CONTEXT_COMPLETION, ACTION_ACCEPT, "Space"));
    assert_true(give(f, CONTEXT_PICKER, ACTION_NEXT, "Alt+j"));
}

static void no_thoughtless_key_answers_a_question(void **state)
{
    struct fixture *f = *state;
    static const char *const wrong[] = {"Enter", "Space", "Alt+y", "Ctrl+Y", "Esc", "Tab", "Up"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(give(f, CONTEXT_PANEL, ACTION_PANEL_ONCE, wrong[i]));
    assert_false(give(f, CONTEXT_PANEL, ACTION_PANEL_LATER, "Enter"));
    assert_true(give(f, CONTEXT_PANEL, ACTION_PANEL_ONCE, "j F2"));
    assert_int_equal(find(CONTEXT_PANEL, "j", true), ACTION_PANEL_ONCE);
    assert_int_equal(find(CONTEXT_PANEL, "y", true), ACTION_NONE);
    assert_true(give(f, CONTEXT_PANEL, ACTION_PANEL_LATER, "Esc l"));
}

static void help_stays_with_the_keys_that_are_left(void **state)
{
    struct fixture *f = *state;
    size_t count;

    assert_true(give(f, CONTEXT_CHAT, ACTION_PAGE_UP, "")); /* the first row of "scroll" */
    assert_true(give(f, CONTEXT_BROWSE, ACTION_DUMP, ""));  /* the only one of its line */
    const struct binding *rows = keymap_rows(&count);
    bool scroll = false;
    for (size_t i = 0; i < count; i++) {
        assert_true(!rows[i].help ||
                    strcmp(rows[i].help, "all of it into the terminal's own scrollback") != 0);
        if (rows[i].context == CONTEXT_CHAT && rows[i].action == ACTION_PAGE_DOWN) {
            assert_string_equal(rows[i].help, "scroll");
            scroll = true;
        }
    }
    assert_true(scroll);
}

static void the_title_of_a_context_names_its_prefix(void **state)
{
    struct fixture *f = *state;
    char title[128];

    assert_string_equal(keymap_context_title(CONTEXT_PREFIX, title), "After ^X");
    assert_true(give(f, CONTEXT_CHAT, ACTION_PREFIX, "Ctrl+B"));
    assert_string_equal(keymap_context_title(CONTEXT_PREFIX, title), "After ^B");
    assert_true(give(f, CONTEXT_CHAT, ACTION_PREFIX, ""));
    assert_non_null(strstr(keymap_context_title(CONTEXT_PREFIX, title), "no key"));
}

static void what_needs_the_prefix_may_do_without(void **state)
{
    struct fixture *f = *state;
    size_t count;

    assert_int_equal(keymap_action_find(CONTEXT_CHAT, "switcher"), ACTION_SWITCHER);
    assert_true(give(f, CONTEXT_CHAT, ACTION_SWITCHER, "F6 F7"));
    assert_int_equal(find(CONTEXT_CHAT, "F6", false), ACTION_SWITCHER);
    assert_int_equal(find(CONTEXT_PREFIX, "l", true), ACTION_SWITCHER);
    const struct binding *rows = keymap_rows(&count);
    assert_int_equal(rows[count - 2].code, KEY_F1 + 5);
    assert_string_equal(rows[count - 2].help, "list of sessions");
    assert_null(rows[count - 1].help);
    assert_int_equal(keymap_action_find(CONTEXT_PREFIX, "palette"), ACTION_PALETTE);
    assert_true(give(f, CONTEXT_PREFIX, ACTION_PALETTE, "p"));
    assert_int_equal(find(CONTEXT_PREFIX, "p", false), ACTION_PALETTE);
    assert_int_equal(keymap_action_find(CONTEXT_PREFIX, "prefix"), ACTION_NONE);
}

static void too_many_keys_are_refused(void **state)
{
    struct fixture *f = *state;

    assert_false(give(f, CONTEXT_BROWSE, ACTION_FOLD, "1 2 3 4 5 6 7 8 9 0 a b c e f h l"));
    assert_non_null(strstr(f->error, "at most 16"));
}

static void a_freed_keymap_is_in_force_no_more(void **state)
{
    struct fixture *f = *state;

    assert_true(give(f, CONTEXT_BROWSE, ACTION_LINE_DOWN, "x"));
    assert_int_equal(find(CONTEXT_BROWSE, "x", true), ACTION_LINE_DOWN);
    keymap_free(&f->keymap);
    assert_int_equal(find(CONTEXT_BROWSE, "x", true), ACTION_NONE);
    assert_int_equal(find(CONTEXT_BROWSE, "j", true), ACTION_LINE_DOWN);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_reads_back_as_it_is_printed),
        cmocka_unit_test(people_write_keys_in_many_ways),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(every_action_has_a_name_of_its_own),
        cmocka_unit_test(no_key_has_two_meanings),
        cmocka_unit_test(what_counts_for_an_empty_draft_goes_first),
        cmocka_unit_test(a_range_of_keys_knows_their_positions),
        cmocka_unit_test(the_keys_of_a_line_are_put_together),
        WITH(a_new_keymap_is_the_built_in_one),
        WITH(an_action_gets_other_keys_and_no_others),
        WITH(an_action_can_have_no_key),
        WITH(a_built_in_key_yields),
        WITH(keys_for_the_empty_draft_stay_so),
        WITH(two_given_keys_must_differ),
        WITH(ctrl_c_is_always_the_way_out),
        WITH(what_one_types_in_a_list_stays_text),
        WITH(no_thoughtless_key_answers_a_question),
        WITH(help_stays_with_the_keys_that_are_left),
        WITH(the_title_of_a_context_names_its_prefix),
        WITH(what_needs_the_prefix_may_do_without),
        WITH(too_many_keys_are_refused),
        WITH(a_freed_keymap_is_in_force_no_more),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
