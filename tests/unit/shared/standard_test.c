/* Nothing that is opened becomes a standard stream which the process was started without. */
#include "shared/standard.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* In a child, which has nobody to complain to: 0 if all is as it should be. */
static int without(unsigned closed)
{
    char byte = 0;

    for (int fd = 0; fd <= 2; fd++)
        if (closed & (1U << fd))
            close(fd);
    if (!standard_hold())
        return 1;
    if (open("/dev/null", O_RDWR) <= 2)
        return 2;
    if ((closed & 1) && read(0, &byte, 1) != 0)
        return 3;
    if ((closed & 2) && (write(1, &byte, 1) >= 0 || errno != EBADF))
        return 4;
    if ((closed & 4) && (write(2, &byte, 1) >= 0 || errno != EBADF))
        return 5;
    return 0;
}

static void what_is_opened_is_none_of_them(void **state)
{
    (void)state;
    for (unsigned closed = 0; closed < 8; closed++) {
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0)
            _exit(without(closed));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_opened_is_none_of_them)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
