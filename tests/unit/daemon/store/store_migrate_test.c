/* Stores of every version that there was, as a daemon of that version left them (tests/support/make-store):
 * each becomes what is made today, or stays what it was. */
#include "daemon/store/store_internal.h"
#include "store_rig.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define FIXTURE "tests/support/stores/v%d.sql"
enum { FIXTURE_BYTES = 4 << 20, STEPS_MAX = 1000 };

static char *read_whole(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(FIXTURE_BYTES);

    if (!file)
        fail_msg("no %s: a new version of the schema needs a fixture, made by tests/support/make-store",
                 path);
    *len = fread(bytes, 1, FIXTURE_BYTES - 1, file);
    bytes[*len] = '\0';
    fclose(file);
    return bytes;
}

static void write_whole(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

/* The store of that version, written ahead as a daemon has it. */
static void make_version(struct rig *rig, int version)
{
    char name[64];
    size_t len;
    char *sql;

    snprintf(name, sizeof name, FIXTURE, version);
    sql = read_whole(name, &len);
    raw_exec(rig, sql);
    raw_exec(rig, "PRAGMA journal_mode = WAL");
    assert_int_equal(raw_number(rig, "PRAGMA user_version"), version);
    free(sql);
}

static sqlite3 *open_raw(const char *path)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

/* All rows of a query as one text; free() it. */
static char *rows_of(const char *path, const char *sql)
{
    sqlite3 *db = open_raw(path);
    sqlite3_stmt *stmt = NULL;
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(stmt); i++)
            fprintf(out, "%s|", (const char *)sqlite3_column_text(stmt, i));
        fputc('\n', out);
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    fclose(out);
    return text;
}

static void every_version_has_a_fixture(void **state)
{
    (void)state;
    for (int version = 1; version <= STORE_SCHEMA; version++) {
        char name[64];
        size_t len;

        snprintf(name, sizeof name, FIXTURE, version);
        free(read_whole(name, &len));
        assert_true(len > 10000);
    }
}

static const char schema[] = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";
/* What was there in the first version already. */
static const char content[] =
    "SELECT 'session', key, sid, owner, title, run, model, created, activity, messages, archived, ended, seq"
    " FROM sessions UNION ALL SELECT 'event', key, ts, type, json, 0, 0, 0, 0, 0, 0, 0, 0 FROM events"
    " UNION ALL SELECT 'message', key, id, role, status, ts, json, 0, 0, 0, 0, 0, 0 FROM messages"
    " UNION ALL SELECT 'found', rowid, text, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM search WHERE search MATCH "
    "'demo'"
    " UNION ALL SELECT 'snapshot', session, seq, json, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM snapshots"
    " UNION ALL SELECT 'partial', session, message, json, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM partials"
    " UNION ALL SELECT 'request', key, user, id, ts, reply, 0, 0, 0, 0, 0, 0, 0 FROM requests"
    " UNION ALL SELECT 'sequence', seq, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM sqlite_sequence";

static void each_becomes_what_is_made_today_with_all_its_rows(void **state)
{
    struct rig *rig = *state;
    char fresh[128], *today, *before, *after;
    enum err code;

    snprintf(fresh, sizeof fresh, "%s/fresh.db", rig->folder);
    sqlite3_close(store_open_writer(fresh, rig->error, &code));
    assert_int_equal(code, ERR_OK);
    today = rows_of(fresh, schema);
    for (int version = 1; version <= STORE_SCHEMA; version++) {
        make_version(rig, version);
        before = rows_of(rig->path, content);
        sqlite3_close(store_open_writer(rig->path, rig->error, &code));
        assert_int_equal(code, ERR_OK);
        assert_int_equal(raw_number(rig, "PRAGMA user_version"), STORE_SCHEMA);
        after = rows_of(rig->path, schema);
        assert_string_equal(after, today);
        free(after);
        after = rows_of(rig->path, content);
        assert_string_equal(after, before);
        free(before);
        free(after);
        assert_int_equal(unlink(rig->path), 0);
    }
    free(today);
}

/* Before version 4 no row told of it: the log does. */
static void a_session_whose_last_turn_failed_is_known_from_its_log(void **state)
{
    struct rig *rig = *state;
    enum err code;

    make_version(rig, 3);
    raw_exec(rig, "INSERT INTO events SELECT max(key) + 1, 1, 'error.occurred', '{}' FROM events"
                  " WHERE key >> 32 = 1");
    raw_exec(rig, "INSERT INTO events SELECT max(key) + 1, 1, 'state.changed', 'damaged' FROM events"
                  " WHERE key >> 32 = 1");
    assert_true(raw_number(rig, "SELECT count(*) FROM events JOIN sessions ON sessions.key = events.key >> 32"
                                " WHERE type = 'error.occurred' AND title = 'failed once'") > 0);
    sqlite3_close(store_open_writer(rig->path, rig->error, &code));
    assert_int_equal(code, ERR_OK);
    assert_int_equal(raw_number(rig, "SELECT group_concat(key) FROM sessions WHERE failed"), 1);
    assert_int_equal(unlink(rig->path), 0);
}

