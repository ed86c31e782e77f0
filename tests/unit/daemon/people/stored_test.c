/* What users have stored: sums, what is refused, and what is said, with quotas that are set here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/dispatch.h"
#include "daemon/people/audit.h"
#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/server.h"
#include "daemon/store/store_size.h"
#include "shared/jsonx.h"
#include <cmocka.h>
#include <string.h>

static struct play {
    struct server server;
    struct state state;
    struct session session;
    int64_t quota, before; /* before: what the store says that bo has */
    int percents[8];
    size_t said;
} play;

/* --- what it stands on --- */

int64_t users_quota(const struct users *users, const char *name, enum quota quota)
{
    (void)users;
    assert_int_equal(quota, QUOTA_STORED);
    return strcmp(name, "bo") == 0 ? play.quota : 0;
}

const char *quota_name(enum quota quota)
{
    (void)quota;
    return "stored";
}

void audit_record(struct server *server, const struct principal *who, const char *action, const char *object,
                  const char *format, ...)
{
    (void)server;
    (void)who;
    (void)format;
    assert_string_equal(action, "budget");
    assert_string_equal(object, "bo");
}

bool session_emit(struct session *session, enum event_type type, json_t *data)
{
    char error[256];
    assert_int_equal(type, EVENT_BUDGET_REACHED);
    assert_true(schema_check(event_row(type)->fields, data, true, error));
    play.percents[play.said++] = (int)jsonx_int(data, "percent", 0);
    json_decref(data);
    stored_tell(session); /* as the real one does */
    return true;
}

enum err store_owner_bytes(struct store *store, store_owner_cb *each, void *arg)
{
    (void)store;
    each(arg, "bo", play.before);
    each(arg, "cy", 7);
    return ERR_OK;
}

static void begin(int64_t quota, int64_t before)
{
    memset(&play, 0, sizeof play);
    play.quota = quota;
    play.before = before;
    play.session = (struct session){.server = &play.server, .state = &play.state};
    play.state.owner = (char *)"bo";
    play.server.stored = stored_open(&play.server);
}

static void end(void)
{
    stored_close(&play.server.stored);
}

static void add(int64_t bytes)
{
    stored_add(&play.session, bytes);
    stored_tell(&play.session);
}

/* --- tests --- */

static void sums_follow_what_comes_and_goes(void **state)
{
    (void)state;
    begin(0, 1000);
    stored_loaded(&play.session, 400, 100, 0);
    add(50);
    assert_true(stored_set_files(&play.session, 700));
    assert_false(stored_set_files(&play.session, 700));
    assert_int_equal(stored_of(&play.server, "bo"), 1650);
    assert_int_equal(play.session.bytes, 450);
    stored_drop(&play.session);
    play.session.end = SESSION_DELETED;
    add(5); /* of one that is deleted */
    assert_int_equal(stored_of(&play.server, "bo"), 500);
    assert_int_equal(stored_of(&play.server, "cy"), 7);
    assert_int_equal(stored_of(&play.server, "nobody"), 0);
    end();
}

static void what_was_not_counted_counts_once(void **state)
{
    (void)state;
    begin(0, 0);
    stored_loaded(&play.session, -1, 0, 0);
    add(300); /* the count has it */
    assert_int_equal(stored_of(&play.server, "bo"), 0);
    stored_set_files(&play.session, 40);
    stored_counted(&play.server, &play.session, NULL, 1000, 50);
    assert_int_equal(stored_of(&play.server, "bo"), 1050);
    end();
}

static void a_folder_that_was_measured_before_counts_once(void **state)
{
    struct store_uncounted row = {.owner = "cy", .files = 5};
    (void)state;
    begin(0, 0); /* cy's 7 have these 5 */
    stored_counted(&play.server, NULL, &row, 10, 6);
    assert_int_equal(stored_of(&play.server, "cy"), 18);
    end();
}

static void events_that_a_kill_left_are_added(void **state)
{
    (void)state;
    begin(0, 500);
    stored_loaded(&play.session, 500, 0, 64);
    assert_int_equal(play.session.bytes, 564);
    assert_int_equal(stored_of(&play.server, "bo"), 564);
    end();
}

