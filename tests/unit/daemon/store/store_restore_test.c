/* What a restore brings back, what it refuses, and what is there when it is killed. */
#include "state_rig.h"
#include "tests/support/slow.h"
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static const char old_file[] = "sessions/s_one/results/r1.txt";

/* A backup in FOLDER/copy of a session "s_old" with a file, in a folder where "s_new" is now. */
static void make_both(struct rig *rig)
{
    struct told told = {0};
    struct store_content content;
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_old", "ann", 2000);
    put_event(rig, key, 1, "{\"n\":1}");
    put_message(rig, key, 0, "m_1", "a question about networks");
    assert_int_equal(commit(rig), ERR_OK);
    put_file(rig, old_file, "a long result", 0640);
    put_file(rig, "oauth/key", "secret", 0600);
    put_file(rig, "client/s_old", "a draft", 0600);
    assert_int_equal(mkdir(at(rig, "hosts"), 0700) + mkdir(at(rig, "hosts/empty"), 0750), 0);
    assert_int_equal(chmod(at(rig, "sessions/s_one"), 0500), 0);
    assert_int_equal(back_up(rig, at(rig, "copy"), false, &told, &content), ERR_OK);
    assert_int_equal(chmod(at(rig, "sessions/s_one"), 0700), 0);

    store_delete_session(rig->store, key);
    put_session(rig, "s_new", "ann", 3000);
    assert_int_equal(commit(rig), ERR_OK);
    assert_true(rig_close(rig));
    put_file(rig, old_file, "changed", 0600);
    put_file(rig, "mcp/new.json", "{}", 0600);
    put_file(rig, "client/s_old", "another draft", 0600);
}

static bool has_session(struct rig *rig, const char *sid)
{
    bool has;

    assert_non_null(rig_open(rig));
    has = store_has(rig->store, sid);
    assert_true(rig_close(rig));
    return has;
}

