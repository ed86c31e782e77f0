/* Templates: what the configuration may say, and what comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/template.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void what_may_be_written_depends_on_the_scope(void **state)
{
    static const struct {
        const char *text;
        bool session, user, shared;
    } cases[] = {
        {"", true, true, true},
        {"plain } text", true, true, true},
        {"{{", true, true, true},
        {"{{SESSION_ID}", true, true, true},
        {"{\"a\":1}", false, false, false},
        {"{{\"a\":1}", true, true, true},
        {"{INSTANCE_TYPE}", true, true, true},
        {"{ENV:HOME}", true, true, true},
        {"{USER_ID}", true, true, false},
        {"a{USER_ID}b", true, true, false},
        {"{SESSION_ID}", true, false, false},
        {"{SESSION_DIR}/x", true, false, false},
        {"{VAR:region}", true, false, false},
        {"{VAR:}", false, false, false},
        {"{VAR}", false, false, false},
        {"{VAR:a b}", false, false, false},
        {"{VAR:a:b}", false, false, false},
        {"{ENV:}", false, false, false},
        {"{ENV}", false, false, false},
        {"{USER_ID:x}", false, false, false},
        {"{SECRET:a.b-c_9}", true, true, false},
        {"{SECRET:}", false, false, false},
        {"{SECRET}", false, false, false},
        {"{SECRET:a b}", false, false, false},
        {"{SECRET:a:b}", false, false, false},
        {"{VAR:a-b}", false, false, false},
        {"{session_id}", false, false, false},
        {"{SESSION_IDX}", false, false, false},
        {"{SESSION}", false, false, false},
        {"{}", false, false, false},
        {"{", false, false, false},
        {"x{SESSION_ID", false, false, false},
        {"{SESSION_{ID}}", false, false, false},
        {"{{{USER_ID}", true, true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bool expected[] = {cases[i].session, cases[i].user, cases[i].shared};

        for (enum server_scope scope = SCOPE_SESSION; scope < SCOPE_COUNT; scope++) {
            char error[256] = "";

            if (template_check(cases[i].text, scope, error) != expected[scope])
                fail_msg("'%s' in scope %d: %s", cases[i].text, (int)scope, error);
            assert_int_equal(!error[0], expected[scope]);
        }
    }
}

static void expect_error(const char *text, enum server_scope scope, const char *expected)
{
    char error[256] = "";

    assert_false(template_check(text, scope, error));
    assert_string_equal(error, expected);
}

static void errors_name_what_is_wrong_and_what_would_be_right(void **state)
{
    (void)state;
    expect_error(
        "{SESION_ID}", SCOPE_SESSION,
        "has the unknown template '{SESION_ID}'; known are {SESSION_ID}, {USER_ID}, {INSTANCE_TYPE}, "
        "{SESSION_DIR}, {VAR:name}, {ENV:NAME}, {SECRET:name}; {{ is a brace");
    expect_error("{SESSION_ID", SCOPE_SESSION,
                 "has '{SESSION_ID' without its }; write {{ for a brace itself");
    expect_error("{VAR:a b}", SCOPE_SESSION, "has '{VAR:a b}', whose name must be 1 to 64 of A-Z a-z 0-9 _");
    expect_error("{SESSION_DIR}", SCOPE_USER,
                 "has {SESSION_DIR}, but a server of scope user is not for one session");
    expect_error("{VAR:x}", SCOPE_SHARED, "has {VAR:x}, but a server of scope shared is not for one session");
    expect_error("{USER_ID}", SCOPE_SHARED,
                 "has {USER_ID}, but a server of scope shared is not for one user");
}

static struct template_values values(json_t *variables)
{
    return (struct template_values){.instance = "session",
                                    .user = "ann",
                                    .session_id = "s_1",
                                    .session_dir = "/state/s_1",
                                    .variables = variables};
}

static void values_are_put_in_as_they_are(void **state)
{
    static const struct {
        const char *text, *filled;
    } cases[] = {
        {"", ""},
        {"plain", "plain"},
        {"{{", "{"},
        {"{{{{}}", "{{}}"},
        {"{{\"id\":\"{SESSION_ID}\"}", "{\"id\":\"s_1\"}"},
        {"{USER_ID}/{SESSION_ID}", "ann/s_1"},
        {"{SESSION_DIR}/x", "/state/s_1/x"},
        {"{INSTANCE_TYPE}", "session"},
        {"{VAR:one}{VAR:one}", "11"},
        /* a value is not looked at again */
        {"{VAR:sly}", "{SESSION_ID}{{"},
        {"[{VAR:empty}]", "[]"},
        {"{ENV:STOA_TEMPLATE_TEST}", "from the environment"},
    };
    json_t *variables = json_pack("{s:s, s:s, s:s}", "one", "1", "sly", "{SESSION_ID}{{", "empty", "");
    struct template_values given = values(variables);

    (void)state;
    setenv("STOA_TEMPLATE_TEST", "from the environment", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[256] = "";
        char *filled = template_fill(cases[i].text, &given, error);

        if (!filled)
            fail_msg("'%s': %s", cases[i].text, error);
        assert_string_equal(filled, cases[i].filled);
        free(filled);
    }
    json_decref(variables);
}

static void a_missing_value_is_said_with_how_to_give_it(void **state)
{
    json_t *variables = json_object();
    struct template_values given = values(variables);
    char error[256];

    (void)state;
    unsetenv("STOA_TEMPLATE_NONE");
    assert_null(template_fill("x{VAR:region}", &given, error));
    assert_string_equal(
        error, "the session's variable 'region' is not set; set it with: stoa set SESSION region=VALUE");
    assert_null(template_fill("{ENV:STOA_TEMPLATE_NONE}", &given, error));
    assert_string_equal(
        error, "the environment variable STOA_TEMPLATE_NONE is not set where the daemon was started");
    json_decref(variables);
}

