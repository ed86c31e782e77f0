/* The definition of one MCP server as the daemon gives it to an agent: all templates are filled in. */
#ifndef STOA_AGENT_MCP_SERVER_H
#define STOA_AGENT_MCP_SERVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum mcp_scope { MCP_SCOPE_SESSION, MCP_SCOPE_USER, MCP_SCOPE_SHARED };

struct mcp_server {       /* open to read; strings are the server's */
    char *name;           /* [a-z0-9][a-z0-9_-]{0,31} */
    char *variant;        /* "" if it has none */
    enum mcp_scope scope; /* session: run here; else by a host, reached through the daemon */
    char *lender;         /* a server that this user's terminal lends to the session; else NULL */
    bool eager;           /* start: eager */
    char **command;       /* stdio: ended by NULL; NULL for HTTP */
    char **environment;   /* "NAME=value"; ended by NULL */
    json_t *secret_environment, *secret_headers; /* what is more of them, with values that name secrets: see
                                                    secrets_fill; NULL if none */
    char *folder;                                /* working folder; NULL: the session's */
    char *url;                                   /* HTTP; NULL for stdio */
    char **headers;                              /* "Name: value", ended by NULL */
    int64_t start_ms;                            /* until it is ready */
    int64_t call_ms;                             /* until a call is answered */
    int64_t idle_ms;                             /* unused for this long it is stopped; 0: never */
    int64_t memory, processes, cpu_s, files, file_size; /* limits of its processes, see launch.h; 0: none */
    char *client_id, *client_secret, *metadata_url, *oauth_scope; /* OAuth; NULL if not given */
    int redirect_port;
    char *token_file; /* where its OAuth tokens are sealed; NULL: nowhere */
    unsigned char token_key[32];
    char *era;     /* remembered protocol version; NULL: not known */
    json_t *tools; /* remembered list of tools; NULL: not known */
};

/* One server of LINK_SERVERS (see proto/link.h): NULL with a sentence in error if it is malformed. */
struct mcp_server *mcp_server_from_json(const json_t *json, char error[256]);
/* Whether both would be reached and run in the same way: same command, environment, folder, URL, headers,
 * scope, variant and lender. */
bool mcp_server_same(const struct mcp_server *a, const struct mcp_server *b);
/* Wipes what is secret. Sets *server to NULL; accepts NULL. */
void mcp_server_free(struct mcp_server **server);

#endif
