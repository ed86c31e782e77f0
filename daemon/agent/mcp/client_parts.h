/* What the parts of a client share: handshake.c (until it is ready), request*.c, asks.c (what the server asks
 * of us), listening.c (subscriptions), notices.c (what it says unasked), sign_in.c (OAuth).
 *
 * The owner's callbacks may do anything, close the client included. So after each: look at client->state
 * before going on, and hold a request (request_hold) that is needed afterwards. The client itself is freed
 * by the loop, never under a caller. */
#ifndef STOA_AGENT_MCP_CLIENT_PARTS_H
#define STOA_AGENT_MCP_CLIENT_PARTS_H

#include "daemon/agent/mcp/client.h"
#include "daemon/agent/mcp/deadlines.h"
#include "daemon/agent/mcp/oauth.h"
#include "daemon/agent/mcp/rpc.h"
#include "daemon/agent/mcp/tool_table.h"

enum {
    CLIENT_TEXT_MAX = 512,           /* bytes of a sentence, what a server wrote included */
    CLIENT_LOG_MAX = 4096,           /* bytes of a log line */
    CLIENT_INSTRUCTIONS_MAX = 32768, /* bytes kept of a server's instructions */
    CLIENT_NAME_MAX = 256,           /* bytes kept of a server's name, and of its version */
    CLIENT_ASKS_MAX = 32,            /* open at once */
    CLIENT_CHANGED_MS = 50           /* what changes within it is told once */
};
#define CLIENT_TASKS "io.modelcontextprotocol/tasks"

enum client_state {
    CLIENT_CONNECTING,
    CLIENT_READY,
    CLIENT_LOST,  /* told; waits to be closed */
    CLIENT_CLOSED /* no callback any more */
};

enum handshake_step { HANDSHAKE_IDLE, HANDSHAKE_PROBING, HANDSHAKE_INITIALIZING };

struct handshake { /* handshake.c's */
    enum handshake_step step;
    struct rpc_call *probe, *initialize;
    struct deadline begin, probe_over, start_over;
    bool probed;      /* the era was probed */
    bool dirty;       /* this very process was probed, and may have taken it badly */
    bool restarted;   /* begun anew with initialize after that */
    bool fell_back;   /* HTTP+SSE */
    bool signs_in;    /* waits for sign_in.c */
    bool asked_again; /* after it refused a version that it offers */
    json_t *discover; /* the answer to a probe that came late */
};

struct listening { /* listening.c's */
    struct rpc_call *call, *old;
    uint64_t id, old_id; /* of call and old */
    bool acknowledged, again_after_end, refused;
    int failures;
    struct deadline again, silence;
};

struct sign_in { /* sign_in.c's */
    struct oauth *oauth;
    bool running;   /* an attempt */
    char *bearer;   /* what the transport was given */
    int generation; /* how many there were: who was refused with an older one tries again at once */
};

struct mcp_client {
    uv_loop_t *loop;
    struct http *http;
    const struct mcp_server *server;
    struct mcp_callbacks callbacks;
    struct mcp_connector connector;
    char *era, *root;
    bool can_ask, is_http, was_ready;
    enum client_state state;
    struct mcp_info info;
    char *name, *version, *instructions;
    json_t *capabilities; /* of the server */

    struct deadlines *deadlines;
    struct rpc *rpc; /* NULL between two connections */
    struct handshake handshake;
    struct tool_table *tools;
    struct mcp_request *requests; /* in the order of their making */
    int64_t last_token;
    struct mcp_ask *asks, *void_asks;
    struct deadline void_soon, changed_soon;
    bool changed[3];    /* by enum mcp_changed */
    json_t *subscribed; /* uri: true */
    struct listening listening;
    char *log_level; /* NULL: not asked for */
    struct sign_in sign_in;

    int closing; /* transports and timer that are not gone yet */
    void (*closed)(void *arg);
    void *closed_arg;
};

