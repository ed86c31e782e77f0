/* Log lines as an operator reads them: on a terminal, in the journal, and with hostile text in them. */
#include "shared/log.h"
#include "shared/utf8.h"
#include <errno.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static FILE *captured;
static int real_stderr;

/* Sends stderr to a file for the length of a test. */
static int capture(void **state)
{
    (void)state;
    unsetenv("STOA_LOG");
    unsetenv("JOURNAL_STREAM");
    captured = tmpfile();
    real_stderr = dup(STDERR_FILENO);
    return captured && real_stderr >= 0 && dup2(fileno(captured), STDERR_FILENO) >= 0 ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    return fclose(captured);
}

/* What was written since the last call. */
static const char *written(void)
{
    static char text[20000];
    off_t end = lseek(STDERR_FILENO, 0, SEEK_CUR);
    ssize_t len = pread(STDERR_FILENO, text, sizeof text - 1, 0);

    assert_int_equal(len, end);
    text[len] = '\0';
    assert_int_equal(ftruncate(STDERR_FILENO, 0), 0);
    lseek(STDERR_FILENO, 0, SEEK_SET);
    return text;
}

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static void a_line_tells_time_program_level_area_and_text(void **state)
{
    (void)state;
    log_init("stoad");

    log_warn("session", "client is behind client=%d lost=%d", 7, 12);

    const char *line = written();
    if (!matches(line, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z "
                       "stoad WARN session: client is behind client=7 lost=12\n$"))
        fail_msg("%s", line);
}

static void only_what_was_asked_for_is_written(void **state)
{
    static const char *const names[] = {"error", "warn", "info", "debug", "trace"};
    (void)state;

    for (int asked = 0; asked < 5; asked++) {
        setenv("STOA_LOG", names[asked], 1);
        log_init("stoad");

        for (int level = 0; level < 5; level++) {
            log_line((enum log_level)level, "area", "text");
            assert_int_equal(*written() != '\0', level <= asked);
            assert_int_equal(log_enabled((enum log_level)level), level <= asked);
        }
    }
}

static void info_is_the_default_and_a_wrong_level_is_said(void **state)
{
    (void)state;
    log_init("stoad");
    assert_true(log_enabled(LOG_INFO));
    assert_false(log_enabled(LOG_DEBUG));
    assert_string_equal(written(), "");

    setenv("STOA_LOG", "loud", 1);
    log_init("stoad");
    assert_true(log_enabled(LOG_INFO));
    assert_false(log_enabled(LOG_DEBUG));
    assert_non_null(strstr(written(), "STOA_LOG=loud"));
}

static void levels_have_names(void **state)
{
    enum log_level level = LOG_ERROR;
    (void)state;

    assert_true(log_level_parse("trace", &level));
    assert_int_equal(level, LOG_TRACE);
    assert_false(log_level_parse("TRACE!", &level));
    assert_int_equal(level, LOG_TRACE);
}

static void unwanted_lines_cost_no_work(void **state)
{
    int calls = 0;
    (void)state;
    log_init("stoad");

    log_debug("area", "%d", ++calls);
    log_trace("area", "%d", ++calls);
    assert_int_equal(calls, 0);
    log_set_level(LOG_TRACE);
    log_debug("area", "%d", ++calls);
    log_trace("area", "%d", ++calls);
    assert_int_equal(calls, 2);
}

static void the_journal_gets_priorities_and_no_time(void **state)
{
    static const int priorities[] = {3, 4, 6, 7, 7};
    struct stat st;
    char stream[64];
    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    setenv("STOA_LOG", "trace", 1);
    log_init("stoad");

    for (int level = 0; level < 5; level++) {
        char expected[20];
        snprintf(expected, sizeof expected, "<%d>stoad ", priorities[level]);
        log_line((enum log_level)level, "store", "opened");

        const char *line = written();
        assert_memory_equal(line, expected, strlen(expected));
        assert_true(matches(line, "^<.>stoad [A-Z]+ store: opened\n$"));
    }
}

