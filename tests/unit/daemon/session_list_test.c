/* The list of sessions while some of what happened is not on disk: page by page it is as memory has it, none
 * is lost and none is there twice. The store is this test: it has the rows that were committed. */
#include "tests/unit/proto/fold.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session_list.h"

enum { SESSIONS = 9, COMMITTED = 10, ROUNDS = 1000, PAGES_MAX = 3 * SESSIONS };

struct facts { /* of a session, on disk or in memory */
    bool there, archived, shared;
    int64_t activity;
    char title[16];
    bool failed;
};

static struct {
    struct server server;
    struct session sessions[SESSIONS];
    bool foreign[SESSIONS]; /* another's, shared with the asker or not */
    struct facts disk[SESSIONS], now[SESSIONS];
    struct principal asker;
    bool archived, own;
    store_read_cb *cb;
    void *arg;
    json_t *result;
    json_t *page;
    size_t reads;
} rig;

/* --- in the place of the rest --- */

uint64_t store_committed(const struct store *store)
{
    (void)store;
    return COMMITTED;
}

void registry_release(struct registry *registry, struct session *session)
{
    (void)registry;
    (void)session;
}

struct session *registry_find(const struct registry *registry, const char *sid)
{
    (void)registry;
    for (int i = 0; i < SESSIONS; i++)
        if (rig.sessions[i].state && strcmp(rig.sessions[i].state->id, sid) == 0)
            return &rig.sessions[i];
    return NULL;
}

void registry_each_since(struct registry *registry, uint64_t ticket,
                         void (*each)(struct session *session, void *arg), void *arg)
{
    (void)registry;
    for (int i = 0; i < SESSIONS; i++)
        if (rig.sessions[i].state && rig.sessions[i].written.row > ticket)
            each(&rig.sessions[i], arg);
}

/* The newest of those before the cursor, or -1. */
static int newest(const struct facts *facts, int64_t activity, int64_t key, bool own, const char *only)
{
    int best = -1;

    for (int i = 0; i < SESSIONS; i++) {
        const struct facts *one = &facts[i];
        char id[ID_MAX];
        bool seen = one->there && one->archived == rig.archived &&
                    (!rig.foreign[i] || (one->shared && !own)) &&
                    (!only[0] || strcmp(only, fold_id("s_", i + 1, id)) == 0);
        if (seen && (one->activity < activity || (one->activity == activity && i + 1 < key)) &&
            (best < 0 || one->activity >= facts[best].activity))
            best = i;
    }
    return best;
}

static enum err read_list(bool own, const char *only, int limit, const char *before, store_read_cb *cb,
                          void *arg)
{
    json_t *sessions = json_array(), *keys = json_array();
    int64_t activity, key;
    char id[ID_MAX], cursor[STORE_CURSOR_MAX];
    int next = -1;

    assert_true(store_cursor_read(before, &activity, &key));
    while ((next = newest(rig.disk, activity, key, own, only)) >= 0 &&
           json_array_size(sessions) < (size_t)limit) {
        json_array_append_new(sessions,
                              json_pack("{s:s,s:s,s:I,s:s}", "id", fold_id("s_", next + 1, id), "title",
                                        rig.disk[next].title, "activity", (json_int_t)rig.disk[next].activity,
                                        "role", rig.foreign[next] ? "writer" : "owner"));
        if (rig.disk[next].failed)
            json_object_set_new(json_array_get(sessions, json_array_size(sessions) - 1), "error",
                                json_true());
        json_array_append_new(keys, json_integer(next + 1));
        activity = rig.disk[next].activity;
        key = next + 1;
    }
    rig.result = json_pack("{s:o,s:o}", "sessions", sessions, "keys", keys);
    store_cursor_write(cursor, activity, key);
    if (next >= 0)
        jsonx_set_str(rig.result, "next", cursor);
    rig.cb = cb;
    rig.arg = arg;
    rig.reads++;
    return ERR_OK;
}

