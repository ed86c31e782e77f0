/* Rules: which calls a pattern matches, what is no pattern, and which rule decides. */
#include "proto/rule.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct call {
    const char *server, *tool, *arguments; /* arguments: JSON; NULL: none */
};

static json_t *arguments_of(const struct call *call)
{
    json_t *json = call->arguments ? jsonx_parse(call->arguments, strlen(call->arguments), NULL) : NULL;
    if (call->arguments)
        assert_non_null(json);
    return json;
}

static const struct {
    const char *pattern;
    bool matches;
    struct call call;
} calls[] = {
    /* names */
    {"files/read_file", true, {"files", "read_file", NULL}},
    {"files/read_file", false, {"files", "read_files", NULL}},
    {"files/read_file", false, {"files", "xread_file", NULL}},
    {"files/read_file", false, {"other", "read_file", NULL}},
    {"files/READ_file", false, {"files", "read_file", NULL}},
    {"files/read_file", true, {"files", "read_file", "{\"path\":\"/etc\"}"}},
    {"stoa/list_sessions", true, {"", "list_sessions", NULL}},
    {"stoa/list_sessions", true, {"stoa", "list_sessions", NULL}},
    {"files/list_sessions", false, {"", "list_sessions", NULL}},
    /* wildcards */
    {"*", true, {"files", "read_file", NULL}},
    {"*", true, {"", "list_sessions", NULL}},
    {"*/*", true, {"files", "a/b", NULL}},
    {"files/*", true, {"files", "read_file", NULL}},
    {"files/read_*", true, {"files", "read_", NULL}},
    {"files/*_file", true, {"files", "read_text_file", NULL}},
    {"files/*_file", false, {"files", "read_files", NULL}},
    {"files/r*d*e", true, {"files", "read_edited_file", NULL}},
    {"files/read_?", true, {"files", "read_x", NULL}},
    {"files/read_?", true, {"files", "read_\xc3\xbc", NULL}},
    {"files/read_?", false, {"files", "read_xy", NULL}},
    {"files/read_?", false, {"files", "read_", NULL}},
    {"files/*?", true, {"files", "\xe2\x82\xac", NULL}},
    {"files/*??", false, {"files", "\xe2\x82\xac", NULL}},
    {"f*s/a*b*c", true, {"files", "aXbYbZc", NULL}},
    {"f*s/a*b*c", false, {"files", "aXbYbZcd", NULL}},
    /* escapes */
    {"files/read\\*", true, {"files", "read*", NULL}},
    {"files/read\\*", false, {"files", "readx", NULL}},
    {"files/a/b", true, {"files", "a/b", NULL}},
    {"fi\\/les/b", true, {"fi/les", "b", NULL}},
    {"files/b\\(c\\)", true, {"files", "b(c)", NULL}},
    {"files/\\ b\\\\", true, {"files", " b\\", NULL}},
    {"files/\\?", false, {"files", "x", NULL}},
    {"files/\\?*", true, {"files", "?x", NULL}},
    /* arguments */
    {"files/w(path=/tmp/*)", true, {"files", "w", "{\"path\":\"/tmp/a\"}"}},
    {"files/w(path=/tmp/*)", true, {"files", "w", "{\"text\":\"x\",\"path\":\"/tmp/\"}"}},
    {"files/w(path=/tmp/*)", false, {"files", "w", "{\"path\":\"/etc/a\"}"}},
    {"files/w(path=/tmp/*)", false, {"files", "w", "{\"paths\":\"/tmp/a\"}"}},
    {"files/w(path=/tmp/*)", false, {"files", "w", "{}"}},
    {"files/w(path=/tmp/*)", false, {"files", "w", NULL}},
    {"files/w(path=/tmp/*)", false, {"files", "w", "[\"/tmp/a\"]"}},
    {"files/w(path=/tmp/*)", false, {"files", "v", "{\"path\":\"/tmp/a\"}"}},
    {"files/w(path=*)", false, {"files", "w", "{}"}},
    {"files/w(path=*)", true, {"files", "w", "{\"path\":null}"}},
    {"files/w(a=1, b=2)", true, {"files", "w", "{\"b\":\"2\",\"a\":\"1\"}"}},
    {"files/w(a=1,b=2)", true, {"files", "w", "{\"b\":\"2\",\"a\":\"1\"}"}},
    {"files/w(a=1, b=2)", false, {"files", "w", "{\"a\":\"1\"}"}},
    {"files/w(n=1)", true, {"files", "w", "{\"n\":1}"}},
    {"files/w(n=1)", false, {"files", "w", "{\"n\":12}"}},
    {"files/w(n=true)", true, {"files", "w", "{\"n\":true}"}},
    {"files/w(n=null)", true, {"files", "w", "{\"n\":null}"}},
    {"files/w(n=[1\\,2])", true, {"files", "w", "{\"n\":[1, 2]}"}},
    {"files/w(n={\"a\":1\\,\"b\":2})", true, {"files", "w", "{\"n\":{\"b\":2,\"a\":1}}"}},
    {"files/w(c=f\\(x\\)\\,y)", true, {"files", "w", "{\"c\":\"f(x),y\"}"}},
    {"files/w(c=a=b)", true, {"files", "w", "{\"c\":\"a=b\"}"}},
    {"files/w(a\\=b=c)", true, {"files", "w", "{\"a=b\":\"c\"}"}},
    {"files/w(c=a b)", true, {"files", "w", "{\"c\":\"a b\"}"}},
    {"files/w(c=\\ )", true, {"files", "w", "{\"c\":\" \"}"}},
    {"*/*(c=rm*)", true, {"shell", "run", "{\"c\":\"rm -r\"}"}},
    /* hidden characters: nobody saw them, so no pattern of an allow but * covers them */
    {"sh/run(c=ls*)", false, {"sh", "run", "{\"c\":\"ls\\nrm -r /\"}"}},
    {"sh/run(c=ls*)", false, {"sh", "run", "{\"c\":\"ls \\u001b[2K\"}"}},
    {"sh/run(c=ls*)", false, {"sh", "run", "{\"c\":\"ls \\u007f\"}"}},
    {"sh/run(c=ls*)", false, {"sh", "run", "{\"c\":\"ls \\u009b\"}"}},
    {"sh/run(c=ls*)", false, {"sh", "run", "{\"c\":\"ls \\u202e\"}"}},
    {"sh/run(c=ls*)", false, {"sh", "run", "{\"c\":\"ls \\u200b\"}"}},
    /* nor does one cover a path that leads out of what it names */
    {"f/read(path=/home/*)", true, {"f", "read", "{\"path\":\"/home/a..b/..c/.x\"}"}},
    {"f/read(path=/home/*)", false, {"f", "read", "{\"path\":\"/home/../etc/passwd\"}"}},
    {"f/read(path=/home/*)", false, {"f", "read", "{\"path\":\"/home/a/..\"}"}},
    {"f/read(path=src\\\\*)", false, {"f", "read", "{\"path\":\"src\\\\..\\\\x\"}"}},
    {"f/read(path=*.txt)", false, {"f", "read", "{\"path\":\"../x.txt\"}"}},
    {"f/read(path=../x/*)", true, {"f", "read", "{\"path\":\"../x/y\"}"}},
    {"f/read(path=../x/*)", false, {"f", "read", "{\"path\":\"../x/../../y\"}"}},
    {"f/read(path=*)", true, {"f", "read", "{\"path\":\"../x.txt\"}"}},
    {"f/read(paths=[\"/home/*\"])", false, {"f", "read", "{\"paths\":[\"/home/../etc/passwd\"]}"}},
    {"sh/run(c=\\*)", false, {"sh", "run", "{\"c\":\"a\\nb\"}"}},
    {"sh/run(c=**)", false, {"sh", "run", "{\"c\":\"a\\nb\"}"}},
    {"sh/run(c=[*)", false, {"sh", "run", "{\"c\":[\"a\\nb\"]}"}},
    {"sh/run(c={*)", false, {"sh", "run", "{\"c\":{\"a\\nb\":1}}"}},
    {"sh/run(c=*)", true, {"sh", "run", "{\"c\":\"ls\\nrm -r /\"}"}},
    {"sh/run", true, {"sh", "run", "{\"c\":\"ls\\nrm -r /\"}"}},
    {"sh/run(c=ls*)", true, {"sh", "run", "{\"c\":\"ls \xc3\xbc\",\"d\":\"\\n\"}"}},
};

