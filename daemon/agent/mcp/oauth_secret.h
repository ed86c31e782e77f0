/* Random texts, proofs, comparison and wiping for OAuth. */
#ifndef STOA_AGENT_MCP_OAUTH_SECRET_H
#define STOA_AGENT_MCP_OAUTH_SECRET_H

#include "shared/buf.h"
#include <jansson.h>
#include <stdbool.h>

enum { OAUTH_SECRET_LEN = 43 /* characters: 256 bits */ };

/* Random, of the characters that PKCE and URLs allow. */
void oauth_secret_make(char out[OAUTH_SECRET_LEN + 1]);
/* PKCE's S256 of a verifier. */
void oauth_secret_challenge(const char *verifier, char out[OAUTH_SECRET_LEN + 1]);
/* In a time that does not depend on where they differ. */
bool oauth_secret_same(const char *a, const char *b);
/* Base64 of "id:secret", both in form encoding first (RFC 6749, 2.3.1): "Basic ...". The caller wipes and
 * frees it. */
char *oauth_secret_basic(const char *id, const char *secret);
/* Each wipes and frees; accepts NULL within. */
void oauth_secret_wipe(char **text);
void oauth_secret_wipe_buf(struct buf *buf);
/* Overwrites all strings in it, which makes them empty or senseless; does not free. */
void oauth_secret_wipe_json(json_t *json);

#endif
