/* What a model is offered, and what it is told when it calls something else. */
#include "daemon/agent/tools.h"
#include "tests/unit/daemon/agent/servers_fake.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void tools_are_offered_in_their_order(void **state)
{
    json_t *schema = json_pack("{s:s}", "type", "object");
    const struct servers_tool tools[] = {
        {.name = "b__x", .server = "b", .tool = "x", .description = "Does x.", .schema = schema},
        {.name = "a__y", .server = "a", .tool = "y", .schema = schema},
        {0}};
    struct servers servers;

    (void)state;
    fake_init(&servers, tools, "[]");
    json_t *offers = tools_offer(&servers);
    char *text = jsonx_dump(offers, &(size_t){0});
    assert_string_equal(text,
                        "[{\"name\":\"b__x\",\"description\":\"Does x.\",\"schema\":{\"type\":\"object\"}},"
                        "{\"name\":\"a__y\",\"description\":\"\",\"schema\":{\"type\":\"object\"}}]");
    free(text);
    json_decref(offers);
    fake_clear(&servers);
    offers = tools_offer(NULL);
    assert_int_equal(json_array_size(offers), 0);
    json_decref(offers);
    json_decref(schema);
}

static void giants_are_left_out_or_cut(void **state)
{
    char *giant = calloc(1, 100001);
    memset(giant, 'x', 100000);
    json_t *schema = json_pack("{s:s}", "type", "object"),
           *large = json_pack("{s:s,s:s}", "type", "object", "title", giant);
    const struct servers_tool tools[] = {
        {.name = "long", .server = "s", .tool = "long", .description = giant, .schema = schema},
        {.name = "large", .server = "s", .tool = "large", .schema = large},
        {.name = "good", .server = "s", .tool = "good", .schema = schema},
        {0}};
    struct servers servers;

    (void)state;
    fake_init(&servers, tools, "[]");
    json_t *offers = tools_offer(&servers);
    assert_int_equal(json_array_size(offers), 2);
    assert_int_equal(strlen(jsonx_str(json_array_get(offers, 0), "description", "")), 8192);
    assert_string_equal(jsonx_str(json_array_get(offers, 1), "name", ""), "good");
    json_decref(offers);
    fake_clear(&servers);
    json_decref(schema);
    json_decref(large);
    free(giant);
}

static void all_together_are_bounded_too(void **state)
{
    static char names[SERVERS_TOOLS_MAX][16];
    struct servers_tool *tools = calloc(SERVERS_TOOLS_MAX + 1, sizeof *tools);
    char *text = calloc(1, 60001);
    struct servers servers;

    (void)state;
    memset(text, 'x', 60000);
    json_t *schema = json_pack("{s:s,s:s}", "type", "object", "title", text);
    for (int i = 0; i < SERVERS_TOOLS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        tools[i] = (struct servers_tool){.name = names[i], .server = "s", .tool = names[i], .schema = schema};
    }
    fake_init(&servers, tools, "[]");
    json_t *offers = tools_offer(&servers);
    assert_int_equal(json_array_size(offers), 17); /* 1 MiB of 60 kB each */
    json_decref(offers);
    char *unknown = tools_unknown(&servers, "nothing");
    assert_true(strlen(unknown) < 4200);
    assert_non_null(strstr(unknown, "There is no tool 'nothing'. There are: t0, t1, "));
    free(unknown);
    memset(text, '\xC3', 300); /* a name that is a text is cut */
    text[300] = '\0';
    unknown = tools_unknown(&servers, text);
    assert_true(strlen(unknown) < 4200);
    free(unknown);
    fake_clear(&servers);
    json_decref(schema);
    free(tools);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tools_are_offered_in_their_order),
        cmocka_unit_test(giants_are_left_out_or_cut),
        cmocka_unit_test(all_together_are_bounded_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
