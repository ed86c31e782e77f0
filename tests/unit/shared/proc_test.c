/* What the system says of processes. */
#include "shared/proc.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A name with what could be taken for the end of the name. */
static void a_process_is_told_by_its_pid(void **unused)
{
    (void)unused;
    struct proc_figures figures;
    volatile unsigned long sum = 0;

    prctl(PR_SET_NAME, "a) S 1 (b");
    for (unsigned long i = 0; i < 60000000; i++)
        sum += i;
    assert_true(proc_look(getpid(), &figures));
    assert_string_equal(figures.name, "a) S 1 (b");
    assert_true(figures.resident > 100000);
    assert_true(figures.cpu_ms > 0);
    assert_false(proc_look(0x7ffffff0, &figures));
}

/* Given a child with a child of its own, both are found, and no more than there is room for. */
static void descendants_are_found(void **unused)
{
    (void)unused;
    int ready[2];
    char byte;
    pid_t pids[4], child;

    assert_int_equal(proc_descendants(getpid(), pids, 4), 0);
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            if (write(ready[1], "x", 1) != 1)
                _exit(1);
            pause();
        }
        waitpid(grandchild, NULL, 0);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(proc_descendants(getpid(), pids, 1), 1);
    assert_int_equal(proc_descendants(getpid(), pids, 4), 2);
    assert_int_equal(pids[0], child);
    kill(pids[1], SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_process_is_told_by_its_pid),
                                       cmocka_unit_test(descendants_are_found)};

    return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
