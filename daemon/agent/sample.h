/* One question to the session's model outside of its conversation: sampling for a server, the summary of a
 * compaction. */
#ifndef STOA_AGENT_SAMPLE_H
#define STOA_AGENT_SAMPLE_H

#include "daemon/agent/http.h"
#include <jansson.h>
#include <uv.h>

struct sample;

struct sample_handler {
    void *arg;
    /* Once, unless cancelled: result is {"role":"assistant","content":MCP's content,"model","stopReason"}
     * (borrowed), or NULL with a sentence. usage: {"input","output","cached","reasoning"}. */
    void (*done)(void *arg, const json_t *result, const json_t *usage, const char *why);
};

/* order: as LINK_TURN; params: of MCP's sampling/createMessage (messages, systemPrompt, maxTokens,
 * temperature, tools, toolChoice...). Both are borrowed. done is never called from within. */
struct sample *sample_start(uv_loop_t *loop, struct http *http, const json_t *order, const json_t *params,
                            const struct sample_handler *handler);
/* Sets *sample to NULL; accepts NULL. */
void sample_cancel(struct sample **sample);

#endif
