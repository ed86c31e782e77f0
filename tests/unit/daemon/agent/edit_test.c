/* Arguments that a person put in place of a model's: what may run, and what is said of what may not. */
#include "daemon/agent/edit.h"
#include "tests/unit/daemon/agent/servers_fake.h"
#include "tests/unit/daemon/agent/session.h"

static struct servers_tool tools[] = {
    {.name = "files__write", .server = "files", .tool = "write"},
    {0},
};

/* "" if it may run, else how it ends and why. */
static char *checked(const char *name, const char *schema, const char *rules, const char *arguments)
{
    const struct session_message messages[] = {{"user", "complete", "a"}, {NULL, NULL, NULL}};
    struct state *session = session_make(messages, "thinking");
    struct tool_call call = {.state = CALL_ALLOWED,
                             .server = (char *)"files",
                             .tool = (char *)"write",
                             .arguments = (char *)arguments};
    struct block block = {.kind = BLOCK_TOOL_CALL, .name = (char *)name, .call = &call};
    struct servers servers;
    char *why, *text = NULL;

    tools[0].schema = json_loads(schema, 0, NULL);
    fake_init(&servers, tools, rules);
    enum call_state end = edit_check(session, &servers, &block, &why);
    assert_int_equal(end == CALL_ALLOWED, why == NULL);
    assert_true(asprintf(&text, "%s%s%s", why ? call_state_name(end) : "", why ? ": " : "", why ? why : "") >=
                0);
    free(why);
    fake_clear(&servers);
    json_decref((json_t *)tools[0].schema);
    state_free(&session);
    return text;
}

#define expect(name, schema, rules, arguments, expected)                                                     \
    do {                                                                                                     \
        char *said = checked(name, schema, rules, arguments);                                                \
        assert_string_equal(said, expected);                                                                 \
        free(said);                                                                                          \
    } while (0)

#define SCHEMA                                                                                               \
    "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"}},\"required\":[\"path\"],"          \
    "\"additionalProperties\":false}"
#define DENY "[{\"origin\":\"config\",\"effect\":\"deny\",\"pattern\":\"files/write(path=/etc/*)\"}]"

static void what_fits_may_run(void **state)
{
    (void)state;
    expect("files__write", SCHEMA, "[]", "{\"path\":\"b\"}", "");
    expect("files__write", SCHEMA, DENY, "{\"path\":\"b\"}", "");
    expect("files__write", SCHEMA, "[]", NULL, ""); /* nothing was changed */
}

static void what_the_tool_does_not_take_fails_and_says_why(void **state)
{
    (void)state;
    expect("files__write", SCHEMA, "[]", "{\"path\":7}",
           "failed: Not run: the tool does not take these arguments: /path is 7; it must be of type string.");
    char *said = checked("files__write", SCHEMA, "[]", "{}");
    assert_non_null(strstr(said, "path"));
    free(said);
    said = checked("files__write", SCHEMA, "[]", "{\"path\":\"b\",\"more\":1}");
    assert_non_null(strstr(said, "more"));
    free(said);
}

static void a_schema_that_is_no_use_refuses_nothing(void **state)
{
    (void)state;
    expect("files__write", "{\"$ref\":\"http://x/y\"}", "[]", "{\"path\":7}", "");
}

static void a_rule_that_denies_is_final(void **state)
{
    (void)state;
    expect("files__write", SCHEMA, DENY, "{\"path\":\"/etc/x\"}",
           "denied: Not run: the configuration's rule files/write(path=/etc/*) denies it.");
    expect("a_tool_that_went_away", SCHEMA, DENY, "{\"path\":\"/etc/x\"}",
           "denied: Not run: the configuration's rule files/write(path=/etc/*) denies it.");
    expect("a_tool_that_went_away", SCHEMA, DENY, "{\"path\":7}", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_may_run),
        cmocka_unit_test(what_the_tool_does_not_take_fails_and_says_why),
        cmocka_unit_test(a_schema_that_is_no_use_refuses_nothing),
        cmocka_unit_test(a_rule_that_denies_is_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
