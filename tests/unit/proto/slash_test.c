/* Slash commands: which request each one means, what is wrong with it, and what is said of its answer. */
#include "proto/slash.h"

#include "fold.h"
#include "shared/utf8.h"

#define M(n) "m_01j8zq4k3n000000000000000" #n

enum { REQUEST_MAX = 1000 };

static struct state *session(void)
{
    struct state *state = state_new(FOLD_SESSION, FOLD_EPOCH);

    assert_int_equal(
        fold_text(state, EVENT_SESSION_STARTED,
                  "{\"owner\":\"ann\",\"title\":\"first\",\"model\":\"demo/stoa\",\"created\":1}"),
        FOLD_OK);
    return state;
}

static void say(struct state *state, int number, const char *role)
{
    assert_int_equal(
        fold_text(state, EVENT_MESSAGE_ADDED,
                  "{\"message\":{\"id\":\"m_01j8zq4k3n%016d\",\"role\":\"%s\",\"author\":\"ann\","
                  "\"ts\":1,\"status\":\"complete\",\"content\":[]}}",
                  number, role),
        FOLD_OK);
}

/* Question 1, answer 2, question 3 with another one (4) that steered, answer 5. */
static struct state *conversation(void)
{
    static const char *const roles[] = {"user", "assistant", "user", "user", "assistant"};
    struct state *state = session();

    for (int i = 0; i < 5; i++)
        say(state, i + 1, roles[i]);
    return state;
}

/* "method params", or the error. */
static const char *meant(const struct state *state, const char *text)
{
    static char seen[REQUEST_MAX];
    char error[256] = "";
    enum method method;
    json_t *params;
    bool good = slash_parse(text, state, &method, &params, error);

    if (!good) {
        assert_null(params);
        assert_true(error[0] && utf8_valid(error, strlen(error)));
        snprintf(seen, sizeof seen, "%s", error);
        return seen;
    }
    assert_string_equal(error, "");
    json_t *sorted = json_deep_copy(params);
    char *dump = json_dumps(sorted, JSON_COMPACT | JSON_SORT_KEYS);
    snprintf(seen, sizeof seen, "%s %s", request_row(method)->name, dump);
    free(dump);
    json_decref(sorted);
    json_decref(params);
    return seen;
}

struct row {
    const char *text, *means;
};

static void expect(const struct state *state, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(meant(state, rows[i].text), rows[i].means) != 0)
            fail_msg("%s: %s", rows[i].text, meant(state, rows[i].text));
}

#define EXPECT(state, rows) expect(state, rows, sizeof rows / sizeof *rows)

static void the_rows_are_in_order_of_their_names_and_found_by_them(void **unused)
{
    size_t count;
    const struct slash_row *rows = slash_rows(&count);

    (void)unused;
    assert_int_equal(count, 21);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(slash_find(rows[i].name, strlen(rows[i].name)), &rows[i]);
        assert_true(*rows[i].summary && rows[i].arguments);
        assert_true(i == 0 || strcmp(rows[i - 1].name, rows[i].name) < 0);
    }
    assert_null(slash_find("", 0));
    assert_null(slash_find("mode", 4));
    assert_null(slash_find("models", 6));
    assert_ptr_equal(slash_find("models", 5), slash_find("model", 5));
}

