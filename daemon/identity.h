/* The daemon's key: made once, in the state folder (daemon.key), when somebody may need it. Clients know the
 * daemon by it, and refuse another one. */
#ifndef STOA_DAEMON_IDENTITY_H
#define STOA_DAEMON_IDENTITY_H

#include "shared/err.h"
#include "shared/key.h"

struct server;
struct identity;

/* state: the folder. Nothing is read or made yet. */
struct identity *identity_open(const char *state);
/* Wipes it. Accepts NULL. */
void identity_close(struct identity **identity);

/* Reads the key, or makes it; ERR_OK also if that was done before. Else ERR_DENIED (the file may be read by
 * others), ERR_CONFIG (it is no key) or ERR_UNAVAILABLE, with a sentence that says what to do. */
enum err identity_load(struct identity *identity, char error[256]);
/* NULL before identity_load. */
const struct key_pair *identity_pair(const struct identity *identity);
/* Its open key as text, its fingerprint and words; "" before identity_load. */
const char *identity_key(const struct identity *identity);
const char *identity_fingerprint(const struct identity *identity);
const char *identity_words(const struct identity *identity);

#endif
