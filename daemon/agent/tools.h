/* What a model is offered, and what it is told when it calls something else. */
#ifndef STOA_AGENT_TOOLS_H
#define STOA_AGENT_TOOLS_H

#include "daemon/agent/servers.h"
#include <jansson.h>

/* The tools of struct prompt, as a new reference: [{"name","description","schema"}]. Those that would make
 * the list too large are left out. servers NULL: none. */
json_t *tools_offer(struct servers *servers);
/* The sentence for a model that called a tool that is not there: lists what is. free() it. */
char *tools_unknown(struct servers *servers, const char *name);

#endif
