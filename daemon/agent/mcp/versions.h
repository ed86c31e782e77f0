/* The revisions of MCP that the client speaks, and the two eras they fall into: "legacy" ones begin with an
 * initialize handshake; "modern" ones have no session and say with each request who asks. */
#ifndef STOA_AGENT_MCP_VERSIONS_H
#define STOA_AGENT_MCP_VERSIONS_H

#include <jansson.h>
#include <stdbool.h>

#define VERSIONS_MODERN "2026-07-28"
#define VERSIONS_LEGACY "2025-11-25" /* the newest legacy one: what initialize proposes */

bool versions_is_legacy(const char *version);
bool versions_is_modern(const char *version);
/* 2025-03-26 alone has batches. */
bool versions_has_batches(const char *version);
/* Whether version is of that revision or a newer one. */
bool versions_is_since(const char *version, const char *revision);
/* The best of a server's list that we speak; NULL if there is none. Not borrowed from the list. */
const char *versions_choose(const json_t *list);

#endif
