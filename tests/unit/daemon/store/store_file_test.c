/* The store's file: who may read it, which versions are taken, and how damage is met. */
#include "daemon/store/store_internal.h"
#include "store_rig.h"
#include <fcntl.h>
#include <sys/stat.h>

#define FIXTURE "tests/unit/daemon/store/store_v%d.sql"

static char *slurp(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    if (!file)
        fail_msg("cannot open %s; run the tests from the top folder", path);
    *len = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

static void put_bytes(const char *path, long offset, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, offset), len);
    close(fd);
}

/* A store as that version of the schema left it. */
static void make_old(struct rig *rig, int version)
{
    size_t len;
    char name[64];

    snprintf(name, sizeof name, FIXTURE, version);
    char *sql = slurp(name, &len);
    raw_exec(rig, sql);
    free(sql);
}

static int mode_of(const struct rig *rig, const char *suffix)
{
    char name[128];
    struct stat st;

    snprintf(name, sizeof name, "%s%s", rig->path, suffix);
    return stat(name, &st) == 0 ? (int)(st.st_mode & 07777) : -1;
}

static void nobody_else_may_read_it(void **state)
{
    struct rig *rig = *state;
    mode_t mask = umask(0);

    put_bytes(rig->path, 0, "", 0);
    chmod(rig->path, 0644); /* what a careless copy leaves */
    assert_non_null(rig_open(rig));
    put_session(rig, "s_a", "ann", 1);
    assert_int_equal(commit(rig), ERR_OK);
    assert_int_equal(mode_of(rig, ""), 0600);
    assert_int_equal(mode_of(rig, "-wal"), 0600);
    assert_int_equal(mode_of(rig, "-shm"), 0600);
    assert_int_equal(mode_of(rig, ".lock"), 0600);
    umask(mask);
}

static void it_is_written_ahead_and_synced(void **state)
{
    struct rig *rig = *state;
    sqlite3_stmt *stmt;
    sqlite3 *db;

    db = store_open_writer(rig->path, rig->error, &rig->code);
    assert_non_null(db);
    assert_int_equal(store_number(db, "PRAGMA synchronous", -1), 2);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(stmt, 0), "wal");
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void a_store_serves_one_daemon_at_a_time(void **state)
{
    struct rig *rig = *state;
    char error[256], expected[256];
    enum err code;

    assert_non_null(rig_open(rig));
    assert_null(store_open(&rig->loop, rig->path, NULL, NULL, error, &code));
    assert_int_equal(code, ERR_CONFLICT);
    snprintf(expected, sizeof expected, "another process, with pid %ld, uses the store '%s'", (long)getpid(),
             rig->path);
    assert_string_equal(error, expected);
    put_session(rig, "s_a", "ann", 1);
    assert_int_equal(commit(rig), ERR_OK);
}

static void a_store_without_folder_is_refused(void **state)
{
    struct rig *rig = *state;

    strcat(rig->path, "/no/such");
    assert_null(rig_open(rig));
    assert_int_equal(rig->code, ERR_STORE);
    assert_non_null(strstr(rig->error, "No such file or directory"));
}

/* --- versions --- */

static void count_rule(void *arg, const struct store_rule *row)
{
    assert_string_equal(row->id, "u_1");
    assert_string_equal(row->user, "ann");
    assert_string_equal(row->effect, "deny");
    assert_string_equal(row->pattern, "files/*");
    assert_int_equal(row->ts, 1003);
    ++*(int *)arg;
}

static void read_whole(struct rig *rig, int version, int rules)
{
    struct answer answer = {0};
    struct store_record record;
    char *reply;
    int found = 0;

    make_old(rig, version);
    assert_non_null(rig_open(rig));
    assert_int_equal(store_rules(rig->store, count_rule, &found), ERR_OK);
    assert_int_equal(found, rules);
    assert_int_equal(store_load(rig->store, "s_old", &record, rig->error), ERR_OK);
    assert_int_equal(record.key, 4);
    assert_string_equal(record.snapshot, "{\"at\":2}");
    assert_string_equal(record.partial, "{\"half\":1}");
    assert_int_equal(load_events(rig, record.key, record.snapshot_seq).count, 1);
    store_record_clear(&record);
    reply = store_reply(rig->store, "ann", "r_1");
    assert_string_equal(reply, "{\"ok\":{}}");
    free(reply);
    assert_int_equal(store_next_session_key(rig->store), 5);
    read_result(
        rig, &answer,
        store_search(rig->store, &(struct store_asker){"ann", ""}, "ancient", 10, answer_read, &answer));
    assert_int_equal(json_array_size(json_object_get(answer.result, "hits")), 1);
    json_decref(answer.result);
}

static void a_store_of_version_1_is_read_whole(void **state)
{
    read_whole(*state, 1, 0);
}

static void a_store_of_version_2_is_read_whole(void **state)
{
    read_whole(*state, 2, 1);
}