enum err store_list(struct store *store, const char *owner, bool archived, int limit, const char *before,
                    store_read_cb *cb, void *arg)
{
    (void)store;
    assert_string_equal(owner, "ann");
    assert_int_equal(archived, rig.archived);
    return read_list(true, "", limit, before, cb, arg);
}

enum err store_list_for(struct store *store, const struct store_asker *asker, bool archived, int limit,
                        const char *before, store_read_cb *cb, void *arg)
{
    (void)store;
    assert_string_equal(asker->user, "ann");
    assert_int_equal(archived, rig.archived);
    return read_list(false, asker->only, limit, before, cb, arg);
}

/* --- sessions --- */

static void put_in_memory(int i)
{
    const struct facts *now = &rig.now[i];
    struct session *session = &rig.sessions[i];
    char id[ID_MAX];

    session->state = state_new(fold_id("s_", i + 1, id), FOLD_EPOCH);
    session->server = &rig.server;
    session->key = (uint32_t)i + 1;
    session->end = now->there ? SESSION_LIVES : SESSION_DELETED;
    fold_text(session->state, EVENT_SESSION_STARTED,
              "{\"owner\":\"%s\",\"title\":\"%s\",\"model\":\"m\",\"created\":1}",
              rig.foreign[i] ? "bo" : "ann", now->title);
    if (now->shared)
        assert_int_equal(fold_text(session->state, EVENT_SESSION_SHARED,
                                   "{\"user\":\"ann\",\"role\":\"writer\",\"by\":\"bo\"}"),
                         FOLD_OK);
    if (now->failed)
        fold_text(session->state, EVENT_ERROR_OCCURRED, "{\"kind\":\"provider\",\"text\":\"no\"}");
    session->state->activity = now->activity; /* not what is tried here */
    session->state->archived = now->archived;
}

static void change_on_disk_too_late(int i)
{
    rig.disk[i] = rig.now[i];
}

static void given_all(int64_t (*pick)(int64_t below))
{
    for (int i = 0; i < SESSIONS; i++) {
        struct facts *now = &rig.now[i];
        rig.foreign[i] = pick(3) == 0;
        *now = (struct facts){pick(6) > 0, pick(4) == 0, rig.foreign[i] && pick(3) > 0, pick(6), "", false};
        snprintf(now->title, sizeof now->title, "now %d", i);
        now->failed = pick(3) == 0;
        change_on_disk_too_late(i);
        bool unsaved = pick(2) == 0;
        if (unsaved) {
            rig.disk[i] =
                (struct facts){pick(4) > 0, pick(4) == 0, rig.foreign[i] && pick(2), 0, "disk", false};
            rig.disk[i].activity = pick(now->activity + 1); /* it never goes back */
            rig.disk[i].failed = pick(3) == 0;
        }
        if (unsaved || (now->there && pick(2)))
            put_in_memory(i);
        rig.sessions[i].written.row = unsaved ? COMMITTED + 1 : COMMITTED;
    }
}

static void end(void)
{
    for (int i = 0; i < SESSIONS; i++) {
        assert_int_equal(rig.sessions[i].holds, 0);
        state_free(&rig.sessions[i].state);
        rig.sessions[i] = (struct session){0};
    }
}

static void on_page(void *arg, enum err code, const char *error, json_t *page)
{
    (void)arg;
    (void)error;
    assert_int_equal(code, ERR_OK);
    rig.page = json_incref(page);
}

static json_t *ask(int limit, const char *before)
{
    const struct session_list_ask asked = {&rig.asker, rig.own, rig.archived, limit, before};

    rig.page = NULL;
    assert_int_equal(session_list_read(&rig.server, &asked, on_page, NULL), ERR_OK);
    while (!rig.page) { /* it may read on */
        json_t *result = rig.result;
        rig.cb(rig.arg, ERR_OK, NULL, result);
        json_decref(result);
    }
    return rig.page;
}