/* --- what is written, counted --- */

static struct {
    int count, at; /* the write that is not made */
    bool kills;    /* the process ends there; else the disk is full from there on */
    sqlite3_vfs vfs, *real_vfs;
    /* Files with locks and files without have other methods. */
    struct tap_kind {
        const sqlite3_io_methods *real;
        sqlite3_io_methods ours;
    } kinds[4];
} tap;

static const sqlite3_io_methods *real_of(const sqlite3_file *file)
{
    size_t i = 0;

    while (file->pMethods != &tap.kinds[i].ours)
        i++;
    return tap.kinds[i].real;
}

static int tap_code(void)
{
    if (++tap.count < tap.at)
        return SQLITE_OK;
    if (tap.kills)
        raise(SIGKILL);
    return SQLITE_FULL;
}

static int tap_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    int code = tap_code();

    return code == SQLITE_OK ? real_of(file)->xWrite(file, bytes, len, at) : code;
}

static int tap_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (tap.kills)
        tap_code();
    return real_of(file)->xTruncate(file, size);
}

static int tap_sync(sqlite3_file *file, int flags)
{
    if (tap.kills)
        tap_code();
    return real_of(file)->xSync(file, flags);
}

static int tap_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    if (tap.kills)
        tap_code();
    return tap.real_vfs->xDelete(tap.real_vfs, name, sync);
}

static int tap_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    int code = tap.real_vfs->xOpen(tap.real_vfs, name, file, flags, out);

    (void)vfs;
    if (code != SQLITE_OK)
        return code;
    for (size_t i = 0; i < sizeof tap.kinds / sizeof *tap.kinds; i++) {
        struct tap_kind *kind = &tap.kinds[i];

        if (!kind->real) {
            kind->real = file->pMethods;
            kind->ours = *kind->real;
            kind->ours.xWrite = tap_write;
            kind->ours.xTruncate = tap_truncate;
            kind->ours.xSync = tap_sync;
        }
        if (kind->real == file->pMethods) {
            file->pMethods = &kind->ours;
            break;
        }
    }
    return SQLITE_OK;
}

/* From now on the write of that number is not made. */
static void tap_set(int at, bool kills)
{
    memset(&tap, 0, sizeof tap);
    tap.at = at;
    tap.kills = kills;
    tap.real_vfs = sqlite3_vfs_find(NULL);
    tap.vfs = *tap.real_vfs;
    tap.vfs.zName = "tap";
    tap.vfs.xOpen = tap_open;
    tap.vfs.xDelete = tap_delete;
    assert_int_equal(sqlite3_vfs_register(&tap.vfs, 1), SQLITE_OK);
}

static void tap_end(void)
{
    sqlite3_vfs_unregister(&tap.vfs);
    sqlite3_vfs_register(tap.real_vfs, 1);
}

/* It is one version or another, with the tables of that one, and with all that was in it. */
static void check_whole(struct rig *rig, const char *before)
{
    sqlite3 *db = open_raw(rig->path);
    int version = (int)store_number(db, "PRAGMA user_version", -1);
    char *after;

    assert_true(version >= 1 && version <= STORE_SCHEMA);
    if (!store_schema_fits(db, rig->path, version, rig->error))
        fail_msg("%s", rig->error);
    assert_int_equal(
        store_number(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'", 0), 1);
    sqlite3_close(db);
    after = rows_of(rig->path, content);
    assert_string_equal(after, before);
    free(after);
}

static void remove_store(struct rig *rig)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[128];

        snprintf(name, sizeof name, "%s%s", rig->path, ends[i]);
        unlink(name);
    }
}

/* True if the process lived. */
static bool open_and_be_killed(struct rig *rig, int at)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        enum err code;
        char error[256];

        tap_set(at, true);
        sqlite3_close(store_open_writer(rig->path, error, &code));
        _exit(code == ERR_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        return false;
    assert_int_equal(WEXITSTATUS(status), 0);
    return true;
}

static void one_that_is_killed_at_any_write_is_whole(void **state)
{
    struct rig *rig = *state;
    char *bytes, *before;
    size_t len;
    int at = 0;
    bool lived = false;
    enum err code;

    make_version(rig, 1);
    before = rows_of(rig->path, content);
    bytes = read_whole(rig->path, &len);
    while (!lived && ++at < STEPS_MAX) {
        remove_store(rig);
        write_whole(rig->path, bytes, len);
        lived = open_and_be_killed(rig, at);
        check_whole(rig, before);
        sqlite3_close(store_open_writer(rig->path, rig->error, &code));
        assert_int_equal(code, ERR_OK);
        assert_int_equal(raw_number(rig, "PRAGMA user_version"), STORE_SCHEMA);
    }
    assert_true(lived);
    assert_true(at > 5);
    print_message("killed at each of %d writes\n", at - 1);
    free(bytes);
    free(before);
}

