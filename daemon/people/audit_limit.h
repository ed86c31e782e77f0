/* How many records of one kind the audit takes: what is the same (action, user, object) is written
 * AUDIT_BURST times, and then counted; once a minute it is told how many there were. When nothing of a kind
 * has come for a minute, it may be written anew. The number of kinds is bounded: those beyond share one. */
#ifndef STOA_DAEMON_PEOPLE_AUDIT_LIMIT_H
#define STOA_DAEMON_PEOPLE_AUDIT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { AUDIT_BURST = 10, AUDIT_KINDS = 512, AUDIT_MINUTE_MS = 60000 };

struct audit_kind { /* texts are cut to what fits */
    char action[32], user[64], object[48];
};
struct audit_limit;

struct audit_limit *audit_limit_new(void);
void audit_limit_free(struct audit_limit **limit);
/* Whether one more of that kind shall be written; else it was counted. now: steady ms. */
bool audit_limit_take(struct audit_limit *limit, const struct audit_kind *kind, int64_t now);
/* Whether something was counted that is yet to be told. */
bool audit_limit_waits(const struct audit_limit *limit);
/* What is due is told, each kind once; all of it if now is INT64_MAX. */
typedef void audit_limit_cb(void *arg, const struct audit_kind *kind, uint64_t count);
void audit_limit_tell(struct audit_limit *limit, int64_t now, audit_limit_cb *each, void *arg);

#endif
