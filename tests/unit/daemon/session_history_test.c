/* Pages of history while some of it is not on disk: whatever is asked for, it is as memory has it, and
 * nothing is lost or there twice where the store's part ends. The store is this test: it has old rows, and
 * gone ones. */
#include "tests/unit/proto/fold.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/session_history.h"

enum { MOST = 6, COMMITTED = 10, OLD = 100 /* the number of a message that only the store has */ };

static struct {
    struct server server;
    struct session session;
    int stored[2 * MOST]; /* the numbers of the messages that the store has */
    size_t stored_count, reads;
    store_read_cb *cb; /* of the read that waits, */
    void *arg;
    json_t *result; /* ... and what it will be told; NULL: there is no such message */
    char page[256]; /* "0 1 2 +", or the error's name */
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

/* What a reader sees that runs now; the answer comes with deliver(). */
enum err store_history(struct store *store, uint32_t session, const struct store_page *page,
                       store_read_cb *cb, void *arg)
{
    size_t first = page->first, end = page->end < rig.stored_count ? page->end : rig.stored_count;
    bool found = page->message == NULL, more = false;
    char id[ID_MAX];

    (void)store;
    (void)session;
    rig.reads++;
    for (size_t i = first; !found && i < end; i++)
        if (strcmp(fold_id("m_", rig.stored[i], id), page->message) == 0) {
            found = true;
            first = page->after ? i + 1 : first;
            end = page->after ? end : i;
        }
    if (first < end && end - first > (size_t)page->limit) {
        more = true;
        first = page->after ? first : end - (size_t)page->limit;
        end = first + (size_t)page->limit;
    }
    json_t *messages = json_array(), *places = json_array();
    for (size_t i = first; i < end; i++) {
        json_array_append_new(messages, json_pack("{s:s}", "id", fold_id("m_", rig.stored[i], id)));
        json_array_append_new(places, json_integer((json_int_t)i));
    }
    json_t *result =
        json_pack("{s:o,s:o,s:i,s:b}", "messages", messages, "places", places, "bytes", 1, "more", more);
    if (!found)
        json_decref(result);
    rig.result = found ? result : NULL;
    rig.cb = cb;
    rig.arg = arg;
    return ERR_OK;
}

/* --- asking --- */

static void on_page(void *arg, enum err code, const char *error, json_t *page)
{
    size_t i;
    json_t *message;

    (void)arg;
    (void)error;
    rig.page[0] = '\0';
    json_array_foreach(json_object_get(page, "messages"), i, message)
    {
        size_t len = strlen(rig.page);
        int number = atoi(strrchr(jsonx_str(message, "id", "n"), 'n') + 1);
        snprintf(rig.page + len, sizeof rig.page - len, "%s%d", i ? " " : "", number);
    }
    if (jsonx_bool(page, "more", false))
        strcat(rig.page, " +");
    if (jsonx_bool(page, "behind", false))
        strcat(rig.page, " behind");
    if (code != ERR_OK)
        strcpy(rig.page, err_name(code));
}

static void deliver(void)
{
    store_read_cb *cb = rig.cb;

    rig.cb = NULL;
    if (cb)
        cb(rig.arg, rig.result ? ERR_OK : ERR_NOT_FOUND, NULL, rig.result);
    json_decref(rig.result);
    rig.result = NULL;
}

static void ask(int before, int after, int limit)
{
    char id[ID_MAX];
    const char *message = before < 0 && after < 0 ? NULL : fold_id("m_", before < 0 ? after : before, id);
    struct session_history_ask asked = {before < 0 ? NULL : message, after < 0 ? NULL : message, limit};

    strcpy(rig.page, "no answer");
    assert_int_equal(session_history_read(&rig.session, &asked, on_page, NULL), ERR_OK);
}

static void add_message(int number)
{
    char id[ID_MAX];
    json_t *message = message_user_json(fold_id("m_", number, id), "ann", 1, "hm", NULL);

    assert_int_equal(
        fold_json(rig.session.state, EVENT_MESSAGE_ADDED, json_pack("{s:o}", "message", message)), FOLD_OK);
}

/* A session with so many messages, of which the newest are in memory; from: the first that the store may not
 * have as it is. */
static void given(int total, int window, int from)
{
    rig.session.server = &rig.server;
    rig.session.state = state_new(FOLD_SESSION, FOLD_EPOCH);
    assert_int_equal(fold_text(rig.session.state, EVENT_SESSION_STARTED,
                               "{\"owner\":\"ann\",\"title\":\"\",\"model\":\"m\",\"created\":1}"),
                     FOLD_OK);
    for (int i = 0; i < total; i++)
        add_message(i);
    if (window > 0)
        state_set_window(rig.session.state, (size_t)window, 0);
    rig.session.written.messages = from < 0 ? COMMITTED : COMMITTED + 1;
    rig.session.written.from = from < 0 ? 0 : (uint64_t)from;
    rig.reads = 0;
}

static void end(void)
{
    state_free(&rig.session.state);
    rig.session = (struct session){0};
}

/* The store has what memory has before from, and then so many that are gone. */
static void given_stored(int from, int old)
{
    for (int i = 0; i < from + old; i++)
        rig.stored[i] = i < from ? i : OLD + i;
    rig.stored_count = (size_t)(from + old);
}

static const char *expected(int total, int before, int after, int limit)
{
    static char page[256];
    int first = after < 0 ? 0 : after + 1, last = before < 0 ? total : before, all = last - first;

    page[0] = '\0';
    if (all > limit && after >= 0)
        last = first + limit;
    else if (all > limit)
        first = last - limit;
    for (int i = first; i < last; i++)
        sprintf(page + strlen(page), "%s%d", i > first ? " " : "", i);
    return all > limit ? strcat(page, " +") : page;
}

/* --- tests --- */

static void check_all_pages(int total, int old)
{
    for (int limit = 1; limit <= MOST + 1; limit++) {
        for (int anchor = -1; anchor < total; anchor++) {
            ask(anchor, -1, limit);
            deliver();
            assert_string_equal(rig.page, expected(total, anchor, -1, limit));
            if (anchor >= 0) {
                ask(-1, anchor, limit);
                deliver();
                assert_string_equal(rig.page, expected(total, -1, anchor, limit));
            }
        }
        for (int i = 0; i < old; i++) { /* dropped in memory, not yet on disk */
            ask(OLD + (int)rig.stored_count - 1 - i, -1, limit);
            deliver();
            assert_string_equal(rig.page, "not_found");
        }
    }
    assert_int_equal(rig.session.holds, 0);
}

static void every_page_is_exact_whatever_the_disk_lacks(void **unused)
{
    (void)unused;
    for (int total = 0; total <= MOST; total++)
        for (int window = total > 0; window <= total; window++)
            for (int from = total - window; from <= total; from++)
                for (int old = 0; old <= 2; old++) {
                    given(total, window, from);
                    given_stored(from, old);
                    check_all_pages(total, old);
                    end();
                }
}

static void what_is_all_on_disk_comes_from_there(void **unused)
{
    (void)unused;
    given(MOST, 3, -1);
    given_stored(MOST, 0);
    check_all_pages(MOST, 0);
    rig.reads = 0;
    ask(-1, -1, 2);
    deliver();
    assert_int_equal(rig.reads, 1);
    end();
}

static void what_memory_has_is_not_read(void **unused)
{
    static const struct {
        int before, after, limit;
        size_t reads;
        const char *page;
    } rows[] = {
        {-1, -1, 2, 0, "4 5 +"}, {-1, -1, 3, 1, "3 4 5 +"}, {-1, 3, 9, 0, "4 5"}, {-1, 2, 9, 1, "3 4 5"},
        {-1, 5, 9, 0, ""},       {5, -1, 1, 0, "4 +"},      {4, -1, 1, 1, "3 +"},
    };
    (void)unused;
    given(MOST, 4, 4);
    given_stored(4, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig.reads = 0;
        ask(rows[i].before, rows[i].after, rows[i].limit);
        deliver();
        assert_string_equal(rig.page, rows[i].page);
        assert_int_equal(rig.reads, rows[i].reads);
    }
    end();
}

static void what_changes_while_the_store_reads_is_in_the_page(void **unused)
{
    char last[ID_MAX];
    (void)unused;
    /* a page that the store is reading */
    given(MOST, 4, -1);
    given_stored(MOST, 0);
    ask(-1, -1, 4);
    /* when all from the message 4 on is dropped, and another is said */
    assert_int_equal(fold_json(rig.session.state, EVENT_SESSION_REWOUND,
                               json_pack("{s:s,s:i}", "message", fold_id("m_", 3, last), "removed", 2)),
                     FOLD_OK);
    add_message(9);
    rig.session.written.messages = COMMITTED + 2;
    rig.session.written.from = 4;
    deliver();
    /* then it has what is there now, and may be shorter */
    assert_string_equal(rig.page, "2 3 9 +");
    ask(-1, 2, 9);
    deliver();
    assert_string_equal(rig.page, "3 9");
    end();
}

static void a_commit_while_the_store_reads_loses_nothing(void **unused)
{
    (void)unused;
    /* given a page whose older part is being read, up to the message 3 */
    given(MOST - 1, 4, 3);
    given_stored(3, 0);
    ask(-1, -1, MOST);
    /* when all of it is committed, and one more is said */
    add_message(MOST - 1);
    rig.session.written.messages = COMMITTED + 3;
    rig.session.written.from = MOST - 1;
    deliver();
    assert_string_equal(rig.page, "0 1 2 3 4 5");
    end();
}

static void the_newest_message_of_a_turn_is_as_it_has_come_so_far(void **unused)
{
    (void)unused;
    given(3, 3, -1);
    given_stored(3, 0);
    ask(-1, -1, 1);
    assert_int_equal(rig.reads, 1);
    deliver();
    /* given a turn that runs, the store is not asked for it */
    assert_int_equal(
        fold_text(rig.session.state, EVENT_STATE_CHANGED, "{\"old\":\"idle\",\"new\":\"thinking\"}"),
        FOLD_OK);
    rig.reads = 0;
    ask(-1, -1, 1);
    assert_int_equal(rig.reads, 0);
    assert_string_equal(rig.page, "2 +");
    end();
}

static void messages_that_are_neither_here_nor_there_are_known(void **unused)
{
    (void)unused;
    given(MOST, 2, 4);
    assert_true(session_history_is_whole(&rig.session));
    rig.session.written.from = 3;
    assert_false(session_history_is_whole(&rig.session));
    rig.session.written.messages = COMMITTED;
    assert_true(session_history_is_whole(&rig.session));
    end();
}

static void a_page_says_that_it_lacks_what_memory_let_go_of_meanwhile(void **unused)
{
    (void)unused;
    /* given a page that the store is reading, of which it has the messages before 3 */
    given(5, 2, 3);
    given_stored(3, 0);
    ask(-1, -1, 4);
    /* when so much is said that 3 is not in memory any more */
    add_message(5);
    rig.session.written.messages = COMMITTED + 3;
    deliver();
    assert_string_equal(rig.page, "1 2 4 5 + behind");
    /* pages that need none of it are whole */
    ask(2, -1, 9);
    deliver();
    assert_string_equal(rig.page, "0 1");
    ask(-1, 4, 9);
    deliver();
    assert_string_equal(rig.page, "5");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_exact_whatever_the_disk_lacks),
        cmocka_unit_test(what_is_all_on_disk_comes_from_there),
        cmocka_unit_test(what_memory_has_is_not_read),
        cmocka_unit_test(what_changes_while_the_store_reads_is_in_the_page),
        cmocka_unit_test(a_commit_while_the_store_reads_loses_nothing),
        cmocka_unit_test(the_newest_message_of_a_turn_is_as_it_has_come_so_far),
        cmocka_unit_test(messages_that_are_neither_here_nor_there_are_known),
        cmocka_unit_test(a_page_says_that_it_lacks_what_memory_let_go_of_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
