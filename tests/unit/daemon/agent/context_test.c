/* What is said to a model of a session's messages, in the words of both APIs. */
#include "daemon/agent/context.h"
#include "daemon/agent/dialect.h"
#include "tests/unit/daemon/agent/session.h"

#include "shared/jsonx.h"
#include <stdlib.h>
#include <string.h>

#define TOOLS "[{\"name\":\"look\",\"description\":\"Looks.\",\"schema\":{\"type\":\"object\"}}]"

/* messages: JSON of a history, without id, author and ts, which are made up: "author" of a reply is
 * demo/demo. */
static struct state *session_of(const char *messages, const char *more)
{
    char error[256] = "", id[ID_MAX];
    json_t *array = json_loads(messages, 0, NULL), *message;
    size_t i;

    assert_non_null(array);
    json_array_foreach(array, i, message)
    {
        snprintf(id, sizeof id, "m_01j8zq4k3n00000000000%05zu", i);
        jsonx_set_str(message, "id", id);
        if (!json_object_get(message, "author"))
            jsonx_set_str(message, "author", "demo/demo");
        if (!json_object_get(message, "status"))
            jsonx_set_str(message, "status", "complete");
        jsonx_set_int(message, "ts", 1);
    }
    json_t *json = json_pack(
        "{s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:n,s:n,s:n,s:i,s:i,s:b,s:b,s:n,s:n,s:{},s:i,s:i,s:o,s:[],s:[]}",
        "session", SESSION_ID, "epoch", SESSION_EPOCH, "seq", 1, "state", "thinking", "title", "", "owner",
        "ann", "model", "demo/demo", "system", "temperature", "max_tokens", "created", 1, "activity", 1,
        "archived", 0, "ended", 0, "error", "retry", "usage", "turns", 0, "messages_total",
        (int)json_array_size(array), "messages", array, "queue", "participants");
    json_t *other = json_loads(more, 0, NULL);
    json_object_update(json, other);
    json_decref(other);
    struct state *state = state_from_snapshot(json, error);
    json_decref(json);
    assert_string_equal(error, "");
    return state;
}

static json_t *body_of(const struct state *session, const struct dialect *dialect, const char *tools)
{
    struct prompt prompt;
    struct dialect_request request = {0};
    struct ask ask = {.model = "demo", .base_url = "http://h/v1", .prompt = &prompt};
    json_t *offered = json_loads(tools, 0, NULL);
    struct context context = {.author = "demo/demo", .tools = offered, .end = session->message_count};

    context_prompt(session, &context, &prompt);
    dialect->request(&ask, &request);
    json_t *body = jsonx_parse(request.body, request.body_len, NULL);
    assert_non_null(body);
    free(request.url);
    free(request.body);
    for (char **header = request.headers; *header; header++)
        free(*header);
    prompt_clear(&prompt);
    json_decref(offered);
    return body;
}

static void expect_json(const json_t *seen, const char *expected)
{
    json_t *json = json_loads(expected, 0, NULL);
    char *text = jsonx_dump(seen, &(size_t){0});

    if (!json)
        fail_msg("the test's own JSON is broken: %s", expected);
    if (!json_equal((json_t *)seen, json))
        fail_msg("said %s\ninstead of %s", text, expected);
    free(text);
    json_decref(json);
}

/* Marks of caching are looked at in their own test. */
static void drop_marks(json_t *messages)
{
    json_t *message, *block;
    size_t i, k;

    json_array_foreach(messages, i, message)
    {
        json_array_foreach(json_object_get(message, "content"), k, block)
        {
            json_object_del(block, "cache_control");
        }
    }
}

static void expect_with(struct state *session, const char *tools, const char *anthropic, const char *openai)
{
    json_t *body = body_of(session, &dialect_anthropic, tools);

    drop_marks(json_object_get(body, "messages"));
    expect_json(json_object_get(body, "messages"), anthropic);
    json_decref(body);
    body = body_of(session, &dialect_openai, tools);
    expect_json(json_object_get(body, "messages"), openai);
    json_decref(body);
    state_free(&session);
}

