/* A provider: whoever answers the model's turn. One row an API; each turns what its server says into calls on
 * a sink.
 *
 * A run never calls its sink from within provider->start, and says nothing more after failed or done, which
 * end it, or once it was cancelled. It must not be cancelled from within a sink call. */
#ifndef STOA_AGENT_PROVIDER_H
#define STOA_AGENT_PROVIDER_H

#include "daemon/agent/http.h"
#include "daemon/agent/prompt.h"
#include "proto/state.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

enum ask_failure {
    ASK_FAILED,
    ASK_TOO_LONG /* what was said does not fit into the model's window */
};

/* Where a reply goes as it comes. Texts are valid UTF-8 and live for the call only. */
struct sink {
    void *arg;
    /* A block begins; returns the number by which the calls below name it. id and name: of a tool call, else
     * NULL. */
    unsigned (*begin)(void *arg, enum block_kind kind, const char *id, const char *name);
    /* More of a block: text, reasoning, opaque data, or a tool call's input. Never empty. */
    void (*delta)(void *arg, unsigned block, const char *text, size_t len);
    /* The signature of a reasoning block; replaces one given before. */
    void (*signature)(void *arg, unsigned block, const char *text);
    /* Tokens so far; replaces what was said before. */
    void (*usage)(void *arg, const struct usage *usage);
    /* Why the model stopped, in the words of PROTOCOL.md. */
    void (*stop)(void *arg, const char *reason);
    /* The server did not take the request, and it is made again in delay_ms. attempt: 1 for the first
     * retry. */
    void (*retrying)(void *arg, int attempt, int limit, int64_t delay_ms, const char *why);
    /* The end: with a sentence for people, or well. */
    void (*failed)(void *arg, enum ask_failure failure, const char *text);
    void (*done)(void *arg);
};

/* One call of a model. All is borrowed for the duration of start, but loop and http, which outlive the
 * run. */
struct ask {
    uv_loop_t *loop;
    struct http *http;
    const char *provider; /* its name in the configuration */
    const char *model;    /* without the provider's name */
    const char *base_url; /* "" for a provider without a server */
    const char *key;      /* NULL for none */
    int64_t connect_ms, first_byte_ms, idle_ms;
    int retries;
    int64_t demo_rate; /* chunks a second; 0: as fast as it goes */
    const struct prompt *prompt;
};

struct provider {
    const char *api;
    void *(*start)(const struct ask *ask, const struct sink *sink);
    void (*cancel)(void *run);
};

extern const struct provider provider_openai;
extern const struct provider provider_anthropic;
extern const struct provider provider_demo;

/* NULL for an unknown API. */
const struct provider *provider_find(const char *api);
/* Reads the parts of LINK_TURN that say whom to ask, and how; all of ask but loop, http and prompt. ask
 * borrows from order and, for the key, from secrets.h. NULL with a sentence in error if the API is not known,
 * or its key is not there. */
const struct provider *provider_order(const json_t *order, struct ask *ask, char error[256]);
/* "provider/model": who says what comes of it. free() it. */
char *provider_author(const json_t *order);

#endif
