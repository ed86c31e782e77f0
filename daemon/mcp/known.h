/* What agents and hosts learned of MCP servers: era and tools, so that a model can be offered the tools of a
 * server that is not connected. It holds for one definition of a server, and for the sessions of one user; if
 * it tells something of the session in which it was learned, then for that session alone, and not on disk. */
#ifndef STOA_DAEMON_MCP_KNOWN_H
#define STOA_DAEMON_MCP_KNOWN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    KNOWN_BYTES_MAX = 1 << 20, /* of one server's, as JSON: larger ones are not remembered */
    KNOWN_ENTRIES_MAX = 512    /* in memory; the least used is dropped */
};

struct known;

struct known_key { /* borrowed */
    const char *user, *server, *variant;
    uint64_t fingerprint; /* of the definition, of its templates only variables filled in */
    const char *session;  /* the one that asks or tells; NULL: a host */
};

/* state: the state folder, below which files are kept (mcp/). */
struct known *known_open(const char *state);
void known_close(struct known **known);
/* {"era","tools"}: borrowed until the next call; NULL if nothing is known. */
json_t *known_find(struct known *known, const struct known_key *key);
/* Remembers json, {"era","tools"} (a new reference is kept). False if it is malformed or too large. personal:
 * texts of the session (its id, folder, values of variables), NULL at the end: if one is found in json, it is
 * kept for that session alone. */
bool known_put(struct known *known, const struct known_key *key, json_t *json, const char *const *personal);
/* The user is removed. */
void known_forget_user(struct known *known, const char *user);
/* The session is gone. */
void known_forget_session(struct known *known, const char *session);

#endif
