/* What the screen tells the terminal beside its cells: title, sequences between frames, another theme. Its
 * bytes are read from the other end of a pseudo-terminal. */
#include "shared/buf.h"
#include "shared/utf8.h"
#include "tui/terminal/screen.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    int master, slave;
    struct screen *screen;
    struct buf raw; /* what the terminal got since it was last looked at */
};

static const char *taken(struct fixture *f)
{
    char bytes[65536];
    ssize_t got;

    buf_clear(&f->raw);
    do {
        while ((got = read(f->master, bytes, sizeof bytes)) > 0)
            buf_put(&f->raw, bytes, (size_t)got);
    } while (f->screen && screen_flush(f->screen));
    return f->raw.data;
}

static void open_screen(struct fixture *f, const char *term, bool title, enum theme theme)
{
    struct winsize size = {.ws_row = 5, .ws_col = 20};
    char error[256];

    f->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(f->master >= 0 && grantpt(f->master) == 0 && unlockpt(f->master) == 0);
    f->slave = open(ptsname(f->master), O_RDWR | O_NOCTTY);
    ioctl(f->master, TIOCSWINSZ, &size);
    buf_init(&f->raw, 1 << 20);
    struct screen_options options = {
        .path = ptsname(f->master), .term = term, .title = title, .theme = theme};
    f->screen = screen_open(&options, error);
    if (!f->screen)
        fail_msg("%s", error);
}

static void close_screen(struct fixture *f)
{
    screen_close(&f->screen);
    buf_free(&f->raw);
    close(f->master);
    close(f->slave);
}

static void draw(struct fixture *f)
{
    assert_true(screen_begin(f->screen));
    screen_row(f->screen, 0, 0, 20, STYLE_BAR);
    screen_puts(f->screen, "title bar", STYLE_BAR);
    screen_row_end(f->screen);
    screen_row(f->screen, 1, 0, 20, STYLE_TEXT);
    screen_puts(f->screen, "wrong", STYLE_ERROR);
    screen_row_end(f->screen);
    screen_end(f->screen, -1, 0);
}

static void the_title_is_ours_until_the_screen_is_left(void **state)
{
    struct fixture f;

    (void)state;
    open_screen(&f, "xterm-256color", true, THEME_AUTO);
    assert_non_null(strstr(taken(&f), "\033[22;2t"));
    screen_set_title(f.screen, "· x – stoa");
    assert_string_equal(taken(&f), "\033]2;· x – stoa\033\\");
    screen_set_title(f.screen, "· x – stoa"); /* it is that already */
    assert_string_equal(taken(&f), "");
    screen_leave(f.screen);
    assert_non_null(strstr(taken(&f), "\033]2;\033\\\033[23;2t"));
    screen_set_title(f.screen, "● x – stoa");
    assert_string_equal(taken(&f), "");
    screen_enter(f.screen);
    assert_non_null(strstr(taken(&f), "\033[22;2t"));
    screen_set_title(f.screen, "● x – stoa");
    assert_string_equal(taken(&f), "\033]2;● x – stoa\033\\");
    close_screen(&f);
}

static void a_terminal_without_title_gets_none(void **state)
{
    struct fixture f;

    (void)state;
    open_screen(&f, "linux", true, THEME_AUTO);
    screen_set_title(f.screen, "x");
    assert_null(strstr(taken(&f), "\033]2;"));
    close_screen(&f);
    open_screen(&f, "xterm-256color", false, THEME_AUTO); /* switched off */
    screen_set_title(f.screen, "x");
    screen_leave(f.screen);
    assert_null(strstr(taken(&f), "\033]2;"));
    close_screen(&f);
}

static void sequences_go_out_between_frames_or_not_at_all(void **state)
{
    struct fixture f;

    (void)state;
    open_screen(&f, "xterm-256color", false, THEME_AUTO);
    draw(&f);
    taken(&f);
    assert_true(screen_send(f.screen, "\a", 1));
    assert_string_equal(taken(&f), "\a");
    while (!screen_flush(f.screen)) { /* nobody reads: the terminal is full some time */
        screen_redraw(f.screen);
        draw(&f);
    }
    assert_false(screen_send(f.screen, "\a", 1));
    assert_null(strchr(taken(&f), '\a'));
    screen_leave(f.screen);
    taken(&f);
    assert_false(screen_send(f.screen, "\a", 1));
    assert_string_equal(taken(&f), "");
    close_screen(&f);
}

static void another_theme_repaints_all(void **state)
{
    struct fixture f;

    (void)state;
    open_screen(&f, "xterm-256color", false, THEME_NONE);
    draw(&f);
    const char *bytes = taken(&f);
    assert_null(strstr(bytes, "38;5;"));
    assert_non_null(strstr(bytes, "title bar"));
    screen_set_theme(f.screen, THEME_DARK);
    draw(&f);
    bytes = taken(&f);
    assert_non_null(strstr(bytes, "48;5;236m"));
    assert_non_null(strstr(bytes, "38;5;210m"));
    assert_non_null(strstr(bytes, "title bar"));
    screen_set_theme(f.screen, THEME_LIGHT);
    draw(&f);
    bytes = taken(&f);
    assert_non_null(strstr(bytes, "48;5;253m"));
    assert_null(strstr(bytes, "48;5;236m"));
    screen_set_theme(f.screen, THEME_16);
    draw(&f);
    bytes = taken(&f);
    assert_non_null(strstr(bytes, "\033[31m"));
    assert_null(strstr(bytes, ";5;"));
    screen_set_theme(f.screen, THEME_NONE);
    draw(&f);
    bytes = taken(&f);
    assert_null(strstr(bytes, "\033[31m"));
    assert_non_null(strstr(bytes, "wrong"));
    close_screen(&f);
}

static void the_environment_decides_for_auto(void **state)
{
    struct fixture f;

    (void)state;
    setenv("NO_COLOR", "1", 1);
    open_screen(&f, "xterm-256color", false, THEME_AUTO);
    draw(&f);
    const char *bytes = taken(&f);
    assert_null(strstr(bytes, "38;5;"));
    assert_null(strstr(bytes, "\033[31m"));
    close_screen(&f);
    open_screen(&f, "xterm-256color", false, THEME_DARK); /* named: it wins */
    draw(&f);
    assert_non_null(strstr(taken(&f), "38;5;210m"));
    close_screen(&f);
    unsetenv("NO_COLOR");
    setenv("COLORFGBG", "0;15", 1);
    open_screen(&f, "xterm-256color", false, THEME_AUTO);
    draw(&f);
    assert_non_null(strstr(taken(&f), "48;5;253m"));
    close_screen(&f);
    unsetenv("COLORFGBG");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_title_is_ours_until_the_screen_is_left),
        cmocka_unit_test(a_terminal_without_title_gets_none),
        cmocka_unit_test(sequences_go_out_between_frames_or_not_at_all),
        cmocka_unit_test(another_theme_repaints_all),
        cmocka_unit_test(the_environment_decides_for_auto),
    };

    utf8_locale();
    unsetenv("NO_COLOR");
    unsetenv("COLORFGBG");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
