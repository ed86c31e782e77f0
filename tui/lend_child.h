/* The process of an MCP server that this terminal lends: a child with a process group of its own, spoken to
 * in lines on its standard streams. It does not outlive this process. */
#ifndef STOA_TUI_LEND_CHILD_H
#define STOA_TUI_LEND_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum {
    LEND_CHILD_LINE_MAX = 16 << 20,    /* bytes of a line; a longer one ends it */
    LEND_CHILD_WAITING_MAX = 16 << 20, /* bytes that wait for it to be read; more end it */
    LEND_CHILD_EOF_MS = 2000,          /* from closing its stdin to SIGTERM */
    LEND_CHILD_TERM_MS = 2000,         /* from SIGTERM to SIGKILL */
    LEND_CHILD_NOW_MS = 500            /* either, where somebody waits for it */
};

struct lend_child;

struct lend_child_events {
    void *arg;
    /* A line of its standard output, without its end; it may be written to. */
    void (*line)(void *arg, char *line, size_t len);
    /* A line of its standard error, cut at 4096 bytes; not sanitised. */
    void (*said)(void *arg, const char *line, size_t len);
    /* It has ended, or was for what it did ("exit code 3"): the last event; lend_child_end it. */
    void (*ended)(void *arg, const char *how);
};

/* argv: ended by NULL. NULL with a sentence if it can't be started. No event comes from within. */
struct lend_child *lend_child_start(uv_loop_t *loop, char *const argv[],
                                    const struct lend_child_events *events, char error[256]);
/* Writes a line (without its end). False if too much waits for it, or it takes no more. */
bool lend_child_write(struct lend_child *child, const char *text, size_t len);
/* Whether what it writes is read. */
void lend_child_listen(struct lend_child *child, bool listen);
/* Ends it in order: its stdin is closed, then SIGTERM, then SIGKILL to its group. No event follows; the loop
 * goes on until it is gone. Sets *child to NULL; accepts NULL. */
void lend_child_end(struct lend_child **child);
/* The same, but it waits for the end, LEND_CHILD_NOW_MS at most each. */
void lend_child_end_now(struct lend_child **child);

#endif
