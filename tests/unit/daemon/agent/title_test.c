/* A title by the model: what it is asked, what is taken of its answer, and how the request ends. */
#include "daemon/agent/sample.h"
#include "daemon/agent/title.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tests/unit/daemon/agent/session.h"
#include <stdlib.h>
#include <string.h>

#define DEMO "{\"model\":\"demo\",\"provider\":{\"name\":\"demo\",\"api\":\"demo\"},\"demo\":{\"rate\":0}}"
#define END                                                                                                  \
    {                                                                                                        \
        NULL, NULL, NULL                                                                                     \
    }

static char *asked(const struct session_message *messages)
{
    struct state *session = session_make(messages, "idle");
    json_t *params = title_params(session);
    const json_t *message = json_array_get(jsonx_arr(params, "messages"), 0);
    char *text = params ? strdup(jsonx_str(jsonx_obj(message, "content"), "text", "")) : NULL;

    if (params) {
        assert_string_equal(jsonx_str(params, "systemPrompt", ""), title_system);
        assert_true(jsonx_int(params, "maxTokens", 0) > 0);
    }
    json_decref(params);
    state_free(&session);
    return text;
}

static void the_first_question_and_its_answer_are_quoted(void **state)
{
    const struct session_message messages[] = {{"user", "complete", "why?\n/demo hang=1"},
                                               {"assistant", "failed", "no"},
                                               {"assistant", "complete", NULL},
                                               {"assistant", "complete", "so"},
                                               {"user", "complete", "later"},
                                               {"assistant", "complete", "much"},
                                               END};
    static const char begins[] = "Question:\n> why?\n> /demo hang=1\n\nAnswer:\n> so\n\nGive this";
    char *text = asked(messages);

    (void)state;
    assert_non_null(text);
    assert_int_equal(strncmp(text, begins, strlen(begins)), 0);
    assert_null(strstr(text, "later"));
    free(text);
}

static void long_ones_are_cut_between_characters(void **state)
{
    char *question = xcalloc(1, 5002);
    struct session_message messages[] = {{"user", "complete", question}, {"assistant", "complete", "a"}, END};

    (void)state;
    question[0] = 'x';
    for (int i = 0; i < 2500; i++)
        memcpy(question + 1 + 2 * i, "\xC3\xA9", 2);
    char *text = asked(messages);
    assert_non_null(strstr(text, "\xC3\xA9\n> [...]\n\nAnswer:\n> a\n"));
    assert_true(strlen(text) < 2000);
    free(text);
    free(question);
}

static void without_an_answer_there_is_nothing_to_name(void **state)
{
    const struct session_message only_question[] = {{"user", "complete", "why?"}, END};
    const struct session_message interrupted[] = {
        {"user", "complete", "why?"}, {"assistant", "interrupted", "so"}, END};
    const struct session_message blank[] = {
        {"user", "complete", "why?"}, {"assistant", "complete", " \n"}, END};

    (void)state;
    assert_null(asked(only_question));
    assert_null(asked(interrupted));
    assert_null(asked(blank));
}

