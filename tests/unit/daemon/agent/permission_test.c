/* Who decides whether a call runs: a table of rules and calls. */
#include "daemon/agent/permission.h"
#include "tests/unit/daemon/agent/session.h"

#include "shared/jsonx.h"
#include <stdlib.h>
#include <string.h>

static const struct servers_tool read_tool = {
    .name = "files__read", .server = "files", .tool = "read", .read_only = true};
static const struct servers_tool delete_tool = {
    .name = "files__delete", .server = "files", .tool = "delete", .destructive = true};
static const struct servers_tool info_tool = {
    .name = "get_session_info", .server = "", .tool = "get_session_info"};
static const struct servers_tool connect_tool = {
    .name = "slow__connect", .server = "slow", .tool = "connect", .connects = true};

/* session: rules of the session, as "effect pattern" lists; others: JSON of the configuration's and the
 * user's. */
static const struct {
    const char *session, *others;
    const struct servers_tool *tool;
    const char *arguments;
    enum rule_effect effect;
    const char *why;
} cases[] = {
    {NULL, "[]", &read_tool, "{}", RULE_ASK, ""},
    {NULL, "[]", &delete_tool, "{}", RULE_ASK, ""},
    {NULL, "[]", &info_tool, "{}", RULE_ALLOW, "a built-in tool that only reads"},
    {NULL, "[]", &connect_tool, "{}", RULE_ALLOW, "it only connects"},
    {"allow files/read", "[]", &read_tool, "{}", RULE_ALLOW, "the session's rule files/read"},
    {"allow files/read", "[]", &delete_tool, "{}", RULE_ASK, ""},
    {"deny slow/*", "[]", &connect_tool, "{}", RULE_DENY, "the session's rule slow/*"},
    {"ask stoa/*", "[]", &info_tool, "{}", RULE_ASK, "the session's rule stoa/*"},
    {NULL, "[{\"origin\":\"user\",\"effect\":\"allow\",\"pattern\":\"files/*\"}]", &read_tool, "{}",
     RULE_ALLOW, "your rule files/*"},
    {"allow files/read", "[{\"origin\":\"config\",\"effect\":\"deny\",\"pattern\":\"*\"}]", &read_tool, "{}",
     RULE_DENY, "the configuration's rule *"},
    {"deny files/read", "[{\"origin\":\"config\",\"effect\":\"allow\",\"pattern\":\"*\"}]", &read_tool, "{}",
     RULE_DENY, "the session's rule files/read"},
    {NULL, "[{\"origin\":\"config\",\"effect\":\"allow\",\"pattern\":\"files/read(path=/tmp/*)\"}]",
     &read_tool, "{\"path\":\"/tmp/a\"}", RULE_ALLOW, "the configuration's rule files/read(path=/tmp/*)"},
    {NULL, "[{\"origin\":\"config\",\"effect\":\"allow\",\"pattern\":\"files/read(path=/tmp/*)\"}]",
     &read_tool, "{\"path\":\"/etc/a\"}", RULE_ASK, ""},
    {NULL, "[{\"origin\":\"config\",\"effect\":\"nonsense\",\"pattern\":\"*\"},7]", &read_tool, "{}",
     RULE_ASK, ""},
    {NULL, NULL, &read_tool, "{}", RULE_ASK, ""},
};

static void rules_decide(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct state *session = session_asked("x");
        json_t *others = cases[i].others ? json_loads(cases[i].others, 0, NULL) : NULL;
        json_t *arguments = json_loads(cases[i].arguments, 0, NULL);
        struct permission permission;

        if (cases[i].session) {
            const char *pattern = strchr(cases[i].session, ' ') + 1;
            session->rules = calloc(1, sizeof *session->rules);
            session->rule_count = 1;
            session->rules->effect = strndup(cases[i].session, (size_t)(pattern - 1 - cases[i].session));
            session->rules->pattern = strdup(pattern);
        }
        permission_decide(session, others, cases[i].tool, arguments, &permission);
        if (permission.effect != cases[i].effect || strcmp(permission.why, cases[i].why) != 0)
            fail_msg("case %zu: %s, \"%s\"", i, rule_effect_name(permission.effect), permission.why);
        json_decref(others);
        json_decref(arguments);
        state_free(&session);
    }
}

static json_t *ask(const struct servers_tool *tool, json_t *arguments, int64_t ask_ms, const char *why)
{
    struct permission_call call = {.message = "m_01j8zq4k3n0000000000000000",
                                   .block = 3,
                                   .author = "p/m",
                                   .arguments = arguments,
                                   .ask_ms = ask_ms};
    char id[ID_MAX];
    json_t *json = permission_question(tool, &call, why, id);
    struct question *question = question_from_json(json);

    assert_non_null(question); /* it is one for all who fold it */
    assert_true(question->bytes <= STATE_QUESTIONS_BYTES);
    assert_string_equal(question->id, id);
    assert_int_equal(question->block, 3);
    question_free(&question);
    return json;
}

static void the_question_says_what_would_run(void **state)
{
    json_t *arguments = json_pack("{s:s}", "path", "/etc/passwd"),
           *question = ask(&delete_tool, arguments, 5000, "");

    (void)state;
    assert_string_equal(jsonx_str(question, "arguments", ""), "{\"path\":\"/etc/passwd\"}");
    assert_true(jsonx_bool(question, "destructive", false));
    assert_false(jsonx_bool(question, "read_only", true));
    assert_int_equal(jsonx_int(question, "deadline", 0) - jsonx_int(question, "asked", 0), 5000);
    assert_string_equal(jsonx_str(question, "text", ""), "p/m wants to call delete of files");
    json_decref(question);
    question = ask(&info_tool, arguments, 0, "the session's rule stoa/*");
    assert_null(json_object_get(question, "deadline"));
    assert_string_equal(jsonx_str(question, "pattern", ""), "stoa/get_session_info");
    assert_string_equal(jsonx_str(question, "text", ""),
                        "p/m wants to call the built-in get_session_info (the session's rule stoa/*)");
    json_decref(question);
    json_decref(arguments);
}

static void giant_arguments_are_cut_and_said_to_be(void **state)
{
    char *giant = malloc(1000001);
    json_t *arguments = json_object(), *question;

    (void)state;
    memset(giant, 1, 1000000); /* each byte is six when it is escaped */
    giant[1000000] = '\0';
    jsonx_set_str(arguments, "text", giant);
    question = ask(&read_tool, arguments, 0, "");
    assert_true(jsonx_bool(question, "cut", false));
    json_decref(question);
    json_decref(arguments);
    free(giant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_decide),
        cmocka_unit_test(the_question_says_what_would_run),
        cmocka_unit_test(giant_arguments_are_cut_and_said_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
