/* The contract between stoad and stoa-agent: descriptors, environment, frames, exit causes.
 *
 * The agent is started as `stoa-agent` with descriptor 3 a stream socketpair to the daemon and an environment
 * of PATH, HOME, LANG, LC_ALL, TZ, TMPDIR, STOA_LOG, STOA_HIDE, SSL_CERT_DIR/FILE and the proxies' variables
 * only. A frame is u32 little-endian: bytes that follow · u8: kind · payload (JSON text, or for chunks a
 * binary record)
 *
 * The agent is a follower of its session: it gets a snapshot (LOAD), then every durable event as the daemon
 * numbered it (EVENT), its own facts included, and folds them as terminals do. It speaks first (READY); until
 * then the daemon sends nothing, and it takes no frame but READY. After LOAD comes SERVERS, and again
 * whenever it changes. LOAD comes again, between turns, after a session.rewound: its window may
 * reach less far back than the daemon's.
 *
 * A turn is a function of the folded state, so that another agent can go on with it. Its order:
 *   daemon  EVENT message.added (user), EVENT state.changed thinking, TURN
 *   agent   FACT message.added (assistant, streaming, empty content), FACT state.changed streaming, CHUNK
 * ..., FACT stream.completed and, if the message has calls, for each: FACT question.asked | FACT tool.started
 * | FACT tool.ended (denied by a rule); FACT state.changed running_tools or awaiting_permission as it is.
 *   daemon  GO, once a tool.started is on disk: only then the call runs. FACT tool.progress, FACT tool.ended
 *   daemon  EVENT question.answered; if denied it also makes the call's tool.ended. If it changed the call's
 * arguments, the agent holds these against the rules and the tool's schema before FACT tool.started, to which
 * the daemon adds them, or else FACT tool.ended (denied, failed).
 *   agent   when all calls have ended: FACT state.changed thinking. The daemon first adds the queued messages
 * that steer, so that they are in the agent's state when its own state.changed comes back as an EVENT: then
 * it asks the model again. at last FACT state.changed idle A turn that fails before a message begins is FACT
 * error.occurred and FACT state.changed idle. A message that fails is FACT stream.completed (status failed,
 * with error), FACT error.occurred, FACT state.changed idle. On INTERRUPT the agent ends its message with
 * status interrupted, each call that has not ended with tool.ended cancelled, each of its questions with
 * question.answered (cancel, interrupted), and goes to idle, within 100 ms. When an agent ends in a turn, the
 * daemon ends its running calls as unknown and its questions but permissions as cancelled; if permissions
 * wait (or an allowed call has not begun) the session stays in awaiting_permission, and the next answer
 * brings a TURN with resume. What an agent said before it knew of an interrupt or an answer is dropped; a
 * tool.started that crosses an INTERRUPT gets no GO. When and until when a permission was asked is the
 * daemon's to say: it sets asked and deadline. An agent answers its questions to take them back (cancel or
 * deny; cause agent, server or interrupted); allow is for kind authorize alone. Calls that are still open
 * when the agent says idle are cancelled by the daemon. Outside of a turn only mcp.*, questions about no
 * call, and tool.* of a person's own call (without message, without GO) are facts. */
#ifndef STOA_PROTO_LINK_H
#define STOA_PROTO_LINK_H

#include "proto/event.h"
#include "shared/buf.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    LINK_FD = 3,
    LINK_FRAME_MAX = 24 << 20,  /* payload bytes */
    LINK_CHUNK_MAX = 64 << 10,  /* delta bytes of one chunk record */
    LINK_SECRETS_MAX = 2 << 20, /* payload bytes of one SECRETS */
    LINK_SECRET_NAME_MAX = 80,
    LINK_READY_MS = 5000, /* from spawn to READY */
    LINK_BEAT_MS = 2000,  /* the agent beats this often during a turn */
    LINK_BEAT_DEADLINE_MS = 15000,
    LINK_INTERRUPT_MS = 2000 /* from INTERRUPT to idle, then the daemon kills */
};
#define LINK_VERSION 3

/* The agent's exit code when it gets no more memory. */
enum { LINK_EXIT_MEMORY = 71 };

