/* What dead parents leave is killed and reaped; what somebody waits for is left alone. */
#include "shared/clock.h"
#include "shared/subreaper.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 20000, COMETS = 20 };

/* A process that starts so many below it, each with a session of its own, and lives on as the last of them;
 * the others die and leave it behind. Returns when that one is there. */
static void leave_orphan(int depth)
{
    int ready[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGTERM, SIG_IGN);
        for (int i = 0; i < depth; i++) {
            setsid();
            if (fork() != 0)
                _exit(0);
        }
        if (write(ready[1], "x", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
}

static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static void nothing_is_left_of_orphans(void **state)
{
    (void)state;
    for (int depth = 0; depth < 4; depth++)
        leave_orphan(depth);
    assert_true(has_children());
    assert_true(subreaper_finish(PATIENCE_MS));
    assert_false(has_children());
}

static void a_sweep_never_blocks_and_says_what_lives_still(void **state)
{
    (void)state;
    int64_t deadline = clock_steady_ms() + PATIENCE_MS;

    assert_int_equal(subreaper_sweep(), 0);
    leave_orphan(2);
    while (subreaper_sweep() > 0)
        assert_true(clock_steady_ms() < deadline);
    assert_false(has_children());
}

static void a_child_that_is_known_is_neither_killed_nor_reaped(void **state)
{
    (void)state;
    int status, hold[2];
    char byte;

    assert_int_equal(pipe(hold), 0);
    pid_t lives = fork();
    if (lives == 0) {
        close(hold[1]);
        _exit(read(hold[0], &byte, 1) == 0 ? 7 : 8);
    }
    pid_t dead = fork();
    if (dead == 0)
        _exit(5);
    subreaper_know(lives);
    subreaper_know(dead);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)dead, &info, WEXITED | WNOWAIT), 0);
    leave_orphan(1);
    assert_true(subreaper_finish(PATIENCE_MS));
    assert_int_equal(waitpid(dead, &status, 0), dead);
    assert_int_equal(WEXITSTATUS(status), 5);
    close(hold[1]);
    assert_int_equal(waitpid(lives, &status, 0), lives);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    close(hold[0]);
    subreaper_forget(lives);
    subreaper_forget(dead);
    assert_false(has_children());
}

static void at_the_end_what_was_known_is_killed_too(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        pid_t lives = fork();
        if (lives == 0) {
            signal(SIGTERM, SIG_IGN);
            for (;;)
                pause();
        }
        subreaper_know(lives);
    }
    assert_true(subreaper_finish(0)); /* none of them is in the way */
    assert_true(has_children());
    subreaper_forget_all();
    assert_true(subreaper_finish(PATIENCE_MS));
    assert_false(has_children());
}

/* Each forks the next and dies at once: it is never the one that was seen. */
static void processes_that_flee_by_forking_are_caught(void **state)
{
    (void)state;
    for (int i = 0; i < COMETS; i++)
        if (fork() == 0)
            for (;;)
                if (fork() > 0)
                    _exit(0);
    assert_true(subreaper_finish(PATIENCE_MS));
    assert_false(has_children());
}

static pid_t foreigner; /* was there before no_new_privs was set */

static void a_child_that_does_not_come_from_us_is_left_alone(void **state)
{
    (void)state;
    int status;

    assert_int_equal(subreaper_sweep(), 0);
    assert_int_equal(waitpid(foreigner, &status, WNOHANG), 0);
    kill(foreigner, SIGTERM);
    assert_int_equal(waitpid(foreigner, &status, 0), foreigner);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void *idle(void *arg)
{
    pause();
    return arg;
}

static void tasks_are_counted_with_threads_and_all_below(void **state)
{
    (void)state;
    int ready[2];
    char byte;

#ifdef __SANITIZE_THREAD__
    skip(); /* it has a thread of its own in each process */
#endif
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;

        for (int i = 0; i < 3; i++)
            pthread_create(&thread, NULL, idle, NULL);
        if (fork() == 0 && fork() == 0 && write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(subreaper_count(pid, 100), 1 + 3 + 2);
    assert_int_equal(subreaper_count(pid, 5), 5);
    kill(pid, SIGKILL);
    assert_true(subreaper_finish(PATIENCE_MS));
    assert_int_equal(subreaper_count(pid, 100), 0);
    close(ready[0]);
    close(ready[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_that_does_not_come_from_us_is_left_alone),
        cmocka_unit_test(nothing_is_left_of_orphans),
        cmocka_unit_test(a_sweep_never_blocks_and_says_what_lives_still),
        cmocka_unit_test(a_child_that_is_known_is_neither_killed_nor_reaped),
        cmocka_unit_test(at_the_end_what_was_known_is_killed_too),
        cmocka_unit_test(processes_that_flee_by_forking_are_caught),
        cmocka_unit_test(tasks_are_counted_with_threads_and_all_below),
    };

    if ((foreigner = fork()) == 0)
        for (;;)
            pause();
    subreaper_become();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
