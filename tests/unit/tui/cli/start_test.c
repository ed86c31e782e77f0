/* Starting a daemon. This program is also the daemon: called as "stoad" it behaves as $FAKE says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/xalloc.h"
#include "tests/support/slow.h"
#include "tui/cli/start.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ERROR_SIZE = 512, LIFE_S = 30 };

static char top[64], run[96], state[96], socket_path[128], log_path[128], pid_path[128];
static char error[ERROR_SIZE];

/* --- the daemon --- */

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static void serve(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 8) < 0)
        exit(1);
}

static void notify(const char *text)
{
    struct sockaddr_un address = address_of(getenv("NOTIFY_SOCKET"));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address, sizeof address);
    close(fd);
}

static void write_facts(void)
{
    char *path = xasprintf("%s/pid", getenv("STOA_RUNTIME_DIR")), *made = xasprintf("%s.new", path);
    FILE *file = fopen(made, "w");
    sigset_t mask;

    sigprocmask(SIG_SETMASK, NULL, &mask);
    fprintf(file, "%d own_session=%d open=%d watchdog=%d masked=%d\n", (int)getpid(), getsid(0) == getpid(),
            fcntl(9, F_GETFD) >= 0, getenv("WATCHDOG_USEC") != NULL, sigismember(&mask, SIGUSR1));
    fclose(file);
    rename(made, path);
    free(path);
    free(made);
}

static int be_daemon(void)
{
    const char *fake = getenv("FAKE");
    char *path;

    if (strcmp(fake, "config") == 0) {
        fprintf(
            stderr,
            "2026-01-01 stoad INFO server: hello\n2026-01-01 stoad ERROR config: line 3 \x1b[31mis odd\n");
        return EXIT_CONFIG;
    }
    if (strcmp(fake, "crash") == 0)
        raise(SIGKILL);
    if (strcmp(fake, "race") == 0 && fork() > 0)
        return EXIT_ALREADY_RUNNING;
    alarm(LIFE_S); /* whatever becomes of the test */
    write_facts();
    path = xasprintf("%s/stoad.sock", getenv("STOA_RUNTIME_DIR"));
    serve(path);
    free(path);
    notify("STATUS=starting");
    notify("STATUS=serving\nREADY=1");
    for (;;)
        pause();
}

/* --- the test --- */

static int set_up(void **unused)
{
    char self[256], *link;
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    (void)unused;
    self[len] = '\0';
    strcpy(top, "/tmp/stoa-start-test-XXXXXX");
    assert_non_null(mkdtemp(top));
    snprintf(run, sizeof run, "%s/run", top);
    snprintf(state, sizeof state, "%s/state", top);
    snprintf(socket_path, sizeof socket_path, "%s/stoad.sock", run);
    snprintf(log_path, sizeof log_path, "%s/stoad.log", state);
    snprintf(pid_path, sizeof pid_path, "%s/pid", run);
    setenv("STOA_RUNTIME_DIR", run, 1);
    setenv("STOA_STATE_DIR", state, 1);
    setenv("STOA_LIBEXEC", top, 1);
    setenv("WATCHDOG_USEC", "1", 1);
    setenv("FAKE", "ready", 1);
    link = xasprintf("%s/stoad", top);
    assert_int_equal(symlink(self, link), 0);
    free(link);
    *error = '\0';
    return 0;
}

/* What the daemon wrote about itself; its pid. */
static pid_t facts(char text[256])
{
    FILE *file = fopen(pid_path, "r");

    assert_non_null(file);
    assert_non_null(fgets(text, 256, file));
    fclose(file);
    return (pid_t)atoi(text);
}

static int tear_down(void **unused)
{
    char text[256], *command;

    (void)unused;
    if (access(pid_path, F_OK) == 0)
        kill(facts(text), SIGKILL);
    command = xasprintf("rm -rf '%s'", top);
    if (system(command) != 0)
        fail();
    free(command);
    return 0;
}

