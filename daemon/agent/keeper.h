/* Keeps one MCP server connected while somebody needs it: connects for who asks, lists its tools, begins
 * again with growing pauses after a failure, ends an idle one, bounds what it logs.
 *
 * Nothing but keeper_free and keeper_close ends a connection that is used; nothing is called from within a
 * call of this interface, unless it says so. */
#ifndef STOA_AGENT_KEEPER_H
#define STOA_AGENT_KEEPER_H

#include "daemon/agent/mcp/client.h"
#include "daemon/agent/peer.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum {
    KEEPER_CALLS_MAX = 256, /* of one server, waiting and under way */
    KEEPER_LOG_LINES = 20,  /* passed on in a second; the others are counted */
    KEEPER_BACK_OFF_MS = 1000,
    KEEPER_BACK_OFF_MAX_MS = 60000,
    KEEPER_PATIENCE_MS = 5000, /* so long a call waits for the next attempt; else it is told to come later */
    KEEPER_LIST_MS = 1000      /* between two lists of the tools that the server wants taken */
};

struct keeper;
struct keeper_call;

struct keeper_owner {
    void *arg;
    /* Asks whether one may be begun now; keeper_admit tells. NULL: it may always. */
    void (*admit)(void *arg);
    /* Begins a connection: peer_local_open or peer_remote_open. From within what needs it. */
    struct peer *(*open)(void *arg, const struct peer_events *events);
    /* It is ready; tools: an array as the server listed them. */
    void (*connected)(void *arg, const struct mcp_info *info, const json_t *tools);
    void (*tools)(void *arg, const json_t *tools); /* they have changed */
    /* It was lost, could not be begun, or was idle. */
    void (*disconnected)(void *arg, const char *cause, const char *text);
    void (*closed)(void *arg); /* nothing is left of what open began; may come from within */
    void (*updated)(void *arg, const char *uri);
    void (*log)(void *arg, const char *level, const char *text);
    /* call: the arg of the call's handler during which it is asked; NULL if not known. A keeper_hold is in
     * order until it is answered or void. */
    void (*ask)(void *arg, struct peer_ask *ask, void *call);
    void (*ask_void)(void *arg, struct peer_ask *ask);
};

enum keeper_state {
    KEEPER_WAITING, /* nobody needed it yet, or it was idle */
    KEEPER_STARTING,
    KEEPER_READY,
    KEEPER_FAILED /* begun again when somebody needs it */
};

/* name: for sentences, borrowed. */
struct keeper *keeper_new(uv_loop_t *loop, const char *name, const struct keeper_owner *owner);
/* Drops all calls without an answer, closes; freed is called (never from within) when nothing is left. Sets
 * *keeper to NULL. */
void keeper_free(struct keeper **keeper, bool at_once, void (*freed)(void *arg), void *arg);
/* Milliseconds; idle_ms 0: never. */
void keeper_set_times(struct keeper *keeper, int64_t start_ms, int64_t idle_ms);
enum keeper_state keeper_state(const struct keeper *keeper);
/* Why the newest attempt failed; "" if it did not. */
const char *keeper_why(const struct keeper *keeper);
/* NULL unless it is ready. */
const struct mcp_info *keeper_info(const struct keeper *keeper);

/* Begins to connect, if nothing speaks against it: for who does not wait for it. */
void keeper_need(struct keeper *keeper);
/* What owner.admit has asked for: why NULL: it may. Not from within owner.admit. */
void keeper_admit(struct keeper *keeper, const char *why);
/* The next attempt needs no pause. */
void keeper_forgive(struct keeper *keeper);
/* A request, once it is connected; method NULL: only that. As mcp_client_request; its reply's sent is false
 * if it never got there. Never NULL. */
struct keeper_call *keeper_call(struct keeper *keeper, const char *method, const json_t *params,
                                int64_t timeout_ms, const struct mcp_request_handler *handler);
/* Tells the server, and forgets. Sets *call to NULL; accepts NULL. */
void keeper_cancel(struct keeper_call **call, const char *why);
/* Ends the connection in order; calls fail with text. False if there was none. */
bool keeper_close(struct keeper *keeper, const char *text);
/* While held it is not idle. */
void keeper_hold(struct keeper *keeper);
void keeper_release(struct keeper *keeper);
/* As peer_redirected. */
bool keeper_redirected(struct keeper *keeper, const char *url, char error[256]);

#endif