enum link_kind {
    /* daemon to agent */
    LINK_LOAD = 1,  /* {"snapshot":{...},"folder":"/.../sessions/s_..."} */
    LINK_EVENT,     /* a durable event as on the wire */
    LINK_TURN,      /* see below */
    LINK_INTERRUPT, /* {"why":"user|stop|store"} */
    LINK_STOP,      /* {}: leave now */
    LINK_PROBE,     /* {"urls":["http://127.0.0.1:11434/v1", ...],"timeout_ms":300}: instead of LOAD */
    LINK_SERVERS,   /* see below */
    LINK_GO,        /* {"message":"m_...","block":n}: its tool.started is on disk */
    LINK_HOST,      /* {"server":{one of LINK_SERVERS}}: instead of LOAD, a host: it runs this one for many
                       sessions */
    LINK_COMPACT,   /* as LINK_TURN, in state compacting: FACT session.compacted, FACT state.changed idle */
    LINK_VISIT,     /* {"name","api":"openai|anthropic|mcp","url","key"?,"headers"?,"timeout_ms"}: instead of
                       LOAD, one look at one server */
    LINK_SECRETS,   /* binary, link_put_secret: all that this process may use; in the place of earlier ones */
    /* agent to daemon */
    LINK_READY = 64, /* {"link":1,"version":"0.1.0","pid":...} */
    LINK_FACT,       /* {"type":"...","data":{...}}: an event without number */
    LINK_CHUNK,      /* binary, link_put_chunk */
    LINK_BEAT,       /* {} */
    LINK_PROBED, /* {"found":{"url":"http://127.0.0.1:11434/v1","model":"..."}|null}; then the agent leaves */
    LINK_VISITED, /* {"status":n (0: no answer),"why":"..."?,"models":["..."]?}; then the agent leaves */
    /* both ways; each side numbers its own requests with strings of up to 64 bytes */
    LINK_REQUEST = 128, /* {"id":"1","op":"...", ...}: see below */
    LINK_REPLY, /* {"id":"1","ok":{...}} or {"id":"1","error":{"code":"timeout","text":"..."}}, once */
    LINK_NOTE,  /* {"id":"1", ...}: within a request's life, from either side: progress, questions, answers */
    LINK_CANCEL, /* {"id":"1"}: the asker wants no reply any more; none follows */
    LINK_LENT    /* to and from an MCP server that a terminal lends to the session: see below */
};

/* LINK_SERVERS: {"servers":[{...}],
 * "rules":[{"origin":"config|user","effect":"allow|ask|deny","pattern":"files/read_*"}]} A server:
 * {"name","variant":"","scope":"session|user|shared|lent","start":"lazy|eager",
 *     "command":["..."],"env":{"NAME":"value"},"folder":"/..." | "url":"http...","headers":{"Name":"value"},
 *     "start_ms","call_ms","idle_ms","limits":{"memory","processes","cpu_s","files","file_size"},
 *     "oauth":{"client_id","client_secret","metadata_url","scope","redirect_port","file","key":base64 of 32
 * bytes}, "known":{"era":"2025-11-25","tools":[as in MCP]} (what an agent remembered), "error":"why it can't
 * be used" (then no command and no url)}. All templates are filled in but secrets: a value of env or headers
 * that has one is a list of its texts and of {"secret":"name","version":n}, whose values are in SECRETS,
 * which comes before. Of user and shared scope, command and url are for hosts only, and missing here; of lent
 * ones there are none: "lender" is the user who lends it.
 *
 * Requests of the daemon to a session's agent: op is the method that a client called (mcp.tools, mcp.call,
 * ...), with "params" and "by" (user); {"op":"authorized","question","redirect"};
 *   {"op":"title","order":{as LINK_TURN}}: ok is {"title","model","usage"}, after one short question to the
 * model, beside whatever else runs. Requests of the daemon to a host:
 * {"op":"mcp","method":"tools/call","params":{...},"timeout_ms"}; the reply's ok is MCP's result.
 *   {"op":"info"}: {"title","version","protocol","capabilities"}, when it is connected.
 * Notes of a host: {"id","progress","total","text"}; {"id","ask":n,
 *   "kind":"form|url|sampling|authorize","params":{...}}, {"id","ask":n,"kind":"void","done":bool} when it
 * needs no answer any more (done: somebody has let us use the server) and, back,
 *   {"id","ask":n,"action":"accept|decline|cancel","content","text"} (authorize: "content":{"redirect"}).
 * Requests of an agent to the daemon: {"op":"relay","server","variant","method","params","timeout_ms"}: to
 * the host of that server, which is started if need be; notes pass both ways.
 * {"op":"relay_info","server","variant"}.
 *   {"op":"builtin","tool","arguments"}: ok is {"text"}. {"op":"remember","server","variant","era","tools"}:
 * no reply is awaited (hosts say it too). {"op":"order"}: ok is as LINK_TURN. {"op":"spent","usage"}: what
 * such a question has used; no reply is awaited. {"op":"start","server"}: ok once it may begin to start or
 * reach it, which the daemon has said to all then; "limit" if its owner runs as many as may be. An agent's
 * ids begin with "a", the daemon's with "d", so that a note tells whose request it belongs to. */