static void each_command_is_the_request_that_it_stands_for(void **unused)
{
    static const struct row rows[] = {
        {"/archive", "session.archive {}"},
        {"/archive off", "session.archive {\"archived\":false}"},
        {"/compact", "session.compact {}"},
        {"/compact \n", "session.compact {}"},
        {"/fork", "session.fork {}"},
        {"/fork a  better idea ", "session.fork {\"title\":\"a  better idea\"}"},
        {"/info", "session.info {}"},
        {"/interrupt", "session.interrupt {}"},
        {"/mcp", "mcp.servers {}"},
        {"/mcp tools", "mcp.tools {}"},
        {"/mcp tools files", "mcp.tools {\"server\":\"files\"}"},
        {"/mcp connect files", "mcp.connect {\"server\":\"files\"}"},
        {"/mcp disconnect files", "mcp.disconnect {\"server\":\"files\"}"},
        {"/mcp select files", "mcp.select {\"server\":\"files\",\"variant\":null}"},
        {"/mcp select files testnet", "mcp.select {\"server\":\"files\",\"variant\":\"testnet\"}"},
        {"/model", "model.list {}"},
        {"/model openai/x", "session.configure {\"model\":\"openai/x\"}"},
        {"/model -", "session.configure {\"model\":null}"},
        {"/new", "session.create {}"},
        {"/new two words", "session.create {\"title\":\"two words\"}"},
        {"/rename \"quoted\"", "session.rename {\"title\":\"\\\"quoted\\\"\"}"},
        {"/title two words", "session.rename {\"title\":\"two words\"}"},
        {"/rewind " M(1), "session.rewind {\"message\":\"" M(1) "\"}"},
        {"/rules", "rule.list {\"session\":\"" FOLD_SESSION "\"}"},
        {"/rules allow files/read(path=a b)",
         "rule.add {\"effect\":\"allow\",\"pattern\":\"files/read(path=a b)\",\"session\":\"" FOLD_SESSION
         "\"}"},
        {"/rules ask *", "rule.add {\"effect\":\"ask\",\"pattern\":\"*\",\"session\":\"" FOLD_SESSION "\"}"},
        {"/rules deny *",
         "rule.add {\"effect\":\"deny\",\"pattern\":\"*\",\"session\":\"" FOLD_SESSION "\"}"},
        {"/rules rm u_1", "rule.remove {\"rule\":\"u_1\"}"},
        {"/search what was it", "message.search {\"text\":\"what was it\"}"},
        {"/set NAME=a b=c", "session.configure {\"variables\":{\"NAME\":\"a b=c\"}}"},
        {"/set NAME=", "session.configure {\"variables\":{\"NAME\":null}}"},
        {"/share", "session.info {}"},
        {"/share bo approver", "session.share {\"role\":\"approver\",\"user\":\"bo\"}"},
        {"/steer not there\nbut here", "message.send {\"mode\":\"steer\",\"text\":\"not there\\nbut here\"}"},
        {"/system", "session.info {}"},
        {"/system\nYou are\nterse.", "session.configure {\"system\":\"You are\\nterse.\"}"},
        {"/system -", "session.configure {\"system\":null}"},
        {"/unshare bo", "session.unshare {\"user\":\"bo\"}"},
        {"/usage", "session.info {}"},
        {"/who", "session.who {}"},
    };
    struct state *state = session();

    (void)unused;
    EXPECT(state, rows);
    state_free(&state);
}

