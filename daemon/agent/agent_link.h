/* The agent's end of the link to its daemon (proto/link.h is the contract). */
#ifndef STOA_AGENT_LINK_H
#define STOA_AGENT_LINK_H

#include "proto/link.h"
#include <stdbool.h>
#include <uv.h>

struct agent_link;

struct agent_link_handler {
    void *arg;
    /* One frame; payload lives for the call only. May call agent_link_close. */
    void (*frame)(void *arg, enum link_kind kind, const char *payload, size_t len);
    /* The link is of no use any more: why is NULL when the daemon closed it, else what was wrong. */
    void (*lost)(void *arg, const char *why);
};

/* Takes over the descriptor. NULL if it is no stream socket. */
struct agent_link *agent_link_open(uv_loop_t *loop, int fd, const struct agent_link_handler *handler);
/* Writes what is left, if the daemon reads it, and frees; no further handler call. Sets *link to NULL;
 * accepts NULL. */
void agent_link_close(struct agent_link **link);

/* Frames to the daemon, in order, written in this turn of the loop as far as the socket takes them. json is
 * stolen. */
void agent_link_json(struct agent_link *link, enum link_kind kind, json_t *json);
/* FACT: an event without a number. data is stolen. */
void agent_link_fact(struct agent_link *link, enum event_type type, json_t *data);
void agent_link_chunk(struct agent_link *link, const struct chunk *chunk);
/* Whether the daemon is behind: chunks should be joined rather than queued. */
bool agent_link_behind(const struct agent_link *link);

#endif
