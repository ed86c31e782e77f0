/* A step of a turn: one question to the model, and its answer as it comes, said as message.added, chunks and
 * stream.completed. */
#ifndef STOA_AGENT_STEP_H
#define STOA_AGENT_STEP_H

#include "daemon/agent/agent_link.h"
#include "daemon/agent/http.h"
#include "daemon/agent/provider.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

struct step;

struct step_options { /* borrowed: loop, link and http for the step's life, the others for the call */
    uv_loop_t *loop;
    struct agent_link *link;
    struct http *http;
    const struct state *state; /* what is said to the model */
    const json_t *order;       /* LINK_TURN */
    const char *author;        /* "provider/model" */
    const json_t *tools;       /* that are offered, as in struct prompt */
};

struct step_handler {
    void *arg;
    /* message.added was said: streaming comes next. */
    void (*begun)(void *arg);
    /* The answer is whole, or as large as it may be (full): step_complete is due. Both may free the step. */
    void (*ended)(void *arg, bool full);
    void (*failed)(void *arg, enum ask_failure failure, const char *text);
};

/* Asks. NULL with a sentence in error if the order names no API that is known. The handler is not called from
 * within. */
struct step *step_start(const struct step_options *options, const struct step_handler *handler,
                        char error[256]);
/* Cancels what runs, and says nothing. Sets *step to NULL; accepts NULL. */
void step_free(struct step **step);
/* The message's id; NULL before it was announced. */
const char *step_message(const struct step *step);
/* Whether the answer has calls of tools. */
bool step_calls(const struct step *step);
/* In every turn of the loop: what came goes out, and an answer that is full ends, which it cannot do while
 * the provider speaks. May call ended. */
void step_pass_on(struct step *step);
/* Ends the message that was announced. error: a sentence or NULL. */
void step_complete(struct step *step, enum message_status status, const char *error);

#endif
