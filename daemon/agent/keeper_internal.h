/* What keeper.c and keeper_call.c share. */
#ifndef STOA_AGENT_KEEPER_INTERNAL_H
#define STOA_AGENT_KEEPER_INTERNAL_H

#include "daemon/agent/keeper.h"

enum { KEEPER_WHY_MAX = 512 };

enum keeper_phase { PHASE_OFF, PHASE_ASKING, PHASE_STARTING, PHASE_LISTING, PHASE_READY, PHASE_CLOSING };

struct keeper_call {
    struct keeper *keeper;
    struct keeper_call *next;
    char *method; /* NULL: it only waits for the connection */
    json_t *params;
    int64_t timeout_ms;
    struct mcp_request_handler handler;
    void *request; /* under way; NULL while it waits */
    bool internal; /* the keeper's own */
    bool ending;   /* with the code and text below, in the next turn of the loop */
    bool sent;
    enum err code;
    char *text;
};

struct keeper {
    uv_loop_t *loop;
    const char *name;
    struct keeper_owner owner;
    struct peer *peer;
    enum keeper_phase phase;
    struct keeper_call *calls; /* in the order of asking */
    size_t call_count;
    uv_timer_t timer;  /* starting: the deadline; off: the next attempt; ready: idle */
    uv_timer_t soon;   /* ends calls */
    uv_timer_t relist; /* lists the tools again */
    uv_timer_t quiet;  /* the end of a second with many log lines */
    int open_handles;
    int64_t start_ms, idle_ms;
    int64_t back_off_ms;
    uint64_t retry_at, listed_at; /* of the loop's clock */
    uint64_t stale_at; /* of it: when the server wants its tools listed anew (ttlMs); 0: when it says so */
    unsigned holds;
    unsigned log_lines; /* in this second */
    bool useful;        /* it has answered since it was connected */
    bool authorizing;   /* a person is at it: no deadline */
    bool failed;
    bool freeing;
    char why[KEEPER_WHY_MAX];
    char doubt[KEEPER_WHY_MAX]; /* why its newest answer was none; "" if it was one */
    void (*freed)(void *arg);
    void *freed_arg;
};

/* --- keeper.c --- */

void keeper_on_timer(uv_timer_t *timer);
void keeper_lose(struct keeper *keeper, const char *cause, const char *text);

/* --- keeper_call.c --- */

struct keeper_call *keeper_call_new(struct keeper *keeper, const char *method, const json_t *params,
                                    int64_t timeout_ms, const struct mcp_request_handler *handler);
/* Gives it to the peer, which is ready. */
void keeper_call_run(struct keeper_call *call);
/* Ends it by and by, with that code and text. */
void keeper_call_end(struct keeper_call *call, enum err code, bool sent, const char *text);
void keeper_on_soon(uv_timer_t *timer);
/* Those that wait, or all, fail as unavailable. */
void keeper_end_calls(struct keeper *keeper, bool all, const char *text);
/* Forgets all of them. */
void keeper_drop_calls(struct keeper *keeper);
bool keeper_is_waited_for(const struct keeper *keeper);
/* Waits for idleness, if there is nothing to do. */
void keeper_arm_idle(struct keeper *keeper);
/* The arg of the call during which it asks: of that which the peer knows, else of the only one there is. */
void *keeper_asking_call(const struct keeper *keeper, const struct peer_ask *ask);

#endif
