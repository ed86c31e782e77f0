/* One connection to one MCP server, in whichever era it speaks: connect, ask, follow, leave. Owns transport,
 * ids, time-outs, paging, retries that the protocol prescribes, and the answers to what the server asks of
 * us.
 *
 * No callback is called from within a call of this interface. */
#ifndef STOA_AGENT_MCP_CLIENT_H
#define STOA_AGENT_MCP_CLIENT_H

#include "daemon/agent/http.h"
#include "daemon/agent/mcp/server.h"
#include "daemon/agent/mcp/transport.h"
#include "shared/err.h"
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

struct mcp_client;
struct mcp_request;
struct mcp_ask;

enum mcp_changed { MCP_CHANGED_TOOLS, MCP_CHANGED_PROMPTS, MCP_CHANGED_RESOURCES };
enum mcp_ask_kind { MCP_ASK_FORM, MCP_ASK_URL, MCP_ASK_SAMPLING };

struct mcp_info {               /* borrowed from the client */
    const char *name, *version; /* what the server calls itself; "" if it does not say */
    const char *protocol;       /* "2025-11-25" */
    bool modern;
    const char *instructions; /* NULL if none */
    const json_t *capabilities;
};

struct mcp_callbacks {
    void *arg;
    void (*ready)(void *arg, const struct mcp_info *info);
    /* It ended or never began; the client answers nothing any more, all its requests were failed before.
     * Close it. */
    void (*lost)(void *arg, const struct mcp_failure *failure);
    void (*changed)(void *arg, enum mcp_changed what);
    void (*updated)(void *arg, const char *uri); /* a resource that was subscribed to */
    /* level: of MCP's logging ("warning"), or "stderr". text is valid UTF-8, cut at 4096 bytes, not
     * sanitised. */
    void (*log)(void *arg, const char *level, const char *text);
    /* The server asks people or the model. request: the call during which it asks, NULL if that is not known.
     * Answer with mcp_ask_answer or mcp_ask_refuse, at any later time. params borrowed until then. FORM:
     * {"message","fields":[form.h]}. URL: {"message","url","id"}. SAMPLING: the params of
     * sampling/createMessage. */
    void (*ask)(void *arg, struct mcp_ask *ask, enum mcp_ask_kind kind, const json_t *params,
                struct mcp_request *request);
    /* An ask is void: the server took it back, its call ended, or it is done (URL). It is freed after this.
     */
    void (*ask_void)(void *arg, struct mcp_ask *ask);
    /* A person must open the URL so that we may use the server (OAuth); over: the attempt has ended; url is
     * then "" if we have a token now, else NULL. */
    void (*authorize)(void *arg, const char *url, const char *redirect_uri, bool over);
};

/* How a transport to the server is opened, and what only HTTP can: fall_back (streamable_fall_back) and
 * forget (streamable_forget) may be NULL. */
struct mcp_connector {
    void *arg;
    struct mcp_transport *(*open)(void *arg, const struct mcp_transport_handler *handler, char error[256]);
    void (*fall_back)(struct mcp_transport *transport);
    void (*forget)(struct mcp_transport *transport);
};

struct mcp_client_options { /* borrowed for the call */
    uv_loop_t *loop;
    struct http *http;
    const struct mcp_server *server; /* must live as long as the client */
    const char *era;                 /* what is remembered of it: a protocol version; NULL: probe */
    const char *root;                /* absolute folder, offered as the one root; NULL: none */
    const char *token_file;          /* for OAuth, see oauth.h; NULL: memory alone */
    const unsigned char *token_key;
    bool can_ask; /* whether forms, URLs and sampling are offered to the server */
    /* Another way than server->command and server->url; NULL: those. Copied. */
    const struct mcp_connector *connector;
};

/* Begins to connect. */
struct mcp_client *mcp_client_open(const struct mcp_client_options *options,
                                   const struct mcp_callbacks *callbacks);
/* Ends in order; no callback but closed (may be NULL) follows. Sets *client to NULL; accepts NULL. */
void mcp_client_close(struct mcp_client **client, void (*closed)(void *arg), void *arg);
bool mcp_client_is_ready(const struct mcp_client *client);
const struct mcp_info *mcp_client_info(const struct mcp_client *client);
/* The child's process id; 0 if there is none. */
int mcp_client_pid(const struct mcp_client *client);

struct mcp_reply {
    enum err code;    /* ERR_OK; ERR_TIMEOUT; ERR_UNAVAILABLE: the server is gone; ERR_PROTOCOL: nonsense;
                         ERR_BAD_REQUEST: the server refused it (error -32602); ERR_NOT_FOUND (-32601, -32002);
                         ERR_PROVIDER: another error of the server's; ERR_DENIED: a person declined */
    const char *text; /* a sentence, if not ERR_OK */
    json_t *result;   /* borrowed; NULL unless ERR_OK. Lists hold all pages: {"tools":[...]} */
    bool sent;        /* whether the server may have got it: what it did is unknown if it is not ERR_OK */
};
struct mcp_request_handler {
    void *arg;
    /* progress and total as the server said; total < 0: not said; text may be NULL. */
    void (*progress)(void *arg, double progress, double total, const char *text);
    void (*done)(void *arg, const struct mcp_reply *reply); /* exactly once, unless cancelled */
};

/* One of: tools/list, tools/call, resources/list, resources/templates/list, resources/read,
 * resources/subscribe, resources/unsubscribe, prompts/list, prompts/get, completion/complete,
 * logging/setLevel, ping. params: borrowed, may be NULL. Waits for ready if it is not yet. timeout_ms: until
 * the answer, prolonged by progress, but never beyond ten times as long; 0: the server's own (call_ms). Does
 * what the era needs: _meta, headers, paging, input rounds, tasks, -32042. A tools/call result has
 * structuredContent checked against the tool's outputSchema as it was listed last: one that does not fit is
 * an isError result that says so. */
struct mcp_request *mcp_client_request(struct mcp_client *client, const char *method, const json_t *params,
                                       int64_t timeout_ms, const struct mcp_request_handler *handler);
/* Tells the server, and forgets; done is not called. Sets *request to NULL; accepts NULL. */
void mcp_request_cancel(struct mcp_request **request, const char *reason);
/* The arg of its handler. */
void *mcp_request_arg(const struct mcp_request *request);

/* FORM: action "accept" with content, "decline" or "cancel"; content that does not fit the fields is taken
 * for "cancel" (form_check first). URL: "accept" once the person has been there, "decline", "cancel".
 * SAMPLING: "accept" with content the whole result {role, content, model, stopReason}. content is borrowed.
 * The ask is freed. */
void mcp_ask_answer(struct mcp_ask *ask, const char *action, const json_t *content);
/* SAMPLING: an error to the server (-1 for a refusal by a person). The ask is freed. */
void mcp_ask_refuse(struct mcp_ask *ask, int code, const char *why);
/* To keep the owner's own thing with it. */
void mcp_ask_set_data(struct mcp_ask *ask, void *data);
void *mcp_ask_data(const struct mcp_ask *ask);

/* A person pasted where the browser was sent (OAuth). False with a sentence. */
bool mcp_client_redirected(struct mcp_client *client, const char *url, char error[256]);

#endif
