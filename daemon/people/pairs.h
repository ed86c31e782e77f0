/* Pairing: a user's terminal shows six digits, and another terminal whose key nobody knows says them, and is
 * that user's from then on. In memory only: a code lives PAIR_LIFE_MS.
 *
 * A guesser must not win, and must not keep others from pairing either. Which code a wrong guess was meant
 * for can't be known, so each counts as a try at every code there is, and a code that PAIR_TRIES wrong ones
 * were made at is dead: all guessers of the world together have 5 in 1,000,000. But two guesses a second
 * would then kill every code at birth; so an address (a host's, or an IPv6 network's) that was wrong
 * PAIR_ADDRESS_TRIES times is not listened to for PAIR_DEAF_MS: what it says then is neither compared nor
 * counted, right or wrong. And a code does not listen to a neighbourhood (256 IPv4 addresses, or an IPv6 /48)
 * that was wrong PAIR_NEARBY_TRIES times about it. Killing every code takes fresh addresses of two
 * neighbourhoods for each. Whose code was killed learns from where, and can make one that listens to one
 * address alone: what others say is then no try at it.
 *
 * The user's own terminals at such an address wait, or come in by a ticket, whose secret nobody guesses.
 * Where an address is not known, all that is not known is one. */
#ifndef STOA_DAEMON_PEOPLE_PAIRS_H
#define STOA_DAEMON_PEOPLE_PAIRS_H

#include "daemon/socket/address.h"
#include "daemon/socket/gateway.h"
#include "shared/err.h"
#include "shared/key.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    PAIR_DIGITS = 6,
    PAIR_LIFE_MS = 120000,
    PAIR_TRIES = 5,
    PAIR_ADDRESS_TRIES = 3,
    PAIR_NEARBY_TRIES = 4, /* at one code */
    PAIR_DEAF_MS = 900000,
    PAIR_ADDRESSES =
        1024,       /* that were wrong, and are remembered: the one that was wrong longest ago is not */
    PAIRS_MAX = 32, /* codes at the same time */
    PAIR_ADDRESS_MAX = 48
};

struct pair { /* wipe it */
    char code[PAIR_DIGITS + 1];
    char user[64];
    char key[KEY_TEXT_LEN + 1]; /* of the terminal that shows the code; "" for one on the daemon's host */
    struct route route;         /* its connection */
    int64_t expires;            /* steady ms */
    bool is_only;               /* it listens to one address: */
    struct address only;
    int wrong; /* tries so far, and where they came from: */
    struct pair_wrong {
        struct address around;
        char text[PAIR_ADDRESS_MAX];
    } wrongs[PAIR_TRIES];
};
enum pair_fate { PAIR_GOOD, PAIR_WRONG, PAIR_DEAF /* that address is not listened to */ };

struct pairs;

struct pairs *pairs_open(void);
void pairs_close(struct pairs **pairs);
/* A code for that user, in the place of an earlier one. only: the one address that it listens to, or NULL.
 * now: steady ms, here and below. ERR_OK, or ERR_BUSY with a sentence. */
enum err pairs_start(struct pairs *pairs, const char *user, const char *key, const struct route *route,
                     const struct address *only, int64_t now, struct pair *made, char error[256]);
/* Somebody at that address says a code. PAIR_GOOD: *pair is what it was, which is over. */
enum pair_fate pairs_try(struct pairs *pairs, const char *code, const char *address, int64_t now,
                         struct pair *pair);
/* After PAIR_WRONG, until it is false: *pair is what was ended by that. */
bool pairs_next_killed(struct pairs *pairs, struct pair *pair);
/* The user has no code any more: their rights have changed. */
void pairs_end(struct pairs *pairs, const char *user);

#endif
