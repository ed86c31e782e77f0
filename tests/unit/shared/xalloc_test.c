/* Small allocations: what they return, and how a program ends when memory is out. */
#include "shared/xalloc.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Otherwise the address sanitizer ends the program by itself where malloc would return NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void copies_are_independent_of_what_they_copy(void **state)
{
    char original[] = "stoa";
    (void)state;

    char *whole = xstrdup(original), *part = xstrndup(original, 2), *longer = xstrndup(original, 100);
    original[0] = 'X';

    assert_string_equal(whole, "stoa");
    assert_string_equal(part, "st");
    assert_string_equal(longer, "stoa");
    free(whole);
    free(part);
    free(longer);
}

static void no_text_stays_no_text(void **state)
{
    (void)state;
    char *copy = xstrdup_null("text");

    assert_null(xstrdup_null(NULL));
    assert_string_equal(copy, "text");
    free(copy);
}

static void zero_bytes_are_still_a_pointer_to_free(void **state)
{
    (void)state;
    void *a = xmalloc(0), *b = xcalloc(0, 8), *c = xreallocarray(NULL, 0, 8);

    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    free(a);
    free(b);
    free(c);
}

static void calloc_gives_zeros_and_growing_keeps_what_was_there(void **state)
{
    (void)state;
    int *numbers = xcalloc(4, sizeof *numbers);
    for (int i = 0; i < 4; i++)
        assert_int_equal(numbers[i], 0);
    numbers[3] = 7;

    numbers = xreallocarray(numbers, 4000, sizeof *numbers);

    assert_int_equal(numbers[3], 7);
    free(numbers);
}

static void formatted_text_has_the_length_it_needs(void **state)
{
    (void)state;
    char *text = xasprintf("%s-%03d-%0*d", "id", 7, 300, 1);

    assert_memory_equal(text, "id-007-0", 8);
    assert_int_equal(strlen(text), 307);
    free(text);
}

/* Runs what must not return in a child; gives its wait status and what it wrote to stderr. */
static int status_of(void (*run)(void), char *written, size_t size)
{
    int ends[2], status;
    size_t len = 0;
    ssize_t got;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        run();
        _exit(0);
    }
    close(ends[1]);
    while (len < size - 1 && (got = read(ends[0], written + len, size - 1 - len)) > 0)
        len += (size_t)got;
    written[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void overflow(void)
{
    free(xreallocarray(NULL, SIZE_MAX / 2, 3));
}

static void too_much(void)
{
    free(xmalloc(SIZE_MAX / 2));
}

static void out_of_memory_is_said_and_ends_the_program(void **state)
{
    void (*const cases[])(void) = {overflow, too_much};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        char written[4096];
        int status = status_of(cases[i], written, sizeof written);

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
        assert_non_null(strstr(written, "out of memory\n"));
    }
}

static void with_an_exit_code(void)
{
    xalloc_exit_with(71);
    too_much();
}

static void a_program_may_end_with_an_exit_code_of_its_own(void **state)
{
    char written[4096];
    (void)state;

    int status = status_of(with_an_exit_code, written, sizeof written);

    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 71);
    assert_non_null(strstr(written, "out of memory\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_are_independent_of_what_they_copy),
        cmocka_unit_test(no_text_stays_no_text),
        cmocka_unit_test(zero_bytes_are_still_a_pointer_to_free),
        cmocka_unit_test(calloc_gives_zeros_and_growing_keeps_what_was_there),
        cmocka_unit_test(formatted_text_has_the_length_it_needs),
        cmocka_unit_test(out_of_memory_is_said_and_ends_the_program),
        cmocka_unit_test(a_program_may_end_with_an_exit_code_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
