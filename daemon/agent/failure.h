/* The sentences for people when a model's server fails: which provider, what happened, the server's own
 * words. One line, capped, sanitised, and never with the key in it, even where the server repeats it. All
 * sentences are free()d by the caller. */
#ifndef STOA_AGENT_FAILURE_H
#define STOA_AGENT_FAILURE_H

#include "daemon/agent/http.h"
#include <stdbool.h>
#include <stddef.h>

struct failure_server {
    char *provider;
    char *origin; /* scheme, host and port, without the user part that a URL may have */
    char *key;    /* NULL for none; what must not be said */
    bool tools;   /* the request offers tools */
};

void failure_server_init(struct failure_server *server, const char *provider, const char *url,
                         const char *key);
void failure_server_clear(struct failure_server *server);

/* Whether a server's words mean that what was said to it does not fit into the model's window. */
bool failure_too_long(const char *said);
/* The same of an answer that is not 2xx. */
bool failure_answer_too_long(const struct http_result *result);
/* No answer, or one that is not 2xx. */
char *failure_answer(const struct failure_server *server, const struct http_result *result);
/* A 2xx answer that is not a stream of events. */
char *failure_type(const struct failure_server *server, const char *type, const char *body, size_t len);
/* The stream itself said so, or cannot be read. */
char *failure_stream(const struct failure_server *server, const char *why);
/* The stream ended too early. */
char *failure_cut(const struct failure_server *server, const struct http_result *result);
/* A key that cannot stand in a header. */
char *failure_key(const struct failure_server *server);
bool failure_key_usable(const char *key);

#endif
