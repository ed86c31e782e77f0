/* The panel of questions: what must not answer, what does, and that nothing is hidden. */
#include "proto/reduce.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "tui/panel.h"
#include "tui/panel_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define EPOCH   "e_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define FIRST   "q_01j8zq4k3nw8x5t7v9r2m6p0q1"
#define SECOND  "q_01j8zq4k3nw8x5t7v9r2m6p0q2"

struct fixture {
    struct state *state;
    struct panel *panel;
    int64_t now;
    json_t *params; /* of the last answer */
    char *said;     /* last */
};

static void fold(struct fixture *f, enum event_type type, json_t *data)
{
    struct event event = {
        .type = type, .session = SESSION, .epoch = EPOCH, .seq = f->state->seq + 1, .ts = 1, .data = data};

    assert_non_null(data);
    assert_int_equal(state_fold(f->state, &event), FOLD_OK);
    json_decref(data);
}

static void keep(struct fixture *f, char *said)
{
    if (!said)
        return;
    free(f->said);
    f->said = said;
}

static void sync(struct fixture *f)
{
    char *said;

    panel_sync(f->panel, f->state, f->now, &said);
    keep(f, said);
}

/* extra: further members, taken. */
static void ask(struct fixture *f, const char *id, const char *kind, json_t *extra)
{
    json_t *question = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I}", "id", id, "kind", kind, "server", "files",
                                 "tool", "write_file", "text", "", "asked", (json_int_t)1);

    if (extra)
        json_object_update(question, extra);
    json_decref(extra);
    fold(f, EVENT_QUESTION_ASKED, json_pack("{s:o}", "question", question));
    sync(f);
    panel_arrange(f->panel, 60, 4);
}

static int setup(void **out)
{
    struct fixture *f = calloc(1, sizeof *f);

    utf8_locale();
    f->state = state_new(SESSION, EPOCH);
    f->panel = panel_new();
    f->now = 100000;
    *out = f;
    return 0;
}

static int teardown(void **at)
{
    struct fixture *f = *at;

    panel_free(&f->panel);
    state_free(&f->state);
    json_decref(f->params);
    free(f->said);
    free(f);
    return 0;
}

static enum panel_does press_with(struct fixture *f, uint32_t code, uint8_t mods, bool draft_empty)
{
    struct key_event event = {.code = code, .mods = mods};
    json_t *params;
    char *said;
    enum panel_does does = panel_key(f->panel, &event, draft_empty, f->now, &params, &said);

    keep(f, said);
    if (params) {
        json_decref(f->params);
        f->params = params;
    }
    return does;
}

/* After the person has sat still for long enough. */
static enum panel_does press(struct fixture *f, uint32_t code)
{
    f->now += PANEL_QUIET_MS;
    return press_with(f, code, 0, true);
}

static void type(struct fixture *f, const char *text)
{
    for (; *text; text++)
        assert_int_equal(press_with(f, (unsigned char)*text, 0, true), PANEL_TAKES);
}

static void answered_is(struct fixture *f, const char *decision, const char *scope)
{
    assert_non_null(f->params);
    assert_string_equal(jsonx_str(f->params, "decision", ""), decision);
    assert_string_equal(jsonx_str(f->params, "scope", ""), scope);
}

/* --- what must not answer --- */

static void a_key_right_after_the_question_came_is_not_an_answer(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    f->now += PANEL_QUIET_MS - 1;
    assert_int_equal(press_with(f, 'y', 0, true), PANEL_TAKES);
    assert_non_null(strstr(f->said, "too soon"));
    f->now += PANEL_QUIET_MS - 1; /* that key began the time anew */
    assert_int_equal(press_with(f, 'y', 0, true), PANEL_TAKES);
    assert_null(f->params);
    assert_int_equal(press_with(f, 'x', 0, true), PANEL_LEAVES); /* none of its keys: the draft's */
    f->now += PANEL_QUIET_MS;
    assert_int_equal(press_with(f, 'y', 0, true), PANEL_ANSWERS);
    answered_is(f, "allow", "");
}

static void a_key_that_went_elsewhere_begins_the_time_anew(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    f->now += PANEL_QUIET_MS;
    panel_wait(f->panel, f->now); /* it chose in a list that was shown above */
    f->now += PANEL_QUIET_MS - 1;
    assert_int_equal(press_with(f, 'y', 0, true), PANEL_TAKES);
    assert_null(f->params);
    assert_int_equal(press(f, 'y'), PANEL_ANSWERS);
}

