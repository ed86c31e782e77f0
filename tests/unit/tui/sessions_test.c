/* What the list of sessions knows: pages, what happens meanwhile, and who needs a person. */
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "tui/sessions.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONE   "s_01j8zq4k3nw8x5t7v9r2m6p0q1"
#define TWO   "s_01j8zq4k3nw8x5t7v9r2m6p0q2"
#define THREE "s_01j8zq4k3nw8x5t7v9r2m6p0q3"
#define ASKED "q_01j8zq4k3nw8x5t7v9r2m6p0q1"
#define OTHER "q_01j8zq4k3nw8x5t7v9r2m6p0q2"

static json_t *row(const char *id, const char *title, const char *state)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:i}", "id", id, "title", title, "state", state, "model", "demo/stoa",
                     "activity", 5);
}

static void load(struct sessions *sessions, json_t *list, const char *next)
{
    assert_non_null(list);
    sessions_load(sessions, list, next);
    json_decref(list);
}

static int set_up(void **state)
{
    struct sessions *sessions = sessions_new();

    load(sessions, json_pack("[o,o]", row(ONE, "one", "idle"), row(TWO, "two", "idle")), "more");
    *state = sessions;
    return 0;
}

static int tear_down(void **state)
{
    sessions_free((struct sessions **)state);
    return 0;
}

static void happens(struct sessions *sessions, const char *id, enum event_type type, json_t *data)
{
    struct event event = {.type = type, .session = id, .epoch = "e", .seq = 1, .ts = 9, .data = data};

    assert_non_null(data);
    sessions_event(sessions, &event);
    json_decref(data);
}

static void assert_look(struct sessions *sessions, const char *id, const char *glyph, const char *word)
{
    struct session_look look = session_row_look(sessions_at(sessions, sessions_find(sessions, id)));

    assert_string_equal(look.glyph, glyph);
    assert_string_equal(look.word, word);
}

static void asks(struct sessions *sessions, const char *id, const char *question)
{
    happens(sessions, id, EVENT_QUESTION_ASKED,
            json_pack("{s:{s:s,s:s}}", "question", "id", question, "kind", "form"));
}

static void answered(struct sessions *sessions, const char *id, const char *question)
{
    happens(sessions, id, EVENT_QUESTION_ANSWERED, json_pack("{s:s}", "question", question));
}

static void test_pages_add_up(void **state)
{
    struct sessions *sessions = *state;

    assert_string_equal(sessions_next(sessions), "more");
    json_t *page = json_pack("[o,o,s]", row(TWO, "again", "idle"), row(THREE, "three", "idle"), "nonsense");
    sessions_append(sessions, page, "");
    json_decref(page);
    assert_int_equal(sessions_count(sessions), 3);
    assert_string_equal(sessions_at(sessions, 1)->title, "two");
    assert_string_equal(sessions_at(sessions, 2)->title, "three");
    assert_string_equal(sessions_next(sessions), "");
}

static void test_every_condition_has_a_glyph_and_a_word(void **state)
{
    struct sessions *sessions = *state;

    assert_look(sessions, ONE, "·", "");
    happens(sessions, ONE, EVENT_STATE_CHANGED, json_pack("{s:s}", "new", "thinking"));
    assert_look(sessions, ONE, "●", "running");
    happens(sessions, ONE, EVENT_TURN_RETRYING,
            json_pack("{s:i,s:s}", "limit", 0, "why", "others are at work"));
    assert_look(sessions, ONE, "~", "in line");
    happens(sessions, ONE, EVENT_TURN_RETRYING, json_pack("{s:i,s:s}", "limit", 0, "why", ""));
    assert_look(sessions, ONE, "●", "running");
    happens(sessions, ONE, EVENT_TURN_RETRYING, json_pack("{s:i,s:s}", "limit", 2, "why", "429"));
    assert_look(sessions, ONE, "●", "running");
    happens(sessions, ONE, EVENT_STATE_CHANGED, json_pack("{s:s}", "new", "awaiting_permission"));
    assert_look(sessions, ONE, "?", "asks");
    happens(sessions, ONE, EVENT_STATE_CHANGED, json_pack("{s:s}", "new", "idle"));
    assert_look(sessions, ONE, "✓", "done");
    happens(sessions, TWO, EVENT_ERROR_OCCURRED, json_pack("{s:s,s:s}", "kind", "provider", "text", "x"));
    assert_look(sessions, TWO, "!", "error");
}

static void test_any_question_needs_a_person(void **state)
{
    struct sessions *sessions = *state;

    happens(sessions, ONE, EVENT_STATE_CHANGED, json_pack("{s:s}", "new", "running_tools"));
    asks(sessions, ONE, ASKED); /* a form: the turn goes on meanwhile */
    asks(sessions, ONE, OTHER);
    asks(sessions, ONE, ASKED); /* told twice */
    assert_look(sessions, ONE, "?", "asks");
    answered(sessions, ONE, ASKED);
    assert_true(session_row_asks(sessions_at(sessions, 0)));
    answered(sessions, ONE, OTHER);
    assert_look(sessions, ONE, "●", "running");
}

static void test_a_new_list_keeps_what_it_does_not_say(void **state)
{
    struct sessions *sessions = *state;

    asks(sessions, TWO, ASKED);
    happens(sessions, ONE, EVENT_STATE_CHANGED, json_pack("{s:s}", "new", "thinking"));
    happens(sessions, ONE, EVENT_STATE_CHANGED, json_pack("{s:s}", "new", "idle"));
    load(sessions, json_pack("[o,o]", row(TWO, "two", "idle"), row(ONE, "one", "idle")), "");
    assert_look(sessions, ONE, "✓", "done");
    assert_look(sessions, TWO, "?", "asks");
    json_t *list = json_pack("[{s:s,s:s}]", "session", ONE, "id", OTHER);
    sessions_questions(sessions, list); /* and that is all of them */
    json_decref(list);
    assert_look(sessions, ONE, "?", "asks");
    assert_look(sessions, TWO, "·", "");
}

static void test_a_title_by_the_model_is_no_activity(void **state)
{
    struct sessions *sessions = *state;
    const struct session_row *row = sessions_at(sessions, sessions_find(sessions, ONE));
    int64_t activity = row->activity;

    assert_int_not_equal(activity, 9);
    happens(sessions, ONE, EVENT_SESSION_UPDATED, json_pack("{s:s,s:b}", "title", "its", "quiet", 1));
    assert_string_equal(row->title, "its");
    assert_int_equal(row->activity, activity);
    happens(sessions, ONE, EVENT_SESSION_UPDATED, json_pack("{s:s}", "title", "mine"));
    assert_int_equal(row->activity, 9);
}

static void test_archived_and_deleted_ones_go(void **state)
{
    struct sessions *sessions = *state;

    happens(sessions, ONE, EVENT_SESSION_UPDATED, json_pack("{s:b}", "archived", 1));
    assert_int_equal(sessions_count(sessions), 1);
    happens(sessions, TWO, EVENT_SESSION_ENDED, json_pack("{s:s}", "reason", "deleted"));
    assert_int_equal(sessions_count(sessions), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_pages_add_up),
        TEST(test_every_condition_has_a_glyph_and_a_word),
        TEST(test_any_question_needs_a_person),
        TEST(test_a_new_list_keeps_what_it_does_not_say),
        TEST(test_archived_and_deleted_ones_go),
        TEST(test_a_title_by_the_model_is_no_activity),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
