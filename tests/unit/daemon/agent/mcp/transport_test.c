/* The calls of transport.h reach the kind of transport behind them, or nobody where it has nothing to do. */
#include "daemon/agent/mcp/transport.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static unsigned sent, closed;

static bool on_send(struct mcp_transport *transport, const struct mcp_outgoing *outgoing)
{
    (void)transport;
    sent++;
    return outgoing->request == 1;
}

static void on_close(struct mcp_transport *transport, void (*done)(void *arg), void *arg)
{
    (void)transport;
    (void)done;
    (void)arg;
    closed++;
}

static void what_a_kind_does_not_do_is_no_error(void **state)
{
    (void)state;
    static const struct mcp_transport_ops ops = {.send = on_send, .close = on_close};
    struct mcp_transport kind = {.ops = &ops}, *transport = &kind;
    struct mcp_outgoing request = {.request = 1}, other = {.request = 2};

    mcp_transport_cancel(transport, 1);
    mcp_transport_agreed(transport, "2025-11-25", false);
    mcp_transport_listen(transport);
    mcp_transport_set_bearer(transport, "token");
    assert_true(mcp_transport_send(transport, &request));
    assert_false(mcp_transport_send(transport, &other));
    assert_int_equal(sent, 2);
    mcp_transport_close(&transport, NULL, NULL);
    assert_null(transport);
    mcp_transport_close(&transport, NULL, NULL);
    assert_int_equal(closed, 1);
}

static void each_cause_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = MCP_WHY_CLOSED; a <= MCP_WHY_EXPIRED; a++)
        for (int b = MCP_WHY_CLOSED; b < a; b++)
            assert_string_not_equal(mcp_why_name((enum mcp_why)a), mcp_why_name((enum mcp_why)b));
    assert_string_equal(mcp_why_name(MCP_WHY_NOT_STARTED), "not_started");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_kind_does_not_do_is_no_error),
        cmocka_unit_test(each_cause_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
