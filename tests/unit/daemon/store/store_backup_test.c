/* What a backup holds, where it goes, and what is left of one that fails. */
#include "state_rig.h"
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

static void put_content(struct rig *rig, int events)
{
    char text[8192];
    uint32_t key;

    memset(text, 'x', sizeof text);
    memcpy(text, "{\"t\":\"", 6);
    memcpy(text + sizeof text - 3, "\"}", 3);
    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_one", "ann", 2000);
    put_message(rig, key, 0, "m_1", "a question about networks");
    for (int seq = 1; seq <= events; seq++)
        put_event(rig, key, (uint64_t)seq, text);
    assert_int_equal(commit(rig), ERR_OK);
}

static int64_t number_in(const char *path, const char *sql)
{
    struct rig other = {0};

    snprintf(other.path, sizeof other.path, "%s", path);
    return raw_number(&other, sql);
}

static void it_is_one_private_file_with_all_that_was_there(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    const char *file = at(rig, "copy");
    struct stat st;

    put_content(rig, 3);
    put_file(rig, "sessions/s_one/results/r1.txt", "a long result", 0600);
    put_file(rig, "oauth/key", "secret", 0600);
    put_file(rig, "mcp/known.json", "{}", 0644);
    put_file(rig, "stoad.log", "not this", 0600);
    assert_int_equal(back_up(rig, file, false, &told, &content), ERR_OK);
    assert_int_equal(content.sessions, 1);
    assert_int_equal(content.messages, 1);
    assert_int_equal(content.files, 3);
    assert_int_equal(content.left_out, 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(content.bytes, st.st_size);
    assert_int_equal(count_names(rig, ".", "copy", NULL), 1); /* no .part, no log */
    assert_int_equal(number_in(file, "SELECT count(*) FROM events"), 3);
    assert_int_equal(number_in(file, "SELECT count(*) FROM backup_files WHERE path = CAST("
                                     "'sessions/s_one/results/r1.txt' AS BLOB) AND mode & 511 = 384"),
                     1);
    assert_int_equal(number_in(file, "SELECT count(*) FROM backup_files WHERE path LIKE '%log%'"), 0);
    assert_int_equal(number_in(file, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"), 1);
}

/* The daemon's writes go on between any two steps. */
struct busy {
    struct rig *rig;
    uint64_t seq;
};

static void write_more(void *arg)
{
    struct busy *busy = arg;

    put_event(busy->rig, 1, ++busy->seq, "{}");
    assert_int_equal(commit(busy->rig), ERR_OK);
}

static void it_is_of_one_moment_however_busy_the_daemon_is(void **state)
{
    struct rig *rig = *state;
    struct busy busy = {rig, 600};
    struct told told = {.meanwhile = write_more, .arg = &busy};
    struct store_content content;

    put_content(rig, 600); /* 600 x 8 KB: several steps */
    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_OK);
    assert_true(told.goings >= 5);
    assert_int_equal(number_in(at(rig, "copy"), "SELECT max(key) & 4294967295 FROM events"), 600);
    assert_int_equal(load_events(rig, 1, 0).count, busy.seq);
}

static void links_pipes_and_what_cannot_be_read_are_left_out_and_said(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;

    put_content(rig, 1);
    put_file(rig, "hosts/h/file", "here", 0600);
    assert_int_equal(symlink("/etc/passwd", at(rig, "hosts/h/link")), 0);
    assert_int_equal(symlink("/etc", at(rig, "hosts/h/folder")), 0);
    assert_int_equal(mkfifo(at(rig, "hosts/pipe"), 0600), 0);
    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_OK);
    assert_int_equal(content.files, 1);
    assert_int_equal(content.left_out, 3);
    assert_non_null(strstr(told.left, "hosts/h/link: it is a symbolic link"));
    assert_non_null(strstr(told.left, "hosts/h/folder: it is a symbolic link"));
    assert_non_null(strstr(told.left, "hosts/pipe: it is no regular file"));
}

static void a_file_that_is_there_is_replaced_only_if_asked(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    const char *file = at(rig, "copy");

    put_content(rig, 1);
    put_file(rig, "copy", "mine", 0644);
    assert_int_equal(back_up(rig, file, false, &told, &content), ERR_UNAVAILABLE);
    assert_non_null(strstr(rig->error, "it is there already"));
    assert_file(rig, "copy", "mine", 0644);
    assert_int_equal(back_up(rig, file, true, &told, &content), ERR_OK);
    assert_int_equal(number_in(file, "SELECT count(*) FROM events"), 1);
}

static void it_goes_nowhere_but_into_a_regular_file(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    static const struct {
        const char *name, *why;
    } places[] = {
        {"missing/copy", "No such file or directory"},
        {"stoad.log/copy", "it is no folder"},
        {"pipe", "and is no regular file"},
        {"link", "and is no regular file"},
        {"hosts", "and is no regular file"},
        {"stoa.db", "it is the store itself"},
        {"stoa.db-wal", "it is the store itself"},
        {"hosts/same", "it is the store itself"},
        {"hosts/copy", "it would be among the files that are copied"},
        {"hosts/../hosts/copy", "it would be among the files that are copied"},
    };

    put_content(rig, 1);
    put_file(rig, "stoad.log", "", 0600);
    mkdir(at(rig, "hosts"), 0700);
    assert_int_equal(mkfifo(at(rig, "pipe"), 0600), 0);
    assert_int_equal(symlink("elsewhere", at(rig, "link")), 0);
    assert_int_equal(link(rig->path, at(rig, "hosts/same")), 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        assert_int_equal(back_up(rig, at(rig, places[i].name), true, &told, &content), ERR_UNAVAILABLE);
        if (!strstr(rig->error, places[i].why))
            fail_msg("%s: %s", places[i].name, rig->error);
    }
    assert_int_equal(count_names(rig, ".", "copy", NULL) + is_there(rig, "elsewhere"), 0);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(load_events(rig, 1, 0).count, 1);
}

static void what_was_left_of_a_killed_one_is_replaced_and_nothing_else(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    int fd;

    put_content(rig, 1);
    put_file(rig, "copy.part", "my own", 0600);
    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_UNAVAILABLE);
    assert_non_null(strstr(rig->error, "something else is there; move it away"));
    assert_file(rig, "copy.part", "my own", 0600);
    assert_int_equal(unlink(at(rig, "copy.part")), 0);

    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_OK);
    assert_int_equal(rename(at(rig, "copy"), at(rig, "copy.part")), 0);
    fd = open(at(rig, "copy.part"), O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0); /* as if it were written just now */
    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_UNAVAILABLE);
    assert_non_null(strstr(rig->error, "another backup writes it just now"));
    close(fd);
    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_OK);
    assert_false(is_there(rig, "copy.part"));
}