static void space_and_enter_never_answer(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    assert_int_equal(press(f, ' '), PANEL_LEAVES);
    assert_int_equal(press(f, KEY_ENTER), PANEL_LEAVES);
    assert_int_equal(press(f, KEY_TAB), PANEL_LEAVES);
    assert_null(f->params);
}

static void while_one_writes_it_takes_alt(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    f->now += PANEL_QUIET_MS;
    assert_int_equal(press_with(f, 'n', 0, false), PANEL_LEAVES);
    f->now += PANEL_QUIET_MS;
    assert_int_equal(press_with(f, 'n', MOD_ALT, false), PANEL_ANSWERS);
    answered_is(f, "deny", "");
}

static void yes_needs_the_end_to_be_seen(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission",
        json_pack("{s:s}", "arguments", "{\"command\":\"a\\nb\\nc\\nd\\ne\\nf\\ng\\nh\"}"));
    assert_int_equal(panel_arrange(f->panel, 60, 4), 4);
    assert_int_equal(press(f, 'y'), PANEL_TAKES);
    assert_null(f->params);
    assert_non_null(strstr(f->said, "end was not seen"));
    assert_int_equal(press(f, 'p'), PANEL_TAKES);
    assert_null(panel_input(f->panel));
    press(f, 'v');
    assert_true(panel_expanded(f->panel));
    panel_arrange(f->panel, 60, 5);
    press(f, KEY_END);
    panel_arrange(f->panel, 60, 5);
    assert_int_equal(press(f, 'y'), PANEL_ANSWERS);
    answered_is(f, "allow", "");
}

/* Saying no needs no reading. */
static void no_works_at_once(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", json_pack("{s:s}", "arguments", "{\"c\":\"a\\nb\\nc\\nd\\ne\\nf\\ng\\nh\"}"));
    assert_int_equal(press(f, 'n'), PANEL_ANSWERS);
    answered_is(f, "deny", "");
}

static void an_answer_on_its_way_is_not_given_twice(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    assert_int_equal(press(f, 'y'), PANEL_ANSWERS);
    assert_int_equal(press(f, 'n'), PANEL_LEAVES);
    panel_refused(f->panel);
    assert_int_equal(press(f, 'n'), PANEL_ANSWERS);
}

/* --- what is shown --- */

static void nothing_is_hidden(void **at)
{
    struct fixture *f = *at;
    size_t len, indent;

    ask(f, FIRST, "permission",
        json_pack("{s:s}", "arguments", "{\"command\":\"ls\\u001b[8m; rm -rf /\\u001b[0m \\u202e txt\"}"));
    char *line = strndup(panel_line(f->panel, 0, &len, &indent), 200);
    assert_string_equal(line, "command: ls^[[8m; rm -rf /^[[0m <U+202E> txt\n");
    assert_non_null(strstr(panel_hint(f->panel, true), "3 hidden characters"));
    free(line);
}

static void line_is(struct fixture *f, size_t index, size_t indent, const char *wanted)
{
    size_t len, cells;
    const char *line = panel_line(f->panel, index, &len, &cells);

    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(line, wanted, len);
    assert_int_equal(cells, indent);
}

static void no_value_looks_like_another_argument(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission",
        json_pack("{s:s}", "arguments", "{\"a\":\"x\\npath: /tmp\",\"b\":\"0123456789 01234path: /tmp\"}"));
    assert_int_equal(panel_arrange(f->panel, 20, 10), 5);
    line_is(f, 0, 0, "a:");
    line_is(f, 1, 0, "  x");
    line_is(f, 2, 0, "  path: /tmp");
    line_is(f, 3, 0, "b: 0123456789 01234p");
    line_is(f, 4, 4, "ath: /tmp");
}

static void that_a_tool_only_reads_is_what_its_server_says(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", json_pack("{s:b}", "read_only", 1));
    assert_string_equal(panel_heading(f->panel), "? run files/write_file (says that it only reads)");
}

static void the_heading_names_server_tool_and_danger(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", json_pack("{s:b}", "destructive", 1));
    assert_string_equal(panel_heading(f->panel), "? run files/write_file (can destroy)");
    ask(f, SECOND, "permission", NULL);
    assert_non_null(strstr(panel_heading(f->panel), "1 of 2"));
}

/* --- the others --- */

