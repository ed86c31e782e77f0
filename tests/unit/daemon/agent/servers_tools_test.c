/* The tools that a model is offered: their names, what they declare, how many, in which order. */
#include "daemon/agent/tool_list.h"
#include "daemon/agent/tool_name.h"
#include "tests/unit/daemon/agent/servers_rig.h"

/* A server of that name whose tools are known. */
static json_t *definition(const char *name, json_t *tools)
{
    return json_pack("{s:s,s:s,s:[s],s:i,s:i,s:i,s:{s:s,s:o}}", "name", name, "scope", "session", "command",
                     "x", "start_ms", 1000, "call_ms", 1000, "idle_ms", 0, "known", "era", "2025-11-25",
                     "tools", tools);
}

static json_t *tool(const char *name, const char *annotations)
{
    json_t *made = json_pack("{s:s,s:{s:s}}", "name", name, "inputSchema", "type", "object");

    if (annotations)
        json_object_set_new(made, "annotations", json_loads(annotations, 0, NULL));
    return made;
}

/* Steals. */
static void define(struct srig *rig, json_t *servers)
{
    json_t *json = json_pack("{s:o}", "servers", servers);
    char error[256];

    assert_true(servers_define(rig->servers, json, error));
    json_decref(json);
    srig_turn(rig);
}

static struct servers_tool found(struct srig *rig, const char *name)
{
    struct servers_tool tool;

    assert_true(servers_find(rig->servers, name, &tool));
    return tool;
}

static void the_order_is_that_of_servers_and_their_lists(void **state)
{
    struct srig rig;

    (void)state;
    srig_open(&rig);
    define(&rig, json_pack("[o,o]", definition("b", json_pack("[o,o]", tool("z", NULL), tool("a", NULL))),
                           definition("a", json_pack("[o]", tool("m", NULL)))));
    assert_string_equal(srig_offered(&rig), "b__z b__a a__m");
    assert_string_equal(srig_offered(&rig), "b__z b__a a__m");
    srig_close(&rig);
}

static void what_tools_declare_is_told(void **state)
{
    struct srig rig;

    (void)state;
    srig_open(&rig);
    define(&rig,
           json_pack(
               "[o]",
               definition("s", json_pack("[o,o,o,o]", tool("none", NULL),
                                         tool("reads", "{\"readOnlyHint\":true,\"idempotentHint\":true}"),
                                         tool("destroys", "{\"destructiveHint\":true}"),
                                         tool("lies", "{\"readOnlyHint\":true,\"destructiveHint\":true}")))));
    struct servers_tool none = found(&rig, "s__none"), reads = found(&rig, "s__reads");
    struct servers_tool destroys = found(&rig, "s__destroys"), lies = found(&rig, "s__lies");
    assert_false(none.read_only || none.destructive || none.idempotent || none.connects);
    assert_true(reads.read_only && reads.idempotent && !reads.destructive);
    assert_true(destroys.destructive && !destroys.read_only);
    assert_true(lies.destructive && !lies.read_only);
    srig_close(&rig);
}

static void each_name_means_one_tool(void **state)
{
    struct srig rig;
    char hashed[TOOL_NAME_MAX + 1];

    (void)state;
    srig_open(&rig);
    tool_name_make("a__b", "c", 0, hashed);
    /* The first server makes up a tool that has the name of the second one's. */
    define(&rig, json_pack("[o,o]",
                           definition("a", json_pack("[o,o]", tool("b__c", NULL),
                                                     tool(hashed + strlen("a__"), NULL))),
                           definition("a__b", json_pack("[o]", tool("c", NULL)))));
    struct servers_tool plain = found(&rig, "a__b__c"), made_up = found(&rig, hashed);
    assert_string_equal(plain.server, "a");
    assert_string_equal(plain.tool, "b__c");
    assert_string_equal(made_up.server, "a");
    char twin[TOOL_NAME_MAX + 1];
    tool_name_make("a__b", "c", 1, twin);
    assert_string_equal(found(&rig, twin).server, "a__b");
    assert_string_equal(found(&rig, twin).tool, "c");
    srig_close(&rig);
}

