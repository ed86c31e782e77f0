/* What differs between HTTP APIs that stream by server-sent events; exchange.c does what they have in
 * common. */
#ifndef STOA_AGENT_DIALECT_H
#define STOA_AGENT_DIALECT_H

#include "daemon/agent/provider.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DIALECT_HEADERS_MAX = 8,
    DIALECT_ERROR_MAX = 1024 /* bytes of what a server said about its failure; more is cut */
};

struct dialect_request { /* all owned; exchange.c frees */
    char *url;
    char *headers[DIALECT_HEADERS_MAX]; /* "Name: value", ended by a NULL */
    char *body;
    size_t body_len;
};

enum decoded { DECODED_MORE, DECODED_DONE, DECODED_FAILED };

struct dialect {
    /* A server's retry-after counts if min <= it <= max. */
    int64_t retry_after_min_ms, retry_after_max_ms;
    void (*request)(const struct ask *ask, struct dialect_request *request);
    /* A decoder makes the sink calls of one stream, but not failed and done; sink is borrowed until close. */
    void *(*open)(const struct sink *sink);
    /* One event; after any but DECODED_MORE it gets no more. error is filled for DECODED_FAILED. */
    enum decoded (*event)(void *decoder, const char *name, const char *data, size_t len, char *error);
    /* The stream has ended, or was cut, before event said so: whether the reply may count as whole. */
    bool (*whole)(void *decoder);
    void (*close)(void *decoder);
};

extern const struct dialect dialect_openai;
extern const struct dialect dialect_anthropic;

/* The server's own words out of {"error":{"message"}}, {"error":"text"}, {"message"} or {"detail"}; NULL if
 * none. */
const char *dialect_error_text(const json_t *json);
/* The same for text that may not be JSON: a copy, or NULL. */
char *dialect_error_of(const char *text, size_t len);
/* base_url without the slashes at its end, and path: a new string. */
char *dialect_url(const char *base_url, const char *path);

#endif