static void one_that_finds_the_disk_full_stays_what_it_was(void **state)
{
    struct rig *rig = *state;
    char *bytes, *before;
    size_t len;
    int at = 0;
    enum err code = ERR_STORE;

    make_version(rig, 1);
    before = rows_of(rig->path, content);
    bytes = read_whole(rig->path, &len);
    while (code != ERR_OK && ++at < STEPS_MAX) {
        remove_store(rig);
        write_whole(rig->path, bytes, len);
        tap_set(at, false);
        sqlite3_close(store_open_writer(rig->path, rig->error, &code));
        tap_end();
        if (code != ERR_OK) {
            assert_int_equal(code, ERR_STORE);
            assert_non_null(strstr(rig->error, "the disk is full"));
        }
        check_whole(rig, before);
        sqlite3_close(store_open_writer(rig->path, rig->error, &code)); /* there is room again */
        assert_int_equal(code, ERR_OK);
        if (tap.count >= tap.at)
            code = ERR_STORE;
    }
    assert_int_equal(code, ERR_OK);
    assert_true(at > 2);
    free(bytes);
    free(before);
}

/* --- a newer one --- */

struct look { /* at a file */
    char *bytes;
    size_t len;
    struct timespec modified;
    bool there;
};

static struct look look_at(const struct rig *rig, const char *end)
{
    struct look look = {0};
    struct stat st;
    char name[128];

    snprintf(name, sizeof name, "%s%s", rig->path, end);
    look.there = stat(name, &st) == 0;
    if (look.there) {
        look.modified = st.st_mtim;
        look.bytes = read_whole(name, &look.len);
    }
    return look;
}

static void assert_untouched(const struct rig *rig, const char *end, struct look *before)
{
    struct look after = look_at(rig, end);

    assert_int_equal(after.there, before->there);
    if (after.there) {
        assert_int_equal(after.len, before->len);
        assert_memory_equal(after.bytes, before->bytes, after.len);
        assert_memory_equal(&after.modified, &before->modified, sizeof after.modified);
    }
    free(after.bytes);
    free(before->bytes);
}

static void refuse_newer(struct rig *rig)
{
    struct look file = look_at(rig, ""), log = look_at(rig, "-wal"), index = look_at(rig, "-shm");
    char expected[256];

    assert_null(rig_open(rig));
    assert_int_equal(rig->code, ERR_VERSION);
    snprintf(expected, sizeof expected,
             "the store '%s' has schema version 9, written by stoad 4.5.6; this is stoad " STOA_VERSION
             ", which knows versions up to %d: run the newer one",
             rig->path, STORE_SCHEMA);
    assert_string_equal(rig->error, expected);
    assert_untouched(rig, "", &file);
    assert_untouched(rig, "-wal", &log);
    free(index.bytes);
    assert_int_equal(look_at(rig, "-shm").there, index.there);
}

static const char make_newer[] =
    "PRAGMA user_version = 9; UPDATE meta SET value = '4.5.6' WHERE name = 'program'";

static void a_newer_one_is_refused_and_nothing_is_made_beside_it(void **state)
{
    struct rig *rig = *state;

    make_version(rig, STORE_SCHEMA);
    raw_exec(rig, make_newer);
    refuse_newer(rig);
}

/* Copies what lies there while a connection has it open, as a kill would leave it. */
static void a_newer_one_whose_version_is_in_its_log_is_refused_too(void **state)
{
    struct rig *rig = *state;
    struct look file, log;
    char name[128];
    sqlite3 *db;

    make_version(rig, STORE_SCHEMA);
    db = open_raw(rig->path);
    assert_int_equal(sqlite3_exec(db, make_newer, NULL, NULL, NULL), SQLITE_OK);
    file = look_at(rig, "");
    log = look_at(rig, "-wal");
    assert_true(log.len > 0);
    sqlite3_close(db);
    write_whole(rig->path, file.bytes, file.len);
    snprintf(name, sizeof name, "%s-wal", rig->path);
    write_whole(name, log.bytes, log.len);
    free(file.bytes);
    free(log.bytes);
    refuse_newer(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
        TEST(every_version_has_a_fixture),
        TEST(each_becomes_what_is_made_today_with_all_its_rows),
        TEST(a_session_whose_last_turn_failed_is_known_from_its_log),
        TEST(one_that_is_killed_at_any_write_is_whole),
        TEST(one_that_finds_the_disk_full_stays_what_it_was),
        TEST(a_newer_one_is_refused_and_nothing_is_made_beside_it),
        TEST(a_newer_one_whose_version_is_in_its_log_is_refused_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
