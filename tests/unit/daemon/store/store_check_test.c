/* The thorough check: each way in which a store can be damaged is found and named, and a store that is well,
 * also while it is written to, gives no finding. */
#include "daemon/store/store_check.h"
#include "daemon/store/store_internal.h"
#include "daemon/store/store_people.h"
#include "proto/chain.h"
#include "store_rig.h"
#include <sys/stat.h>

enum { TOLD_MAX = 16 };

struct told { /* what a check found, without what is well */
    size_t count;
    struct {
        enum finding_state state;
        char what[32], text[512], advice[1024];
    } each[TOLD_MAX];
    bool ok; /* it said that the store is whole */
};

static void collect(void *arg, const struct finding *finding)
{
    struct told *told = arg;

    assert_string_equal(finding->area, "store");
    if (finding->state == FINDING_OK) {
        told->ok = true;
        return;
    }
    assert_true(told->count < TOLD_MAX);
    told->each[told->count].state = finding->state;
    snprintf(told->each[told->count].what, sizeof told->each[0].what, "%s", finding->what);
    snprintf(told->each[told->count].text, sizeof told->each[0].text, "%s", finding->text);
    snprintf(told->each[told->count].advice, sizeof told->each[0].advice, "%s",
             finding->advice ? finding->advice : "");
    told->count++;
}

static enum err check(const struct rig *rig, bool served, struct told *told)
{
    struct findings findings = {.found = collect, .arg = told};
    char sessions[128];
    struct store_check options = {.path = rig->path, .sessions = sessions, .served = served};

    memset(told, 0, sizeof *told);
    snprintf(sessions, sizeof sessions, "%s/sessions", rig->folder);
    return store_check(&options, &findings);
}

static void expect_well(const struct rig *rig, bool served)
{
    struct told told;

    enum err code = check(rig, served, &told);
    if (told.count > 0)
        fail_msg("%s: %s", told.each[0].what, told.each[0].text);
    assert_int_equal(code, ERR_OK);
    assert_true(told.ok);
}

/* --- a store with something of everything --- */

static void put_row(struct rig *rig, uint32_t key, const char *sid, uint64_t messages, uint64_t seq)
{
    struct store_session row = {.key = key,
                                .sid = sid,
                                .owner = "ann",
                                .title = "A title",
                                .run = "idle",
                                .model = "demo/stoa",
                                .messages = messages,
                                .seq = seq};

    store_put_session(rig->store, &row);
}

static void put_text(struct rig *rig, uint32_t session, uint32_t ordinal, const char *text)
{
    char id[32], json[256];

    snprintf(id, sizeof id, "m_%u_%u", session, ordinal);
    snprintf(json, sizeof json, "{\"id\":\"%s\",\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]}", id,
             text);
    put_message_json(rig, session, ordinal, id, text, json);
}

static void put_audit(struct rig *rig, int count)
{
    char before[CHAIN_HASH_LEN + 1] = "", hash[CHAIN_HASH_LEN + 1];

    for (int n = 1; n <= count; n++) {
        struct store_audit row = {n, 1000, "ann", "session.share", "s_one", "bo: viewer", hash};
        struct chain_record record = {n, 1000, row.user, row.action, row.object, row.detail, ""};

        chain_hash(before, &record, hash);
        store_append_audit(rig->store, &row);
        strcpy(before, hash);
    }
}

/* Sessions 1 and 2: three events, two messages, a snapshot at the second event. */
static void make_two(struct rig *rig)
{
    assert_non_null(rig_open(rig));
    for (int i = 0; i < 2; i++) {
        uint32_t key = store_next_session_key(rig->store);

        for (uint64_t seq = 1; seq <= 3; seq++)
            put_event(rig, key, seq, "{\"n\":1}");
        put_text(rig, key, 0, "an ancient question");
        put_text(rig, key, 1, "a modern answer");
        put_row(rig, key, i ? "s_two" : "s_one", 2, 3);
        store_put_snapshot(rig->store, key, 2, "{}", 2);
    }
    put_audit(rig, 4);
    assert_int_equal(commit(rig), ERR_OK);
}

static void make_store(struct rig *rig)
{
    make_two(rig);
    rig_close(rig);
}

/* --- damage --- */

