/* Whether a value that an MCP server made up may go to the daemon, or into a model's context: it must be
 * neither larger nor deeper than those can take. */
#ifndef STOA_AGENT_OUTSIDE_H
#define STOA_AGENT_OUTSIDE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { OUTSIDE_DEPTH_MAX = 48 }; /* below jsonx.h's, for it is put into frames and events */

/* Bytes of the value's text. */
size_t outside_bytes(const json_t *value);
bool outside_is_deep(const json_t *value);
/* A copy of at most max bytes that ends between two characters; what was cut off is not said. */
char *outside_text(const char *text, size_t max);

#endif
