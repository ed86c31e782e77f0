/* Drafts and what was sent come back, add up, and damaged files cost nothing but a sentence. */
#include "shared/clock.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tests/support/slow.h"
#include "tui/keep.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ONE "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define TWO "s_01j8zq4k3nw8x5t7v9r2m6p0q2"

static char place[64];

static int set_up(void **state)
{
    struct keep *keep;
    char error[256];

    snprintf(place, sizeof place, "/tmp/stoa-keep-XXXXXX");
    assert_non_null(mkdtemp(place));
    setenv("STOA_STATE_DIR", place, 1);
    keep = keep_open(error);
    assert_non_null(keep);
    *state = keep;
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    keep_free((struct keep **)state);
    snprintf(command, sizeof command, "rm -rf %s", place);
    return system(command);
}

static void save(struct keep *keep, const char *session, const char *draft, const char *sent)
{
    char text[256], files[] = "", error[256];
    struct kept_text one = {.text = text, .ts = 1};
    struct kept change = {.draft = xstrdup(draft), .files = files, .sent = &one, .sent_count = sent ? 1 : 0};

    snprintf(text, sizeof text, "%s", sent ? sent : "");
    assert_true(keep_save(keep, session, &change, error));
    free(change.draft);
}

static char *file_of(const char *session)
{
    return xasprintf("%s/client/%s.json", place, session);
}

static void write_file(const char *session, const void *bytes, size_t len)
{
    char *path = file_of(session);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fwrite(bytes, 1, len, file);
    fclose(file);
    free(path);
}

static void assert_kept(struct keep *keep, const char *session, const char *draft, size_t sent)
{
    struct kept kept;
    char error[256];

    assert_true(keep_load(keep, session, &kept, error));
    assert_string_equal(kept.draft, draft);
    assert_int_equal(kept.sent_count, sent);
    kept_clear(&kept);
}

