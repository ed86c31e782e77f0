/* A title for the session, by its own model: one question outside of the conversation, about the first
 * question and its answer. */
#ifndef STOA_AGENT_TITLE_H
#define STOA_AGENT_TITLE_H

#include "daemon/agent/http.h"
#include "daemon/agent/requests.h"
#include "proto/state.h"
#include <jansson.h>
#include <uv.h>

enum { TITLE_WORDS = 6 };

/* What a model is told that makes a title; the demo model knows it by this. */
extern const char title_system[];

struct title;

struct title_options {
    uv_loop_t *loop;
    struct http *http;
    const struct state *state; /* looked at by title_start alone */
    void (*ended)(void *arg);  /* the request was answered, or cancelled by the daemon: it is no more */
    void *arg;
};

/* Answers the daemon's request with {"title","model"}, or refuses it, later or at once (then NULL is
 * returned, without a call of ended). order: as LINK_TURN, borrowed; NULL is refused. */
struct title *title_start(const struct title_options *options, struct incoming *incoming,
                          const json_t *order);
/* Sets *title to NULL; accepts NULL. The request gets no answer, and ended is not called. */
void title_cancel(struct title **title);

/* What the model is asked, as MCP's sampling/createMessage has it (new reference); NULL if there is nothing
 * to name the session after. */
json_t *title_params(const struct state *state);
/* The title in a model's answer: without thoughts, marks and further lines, of at most twice TITLE_WORDS.
 * NULL if there is none. free() it. */
char *title_read(const char *answer);

#endif
