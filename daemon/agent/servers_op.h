/* One request of a person's to the session's servers, between servers_ops.c and servers_content.c. */
#ifndef STOA_AGENT_SERVERS_OP_H
#define STOA_AGENT_SERVERS_OP_H

#include "daemon/agent/servers_internal.h"

enum { OP_CALLS_MAX = STATE_SERVERS_MAX };

struct op {
    struct servers *servers;
    struct op *next;
    struct incoming *incoming;
    json_t *params;
    char *server, *by; /* server NULL: all of them */
    struct servers_call *calls[OP_CALLS_MAX];
    struct op_wait { /* the arg of each of them, where there are several */
        struct op *op;
        size_t which;
    } waits[OP_CALLS_MAX];
    size_t waiting;
    json_t *gathered;
    int64_t begun;                    /* steady ms */
    void (*cancelled)(struct op *op); /* the person does not wait any more; NULL: nothing is to be said */
};

/* Each answers and frees the op. ok is stolen. */
void op_reply(struct op *op, json_t *ok);
void op_refuse(struct op *op, enum err code, const char *text);
/* NULL once it is not defined any more. */
struct server *op_server(const struct op *op);
/* A request to its server as the op's call of that number. */
void op_ask(struct op *op, size_t which, const char *method, const json_t *params, int64_t timeout_ms,
            const struct servers_call_handler *handler);

/* --- servers_content.c; the server is defined when these begin --- */

void op_begin_call(struct op *op);
void op_begin_complete(struct op *op);
void op_begin_prompt(struct op *op);
void op_begin_prompts(struct op *op);
void op_begin_read(struct op *op);
void op_begin_resources(struct op *op);
void op_begin_subscribe(struct op *op);

#endif
