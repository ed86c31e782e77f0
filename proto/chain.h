/* The audit's records as a chain: each has a hash over itself and over the hash of the one before it, so that
 * none can be changed, taken out, put in or moved without all later hashes changing too. Whoever can write
 * the store can write all of them anew: against that helps only a hash that is kept elsewhere.
 *
 * The hash is BLAKE2b of 32 bytes, as base64url, of: the hash before ("" for record 1), n, ts, user, action,
 * object, detail. Numbers are 8 bytes, the highest first; each text follows its length, as such a number. */
#ifndef STOA_PROTO_CHAIN_H
#define STOA_PROTO_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

enum { CHAIN_HASH_LEN = 43 };
/* The action of a record that says which ones were dropped for their age: its object is the number of the
 * first that was kept, its detail begins with the hash of the one before that. */
#define CHAIN_DROPPED "audit.dropped"

struct chain_record { /* hash: of the record as it was found */
    int64_t n, ts;    /* n: 1, 2, 3 ...; ts: wall ms */
    const char *user, *action, *object, *detail, *hash;
};
/* What the record's hash must be, after that one. */
void chain_hash(const char *before, const struct chain_record *record, char hash[CHAIN_HASH_LEN + 1]);

/* Checks records in their order, from the oldest there is. */
struct chain_check;
struct chain_check *chain_check_new(void);
void chain_check_free(struct chain_check **check);
/* False with a sentence that names the record, if it does not follow. */
bool chain_check_next(struct chain_check *check, const struct chain_record *record, char error[256]);
/* After the last one: whether what is missing before the first was dropped by the daemon. */
bool chain_check_end(const struct chain_check *check, char error[256]);
/* Up to where the chain holds: 0 and "" before the first. */
int64_t chain_check_n(const struct chain_check *check);
const char *chain_check_hash(const struct chain_check *check);

#endif
