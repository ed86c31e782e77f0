/* The contract between stoad and stoa-agent: descriptors, environment, frames, exit causes.
 *
 * The agent is started as `stoa-agent` with descriptor 3 a stream socketpair to the daemon and an environment
 * of PATH, HOME, LANG, LC_ALL, TZ, STOA_LOG and SSL_CERT_DIR/FILE only. A frame is u32 little-endian: bytes
 * that follow · u8: kind · payload (JSON text, or for chunks a binary record)
 *
 * The agent is a follower of its session: it gets a snapshot (LOAD), then every durable event as the daemon
 * numbered it (EVENT), its own facts included, and folds them as terminals do. It speaks first (READY); until
 * then the daemon sends nothing, and it takes no frame but READY. Order in a turn: daemon  EVENT
 * message.added (user), EVENT state.changed thinking, TURN agent   FACT message.added (assistant, streaming,
 * empty content), FACT state.changed streaming, CHUNK ..., FACT stream.completed, FACT state.changed idle A
 * turn that fails before a message begins is FACT error.occurred and FACT state.changed idle. A message that
 * fails is FACT stream.completed (status failed, with error), FACT error.occurred, FACT state.changed idle.
 * On INTERRUPT the agent ends its message with status interrupted and goes to idle, within 100 ms. */
#ifndef STOA_PROTO_LINK_H
#define STOA_PROTO_LINK_H

#include "proto/event.h"
#include "shared/buf.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    LINK_FD = 3,
    LINK_FRAME_MAX = 16 << 20, /* payload bytes */
    LINK_CHUNK_MAX = 64 << 10, /* delta bytes of one chunk record */
    LINK_READY_MS = 5000,      /* from spawn to READY */
    LINK_BEAT_MS = 2000,       /* the agent beats this often during a turn */
    LINK_BEAT_DEADLINE_MS = 15000,
    LINK_INTERRUPT_MS = 2000 /* from INTERRUPT to idle, then the daemon kills */
};
#define LINK_VERSION 1

enum link_kind {
    /* daemon to agent */
    LINK_LOAD = 1,  /* {"snapshot":{...}} */
    LINK_EVENT,     /* a durable event as on the wire */
    LINK_TURN,      /* see below */
    LINK_INTERRUPT, /* {} */
    LINK_STOP,      /* {}: leave now */
    LINK_PROBE,     /* {"urls":["http://127.0.0.1:11434/v1", ...],"timeout_ms":300}: instead of LOAD */
    /* agent to daemon */
    LINK_READY = 64, /* {"link":1,"version":"0.1.0","pid":...} */
    LINK_FACT,       /* {"type":"...","data":{...}}: an event without number */
    LINK_CHUNK,      /* binary, link_put_chunk */
    LINK_BEAT,       /* {} */
    LINK_PROBED /* {"found":{"url":"http://127.0.0.1:11434/v1","model":"..."}|null}; then the agent leaves */
};

/* LINK_TURN: {"model":"name without provider",
 *   "provider":{"name":"local","api":"openai|anthropic|demo","base_url":"http://...","key":"..."|absent},
 *   "connect_ms":..,"first_byte_ms":..,"idle_ms":..,"retries":2,"reply_max":bytes,
 *   "demo":{"rate":chunks/s}}
 * What is said to the model (messages, system, temperature, max_tokens) is in the folded state. */

/* Why an agent's process ended. */
enum exit_cause {
    EXIT_CAUSE_DONE,
    EXIT_CAUSE_HIBERNATED,
    EXIT_CAUSE_CRASHED,
    EXIT_CAUSE_KILLED,
    EXIT_CAUSE_DEADLINE,
    EXIT_CAUSE_PROTOCOL
};
const char *exit_cause_name(enum exit_cause cause);

/* Append one frame to out; false when out is full. */
bool link_put(struct buf *out, enum link_kind kind, const char *payload, size_t len);
bool link_put_json(struct buf *out, enum link_kind kind, const json_t *json);
bool link_put_chunk(struct buf *out, const struct chunk *chunk);

/* Reads a chunk record: checks bounds and UTF-8. Pointers go into payload; the message id into
 * message[ID_MAX]. */
bool link_get_chunk(const char *payload, size_t len, char message[ID_MAX], struct chunk *chunk);

/* Takes the first frame off in: 1 with kind and payload (which live until in changes; then call link_done), 0
 * when it is not whole yet, -1 when it breaks the protocol. */
int link_next(const struct buf *in, enum link_kind *kind, const char **payload, size_t *len);
/* Drops the frame that link_next gave. */
void link_done(struct buf *in, size_t payload_len);

#endif