static void what_becomes_too_long_is_refused(void **state)
{
    char *value = malloc(TEMPLATE_RESULT_MAX + 1), error[256];

    (void)state;
    memset(value, 'x', TEMPLATE_RESULT_MAX);
    value[TEMPLATE_RESULT_MAX] = '\0';
    json_t *variables = json_pack("{s:s}", "big", value);
    struct template_values given = values(variables);
    char *filled = template_fill("{VAR:big}", &given, error);
    assert_non_null(filled);
    free(filled);
    assert_null(template_fill("{VAR:big}.", &given, error));
    assert_string_equal(error, "it is longer than 65536 bytes");
    json_decref(variables);
    free(value);
}

static void those_that_name_the_session_are_known(void **state)
{
    (void)state;
    assert_true(template_names_session("{SESSION_ID}"));
    assert_true(template_names_session("a{USER_ID}{SESSION_DIR}"));
    assert_true(template_names_session("{VAR:x}"));
    assert_false(template_names_session("{USER_ID}{ENV:X}{INSTANCE_TYPE}"));
    assert_false(template_names_session("{{SESSION_ID}"));
}

static void names_of_variables_are_plain(void **state)
{
    char longest[TEMPLATE_NAME_MAX + 2];

    (void)state;
    memset(longest, 'a', sizeof longest);
    longest[TEMPLATE_NAME_MAX + 1] = '\0';
    assert_false(template_is_name(longest));
    longest[TEMPLATE_NAME_MAX] = '\0';
    assert_true(template_is_name(longest));
    assert_true(template_is_name("aZ_09"));
    assert_false(template_is_name(""));
    assert_false(template_is_name("a-b"));
    assert_false(template_is_name("a\n"));
    assert_false(template_is_name("\xc3\xa9"));
}

static uint64_t version_of(void *arg, const char *name, char error[256])
{
    if (strcmp(name, "none") == 0)
        snprintf(error, 256, "the secret 'none' is not set");
    return strcmp(name, "none") == 0 ? 0 : *(uint64_t *)arg;
}

static void secrets_stay_references(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{SECRET:a}", "[{\"secret\":\"a\",\"version\":7}]"},
        {"Bearer {SECRET:a.b}", "[\"Bearer \",{\"secret\":\"a.b\",\"version\":7}]"},
        {"{{{USER_ID}{SECRET:a}{SECRET:b}}", "[\"{ann\",{\"secret\":\"a\",\"version\":7},"
                                             "{\"secret\":\"b\",\"version\":7},\"}\"]"},
        {"plain", "[\"plain\"]"},
        {"", "[]"},
    };
    uint64_t version = 7;
    char error[256] = "";
    struct template_values given = {.user = "ann", .secret = version_of, .secret_arg = &version},
                           none = {.user = "ann"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *parts = template_fill_parts(cases[i].text, &given, error);
        char *text = parts ? json_dumps(parts, JSON_COMPACT) : NULL;

        assert_non_null(text);
        assert_string_equal(text, cases[i].expected);
        free(text);
        json_decref(parts);
    }
    assert_null(template_fill_parts("x{SECRET:none}", &given, error));
    assert_string_equal(error, "the secret 'none' is not set");
    assert_null(template_fill_parts("{SECRET:a}", &none, error));
    assert_string_equal(error, "there is no {SECRET:a} here");
    assert_null(template_fill_parts("{SECRET:a}{VAR:x}", &given, error));
    assert_non_null(strstr(error, "'x' is not set"));
    assert_null(template_fill("{SECRET:a}", &given, error)); /* never as a text */
    assert_string_equal(error, "there is no {SECRET:a} here");
}

static void a_text_that_names_a_secret_is_known(void **state)
{
    char name[TEMPLATE_NAME_MAX + 1];

    (void)state;
    assert_true(template_names_secret("a{USER_ID}{SECRET:x}"));
    assert_false(template_names_secret("{{SECRET:x} {USER_ID}"));
    assert_true(template_is_secret("{SECRET:a.b-c}", name));
    assert_string_equal(name, "a.b-c");
    assert_false(template_is_secret("{SECRET:a} ", name));
    assert_false(template_is_secret("x{SECRET:a}", name));
    assert_false(template_is_secret("{ENV:a}", name));
    assert_false(template_is_secret("{{SECRET:a}", name));
    assert_false(template_is_secret("{SECRET:a", name));
    assert_false(template_is_secret("", name));
    assert_false(template_names_session("{SECRET:a}"));
    assert_true(template_names_variable("x{SECRET:b}{VAR:a}", "a"));
    assert_false(template_names_variable("{SECRET:a}{ENV:a}{{VAR:a}{VAR:ab}", "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_written_depends_on_the_scope),
        cmocka_unit_test(errors_name_what_is_wrong_and_what_would_be_right),
        cmocka_unit_test(values_are_put_in_as_they_are),
        cmocka_unit_test(a_missing_value_is_said_with_how_to_give_it),
        cmocka_unit_test(what_becomes_too_long_is_refused),
        cmocka_unit_test(those_that_name_the_session_are_known),
        cmocka_unit_test(names_of_variables_are_plain),
        cmocka_unit_test(secrets_stay_references),
        cmocka_unit_test(a_text_that_names_a_secret_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