/* --- tests --- */

static uint64_t seed;

static int64_t pick(int64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((seed >> 33) % (uint64_t)below);
}

/* Reads all pages, and holds each row against what is true. */
static void check_pages(int limit)
{
    char before[STORE_CURSOR_MAX] = "", id[ID_MAX];
    int64_t activity = INT64_MAX, key = INT64_MAX;
    const char *next = before;

    for (int pages = 0; next; pages++) {
        json_t *page = ask(limit, before[0] ? before : NULL), *row;
        size_t i;

        assert_true(pages < PAGES_MAX);
        assert_true(json_array_size(jsonx_arr(page, "sessions")) <= (size_t)limit);
        json_array_foreach(jsonx_arr(page, "sessions"), i, row)
        {
            int truly = newest(rig.now, activity, key, rig.own, rig.asker.session);
            assert_true(truly >= 0);
            assert_string_equal(jsonx_str(row, "id", ""), fold_id("s_", truly + 1, id));
            assert_string_equal(jsonx_str(row, "title", ""), rig.now[truly].title);
            assert_int_equal(jsonx_bool(row, "error", false), rig.now[truly].failed);
            assert_string_equal(jsonx_str(row, "role", ""), rig.asker.most == ROLE_VIEWER ? "viewer"
                                                            : rig.foreign[truly]          ? "writer"
                                                                                          : "owner");
            activity = rig.now[truly].activity;
            key = truly + 1;
        }
        next = jsonx_str(page, "next", NULL);
        assert_true(!next || json_array_size(jsonx_arr(page, "sessions")) == (size_t)limit);
        snprintf(before, sizeof before, "%s", next ? next : "");
        json_decref(page);
    }
    assert_int_equal(newest(rig.now, activity, key, rig.own, rig.asker.session), -1);
}

static void all_pages_together_are_what_memory_has(void **unused)
{
    (void)unused;
    for (seed = 1; seed <= ROUNDS;) {
        uint64_t round = seed;
        char id[ID_MAX];
        given_all(pick);
        rig.archived = pick(3) == 0;
        rig.own = pick(4) == 0;
        rig.asker = (struct principal){.user = "ann", .most = pick(3) ? ROLE_ADMIN : ROLE_VIEWER};
        if (!rig.own && pick(4) == 0)
            snprintf(rig.asker.session, ID_MAX, "%s", fold_id("s_", (int)pick(SESSIONS) + 1, id));
        for (int limit = 1; limit <= SESSIONS + 1; limit += 1 + limit / 3)
            check_pages(limit);
        end();
        seed = round + 1;
    }
}

/* As one session is on disk, and in memory: who sees it in the list. */
static void what_happened_to_one_session_is_seen_at_once(void **unused)
{
    static const struct {
        const char *what;
        struct facts disk, now;
        bool foreign, archived, is_listed;
    } rows[] = {
        {"new", {0}, {true, false, false, 5, "now", false}, false, false, true},
        {"renamed",
         {true, false, false, 5, "disk", false},
         {true, false, false, 5, "now", false},
         false,
         false,
         true},
        {"archived",
         {true, false, false, 5, "disk", false},
         {true, true, false, 5, "now", false},
         false,
         false,
         false},
        {"archived",
         {true, false, false, 5, "disk", false},
         {true, true, false, 5, "now", false},
         false,
         true,
         true},
        {"taken back",
         {true, true, false, 5, "disk", false},
         {true, false, false, 5, "now", false},
         false,
         false,
         true},
        {"taken back",
         {true, true, false, 5, "disk", false},
         {true, false, false, 5, "now", false},
         false,
         true,
         false},
        {"deleted",
         {true, false, false, 5, "disk", false},
         {false, false, false, 5, "now", false},
         false,
         false,
         false},
        {"shared",
         {true, false, false, 5, "disk", false},
         {true, false, true, 6, "now", false},
         true,
         false,
         true},
        {"not any more",
         {true, false, true, 5, "disk", false},
         {true, false, false, 6, "now", false},
         true,
         false,
         false},
    };
    (void)unused;
    rig.asker = (struct principal){.user = "ann", .most = ROLE_ADMIN};
    rig.own = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        memset(rig.now, 0, sizeof rig.now);
        memset(rig.disk, 0, sizeof rig.disk);
        rig.foreign[0] = rows[i].foreign;
        rig.disk[0] = rows[i].disk;
        rig.now[0] = rows[i].now;
        rig.archived = rows[i].archived;
        put_in_memory(0);
        rig.sessions[0].written.row = COMMITTED + 1;
        json_t *page = ask(10, NULL);
        const json_t *row = json_array_get(jsonx_arr(page, "sessions"), 0);
        if ((row != NULL) != rows[i].is_listed)
            fail_msg("%s: it is %s", rows[i].what, row ? "in the list" : "not in the list");
        assert_string_equal(jsonx_str(row, "title", "now"), "now");
        json_decref(page);
        end();
    }
}

