/* Locked files, and what the dead leave of them. */
#include "shared/clock.h"
#include "shared/lockfile.h"
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINGER_MS = 100 };

static char path[64];

static int open_file(void)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/lockfile-test-%ld", (long)getpid());
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

/* A process that holds the lock, signed, and has a child that shares it as one does before its exec: for
 * linger_ms, and beyond its parent's end. */
static pid_t holder(int linger_ms)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        long other;
        int fd = open(path, O_RDWR | O_CREAT, 0600);
        if (!lockfile_take(fd, &other) || !lockfile_sign(fd))
            _exit(1);
        if (linger_ms > 0 && fork() == 0) {
            close(ready[1]);
            poll(NULL, 0, linger_ms);
            _exit(0);
        }
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void a_free_one_is_taken_and_signed(void **state)
{
    (void)state;
    int fd = open_file();
    long other = 7;
    char text[32] = "", pid[32];
    assert_true(lockfile_take(fd, &other));
    assert_int_equal(other, 0);
    assert_int_equal(pwrite(fd, "something longer than a pid\n", 28, 0), 28);
    assert_true(lockfile_sign(fd));
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    assert_string_equal(text, pid);
    close(fd);
}

static void that_of_a_living_one_is_refused_at_once_with_its_pid(void **state)
{
    (void)state;
    pid_t pid = holder(0);
    int fd = open_file();
    long other;
    int64_t begun = clock_steady_ms();
    assert_false(lockfile_take(fd, &other));
    assert_int_equal(other, pid);
    assert_true(clock_steady_ms() - begun < LOCKFILE_PATIENCE_MS / 2);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(lockfile_take(fd, &other));
    close(fd);
}

/* reap: whether its parent has looked after it, too */
static void take_after_the_dead(bool reap)
{
    pid_t pid = holder(LINGER_MS);
    int fd = open_file();
    long other;
    kill(pid, SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | (reap ? 0 : WNOWAIT)), 0);
    assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    assert_true(lockfile_take(fd, &other));
    close(fd);
    if (!reap)
        waitpid(pid, NULL, 0);
}

static void that_of_a_dead_one_is_waited_for(void **state)
{
    (void)state;
    take_after_the_dead(true);
}

static void that_of_a_zombie_is_waited_for(void **state)
{
    (void)state;
    take_after_the_dead(false);
}

static void the_patience_has_an_end(void **state)
{
    (void)state;
    pid_t pid = holder(LOCKFILE_PATIENCE_MS + 500);
    int fd = open_file();
    long other;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    int64_t begun = clock_steady_ms();
    assert_false(lockfile_take(fd, &other));
    assert_int_equal(other, pid);
    assert_true(clock_steady_ms() - begun >= LOCKFILE_PATIENCE_MS);
    close(fd);
}

static void one_that_is_not_signed_is_refused_at_once(void **state)
{
    (void)state;
    int fd = open_file(), theirs = open_file();
    long other = 7;
    assert_int_equal(ftruncate(theirs, 0), 0);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
    assert_false(lockfile_take(fd, &other));
    assert_int_equal(other, 0);
    close(theirs);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_free_one_is_taken_and_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(that_of_a_living_one_is_refused_at_once_with_its_pid, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(that_of_a_dead_one_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(that_of_a_zombie_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(the_patience_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_not_signed_is_refused_at_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
