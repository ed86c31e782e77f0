/* The code that is drawn is, module by module, the one that libqrencode makes, with its margin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/text/qr.h"
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MAX = 200 };

static bool dark[SIDE_MAX][SIDE_MAX];
static int width, height;

static bool take(const char **at, const char *text)
{
    bool good = strncmp(*at, text, strlen(text)) == 0;

    *at += good ? strlen(text) : 0;
    return good;
}

/* Two modules of one character, by what it shows and what is behind it. */
static void read_cell(const char **at, bool black, int x, int y)
{
    bool upper = take(at, "▀"), lower = !upper && take(at, "▄");

    assert_true(upper || lower || take(at, " "));
    dark[y][x] = upper != black;
    dark[y + 1][x] = lower != black;
}

/* Reads back what is drawn, as an eye does. */
static void read_back(const char *text)
{
    for (width = height = 0; *text; height += 2) {
        bool black = false, known = false;
        int x = 0;

        while (!take(&text, "\033[0m\n")) {
            if (take(&text, "\033[0;38;5;16;48;5;231m")) {
                black = false;
                known = true;
            } else if (take(&text, "\033[0;38;5;231;48;5;16m")) {
                black = known = true;
            }
            assert_true(known);
            read_cell(&text, black, x++, height);
        }
        assert_true(height == 0 || x == width);
        width = x;
    }
}

static void check(const char *text, int cols, int rows, int margin)
{
    QRcode *code = QRcode_encodeData((int)strlen(text), (const unsigned char *)text, 0, QR_ECLEVEL_L);
    char error[256], *drawn = qr_text(text, cols, rows, QR_256, error);

    assert_non_null(code);
    assert_non_null(drawn);
    read_back(drawn);
    assert_int_equal(width, code->width + 2 * margin);
    assert_in_range(height, width, width + 1);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int cx = x - margin, cy = y - margin;
            bool inside = cx >= 0 && cy >= 0 && cx < code->width && cy < code->width;

            assert_int_equal(dark[y][x], inside && (code->data[cy * code->width + cx] & 1));
        }
    free(drawn);
    QRcode_free(code);
}

static void test_each_module_is_where_it_belongs(void **state)
{
    (void)state;
    check("HELLO", 100, 100, 4);
    check("stoa://lab.example:7117/s_01j8zq4k3nw8x5t7v9r2m6p0qd#k=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
          "&t=abcDEF0123456789-_abcDEF01234567&r=writer",
          100, 100, 4);
}

static void test_the_margin_gives_way_before_the_code(void **state)
{
    char error[256];

    (void)state;
    check("HELLO", 29, 15, 4); /* 21 modules */
    check("HELLO", 28, 15, 2);
    check("HELLO", 25, 13, 2);
    assert_null(qr_text("HELLO", 24, 13, QR_256, error));
    assert_non_null(strstr(error, "25 columns and 13 rows"));
    assert_null(qr_text("HELLO", 25, 12, QR_256, error));
}

static void test_what_has_no_code_gets_a_sentence(void **state)
{
    char error[256] = "", text[4001];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_null(qr_text(text, 1000, 1000, QR_16, error));
    assert_non_null(strstr(error, "4000 bytes"));
    assert_null(qr_text("", 1000, 1000, QR_16, error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_module_is_where_it_belongs),
        cmocka_unit_test(test_the_margin_gives_way_before_the_code),
        cmocka_unit_test(test_what_has_no_code_gets_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