static void a_pattern_matches_what_it_says_and_nothing_else(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        char error[256] = "";
        json_t *arguments = arguments_of(&calls[i].call);
        if (!rule_check(calls[i].pattern, error))
            fail_msg("'%s' is refused: %s", calls[i].pattern, error);
        bool matches =
            rule_matches(calls[i].pattern, RULE_ALLOW, calls[i].call.server, calls[i].call.tool, arguments);
        if (matches != calls[i].matches)
            fail_msg("'%s' %s %s/%s %s", calls[i].pattern, matches ? "matches" : "does not match",
                     calls[i].call.server, calls[i].call.tool,
                     calls[i].call.arguments ? calls[i].call.arguments : "");
        json_decref(arguments);
    }
}

static void a_hidden_character_is_no_way_around_a_deny_or_an_ask(void **unused)
{
    (void)unused;
    static const char *const commands[] = {"{\"c\":\"x\\nrm -r /\"}", "{\"c\":\"\\u200brm\"}",
                                           "{\"c\":[\"\\n\",\"rm\"]}"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        json_t *arguments = jsonx_parse(commands[i], strlen(commands[i]), NULL);
        assert_true(rule_matches("sh/run(c=*rm*)", RULE_DENY, "sh", "run", arguments));
        assert_true(rule_matches("sh/run(c=*rm*)", RULE_ASK, "sh", "run", arguments));
        assert_false(rule_matches("sh/run(c=*rm*)", RULE_ALLOW, "sh", "run", arguments));
        json_decref(arguments);
    }
}