static void a_change_while_the_store_reads_is_in_the_page(void **unused)
{
    const struct session_list_ask asked = {&rig.asker, false, false, 10, NULL};
    (void)unused;
    memset(rig.now, 0, sizeof rig.now);
    memset(rig.disk, 0, sizeof rig.disk);
    memset(rig.foreign, 0, sizeof rig.foreign);
    rig.asker = (struct principal){.user = "ann", .most = ROLE_ADMIN};
    rig.archived = rig.own = false;
    rig.now[0] = rig.disk[0] = (struct facts){true, false, false, 5, "first", false};
    rig.now[1] = rig.disk[1] = (struct facts){true, false, false, 6, "second", false};
    put_in_memory(0);
    assert_int_equal(session_list_read(&rig.server, &asked, on_page, NULL), ERR_OK);
    rig.sessions[0].state->activity = 7;
    rig.sessions[0].written.row = COMMITTED + 1;
    rig.cb(rig.arg, ERR_OK, NULL, rig.result);
    json_decref(rig.result);
    assert_int_equal(json_array_size(jsonx_arr(rig.page, "sessions")), 2);
    assert_string_equal(jsonx_str(json_array_get(jsonx_arr(rig.page, "sessions"), 0), "title", ""), "first");
    json_decref(rig.page);
    end();
}

/* More has changed than was known when the store was asked: what it has not told of is for a later page. */
static void what_lies_beyond_what_was_read_is_left_for_the_next_page(void **unused)
{
    struct session_list_row rows[] = {{8, 3, NULL}, {2, 4, json_pack("{s:s}", "id", "s_4")}};
    json_t *stored = json_pack("{s:[{s:i},{s:i}],s:[i,i],s:s}", "sessions", "activity", 9, "activity", 8,
                               "keys", 5, 3, "next", "8-3");
    (void)unused;
    json_t *page = session_list_merge(stored, rows, 2, NULL, 2);
    assert_int_equal(json_array_size(jsonx_arr(page, "sessions")), 1);
    assert_int_equal(jsonx_int(json_array_get(jsonx_arr(page, "sessions"), 0), "activity", 0), 9);
    assert_string_equal(jsonx_str(page, "next", ""), "8-3");
    json_decref(page);
    json_decref(stored);
    json_decref(rows[0].json ? rows[0].json : rows[1].json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pages_together_are_what_memory_has),
        cmocka_unit_test(what_happened_to_one_session_is_seen_at_once),
        cmocka_unit_test(a_change_while_the_store_reads_is_in_the_page),
        cmocka_unit_test(what_lies_beyond_what_was_read_is_left_for_the_next_page),
    };
    rig.server.store = (struct store *)&rig; /* nobody looks into it */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
