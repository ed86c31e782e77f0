/* The connection to a daemon: one DEALER on the loop. It says hello, pings, notices that the daemon is gone,
 * reconnects, repeats what is unanswered with the same id, and keeps the replicas of the sessions it follows
 * up to date by itself. Used by the terminal UI and by every subcommand. Opens no terminal and prints
 * nothing. */
#ifndef STOA_TUI_CLIENT_H
#define STOA_TUI_CLIENT_H

#include "proto/envelope.h"
#include "proto/state.h"
#include "tui/client_address.h"
#include <stdbool.h>
#include <uv.h>

struct client;

enum client_link {
    CLIENT_CONNECTING,
    CLIENT_READY,
    CLIENT_AWAY
}; /* AWAY: was ready, the daemon is gone or hangs */

/* What the daemon said in its hello. Strings live until the next hello. */
struct client_hello {
    const char *version, *epoch, *user, *participant, *default_model, *why;
    enum role role;    /* ROLE_NONE: a stranger */
    long long context; /* tokens of the models' window; 0: not said */
};

struct client_callbacks { /* each may be NULL */
    /* The link changed. text: a sentence for people ("the daemon is gone; trying again"). */
    void (*link)(void *arg, enum client_link link, const char *text);
    /* An event as received, before folding, of a followed session or of the listing ("mine"); raw is its
     * frame's text. fold: what folding it gave (FOLD_OK for one that is not folded). Chunks come here too. */
    void (*event)(void *arg, const struct event *event, const char *raw, size_t len, enum fold fold);
    /* A followed session has a fresh state (first snapshot, and after each resync). snapshot is the "ok"
     * object. */
    void (*snapshot)(void *arg, const struct state *state, const json_t *snapshot);
    /* Following ended: the session was deleted, or may not be seen. code and text say why. */
    void (*lost)(void *arg, const char *session, enum err code, const char *text);
    /* The daemon says "bye", is incompatible ("bye", ERR_VERSION), does not let this terminal in or can't be
     * reached at first ("bye", ERR_DENIED or ERR_UNAVAILABLE), or refuses hello for now ("refused"). After a
     * "bye" that is not ERR_SHUTTING_DOWN nothing more is tried. */
    void (*notice)(void *arg, const char *notice, enum err code, const char *text);
    /* The daemon's store can't commit any more, and why; NULL: it can again. */
    void (*failing)(void *arg, const char *why);
    /* Another notice, such as "paired" or "lend"; json: the whole object, borrowed. */
    void (*other)(void *arg, const char *notice, const json_t *json);
};

/* address lives longer than the client. kind: "tui" or "cli". terminal: the tty's name or NULL. NULL if no
 * socket can be made. */
struct client *client_open(uv_loop_t *loop, const struct client_address *address, const char *kind,
                           const char *terminal, const struct client_callbacks *callbacks, void *arg);
/* Closes at once; pending replies are not called back. Run the loop until it is idle afterwards to free
 * handles. */
void client_close(struct client **client);

enum client_link client_link(const struct client *client);
/* NULL until the first hello was answered. */
const struct client_hello *client_hello(const struct client *client);

/* A reply. ok is borrowed and NULL when code is not ERR_OK. */
typedef void client_reply_cb(void *arg, enum err code, const char *text, json_t *ok);
/* Sends a request (params: reference is taken, may be NULL), now or when the link is ready. It is repeated
 * with the same id after a reconnect. timeout_ms 0: wait for ever; else ERR_TIMEOUT is called back. */
void client_request(struct client *client, enum method method, const char *session, json_t *params,
                    int timeout_ms, client_reply_cb *reply, void *arg);

/* The requests with that arg are not answered any more; what the daemon does with them is not changed. */
void client_forget(struct client *client, const void *arg);

/* Follows a session: subscribes, takes a snapshot, folds. limit: messages of the snapshot (1-200). */
void client_follow(struct client *client, const char *session, int limit);
void client_unfollow(struct client *client, const char *session);
/* The folded state, or NULL before its first snapshot. Valid until the loop runs again. */
struct state *client_state(const struct client *client, const char *session);
/* Asks for the page of messages before the oldest that the state has, and puts them there; reply is called
 * when done (ok: {"added":n,"more":bool}). */
void client_older(struct client *client, const char *session, int limit, client_reply_cb *reply, void *arg);
/* Follows the list of own sessions: events marked listed come to the event callback. */
void client_follow_listing(struct client *client);

#endif