static void what_is_wrong_is_named_with_what_would_be_right(void **unused)
{
    static const struct row rows[] = {
        {"", "a command begins with '/'"},
        {"model", "a command begins with '/'"},
        {"/", "there is no command '/'; 'stoa cmd --list' lists those there are"},
        {"/ model", "there is no command '/'; 'stoa cmd --list' lists those there are"},
        {"/mod", "there is no command '/mod'; did you mean /model?"},
        {"/modle x", "there is no command '/modle'; did you mean /model?"},
        {"/x", "there is no command '/x'; 'stoa cmd --list' lists those there are"},
        {"/nothing-like-it",
         "there is no command '/nothing-like-it'; 'stoa cmd --list' lists those there are"},
        {"/\x1b[31mred", "there is no command '/red'; 'stoa cmd --list' lists those there are"},
        {"/archive on", "/archive takes [off], not 'on'"},
        {"/compact now", "/compact takes nothing, not 'now'"},
        {"/info x", "/info takes nothing, not 'x'"},
        {"/interrupt it", "/interrupt takes nothing, not 'it'"},
        {"/mcp connect", "/mcp takes [tools [SERVER] | connect SERVER | disconnect SERVER | select SERVER "
                         "[VARIANT]], not 'connect'"},
        {"/mcp select a b c",
         "/mcp takes [tools [SERVER] | connect SERVER | disconnect SERVER | select SERVER "
         "[VARIANT]], not 'select a b c'"},
        {"/mcp list", "/mcp takes [tools [SERVER] | connect SERVER | disconnect SERVER | select SERVER "
                      "[VARIANT]], not 'list'"},
        {"/mcp tools 0123456789012345678901234567890123",
         "/mcp: parameter 'server' is \"0123456789012345678901234567890123\", of 34 bytes; it must be a "
         "string of 1 to 32 bytes"},
        {"/model two words", "/model takes [NAME | -], not 'two words'"},
        {"/rename", "/rename needs: TEXT"},
        {"/title", "/title needs: TEXT"},
        {"/rewind", "/rewind needs: N | MESSAGE"},
        {"/rewind two", "/rewind takes N | MESSAGE, not 'two'"},
        {"/rewind 1 2", "/rewind takes N | MESSAGE, not '1 2'"},
        {"/rewind -1", "/rewind takes N | MESSAGE, not '-1'"},
        {"/rewind 0", "/rewind 0 drops nothing; 1 is the newest question and its answer"},
        {"/rewind 1", "/rewind: the session has only 0 questions"},
        {"/fork 1", "/fork: the session has only 0 questions"},
        {"/fork -1", "/fork drops 0 or more of the newest questions; '/fork 0 -1' makes that a title"},
        {"/fork -2 another way",
         "/fork drops 0 or more of the newest questions; '/fork 0 -2' makes that a title"},
        {"/rules allow", "/rules takes [allow PATTERN | ask PATTERN | deny PATTERN | rm ID], not 'allow'"},
        {"/rules permit *",
         "/rules takes [allow PATTERN | ask PATTERN | deny PATTERN | rm ID], not 'permit *'"},
        {"/search", "/search needs: WORDS"},
        {"/set", "/set needs: NAME=VALUE"},
        {"/set NAME", "/set takes NAME=VALUE, not 'NAME'"},
        {"/set =x", "/set takes NAME=VALUE, not '=x'"},
        {"/set a b=c", "/set takes NAME=VALUE, not 'a b=c'"},
        {"/share it", "/share takes [USER ROLE], not 'it'"},
        {"/share bo owner",
         "/share: parameter 'role' is \"owner\"; it must be one of viewer|writer|approver"},
        {"/steer", "/steer needs: TEXT"},
        {"/unqueue", "/unqueue: no message waits"},
        {"/unqueue some", "/unqueue takes [all], not 'some'"},
        {"/unshare", "/unshare needs: USER"},
        {"/unshare bo cy", "/unshare takes USER, not 'bo cy'"},
        {"/usage all", "/usage takes nothing, not 'all'"},
    };
    struct state *state = session();
    char long_title[300] = "/title ", error[256];
    enum method method;
    json_t *params;

    (void)unused;
    EXPECT(state, rows);
    memset(long_title + 7, 'x', 201);
    assert_false(slash_parse(long_title, state, &method, &params, error));
    assert_non_null(strstr(error, "/title: parameter 'title' is \"xxx"));
    assert_non_null(strstr(error, "it must be a string of 1 to 200 bytes"));
    state_free(&state);
}

static void questions_are_counted_from_the_newest(void **unused)
{
    static const struct row rows[] = {
        {"/rewind 1", "session.rewind {\"message\":\"" M(3) "\"}"},
        {"/rewind 2", "session.rewind {\"message\":\"" M(2) "\"}"},
        {"/rewind 3", "session.rewind {\"message\":null}"},
        {"/rewind 4", "/rewind: the session has only 3 questions"},
        {"/rewind 12345678901234567890", "/rewind: the session has only 3 questions"},
        {"/fork 1", "session.fork {\"message\":\"" M(3) "\"}"},
        {"/fork 2 another way", "session.fork {\"message\":\"" M(2) "\",\"title\":\"another way\"}"},
        {"/fork 0 2024", "session.fork {\"title\":\"2024\"}"},
        {"/fork 3", "/fork: nothing would be left; /new makes an empty session"},
    };
    struct state *state = conversation();

    (void)unused;
    EXPECT(state, rows);
    state_free(&state);
}

/* A client or daemon keeps the newest messages only. */
static void what_is_not_in_memory_is_not_counted(void **unused)
{
    static const struct row rows[] = {
        {"/rewind 1", "session.rewind {\"message\":\"" M(3) "\"}"},
        {"/rewind 2", "/rewind: so far back, name the last message to keep by its id"},
        {"/rewind 3", "/rewind: so far back, name the last message to keep by its id"},
    };
    struct state *state = conversation();

    (void)unused;
    state_set_window(state, 3, 0);
    assert_int_equal(state->message_count, 3);
    EXPECT(state, rows);
    state_free(&state);
}