static void a_redirected_stderr_is_not_the_journal(void **state)
{
    static const char *const others[] = {"1:1", "", "8", "x:y"};
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        setenv("JOURNAL_STREAM", others[i], 1);
        log_init("stoad");
        log_info("store", "opened");
        assert_true(matches(written(), "^[0-9]{4}-"));
    }
}

static void hostile_text_stays_one_harmless_line(void **state)
{
    (void)state;
    log_init("stoad");

    log_info("session", "title=%s", "a\nERROR auth: forged\x1b]52;c;aGk=\x07\xe2\x80\xae\xff.");

    const char *line = written();
    assert_non_null(strstr(line, "title=a ERROR auth: forged\xef\xbf\xbd.\n"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void long_lines_are_cut_and_say_so(void **state)
{
    static char text[10000];
    (void)state;
    log_init("stoad");

    for (size_t len = 4000; len < sizeof text; len += len < 4100 ? 1 : 977) {
        for (size_t i = 0; i < len; i++)
            text[i] = "\xe6\xbc\xa2"[i % 3];
        text[len - len % 3] = '\0';
        log_info("area", "%s", text);

        const char *line = written();
        size_t shown = strlen(line);
        assert_true(shown <= 4096);
        assert_true(utf8_valid(line, shown));
        assert_null(strstr(line, "\xef\xbf\xbd"));
        bool whole = strstr(line, text) != NULL;
        assert_int_equal(strcmp(line + shown - 4, "...\n") == 0, !whole);
        assert_true(whole || shown > 4096 - 8);
    }
}

static void a_line_that_shrinks_when_cleaned_still_says_that_it_was_cut(void **state)
{
    char text[12001] = "begin ";
    (void)state;
    log_init("stoad");
    while (strlen(text) < sizeof text - 6)
        strcat(text, "\x1b[31m");

    log_info("area", "%s end", text);

    assert_non_null(strstr(written(), "area: begin ...\n"));
}

static void logging_keeps_errno_and_can_show_it(void **state)
{
    (void)state;
    log_init("stoad");
    errno = ENOSPC;

    log_info("store", "commit failed: %m");

    assert_int_equal(errno, ENOSPC);
    assert_non_null(strstr(written(), "commit failed: No space left on device\n"));
}

static void short_ids_live_for_eight_further_calls(void **state)
{
    (void)state;
    const char *first = log_id("s_01j8zq4k3n0000000000000000");

    for (int i = 0; i < 8; i++)
        log_id("m_99999999990000000000000000");

    assert_string_equal(first, "s_01j8zq4k");
    assert_string_equal(log_id("s_1"), "s_1");
    assert_string_equal(log_id(NULL), "-");
}

static void what_happens_often_is_told_once_and_with_its_number(void **unused)
{
    (void)unused;
    struct log_seldom seldom = {0};

    assert_int_equal(log_seldom(&seldom, 0), 0);
    assert_int_equal(log_seldom(&seldom, 1), 1);
    assert_int_equal(log_seldom(&seldom, 700), 0);
    seldom.at -= LOG_SELDOM_MS;
    assert_int_equal(log_seldom(&seldom, 701), 700);
    assert_int_equal(log_seldom(&seldom, 701), 0);
}

int main(void)
{
#define captured_test(test) cmocka_unit_test_setup_teardown(test, capture, release)
    const struct CMUnitTest tests[] = {
        captured_test(a_line_tells_time_program_level_area_and_text),
        captured_test(only_what_was_asked_for_is_written),
        captured_test(info_is_the_default_and_a_wrong_level_is_said),
        captured_test(levels_have_names),
        captured_test(unwanted_lines_cost_no_work),
        captured_test(the_journal_gets_priorities_and_no_time),
        captured_test(a_redirected_stderr_is_not_the_journal),
        captured_test(hostile_text_stays_one_harmless_line),
        captured_test(long_lines_are_cut_and_say_so),
        captured_test(a_line_that_shrinks_when_cleaned_still_says_that_it_was_cut),
        captured_test(logging_keeps_errno_and_can_show_it),
        captured_test(short_ids_live_for_eight_further_calls),
        cmocka_unit_test(what_happens_often_is_told_once_and_with_its_number),
    };
    if (!utf8_locale())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
