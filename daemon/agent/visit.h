/* One look at one server, for `stoad --doctor`: whether a model's server lets us in and what models it has,
 * or whether an MCP server can be reached at all. Nothing is asked that costs or changes anything. */
#ifndef STOA_AGENT_VISIT_H
#define STOA_AGENT_VISIT_H

#include "daemon/agent/http.h"
#include <jansson.h>

enum { VISIT_MODELS_MAX = 500 /* names that are told */ };

struct visit;

/* said: LINK_VISITED's payload; the callee owns it. Called once, never from within visit_start; it may call
 * visit_free. */
typedef void visit_cb(void *arg, json_t *said);

/* order: LINK_VISIT's payload. */
struct visit *visit_start(uv_loop_t *loop, struct http *http, const json_t *order, visit_cb *said, void *arg);
/* Ends what is under way. Freed when the loop has closed its timer. Sets *visit to NULL; accepts NULL. */
void visit_free(struct visit **visit);

#endif