static const struct damage {
    const char *sql, *what;
    enum finding_state state;
    const char *text;
} damages[] = {
    {"DELETE FROM events WHERE key = (1 << 32) + 2", "log_holes", FINDING_BAD,
     "session s_one has 2 events, but the last one is number 3"},
    {"DELETE FROM events WHERE key = (1 << 32) + 1", "log_holes", FINDING_BAD,
     "session s_one has 2 events, but the last one is number 3"},
    {"DELETE FROM events WHERE key = (2 << 32) + 3", "log_short", FINDING_BAD,
     "session s_two says 3 events, but has fewer"},
    {"INSERT INTO sessions(key, sid, owner, title, run, model, created, activity, messages, archived, ended,"
     " seq) VALUES(9, 's_none', 'ann', '', 'idle', '', 0, 0, 0, 0, 0, 0)",
     "log_empty", FINDING_BAD, "session s_none has no events, and cannot be opened"},
    {"UPDATE events SET json = '{\"n\":' WHERE key = (1 << 32) + 2", "event_json", FINDING_BAD,
     "event 2 of session s_one is no JSON"},
    {"UPDATE events SET type = 'session.sang' WHERE key = (1 << 32) + 2", "event_type", FINDING_WARN,
     "events of the type 'session.sang', which this stoad does not know: 1"},
    {"DELETE FROM messages WHERE key = 1 << 32; DELETE FROM search WHERE rowid = 1 << 32", "message_holes",
     FINDING_BAD, "session s_one has 1 messages, but the last one is number 2"},
    {"UPDATE sessions SET messages = 5 WHERE key = 1", "message_count", FINDING_BAD,
     "session s_one says 5 messages, but has 2"},
    {"UPDATE sessions SET messages = 1 WHERE key = 1", "message_count", FINDING_BAD,
     "session s_one says 1 messages, but has 2"},
    {"UPDATE messages SET json = 'no' WHERE key = 1 << 32", "message_json", FINDING_BAD,
     "message m_1_0 of session s_one is no JSON"},
    {"UPDATE snapshots SET seq = 7 WHERE session = 2", "snapshot_ahead", FINDING_BAD,
     "the snapshot of session s_two is at event 7, beyond the last one"},
    {"UPDATE snapshots SET json = '' WHERE session = 2", "snapshot_json", FINDING_BAD,
     "the snapshot of session s_two is no JSON"},
    {"INSERT INTO events VALUES((7 << 32) + 1, 0, 'message.added', '{}')", "orphan_events", FINDING_WARN,
     "events of session #7, which is not in the list: 1"},
    {"INSERT INTO messages VALUES(7 << 32, 'm_7', 'user', 'complete', 0, '{}')", "orphan_messages",
     FINDING_NOTE,
     "messages of a fork that was not ended when the daemon was killed: 1; its next start removes them"},
    {"INSERT INTO search(rowid, text) VALUES((1 << 32) + 9, 'lost')", "orphan_search", FINDING_WARN,
     "texts for search of session s_one, which are of no message: 1"},
    {"INSERT INTO snapshots VALUES(7, 1, '{}')", "orphan_snapshots", FINDING_WARN,
     "snapshots of session #7, which is not in the list: 1"},
    {"INSERT INTO partials VALUES(7, 'm_7', '{}')", "orphan_partials", FINDING_WARN,
     "half replies of session #7, which is not in the list: 1"},
    {"INSERT INTO rules VALUES('u_1', 'ann', 'maybe', '*', 0)", "rule_effect", FINDING_WARN,
     "rule u_1 has the effect 'maybe', which is none of allow, ask, deny"},
    {"DELETE FROM search WHERE rowid = (1 << 32) + 1", "search_missing", FINDING_WARN,
     "messages that search does not find: 1"},
    {"DELETE FROM search_data WHERE id > 100", "search_index", FINDING_BAD,
     "the index of search does not agree with the texts"},
    {"UPDATE search_content SET c0 = 'another text' WHERE id = 1 << 32", "search_index", FINDING_BAD,
     "the index of search does not agree with the texts"},
    {"UPDATE audit SET detail = 'bo: approver' WHERE n = 2", "audit", FINDING_BAD,
     "the audit does not hold: record 2 was changed, or one before it was: its hash is not that of what it "
     "says"},
    {"DELETE FROM audit WHERE n = 3", "audit", FINDING_BAD,
     "the audit does not hold: record 3 is missing: record 4 comes after record 2"},
    {"DELETE FROM audit WHERE n = 1", "audit", FINDING_BAD,
     "the audit does not hold: the records before record 2 are missing, and no record says that they were "
     "dropped "
     "for their age"},
    {"UPDATE sessions SET run = 'streaming' WHERE key = 1", "unfinished", FINDING_NOTE,
     "sessions that were at work when the daemon was killed: 1; its next start sets them right"},
    {"DROP TABLE search", "search_index", FINDING_BAD, NULL},
};

