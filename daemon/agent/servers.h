/* The session's MCP servers as its turn sees them: which tools there are, and calling them.
 *
 * A server of session scope is a client of ours (mcp/client.h); one of user or shared scope is reached
 * through the daemon (requests.h, op relay). Lazy ones are connected when a tool of theirs is called, or to
 * learn their tools when those are not remembered; nothing ever waits for that but who asked. An idle one is
 * closed. What happens is said as facts (mcp.connected, mcp.disconnected, mcp.log), what is learned is
 * remembered by the daemon. */
#ifndef STOA_AGENT_SERVERS_H
#define STOA_AGENT_SERVERS_H

#include "daemon/agent/agent_link.h"
#include "daemon/agent/http.h"
#include "daemon/agent/mcp/lent.h"
#include "daemon/agent/questions.h"
#include "daemon/agent/requests.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

enum {
    SERVERS_TOOL_NAME_MAX = 64, /* bytes of a name that a model is given: what all APIs take */
    SERVERS_TOOLS_MAX = 512     /* offered at once; further ones are left out, which is said */
};

struct servers;
struct servers_call;

struct servers_options { /* all borrowed, and must live as long */
    uv_loop_t *loop;
    struct agent_link *link;
    struct http *http;
    struct requests *requests;
    struct lents *lents; /* NULL where no terminal can lend any */
    struct questions *questions;
    struct state *const *state; /* where the agent's folded state is; *state is NULL before LOAD */
};

struct servers *servers_new(const struct servers_options *options);
/* Closes all clients in order; closed is called when no process is left. Sets *servers to NULL. */
void servers_free(struct servers **servers, void (*closed)(void *arg), void *arg);
/* From now on what ends is killed, not asked: for an agent whose daemon is gone. */
void servers_hurry(struct servers *servers);
/* The payload of LINK_SERVERS: servers that are defined otherwise now are closed, new eager ones started.
 * False with a sentence if it is malformed. */
bool servers_define(struct servers *servers, const json_t *payload, char error[256]);
/* The session's folder, of LOAD: the root that is offered, and where whole results go. */
void servers_set_folder(struct servers *servers, const char *folder);
const char *servers_folder(const struct servers *servers);
/* {"origin","effect","pattern"} of configuration and user: borrowed, until the next servers_define. */
const json_t *servers_rules(const struct servers *servers);

/* Which of its definitions a server has now: another number after each that differs from the one before. What
 * a person allows is allowed with the definition that there was when it was asked. */
unsigned servers_definition(const struct servers *servers, const char *server);

/* False with a sentence part if the server can't be used as it is defined, so that nobody need be asked about
 * its tools; true also for one that is not defined. */
bool servers_usable(const struct servers *servers, const char *server, char why[320]);

/* Every durable event of the session, after it was folded. */
void servers_event(struct servers *servers, const struct event *event);

struct servers_tool {   /* borrowed until the loop runs again */
    const char *name;   /* for the model: [a-zA-Z0-9_-]{1,64}, unique: server__tool */
    const char *server; /* "" for a built-in one */
    const char *tool;
    const char *description;
    const json_t *schema;                    /* an object schema */
    bool read_only, destructive, idempotent; /* as it declares itself: untrusted */
    bool connects; /* a placeholder for a server whose tools are not known: calling it connects, and says what
                      it has */
};
/* Those that the model may be offered now, in an order that stays the same while nothing changes (models'
 * servers cache by it). A turn begins: servers whose tools are not known begin to connect. */
size_t servers_tools(struct servers *servers, struct servers_tool *tools, size_t max);
/* The one of that name. True also for a name that was not offered, if it is that of a defined server and
 * looks like its tool. */
bool servers_find(struct servers *servers, const char *name, struct servers_tool *tool);

struct servers_result {
    enum err code;        /* ERR_OK: result is MCP's; also when the tool failed (isError) */
    const char *text;     /* a sentence, if not ERR_OK */
    const json_t *result; /* borrowed */
    bool sent;            /* the tool may have run although code is not ERR_OK */
};
struct servers_call_handler {
    void *arg;
    void (*progress)(void *arg, double progress, double total, const char *text);
    void (*done)(
        void *arg,
        const struct servers_result *result); /* once, unless cancelled; never from within servers_call */
};
/* Calls it, connecting first if need be. arguments is borrowed. message and block: of the model's call, for
 * the questions that come of it; NULL and -1 if it is a person's. */
struct servers_call *servers_call(struct servers *servers, const char *server, const char *tool,
                                  const json_t *arguments, int64_t timeout_ms, const char *message, int block,
                                  const struct servers_call_handler *handler);
/* Tells the server, and forgets. Sets *call to NULL; accepts NULL. */
void servers_cancel(struct servers_call **call);
/* A request of the daemon's whose op is mcp.* or authorized: answered by and by. */
void servers_request(struct servers *servers, struct incoming *incoming, const json_t *json);

#endif
