/* A whole agent: its daemon, the model's server and MCP servers are played by the input, of which each line
 * is a step: u  a person says the rest: a turn begins. Before it, which API: d, o, a (demo, OpenAI's,
 * Anthropic's) I  interrupts      y, n  allows or denies the oldest question      C  compacts (the API as
 * with u) S  SERVERS, as JSON                v  another event that a daemon makes of what people do H  what
 * the oldest HTTP request is answered: status, blank, type, "|", the body with "|" for newlines M  what the
 * newest MCP server says; its id, if it has a "result" or an "error", is the newest request's Q, R, N, X
 * frames REQUEST, REPLY, NOTE, CANCEL K  any frame: two hexadecimal digits for its kind, then the payload.
 * Nothing is promised after that No network, no process, no clock that waits. What the agent says is what a
 * daemon takes; what it sends is JSON; after all it leaves, in time and without a leak. */
#include "daemon/agent/agent.h"
#include "daemon/agent/agent_link.h"
#include "daemon/agent/http.h"
#include "daemon/agent/http_response.h"
#include "daemon/agent/mcp/stdio.h"
#include "proto/state.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tests/fuzz/lines.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"
#define EPOCH   "e_01j8zq4k3nw8x5t7v9r2m6p0qd"

enum {
    FRAMES_MAX = 4096,
    TRANSFERS_MAX = 64,
    WIRES_MAX = 16,
    ROUNDS = 60,
    ROUNDS_END = 400,
    FACTS_MAX = 2000
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct agent_link {
    uv_idle_t idle;
    struct agent_link_handler handler;
};

struct http_transfer {
    struct http_handler handler;
    bool dead;
};

struct wire {
    struct mcp_transport base;
    struct mcp_transport_handler handler;
    uv_idle_t idle; /* lets it be closed by the loop */
    void (*closed)(void *arg);
    void *closed_arg;
    bool gone;
    uint64_t last_id;
};

static struct {
    struct agent_link *link;  /* NULL once the agent has closed it */
    struct state *state;      /* the daemon's */
    const char *at, *end;     /* steps left */
    int rounds;               /* until the next step */
    bool mad, stopped;        /* a daemon that breaks its word; that has said STOP */
    unsigned messages, facts; /* ids of messages; what the agent has said */
    struct {
        enum link_kind kind;
        char *text;
    } frames[FRAMES_MAX]; /* on their way to it */
    size_t frame_from, frame_to;
    struct http_transfer transfers[TRANSFERS_MAX];
    size_t transfer_count, transfer_next;
    struct wire *wires[WIRES_MAX];
    size_t wire_count;
} play;

static void check(int good)
{
    if (!good)
        abort();
}

/* --- the daemon --- */

static void send_text(enum link_kind kind, const char *text)
{
    if (play.frame_to == FRAMES_MAX)
        return;
    play.frames[play.frame_to].kind = kind;
    play.frames[play.frame_to++].text = xstrdup(text);
}

static void send_json(enum link_kind kind, json_t *json)
{
    char *text = jsonx_dump(json, NULL);

    send_text(kind, text);
    free(text);
    json_decref(json);
}

/* As session_emit does; takes data. */
static bool emit(enum event_type type, json_t *data)
{
    char error[256];
    struct event event = {.type = type,
                          .session = SESSION,
                          .epoch = EPOCH,
                          .seq = play.state->seq + event_row(type)->durable,
                          .ts = 1000 + (int64_t)play.state->seq,
                          .data = data};
    struct event parsed;
    struct buf text;

    buf_init(&text, SIZE_MAX);
    check(event_encode(&event, &text));
    json_decref(data);
    json_t *json = jsonx_parse(text.data, text.len, error);
    bool good = json && event_parse(json, &parsed, error);
    if (good) {
        good = state_fold(play.state, &parsed) == FOLD_OK;
        if (good && event_row(type)->durable)
            send_text(LINK_EVENT, text.data);
        event_clear(&parsed);
    }
    json_decref(json);
    buf_free(&text);
    return good;
}

static bool step(enum run_state to)
{
    return emit(EVENT_STATE_CHANGED,
                json_pack("{s:s,s:s}", "old", run_state_name(play.state->run), "new", run_state_name(to)));
}

static json_t *order(char api)
{
    const char *name = api == 'o' ? "openai" : api == 'a' ? "anthropic" : "demo";

    return json_pack("{s:s,s:{s:s,s:s,s:s},s:i,s:i,s:i,s:i,s:i,s:{s:i},s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:b}",
                     "model", "m", "provider", "name", "mine", "api", name, "base_url", "http://h.test/v1",
                     "connect_ms", 1000, "first_byte_ms", 1000, "idle_ms", 1000, "retries", 1, "reply_max",
                     4096, "demo", "rate", 0, "max_steps", 4, "max_ms", 0, "max_tokens_turn", 0, "result_max",
                     1024, "context", 1000, "compact_at", 80, "ask_ms", 0, "tools", 1);
}

static void say(const char *text, size_t len)
{
    char id[ID_MAX], *typed;

    if (play.state->run != RUN_IDLE)
        return;
    typed = xstrndup(text + 1, len - 1);
    snprintf(id, sizeof id, "m_01j8zq4k3nw8x5t7v9r2m6%04u", play.messages++ % 10000);
    json_t *message = message_user_json(id, "ann", 7, typed, NULL);
    if (emit(EVENT_MESSAGE_ADDED, json_pack("{s:o}", "message", message)) && step(RUN_THINKING))
        send_json(LINK_TURN, order(text[0]));
    free(typed);
}

static void answer(const char *decision)
{
    if (play.state->question_count > 0)
        emit(EVENT_QUESTION_ANSWERED, json_pack("{s:s,s:s,s:s,s:s}", "question", play.state->questions[0]->id,
                                                "decision", decision, "cause", "person", "by", "ann"));
}

/* What people do beside a turn. */
static bool is_peoples(enum event_type type)
{
    return type == EVENT_SESSION_UPDATED || type == EVENT_RULE_ADDED || type == EVENT_RULE_REMOVED ||
           type == EVENT_QUEUE_CHANGED || type == EVENT_QUESTION_ANSWERED;
}

static void make_event(const json_t *json)
{
    char error[256];
    enum event_type type = event_type_parse(jsonx_str(json, "type", ""));
    json_t *data = jsonx_obj(json, "data");

    if (type < EVENT_COUNT && is_peoples(type) && data &&
        schema_check(event_row(type)->fields, data, true, error))
        emit(type, json_deep_copy(data));
}

/* --- the link --- */

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

void agent_link_close(struct agent_link **slot)
{
    if (!*slot)
        return;
    uv_close((uv_handle_t *)&(*slot)->idle, closed);
    play.link = NULL;
    *slot = NULL;
}

void agent_link_json(struct agent_link *link, enum link_kind kind, json_t *json)
{
    size_t len;
    char *text = jsonx_dump(json, &len);

    (void)link;
    check(kind >= LINK_READY && json_is_object(json) && utf8_valid(text, len));
    free(text);
    if (kind == LINK_REQUEST && strcmp(jsonx_str(json, "op", ""), "start") == 0) /* a server; it may */
        send_json(LINK_REPLY, json_pack("{s:s,s:{}}", "id", jsonx_str(json, "id", ""), "ok"));
    json_decref(json);
}

/* What a daemon drops because the agent did not know yet of something newer (supervisor_facts.c). */
static bool is_late(enum event_type type, const json_t *data)
{
    const struct state *state = play.state;
    bool interrupting = state->run == RUN_INTERRUPTING;
    enum call_state call =
        state_call(state, jsonx_str(data, "message", ""), (int)jsonx_int(data, "block", -1));

    switch (type) {
    case EVENT_STATE_CHANGED:
        return interrupting && strcmp(jsonx_str(data, "new", ""), "idle") != 0;
    case EVENT_SESSION_COMPACTED:
        return interrupting;
    case EVENT_TOOL_STARTED:
        return interrupting && json_object_get(data, "message");
    case EVENT_TOOL_PROGRESS:
        return call != CALL_RUNNING;
    case EVENT_TOOL_ENDED:
        return json_object_get(data, "message") && call_ended(call);
    case EVENT_QUESTION_ASKED:
        return interrupting && json_object_get(jsonx_obj(data, "question"), "message");
    case EVENT_QUESTION_ANSWERED:
        return !state_question(state, jsonx_str(data, "question", ""));
    default:
        return false;
    }
}

void agent_link_fact(struct agent_link *link, enum event_type type, json_t *data)
{
    char error[256];

    (void)link;
    check(type < EVENT_COUNT && event_row(type)->agent_may);
    check(schema_check(event_row(type)->fields, data, true, error));
    if (++play.facts > FACTS_MAX || is_late(type, data)) {
        json_decref(data);
        return;
    }
    json_t *go = type == EVENT_TOOL_STARTED && json_object_get(data, "message")
                     ? json_pack("{s:s,s:I}", "message", jsonx_str(data, "message", ""), "block",
                                 jsonx_int(data, "block", -1))
                     : NULL;
    json_t *asked = jsonx_obj(data, "question");
    if (asked)
        jsonx_set_int(asked, "asked", 7);
    bool good = emit(type, data);
    check(good || play.mad);
    if (go)
        send_json(LINK_GO, go);
}

void agent_link_chunk(struct agent_link *link, const struct chunk *chunk)
{
    (void)link;
    check(state_fold_chunk(play.state, play.state->seq, chunk) == FOLD_OK || play.mad);
}

bool agent_link_behind(const struct agent_link *link)
{
    (void)link;
    return false;
}

/* --- HTTP --- */

struct http *http_open(uv_loop_t *loop)
{
    (void)loop;
    return (struct http *)&play;
}

void http_close(struct http **http)
{
    *http = NULL;
}

struct http_transfer *http_start(struct http *http, const struct http_request *request,
                                 const struct http_handler *handler)
{
    static struct http_transfer none = {.dead = true};

    (void)http;
    for (char *const *header = request->headers; header && *header; header++)
        check(!strpbrk(*header, "\r\n"));
    if (play.transfer_count == TRANSFERS_MAX)
        return &none;
    play.transfers[play.transfer_count] = (struct http_transfer){.handler = *handler};
    return &play.transfers[play.transfer_count++];
}

void http_cancel(struct http_transfer **transfer)
{
    if (*transfer)
        (*transfer)->dead = true;
    *transfer = NULL;
}

void http_release(struct http_transfer **transfer)
{
    http_cancel(transfer);
}

static void give(struct http_transfer *transfer, const char *text, size_t len)
{
    static struct http_response response;
    const char *bar = memchr(text, '|', len);
    char *head = xstrndup(text, bar ? (size_t)(bar - text) : len);
    char *body = bar ? xstrndup(bar + 1, len - (size_t)(bar + 1 - text)) : xstrdup("");
    const char *blank = strchr(head, ' ');
    char *status = xasprintf("HTTP/1.1 %.3s x", head);
    char *type = xasprintf("Content-Type: %s", blank ? blank + 1 : "");

    for (char *c = body; *c; c++)
        *c = *c == '|' ? '\n' : *c;
    http_response_reset(&response);
    http_response_line(&response, status, strlen(status));
    http_response_line(&response, type, strlen(type));
    http_response_line(&response, "", 0);
    bool success = response.status / 100 == 2;
    if (transfer->handler.head && response.status)
        transfer->handler.head(transfer->handler.arg, &response);
    if (success && *body && !transfer->dead)
        transfer->handler.data(transfer->handler.arg, &response, body, strlen(body));
    if (!transfer->dead) {
        struct http_result result = {.end = response.status ? HTTP_WHOLE : HTTP_UNREACHABLE,
                                     .response = &response,
                                     .why = response.status ? "" : "no route",
                                     .body = success ? "" : body,
                                     .body_len = success ? 0 : strlen(body),
                                     .sent = true};
        transfer->dead = true;
        transfer->handler.done(transfer->handler.arg, &result);
    }
    free(head);
    free(body);
    free(status);
    free(type);
}

static void give_oldest(const char *text, size_t len)
{
    while (play.transfer_next < play.transfer_count && play.transfers[play.transfer_next].dead)
        play.transfer_next++;
    if (play.transfer_next < play.transfer_count)
        give(&play.transfers[play.transfer_next++], text, len);
}

/* --- MCP servers --- */

static bool wire_send(struct mcp_transport *transport, const struct mcp_outgoing *outgoing)
{
    struct wire *wire = (struct wire *)transport;

    check(json_is_object(outgoing->message));
    if (outgoing->request)
        wire->last_id = (uint64_t)jsonx_int(outgoing->message, "id", (int64_t)wire->last_id);
    return true;
}

static void wire_gone(uv_handle_t *handle)
{
    struct wire *wire = handle->data;

    if (wire->closed)
        wire->closed(wire->closed_arg);
}

static void wire_close(struct mcp_transport *transport, void (*on_closed)(void *arg), void *arg)
{
    struct wire *wire = (struct wire *)transport;

    wire->gone = true;
    wire->closed = on_closed;
    wire->closed_arg = arg;
    uv_close((uv_handle_t *)&wire->idle, wire_gone);
}

struct mcp_transport *stdio_open(uv_loop_t *loop, const struct launch *launch,
                                 const struct mcp_transport_handler *handler, char error[256])
{
    static const struct mcp_transport_ops ops = {.send = wire_send, .close = wire_close};

    check(launch->argv && launch->argv[0]);
    if (play.wire_count == WIRES_MAX) {
        strcpy(error, "no more servers here");
        return NULL;
    }
    struct wire *wire = xcalloc(1, sizeof *wire);
    wire->base = (struct mcp_transport){&ops, false};
    wire->handler = *handler;
    uv_idle_init(loop, &wire->idle);
    wire->idle.data = wire;
    play.wires[play.wire_count++] = wire;
    return &wire->base;
}

pid_t stdio_pid(const struct mcp_transport *transport)
{
    (void)transport;
    return 2;
}

static void tell(const char *text, size_t len)
{
    struct wire *wire = play.wire_count ? play.wires[play.wire_count - 1] : NULL;
    json_t *json = jsonx_parse(text, len, NULL);

    if (wire && !wire->gone && json_is_object(json)) {
        if (json_object_get(json, "result") || json_object_get(json, "error"))
            jsonx_set_int(json, "id", (int64_t)wire->last_id);
        wire->handler.message(wire->handler.arg, json, 0);
    } else if (wire && !wire->gone && len == 0) {
        struct mcp_failure failure = {.why = MCP_WHY_CRASHED, .text = "exit code 1"};
        wire->handler.lost(wire->handler.arg, &failure);
    }
    json_decref(json);
}

/* --- steps --- */

static void send_raw(const char *text, size_t len)
{
    char digits[3] = {len > 0 ? text[0] : '0', len > 1 ? text[1] : '0', 0};
    char *payload = len > 2 ? xstrndup(text + 2, len - 2) : xstrdup("");

    play.mad = true;
    send_text((enum link_kind)strtol(digits, NULL, 16), payload);
    free(payload);
}

static void begin_compacting(char api)
{
    if (play.state->run == RUN_IDLE && play.state->message_count > 0 && step(RUN_COMPACTING))
        send_json(LINK_COMPACT, order(api));
}

static void interrupt(void)
{
    if (play.state->run != RUN_IDLE && play.state->run != RUN_INTERRUPTING && step(RUN_INTERRUPTING))
        send_text(LINK_INTERRUPT, "{}");
}

static void send_parsed(enum link_kind kind, const char *text, size_t len)
{
    json_t *json = jsonx_parse(text, len, NULL);

    if (json)
        send_json(kind, json);
}

static void take_line(const char *line, size_t len)
{
    static const struct {
        char what;
        enum link_kind kind;
    } kinds[] = {
        {'S', LINK_SERVERS}, {'Q', LINK_REQUEST}, {'R', LINK_REPLY}, {'N', LINK_NOTE}, {'X', LINK_CANCEL}};
    json_t *json;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].what == line[0])
            send_parsed(kinds[i].kind, line + 1, len - 1);
    if (line[0] == 'u' && len > 2 && utf8_valid(line, len))
        say(line + 1, len - 1);
    else if (line[0] == 'I')
        interrupt();
    else if (line[0] == 'C' && len > 1)
        begin_compacting(line[1]);
    else if (line[0] == 'y' || line[0] == 'n')
        answer(line[0] == 'y' ? "allow" : "deny");
    else if (line[0] == 'v' && (json = jsonx_parse(line + 1, len - 1, NULL))) {
        make_event(json);
        json_decref(json);
    } else if (line[0] == 'H')
        give_oldest(line + 1, len - 1);
    else if (line[0] == 'M')
        tell(line + 1, len - 1);
    else if (line[0] == 'K')
        send_raw(line + 1, len - 1);
}