static const char *const no_patterns[] = {
    "",
    "files",
    "/read",
    "files/",
    "files/(a=b)",
    "files/read()",
    "files/read( )",
    "files/read(a)",
    "files/read(=b)",
    "files/read(a=)",
    "files/read(a=b",
    "files/read(a=b,)",
    "files/read(a=b)c",
    "files/read(a=b)(c=d)",
    "files/read(a=b(c))",
    "files/read)",
    "files/read\\",
    "files/read(a=b\\",
    "files/read(a=b\\)",
    "files/read(a*=b)",
    "files/read(?=b)",
    "files/read(a=b ,c=d)",
    "files/read(a= b)",
    "files/read(a =b)",
    " files/read",
    "files /read",
    "files/ read",
    "files/read ",
    "files(a=b)/read",
    "files/re\nad",
    "files/re\x1b[1mad",
    "files/\xe2\x80\xaeread",
    "files/\xff",
    "**",
    "files/r(a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1,m=1,n=1,o=1,p=1,q=1)",
};

static void a_detour_is_no_way_around_a_deny_or_an_ask(void **unused)
{
    static const char *const paths[] = {"/etc/passwd",         "//etc/passwd",      "/./etc//passwd",
                                        "/home/../etc/passwd", "/../../etc/./x/..", "/a/b/../../etc/x"};
    static const char *const others[] = {"/home/etc/passwd", "etc/passwd", "../etc/passwd",
                                         "/etc/../home/x",   "/",          ""};
    (void)unused;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        json_t *arguments = json_pack("{s:s}", "path", paths[i]);
        assert_true(rule_matches("f/*(path=/etc*)", RULE_DENY, "f", "read", arguments));
        assert_true(rule_matches("f/*(path=/etc*)", RULE_ASK, "f", "read", arguments));
        json_decref(arguments);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        json_t *arguments = json_pack("{s:s}", "path", others[i]);
        assert_int_equal(rule_matches("f/*(path=/etc*)", RULE_DENY, "f", "read", arguments), i == 3);
        json_decref(arguments);
    }
    json_t *up = json_pack("{s:s}", "path", "a/../../../x");
    assert_true(rule_matches("f/*(path=../../x)", RULE_DENY, "f", "read", up));
    json_decref(up);
}