static void when_another_was_first_it_says_who(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    fold(
        f, EVENT_QUESTION_ANSWERED,
        json_pack("{s:s,s:s,s:s,s:s}", "question", FIRST, "decision", "deny", "cause", "person", "by", "bo"));
    sync(f);
    assert_false(panel_open(f->panel));
    assert_string_equal(f->said, "denied by bo: run files/write_file");
}

static void later_puts_it_off_until_it_is_called_back(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    assert_int_equal(press(f, KEY_ESCAPE), PANEL_TAKES);
    sync(f);
    assert_false(panel_open(f->panel));
    ask(f, SECOND, "permission", NULL); /* a new one comes up all the same */
    assert_true(panel_open(f->panel));
    press(f, KEY_ESCAPE);
    assert_true(panel_recall(f->panel, f->state, f->now));
    panel_arrange(f->panel, 60, 4);
    assert_int_equal(press(f, 'y'), PANEL_ANSWERS);
    assert_string_equal(jsonx_str(f->params, "question", ""), FIRST);
}

/* --- text --- */

static void deny_with_a_reason(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    press(f, 'N');
    assert_non_null(panel_input(f->panel));
    type(f, "yn not that");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_ANSWERS);
    answered_is(f, "deny", "");
    assert_string_equal(jsonx_str(f->params, "reason", ""), "yn not that");
}

/* What one was typing into it when somebody else answered must not fall into the draft, and be sent by Enter.
 */
static void a_text_that_is_cut_short_does_not_go_on_in_the_draft(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", NULL);
    press(f, 'N');
    type(f, "not th");
    fold(f, EVENT_QUESTION_ANSWERED,
         json_pack("{s:s, s:s, s:s, s:s}", "question", FIRST, "decision", "allow", "cause", "person", "by",
                   "bo"));
    sync(f);
    assert_null(panel_input(f->panel));
    type(f, "at");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_TAKES);
    f->now += PANEL_CUT_SHORT_MS;
    assert_int_equal(press_with(f, 'x', 0, true), PANEL_LEAVES);
}

static void always_asks_for_the_pattern(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission", json_pack("{s:s}", "pattern", "files/write_file"));
    press(f, 'p');
    assert_string_equal(editor_text(panel_input(f->panel), NULL), "files/write_file");
    type(f, "(path=/tmp/*)");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_ANSWERS);
    answered_is(f, "allow", "user");
    assert_string_equal(jsonx_str(f->params, "pattern", ""), "files/write_file(path=/tmp/*)");
    panel_refused(f->panel);
    press(f, 's');
    answered_is(f, "allow", "session");
}

static void a_form_is_filled_in_field_by_field(void **at)
{
    struct fixture *f = *at;
    json_t *fields =
        json_pack("[{s:s,s:s,s:b},{s:s,s:s,s:i,s:i},{s:s,s:s,s:[{s:s,s:s},{s:s,s:s}]},{s:s,s:s}]", "name",
                  "name", "type", "text", "required", 1, "name", "age", "type", "integer", "min", 1,
                  "default", 40, "name", "colour", "type", "choice", "options", "value", "r", "title", "Red",
                  "value", "g", "title", "Green", "name", "ok", "type", "boolean");

    assert_non_null(fields);
    ask(f, FIRST, "form", json_pack("{s:o}", "fields", fields));
    panel_arrange(f->panel, 60, 2);                /* not all of it is seen before it is filled in */
    assert_int_equal(press(f, 'y'), PANEL_LEAVES); /* it is not filled in */
    press(f, 'f');
    assert_non_null(strstr(panel_hint(f->panel, true), "1 of 4: name (text), required   [Enter] next"));
    press_with(f, KEY_ENTER, 0, true);
    assert_string_equal(f->said, "this is required");
    type(f, "Ann");
    press_with(f, KEY_ENTER, 0, true);
    assert_string_equal(editor_text(panel_input(f->panel), NULL), "40");
    press_with(f, 'u', MOD_CTRL, true);
    type(f, "0");
    press_with(f, KEY_ENTER, 0, true);
    assert_string_equal(f->said, "0 is too small; it must be at least 1");
    press_with(f, KEY_BACKSPACE, 0, true);
    type(f, "41");
    press_with(f, KEY_ENTER, 0, true);
    type(f, "green");
    press_with(f, KEY_ENTER, 0, true);
    type(f, "yes");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_TAKES); /* Enter does not send it */
    assert_null(f->params);
    panel_arrange(f->panel, 60, 20); /* what was given is seen before it is sent */
    line_is(f, 1, 0, "  answer: Ann");
    line_is(f, 3, 0, "  answer: 41");
    assert_int_equal(press(f, 'y'), PANEL_ANSWERS);
    char *content = json_dumps(json_object_get(f->params, "content"), JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(content, "{\"age\":41,\"colour\":\"g\",\"name\":\"Ann\",\"ok\":true}");
    free(content);
}

