/* The connection to one MCP server, however it is reached: as a client of ours (peer_local.c), or through the
 * daemon by a host that runs it for many sessions (peer_remote.c).
 *
 * No event comes from within a call of this interface, and none after peer_close. */
#ifndef STOA_AGENT_PEER_H
#define STOA_AGENT_PEER_H

#include "daemon/agent/http.h"
#include "daemon/agent/mcp/client.h"
#include "daemon/agent/mcp/lent.h"
#include "daemon/agent/mcp/server.h"
#include "daemon/agent/requests.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct peer;
struct peer_request;

enum peer_ask_kind { PEER_ASK_FORM, PEER_ASK_URL, PEER_ASK_SAMPLING, PEER_ASK_AUTHORIZE };

struct peer_ask { /* the server wants something of people or of the model; the peer's, until it is answered or
                     void */
    enum peer_ask_kind kind;
    const json_t *params; /* as in mcp/client.h; AUTHORIZE: {"url","redirect_uri"} */
    bool done;            /* AUTHORIZE that is void: we may use the server now */
    void *request;        /* arg of the request's handler during which it is asked; NULL if not known */
    struct peer *peer;
    void *data; /* the owner's */
};

struct peer_events {
    void *arg;
    void (*ready)(void *arg);
    /* The end: cause as in mcp.disconnected. All requests were failed before, all asks made void. Close it.
     */
    void (*lost)(void *arg, const char *cause, const char *text);
    void (*changed)(void *arg, enum mcp_changed what);
    void (*updated)(void *arg, const char *uri);
    void (*log)(void *arg, const char *level, const char *text);
    void (*ask)(void *arg, struct peer_ask *ask);
    void (*ask_void)(void *arg, struct peer_ask *ask); /* it is freed after this */
};

struct peer_ops {
    void *(*request)(struct peer *peer, const char *method, const json_t *params, int64_t timeout_ms,
                     const struct mcp_request_handler *handler);
    void (*cancel)(struct peer *peer, void *request, const char *why);
    void (*answer)(struct peer_ask *ask, const char *action, const json_t *content, const char *why);
    bool (*redirected)(struct peer *peer, const char *url, char error[256]);
    const struct mcp_info *(*info)(const struct peer *peer);
    void (*close)(struct peer *peer, bool at_once, void (*closed)(void *arg), void *arg);
};
struct peer {
    const struct peer_ops *ops;
    struct peer_events events;
};

struct peer_options { /* borrowed for the call, but what it points to must live as long as the peer */
    uv_loop_t *loop;
    struct http *http;
    struct requests *requests; /* for a remote one */
    struct lents *lents;       /* for a lent one */
    const struct mcp_server *server;
    const char *era;  /* what is remembered; NULL: nothing */
    const char *root; /* absolute folder; NULL: none */
};

/* Each begins to connect. */
struct peer *peer_local_open(const struct peer_options *options, const struct peer_events *events);
struct peer *peer_remote_open(const struct peer_options *options, const struct peer_events *events);

/* As mcp_client_request. NULL if it can't be taken: too many wait. */
static inline void *peer_request(struct peer *peer, const char *method, const json_t *params,
                                 int64_t timeout_ms, const struct mcp_request_handler *handler)
{
    return peer->ops->request(peer, method, params, timeout_ms, handler);
}
/* Tells the server, and forgets. */
static inline void peer_cancel(struct peer *peer, void *request, const char *why)
{
    peer->ops->cancel(peer, request, why);
}
/* action: "accept" with content where there is any, "decline" or "cancel"; why: a sentence for a sampling
 * that came to nothing, else NULL. The ask is freed, but an AUTHORIZE, which ends when it is void. */
static inline void peer_answer(struct peer_ask *ask, const char *action, const json_t *content,
                               const char *why)
{
    ask->peer->ops->answer(ask, action, content, why);
}
/* A person pasted where the browser was sent. */
static inline bool peer_redirected(struct peer *peer, const char *url, char error[256])
{
    return peer->ops->redirected(peer, url, error);
}
/* Once it is ready; borrowed. */
static inline const struct mcp_info *peer_info(const struct peer *peer)
{
    return peer->ops->info(peer);
}
/* Ends it in order, or at_once by killing; its asks are void without a call. closed (may be NULL) is called
 * when nothing is left. Sets *peer to NULL. */
static inline void peer_close(struct peer **peer, bool at_once, void (*closed)(void *arg), void *arg)
{
    struct peer *closing = *peer;

    *peer = NULL;
    closing->ops->close(closing, at_once, closed, arg);
}

#endif