static void what_is_no_pattern_is_said_and_matches_nothing(void **unused)
{
    (void)unused;
    json_t *arguments = json_pack("{s:s}", "a", "b");
    for (size_t i = 0; i < sizeof no_patterns / sizeof no_patterns[0]; i++) {
        char error[256] = "";
        if (rule_check(no_patterns[i], error))
            fail_msg("'%s' was taken", no_patterns[i]);
        assert_non_null(strstr(error, "no pattern of a rule: "));
        assert_true(utf8_valid(error, strlen(error)));
        assert_null(strchr(error, '\n'));
        assert_false(rule_matches(no_patterns[i], RULE_DENY, "files", "read", arguments));
    }
    json_decref(arguments);
}

static void a_pattern_may_be_as_long_as_its_bound(void **unused)
{
    (void)unused;
    char pattern[RULE_PATTERN_MAX + 2], error[256];
    memset(pattern, 'a', sizeof pattern);
    memcpy(pattern, "files/", 6);
    pattern[RULE_PATTERN_MAX] = '\0';
    assert_true(rule_check(pattern, error));
    assert_true(rule_matches(pattern, RULE_ALLOW, "files", pattern + 6, NULL));
    pattern[RULE_PATTERN_MAX] = 'a';
    pattern[RULE_PATTERN_MAX + 1] = '\0';
    assert_false(rule_check(pattern, error));
    assert_non_null(strstr(error, "1025 bytes"));
}

static void an_exact_pattern_matches_its_tool_alone(void **unused)
{
    (void)unused;
    static const struct call tools[] = {
        {"files", "read", NULL}, {"files", "re*d", NULL},  {"fi/les", "a(b=c)", NULL}, {"f?", "\\", NULL},
        {" f ", " t ", NULL},    {"", "get_info", NULL},   {"f", " ", NULL},           {"*", "*", NULL},
        {"f", "a/b", NULL},      {"f", "\xc3\xbc,=", NULL}};
    size_t count = sizeof tools / sizeof tools[0];
    for (size_t i = 0; i < count; i++) {
        char error[256] = "", *pattern = rule_exact(tools[i].server, tools[i].tool);
        if (!rule_check(pattern, error))
            fail_msg("%s", error);
        for (size_t j = 0; j < count; j++)
            assert_int_equal(rule_matches(pattern, RULE_ALLOW, tools[j].server, tools[j].tool, NULL), i == j);
        free(pattern);
    }
}

