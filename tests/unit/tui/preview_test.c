#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/preview.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 60 };

static json_t *said(const char *role, const char *text, json_t *call)
{
    char id[ID_MAX];
    json_t *content = json_pack("[{s:s, s:s}]", "type", "text", "text", text);

    id_make(id, "m_");
    if (call)
        json_array_append_new(content, json_pack("{s:s, s:s, s:s, s:s, s:o}", "type", "tool_call", "id", "c",
                                                 "name", "n", "input", "{}", "call", call));
    return json_pack("{s:s, s:s, s:s, s:I, s:s, s:o}", "id", id, "role", role, "author",
                     strcmp(role, "user") == 0 ? "ann" : "demo/stoa", "ts", (json_int_t)0, "status",
                     "complete", "content", content);
}

/* Takes messages; total: of the session. */
static struct state *with(json_t *messages, uint64_t total)
{
    struct state *state = state_new("s_01j8zq4k3n0000000000000000", "e_01j8zq4k3n0000000000000000");

    assert_true(state_prepend(state, messages));
    json_decref(messages);
    state->messages_total = total;
    free(state->title);
    state->title = xstrdup("mother");
    return state;
}

/* A question, an answer with a call that ran, a question with a control in it, an answer. */
static struct state *talk(void)
{
    json_t *done = json_pack("{s:s, s:s, s:s, s:s, s:i}", "state", "done", "server", "", "tool", "t",
                             "result", "r", "started", 1);
    json_t *denied =
        json_pack("{s:s, s:s, s:s, s:s}", "state", "denied", "server", "", "tool", "t", "result", "no");

    return with(json_pack("[o, o, o, o]", said("user", "first question", NULL),
                          said("assistant", "one", done),
                          said("user", "\n\nsecond \x1b[31mquestion\nline two", NULL),
                          said("assistant", "two", denied)),
                4);
}

static struct preview look(const struct state *state, enum preview_change change, const char *message)
{
    struct preview preview = preview_change(state, change, message, WIDTH, 1000);

    for (const char *at = preview.is == PREVIEW_READY ? preview.text : ""; *at;) {
        size_t len = strcspn(at, "\n");
        assert_true(utf8_width(at, len) <= WIDTH);
        at += len + (at[len] == '\n');
    }
    return preview;
}

static void expect(struct preview preview, enum preview_is is, const char *text)
{
    assert_int_equal(preview.is, is);
    if (text && !strstr(preview.text, text))
        fail_msg("no \"%s\" in:\n%s", text, preview.text);
    free(preview.text);
}

static void a_rewind_names_each_message_that_goes(void **arg)
{
    struct state *state = talk();
    struct preview preview = look(state, PREVIEW_REWIND, state->messages[0]->id);

    (void)arg;
    assert_int_equal(preview.is, PREVIEW_READY);
    assert_non_null(strstr(preview.text, "Rewind: drop 3 messages for good?\n"));
    assert_non_null(strstr(preview.text, "\n1 tool call ran in them: what they did is NOT undone.\n"));
    assert_non_null(
        strstr(preview.text, "The last message that stays:\n  ann         1970-01-01  first question"));
    assert_non_null(strstr(preview.text, "\n  ann         1970-01-01  second question\n"));
    assert_non_null(strstr(preview.text, "  one  [1 tool call ran]\n"));
    assert_non_null(strstr(preview.text, "  two\n"));
    assert_null(strchr(preview.text, '\033'));
    free(preview.text);
    state_free(&state);
}

static void with_nothing_kept_all_must_be_loaded(void **arg)
{
    struct state *state = talk();

    (void)arg;
    expect(look(state, PREVIEW_REWIND, ""), PREVIEW_READY, "Rewind: drop 4 messages");
    expect(look(state, PREVIEW_REWIND, ""), PREVIEW_READY, "the session is empty after this");
    state->messages_total = 10;
    expect(look(state, PREVIEW_REWIND, ""), PREVIEW_MISSING, NULL);
    expect(look(state, PREVIEW_REWIND, "m_not_loaded"), PREVIEW_MISSING, NULL);
    expect(look(state, PREVIEW_REWIND, state->messages[2]->id), PREVIEW_READY, "drop 1 message for");
    state->messages_total = 4;
    expect(look(state, PREVIEW_REWIND, "m_gone"), PREVIEW_REFUSED, "not in this session any more");
    expect(look(state, PREVIEW_REWIND, state->messages[3]->id), PREVIEW_REFUSED, "nothing comes after");
    state_free(&state);
}