/* LINK_LENT: an agent begins a run of a server whose scope is "lent", with a number of its own that rises:
 *   {"server","run":n,"start":true}; from then on, both ways, {"server","run":n,"message":{...}}, each of at
 * most ENVELOPE_LENT_MAX bytes; either side ends it with {"server","run":n,"end":"why"}, the daemon with
 * "cause":"closed|crashed|not_started" too. What is of no run any more crossed its end, and is dropped. */

/* LINK_TURN: {"model":"name without provider",
 *   "provider":{"name":"local","api":"openai|anthropic|demo","base_url":"http://...","secret":its key's name
 * in SECRETS, which comes before; absent: it needs none},
 *   "connect_ms":..,"first_byte_ms":..,"idle_ms":..,"retries":2,"reply_max":bytes,
 *   "demo":{"rate":chunks/s}, "resume":bool: go on with the calls of the newest message,
 *   "max_steps":n,"max_ms":n,"max_tokens_turn":n (0: no limit), "result_max":bytes of one tool's result,
 * "context":tokens of the model's window, "compact_at":percent of it (0: never), "ask_ms":how long a
 * permission waits (0: for ever), "tools":bool} What is said to the model (messages, system, temperature,
 * max_tokens) is in the folded state. */

/* Why a turn is interrupted, which the model reads of its calls; unknown ones are the first. */
enum link_interrupt {
    LINK_INTERRUPT_USER,  /* a person wants it so */
    LINK_INTERRUPT_STOP,  /* the daemon stops */
    LINK_INTERRUPT_STORE, /* what the turn does can't be kept */
    LINK_INTERRUPT_BUDGET /* its owner's budget is used up */
};
const char *link_interrupt_name(enum link_interrupt why);
enum link_interrupt link_interrupt_parse(const char *name);

/* Why an agent's process ended. */
enum exit_cause {
    EXIT_CAUSE_DONE,
    EXIT_CAUSE_HIBERNATED,
    EXIT_CAUSE_CRASHED,
    EXIT_CAUSE_KILLED, /* at a limit (LINK_EXIT_MEMORY), or by SIGKILL of another, as when memory is short */
    EXIT_CAUSE_DEADLINE,
    EXIT_CAUSE_PROTOCOL
};
const char *exit_cause_name(enum exit_cause cause);

/* One record of LINK_SECRETS: u8: bytes of the name · name · u32 little-endian: bytes of the value · value. A
 * vault's secret has its own name, the key of a provider's configuration "provider:NAME". Writes it
 * to payload, which has room for link_secret_size bytes, and returns those. */
size_t link_put_secret(char *payload, const char *name, const char *value, size_t value_len);
size_t link_secret_size(const char *name, size_t value_len);
/* The record at *at, which becomes where the next one begins: 1 with what points into payload, 0 at its end,
 * -1 if it is none. */
int link_next_secret(const char *payload, size_t len, size_t *at, char name[LINK_SECRET_NAME_MAX + 1],
                     const char **value, size_t *value_len);

/* Append one frame to out; false when out is full. */
bool link_put(struct buf *out, enum link_kind kind, const char *payload, size_t len);
bool link_put_json(struct buf *out, enum link_kind kind, const json_t *json);
bool link_put_chunk(struct buf *out, const struct chunk *chunk);

/* Reads a chunk record: checks bounds and UTF-8. Pointers go into payload; the message id into
 * message[ID_MAX]. */
bool link_get_chunk(const char *payload, size_t len, char message[ID_MAX], struct chunk *chunk);

/* The frame that begins at byte *at of in: 1 with kind and payload (which live until in changes), and *at is
 * where the next one begins; 0 when it is not whole yet, -1 when it breaks the protocol. Once all are taken,
 * buf_drop(in, *at): once for all, since it moves what is left. */
int link_next(const struct buf *in, size_t *at, enum link_kind *kind, const char **payload, size_t *len);

#endif
