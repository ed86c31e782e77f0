/* Themes: that all styles have a look, that it can be read, and what the environment decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/terminal/theme.h"
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MANY = 256, CUBE = 16, GREYS = 232 };

/* --- contrast, as WCAG 2 has it --- */

static double channel(int value)
{
    double c = value / 255.0;

    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(int colour)
{
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    int red = 8 + 10 * (colour - GREYS), green = red, blue = red;

    assert_true(colour >= CUBE && colour < MANY); /* the first 16 are any */
    if (colour < GREYS) {
        red = steps[(colour - CUBE) / 36];
        green = steps[(colour - CUBE) / 6 % 6];
        blue = steps[(colour - CUBE) % 6];
    }
    return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
}

static double contrast(int a, int b)
{
    double one = luminance(a) + 0.05, two = luminance(b) + 0.05;

    return one > two ? one / two : two / one;
}

static void text_of_dark_and_light_can_be_read(void **state)
{
    (void)state;
    for (int theme = THEME_DARK; theme <= THEME_LIGHT; theme++)
        for (int style = 0; style < STYLE_COUNT; style++) {
            struct look look = theme_look((enum theme)theme, MANY, (enum style)style);
            int bg = look.bg != LOOK_DEFAULT ? look.bg
                     : theme == THEME_DARK   ? THEME_DARK_BACKGROUND
                                             : THEME_LIGHT_BACKGROUND;

            if (look.fg == LOOK_DEFAULT) {
                assert_int_equal(look.bg, LOOK_DEFAULT); /* the terminal's own pair */
                continue;
            }
            if (contrast(look.fg, bg) < (style == STYLE_RULE ? 2 : 4.5)) /* a rule is no text */
                fail_msg("style %d of %s: %d on %d has a contrast of %.2f", style,
                         theme_name((enum theme)theme), look.fg, bg, contrast(look.fg, bg));
            assert_false(look.attrs & LOOK_DIM); /* what dim is, the terminal decides */
        }
}

static void the_measure_of_contrast_is_right(void **state)
{
    (void)state;
    assert_true(fabs(contrast(16, 231) - 21) < 0.01); /* black on white */
    assert_true(fabs(contrast(196, 196) - 1) < 0.01);
}

static bool same(struct look a, struct look b)
{
    return a.attrs == b.attrs && a.fg == b.fg && a.bg == b.bg;
}

/* Of these, one must be told from the other without colour. */
static void nothing_is_said_by_colour_alone(void **state)
{
    static const enum style pairs[][2] = {
        {STYLE_TEXT, STYLE_ERROR},        {STYLE_TEXT, STYLE_WARNING},
        {STYLE_TEXT, STYLE_HEADING},      {STYLE_TEXT, STYLE_LINK},
        {STYLE_TEXT, STYLE_MATCH},        {STYLE_TEXT, STYLE_BAR},
        {STYLE_TEXT, STYLE_SELECTED_DIM}, {STYLE_SELECTED, STYLE_SELECTED_MATCH},
        {STYLE_BAR, STYLE_BAR_ERROR}};

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_false(
            same(theme_look(THEME_NONE, MANY, pairs[i][0]), theme_look(THEME_NONE, MANY, pairs[i][1])));
}

static void without_colours_or_with_the_theme_none_there_is_none(void **state)
{
    (void)state;
    for (int style = 0; style < STYLE_COUNT; style++) {
        struct look none = theme_look(THEME_NONE, MANY, (enum style)style);

        assert_int_equal(none.fg, LOOK_DEFAULT);
        assert_int_equal(none.bg, LOOK_DEFAULT);
        assert_true(same(theme_look(THEME_DARK, 0, (enum style)style), none));
    }
}

static void sixteen_colours_stay_below_sixteen(void **state)
{
    (void)state;
    for (int theme = 0; theme < THEME_COUNT; theme++)
        for (int style = 0; style < STYLE_COUNT; style++) {
            struct look few = theme_look((enum theme)theme, 16, (enum style)style);
            struct look named = theme_look(THEME_16, MANY, (enum style)style);

            assert_true(few.fg < 8 && few.bg < 8 && named.fg < 8 && named.bg < 8);
        }
    assert_true(theme_look(THEME_16, MANY, STYLE_BAR).attrs & LOOK_REVERSE);
}

/* A row that was forgotten would have black on black. */
static void every_style_has_a_look(void **state)
{
    (void)state;
    for (int style = 0; style < STYLE_COUNT; style++) {
        struct look look = theme_look(THEME_AUTO, MANY, (enum style)style);

        assert_true(look.fg != 0 || look.bg != 0);
    }
}

static void names_are_those_of_the_option(void **state)
{
    char all[64] = "";

    (void)state;
    for (int theme = 0; theme < THEME_COUNT; theme++) {
        assert_int_equal(theme_find(theme_name((enum theme)theme)), theme);
        if (theme > 0)
            strcat(all, "|");
        strcat(all, theme_name((enum theme)theme));
    }
    assert_string_equal(all, THEME_CHOICES);
    assert_int_equal(theme_find("Dark"), THEME_COUNT);
    assert_int_equal(theme_find(""), THEME_COUNT);
}

static void the_environment_decides_where_nobody_has(void **state)
{
    (void)state;
    assert_int_equal(theme_choose(THEME_AUTO, NULL, NULL), THEME_AUTO);
    assert_int_equal(theme_choose(THEME_AUTO, "", ""), THEME_AUTO);
    assert_int_equal(theme_choose(THEME_AUTO, NULL, "15;0"), THEME_DARK);
    assert_int_equal(theme_choose(THEME_AUTO, NULL, "0;15"), THEME_LIGHT);
    assert_int_equal(theme_choose(THEME_AUTO, NULL, "0;default;7"), THEME_LIGHT);
    assert_int_equal(theme_choose(THEME_AUTO, NULL, "7;8"), THEME_DARK);
    assert_int_equal(theme_choose(THEME_AUTO, "1", "0;15"), THEME_NONE);
    assert_int_equal(theme_choose(THEME_LIGHT, "1", "15;0"), THEME_LIGHT); /* named: it wins */
    static const char *const odd[] = {"15",    ";",     "15;",   "15;default",
                                      "15;99", "15;-1", "15;0x", "\033[0m;\a"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_int_equal(theme_choose(THEME_AUTO, NULL, odd[i]), THEME_AUTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_measure_of_contrast_is_right),
        cmocka_unit_test(text_of_dark_and_light_can_be_read),
        cmocka_unit_test(nothing_is_said_by_colour_alone),
        cmocka_unit_test(without_colours_or_with_the_theme_none_there_is_none),
        cmocka_unit_test(sixteen_colours_stay_below_sixteen),
        cmocka_unit_test(every_style_has_a_look),
        cmocka_unit_test(names_are_those_of_the_option),
        cmocka_unit_test(the_environment_decides_where_nobody_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