static void a_number_is_shown_as_it_was_written(void **at)
{
    json_t *field = json_pack("{s:s,s:s,s:f}", "name", "n", "type", "number", "default", 3.14);
    char *text = panel_field_default(field);

    (void)at;
    assert_string_equal(text, "3.14");
    free(text);
    json_decref(field);
}

static void several_choices_are_a_list(void **at)
{
    json_t *field = json_pack("{s:s,s:s,s:[{s:s},{s:s}]}", "name", "n", "type", "choices", "options", "value",
                              "a b", "value", "c");
    char error[256];
    json_t *value = panel_field_value(field, " a b , c", error);
    char *text = json_dumps(value, JSON_COMPACT);

    (void)at;
    assert_string_equal(text, "[\"a b\",\"c\"]");
    assert_null(panel_field_value(field, "a b, d", error));
    assert_string_equal(error, "'d' is none of the choices");
    free(text);
    json_decref(value);
    json_decref(field);
}

/* --- arguments --- */

static void ask_with(struct fixture *f, const char *arguments)
{
    ask(f, FIRST, "permission", json_pack("{s:s}", "arguments", arguments));
    panel_arrange(f->panel, 60, 40);
}

static const char *input_text(struct fixture *f)
{
    assert_non_null(panel_input(f->panel));
    return editor_text(panel_input(f->panel), NULL);
}

static void replace_all(struct fixture *f, const char *text)
{
    assert_true(editor_set(panel_input(f->panel), text, strlen(text)));
}

static void changed_arguments_are_allowed_once(void **at)
{
    struct fixture *f = *at;

    ask_with(f, "{\"path\":\"/etc/passwd\",\"n\":[1,0.1]}");
    assert_non_null(strstr(panel_hint(f->panel, true), "[e] edit"));
    assert_int_equal(press(f, 'e'), PANEL_TAKES);
    assert_string_equal(input_text(f),
                        "{\n  \"path\": \"/etc/passwd\",\n  \"n\": [\n    1,\n    0.1\n  ]\n}");
    assert_non_null(strstr(panel_hint(f->panel, true), "[Enter] run"));
    replace_all(f, "{\"path\": \"/tmp/x\",\n\"n\": []}");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_ANSWERS);
    answered_is(f, "allow", "");
    char *content = json_dumps(json_object_get(f->params, "content"), JSON_COMPACT);
    assert_string_equal(content, "{\"arguments\":{\"path\":\"/tmp/x\",\"n\":[]}}");
    free(content);
    panel_refused(f->panel); /* what was written is there again */
    press(f, 'e');
    assert_string_equal(input_text(f), "{\"path\": \"/tmp/x\",\n\"n\": []}");
}

static void arguments_that_are_wrong_say_where(void **at)
{
    struct fixture *f = *at;

    ask_with(f, "{\"path\":\"a\"}");
    press(f, 'e');
    replace_all(f, "{\"path\": \"a\",\n  oops}");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_TAKES);
    assert_non_null(strstr(f->said, "not JSON: line 2 column"));
    replace_all(f, "[1]");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_TAKES);
    assert_string_equal(f->said, "the arguments must be one JSON object: {...}");
    replace_all(f, "");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_TAKES);
    assert_non_null(panel_input(f->panel));
    assert_null(f->params);
}

static void arguments_as_they_were_answer_nothing(void **at)
{
    struct fixture *f = *at;

    ask_with(f, "{\"path\":\"a\"}");
    press(f, 'e');
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_TAKES);
    assert_null(panel_input(f->panel));
    assert_string_equal(f->said, "the arguments are as they were: nothing was answered");
    press(f, 'e');
    replace_all(f, "{ \"path\" : \"a\" }"); /* as JSON they are the same */
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_TAKES);
    assert_null(f->params);
}

