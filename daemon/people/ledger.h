/* What each user has used today: tokens, their cost by the configuration's prices, turns. Kept in the store a
 * day each (UTC), so that a budget survives a restart. */
#ifndef STOA_DAEMON_PEOPLE_LEDGER_H
#define STOA_DAEMON_PEOPLE_LEDGER_H

#include "daemon/session.h"
#include <stdbool.h>

struct server;
struct ledger;

struct ledger *ledger_open(struct server *server);
void ledger_close(struct ledger **ledger);

/* A reply (or a summary, a title) of the session's model was paid for by its owner. A budget of which more
 * than 80% is used is said in the session, once a day; one that is used up is, too. */
void ledger_add(struct session *session, const char *model, const struct usage *usage);
/* Whether the user's budgets let one more request to a model begin; else false with a sentence that says
 * which budget, how much, and when it begins anew. */
bool ledger_allows(struct server *server, const char *user, char error[256]);
/* {"input","output","cached","turns","cost"} of today (UTC); cost in the prices' currency. */
json_t *ledger_today(struct server *server, const char *user);

#endif