static void waiting_messages_and_own_rules_are_known_by_the_state(void **unused)
{
    struct state *state = session();
    char id[ID_MAX], expected[REQUEST_MAX];

    (void)unused;
    for (int i = 1; i <= 3; i++)
        assert_int_equal(fold_json(state, EVENT_QUEUE_CHANGED,
                                   json_pack("{s:o}", "added",
                                             message_user_json(fold_id("m_", i, id), "ann", 1, "x", NULL))),
                         FOLD_OK);
    assert_string_equal(meant(state, "/unqueue"), "message.edit_queue {\"remove\":[\"" M(3) "\"]}");
    assert_string_equal(meant(state, "/unqueue all"),
                        "message.edit_queue {\"remove\":[\"" M(1) "\",\"" M(2) "\",\"" M(3) "\"]}");
    assert_int_equal(
        fold_text(state, EVENT_RULE_ADDED,
                  "{\"rule\":{\"id\":\"%s\",\"effect\":\"allow\",\"pattern\":\"*\",\"by\":\"ann\",\"ts\":1}}",
                  fold_id("u_", 1, id)),
        FOLD_OK);
    char text[100];
    snprintf(text, sizeof text, "/rules rm %s", id);
    snprintf(expected, sizeof expected, "rule.remove {\"rule\":\"%s\",\"session\":\"" FOLD_SESSION "\"}", id);
    assert_string_equal(meant(state, text), expected);
    state_free(&state);
}

/* --- what is said --- */

static void expect_said(const struct state *state, const char *text, const char *ok, const char *expected)
{
    char error[256];
    enum method method;
    json_t *params, *json = json_loads(ok, 0, NULL);

    assert_non_null(json);
    if (!slash_parse(text, state, &method, &params, error))
        fail_msg("%s: %s", text, error);
    char *said = slash_said(text, state, params, json);
    if (strcmp(said, expected) != 0)
        fail_msg("%s: %s", text, said);
    free(said);
    json_decref(json);
    json_decref(params);
}

static void what_came_of_it_is_said_in_lines(void **unused)
{
    struct state *state = conversation();

    (void)unused;
    expect_said(state, "/archive", "{}", "archived");
    expect_said(state, "/archive off", "{}", "taken back from the archive");
    expect_said(state, "/compact", "{}", "the conversation is being summed up");
    expect_said(state, "/fork", "{\"session\":\"s_2\",\"messages\":5}", "forked, with 5 messages: s_2");
    expect_said(state, "/interrupt", "{\"interrupted\":true}", "interrupted");
    expect_said(state, "/interrupt", "{\"interrupted\":false}", "no turn runs");
    expect_said(state, "/mcp", "{\"servers\":[]}", "no MCP servers are configured; stoa-mcp(7) says how");
    expect_said(
        state, "/mcp",
        "{\"servers\":[{\"server\":\"a\",\"state\":\"ready\",\"tools\":3,\"variant\":\"x\",\"text\":\"\"},"
        "{\"server\":\"longer\",\"state\":\"failed\",\"tools\":0,\"text\":\"no\\nway\"}]}",
        "a       ready   3 tools  x\n"
        "longer  failed           no");
    expect_said(state, "/mcp tools",
                "{\"tools\":[{\"server\":\"\",\"tool\":\"t\",\"effect\":\"allow\",\"read_only\":true,"
                "\"description\":\"Does.\"}]}",
                "stoa/t  allow  read-only  Does.");
    expect_said(state, "/mcp connect a", "{\"state\":\"failed\",\"text\":\"why\"}", "a: failed: why");
    expect_said(state, "/mcp disconnect a", "{\"seq\":1}", "a: disconnected");
    expect_said(state, "/mcp select a b", "{\"seq\":1}", "a: variant b");
    expect_said(state, "/mcp select a", "{\"seq\":1}", "a: the configured variant");
    expect_said(
        state, "/model",
        "{\"default\":\"a/b\",\"models\":[{\"id\":\"a/b\",\"ready\":true},{\"id\":\"c/d\",\"ready\":false},"
        "{\"id\":\"longer/\",\"ready\":true}]}",
        "model: demo/stoa\nready:\na/b      the default\nlonger/  and any name that its server knows");
    expect_said(state, "/model a/b", "{\"seq\":1}", "model: demo/stoa");
    expect_said(state, "/new", "{\"session\":\"s_2\",\"model\":\"a/b\"}", "new session: s_2 (a/b)");
    expect_said(state, "/title x", "{}", "title: first");
    expect_said(state, "/rewind 1", "{\"removed\":2}", "2 messages dropped");
    expect_said(state, "/rewind 1", "{\"removed\":1}", "1 message dropped");
    expect_said(state, "/rules", "{\"rules\":[]}", "no rules: each tool is asked for");
    expect_said(state, "/rules",
                "{\"rules\":[{\"id\":\"u_1\",\"origin\":\"session\",\"effect\":\"allow\",\"pattern\":\"*\","
                "\"by\":\"ann\"}]}",
                "allow  *  ann  session  u_1");
    expect_said(state, "/rules deny x", "{\"rule\":\"u_1\"}", "rule u_1: deny x");
    expect_said(state, "/rules rm u_1", "{}", "rule u_1 removed");
    expect_said(state, "/search x", "{\"hits\":[]}", "nothing found");
    expect_said(
        state, "/search x", "{\"hits\":[],\"behind\":true}",
        "nothing found\nthe daemon's disk is slow or fails, so the newest messages were not searched");
    expect_said(state, "/search x",
                "{\"hits\":[{\"session\":\"s_1\",\"title\":\"\",\"role\":\"user\",\"snippet\":\"a\\nb\"}]}",
                "s_1  untitled  user  a b");
    expect_said(state, "/set A=b", "{}", "A=b");
    expect_said(state, "/set A=", "{}", "A removed");
    expect_said(state, "/share", "{\"attach\":\"stoa attach s_1\"}", "stoa attach s_1");
    expect_said(state, "/share", "{}", "only the owner, ann, invites others");
    expect_said(state, "/share bo writer", "{\"seq\":3}", "shared with bo as writer");
    expect_said(state, "/unshare bo", "{\"seq\":4}", "not shared with bo any more");
    expect_said(state, "/who",
                "{\"owner\":\"ann\",\"members\":[{\"user\":\"bo\",\"role\":\"viewer\"}],\"participants\":"
                "[{\"user\":\"bo\",\"terminal\":\"pts/3\"}]}",
                "ann  owner\nbo   viewer  here  pts/3");
    expect_said(state, "/steer x", "{\"queued\":true}", "it enters at the turn's next step");
    expect_said(state, "/steer x", "{\"queued\":false}", "sent");
    expect_said(state, "/system", "{}", "no system prompt");
    expect_said(state, "/usage",
                "{\"usage\":{\"input\":10,\"output\":2,\"cached\":3,\"reasoning\":1},\"turns\":4,\"context_"
                "tokens\":0}",
                "tokens in  10\ncached     3\ntokens out 2\nreasoning  1\nturns      4\ncontext    -");
    state_free(&state);
}