static void what_is_beyond_the_quota_is_refused_in_words(void **state)
{
    static const struct {
        int64_t quota, has, more;
        const char *said; /* NULL: it is taken */
    } table[] = {
        {0, INT64_C(1) << 40, 1 << 20, NULL},
        {4096, 0, 4096, NULL},
        {4096, 1000, 3096, NULL},
        {4096, 4095, 0, NULL},
        {4096, 4096, 0,
         "bo has 4.0 KiB stored, and may have 4.0 KiB (quota.stored); delete sessions that are not needed: "
         "stoa rm (stoa export keeps a copy)"},
        {4096, 9000, 1,
         "bo has 8.8 KiB stored, and may have 4.0 KiB (quota.stored); delete sessions that are not needed: "
         "stoa rm (stoa export keeps a copy)"},
        {4096, 1024, 2048 + 1025,
         "bo has 1.0 KiB stored, and may have 4.0 KiB (quota.stored); this takes 3.0 KiB; delete sessions "
         "that are not needed: stoa rm (stoa export keeps a copy)"},
        {-1, 0, 0,
         "bo has 0 bytes stored, and may have nothing (quota.stored); delete sessions that are not needed: "
         "stoa rm (stoa export keeps a copy)"},
    };
    char error[256];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        begin(table[i].quota, table[i].has);
        enum err code = stored_room(&play.server, "bo", table[i].more, error);
        assert_int_equal(code, table[i].said ? ERR_LIMIT : ERR_OK);
        if (table[i].said)
            assert_string_equal(error, table[i].said);
        assert_int_equal(stored_room(&play.server, "ann", table[i].more, error), ERR_OK);
        end();
    }
}

static void what_adds_is_refused_and_what_takes_away_is_not(void **state)
{
    static const enum method adds[] = {METHOD_MESSAGE_SEND,      METHOD_SESSION_RENAME,
                                       METHOD_SESSION_CREATE,    METHOD_SESSION_FORK,
                                       METHOD_MCP_CALL,          METHOD_MCP_READ,
                                       METHOD_SESSION_CONFIGURE, METHOD_SESSION_SHARE,
                                       METHOD_SESSION_COMPACT},
                             others[] = {METHOD_SESSION_DELETE,     METHOD_SESSION_INTERRUPT,
                                         METHOD_SESSION_REWIND,     METHOD_SESSION_UNSHARE,
                                         METHOD_MESSAGE_HISTORY,    METHOD_SESSION_SNAPSHOT,
                                         METHOD_MESSAGE_EDIT_QUEUE, METHOD_SESSION_INFO};
    char error[256];
    (void)state;
    begin(100, 100);
    struct call call = {.server = &play.server, .session = &play.session, .principal = {.user = "bo"}};
    for (size_t i = 0; i < sizeof adds / sizeof adds[0]; i++) {
        call.method = adds[i];
        assert_int_equal(stored_admits(&call, error), ERR_LIMIT);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        call.method = others[i];
        assert_int_equal(stored_admits(&call, error), ERR_OK);
    }
    strcpy(call.principal.user, "cy"); /* whose session it is counts, but for a fork */
    call.method = METHOD_MESSAGE_SEND;
    assert_int_equal(stored_admits(&call, error), ERR_LIMIT);
    call.method = METHOD_SESSION_FORK;
    assert_int_equal(stored_admits(&call, error), ERR_OK);
    end();
}

static void most_and_all_of_it_are_said_once(void **state)
{
    (void)state;
    begin(1000, 0);
    add(799);
    assert_int_equal(play.said, 0);
    add(1);
    add(100);
    assert_int_equal(play.said, 1);
    add(100);
    add(500);
    assert_int_equal(play.said, 2);
    assert_int_equal(play.percents[0], 80);
    assert_int_equal(play.percents[1], 100);
    add(-750); /* 75% */
    add(100);
    assert_int_equal(play.said, 2);
    add(-400); /* 45%: there is room again */
    add(400);
    assert_int_equal(play.said, 3);
    assert_int_equal(play.percents[2], 80);
    end();
    begin(1000, 850); /* it was said before the start */
    add(10);
    assert_int_equal(play.said, 0);
    end();
    begin(1000, 0);
    stored_add_hosts(&play.server, "bo", 850, true);
    add(10);
    assert_int_equal(play.said, 0);
    stored_add_hosts(&play.server, "bo", -600, false);
    add(10); /* 27%: there is room again */
    stored_add_hosts(&play.server, "bo", 700, false);
    add(10);
    assert_int_equal(play.said, 1);
    assert_int_equal(stored_of(&play.server, "bo"), 980);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_follow_what_comes_and_goes),
        cmocka_unit_test(what_was_not_counted_counts_once),
        cmocka_unit_test(a_folder_that_was_measured_before_counts_once),
        cmocka_unit_test(events_that_a_kill_left_are_added),
        cmocka_unit_test(what_is_beyond_the_quota_is_refused_in_words),
        cmocka_unit_test(what_adds_is_refused_and_what_takes_away_is_not),
        cmocka_unit_test(most_and_all_of_it_are_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