static void expect(const char *messages, const char *anthropic, const char *openai)
{
    expect_with(session_of(messages, "{}"), TOOLS, anthropic, openai);
}

#define USER(text)         "{\"role\":\"user\",\"content\":[" TEXT(text) "]}"
#define TEXT(text)         "{\"type\":\"text\",\"text\":\"" text "\"}"
#define SAYS(text)         "{\"role\":\"assistant\",\"content\":[" TEXT(text) "]}"
#define OPENAI(role, text) "{\"role\":\"" role "\",\"content\":\"" text "\"}"

static void messages_alternate(void **state)
{
    (void)state;
    expect("[" USER("one") "," USER("two") "," SAYS("three") "," SAYS("four") "," USER("five") "]",
           "[" USER("one\\n\\ntwo") "," SAYS("three\\n\\nfour") "," USER("five") "]",
           "[" OPENAI("user", "one\\n\\ntwo") "," OPENAI("assistant",
                                                         "three\\n\\nfour") "," OPENAI("user", "five") "]");
}

static void what_was_said_before_a_failure_counts(void **state)
{
    (void)state;
    expect("[" USER("one") ",{\"role\":\"assistant\",\"status\":\"interrupted\",\"content\":[" TEXT("half") "]}," USER(
               "two") ",{\"role\":\"assistant\",\"status\":\"failed\",\"content\":[" TEXT("part") ",{"
                                                                                                  "\"type\":"
                                                                                                  "\"tool_"
                                                                                                  "call\","
                                                                                                  "\"id\":"
                                                                                                  "\"c\","
                                                                                                  "\"name\":"
                                                                                                  "\"look\","
                                                                                                  "\"input\":"
                                                                                                  "\"{\"}]}"
                                                                                                  "," USER(
                                                                                                      "three") "]",
           "[" USER("one") "," SAYS("half") "," USER("two") "," SAYS("part") "," USER("three") "]",
           "[" OPENAI("user", "one") "," OPENAI("assistant", "half") "," OPENAI("user", "two") "," OPENAI(
               "assistant", "part") "," OPENAI("user", "three") "]");
}

static void empty_messages_are_left_out(void **state)
{
    (void)state;
    expect("[" USER("one") ",{\"role\":\"assistant\",\"status\":\"failed\",\"content\":[" TEXT(
               " \\n\\t") "]}," USER("two") "]",
           "[" USER("one\\n\\ntwo") "]", "[" OPENAI("user", "one\\n\\ntwo") "]");
}

static void the_first_one_is_a_user_s(void **state)
{
    (void)state;
    expect(
        "[" SAYS(
            "left over") ",{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_call\",\"id\":\"c\","
                         "\"name\":"
                         "\"look\",\"input\":\"{}\",\"call\":{\"state\":\"done\",\"server\":\"s\",\"tool\":"
                         "\"look\",\"result\":\"r\"}}]}," USER("one") "]",
        "[" USER("one") "]", "[" OPENAI("user", "one") "]");
    expect("[]", "[]", "[]");
}

/* --- calls --- */

#define CALL(id, input, call)                                                                                \
    "{\"type\":\"tool_call\",\"id\":\"" id "\",\"name\":\"look\",\"input\":\"" input "\"" call "}"
#define ENDED(state, result)                                                                                 \
    ",\"call\":{\"state\":\"" state "\",\"server\":\"s\",\"tool\":\"look\",\"result\":\"" result "\"}"
#define REPLY(content)   "{\"role\":\"assistant\",\"content\":[" content "]}"
#define USE(id, input)   "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"look\",\"input\":" input "}"
#define RESULT(id, text) "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"content\":[" TEXT(text) "]}"
#define FAILED(id, text)                                                                                     \
    "{\"type\":\"tool_result\",\"tool_use_id\":\"" id "\",\"is_error\":true,\"content\":[" TEXT(text) "]}"
#define RESULTS(content) "{\"role\":\"user\",\"content\":[" content "]}"
#define FUNCTION(id, input)                                                                                  \
    "{\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"look\",\"arguments\":\"" input "\"}}"