static void the_info_has_a_line_for_each_fact(void **unused)
{
    struct state *state = session();

    (void)unused;
    expect_said(
        state, "/info",
        "{\"title\":\"\",\"session\":\"s_1\",\"owner\":\"ann\",\"model\":\"m\",\"state\":\"idle\","
        "\"archived\":true,"
        "\"messages_total\":7,\"queue\":[{}],\"participants\":[{\"user\":\"ann\",\"terminal\":\"pts/1\"},"
        "{\"user\":\"bo\",\"terminal\":\"\"}],\"agent\":{\"state\":\"none\"}}",
        "title      -\nsession    s_1\nowner      ann\nmodel      m\nstate      idle, archived\ncreated    "
        "-\n"
        "activity   -\nmessages   7\nwaiting    1\npresent    ann (pts/1), bo\nagent      none");
    state_free(&state);
}

static void nothing_in_it_reaches_the_terminal_as_a_command(void **unused)
{
    struct state *state = session();

    (void)unused;
    expect_said(state, "/new", "{\"session\":\"\\u001b]0;x\\u0007s_2\\nrm -rf\",\"model\":\"\\u202ea/b\"}",
                "new session: s_2 rm -rf (a/b)");
    assert_int_equal(fold_text(state, EVENT_SESSION_UPDATED, "{\"system\":\"one\\u001b[2J\\ntwo\"}"),
                     FOLD_OK);
    expect_said(state, "/system", "{}", "one\ntwo");
    expect_said(state, "/system x", "{}", "system prompt changed");
    state_free(&state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rows_are_in_order_of_their_names_and_found_by_them),
        cmocka_unit_test(each_command_is_the_request_that_it_stands_for),
        cmocka_unit_test(what_is_wrong_is_named_with_what_would_be_right),
        cmocka_unit_test(questions_are_counted_from_the_newest),
        cmocka_unit_test(what_is_not_in_memory_is_not_counted),
        cmocka_unit_test(waiting_messages_and_own_rules_are_known_by_the_state),
        cmocka_unit_test(what_came_of_it_is_said_in_lines),
        cmocka_unit_test(the_info_has_a_line_for_each_fact),
        cmocka_unit_test(nothing_in_it_reaches_the_terminal_as_a_command),
    };
    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
