/* Events as lines for people. */
#include "tui/cli/remark.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stddef.h>

/* Nothing for the end of a wait in line. */
static char *on_retrying(const json_t *data)
{
    const char *why = jsonx_str(data, "why", "");

    return *why ? xasprintf("* %s%s", why, jsonx_int(data, "limit", 0) > 0 ? "; trying again" : "") : NULL;
}

static char *on_updated(const json_t *data)
{
    const char *title = jsonx_str(data, "title", NULL), *model = jsonx_str(data, "model", NULL);

    if (title && model)
        return xasprintf("* the title is now: %s\n* the model is now: %s", title, model);
    if (title)
        return xasprintf("* the title is now: %s", title);
    return model ? xasprintf("* the model is now: %s", model) : NULL;
}

static char *on_shared(const json_t *data)
{
    const char *by = jsonx_str(data, "by", "");

    return xasprintf("* %s is %s now%s%s", jsonx_str(data, "user", ""), jsonx_str(data, "role", ""),
                     *by ? ", by " : "", by);
}

static char *on_disconnected(const json_t *data)
{
    const char *text = jsonx_str(data, "text", "");

    return xasprintf("* MCP server %s is not connected: %s%s%s", jsonx_str(data, "server", ""),
                     jsonx_str(data, "cause", ""), *text ? ", " : "", text);
}

/* Of MCP servers, and of what terminals lend. */
static char *on_server(enum event_type type, const json_t *data)
{
    const char *server = jsonx_str(data, "server", "");

    switch (type) {
    case EVENT_MCP_STARTING:
        return xasprintf("* MCP server %s is being started", server);
    case EVENT_MCP_CONNECTED:
        return xasprintf("* MCP server %s is connected", server);
    case EVENT_MCP_DISCONNECTED:
        return on_disconnected(data);
    case EVENT_TOOLS_LENT:
        return xasprintf("* %s lends the tools of %s", jsonx_str(data, "user", ""), server);
    case EVENT_TOOLS_RETURNED:
        return xasprintf("* the tools of %s are not lent any more", server);
    default:
        return NULL;
    }
}

char *remark_on(const struct event *event)
{
    const json_t *data = event->data;

    switch (event->type) {
    case EVENT_BUDGET_REACHED:
        return xasprintf("! %s", jsonx_str(data, "text", ""));
    case EVENT_ERROR_OCCURRED:
        return xasprintf("! %s: %s", jsonx_str(data, "kind", ""), jsonx_str(data, "text", ""));
    case EVENT_TURN_RETRYING:
        return on_retrying(data);
    case EVENT_SESSION_UPDATED:
        return on_updated(data);
    case EVENT_SESSION_COMPACTED:
        return xstrdup("* what was said so far is summed up for the model");
    case EVENT_SESSION_REWOUND:
        return xasprintf("* %s took the last %lld messages out of the session",
                         jsonx_str(data, "by", "somebody"), (long long)jsonx_int(data, "removed", 0));
    case EVENT_SESSION_SHARED:
        return on_shared(data);
    case EVENT_SESSION_UNSHARED:
        return xasprintf("* %s has no part in the session any more", jsonx_str(data, "user", ""));
    case EVENT_QUESTION_APPROVED:
        return xasprintf("* %s approved; a second person is needed", jsonx_str(data, "by", ""));
    default:
        return on_server(event->type, data);
    }
}