/* Given these rules, "c/t" with these arguments meets the rule of that number (-1: none). */
static const struct {
    int decides;
    const char *arguments;
    struct rule_line rules[4];
} contests[] = {
    {-1, NULL, {{RULE_ALLOW, RULE_CONFIG, "d/t"}}},
    {-1, NULL, {{RULE_DENY, RULE_CONFIG, "c/"}}},
    {0, NULL, {{RULE_ALLOW, RULE_CONFIG, "*"}}},
    /* a deny of the configuration is final */
    {1, NULL, {{RULE_ALLOW, RULE_SESSION, "c/t"}, {RULE_DENY, RULE_CONFIG, "*"}}},
    {0, NULL, {{RULE_ALLOW, RULE_SESSION, "c/t"}, {RULE_DENY, RULE_USER, "*"}}},
    {0, NULL, {{RULE_ALLOW, RULE_SESSION, "c/t"}, {RULE_ASK, RULE_CONFIG, "*"}}},
    {0, "{\"a\":1}", {{RULE_ALLOW, RULE_SESSION, "c/t"}, {RULE_DENY, RULE_CONFIG, "c/t(a=2)"}}},
    /* with arguments before without, whatever else */
    {1, "{\"a\":1}", {{RULE_DENY, RULE_SESSION, "c/t"}, {RULE_ALLOW, RULE_CONFIG, "*/*(a=*)"}}},
    {0, "{\"a\":2}", {{RULE_DENY, RULE_SESSION, "c/t"}, {RULE_ALLOW, RULE_CONFIG, "*/*(a=1)"}}},
    /* more arguments before fewer */
    {1, "{\"a\":1,\"b\":1}", {{RULE_DENY, RULE_USER, "c/t(a=1)"}, {RULE_ALLOW, RULE_USER, "*/*(a=*,b=*)"}}},
    /* more of the tool, then of the server, then of the arguments */
    {1, NULL, {{RULE_DENY, RULE_USER, "c/*"}, {RULE_ALLOW, RULE_USER, "*/t"}}},
    {1, NULL, {{RULE_DENY, RULE_USER, "*/t"}, {RULE_ALLOW, RULE_CONFIG, "c/t"}}},
    {0, NULL, {{RULE_ALLOW, RULE_CONFIG, "c/*"}, {RULE_DENY, RULE_USER, "*"}}},
    {1, "{\"a\":\"xy\"}", {{RULE_DENY, RULE_USER, "c/t(a=x*)"}, {RULE_ALLOW, RULE_USER, "c/t(a=xy)"}}},
    {0,
     "{\"a\":\"\xc3\xbcx\"}",
     {{RULE_DENY, RULE_USER, "c/t(a=*x)"}, {RULE_ALLOW, RULE_USER, "c/t(a=\xc3\xbc*)"}}},
    {1, "{\"a\":\"*x\"}", {{RULE_DENY, RULE_USER, "c/t(a=*)"}, {RULE_ALLOW, RULE_USER, "c/t(a=\\**)"}}},
    /* of equals: session, user, configuration */
    {2,
     NULL,
     {{RULE_ASK, RULE_CONFIG, "c/t"}, {RULE_DENY, RULE_USER, "c/t"}, {RULE_ALLOW, RULE_SESSION, "c/t"}}},
    {1, NULL, {{RULE_ASK, RULE_CONFIG, "c/t"}, {RULE_ALLOW, RULE_USER, "c/t"}}},
    {0, NULL, {{RULE_ALLOW, RULE_USER, "c/t"}, {RULE_ASK, RULE_CONFIG, "c/t"}}},
    /* of one origin: deny, ask, allow */
    {2, NULL, {{RULE_ALLOW, RULE_USER, "c/t"}, {RULE_ASK, RULE_USER, "c/t"}, {RULE_DENY, RULE_USER, "c/t"}}},
    {1, NULL, {{RULE_ALLOW, RULE_USER, "c/t"}, {RULE_ASK, RULE_USER, "c/t"}}},
    {0, NULL, {{RULE_ASK, RULE_USER, "c/t"}, {RULE_ASK, RULE_USER, "c/t"}}},
    /* what was hidden is not allowed by a narrow rule, nor does it get past a deny */
    {1, "{\"a\":\"ls\\nrm\"}", {{RULE_ALLOW, RULE_SESSION, "c/t(a=ls*)"}, {RULE_ASK, RULE_CONFIG, "*"}}},
    {0, "{\"a\":\"\\nrm\"}", {{RULE_DENY, RULE_CONFIG, "c/t(a=*rm*)"}, {RULE_ALLOW, RULE_CONFIG, "c/*"}}},
};

