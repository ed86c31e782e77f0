/* Sessions in which nothing has happened for session.max_age: they are archived or deleted
 * (session.at_max_age), slowly, and only those that nobody uses.
 *
 * A timer stands at the time when the next one may be due; without session.max_age there is none. */
#ifndef STOA_DAEMON_AGING_H
#define STOA_DAEMON_AGING_H

enum {
    AGING_SETTLE_MS = 600000,     /* at most, from a start or reload to the first sweep; a tenth of max_age */
    AGING_INTERVAL_MS = 21600000, /* at most, between sweeps */
    AGING_PAUSE_MS = 20           /* after each session that is looked at closely, for all others */
};

struct server;
struct aging;

/* The registry must be there. */
struct aging *aging_open(struct server *server);
void aging_close(struct aging **aging);
/* The options may be others. */
void aging_reload(struct aging *aging);

#endif
