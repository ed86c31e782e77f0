/* The audit's records: who came in, was refused, shared, approved, made rules, used secrets, administered.
 * Append-only, each with a hash over itself and the one before it (proto/chain.h), so that a changed or
 * missing record is found. No secret, token, code, key's secret half or message text is ever in one.
 *
 * What strangers cause, and what anybody can cause again and again without changing anything (logins,
 * refusals, uses of secrets), is not written each time: of the same action, user and object AUDIT_BURST
 * records, then one a minute that says how many there were (audit_limit.h). The oldest are dropped beyond
 * audit.keep. */
#ifndef STOA_DAEMON_PEOPLE_AUDIT_H
#define STOA_DAEMON_PEOPLE_AUDIT_H

#include "daemon/people/audit_limit.h"
#include "daemon/people/auth.h"

enum { AUDIT_DETAIL_MAX = 1024 };

struct server;
struct audit;

/* After the store; close it before the store: what was only counted is written then. */
struct audit *audit_open(struct server *server);
void audit_close(struct audit **audit);

/* One record. who: NULL for the daemon itself, written as ""; a stranger is written as its key's fingerprint,
 * which no user's name can be. action: one of those that PROTOCOL.md lists ("user.create", "login",
 * "refused", "question.answer" ...). object: the session, user, key, ... that it is about, or "". format: a
 * detail for people, cleaned and cut to AUDIT_DETAIL_MAX; may be NULL. Does nothing where there is no audit
 * (a test's server). */
void audit_record(struct server *server, const struct principal *who, const char *action, const char *object,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The newest record, on disk or not: its number and hash; 0 and "" for none. */
int64_t audit_head(const struct audit *audit, const char **hash);

#endif