static void test_a_draft_comes_back(void **state)
{
    struct keep *keep = *state;
    char *path = file_of(ONE);
    struct stat st;

    assert_kept(keep, ONE, "", 0);
    save(keep, ONE, "half a \"thought\"\nand more", NULL);
    assert_kept(keep, ONE, "half a \"thought\"\nand more", 0);
    assert_kept(keep, TWO, "", 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    save(keep, ONE, "", NULL); /* nothing is left: nothing is kept */
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

static void test_what_was_sent_adds_up(void **state)
{
    struct keep *keep = *state;
    struct kept kept;
    char error[256];

    save(keep, ONE, "", "first");
    save(keep, ONE, "x", "second");
    save(keep, ONE, "", "second");
    save(keep, ONE, "", "first");
    assert_true(keep_load(keep, ONE, &kept, error));
    assert_int_equal(kept.sent_count, 3);
    assert_string_equal(kept.sent[0].text, "first");
    assert_string_equal(kept.sent[1].text, "second");
    assert_string_equal(kept.sent[2].text, "first");
    kept_clear(&kept);
}

static void test_two_writers_lose_nothing(void **state)
{
    struct keep *keep = *state;
    enum { EACH = 60 };
    pid_t child = fork();

    for (int i = 0; i < EACH; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s %d", child == 0 ? "child" : "parent", i);
        save(keep, ONE, text, text);
    }
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct kept kept;
    char error[256];
    assert_true(keep_load(keep, ONE, &kept, error));
    /* who is too slow does not wait for the other */
    assert_in_range(kept.sent_count, slow() > 1 ? EACH : 2 * EACH, 2 * EACH);
    kept_clear(&kept);
}

static void test_a_writer_that_was_stopped_is_not_waited_for(void **state)
{
    struct keep *keep = *state;
    char *path = xasprintf("%s/client/lock", place);

    save(keep, ONE, "", "before");
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_RDWR);
        if (fd < 0 || flock(fd, LOCK_EX) != 0 || ftruncate(fd, 0) != 0 ||
            dprintf(fd, "%ld", (long)getpid()) < 0)
            _exit(1);
        raise(SIGSTOP);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
    int64_t begun = clock_steady_ms();
    save(keep, ONE, "", "meanwhile");
    assert_in_range(clock_steady_ms() - begun, 100, 1500 * slow());
    assert_kept(keep, ONE, "", 2);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    free(path);
}

static void test_an_empty_draft_leaves_what_another_client_shows(void **state)
{
    struct keep *keep = *state;
    char draft[] = "half a thought", files[] = "", error[256];
    struct kept theirs = {.draft = draft, .files = files};
    pid_t child = fork();

    if (child == 0) {
        pause();
        _exit(0);
    }
    theirs.writer = child;
    assert_true(keep_save(keep, ONE, &theirs, error));
    save(keep, ONE, "", "sent from here");
    assert_kept(keep, ONE, "half a thought", 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    save(keep, ONE, "", "and again");
    assert_kept(keep, ONE, "", 2);
}

static void test_limits(void **state)
{
    struct kept kept = {.draft = NULL};
    size_t len = KEEP_SENT_BYTES_MAX / 3;
    char *big = xcalloc(1, len + 1);

    (void)state;
    for (int i = 0; i < KEEP_SENT_MAX + 50; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        kept_add(&kept, text, i);
    }
    assert_int_equal(kept.sent_count, KEEP_SENT_MAX);
    assert_string_equal(kept.sent[0].text, "50");
    for (int i = 0; i < 4; i++) {
        memset(big, 'a' + i, len);
        kept_add(&kept, big, 0);
    }
    assert_int_equal(kept.sent_count, 3);
    assert_int_equal(kept.sent[0].text[0], 'b');
    free(big);
    kept_clear(&kept);
}

static void assert_refused(struct keep *keep, const char *what)
{
    struct kept kept;
    char error[256];

    assert_false(keep_load(keep, ONE, &kept, error));
    assert_non_null(strstr(error, what));
    assert_string_equal(kept.draft, "");
    kept_clear(&kept);
}

static void test_damaged_and_foreign_files(void **state)
{
    struct keep *keep = *state;
    char *path = file_of(ONE);
    size_t huge = KEEP_FILE_MAX + 10;
    char *zeros = xcalloc(1, huge);

    write_file(ONE, "{\"version\":1,\"dra", 17);
    assert_refused(keep, "damaged");
    write_file(ONE, "{\"version\":9,\"draft\":\"x\"}", 25);
    assert_refused(keep, "damaged");
    write_file(ONE, zeros, huge);
    assert_refused(keep, "left aside");
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_refused(keep, "can't be read");
    save(keep, ONE, "written over it", NULL);
    assert_kept(keep, ONE, "written over it", 0);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(keep, "left aside");
    free(zeros);
    free(path);
}

static void test_what_comes_from_a_file_is_clean(void **state)
{
    struct keep *keep = *state;
    static const char bad[] =
        "{\"version\":1,\"draft\":\"a\\u001b[2Jb\\u202ec\",\"sent\":[{\"text\":\"\\u0007x\"},7,"
        "{\"ts\":1}]}";
    struct kept kept;
    char error[256];

    write_file(ONE, bad, sizeof bad - 1);
    assert_true(keep_load(keep, ONE, &kept, error));
    assert_string_equal(kept.draft, "abc");
    assert_int_equal(kept.sent_count, 1);
    assert_string_equal(kept.sent[0].text, "x");
    kept_clear(&kept);
}

static void count_one(void *arg, const char *session, const struct kept *kept)
{
    assert_true(strcmp(session, ONE) == 0 || strcmp(session, TWO) == 0);
    *(size_t *)arg += kept->sent_count;
}

static void test_all_sessions(void **state)
{
    struct keep *keep = *state;
    size_t count = 0;

    save(keep, ONE, "", "one");
    save(keep, TWO, "", "two");
    write_file("s_not-an-id", "x", 1);
    keep_all(keep, count_one, &count);
    assert_int_equal(count, 2);
    keep_forget(keep, ONE);
    count = 0;
    keep_all(keep, count_one, &count);
    assert_int_equal(count, 1);
}

static void test_all_sessions_are_read_up_to_a_limit(void **state)
{
    static const char text[] = "{\"version\":1,\"sent\":[{\"text\":\"x\",\"ts\":1}]}";
    struct keep *keep = *state;
    size_t count = 0, len = KEEP_ALL_MAX - 1;
    char *large = xmalloc(len);

    memset(large, ' ', len);
    memcpy(large, text, sizeof text - 1);
    write_file(ONE, large, len);
    free(large);
    keep_all(keep, count_one, &count);
    assert_int_equal(count, 1);
    save(keep, TWO, "", "newer");
    count = 0;
    keep_all(keep, count_one, &count);
    assert_int_equal(count, 1);
}

static void test_whose_draft_it_is(void **state)
{
    struct kept kept = {.writer = 0};

    (void)state;
    assert_false(kept_elsewhere(&kept));
    kept.writer = getpid();
    assert_false(kept_elsewhere(&kept));
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ends[0]);
    kept.writer = child;
    assert_true(kept_elsewhere(&kept));
    close(ends[1]);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_false(kept_elsewhere(&kept)); /* dead, and not waited for */
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(kept_elsewhere(&kept));
    kept.writer = 1; /* another program */
    assert_false(kept_elsewhere(&kept));
}

static void test_a_folder_that_is_open_to_others_is_not_used(void **state)
{
    char *folder = xasprintf("%s/client", place), error[256];

    (void)state;
    assert_int_equal(chmod(folder, 0755), 0);
    assert_null(keep_open(error));
    assert_non_null(strstr(error, "open to others"));
    free(folder);
}

static void test_the_largest_draft_is_quick(void **state)
{
    struct keep *keep = *state;
    size_t len = 1 << 20;
    char *text = xcalloc(1, len + 1), error[256];
    struct kept change = {.draft = text}, kept;

    change.files = xstrdup("");
    for (size_t i = 0; i < len; i++)
        text[i] = i % 60 ? 'x' : '\n';
    int64_t start = clock_steady_us();
    assert_true(keep_save(keep, ONE, &change, error));
    int64_t first = clock_steady_us() - start;
    start = clock_steady_us();
    assert_true(keep_save(keep, ONE, &change, error));
    print_message("1 MiB is written in %lld us, over another one in %lld us\n", (long long)first,
                  (long long)(clock_steady_us() - start));
    assert_true(keep_load(keep, ONE, &kept, error));
    assert_int_equal(strlen(kept.draft), len);
    kept_clear(&kept);
    free(change.files);
    free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_draft_comes_back),
        TEST(test_what_was_sent_adds_up),
        TEST(test_two_writers_lose_nothing),
        TEST(test_a_writer_that_was_stopped_is_not_waited_for),
        TEST(test_an_empty_draft_leaves_what_another_client_shows),
        TEST(test_limits),
        TEST(test_damaged_and_foreign_files),
        TEST(test_what_comes_from_a_file_is_clean),
        TEST(test_all_sessions),
        TEST(test_all_sessions_are_read_up_to_a_limit),
        TEST(test_whose_draft_it_is),
        TEST(test_a_folder_that_is_open_to_others_is_not_used),
        TEST(test_the_largest_draft_is_quick),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