#define ASKS(text, calls) "{\"role\":\"assistant\",\"content\":" text ",\"tool_calls\":[" calls "]}"
#define TOOL(id, text)    "{\"role\":\"tool\",\"tool_call_id\":\"" id "\",\"content\":\"" text "\"}"

static void calls_have_their_results(void **state)
{
    (void)state;
    expect("[" USER("go") "," REPLY(TEXT("I look.") "," CALL(
               "c1", "{\\\"a\\\":1}", ENDED("done", "seen")) "," CALL("c2", "", ENDED("denied", "no"))) "]",
           "[" USER("go") "," REPLY(TEXT("I look.") "," USE("c1", "{\"a\":1}") "," USE(
               "c2", "{}")) "," RESULTS(RESULT("c1", "seen") "," FAILED("c2", "no")) "]",
           "[" OPENAI("user", "go") "," ASKS(
               "\"I look.\"", FUNCTION("c1", "{\\\"a\\\":1}") "," FUNCTION(
                                  "c2", "{}")) "," TOOL("c1", "seen") "," TOOL("c2", "no") "]");
}

static void results_come_before_what_a_person_says_then(void **state)
{
    (void)state;
    expect("[" USER("go") "," REPLY(CALL("c", "{}", ENDED("done", "seen"))) "," USER("faster") "]",
           "[" USER("go") "," REPLY(USE("c", "{}")) "," RESULTS(RESULT("c", "seen") "," TEXT("faster")) "]",
           "[" OPENAI("user", "go") "," ASKS("null", FUNCTION("c", "{}")) "," TOOL("c", "seen") "," OPENAI(
               "user", "faster") "]");
}

static void calls_that_never_ended_were_not_run(void **state)
{
    (void)state;
    expect("[" USER("go") "," REPLY(
               CALL("c", "{}", "") "," CALL("d", "{}",
                                            ",\"call\":{\"state\":\"running\","
                                            "\"server\":\"s\",\"tool\":\"look\"}")) "," USER("on") "]",
           "[" USER("go") "," REPLY(USE("c", "{}") "," USE("d", "{}")) "," RESULTS(FAILED(
               "c", "This call was not run.") "," FAILED("d", "This call was not run.") "," TEXT("on")) "]",
           "[" OPENAI("user", "go") "," ASKS("null", FUNCTION("c", "{}") "," FUNCTION("d", "{}")) "," TOOL(
               "c", "This call was not run.") "," TOOL("d", "This call was not run.") "," OPENAI("user",
                                                                                                 "on") "]");
}

static void ids_are_made_good_and_unique(void **state)
{
    (void)state;
    expect(
        "[" USER("go") "," REPLY(
            CALL("c", "{}", ENDED("done", "1")) "," CALL("c", "{}", ENDED("done", "2")) "," CALL(
                "", "{}",
                ENDED("done", "3")) "," CALL("call_3", "{}",
                                             ENDED("done",
                                                   "4")) "," CALL("a23456789b123456789c123456789d123456789e1",
                                                                  "{}", ENDED("done", "5"))) "]",
        "[" USER("go") "," REPLY(
            USE("c", "{}") "," USE("call_1", "{}") "," USE("call_2", "{}") "," USE("call_3", "{}") "," USE(
                "call_4",
                "{}")) "," RESULTS(RESULT("c",
                                          "1") "," RESULT("call_1",
                                                          "2") "," RESULT("call_2",
                                                                          "3") "," RESULT("call_3",
                                                                                          "4") "," RESULT("ca"
                                                                                                          "ll"
                                                                                                          "_"
                                                                                                          "4",
                                                                                                          "5")) "]",
        "[" OPENAI("user", "go") "," ASKS(
            "null",
            FUNCTION("c", "{}") "," FUNCTION("call_1", "{}") "," FUNCTION("call_2", "{}") "," FUNCTION(
                "call_3",
                "{}") "," FUNCTION("call_4",
                                   "{}")) "," TOOL("c",
                                                   "1") "," TOOL("call_1",
                                                                 "2") "," TOOL("call_2",
                                                                               "3") "," TOOL("call_3",
                                                                                             "4") "," TOOL("c"
                                                                                                           "a"
                                                                                                           "l"
                                                                                                           "l"
                                                                                                           "_"
                                                                                                           "4",
                                                                                                           "5") "]");
}

