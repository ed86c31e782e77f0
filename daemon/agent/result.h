/* The result of a tool call as text for the model. */
#ifndef STOA_AGENT_RESULT_H
#define STOA_AGENT_RESULT_H

#include "proto/state.h"
#include <jansson.h>
#include <stddef.h>

struct result_place {   /* borrowed */
    const char *folder; /* the session's; NULL: nothing can be kept */
    const char *name;   /* of the call, in file names: [a-zA-Z0-9_-]+ */
    size_t max;         /* bytes of text, at least STATE_NOTE_MAX */
    int64_t *left;      /* bytes that may still be kept there, made less by what is; NULL: any number */
};

struct result {            /* free with result_clear */
    enum call_state state; /* done or failed */
    char *text;            /* never empty */
    char *file;            /* where the whole is, relative to folder; NULL: text is the whole */
};

/* Of MCP's tools/call: texts as they are; images, sounds and other data are described and saved; what was cut
 * says so. */
void result_read(const json_t *mcp, const struct result_place *place, struct result *result);
/* The same of plain text; for the sentences of failures too. */
void result_read_text(const char *text, enum call_state state, const struct result_place *place,
                      struct result *result);
void result_clear(struct result *result);

#endif