static void test_a_daemon_is_started_apart_from_the_client(void **unused)
{
    char text[256];
    sigset_t one;
    struct stat st;

    (void)unused;
    /* given: a client with an inherited descriptor and a blocked signal */
    assert_int_equal(dup2(STDERR_FILENO, 9), 9);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    sigprocmask(SIG_BLOCK, &one, NULL);
    assert_int_equal(start_ensure(socket_path, true, error), ERR_OK);
    close(9);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    /* then: none of that reaches the daemon, and it is nobody's child here */
    facts(text);
    assert_non_null(strstr(text, "own_session=1 open=0 watchdog=0 masked=0"));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(stat(log_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_a_running_daemon_is_found(void **unused)
{
    char text[256];
    pid_t first;

    (void)unused;
    assert_int_equal(start_ensure(socket_path, true, error), ERR_OK);
    first = facts(text);
    assert_int_equal(start_ensure(socket_path, true, error), ERR_OK);
    assert_int_equal(start_ensure(socket_path, false, error), ERR_OK);
    assert_int_equal(facts(text), first);
}

static void test_none_is_started_where_that_is_forbidden(void **unused)
{
    (void)unused;
    assert_int_equal(start_ensure(socket_path, false, error), ERR_UNAVAILABLE);
    assert_non_null(strstr(error, socket_path));
    assert_int_not_equal(access(run, F_OK), 0);
}

static void test_its_last_words_are_told(void **unused)
{
    (void)unused;
    setenv("FAKE", "config", 1);
    assert_int_equal(start_ensure(socket_path, true, error), ERR_CONFIG);
    assert_string_equal(error, "the daemon did not start: config: line 3 is odd");
}

static void test_a_crash_is_told(void **unused)
{
    (void)unused;
    setenv("FAKE", "crash", 1);
    assert_int_equal(start_ensure(socket_path, true, error), ERR_UNAVAILABLE);
    assert_non_null(strstr(error, log_path));
}

static void test_losing_the_race_is_no_failure(void **unused)
{
    (void)unused;
    setenv("FAKE", "race", 1);
    assert_int_equal(start_ensure(socket_path, true, error), ERR_OK);
}

static void test_a_dead_socket_is_no_daemon(void **unused)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)unused;
    assert_int_equal(mkdir(run, 0700), 0);
    address = address_of(socket_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    assert_int_equal(start_ensure(socket_path, true, error), ERR_OK);
}

static void test_an_open_folder_is_refused(void **unused)
{
    (void)unused;
    assert_int_equal(mkdir(run, 0755), 0);
    assert_int_equal(chmod(run, 0755), 0);
    assert_int_equal(start_ensure(socket_path, true, error), ERR_DENIED);
    assert_non_null(strstr(error, "chmod 700"));
}

static void test_too_long_a_path_is_named(void **unused)
{
    char path[200];

    (void)unused;
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(start_ensure(path, true, error), ERR_UNAVAILABLE);
    assert_non_null(strstr(error, "199 bytes long; 107 are possible"));
}

static void test_a_large_log_is_begun_anew(void **unused)
{
    struct stat st;

    (void)unused;
    assert_int_equal(mkdir(state, 0700), 0);
    close(open(log_path, O_WRONLY | O_CREAT, 0600));
    assert_int_equal(truncate(log_path, (1 << 20) + 1), 0);
    assert_int_equal(start_ensure(socket_path, true, error), ERR_OK);
    assert_int_equal(stat(log_path, &st), 0);
    assert_int_equal(st.st_size, 0);
}

static void test_nothing_is_left_in_the_folder(void **unused)
{
    char *command = xasprintf("ls %s | grep -v -x -e pid -e stoad.sock", run);

    (void)unused;
    assert_int_equal(start_ensure(socket_path, true, error), ERR_OK);
    assert_int_not_equal(system(command), 0);
    free(command);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void test_no_process_can_be_watched_here(void **unused)
{
    (void)unused;
    skip();
}

int main(int argc, char *argv[])
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const struct CMUnitTest tests[] = {
        TEST(test_a_daemon_is_started_apart_from_the_client),
        TEST(test_a_running_daemon_is_found),
        TEST(test_none_is_started_where_that_is_forbidden),
        TEST(test_its_last_words_are_told),
        TEST(test_a_crash_is_told),
        TEST(test_losing_the_race_is_no_failure),
        TEST(test_a_dead_socket_is_no_daemon),
        TEST(test_an_open_folder_is_refused),
        TEST(test_too_long_a_path_is_named),
        TEST(test_a_large_log_is_begun_anew),
        TEST(test_nothing_is_left_in_the_folder),
    };
    const struct CMUnitTest none[] = {cmocka_unit_test(test_no_process_can_be_watched_here)};

    if (slash && strcmp(slash, "/stoad") == 0)
        return be_daemon();
    if (!has_pidfds())
        return cmocka_run_group_tests(none, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