static bool is_among(const struct told *told, const struct damage *damage)
{
    for (size_t i = 0; i < told->count; i++)
        if (strcmp(told->each[i].what, damage->what) == 0 && told->each[i].state == damage->state &&
            (!damage->text || strcmp(told->each[i].text, damage->text) == 0))
            return true;
    return false;
}

static void each_damage_is_found_and_named(void **state)
{
    struct rig *rig = *state;
    char copy[256];

    make_store(rig);
    expect_well(rig, false);
    snprintf(copy, sizeof copy, "cp %s %s/whole", rig->path, rig->folder);
    assert_int_equal(system(copy), 0);
    snprintf(copy, sizeof copy, "rm -f %s-wal %s-shm; cp %s/whole %s", rig->path, rig->path, rig->folder,
             rig->path);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct told told;
        enum err code;

        assert_int_equal(system(copy), 0);
        raw_exec(rig, damages[i].sql);
        code = check(rig, false, &told);
        if (!is_among(&told, &damages[i]))
            fail_msg("%s: wanted %s, told %s: %s", damages[i].sql, damages[i].what,
                     told.count ? told.each[0].what : "nothing", told.count ? told.each[0].text : "");
        assert_int_equal(code, damages[i].state == FINDING_BAD ? ERR_STORE : ERR_OK);
    }
}

static void many_of_a_kind_are_counted(void **state)
{
    struct rig *rig = *state;
    struct told told;

    make_store(rig);
    raw_exec(rig, "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 29)"
                  " INSERT INTO snapshots SELECT i, 1, '{}' FROM n");
    assert_int_equal(check(rig, false, &told), ERR_OK);
    assert_int_equal(told.count, STORE_CHECK_SHOWN + 1);
    assert_string_equal(told.each[STORE_CHECK_SHOWN].text, "and 17 more such cases");
}

static void an_advice_names_the_file(void **state)
{
    struct rig *rig = *state;
    struct told told;
    char command[256];

    make_store(rig);
    raw_exec(rig, "INSERT INTO snapshots VALUES(7, 1, '{}')");
    check(rig, false, &told);
    snprintf(command, sizeof command, "sqlite3 '%s' \"DELETE FROM snapshots WHERE session NOT IN", rig->path);
    assert_non_null(strstr(told.each[0].advice, command));
}

/* --- the file --- */

static void damaged_pages_are_found(void **state)
{
    struct rig *rig = *state;
    struct told told;
    char noise[4096];
    FILE *file;

    make_store(rig);
    memset(noise, 0x5a, sizeof noise);
    file = fopen(rig->path, "r+b");
    assert_non_null(file);
    fseek(file, 4 * 4096, SEEK_SET);
    fwrite(noise, 1, sizeof noise, file);
    fclose(file);
    assert_int_equal(check(rig, false, &told), ERR_STORE);
    assert_string_equal(told.each[0].what, "integrity");
    assert_non_null(strstr(told.each[0].advice, "backup"));
}

static void what_is_no_store_is_said(void **state)
{
    struct rig *rig = *state;
    struct told told;

    raw_exec(rig, "CREATE TABLE bookmarks(url TEXT)");
    assert_int_equal(check(rig, false, &told), ERR_STORE);
    assert_string_equal(told.each[0].what, "not_a_store");
    assert_int_equal(truncate(rig->path, 100), 0);
    assert_int_equal(check(rig, false, &told), ERR_STORE);
}

static void a_newer_schema_is_said(void **state)
{
    struct rig *rig = *state;
    struct told told;

    make_store(rig);
    raw_exec(rig, "PRAGMA user_version = 99");
    assert_int_equal(check(rig, false, &told), ERR_VERSION);
    assert_string_equal(told.each[0].what, "newer_schema");
}

static void no_file_is_no_damage(void **state)
{
    struct told told;

    assert_int_equal(check(*state, false, &told), ERR_NOT_FOUND);
    assert_int_equal(told.count, 0);
}