/* One thing in each turn of the loop: what waits for the agent, else the next step after some rest, else the
 * end, for which a turn that runs is given time. */
static void on_idle(uv_idle_t *idle)
{
    struct agent_link *link = idle->data;

    if (play.frame_from < play.frame_to) {
        char *text = play.frames[play.frame_from].text;
        link->handler.frame(link->handler.arg, play.frames[play.frame_from++].kind, text, strlen(text));
        free(text);
    } else if (play.rounds > 0) {
        play.rounds--;
    } else if (play.at < play.end) {
        const char *newline = memchr(play.at, '\n', (size_t)(play.end - play.at));
        const char *line = play.at;
        size_t len = (size_t)((newline ? newline : play.end) - line);
        play.at += len + 1;
        play.rounds = play.at < play.end ? ROUNDS : ROUNDS_END;
        if (len > 0)
            take_line(line, len);
    } else if (!play.stopped) {
        play.stopped = true;
        send_text(LINK_STOP, "{}");
    }
}

struct agent_link *agent_link_open(uv_loop_t *loop, int fd, const struct agent_link_handler *handler)
{
    struct agent_link *link = xcalloc(1, sizeof *link);

    (void)fd;
    link->handler = *handler;
    uv_idle_init(loop, &link->idle);
    link->idle.data = link;
    uv_idle_start(&link->idle, on_idle);
    return play.link = link;
}

static void load(void)
{
    emit(EVENT_SESSION_STARTED, json_pack("{s:s,s:s,s:s,s:n,s:i}", "owner", "ann", "title", "", "model",
                                          "mine/m", "system", "created", 1));
    play.frame_to = 0;
    free(play.frames[0].text);
    send_json(LINK_LOAD, json_pack("{s:o}", "snapshot", state_snapshot(play.state, SIZE_MAX, SIZE_MAX)));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    log_init("fuzz");
    if (!getenv("STOA_LOG"))
        log_set_level((enum log_level) - 1); /* nothing */
    return utf8_locale() ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    memset(&play, 0, sizeof play);
    play.state = state_new(SESSION, EPOCH);
    play.at = (const char *)data;
    play.end = play.at + size;
    if (size == 0 || data[0] != 'K') /* else another role may be had */
        load();
    int code = agent_run(-1);
    check(code == EXIT_OK || play.mad || code == EXIT_PROTOCOL);
    for (; play.frame_from < play.frame_to; play.frame_from++)
        free(play.frames[play.frame_from].text);
    for (size_t i = 0; i < play.wire_count; i++)
        free(play.wires[i]);
    state_free(&play.state);
    return 0;
}