static const struct store_migration later[] = {
    {"SELECT 'never run: the fixture is of version 1'"},
    {"ALTER TABLE sessions ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'"},
    {"UPDATE sessions SET colour = 'blue'; CREATE TABLE more(x INTEGER)"},
    {"CREATE TABLE fine(x INTEGER); CREATE TABLE sessions(x INTEGER)"}, /* fails in its second half */
};

static enum err migrate(struct rig *rig, int count)
{
    sqlite3 *db = NULL;
    enum err code;

    assert_int_equal(sqlite3_open(rig->path, &db), SQLITE_OK);
    code = store_migrate(db, rig->path, later, count, rig->error);
    sqlite3_close(db);
    return code;
}

static void migrations_run_in_order_and_once(void **state)
{
    struct rig *rig = *state;

    make_old(rig, 1);
    assert_int_equal(migrate(rig, 3), ERR_OK);
    assert_int_equal(raw_number(rig, "PRAGMA user_version"), 3);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM sessions WHERE colour = 'blue'"), 1);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM events"), 3);
    assert_int_equal(migrate(rig, 3), ERR_OK);
}

static void a_migration_that_fails_leaves_the_version_before_it(void **state)
{
    struct rig *rig = *state;

    make_old(rig, 1);
    assert_int_equal(migrate(rig, 4), ERR_STORE);
    assert_non_null(strstr(rig->error, "already exists"));
    assert_int_equal(raw_number(rig, "PRAGMA user_version"), 3);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM sqlite_schema WHERE name = 'fine'"), 0);
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM events"), 3);
}

static void a_newer_store_is_refused_and_left_as_it_was(void **state)
{
    struct rig *rig = *state;
    char expected[256], *before, *after;
    size_t len, len_after;

    make_old(rig, 1);
    raw_exec(rig, "PRAGMA user_version = 9; UPDATE meta SET value = '4.5.6' WHERE name = 'program'");
    before = slurp(rig->path, &len);
    assert_null(rig_open(rig));
    assert_int_equal(rig->code, ERR_VERSION);
    snprintf(expected, sizeof expected,
             "the store '%s' has schema version 9, written by stoad 4.5.6; this is stoad " STOA_VERSION
             ", which knows versions up to %d: run the newer one",
             rig->path, STORE_SCHEMA);
    assert_string_equal(rig->error, expected);
    after = slurp(rig->path, &len_after);
    assert_int_equal(len_after, len);
    assert_memory_equal(after, before, len);
    free(before);
    free(after);
}

static void a_foreign_database_is_refused(void **state)
{
    struct rig *rig = *state;

    raw_exec(rig, "CREATE TABLE bookmarks(url TEXT)");
    assert_null(rig_open(rig));
    assert_int_equal(rig->code, ERR_STORE);
    assert_non_null(strstr(rig->error, "not a store of stoa"));
    assert_int_equal(raw_number(rig, "SELECT count(*) FROM sqlite_schema"), 1);
}

/* --- damage --- */

static void expect_damaged(struct rig *rig)
{
    assert_null(rig_open(rig));
    assert_int_equal(rig->code, ERR_STORE);
    if (!strstr(rig->error, "is damaged"))
        fail_msg("%s", rig->error);
    assert_non_null(strstr(rig->error, "restore it, or move it away to begin anew"));
}

static void what_is_no_database_is_refused(void **state)
{
    struct rig *rig = *state;
    char noise[8192];

    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * 7 + 3);
    put_bytes(rig->path, 0, noise, sizeof noise);
    expect_damaged(rig);
}

static void a_store_that_was_cut_short_is_refused(void **state)
{
    struct rig *rig = *state;

    make_old(rig, 1);
    assert_int_equal(truncate(rig->path, 3 * 4096 + 100), 0);
    expect_damaged(rig);
}

static void a_store_with_a_broken_schema_is_refused(void **state)
{
    struct rig *rig = *state;
    char noise[3000];

    make_old(rig, 1);
    memset(noise, 0x5a, sizeof noise);
    put_bytes(rig->path, 1000, noise, sizeof noise);
    expect_damaged(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
        TEST(nobody_else_may_read_it),
        TEST(it_is_written_ahead_and_synced),
        TEST(a_store_serves_one_daemon_at_a_time),
        TEST(a_store_without_folder_is_refused),
        TEST(a_store_of_version_1_is_read_whole),
        TEST(a_store_of_version_2_is_read_whole),
        TEST(migrations_run_in_order_and_once),
        TEST(a_migration_that_fails_leaves_the_version_before_it),
        TEST(a_newer_store_is_refused_and_left_as_it_was),
        TEST(a_foreign_database_is_refused),
        TEST(what_is_no_database_is_refused),
        TEST(a_store_that_was_cut_short_is_refused),
        TEST(a_store_with_a_broken_schema_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
