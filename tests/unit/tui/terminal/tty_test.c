#include "tests/support/slow.h"
#include "tui/terminal/tty.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    int master, slave;
    char name[128];
    struct termios before;
    char seen[65536];
    size_t len;
};

static int open_pty(void **arg)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (f->master < 0 || grantpt(f->master) != 0 || unlockpt(f->master) != 0) {
        free(f);
        return -1;
    }
    snprintf(f->name, sizeof f->name, "%s", ptsname(f->master));
    f->slave = open(f->name, O_RDWR | O_NOCTTY);
    tcgetattr(f->slave, &f->before);
    *arg = f;
    return 0;
}

static int close_pty(void **arg)
{
    struct fixture *f = *arg;

    close(f->master);
    close(f->slave);
    free(f);
    return 0;
}

static void pump(struct fixture *f)
{
    ssize_t got;

    while ((got = read(f->master, f->seen + f->len, sizeof f->seen - f->len - 1)) > 0)
        f->len += (size_t)got;
    f->seen[f->len] = '\0';
}

static struct tty *enter(struct fixture *f)
{
    char error[256];
    struct tty *tty = tty_open(f->name, error);

    if (!tty)
        fail_msg("%s", error);
    tty_enter(tty, true, "<left>");
    return tty;
}

static void expect_given_back(struct fixture *f)
{
    static const char *const off[] = {"\033[?2004l", "\033[?1004l", "\033[?1000l", "\033[?1006l",
                                      "\033[>4m",    "\033[<u",     "\033[?2026l"};
    struct termios after = {0};

    pump(f);
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        if (!strstr(f->seen, off[i]))
            fail_msg("%s was not written", off[i] + 1);
    tcgetattr(f->slave, &after);
    assert_memory_equal(&after, &f->before, sizeof after);
}

static void ended(int number)
{
    (void)number;
}

/* Needs more stack than there is. */
static int __attribute__((noinline)) overflow(volatile int *depth)
{
    volatile char room[4096];

    room[0] = (char)*depth;
    (*depth)++;
    return *depth < 0 ? 0 : overflow(depth) + room[0];
}

enum crash { CRASH_STACK, CRASH_ABORT, CRASH_TERM, CRASH_COUNT };

static void __attribute__((noreturn)) crash(struct fixture *f, enum crash how)
{
    struct rlimit none = {0, 0}, stack = {1 << 20, 1 << 20};
    volatile int depth = 0;

    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_STACK, &stack);
    enter(f);
    if (how == CRASH_STACK)
        overflow(&depth);
    else if (how == CRASH_ABORT)
        abort();
    raise(SIGTERM);
    _exit(0);
}

static void a_crash_gives_the_terminal_back(void **arg)
{
    static const int signals[CRASH_COUNT] = {SIGSEGV, SIGABRT, SIGTERM};
    struct fixture *f = *arg;

    for (int how = 0; how < CRASH_COUNT; how++) {
        int status;

        if (how == CRASH_STACK && under_valgrind())
            continue;
#ifdef __SANITIZE_ADDRESS__
        if (how != CRASH_TERM)
            continue; /* the sanitizer has a say in those */
#endif
        f->len = 0;
        pid_t child = fork();
        if (child == 0)
            crash(f, (enum crash)how);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[how]);
        expect_given_back(f);
        assert_non_null(strstr(f->seen, "<left>"));
    }
}

static void who_handles_a_signal_keeps_it(void **arg)
{
    struct fixture *f = *arg;
    struct sigaction own = {.sa_handler = ended}, is;

    sigaction(SIGTERM, &own, NULL);
    signal(SIGHUP, SIG_IGN);
    struct tty *tty = enter(f);
    sigaction(SIGTERM, NULL, &is);
    assert_true(is.sa_handler == ended);
    sigaction(SIGHUP, NULL, &is);
    assert_true(is.sa_handler == SIG_IGN);
    sigaction(SIGUSR1, NULL, &is);
    assert_true(is.sa_handler != SIG_DFL);
    tty_leave(tty);
    sigaction(SIGTERM, NULL, &is);
    assert_true(is.sa_handler == ended);
    sigaction(SIGUSR1, NULL, &is);
    assert_true(is.sa_handler == SIG_DFL);
    tty_close(&tty);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    expect_given_back(f);
}

static void leaving_twice_and_coming_back(void **arg)
{
    struct fixture *f = *arg;
    struct termios raw;
    struct tty *tty = enter(f);

    tty_leave(tty);
    tty_leave(tty);
    expect_given_back(f);
    f->len = 0;
    tty_enter(tty, false, "<left>");
    pump(f);
    assert_non_null(strstr(f->seen, "\033[?2004h"));
    assert_null(strstr(f->seen, "\033[?1000h"));
    tcgetattr(f->slave, &raw);
    assert_false(raw.c_lflag & (ICANON | ECHO | ISIG));
    tty_close(&tty);
    expect_given_back(f);
}

/* Nobody reads: writing never blocks, and leaving takes a moment only. */
static void a_terminal_that_takes_nothing_does_not_block(void **arg)
{
    struct fixture *f = *arg;
    struct tty *tty = enter(f);
    char text[8192];

    memset(text, 'x', sizeof text);
    for (int i = 0; i < 100; i++)
        tty_put(tty, text, sizeof text);
    assert_true(tty_pending(tty));
    assert_true(tty_flush(tty));
    assert_true(tty_bytes(tty) < sizeof text * 100);
    tty_leave(tty);
    assert_false(tty_pending(tty));
    tty_close(&tty);
    struct termios after = {0};
    tcgetattr(f->slave, &after);
    assert_memory_equal(&after, &f->before, sizeof after);
}

/* poll says that such a terminal is ready: a write that blocks would never come back. */
static void what_is_said_at_the_end_waits_for_nobody_at_a_terminal_with_little_room(void **arg)
{
    struct fixture *f = *arg;
    static char text[8192];
    int fill = open(f->name, O_WRONLY | O_NONBLOCK | O_NOCTTY);

    memset(text, 'x', sizeof text);
    for (int quiet = 0; quiet < 5; quiet++) { /* the kernel moves it on by and by */
        while (write(fill, text, 512) > 0)
            quiet = 0;
        poll(NULL, 0, 20);
    }
    assert_int_equal(read(f->master, f->seen, 2000), 2000);
    alarm(10);

    tty_say(f->slave, text, sizeof text);

    alarm(0);
    close(fill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_crash_gives_the_terminal_back, open_pty, close_pty),
        cmocka_unit_test_setup_teardown(who_handles_a_signal_keeps_it, open_pty, close_pty),
        cmocka_unit_test_setup_teardown(leaving_twice_and_coming_back, open_pty, close_pty),
        cmocka_unit_test_setup_teardown(a_terminal_that_takes_nothing_does_not_block, open_pty, close_pty),
        cmocka_unit_test_setup_teardown(
            what_is_said_at_the_end_waits_for_nobody_at_a_terminal_with_little_room, open_pty, close_pty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