static void a_file_at_rest_is_left_as_it_is(void **state)
{
    struct rig *rig = *state;
    char beside[128];
    struct stat before, after;

    make_store(rig);
    assert_int_equal(stat(rig->path, &before), 0);
    expect_well(rig, false);
    assert_int_equal(stat(rig->path, &after), 0);
    assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    snprintf(beside, sizeof beside, "%s-shm", rig->path);
    assert_int_equal(access(beside, F_OK), -1);
    snprintf(beside, sizeof beside, "%s-wal", rig->path);
    assert_int_equal(access(beside, F_OK), -1);
}

/* --- while a daemon writes --- */

static void a_busy_store_gives_no_finding(void **state)
{
    struct rig *rig = *state;

    make_two(rig);
    for (uint32_t round = 0; round < 20; round++) {
        struct answer answer = {0};

        for (uint32_t key = 1; key <= 2; key++) {
            put_event(rig, key, 4 + round, "{}");
            put_text(rig, key, 2 + round, "and another one");
            put_row(rig, key, key == 1 ? "s_one" : "s_two", 3 + round, 4 + round);
        }
        store_commit(rig->store, answer_commit, &answer);
        uv_run(&rig->loop, UV_RUN_NOWAIT); /* the writer has it now, and may be in the middle of it */
        expect_well(rig, true);
        await(rig, &answer, 1);
    }
    expect_well(rig, true);
}

/* An event whose session's row a kill has kept from the disk: the row comes with the next one. */
static void a_log_that_is_ahead_of_its_row_is_well(void **state)
{
    struct rig *rig = *state;

    make_two(rig);
    put_event(rig, 1, 4, "{}");
    put_text(rig, 1, 2, "more");
    assert_int_equal(commit(rig), ERR_OK);
    expect_well(rig, true);
}

/* As a fork does: its messages come first, a few at a time, and then the session. */
static void a_fork_that_is_being_written_is_well(void **state)
{
    struct rig *rig = *state;

    make_two(rig);
    store_copy_messages(rig->store, 1, store_next_session_key(rig->store), 0, 1);
    assert_int_equal(commit(rig), ERR_OK);
    expect_well(rig, true);
}

/* --- the sessions' folders --- */

static void make_result(const struct rig *rig, const char *path)
{
    char command[256];

    snprintf(command, sizeof command,
             "mkdir -p %s/sessions/s_one/results && touch -d '1 hour ago' %s/sessions/%s", rig->folder,
             rig->folder, path);
    assert_int_equal(system(command), 0);
}

static void a_result_that_is_missing_is_named(void **state)
{
    struct rig *rig = *state;
    struct told told;

    make_store(rig);
    raw_exec(rig, "UPDATE messages SET json = '{\"content\":[{\"type\":\"tool_call\",\"call\":"
                  "{\"file\":\"r_1.txt\"}}]}' WHERE key = 1 << 32; DELETE FROM search WHERE rowid = 1 << 32");
    assert_int_equal(check(rig, false, &told), ERR_OK);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.each[0].text,
                        "the result r_1.txt of message m_1_0 in session s_one is not in its folder any more");
    make_result(rig, "s_one/results/r_1.txt");
    expect_well(rig, false);
}

static void a_folder_of_no_session_is_noted(void **state)
{
    struct rig *rig = *state;
    struct told told;
    char command[256];

    make_store(rig);
    snprintf(command, sizeof command,
             "mkdir -p %s/sessions/s_01h0000000000000000000000a && touch -d '1 hour ago' %s/sessions/s_*",
             rig->folder, rig->folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(check(rig, false, &told), ERR_OK);
    assert_int_equal(told.count, 1);
    assert_string_equal(told.each[0].what, "left_folders");
    assert_int_equal(told.each[0].state, FINDING_NOTE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
        TEST(each_damage_is_found_and_named),
        TEST(many_of_a_kind_are_counted),
        TEST(an_advice_names_the_file),
        TEST(damaged_pages_are_found),
        TEST(what_is_no_store_is_said),
        TEST(a_newer_schema_is_said),
        TEST(no_file_is_no_damage),
        TEST(a_file_at_rest_is_left_as_it_is),
        TEST(a_busy_store_gives_no_finding),
        TEST(a_log_that_is_ahead_of_its_row_is_well),
        TEST(a_fork_that_is_being_written_is_well),
        TEST(a_result_that_is_missing_is_named),
        TEST(a_folder_of_no_session_is_noted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