static void input_that_is_no_object(void **state)
{
    (void)state;
    expect("[" USER("go") "," REPLY(CALL("c", "[1", ENDED("failed", "no JSON"))) "]",
           "[" USER("go") "," REPLY(USE("c", "{}")) "," RESULTS(FAILED("c", "no JSON")) "]",
           "[" OPENAI("user", "go") "," ASKS("null", FUNCTION("c", "[1")) "," TOOL("c", "no JSON") "]");
}

static void names_and_ids_that_no_api_takes(void **state)
{
    struct state *session =
        session_of("[" USER("go") "," REPLY(
                       "{\"type\":\"tool_call\",\"id\":\"c\",\"name\":\"a b/"
                       "\\u00e9\",\"input\":\"{}\"" ENDED(
                           "failed", "no") "},"
                                           "{\"type\":\"tool_call\",\"id\":\"odd id!\",\"name\":\"\","
                                           "\"input\":\"{}\"" ENDED("failed", "no") "}") "]",
                   "{}");
    json_t *body = body_of(session, &dialect_anthropic, TOOLS);
    const json_t *content = json_object_get(json_array_get(json_object_get(body, "messages"), 1), "content");

    (void)state;
    assert_string_equal(jsonx_str(json_array_get(content, 0), "name", ""), "a_b___");
    assert_string_equal(jsonx_str(json_array_get(content, 1), "name", ""), "unnamed");
    assert_string_equal(jsonx_str(json_array_get(content, 0), "id", ""), "c");
    assert_string_equal(jsonx_str(json_array_get(content, 1), "id", ""), "call_1");
    json_decref(body);
    state_free(&session);
}

static void without_tools_calls_are_told(void **state)
{
    (void)state;
    expect_with(session_of("[" USER("go") "," REPLY(
                               TEXT("I look.") "," CALL("c", "{}", ENDED("done", "seen"))) "," USER("on") "]",
                           "{}"),
                "[]",
                "[" USER("go") "," SAYS("I look.\\n\\n[called the tool look with {}]") "," USER(
                    "[the tool look answered: seen]\\n\\non") "]",
                "[" OPENAI("user", "go") "," OPENAI(
                    "assistant", "I look.\\n\\n[called the tool look with "
                                 "{}]") "," OPENAI("user", "[the tool look answered: seen]\\n\\non") "]");
}

/* --- reasoning --- */

#define THINKS     "{\"type\":\"reasoning\",\"text\":\"hm\",\"signature\":\"s1\"}"
#define UNSIGNED   "{\"type\":\"reasoning\",\"text\":\"hm\"}"
#define REDACTED   "{\"type\":\"redacted\",\"data\":\"zz\"}"
#define THINKING   "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"s1\"}"
#define REDACTED_A "{\"type\":\"redacted_thinking\",\"data\":\"zz\"}"

static void reasoning_goes_back_within_the_turn(void **state)
{
    (void)state;
    expect("[" USER("go") "," REPLY(THINKS "," REDACTED "," UNSIGNED "," CALL(
               "c", "{}", ENDED("done", "seen"))) "," REPLY(THINKS
                                                            "," CALL("d", "{}", ENDED("done", "seen"))) "]",
           "[" USER("go") "," REPLY(THINKING "," REDACTED_A "," USE("c", "{}")) "," RESULTS(RESULT(
               "c", "seen")) "," REPLY(THINKING "," USE("d", "{}")) "," RESULTS(RESULT("d", "seen")) "]",
           "[" OPENAI("user", "go") "," ASKS("null", FUNCTION("c", "{}")) "," TOOL("c", "seen") "," ASKS(
               "null", FUNCTION("d", "{}")) "," TOOL("d", "seen") "]");
}