/* --- client.c --- */
/* What we declare to the server. New reference. */
json_t *client_capabilities(const struct mcp_client *client, bool modern);
json_t *client_information(void);
/* _meta of a modern request, added to params. */
void client_put_meta(const struct mcp_client *client, json_t *params);
/* Whether the server declared it: "tools", or "resources" with "subscribe". part may be NULL. */
bool client_has(const struct mcp_client *client, const char *capability, const char *part);
/* A new connection in place of the one that is there. */
void client_connect(struct mcp_client *client);
void client_disconnect(struct mcp_client *client);
/* It is ready (again): told to the owner the first time; requests go. */
void client_is_ready(struct mcp_client *client);
/* The end: everything fails, the owner is told. */
void client_end(struct mcp_client *client, const struct mcp_failure *failure);
/* As client_end with a sentence of ours. */
void client_fail(struct mcp_client *client, enum mcp_why why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void client_log(struct mcp_client *client, const char *level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What the server wrote, as a part of a sentence: on one line, sanitised, cut. free(). */
char *client_quote(const char *text);

/* --- handshake.c --- */
void handshake_init(struct mcp_client *client);
/* From the beginning, or, with a transport that lives (session expired, other version), again. */
void handshake_begin(struct mcp_client *client);
void handshake_again(struct mcp_client *client);
/* The transport is lost before it was ready; true if that was dealt with. */
bool handshake_lost(struct mcp_client *client, const struct mcp_failure *failure);
void handshake_signed_in(struct mcp_client *client, bool ok, const char *why);
void handshake_clear(struct mcp_client *client);

/* --- request.c --- */
void request_go(struct mcp_client *client);                                  /* all that wait for ready */
void request_signed_in(struct mcp_client *client, bool ok, const char *why); /* all that wait for that */
/* Their connection goes, and another one will come: who can is sent again then. */
void request_cut_all(struct mcp_client *client);
void request_fail_all(struct mcp_client *client, const struct mcp_failure *failure);
void request_drop_all(struct mcp_client *client);
/* Clocks of those that wait for ready begin: somebody has to sign in first, which takes as long as it does.
 */
void request_start_clocks(struct mcp_client *client);
void request_progress(struct mcp_client *client, const json_t *params);
void request_url_done(struct mcp_client *client, const char *id);
void request_task_changed(struct mcp_client *client, const char *task);
/* The acknowledged filter of a subscription; NULL with code and text: there is none. */
void request_listening(struct mcp_client *client, const json_t *filter, enum err code, const char *text);
/* The call during which the server asks: by our call's id or by params; NULL if that is not known. */
struct mcp_request *request_during(struct mcp_client *client, uint64_t during, const json_t *params);

/* --- asks.c --- */
void ask_init(struct mcp_client *client);
typedef void ask_answered(struct mcp_ask *ask, json_t *result, int64_t code, const char *why);
struct ask_order { /* borrowed */
    const char *method;
    const json_t *params;
    struct mcp_request *request; /* or NULL */
    const char *key;             /* of an input request, or NULL */
    const json_t *id;            /* of a request of the server's, or NULL */
    ask_answered *answered;      /* result NULL: code and why; not called if it becomes void */
};
enum ask_begun { ASK_OPEN, ASK_NOW, ASK_WRONG };
/* OPEN: the owner was told, and may have answered already. NOW: *result is the answer (new reference). WRONG:
 * code and error. */
enum ask_begun ask_begin(struct mcp_client *client, const struct ask_order *order, json_t **result,
                         int64_t *code, char error[256]);
/* Those of a request, or (NULL) all. The owner is told by the loop. */
void ask_void_all(struct mcp_client *client, const struct mcp_request *request);
/* Tells now; only from the loop. */
void ask_tell_void(struct mcp_client *client);
void ask_void_id(struct mcp_client *client, const json_t *id);
void ask_url_done(struct mcp_client *client, const char *id);
/* Whether a person is being asked, so that this request's time does not run. */
bool ask_is_open(const struct mcp_client *client, const struct mcp_request *request);
void ask_drop_all(struct mcp_client *client);
/* A request of the server's (legacy). */
void ask_serve(struct mcp_client *client, const json_t *id, const char *method, const json_t *params,
               uint64_t during);
const struct mcp_request *ask_request(const struct mcp_ask *ask);
const char *ask_key(const struct mcp_ask *ask);

/* --- listening.c --- */
void listening_init(struct mcp_client *client);
/* What is to be listened to has changed, or it is ready. */
void listening_update(struct mcp_client *client);
void listening_acknowledged(struct mcp_client *client, const json_t *params);
/* The server has taken it down. */
void listening_cancelled(struct mcp_client *client, const json_t *id);
void listening_clear(struct mcp_client *client);

/* --- notices.c --- */
void notices_init(struct mcp_client *client);
void notices_take(struct mcp_client *client, const char *method, const json_t *params, uint64_t during);
void notices_changed(struct mcp_client *client, enum mcp_changed what);

/* --- sign_in.c --- */
void sign_in_open(struct mcp_client *client, const struct mcp_client_options *options);
void sign_in_close(struct mcp_client *client);
/* A new transport is there. */
void sign_in_attach(struct mcp_client *client);
/* Gives the transport the token that is valid now. */
void sign_in_bearer(struct mcp_client *client);
/* The server refused what was sent with the token of that generation. True: a newer token is there (*now:
 * send it again), or is being fetched (handshake_signed_in and request_signed_in follow). False with a
 * sentence. */
bool sign_in_begin(struct mcp_client *client, const struct mcp_failure *failure, int generation, bool *now,
                   char error[256]);
/* Whether this failure asks for it. */
bool sign_in_is_asked(const struct mcp_client *client, const struct mcp_failure *failure);

#endif