static void odd_names_are_found_again(void **state)
{
    struct srig rig;
    static struct servers_tool tools[16];
    const char *const odd[] = {"read file", "read.file", "\xe4\xbd\xa0\xe5\xa5\xbd", "x/../y", "__", "-"};
    json_t *list = json_array();

    (void)state;
    srig_open(&rig);
    for (int i = 0; i < 6; i++)
        json_array_append_new(list, tool(odd[i], NULL));
    define(&rig, json_pack("[o]", definition("odd", list)));
    assert_int_equal(servers_tools(rig.servers, tools, 16), 9);
    for (int i = 0; i < 6; i++)
        assert_string_equal(found(&rig, tools[3 + i].name).tool, odd[i]);
    srig_close(&rig);
}

static void too_many_tools_are_cut_and_it_is_said_once(void **state)
{
    struct srig rig;
    static struct servers_tool tools[1024];
    json_t *servers = json_array();

    (void)state;
    srig_open(&rig);
    for (int i = 0; i < 2; i++) {
        json_t *list = json_array();
        for (int j = 0; j < 400; j++) {
            char name[16];
            snprintf(name, sizeof name, "t%d", j);
            json_array_append_new(list, tool(name, NULL));
        }
        json_array_append_new(servers, definition(i ? "two" : "one", list));
    }
    define(&rig, servers);
    assert_int_equal(servers_tools(rig.servers, tools, 1024), SERVERS_TOOLS_MAX);
    servers_tools(rig.servers, tools, 1024);
    srig_turn(&rig);
    assert_non_null(strstr(rig.logs.data, "two warning: 291 tools of all servers are not offered"));
    assert_ptr_equal(strchr(rig.logs.data, '\n'), rig.logs.data + rig.logs.len - 1);
    assert_int_equal(servers_tools(rig.servers, tools, 10), 10);
    srig_close(&rig);
}

static void all_of_them_together_are_bounded(void **state)
{
    struct srig rig;
    static struct servers_tool tools[SERVERS_TOOLS_MAX];
    char text[TOOL_LIST_DESCRIPTION_MAX];
    json_t *servers = json_array();
    size_t bytes = 0, count;

    (void)state;
    srig_open(&rig);
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 3; i++) {
        json_t *list = json_array();
        for (int j = 0; j < 100; j++) {
            char name[16];
            snprintf(name, sizeof name, "t%d", j);
            json_array_append_new(list, tool(name, NULL));
            jsonx_set_strn(json_array_get(list, (size_t)j), "description", text, sizeof text - 1);
        }
        char name[16];
        snprintf(name, sizeof name, "s%d", i);
        json_array_append_new(servers, definition(name, list));
    }
    define(&rig, servers);
    count = servers_tools(rig.servers, tools, SERVERS_TOOLS_MAX);
    for (size_t i = 0; i < count; i++)
        bytes += strlen(tools[i].description);
    assert_in_range(bytes, 480 << 10, 512 << 10);
    srig_close(&rig);
}

static void a_tool_named_connect_is_a_tool(void **state)
{
    struct srig rig;
    struct outcome outcome;

    (void)state;
    srig_open(&rig);
    define(&rig, json_pack("[o]", definition("s", json_pack("[o]", tool("connect", NULL)))));
    struct servers_tool real = found(&rig, "s__connect");
    assert_false(real.connects);
    assert_string_equal(real.tool, "connect");
    srig_call(&rig, real.server, real.tool, &outcome);
    srig_turn(&rig);
    fake_ready(fake_find("s"));
    fake_answer(fake_find("s"), "tools/list", TWO_TOOLS);
    assert_non_null(fake_request(fake_find("s"), "tools/call"));
    srig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_servers_and_their_lists),
        cmocka_unit_test(what_tools_declare_is_told),
        cmocka_unit_test(each_name_means_one_tool),
        cmocka_unit_test(odd_names_are_found_again),
        cmocka_unit_test(too_many_tools_are_cut_and_it_is_said_once),
        cmocka_unit_test(all_of_them_together_are_bounded),
        cmocka_unit_test(a_tool_named_connect_is_a_tool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