static void editing_keeps_the_panels_safety(void **at)
{
    struct fixture *f = *at;

    ask_with(f, "{\"path\":\"a\"}");
    f->now += PANEL_QUIET_MS - 1;
    assert_int_equal(press_with(f, 'e', 0, true), PANEL_TAKES);
    assert_null(panel_input(f->panel));
    assert_non_null(strstr(f->said, "too soon"));
    f->now += PANEL_QUIET_MS;
    assert_int_equal(press_with(f, 'e', 0, false), PANEL_LEAVES); /* it is typed into the draft */
    f->now += PANEL_QUIET_MS;
    assert_int_equal(press_with(f, 'e', MOD_ALT, false), PANEL_TAKES);
    assert_non_null(panel_input(f->panel));
    type(f, "x yn");
    press_with(f, KEY_ESCAPE, 0, true);
    assert_null(panel_input(f->panel));
    assert_null(f->params);
    press(f, 'e');
    assert_non_null(strstr(input_text(f), "x yn"));
    press_with(f, KEY_ESCAPE, 0, true);
}

static void what_was_not_seen_is_not_edited(void **at)
{
    struct fixture *f = *at;

    ask(f, FIRST, "permission",
        json_pack("{s:s}", "arguments", "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6}"));
    press(f, 'e');
    assert_null(panel_input(f->panel));
    assert_non_null(strstr(f->said, "not seen"));
}

static void several_lines_are_edited_with_the_drafts_keys(void **at)
{
    struct fixture *f = *at;
    struct key_event paste = {.code = KEY_PASTE, .text = "{\r\"a\": 1\033[31m,\n\"b\": 2}"};
    json_t *params;
    char *said;

    ask_with(f, "{\"path\":\"a\"}");
    press(f, 'e');
    editor_set_width(panel_input(f->panel), 80);
    replace_all(f, "");
    paste.len = paste.total = strlen(paste.text);
    assert_int_equal(panel_key(f->panel, &paste, true, f->now, &params, &said), PANEL_TAKES);
    assert_string_equal(input_text(f), "{\n\"a\": 1,\n\"b\": 2}");
    press_with(f, KEY_UP, 0, true);
    press_with(f, KEY_HOME, 0, true);
    press_with(f, KEY_ENTER, MOD_ALT, true);
    assert_string_equal(input_text(f), "{\n\n\"a\": 1,\n\"b\": 2}");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_ANSWERS);
}

static void nothing_is_hidden_in_the_editor(void **at)
{
    struct fixture *f = *at;

    ask_with(f, "{\"path\":\"a\xE2\x80\xAE\xC3\xA9\x7F\\u001b\xF3\xA0\x80\xA1z\"}");
    press(f, 'e');
    assert_string_equal(input_text(f), "{\n  \"path\": \"a\\u202E\xC3\xA9\\u007F\\u001B\\uDB40\\uDC21z\"\n}");
    assert_int_equal(press_with(f, KEY_ENTER, 0, true), PANEL_TAKES); /* still the same value */
    assert_string_equal(f->said, "the arguments are as they were: nothing was answered");
}

static void numbers_stay_the_numbers_that_they_are(void **at)
{
    char *text = panel_arguments("{\"a\":0.1,\"b\":1e100,\"c\":9007199254740993}");

    (void)at;
    assert_string_equal(text, "{\n  \"a\": 0.1,\n  \"b\": 1e100,\n  \"c\": 9007199254740993\n}");
    free(text);
    text = panel_arguments("{\"a\":0.12345678901234567}");
    json_t *value = json_loads(text, 0, NULL);
    assert_true(json_real_value(json_object_get(value, "a")) == 0.12345678901234567);
    json_decref(value);
    free(text);
    assert_null(panel_arguments("[]"));
    assert_null(panel_arguments("oops"));
    text = panel_arguments("");
    assert_string_equal(text, "{}");
    free(text);
}

/* The question shows the beginning; the message has all. */
static void arguments_that_are_cut_come_from_the_message(void **at)
{
    struct fixture *f = *at;
    static const char message[] = "m_01j8zq4k3nw8x5t7v9r2m6p0q1";

    fold(f, EVENT_SESSION_STARTED,
         json_pack("{s:s,s:s,s:s,s:i}", "owner", "ann", "title", "", "model", "m", "created", 1));
    fold(f, EVENT_MESSAGE_ADDED,
         json_pack("{s:{s:s,s:s,s:s,s:i,s:s,s:[{s:s,s:s,s:s,s:s}]}}", "message", "id", message, "role",
                   "assistant", "author", "m", "ts", 1, "status", "complete", "content", "type", "tool_call",
                   "id", "c", "name", "n", "input", "{\"path\":\"all of it\"}"));
    ask(f, FIRST, "permission",
        json_pack("{s:s,s:b,s:s,s:i}", "arguments", "{\"path\":\"all", "cut", 1, "message", message, "block",
                  0));
    panel_arrange(f->panel, 60, 40);
    press(f, 'e');
    assert_string_equal(input_text(f), "{\n  \"path\": \"all of it\"\n}");
    press_with(f, KEY_ESCAPE, 0, true);
    press(f, 'n');

    ask(f, SECOND, "permission", json_pack("{s:s,s:b}", "arguments", "{\"path\":\"all", "cut", 1));
    fold(f, EVENT_QUESTION_ANSWERED,
         json_pack("{s:s,s:s,s:s}", "question", FIRST, "decision", "deny", "cause", "person"));
    sync(f);
    panel_arrange(f->panel, 60, 40);
    assert_null(strstr(panel_hint(f->panel, true), "edit"));
    assert_int_equal(press(f, 'e'), PANEL_LEAVES);
}

