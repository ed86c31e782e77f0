/* What the files of servers.h share: one server each, and what of it is asked of people. */
#ifndef STOA_AGENT_SERVERS_INTERNAL_H
#define STOA_AGENT_SERVERS_INTERNAL_H

#include "daemon/agent/keeper.h"
#include "daemon/agent/mcp/server.h"
#include "daemon/agent/servers.h"
#include "daemon/agent/tool_name.h"

enum {
    SERVERS_BYTES_MAX = 512 << 10, /* of all tools that are offered */
    SERVERS_FOLLOWED_MAX = 64,     /* resources that people follow, of one server */
    SERVERS_TWINS_MAX = 64,        /* names tried for a tool of which the name is taken */
    SERVERS_TEXT_MAX = 4096        /* bytes of a fact's text */
};
/* The placeholder's tool. Such a name is no server's: theirs are letters, digits and a few marks. */
#define SERVERS_CONNECT "(connect)"

struct server_def { /* shared by the server and its connection, which may be that of an older definition */
    struct mcp_server *server;
    int refs;
};

struct server_ask; /* servers_ask.c */

struct server {
    struct servers *servers;
    struct server *next; /* in the order of the definitions */
    char *name;
    struct server_def *def;  /* NULL: it can't be used */
    unsigned definition;     /* its number, over all servers */
    struct server_def *used; /* of the connection that there is */
    char *error;             /* why it can't be used; else NULL */
    struct keeper *keeper;
    json_t *tools;    /* as of tool_list.h; NULL: not known */
    json_t *followed; /* URIs of resources: {uri: true} */
    struct server_ask *asks;
    struct outgoing *admission; /* whether it may be started, as the daemon was asked; NULL: it was not */
    bool off;                   /* by a person */
    bool declined; /* a person did not want to authorize us: not begun but for who waits for it */
};

struct offered { /* one tool with its name for models */
    char name[TOOL_NAME_MAX + 1];
    struct server *server; /* NULL: built in */
    char *tool, *description;
    json_t *schema;
    bool read_only, destructive, idempotent, connects;
};

struct servers {
    struct servers_options options;
    struct server *list;
    unsigned definitions; /* made so far */
    char *folder;
    json_t *rules;
    struct offered *offered; /* all that are offered now, in order; remade when it is stale */
    size_t offered_count;
    bool stale;
    size_t left_out;            /* tools that did not fit, as was said last */
    struct servers_call *calls; /* of the turn and of people */
    struct op *ops;             /* servers_ops.c */
    int64_t ops_since;
    unsigned ops_said;
    uv_timer_t soon; /* ends calls that could not begin */
    size_t open;     /* handles and servers that are not gone yet */
    bool hurry, leaving;
    void (*closed)(void *arg);
    void *closed_arg;
};

struct servers_call {
    struct servers *servers;
    struct servers_call *next;
    struct server *server; /* NULL: built in */
    struct keeper_call *call;
    struct outgoing *builtin;
    struct servers_call_handler handler;
    char message[ID_MAX]; /* "": a person's */
    int block;
    bool connects; /* its answer is the list of tools */
    bool ending;   /* with the code and text below, in the next turn of the loop */
    enum err code;
    char *text;
};

/* --- servers.c --- */

struct server *server_find(const struct servers *servers, const char *name);
const struct state *servers_state(const struct servers *servers);
/* mcp.disconnected; text may be NULL. */
void server_say_disconnected(struct server *server, const char *cause, const char *text);
/* mcp.log */
void server_say_log(struct server *server, const char *level, const char *text);
/* Ends the connection, says so. False if there was none. */
bool server_stop(struct server *server, const char *cause, const char *text);
/* A person follows a resource of it, or does not any more. */
void server_follow(struct server *server, const char *uri, bool follow);

/* --- servers_tools.c --- */

/* Makes servers->offered anew if it is stale. */
void offered_update(struct servers *servers);
void offered_clear(struct servers *servers);
/* The names and descriptions of a server's tools, for the model: free() it. */
char *offered_list(struct server *server);

/* --- servers_call.c --- */

/* A request to a server, connecting first if need be; method NULL: only that. Never NULL. */
struct servers_call *server_call(struct server *server, const char *method, const json_t *params,
                                 int64_t timeout_ms, const struct servers_call_handler *handler);
/* The server is removed: its calls fail, by and by. */
void calls_end(struct server *server, const char *text);
/* Forgets all calls without an answer. */
void calls_drop(struct servers *servers);

/* --- servers_ask.c --- */

void server_ask_begin(struct server *server, struct peer_ask *ask, struct servers_call *call);
void server_ask_void(struct server *server, struct peer_ask *ask);
/* The connection is gone, and its asks with it; cause NULL: nobody is told. */
void server_asks_drop(struct server *server, const char *cause);
/* The call is being cancelled; cause NULL: it has ended, and what is asked still is of no known call. */
void server_asks_of_call(struct server *server, const struct servers_call *call, const char *cause);
/* Whose question of kind authorize this is, or NULL. */
struct server *server_of_authorize(const struct servers *servers, const char *question);

/* --- servers_ops.c --- */

/* Forgets all requests without an answer. */
void ops_drop(struct servers *servers);

#endif
