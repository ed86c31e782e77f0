/* The calls of transport.h, to the kind of transport behind them. */
#include "daemon/agent/mcp/transport.h"

const char *mcp_why_name(enum mcp_why why)
{
    switch (why) {
    case MCP_WHY_CLOSED:
        return "closed";
    case MCP_WHY_CRASHED:
        return "crashed";
    case MCP_WHY_NOT_STARTED:
        return "not_started";
    case MCP_WHY_DEADLINE:
        return "deadline";
    case MCP_WHY_FLOOD:
        return "flood";
    case MCP_WHY_NONSENSE:
        return "nonsense";
    case MCP_WHY_REFUSED:
        return "refused";
    case MCP_WHY_BROKEN:
        return "broken";
    case MCP_WHY_EXPIRED:
        return "expired";
    }
    return "closed";
}

bool mcp_transport_send(struct mcp_transport *transport, const struct mcp_outgoing *outgoing)
{
    return transport->ops->send(transport, outgoing);
}

void mcp_transport_cancel(struct mcp_transport *transport, uint64_t request)
{
    if (transport->ops->cancel)
        transport->ops->cancel(transport, request);
}

void mcp_transport_agreed(struct mcp_transport *transport, const char *version, bool modern)
{
    if (transport->ops->agreed)
        transport->ops->agreed(transport, version, modern);
}

void mcp_transport_listen(struct mcp_transport *transport)
{
    if (transport->ops->listen)
        transport->ops->listen(transport);
}

void mcp_transport_set_bearer(struct mcp_transport *transport, const char *token)
{
    if (transport->ops->set_bearer)
        transport->ops->set_bearer(transport, token);
}

void mcp_transport_close(struct mcp_transport **slot, void (*closed)(void *arg), void *arg)
{
    struct mcp_transport *transport = *slot;

    *slot = NULL;
    if (transport)
        transport->ops->close(transport, closed, arg);
}