static void editing_says_that_the_text_comes_back(void **arg)
{
    struct state *state = talk();

    (void)arg;
    expect(look(state, PREVIEW_EDIT, state->messages[1]->id), PREVIEW_READY, "comes back as your draft");
    expect(look(state, PREVIEW_EDIT, state->messages[1]->id), PREVIEW_READY,
           "\n\nThe last message that stays:");
    struct preview answer = look(state, PREVIEW_EDIT, state->messages[0]->id);
    assert_null(strstr(answer.text, "draft"));
    free(answer.text);
    state_free(&state);
}

static void what_runs_or_waits_comes_first(void **arg)
{
    struct state *state = talk();

    (void)arg;
    state->run = RUN_STREAMING;
    expect(look(state, PREVIEW_REWIND, ""), PREVIEW_REFUSED, "a turn runs: interrupt it first");
    expect(look(state, PREVIEW_COMPACT, ""), PREVIEW_REFUSED, "a turn runs: interrupt it first");
    expect(look(state, PREVIEW_FORK, ""), PREVIEW_READY, NULL); /* a fork takes what is whole */
    state->run = RUN_IDLE;
    state->archived = true;
    expect(look(state, PREVIEW_REWIND, ""), PREVIEW_REFUSED, "archived");
    state_free(&state);
}

static void a_fork_takes_what_is_whole(void **arg)
{
    struct state *state = talk();

    (void)arg;
    expect(look(state, PREVIEW_FORK, ""), PREVIEW_READY, "Fork: a new session with 4 messages?");
    expect(look(state, PREVIEW_FORK, ""), PREVIEW_READY, "This session stays as it is");
    expect(look(state, PREVIEW_FORK, state->messages[1]->id), PREVIEW_READY, "It has not the 2 messages");
    state->messages_total = 10;
    expect(look(state, PREVIEW_FORK, state->messages[1]->id), PREVIEW_READY, "with 8 messages?");
    state->messages[3]->status = MESSAGE_STREAMING;
    assert_int_equal(preview_fork_end(state, ""), 2);
    expect(look(state, PREVIEW_FORK, state->messages[3]->id), PREVIEW_REFUSED, "not whole yet");
    state->messages[3]->status = MESSAGE_COMPLETE;
    state_free(&state);
}

static void compacting_says_what_the_summary_stands_for(void **arg)
{
    struct state *state = talk();

    (void)arg;
    state->context_tokens = 700;
    expect(look(state, PREVIEW_COMPACT, ""), PREVIEW_READY, "sum up 2 messages?");
    expect(look(state, PREVIEW_COMPACT, ""), PREVIEW_READY, "about 700 tokens of 1000");
    state->messages_total = 10;
    expect(look(state, PREVIEW_COMPACT, ""), PREVIEW_READY, "sum up 8 messages?");
    strcpy(state->compacted_upto, "m_01j8zq4k3n0000000000000000");
    expect(look(state, PREVIEW_COMPACT, ""), PREVIEW_MISSING, NULL);
    strcpy(state->compacted_upto, state->messages[1]->id);
    expect(look(state, PREVIEW_COMPACT, ""), PREVIEW_REFUSED, "too little");
    state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rewind_names_each_message_that_goes),
        cmocka_unit_test(with_nothing_kept_all_must_be_loaded),
        cmocka_unit_test(editing_says_that_the_text_comes_back),
        cmocka_unit_test(what_runs_or_waits_comes_first),
        cmocka_unit_test(a_fork_takes_what_is_whole),
        cmocka_unit_test(compacting_says_what_the_summary_stands_for),
    };

    utf8_locale();
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