static void nothing_is_left_of_one_that_is_interrupted(void **state)
{
    struct rig *rig = *state;
    struct store_content content;
    bool done = false;
    int last = 0;

    put_content(rig, 600);
    put_file(rig, "sessions/s_one/results/r1.txt", "a long result", 0600);
    while (!done) {
        struct told told = {.last = ++last};
        enum err code = back_up(rig, at(rig, "copy"), false, &told, &content);

        done = code == ERR_OK;
        assert_int_equal(count_names(rig, ".", "copy", NULL), done);
        if (!done)
            assert_string_equal(rig->error, "interrupted");
    }
    assert_true(last > 8);
}

static void nothing_is_left_of_one_that_finds_the_disk_full(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    struct rlimit before, limit;
    enum err code;

    put_content(rig, 100);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 300 << 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    code = back_up(rig, at(rig, "copy"), false, &told, &content);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, ERR_UNAVAILABLE);
    assert_non_null(strstr(rig->error, "cannot be written: "));
    assert_int_equal(count_names(rig, ".", "copy", NULL), 0);
}

static void a_store_that_is_missing_damaged_or_newer_gives_no_backup(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    char noise[4096], again[64];
    int fd;

    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_STORE);
    assert_non_null(strstr(rig->error, "there is no store"));
    put_content(rig, 30);
    assert_true(rig_close(rig));

    raw_exec(rig, "PRAGMA user_version = 9");
    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_VERSION);
    assert_non_null(strstr(rig->error, "schema version 9"));
    snprintf(again, sizeof again, "PRAGMA user_version = %d", STORE_SCHEMA);
    raw_exec(rig, again);

    memset(noise, 0x5a, sizeof noise);
    fd = open(rig->path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, noise, sizeof noise, 5 * 4096), sizeof noise);
    close(fd);
    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_STORE);
    assert_non_null(strstr(rig->error, "is damaged"));
    assert_int_equal(count_names(rig, ".", "copy", NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, state_setup, rig_teardown)
        TEST(it_is_one_private_file_with_all_that_was_there),
        TEST(it_is_of_one_moment_however_busy_the_daemon_is),
        TEST(links_pipes_and_what_cannot_be_read_are_left_out_and_said),
        TEST(a_file_that_is_there_is_replaced_only_if_asked),
        TEST(it_goes_nowhere_but_into_a_regular_file),
        TEST(what_was_left_of_a_killed_one_is_replaced_and_nothing_else),
        TEST(nothing_is_left_of_one_that_is_interrupted),
        TEST(nothing_is_left_of_one_that_finds_the_disk_full),
        TEST(a_store_that_is_missing_damaged_or_newer_gives_no_backup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
