/* An MCP server of this machine that is lent to one session: the bridge between the daemon (lend.*) and the
 * server's process. The process is started when the session's agent begins a run of it, and ended with that
 * run; each run has a process of its own. It is offered anew whenever the daemon has lost it. Prints nothing.
 */
#ifndef STOA_TUI_LEND_H
#define STOA_TUI_LEND_H

#include "tui/client.h"
#include <uv.h>

enum {
    LEND_NAME_MAX = 32,
    LEND_QUEUE_MAX = 4 << 20,   /* bytes of the server's messages that wait, beyond which it is not read */
    LEND_BATCH_MAX = 64,        /* messages of one request */
    LEND_BATCH_BYTES = 1 << 20, /* ... and their bytes, if there is more than one */
    LEND_AGAIN_MS = 300,        /* until what the daemon could not take is said again */
    LEND_ASKS_MAX = 64          /* calls that wait for the person here */
};

enum lend_says {
    LEND_OFFERED, /* the session has it; text: "" */
    LEND_BEGAN,   /* its process runs */
    LEND_ENDED,   /* it does not any more; text: how */
    LEND_CALLED,  /* a call; text: "tool {arguments}" */
    LEND_DONE,    /* one was answered; text: "tool: done", or what went wrong */
    LEND_STDERR   /* a line that the server wrote for people */
};

struct lend;

struct lend_callbacks { /* texts are sanitised, on one line */
    void *arg;
    void (*say)(void *arg, struct lend *lend, enum lend_says what, const char *text);
    /* A call wants a yes or no of the person here (lend_answer); one at a time. NULL: none is asked about. */
    void (*ask)(void *arg, struct lend *lend, const char *text);
    /* What was asked last needs no answer any more. */
    void (*void_ask)(void *arg, struct lend *lend);
    /* The session has it no more, and won't get it back by itself: lend_close it. */
    void (*over)(void *arg, struct lend *lend, enum err code, const char *text);
};

struct lend_options { /* copied, but loop and client */
    uv_loop_t *loop;
    struct client *client;
    const char *session, *name;
    char *const *argv; /* ended by NULL */
    const char *title; /* how people are told what runs; NULL: argv */
    struct lend_callbacks callbacks;
};

/* Whether it can be a server's name. */
bool lend_is_name(const char *name);
/* Offers it, now or when the link is ready. */
struct lend *lend_open(const struct lend_options *options);
/* Takes it back, and ends its process in order (the loop goes on until that is gone). No callback follows.
 * Sets *lend to NULL; accepts NULL. */
void lend_close(struct lend **lend);
/* The same, for a program that ends: waits until the process is gone, which is killed in the end. */
void lend_close_now(struct lend **lend);
const char *lend_name(const struct lend *lend);
const char *lend_session(const struct lend *lend);
const char *lend_command(const struct lend *lend);
bool lend_is_offered(const struct lend *lend);

/* The link's and the notices' callbacks of the client; false if the notice is another lend's. */
void lend_link(struct lend *lend, enum client_link link);
bool lend_notice(struct lend *lend, const json_t *notice);
/* What was asked about may be done. */
void lend_answer(struct lend *lend, bool allow);

#endif