static void reasoning_of_other_turns_and_other_models_does_not(void **state)
{
    (void)state;
    expect(
        "[" USER("go") "," REPLY(THINKS "," CALL("c", "{}", ENDED("done", "seen"))) "," REPLY(THINKS "," TEXT(
            "so")) "," USER("on") ",{\"role\":\"assistant\",\"author\":\"other/x\",\"content\":[" THINKS
                                  "," CALL("d", "{}", ENDED("done", "seen")) "]}]",
        "[" USER("go") "," REPLY(USE("c", "{}")) "," RESULTS(RESULT("c", "seen")) "," SAYS("so") "," USER(
            "on") "," REPLY(USE("d", "{}")) "," RESULTS(RESULT("d", "seen")) "]",
        "[" OPENAI("user", "go") "," ASKS("null", FUNCTION("c", "{}")) "," TOOL("c", "seen") "," OPENAI(
            "assistant",
            "so") "," OPENAI("user", "on") "," ASKS("null", FUNCTION("d", "{}")) "," TOOL("d", "seen") "]");
}

/* --- the rest of a request --- */

static void a_summary_stands_for_what_was_compacted(void **state)
{
    (void)state;
    expect_with(session_of("[" USER("one") "," SAYS("two") "," REPLY(
                               CALL("c", "{}", ENDED("done", "seen"))) "," USER("three") "]",
                           "{\"compacted\":{\"summary\":\"sum\",\"upto\":\"m_01j8zq4k3n0000000000000001\"}}"),
                TOOLS,
                "[" USER("What was said before, in summary:\\n\\nsum") "," REPLY(USE("c", "{}")) "," RESULTS(
                    RESULT("c", "seen") "," TEXT("three")) "]",
                "[" OPENAI("user", "What was said before, in summary:\\n\\nsum") "," ASKS(
                    "null", FUNCTION("c", "{}")) "," TOOL("c", "seen") "," OPENAI("user", "three") "]");
    expect_with(session_of("[" USER("one") "," USER("two") "]",
                           "{\"compacted\":{\"summary\":\"sum\",\"upto\":\"m_01j8zq4k3n0000000000009999\"}}"),
                TOOLS, "[" USER("What was said before, in summary:\\n\\nsum\\n\\none\\n\\ntwo") "]",
                "[" OPENAI("user", "What was said before, in summary:\\n\\nsum\\n\\none\\n\\ntwo") "]");
}

static void tools_are_offered_in_each_api_s_way(void **state)
{
    static const char offered[] = "[{\"name\":\"a\",\"description\":\"A.\",\"schema\":{\"type\":\"object\","
                                  "\"properties\":{},\"anyOf\":[{}]}},"
                                  "{\"name\":\"b\",\"description\":\"B.\",\"schema\":{}}]";
    struct state *session = session_of("[" USER("go") "]", "{\"system\":\"Be brief.\"}");
    json_t *body = body_of(session, &dialect_anthropic, offered);

    (void)state;
    expect_json(
        body,
        "{\"model\":\"demo\",\"max_tokens\":8192,\"stream\":true,\"system\":[{\"type\":\"text\",\"text\":"
        "\"Be brief.\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"tools\":[{\"name\":\"a\","
        "\"description\":\"A.\",\"input_schema\":{\"type\":\"object\",\"properties\":{}}},{\"name\":\"b\","
        "\"description\":\"B.\",\"input_schema\":{\"type\":\"object\"},\"cache_control\":{\"type\":"
        "\"ephemeral\"}}],\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"go\","
        "\"cache_control\":{\"type\":\"ephemeral\"}}]}]}");
    json_decref(body);
    body = body_of(session, &dialect_openai, offered);
    expect_json(
        json_object_get(body, "tools"),
        "[{\"type\":\"function\",\"function\":{\"name\":\"a\",\"description\":\"A.\",\"parameters\":{"
        "\"type\":"
        "\"object\",\"properties\":{},\"anyOf\":[{}]}}},{\"type\":\"function\",\"function\":{\"name\":\"b\","
        "\"description\":\"B.\",\"parameters\":{\"type\":\"object\"}}}]");
    json_decref(body);
    body = body_of(session, &dialect_openai, "[]");
    assert_null(json_object_get(body, "tools"));
    json_decref(body);
    state_free(&session);
}