static void the_title_is_what_is_left_without_marks(void **state)
{
    static const char *const rows[][2] = {
        {"Why the loop spins", "Why the loop spins"},
        {"\n \"Why the loop spins.\"\nIt is about", "Why the loop spins"},
        {"# **Why the loop spins**", "Why the loop spins"},
        {"Title: Why", "Why"},
        {"<think>\nhm\n</think>\n\nWhy", "Why"},
        {"\xC3\x89t\xC3\xA9 \xE2\x80\xA6", "\xC3\x89t\xC3\xA9 \xE2\x80\xA6"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14", "1 2 3 4 5 6 7 8 9 10 11 12"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *title = title_read(rows[i][0]);
        assert_non_null(title);
        assert_string_equal(title, rows[i][1]);
        free(title);
    }
    assert_null(title_read(""));
    assert_null(title_read(" \n**\n"));
    assert_null(title_read("...\n"));
    assert_null(title_read("\n<think>\nOkay, the user wants a title"));
}

/* --- the request --- */

struct incoming { /* what requests.c would do with it */
    void (*cancelled)(void *arg);
    void *arg;
    int replies;
    char said[200];
};

void incoming_reply(struct incoming *incoming, json_t *ok)
{
    char *text = json_dumps(ok, JSON_COMPACT | JSON_SORT_KEYS);

    incoming->replies++;
    snprintf(incoming->said, sizeof incoming->said, "%s", text);
    free(text);
    json_decref(ok);
}

void incoming_refuse(struct incoming *incoming, enum err code, const char *text)
{
    incoming->replies++;
    snprintf(incoming->said, sizeof incoming->said, "%s: %s", err_name(code), text);
}

void incoming_on(struct incoming *incoming, void (*cancelled)(void *arg),
                 void (*note)(void *arg, const json_t *note), void *arg)
{
    (void)note;
    incoming->cancelled = cancelled;
    incoming->arg = arg;
}

static void count_end(void *arg)
{
    ++*(int *)arg;
}

struct play {
    uv_loop_t loop;
    struct state *session;
    struct incoming incoming;
    struct title *title;
    int ended;
};

static void play_begin(struct play *play, const char *question, const char *order)
{
    const struct session_message messages[] = {
        {"user", "complete", question}, {"assistant", "complete", "so"}, END};
    struct title_options options = {&play->loop, NULL, NULL, count_end, &play->ended};
    json_t *json = order ? json_loads(order, 0, NULL) : NULL;

    memset(play, 0, sizeof *play);
    uv_loop_init(&play->loop);
    play->session = session_make(messages, "idle");
    options.state = play->session;
    play->title = title_start(&options, &play->incoming, json);
    json_decref(json);
}

static void play_end(struct play *play)
{
    uv_run(&play->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&play->loop), 0);
    state_free(&play->session);
}

static void the_demo_model_takes_the_first_words(void **state)
{
    static const char *const rows[][2] = {
        {"why does it spin after the revoke?", "why does it spin after the"},
        {"short\nand more", "short"},
        {"/demo echo=hello there", "echo=hello there"},
        {"/demo hang=1", "hang=1"},
    };
    struct play play;
    char expected[200];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        play_begin(&play, rows[i][0], DEMO);
        assert_non_null(play.title);
        assert_int_equal(play.incoming.replies, 0);
        play_end(&play);
        snprintf(expected, sizeof expected, "{\"model\":\"demo/demo\",\"title\":\"%s\",\"usage\":{",
                 rows[i][1]);
        assert_memory_equal(play.incoming.said, expected, strlen(expected));
        assert_null(strstr(play.incoming.said, "\"input\":0"));
        assert_int_equal(play.incoming.replies, 1);
        assert_int_equal(play.ended, 1);
    }
}

static void what_cannot_be_asked_is_refused(void **state)
{
    struct play play;

    (void)state;
    play_begin(&play, "why?", NULL);
    assert_null(play.title);
    play_end(&play);
    assert_string_equal(play.incoming.said, "bad_request: a title needs an order");
    play_begin(&play, " ", DEMO);
    assert_null(play.title);
    play_end(&play);
    assert_string_equal(play.incoming.said, "conflict: nothing was said yet");
    play_begin(&play, "why?", "{\"model\":\"x\",\"provider\":{\"name\":\"x\",\"api\":\"none\"}}");
    play_end(&play);
    assert_int_equal(strncmp(play.incoming.said, "provider: ", 10), 0);
    assert_int_equal(play.ended, 1);
}

static void when_it_is_not_wanted_any_more_nothing_is_said(void **state)
{
    struct play play;

    (void)state;
    play_begin(&play, "why?", DEMO);
    play.incoming.cancelled(play.incoming.arg);
    assert_int_equal(play.ended, 1);
    play_end(&play);
    assert_int_equal(play.incoming.replies, 0);

    play_begin(&play, "why?", DEMO);
    title_cancel(&play.title);
    title_cancel(&play.title);
    play_end(&play);
    assert_int_equal(play.ended, 0);
    assert_int_equal(play.incoming.replies, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_question_and_its_answer_are_quoted),
        cmocka_unit_test(long_ones_are_cut_between_characters),
        cmocka_unit_test(without_an_answer_there_is_nothing_to_name),
        cmocka_unit_test(the_title_is_what_is_left_without_marks),
        cmocka_unit_test(the_demo_model_takes_the_first_words),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
        cmocka_unit_test(when_it_is_not_wanted_any_more_nothing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