static void the_most_specific_rule_decides(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof contests / sizeof contests[0]; i++) {
        const struct call call = {"c", "t", contests[i].arguments};
        json_t *arguments = arguments_of(&call);
        size_t count = 0;
        while (count < 4 && contests[i].rules[count].pattern)
            count++;
        const struct rule_line *rule = rule_decide(contests[i].rules, count, "c", "t", arguments);
        int decides = rule ? (int)(rule - contests[i].rules) : -1;
        if (decides != contests[i].decides)
            fail_msg("contest %zu ('%s' ...): rule %d decides instead of %d", i, contests[i].rules[0].pattern,
                     decides, contests[i].decides);
        json_decref(arguments);
    }
    assert_null(rule_decide(NULL, 0, "c", "t", NULL));
}

static void the_order_of_rules_does_not_matter(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof contests / sizeof contests[0]; i++) {
        const struct call call = {"c", "t", contests[i].arguments};
        json_t *arguments = arguments_of(&call);
        struct rule_line turned[4];
        size_t count = 0;
        while (count < 4 && contests[i].rules[count].pattern)
            count++;
        for (size_t j = 0; j < count; j++)
            turned[j] = contests[i].rules[count - 1 - j];
        const struct rule_line *rule = rule_decide(turned, count, "c", "t", arguments);
        assert_int_equal(rule != NULL, contests[i].decides >= 0);
        if (rule)
            assert_string_equal(rule->pattern, contests[i].rules[contests[i].decides].pattern);
        json_decref(arguments);
    }
}

static void effects_and_origins_have_names(void **unused)
{
    (void)unused;
    for (enum rule_effect effect = RULE_ALLOW; effect < RULE_EFFECT_COUNT; effect++)
        assert_int_equal(rule_effect_parse(rule_effect_name(effect)), effect);
    assert_int_equal(rule_effect_parse("always"), RULE_EFFECT_COUNT);
    assert_string_equal(rule_origin_name(RULE_SESSION), "session");
}

static void a_list_matches_what_one_of_its_patterns_does(void **unused)
{
    static const struct {
        const char *list, *tool, *value;
        bool matches;
    } rows[] = {
        {"", "a", "1", false},
        {" ; ;", "a", "1", false},
        {"s/a", "a", "1", true},
        {"s/b;s/a", "a", "1", true},
        {" s/b ;\t s/c ", "a", "1", false},
        {"s/a(v=x;y); s/b", "a", "x;y", true},
        {"s/a(v=x;y); s/b", "b", "1", true},
        {"s/a(v=x\\;y)", "a", "x;y", true},
        {"s/a(v=x\\));s/b", "b", "", true},
        {"s/a\\ ;s/b", "a ", "", true},
        {"s/a(v=/tmp/*)", "a", "/tmp/../tmp/a\n", true}, /* seen through, as an ask does */
        {"*", "a", "1", true},
    };
    char error[256];

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *arguments = json_pack("{s:s}", "v", rows[i].value);
        assert_true(rule_list_check(rows[i].list, error));
        if (rule_list_matches(rows[i].list, "s", rows[i].tool, arguments) != rows[i].matches)
            fail_msg("%s %s %s", rows[i].list, rows[i].tool, rows[i].value);
        json_decref(arguments);
    }
    assert_false(rule_list_check("s/a; nonsense", error));
    assert_non_null(strstr(error, "\"nonsense\" is no pattern"));
    assert_false(rule_list_check("s/a(v", error));
    assert_false(rule_list_matches("nonsense; (", "s", "a", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_what_it_says_and_nothing_else),
        cmocka_unit_test(a_hidden_character_is_no_way_around_a_deny_or_an_ask),
        cmocka_unit_test(a_detour_is_no_way_around_a_deny_or_an_ask),
        cmocka_unit_test(what_is_no_pattern_is_said_and_matches_nothing),
        cmocka_unit_test(a_pattern_may_be_as_long_as_its_bound),
        cmocka_unit_test(an_exact_pattern_matches_its_tool_alone),
        cmocka_unit_test(the_most_specific_rule_decides),
        cmocka_unit_test(the_order_of_rules_does_not_matter),
        cmocka_unit_test(effects_and_origins_have_names),
        cmocka_unit_test(a_list_matches_what_one_of_its_patterns_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
