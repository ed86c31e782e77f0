/* One request of the owner's, which may be many on the wire: request.c (its life and its clock),
 * request_send.c (making each), request_answer.c (what an answer means), request_list.c (pages),
 * request_rounds.c (what the server wants to know before it answers), request_task.c (tasks). */
#ifndef STOA_AGENT_MCP_REQUEST_PARTS_H
#define STOA_AGENT_MCP_REQUEST_PARTS_H

#include "daemon/agent/mcp/client_parts.h"

enum {
    REQUEST_TIMEOUT_MAX = 7 * 24 * 3600 * 1000, /* ms */
    REQUEST_HARD_TIMES = 10,  /* progress and questions prolong to this many time-outs at most */
    REQUEST_PAGES_MAX = 1000, /* of one list */
    REQUEST_ITEMS_MAX = 20000,
    REQUEST_LIST_MAX = 16 << 20, /* bytes of a list as text */
    REQUEST_ROUNDS_MAX = 16,     /* times that a server may ask for input */
    REQUEST_INPUTS_MAX = 16,     /* questions of one round */
    REQUEST_URL_ROUNDS_MAX = 4,  /* times that it may send somebody to a URL first */
    REQUEST_URL_DONE_MS = 2000,  /* after a person was there, until the server says so itself */
    REQUEST_REPEATS_MAX = 2,     /* after a broken stream */
    REQUEST_SIGN_INS_MAX = 5,
    REQUEST_POLL_MS = 1000, /* of a task that does not say */
    REQUEST_POLL_MIN_MS = 20,
    REQUEST_POLL_MAX_MS = 60000,
    REQUEST_TASK_ID_MAX = 1024
};

enum method_flag {
    METHOD_SAFE = 1,   /* may be sent again when its answer was lost */
    METHOD_ROUNDS = 2, /* may be answered by questions */
    METHOD_PROGRESS = 4
};
struct method {
    const char *name, *list; /* list: the member that is paged; NULL */
    const char *title;       /* the param that Mcp-Name tells; NULL */
    const char *capability, *part;
    unsigned flags;
};

enum request_phase {
    REQUEST_QUEUED, /* waits for ready */
    REQUEST_SENT,
    REQUEST_ASKING, /* waits for answers to the server's questions */
    REQUEST_SIGNING_IN,
    REQUEST_LISTING,   /* a list of tools is fetched first */
    REQUEST_LISTENING, /* waits for a subscription to be acknowledged */
    REQUEST_POLLING,   /* waits to look after its task */
    REQUEST_ENDING     /* done is put off to the loop */
};

struct request_task {
    char *id;    /* NULL: no task */
    bool wanted; /* it was called as one */
    bool modern;
    int64_t poll_ms;
    json_t *answered; /* keys of input requests that were answered: true */
};

struct mcp_request {
    struct mcp_client *client;
    struct mcp_request *next;
    const struct method *method;
    json_t *params;
    struct mcp_request_handler handler;
    enum request_phase phase;
    struct rpc_call *call;
    int generation; /* of the token that it was sent with */
    int64_t token;  /* of progress */
    double progress;
    int holds;
    bool over, sent;

    int64_t timeout_ms, hard_at; /* hard_at 0: its clock has not begun */
    struct deadline clock, soon;

    /* the list of tools, in between */
    json_t *tools;
    /* pages */
    json_t *whole, *items, *cursors; /* whole: the first page's result; items belongs to it */
    char *cursor;
    int pages;
    size_t bytes;
    /* questions */
    json_t *responses, *state;
    size_t open;
    int rounds, url_rounds;
    json_t *urls; /* elicitation ids whose end is awaited: true */
    /* tasks */
    struct request_task task;
    /* what was tried */
    bool listed, renewed;
    int repeats, sign_ins;
    /* REQUEST_ENDING */
    enum err code;
    char *text;
    json_t *result;
};

/* --- request.c --- */
void request_hold(struct mcp_request *request);
void request_release(struct mcp_request *request);
/* done, and it is freed unless held. result: borrowed. */
void request_finish(struct mcp_request *request, enum err code, const char *text, json_t *result);
/* The same from the loop. */
void request_finish_soon(struct mcp_request *request, enum err code, json_t *result, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Something has happened: its time begins anew, as far as hard_at lets it. */
void request_touch(struct mcp_request *request);
void request_set_phase(struct mcp_request *request, enum request_phase phase);

/* --- request_send.c --- */
/* First or again, with what has been learned since. */
void request_send(struct mcp_request *request);
/* Another request on its behalf; done gets request as arg. */
void request_call(struct mcp_request *request, const char *method, json_t *params, const char *name,
                  rpc_done *done);
/* A request of which nobody awaits the answer. params is taken. */
void request_tell(struct mcp_client *client, const char *method, json_t *params, const char *name);

/* --- request_answer.c --- */
void request_answered(void *arg, struct rpc_call *call, const struct rpc_answer *answer);
/* The result of the whole: checked, handed out. */
void request_complete(struct mcp_request *request, json_t *result);
void request_error(struct mcp_request *request, const struct rpc_answer *answer);
void request_failed(struct mcp_request *request, const struct mcp_failure *failure);
/* Fetches the list of tools, then sends the request again. */
void request_list_tools(struct mcp_request *request);

/* --- request_list.c --- */
void request_take_page(struct mcp_request *request, json_t *result);

/* --- request_rounds.c --- */
/* Asks all of {key: {method, params}}; then_ is called when all have an answer, which are in responses. */
void request_ask_inputs(struct mcp_request *request, const json_t *inputs);
void request_input_required(struct mcp_request *request, const json_t *result);
void request_needs_urls(struct mcp_request *request, const json_t *data);

/* --- request_task.c --- */
/* The result of a tools/call may be a task: true if it was. */
bool request_take_task(struct mcp_request *request, const json_t *result);
void request_poll(struct mcp_request *request);
/* All inputs that the task wanted have an answer. */
void request_task_inputs(struct mcp_request *request);
void request_task_cancel(struct mcp_request *request);

#endif
