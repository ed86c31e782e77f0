/* Looks for model servers on this machine: which of some addresses answers, and with what model. */
#ifndef STOA_AGENT_PROBE_H
#define STOA_AGENT_PROBE_H

#include "daemon/agent/http.h"
#include <jansson.h>

struct probe;

/* found: {"url","model"} of the first one in the list that answered, or null; the callee owns it. Called
 * once, never from within probe_start; it may call probe_free. */
typedef void probe_cb(void *arg, json_t *found);

/* order: LINK_PROBE's payload. */
struct probe *probe_start(uv_loop_t *loop, struct http *http, const json_t *order, probe_cb *found,
                          void *arg);
/* Ends what is under way. Freed when the loop has closed its timer. Sets *probe to NULL; accepts NULL. */
void probe_free(struct probe **probe);

#endif
