/* Memory for secrets: nothing of it is left when it is given back, however it was got. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/locked.h"
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t freed, dirty;

static void on_free(const unsigned char *bytes, size_t len)
{
    freed++;
    for (size_t i = 0; i < len; i++)
        dirty += bytes[i] != 0;
}

static int begin(void **state)
{
    (void)state;
    freed = dirty = 0;
    locked_set_hook(on_free);
    return 0;
}

static int end(void **state)
{
    (void)state;
    locked_set_hook(NULL);
    locked_set_plain(false);
    return 0;
}

static void fill_and_free(size_t len)
{
    char *bytes = locked_new(len);
    for (size_t i = 0; i <= len; i++)
        assert_int_equal(bytes[i], 0);
    memset(bytes, 'x', len);
    assert_int_equal(strlen(bytes), len);
    locked_free(bytes);
}

static void what_is_freed_was_overwritten(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 4095, 4096, 100000};
    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        locked_set_plain(plain);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            fill_and_free(sizes[i]);
    }
    assert_int_equal(freed, 2 * sizeof sizes / sizeof sizes[0]);
    assert_int_equal(dirty, 0);
    locked_free(NULL);
}

static void what_is_in_use_is_counted(void **state)
{
    size_t before = locked_bytes();
    (void)state;
    char *a = locked_new(10), *b = locked_new(1000);
    assert_int_equal(locked_bytes(), before + 1010);
    locked_free(a);
    locked_free(b);
    assert_int_equal(locked_bytes(), before);
}

/* A block goes back the way it came, whatever the system gives by then. */
static void plain_and_guarded_ones_may_be_mixed(void **state)
{
    (void)state;
    char *guarded = locked_new(20);
    locked_set_plain(true);
    char *plain = locked_new(20);
    memset(plain, 'p', 20);
    locked_free(guarded);
    locked_set_plain(false);
    locked_free(plain);
    assert_int_equal(freed, 2);
    assert_int_equal(dirty, 0);
}

/* The log is standard error here: the lines of 20 blocks that can't be locked are counted. */
static void without_lockable_memory_it_works_and_warns_once(void **state)
{
    char said[4096] = "";
    int ends[2];
    ssize_t len = 0, got;
    size_t warnings = 0;
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* whose mlock never fails */
    skip();
#endif
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        dup2(ends[1], 2);
        setrlimit(RLIMIT_MEMLOCK, &none);
        if (geteuid() == 0 && setuid(65534) != 0) /* root may lock what it likes */
            _exit(2);
        for (int i = 0; i < 20; i++)
            fill_and_free(100);
        _exit(dirty == 0 ? 0 : 1);
    }
    close(ends[1]);
    while ((got = read(ends[0], said + len, sizeof said - 1 - (size_t)len)) > 0)
        len += got;
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (const char *at = said; (at = strstr(at, "ulimit -l")); at++)
        warnings++;
    assert_int_equal(warnings, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* first: the warning comes once in a process's life */
        cmocka_unit_test_setup_teardown(without_lockable_memory_it_works_and_warns_once, begin, end),
        cmocka_unit_test_setup_teardown(what_is_freed_was_overwritten, begin, end),
        cmocka_unit_test_setup_teardown(what_is_in_use_is_counted, begin, end),
        cmocka_unit_test_setup_teardown(plain_and_guarded_ones_may_be_mixed, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
