/* What lends.c (who lends what to which session), lends_runs.c (what is said in a run) and lends_past.c (what
 * is known of servers that are or were lent) share; for those alone.
 *
 * The trap: telling a client something may end it, and all that it lends with it (clients_reply). So a lend
 * is looked up anew after that, or not touched any more. */
#ifndef STOA_DAEMON_LENDS_INTERNAL_H
#define STOA_DAEMON_LENDS_INTERNAL_H

#include "daemon/lends.h"

struct lend {
    struct session *session;
    struct client *client;
    char name[LENDS_NAME_MAX + 1];
    char user[64];
    char run[ID_MAX];  /* as the client knows it; "" if there is none */
    int64_t agent_run; /* as the agent does */
    json_t *known;     /* what an agent has learned of it; NULL: nothing */
    struct lend *next;
};

struct past { /* what was lent until its terminal went */
    uint32_t session;
    char name[LENDS_NAME_MAX + 1];
    char user[64];
    json_t *known;
};

struct lends {
    struct server *server;
    struct lend *all;
    struct past past[LENDS_PAST_MAX]; /* the oldest is overwritten */
    size_t past_count, past_at;
};

/* --- lends.c --- */
/* NULL if nobody lends one of that name to the session. */
struct lend *lends_find(const struct lends *lends, const struct session *session, const char *name);
bool lends_is_name(const char *name);

/* --- lends_runs.c --- */
/* A notice "lend" with rest beside session and server; takes the reference to rest. */
void lend_tell(struct lends *lends, const struct lend *lend, json_t *rest);
/* The run, if there is one, is over for the agent: for that cause, and why in words. */
void lend_end_run(struct lend *lend, const char *cause, const char *why);

/* --- lends_past.c --- */
/* The lend ends: what is known of it is kept for its user. */
void lends_keep(struct lends *lends, struct lend *lend);
/* What the same user lent by that name before is known again. */
void lends_recall(struct lends *lends, struct lend *lend);
void lends_past_free(struct lends *lends);

#endif
