/* Scopes: names separated by single spaces, NULL for none. */
#ifndef STOA_AGENT_MCP_OAUTH_SCOPE_H
#define STOA_AGENT_MCP_OAUTH_SCOPE_H

#include <stdbool.h>

enum { OAUTH_SCOPE_MAX = 4096 /* bytes of all names */ };

/* All names of a, then those of b that a has not, each once; names with characters that no scope has are left
 * out. A new string; NULL if none is left. */
char *oauth_scope_union(const char *a, const char *b);
bool oauth_scope_has(const char *scope, const char *name);
/* Whether scope has all names of other. */
bool oauth_scope_covers(const char *scope, const char *other);
/* scope without that name: a new string; NULL if none is left. */
char *oauth_scope_without(const char *scope, const char *name);

#endif