static void everything_is_as_it_was_and_what_was_there_is_kept(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    char *before, name[300];
    struct stat st;

    make_both(rig);
    assert_int_equal(restore(rig, NULL, at(rig, "copy"), &told, &content, &before), ERR_OK);
    assert_int_equal(content.sessions, 1);
    assert_int_equal(content.messages, 1);
    assert_int_equal(content.files, 2); /* the client's are its own, and stay as they are */
    assert_false(content.store_alone);
    assert_file(rig, old_file, "a long result", 0640);
    assert_file(rig, "oauth/key", "secret", 0600);
    assert_file(rig, "client/s_old", "another draft", 0600);
    assert_false(is_there(rig, "mcp/new.json"));
    assert_int_equal(stat(at(rig, "hosts/empty"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0750);
    assert_int_equal(stat(at(rig, "sessions/s_one"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0500);
    assert_int_equal(stat(rig->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(count_names(rig, ".", "restore.", NULL), 0);

    assert_int_equal(count_names(rig, ".", "before-", name), 1);
    assert_string_equal(before, at(rig, name));
    free(before);
    snprintf(name + strlen(name), sizeof name - strlen(name), "/%s", old_file);
    assert_file(rig, name, "changed", 0600);
    assert_true(has_session(rig, "s_old"));
    assert_false(has_session(rig, "s_new"));
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'backup%'"), 0);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM search WHERE search MATCH 'networks'"), 1);
    chmod(at(rig, "sessions/s_one"), 0700);
}

static void it_makes_a_state_folder_where_there_is_none(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    char *before;

    make_both(rig);
    assert_int_equal(restore(rig, at(rig, "fresh/state"), at(rig, "copy"), &told, &content, &before), ERR_OK);
    assert_null(before);
    assert_int_equal(content.files, 3);
    assert_file(rig, "fresh/state/client/s_old", "a draft", 0600);
    snprintf(rig->path, sizeof rig->path, "%s/fresh/state/stoa.db", rig->folder);
    assert_true(has_session(rig, "s_old"));
}

static void a_plain_copy_of_a_store_does_too_with_its_log(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    char command[512], *before;

    make_both(rig);
    assert_non_null(rig_open(rig));
    put_session(rig, "s_logged", "ann", 4000);
    assert_int_equal(commit(rig), ERR_OK);
    snprintf(command, sizeof command, "mkdir %s/plain && cp %s %s-wal %s/plain", rig->folder, rig->path,
             rig->path, rig->folder);
    assert_int_equal(system(command), 0);
    assert_true(rig_close(rig));
    assert_int_equal(restore(rig, NULL, at(rig, "plain/stoa.db"), &told, &content, &before), ERR_OK);
    assert_true(content.store_alone);
    assert_int_equal(content.sessions, 2);
    free(before);
    assert_true(has_session(rig, "s_logged"));
}

static void it_waits_for_no_daemon_and_names_it(void **state)
{
    struct rig *rig = *state;
    struct told told = {0};
    struct store_content content;
    char *before, expected[64];

    make_both(rig);
    assert_non_null(rig_open(rig));
    assert_int_equal(restore(rig, NULL, at(rig, "copy"), &told, &content, &before), ERR_CONFLICT);
    snprintf(expected, sizeof expected, "with pid %ld, uses the store", (long)getpid());
    assert_non_null(strstr(rig->error, expected));
    assert_int_equal(count_names(rig, ".", "before-", NULL), 0);
    assert_true(store_has(rig->store, "s_new"));
}

/* --- what is refused --- */

static void refuse(struct rig *rig, enum err code, const char *why)
{
    struct told told = {0};
    struct store_content content;
    char *before;

    assert_int_equal(restore(rig, NULL, at(rig, "copy"), &told, &content, &before), code);
    if (!strstr(rig->error, why))
        fail_msg("%s", rig->error);
    assert_null(before);
    assert_int_equal(count_names(rig, ".", "before-", NULL) + count_names(rig, ".", "restore.", NULL), 0);
    assert_file(rig, old_file, "changed", 0600);
    assert_true(has_session(rig, "s_new"));
}

static void change_copy(struct rig *rig, const char *sql)
{
    struct rig other = {0};

    snprintf(other.path, sizeof other.path, "%s/copy", rig->folder);
    raw_exec(&other, sql);
}

static void what_is_no_whole_backup_is_refused(void **state)
{
    struct rig *rig = *state;
    char noise[4096];
    struct stat st;
    int fd;

    make_both(rig);
    assert_int_equal(stat(at(rig, "copy"), &st), 0);
    memset(noise, 0x5a, sizeof noise);
    fd = open(at(rig, "copy"), O_RDWR | O_CLOEXEC);
    for (off_t page = 1; page * 4096 < st.st_size; page++) {
        char kept[4096];

        assert_int_equal(pread(fd, kept, sizeof kept, page * 4096), sizeof kept);
        assert_int_equal(pwrite(fd, noise, sizeof noise, page * 4096), sizeof noise);
        refuse(rig, ERR_STORE, "is damaged");
        assert_int_equal(pwrite(fd, kept, sizeof kept, page * 4096), sizeof kept);
    }
    assert_int_equal(ftruncate(fd, st.st_size / 2), 0);
    refuse(rig, ERR_STORE, "is damaged");
    assert_int_equal(ftruncate(fd, 0), 0);
    refuse(rig, ERR_STORE, "it is no store");
    assert_int_equal(pwrite(fd, noise, sizeof noise, 0), sizeof noise);
    refuse(rig, ERR_STORE, "is damaged (file is not a database)");
    close(fd);
    assert_int_equal(unlink(at(rig, "copy")), 0);
    refuse(rig, ERR_UNAVAILABLE, "No such file or directory");
    assert_int_equal(mkfifo(at(rig, "copy"), 0600), 0);
    refuse(rig, ERR_UNAVAILABLE, "is no regular file");
    assert_int_equal(unlink(at(rig, "copy")), 0);
    assert_int_equal(symlink("stoa.db", at(rig, "copy")), 0);
    refuse(rig, ERR_UNAVAILABLE, "is the store itself");
}

/* In a view of the file systems that is this test's own. False, with the test skipped, where that can't be.
 */
static void keep_mounts_private(void)
{
    if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
        return;
    print_message("skipped: mounting needs root (%s)\n", strerror(errno));
    skip();
}

static void what_is_mounted_is_refused_before_anything_changes(void **state)
{
    static const struct {
        const char *name, *bound; /* NULL: another file system */
    } rows[] = {{"sessions", "sessions"}, {"mcp", "hosts"}, {"oauth", NULL}, {"stoa.db", "stoa.db"}};
    struct rig *rig = *state;

    make_both(rig);
    keep_mounts_private();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char bound[300], expected[64];

        snprintf(bound, sizeof bound, "%s/%s", rig->folder, rows[i].bound ? rows[i].bound : "");
        assert_int_equal(mount(rows[i].bound ? bound : "tmpfs", at(rig, rows[i].name),
                               rows[i].bound ? NULL : "tmpfs", rows[i].bound ? MS_BIND : 0, NULL),
                         0);
        snprintf(expected, sizeof expected, "/%s is a mount point", rows[i].name);
        refuse(rig, ERR_UNAVAILABLE, expected);
        assert_false(store_restore_begun(rig->folder));
        assert_int_equal(umount2(at(rig, rows[i].name), MNT_DETACH), 0);
    }
}

static void what_another_program_made_is_refused(void **state)
{
    struct rig *rig = *state;

    make_both(rig);
    change_copy(rig, "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM messages; END");
    refuse(rig, ERR_STORE, "are not those that stoad makes");
    change_copy(rig, "DROP TRIGGER t; CREATE VIEW v AS SELECT 1");
    refuse(rig, ERR_STORE, "are not those that stoad makes");
    change_copy(rig, "DROP VIEW v; DROP TABLE snapshots");
    refuse(rig, ERR_STORE, "are not those that stoad makes");
    change_copy(rig, "PRAGMA user_version = 9");
    refuse(rig, ERR_VERSION, "schema version 9");
    change_copy(rig, "PRAGMA application_id = 7");
    refuse(rig, ERR_STORE, "not a store of stoa");
}

static void files_outside_the_parts_are_refused(void **state)
{
    static const char *const paths[] = {"../escaped",
                                        "/tmp/escaped",
                                        "sessions/../../escaped",
                                        "sessions/./x",
                                        "sessions//x",
                                        "stoa.db",
                                        "restore.ready/x",
                                        "sessions/",
                                        "sessionsx/y",
                                        "",
                                        ".",
                                        "..",
                                        "sessions/a\nb/c",
                                        "oauth/missing/key"};
    struct rig *rig = *state;
    char sql[256];

    make_both(rig);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        snprintf(sql, sizeof sql, "INSERT INTO backup_files VALUES(1000, CAST('%s' AS BLOB), 33152, 0)",
                 paths[i]);
        change_copy(rig, sql);
        refuse(rig, ERR_STORE, "is damaged: ");
        change_copy(rig, "DELETE FROM backup_files WHERE id = 1000");
    }
    change_copy(
        rig, "INSERT INTO backup_files VALUES(1000, CAST('sessions/a' || char(0) || 'b' AS BLOB), 33152, 0)");
    refuse(rig, ERR_STORE, "is damaged: ");
    change_copy(rig,
                "UPDATE backup_files SET path = CAST('sessions/link' AS BLOB), mode = 41471 WHERE id = 1000");
    refuse(rig, ERR_STORE, "is damaged: "); /* S_IFLNK */
    change_copy(rig, "UPDATE backup_files SET mode = 33152, id = 1 << 40 WHERE id = 1000");
    refuse(rig, ERR_STORE, "is damaged: ");
    change_copy(rig, "DROP TABLE backup_pieces");
    refuse(rig, ERR_STORE, "its table of files is not one that stoad makes");
}

static void it_can_be_interrupted_until_it_is_decided(void **state)
{
    struct rig *rig = *state;
    struct store_content content;
    char *before = NULL;
    enum err code;
    int last = 0;

    make_both(rig);
    do {
        struct told told = {.last = ++last};

        code = restore(rig, NULL, at(rig, "copy"), &told, &content, &before);
        if (code != ERR_OK) {
            assert_string_equal(rig->error, "interrupted");
            assert_file(rig, old_file, "changed", 0600);
            assert_int_equal(count_names(rig, ".", "restore.", NULL), 0);
        }
    } while (code != ERR_OK);
    free(before);
    chmod(at(rig, "sessions/s_one"), 0700);
    assert_true(last > 2);
}

static void a_full_disk_changes_nothing(void **state)
{
    struct rig *rig = *state;
    struct rlimit before, limit;

    make_both(rig);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 64 << 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    refuse(rig, ERR_UNAVAILABLE, "cannot be written: ");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

/* --- killed --- */

/* The calls that change what is on the disk by name: between any two of them it is killed once. */
static bool changes_names(uint64_t number)
{
    static const long numbers[] = {
#ifdef SYS_rename
        SYS_rename,    SYS_mkdir,   SYS_unlink,   SYS_rmdir,
#endif
#ifdef SYS_renameat
        SYS_renameat,
#endif
        SYS_renameat2, SYS_mkdirat, SYS_unlinkat, SYS_fsync, SYS_syncfs};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if ((long)number == numbers[i])
            return true;
    return false;
}

/* The child's life under a tracer: kills it before its call of that number (of those that change names). True
 * if it lived to its end. */
static bool kill_at(pid_t child, int at)
{
    struct __ptrace_syscall_info info;
    int status, count = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    while (!WIFEXITED(status)) {
        int signal = WIFSTOPPED(status) && WSTOPSIG(status) != (SIGTRAP | 0x80) && WSTOPSIG(status) != SIGSTOP
                         ? WSTOPSIG(status)
                         : 0;

        if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80) &&
            ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 &&
            info.op == PTRACE_SYSCALL_INFO_ENTRY && changes_names(info.entry.nr) && ++count == at) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return false;
        }
        ptrace(PTRACE_SYSCALL, child, 0, signal);
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

static bool restore_and_be_killed(struct rig *rig, int at_call)
{
    const char *copy = at(rig, "copy");
    pid_t child = fork();

    if (child == 0) {
        const struct store_progress progress = {0};
        struct store_content content;
        char *before, error[256];

        if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
            _exit(3);
        raise(SIGSTOP);
        _exit(store_restore(rig->folder, copy, &progress, &content, &before, error) == ERR_OK ? 0 : 1);
    }
    return kill_at(child, at_call);
}

static bool may_trace(void)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? 0 : 1);
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The next who opens the store finds all of the one or all of the other. */
static bool is_new_wholly(struct rig *rig)
{
    bool new = has_session(rig, "s_old");
    struct stat st;

    assert_int_equal(has_session(rig, "s_new"), !new);
    assert_file(rig, old_file, new ? "a long result" : "changed", new ? 0640 : 0600);
    assert_int_equal(is_there(rig, "mcp/new.json"), !new);
    assert_file(rig, "client/s_old", "another draft", 0600);
    assert_int_equal(stat(at(rig, "oauth/key"), &st), 0);
    assert_false(is_there(rig, "restore.ready"));
    assert_int_equal(count_names(rig, ".", "before-", NULL), new);
    return new;
}

static void copy_folder(const char *from, const char *to)
{
    char command[512];

    snprintf(command, sizeof command, "chmod -R u+rwx %s 2>/dev/null; rm -rf %s && cp -a %s %s", to, to, from,
             to);
    assert_int_equal(system(command), 0);
}

static void one_that_is_killed_leaves_all_of_one_or_all_of_the_other(void **state)
{
    struct rig *rig = *state;
    char kept[96], command[128];
    int at_call = 0, before = 0, after = 0;
    bool lived = false;

    if (under_valgrind() || !may_trace())
        skip();
    make_both(rig);
    snprintf(kept, sizeof kept, "%s.kept", rig->folder);
    copy_folder(rig->folder, kept);
    while (!lived && ++at_call < 1000) {
        bool new;

        copy_folder(kept, rig->folder);
        lived = restore_and_be_killed(rig, at_call);
        new = is_new_wholly(rig);
        assert_true(new || after == 0); /* once decided, always */
        before += !new;
        after += new;
    }
    assert_true(lived);
    assert_true(before > 3);
    assert_true(after > 5);
    print_message("killed at each of %d calls: %d times the old, %d times the new\n", at_call - 1, before,
                  after - 1);
    snprintf(command, sizeof command, "rm -rf %s", kept);
    assert_int_equal(system(command), 0);
    chmod(at(rig, "sessions/s_one"), 0700);
}

/* Decided, and then killed at once. */
static void decide_and_be_killed(struct rig *rig)
{
    char kept[96], command[128];

    make_both(rig);
    snprintf(kept, sizeof kept, "%s.kept", rig->folder);
    copy_folder(rig->folder, kept);
    for (int at_call = 1; !store_restore_begun(rig->folder); at_call++) {
        copy_folder(kept, rig->folder);
        assert_false(restore_and_be_killed(rig, at_call));
    }
    snprintf(command, sizeof command, "rm -rf %s", kept);
    assert_int_equal(system(command), 0);
}

static void it_is_ended_wholly_or_later_where_descriptors_are_out(void **state)
{
    struct rig *rig = *state;
    struct rlimit before, limit;
    char *kept, error[256];
    enum err code;
    int open_files, tries = 0;

    if (under_valgrind() || !may_trace())
        skip();
    decide_and_be_killed(rig);
    open_files = dup(0);
    close(open_files);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    do {
        limit = before;
        limit.rlim_cur = (rlim_t)open_files + (rlim_t)tries;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        code = store_restore_end(rig->folder, &kept, error);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        free(kept);
        if (tries > 0 && code != ERR_OK)
            assert_non_null(strstr(error, "cannot be ended"));
    } while (store_restore_begun(rig->folder) && ++tries < 10);
    assert_int_equal(code, ERR_OK);
    assert_true(tries > 2);
    assert_true(is_new_wholly(rig));
    chmod(at(rig, "sessions/s_one"), 0700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, state_setup, rig_teardown)
        TEST(everything_is_as_it_was_and_what_was_there_is_kept),
        TEST(it_makes_a_state_folder_where_there_is_none),
        TEST(a_plain_copy_of_a_store_does_too_with_its_log),
        TEST(it_waits_for_no_daemon_and_names_it),
        TEST(what_is_no_whole_backup_is_refused),
        TEST(what_is_mounted_is_refused_before_anything_changes),
        TEST(what_another_program_made_is_refused),
        TEST(files_outside_the_parts_are_refused),
        TEST(it_can_be_interrupted_until_it_is_decided),
        TEST(a_full_disk_changes_nothing),
        TEST(one_that_is_killed_leaves_all_of_one_or_all_of_the_other),
        TEST(it_is_ended_wholly_or_later_where_descriptors_are_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
