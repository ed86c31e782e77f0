#include "shared/utf8.h"
#include "tui/browse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum browse_typed key(struct browse *browse, uint32_t code, uint8_t mods)
{
    struct key_event event = {.code = code, .mods = mods};

    return browse_type(browse, &event);
}

static void type(struct browse *browse, const char *text)
{
    for (; *text; text++)
        assert_int_equal(key(browse, (unsigned char)*text, 0), BROWSE_CHANGED);
}

static void each_letter_is_searched_at_once(void **state)
{
    struct browse *browse = browse_new();

    (void)state;
    assert_false(browse_on(browse));
    browse_set(browse, true);
    assert_null(browse_input(browse));
    browse_ask(browse);
    assert_non_null(browse_input(browse));
    type(browse, "ab");
    assert_string_equal(browse_text(browse), "ab");
    assert_int_equal(needle_length(browse_needle(browse)), 2);
    assert_int_equal(key(browse, KEY_BACKSPACE, 0), BROWSE_CHANGED);
    assert_string_equal(browse_text(browse), "a");
    assert_int_equal(key(browse, KEY_LEFT, 0), BROWSE_NOTHING);
    assert_int_equal(key(browse, KEY_ENTER, 0), BROWSE_DONE);
    assert_null(browse_input(browse));
    assert_string_equal(browse_text(browse), "a");
    browse_free(&browse);
}

static void what_was_searched_before_comes_back(void **state)
{
    struct browse *browse = browse_new();

    (void)state;
    browse_set(browse, true);
    browse_ask(browse);
    type(browse, "old");
    key(browse, KEY_ENTER, 0);
    browse_ask(browse);
    type(browse, "new");
    assert_int_equal(key(browse, KEY_ESCAPE, 0), BROWSE_LEFT);
    assert_string_equal(browse_text(browse), "old");
    browse_ask(browse);
    assert_int_equal(key(browse, KEY_ENTER, 0), BROWSE_DONE); /* nothing typed: once more */
    assert_string_equal(browse_text(browse), "old");
    browse_ask(browse);
    assert_int_equal(key(browse, KEY_BACKSPACE, 0), BROWSE_LEFT);
    browse_ask(browse);
    assert_int_equal(key(browse, 'c', MOD_CTRL), BROWSE_LEFT);
    browse_set(browse, false);
    assert_null(browse_text(browse));
    assert_null(browse_needle(browse));
    browse_free(&browse);
}

static void what_is_pasted_is_one_clean_line(void **state)
{
    struct browse *browse = browse_new();
    const char text[] = "two\nlines\x1b[31m";
    struct key_event paste = {.code = KEY_PASTE, .text = text, .len = sizeof text - 1};

    (void)state;
    browse_set(browse, true);
    browse_ask(browse);
    assert_int_equal(browse_type(browse, &paste), BROWSE_CHANGED);
    assert_string_equal(browse_text(browse), "two lines");
    browse_free(&browse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_letter_is_searched_at_once),
        cmocka_unit_test(what_was_searched_before_comes_back),
        cmocka_unit_test(what_is_pasted_is_one_clean_line),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
