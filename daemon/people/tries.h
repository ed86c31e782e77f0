/* What is presented in vain: secrets of tickets, codes, tokens. A connection may be wrong TRIES_OF_CLIENT
 * times; what it says after that ends it. All of them together may be wrong TRIES_A_SECOND times a second
 * (TRIES_BURST at once): whoever is wrong beyond that is cut at once. What is right always counts, whatever
 * others do: so nobody is kept out by a flood of guesses. */
#ifndef STOA_DAEMON_PEOPLE_TRIES_H
#define STOA_DAEMON_PEOPLE_TRIES_H

#include "daemon/dispatch.h"

enum { TRIES_OF_CLIENT = 3, TRIES_A_SECOND = 10, TRIES_BURST = 20 };

struct tries;

struct tries *tries_open(void);
void tries_close(struct tries **tries);
/* Ask before something is looked at. False: the connection was cut, call->client is no more, and the handler
 * returns HANDLED_LATER. */
bool tries_may(struct call *call);
/* It was in vain; error says why, and goes to the audit too: nothing of what was presented is in it. What the
 * handler returns: code, or HANDLED_LATER if the connection was cut. */
enum err tries_failed(struct call *call, enum err code, const char *error);

#endif
