/* What the files of lend.h share: lend.c (the offer and its runs), lend_out.c (what the server says, to the
 * daemon) and lend_in.c (what is said to it, calls and questions about them). */
#ifndef STOA_TUI_LEND_PRIVATE_H
#define STOA_TUI_LEND_PRIVATE_H

#include "shared/id.h"
#include "tui/lend.h"
#include "tui/lend_child.h"

struct lend_out { /* a message of the server's */
    struct lend_out *next;
    json_t *json;
    size_t len, values;
};

struct lend_call { /* of a tool, from when it came until its answer */
    struct lend_call *next;
    json_t *message;
    char *text; /* "tool {arguments}" */
    bool asked; /* it waits for the person here */
};

struct lend {
    uv_loop_t *loop;
    struct client *client;
    struct lend_callbacks callbacks;
    char *session, *name, *command;
    char **argv;
    bool offering, offered, over;
    char run[ID_MAX]; /* "" : none */
    struct lend_child *child;
    bool listens; /* what the child writes is read */
    /* lend_out.c */
    struct lend_out *first, *last;
    size_t bytes;        /* of these */
    size_t sent;         /* messages at the head that the request under way holds */
    size_t singly;       /* so many go one by one: one of them was refused */
    char saying[ID_MAX]; /* the run of the request under way; "": none is */
    bool ending;         /* ... which tells its end */
    bool ended, began;   /* the end must be told, too */
    char how[200];
    uv_timer_t *again;
    /* lend_in.c */
    struct lend_call *calls;
    size_t call_count;
};

/* --- lend.c --- */
void lend_say(struct lend *lend, enum lend_says what, const char *text);
/* The daemon knows of no such run (any more). */
void lend_drop_run(struct lend *lend);
void lend_offer(struct lend *lend);

/* --- lend_out.c --- */
void lend_out_open(struct lend *lend);
/* A line of the server's. */
void lend_out_line(struct lend *lend, char *line, size_t len);
/* A message in its place; its reference is taken. */
void lend_out_put(struct lend *lend, json_t *message);
/* The run has ended here. began: its program was started. */
void lend_out_end(struct lend *lend, bool began, const char *how);
/* Forgets what waits. */
void lend_out_clear(struct lend *lend);
void lend_out_close(struct lend *lend);

/* --- lend_in.c --- */
/* A message of the agent's for the server. */
void lend_in_take(struct lend *lend, json_t *message);
/* One of the server's: the answer to a call, perhaps. */
void lend_in_answered(struct lend *lend, const json_t *message);
void lend_in_clear(struct lend *lend);

#endif