static void who_may_not_answer_is_told_whose_answer_it_needs(void **unused)
{
    struct fixture *f = *unused;

    panel_set_person(f->panel, "bo", ROLE_WRITER);
    ask(f, FIRST, "permission", NULL);
    assert_non_null(strstr(panel_hint(f->panel, true), "approvers answer this, you are a writer"));
    assert_null(strstr(panel_hint(f->panel, true), "once"));
    assert_int_equal(press(f, 'y'), PANEL_LEAVES);
    assert_int_equal(press(f, 'n'), PANEL_LEAVES);
    panel_set_person(f->panel, "bo", ROLE_APPROVER);
    assert_non_null(strstr(panel_hint(f->panel, true), "session"));
    assert_null(strstr(panel_hint(f->panel, true), "always")); /* a rule of bo's counts elsewhere */
    assert_int_equal(press(f, 'n'), PANEL_ANSWERS);
}

static void a_second_person_is_waited_for(void **unused)
{
    struct fixture *f = *unused;

    panel_set_person(f->panel, "ann", ROLE_OWNER);
    ask(f, FIRST, "permission", json_pack("{s:b}", "two_person", 1));
    assert_non_null(strstr(panel_hint(f->panel, true), "two persons must allow it"));
    assert_null(strstr(panel_hint(f->panel, true), "session"));
    assert_int_equal(press(f, 'y'), PANEL_ANSWERS);
    fold(f, EVENT_QUESTION_APPROVED, json_pack("{s:s,s:s}", "question", FIRST, "by", "ann"));
    sync(f);
    assert_true(panel_open(f->panel));
    assert_non_null(strstr(panel_hint(f->panel, true), "you approved; a second person is needed"));
    assert_int_equal(press(f, 'y'), PANEL_LEAVES);
    panel_set_person(f->panel, "bo", ROLE_APPROVER);
    assert_non_null(strstr(panel_hint(f->panel, true), "ann approved; a second person is needed"));
    assert_int_equal(press(f, 'y'), PANEL_ANSWERS);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_key_right_after_the_question_came_is_not_an_answer),
        CASE(a_key_that_went_elsewhere_begins_the_time_anew),
        CASE(space_and_enter_never_answer),
        CASE(while_one_writes_it_takes_alt),
        CASE(yes_needs_the_end_to_be_seen),
        CASE(no_works_at_once),
        CASE(an_answer_on_its_way_is_not_given_twice),
        CASE(nothing_is_hidden),
        CASE(no_value_looks_like_another_argument),
        CASE(the_heading_names_server_tool_and_danger),
        CASE(that_a_tool_only_reads_is_what_its_server_says),
        CASE(when_another_was_first_it_says_who),
        CASE(later_puts_it_off_until_it_is_called_back),
        CASE(deny_with_a_reason),
        CASE(a_text_that_is_cut_short_does_not_go_on_in_the_draft),
        CASE(always_asks_for_the_pattern),
        CASE(a_form_is_filled_in_field_by_field),
        CASE(a_number_is_shown_as_it_was_written),
        CASE(several_choices_are_a_list),
        CASE(changed_arguments_are_allowed_once),
        CASE(arguments_that_are_wrong_say_where),
        CASE(arguments_as_they_were_answer_nothing),
        CASE(editing_keeps_the_panels_safety),
        CASE(what_was_not_seen_is_not_edited),
        CASE(several_lines_are_edited_with_the_drafts_keys),
        CASE(nothing_is_hidden_in_the_editor),
        CASE(numbers_stay_the_numbers_that_they_are),
        CASE(arguments_that_are_cut_come_from_the_message),
        CASE(who_may_not_answer_is_told_whose_answer_it_needs),
        CASE(a_second_person_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