/* The mark is on the last block, a result too. */
static void the_last_message_is_marked_for_the_cache(void **state)
{
    struct state *session =
        session_of("[" USER("go") "," REPLY(CALL("c", "{}", ENDED("done", "seen"))) "]", "{}");
    json_t *body = body_of(session, &dialect_anthropic, TOOLS);
    const json_t *messages = json_object_get(body, "messages");

    (void)state;
    expect_json(json_object_get(json_array_get(json_object_get(json_array_get(messages, 2), "content"), 0),
                                "cache_control"),
                "{\"type\":\"ephemeral\"}");
    assert_null(json_object_get(json_array_get(json_object_get(json_array_get(messages, 1), "content"), 0),
                                "cache_control"));
    json_decref(body);
    state_free(&session);
}

#define FILE_BLOCK(name, text) "{\"type\":\"attachment\",\"name\":\"" name "\",\"text\":\"" text "\"}"
#define BEFORE(name)           "The file " name ", which the user attached to this message:\\n"

/* Its fence is longer than any in it, and of the character that makes it shorter. */
static void files_come_before_what_was_asked_within_fences(void **state)
{
    struct state *session = session_of(
        "[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"look\"}"
        "," FILE_BLOCK("a.c", "int x;\\n") "," FILE_BLOCK("b.md", "```c\\n````\\n~~") "," FILE_BLOCK(
            "c.md", "````\\n~~~~~") "," FILE_BLOCK("empty", "") "]}]",
        "{}");
    static const char said[] = BEFORE("a.c") "```\\nint x;\\n```\\n\\n\\n" BEFORE(
        "b.md") "~~~\\n```c\\n````\\n~~\\n~~~\\n\\n\\n" BEFORE("c.md") "`````\\n````\\n~~~~~\\n`````"
                                                                       "\\n\\n\\n" BEFORE("empty") "```\\n```"
                                                                                                   "\\n\\n\\n"
                                                                                                   "look";
    char expected[2000];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        json_t *body = body_of(session, i ? &dialect_openai : &dialect_anthropic, "[]");
        const json_t *message = json_array_get(json_object_get(body, "messages"), 0);
        const json_t *content = json_object_get(message, "content");
        snprintf(expected, sizeof expected, "[\"%s\"]", said);
        json_t *seen = json_pack(
            "[O]", json_is_string(content) ? content : json_object_get(json_array_get(content, 0), "text"));
        expect_json(seen, expected);
        json_decref(seen);
        json_decref(body);
    }
    state_free(&session);
}

/* What a file says is not what a person asks. */
static void a_file_is_not_what_was_asked(void **state)
{
    struct state *session =
        session_of("[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"look\"}," FILE_BLOCK(
                       "a", "/demo hang=1\\n") "]}]",
                   "{}");
    struct context context = {.author = "demo/demo", .end = session->message_count};
    struct prompt prompt;

    (void)state;
    context_prompt(session, &context, &prompt);
    assert_string_equal(prompt_asked(&prompt), "look");
    prompt_clear(&prompt);
    state_free(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_alternate),
        cmocka_unit_test(what_was_said_before_a_failure_counts),
        cmocka_unit_test(empty_messages_are_left_out),
        cmocka_unit_test(the_first_one_is_a_user_s),
        cmocka_unit_test(calls_have_their_results),
        cmocka_unit_test(results_come_before_what_a_person_says_then),
        cmocka_unit_test(calls_that_never_ended_were_not_run),
        cmocka_unit_test(ids_are_made_good_and_unique),
        cmocka_unit_test(input_that_is_no_object),
        cmocka_unit_test(names_and_ids_that_no_api_takes),
        cmocka_unit_test(without_tools_calls_are_told),
        cmocka_unit_test(reasoning_goes_back_within_the_turn),
        cmocka_unit_test(reasoning_of_other_turns_and_other_models_does_not),
        cmocka_unit_test(a_summary_stands_for_what_was_compacted),
        cmocka_unit_test(tools_are_offered_in_each_api_s_way),
        cmocka_unit_test(the_last_message_is_marked_for_the_cache),
        cmocka_unit_test(files_come_before_what_was_asked_within_fences),
        cmocka_unit_test(a_file_is_not_what_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
