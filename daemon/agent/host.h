/* The host role: this process runs one MCP server for many sessions. The daemon passes their requests on to
 * it, and each answer, progress and question goes back with the request that it belongs to, to no other. */
#ifndef STOA_AGENT_HOST_H
#define STOA_AGENT_HOST_H

#include "daemon/agent/agent_link.h"
#include "daemon/agent/http.h"
#include "daemon/agent/requests.h"
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

struct host;

struct host_options { /* all borrowed, and must live as long */
    uv_loop_t *loop;
    struct http *http;
    struct requests *requests;
};

/* payload: of LINK_HOST. NULL with a sentence in error if it defines no server. */
struct host *host_new(const struct host_options *options, const json_t *payload, char error[256]);
/* A request of the daemon's. */
void host_request(struct host *host, struct incoming *incoming, const json_t *json);
/* Ends the server, at_once by killing it; closed is called (never from within) when nothing is left. Sets
 * *host to NULL. */
void host_free(struct host **host, bool at_once, void (*closed)(void *arg), void *arg);

#endif
