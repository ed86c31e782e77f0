/* What each user has used today: tokens, their cost by the configuration's prices, turns. Kept in the store a
 * day each (UTC), written with the event that says it (where the store can't, every LEDGER_WRITE_MS), so that
 * a budget survives a restart. A model without a price costs nothing here. */
#ifndef STOA_DAEMON_PEOPLE_LEDGER_H
#define STOA_DAEMON_PEOPLE_LEDGER_H

#include "daemon/session.h"
#include <stdbool.h>

enum {
    LEDGER_WRITE_MS = 2000,
    LEDGER_WARN_PERCENT = 80,
    LEDGER_TOKEN_BYTES = 4,
    LEDGER_KEEP_MS = 48 * 3600 * 1000 /* a day's sums stay in memory for so long after they last changed */
};

struct server;
struct ledger;

/* Reads what was used today. */
struct ledger *ledger_open(struct server *server);
/* The same by another clock (wall ms). */
struct ledger *ledger_open_by(struct server *server, int64_t (*wall_ms)(void));
/* Writes what was not written yet; before the store is closed. */
void ledger_close(struct ledger **ledger);

/* Puts the cost into a usage of that model ("provider/model"), in millionths, before it becomes part of an
 * event; takes away what it says itself. usage may be NULL. */
void ledger_price(const struct server *server, const char *model, json_t *usage);
/* It was used in that session, whose owner it is counted for. A budget of which it brings them to 80%, or to
 * the end, is said in the session (budget.reached), and so once a day. */
void ledger_add(struct session *session, const struct usage *usage);
/* The same of a model's answer that was broken off after so many bytes: a server that counts at the end said
 * nothing, or too little, of what it did until then. So that is reckoned, LEDGER_TOKEN_BYTES to a token. */
void ledger_add_broken(struct session *session, const char *model, const struct usage *said, size_t bytes);
/* The same of a request that nothing was answered to, since the turn was interrupted or its agent ended: a
 * server counts what it was asked, whether anybody waits for the answer or not. */
void ledger_add_unanswered(struct session *session);
/* One more turn of that session's owner has begun. */
void ledger_turn(const struct session *session);
/* Whether the user's budgets let one more request to a model begin, and there is room to store what comes of
 * it; else false with a sentence that says which budget, how much, and when it begins anew. */
bool ledger_allows(struct server *server, const char *user, char error[256]);
/* {"day","until","input","output","cached","turns","cost","budgets"} of today: until is wall ms, cost in the
 * prices' currency, budgets those of {"tokens_day","cost_day"} that the user has. */
json_t *ledger_today(struct server *server, const char *user);

#endif
