/* Nothing is held here: the daemon bounds what waits for the terminal, and the link what waits for the
 * daemon. The number of a run is never used again, so what crossed its end finds nobody. */
#include "daemon/agent/mcp/lent.h"
#include "proto/envelope.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { CAUSES = MCP_WHY_NOT_STARTED + 1 };

struct lent {
    struct mcp_transport base;
    struct mcp_transport_handler handler;
    struct lents *lents; /* NULL: there is no link any more */
    struct lent *next;
    uv_timer_t later; /* its end is called back when libuv has let go of it */
    char *server;
    int64_t run;
    bool over; /* the other side has ended it */
    void (*closed)(void *arg);
    void *closed_arg;
};

struct lents {
    uv_loop_t *loop;
    lents_say_fn *say;
    void *arg;
    struct lent *all;
    int64_t runs; /* begun so far */
};

struct lents *lents_new(uv_loop_t *loop, lents_say_fn *say, void *arg)
{
    struct lents *lents = xcalloc(1, sizeof *lents);

    lents->loop = loop;
    lents->say = say;
    lents->arg = arg;
    return lents;
}

void lents_free(struct lents **slot)
{
    struct lents *lents = *slot;

    *slot = NULL;
    if (!lents)
        return;
    for (struct lent *lent = lents->all; lent; lent = lent->next)
        lent->lents = NULL;
    free(lents);
}

static void say(const struct lent *lent, const char *name, json_t *value)
{
    json_t *json = json_object();

    jsonx_set_str(json, "server", lent->server);
    jsonx_set_int(json, "run", lent->run);
    json_object_set_new(json, name, value);
    lent->lents->say(lent->lents->arg, json);
}

/* --- the transport --- */

static void take_out(struct lent *lent)
{
    struct lent **at = &lent->lents->all;

    while (*at != lent)
        at = &(*at)->next;
    *at = lent->next;
    lent->lents = NULL;
}

static bool lent_send(struct mcp_transport *transport, const struct mcp_outgoing *outgoing)
{
    const struct lent *lent = (const struct lent *)transport;
    size_t len;

    if (lent->over || !lent->lents)
        return false;
    free(jsonx_dump(outgoing->message, &len));
    if (len > ENVELOPE_LENT_MAX)
        return false;
    say(lent, "message", json_incref((json_t *)outgoing->message));
    return true;
}

static void on_closed(uv_handle_t *handle)
{
    struct lent *lent = handle->data;
    void (*closed)(void *arg) = lent->closed;
    void *arg = lent->closed_arg;

    free(lent->server);
    free(lent);
    if (closed)
        closed(arg);
}

static void lent_close(struct mcp_transport *transport, void (*closed)(void *arg), void *arg)
{
    struct lent *lent = (struct lent *)transport;

    if (lent->lents && !lent->over)
        say(lent, "end", json_string(""));
    if (lent->lents)
        take_out(lent);
    lent->closed = closed;
    lent->closed_arg = arg;
    uv_close((uv_handle_t *)&lent->later, on_closed);
}

struct mcp_transport *lent_open(struct lents *lents, const char *server,
                                const struct mcp_transport_handler *handler)
{
    static const struct mcp_transport_ops ops = {.send = lent_send, .close = lent_close};
    struct lent *lent = xcalloc(1, sizeof *lent);

    lent->base.ops = &ops;
    lent->handler = *handler;
    lent->lents = lents;
    lent->server = xstrdup(server);
    lent->run = ++lents->runs;
    lent->next = lents->all;
    lents->all = lent;
    uv_timer_init(lents->loop, &lent->later);
    lent->later.data = lent;
    say(lent, "start", json_true());
    return &lent->base;
}

/* --- what comes in --- */

static void end(struct lent *lent, const json_t *json)
{
    const char *cause = jsonx_str(json, "cause", "closed");
    struct mcp_failure failure = {.why = MCP_WHY_CLOSED, .text = jsonx_str(json, "end", "")};

    for (int why = 0; why < CAUSES; why++)
        if (strcmp(cause, mcp_why_name((enum mcp_why)why)) == 0)
            failure.why = (enum mcp_why)why;
    lent->over = true;
    lent->handler.lost(lent->handler.arg, &failure);
}

bool lents_frame(struct lents *lents, json_t *json)
{
    int64_t run = jsonx_int(json, "run", 0);
    json_t *message = jsonx_obj(json, "message");
    struct lent *lent = lents->all;

    if (run <= 0 || !message == !jsonx_str(json, "end", NULL))
        return false;
    while (lent && lent->run != run)
        lent = lent->next;
    if (!lent || lent->over)
        return true;
    if (message)
        lent->handler.message(lent->handler.arg, message, 0);
    else
        end(lent, json);
    return true;
}
