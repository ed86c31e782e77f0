/* What line mode and stoa watch say of events. */
#include "shared/jsonx.h"
#include "tui/cli/remark.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* data: as JSON, with ' for ". said: NULL for nothing. */
static void assert_said(enum event_type type, const char *data, const char *said)
{
    char *text = strdup(data);

    for (char *at = text; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    struct event event = {.type = type, .data = jsonx_parse(text, strlen(text), NULL)};
    assert_non_null(event.data);
    char *line = remark_on(&event);
    if (said)
        assert_string_equal(line, said);
    else
        assert_null(line);
    json_decref(event.data);
    free(line);
    free(text);
}

static void test_what_goes_wrong_is_marked(void **unused)
{
    (void)unused;
    assert_said(EVENT_ERROR_OCCURRED, "{'kind':'provider','text':'500'}", "! provider: 500");
    assert_said(EVENT_BUDGET_REACHED, "{'text':'80 % of it'}", "! 80 % of it");
    assert_said(EVENT_TURN_RETRYING, "{'why':'429','limit':3}", "* 429; trying again");
    assert_said(EVENT_TURN_RETRYING, "{'why':'in line','limit':0}", "* in line");
    assert_said(EVENT_TURN_RETRYING, "{'why':''}", NULL);
}

static void test_changes_of_the_session(void **unused)
{
    (void)unused;
    assert_said(EVENT_SESSION_UPDATED, "{'title':'a'}", "* the title is now: a");
    assert_said(EVENT_SESSION_UPDATED, "{'model':'demo/stoa'}", "* the model is now: demo/stoa");
    assert_said(EVENT_SESSION_UPDATED, "{'title':'a','model':'m/n'}",
                "* the title is now: a\n* the model is now: m/n");
    assert_said(EVENT_SESSION_UPDATED, "{'archived':true}", NULL);
    assert_said(EVENT_SESSION_REWOUND, "{'by':'ann','removed':2}",
                "* ann took the last 2 messages out of the session");
}

static void test_who_may_what(void **unused)
{
    (void)unused;
    assert_said(EVENT_SESSION_SHARED, "{'user':'bo','role':'approver','by':'ann'}",
                "* bo is approver now, by ann");
    assert_said(EVENT_SESSION_SHARED, "{'user':'bo','role':'viewer'}", "* bo is viewer now");
    assert_said(EVENT_SESSION_UNSHARED, "{'user':'bo'}", "* bo has no part in the session any more");
    assert_said(EVENT_QUESTION_APPROVED, "{'by':'ann'}", "* ann approved; a second person is needed");
}

static void test_servers(void **unused)
{
    (void)unused;
    assert_said(EVENT_MCP_STARTING, "{'server':'files'}", "* MCP server files is being started");
    assert_said(EVENT_MCP_CONNECTED, "{'server':'files'}", "* MCP server files is connected");
    assert_said(EVENT_MCP_DISCONNECTED, "{'server':'files','cause':'idle'}",
                "* MCP server files is not connected: idle");
    assert_said(EVENT_MCP_DISCONNECTED, "{'server':'files','cause':'crashed','text':'exit code 1'}",
                "* MCP server files is not connected: crashed, exit code 1");
    assert_said(EVENT_TOOLS_LENT, "{'server':'files','user':'bo'}", "* bo lends the tools of files");
    assert_said(EVENT_TOOLS_RETURNED, "{'server':'files'}", "* the tools of files are not lent any more");
}

static void test_messages_are_told_elsewhere(void **unused)
{
    (void)unused;
    assert_said(EVENT_MESSAGE_ADDED, "{}", NULL);
    assert_said(EVENT_STREAM_CHUNK, "{}", NULL);
    assert_said(EVENT_TOOL_STARTED, "{}", NULL);
    assert_said(EVENT_QUESTION_ASKED, "{}", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_goes_wrong_is_marked),
        cmocka_unit_test(test_changes_of_the_session),
        cmocka_unit_test(test_who_may_what),
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_messages_are_told_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
