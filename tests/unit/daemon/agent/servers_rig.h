/* An agent's servers between a daemon that a test plays and MCP servers that it plays: facts are folded and
 * come back as events, requests and their answers are kept. */
#ifndef STOA_TEST_SERVERS_RIG_H
#define STOA_TEST_SERVERS_RIG_H

#include "tests/unit/daemon/agent/fake_client.h"
#include "tests/unit/daemon/agent/session.h"

#include "daemon/agent/servers.h"
#include "shared/clock.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SRIG_WAIT_MS 5000

struct srig {
    uv_loop_t loop;
    int daemon;
    struct agent_link *link;
    struct http *http;
    struct requests *requests;
    struct questions *questions;
    struct servers *servers;
    struct state *state;
    struct buf in;
    struct buf facts; /* "mcp.connected files, mcp.disconnected files idle" */
    struct buf logs;  /* "files stderr: text\n" */
    json_t *last[EVENT_COUNT];
    json_t *asked;   /* what the agent asked of the daemon, whole frames */
    json_t *replies; /* {id: reply} of the agent */
    json_t *notes;
    json_t *cancelled; /* ids */
    unsigned sent;     /* ids of ours */
    bool closed;
    bool holds; /* a start waits for its answer */
};

static void srig_request(void *arg, struct incoming *incoming, const json_t *json)
{
    struct srig *rig = arg;

    servers_request(rig->servers, incoming, json);
}

static void srig_frame(void *arg, enum link_kind kind, const char *payload, size_t len)
{
    struct srig *rig = arg;
    char error[256] = "";

    requests_frame(rig->requests, kind, payload, len, error);
    assert_string_equal(error, "");
}

static void srig_lost(void *arg, const char *why)
{
    (void)arg;
    (void)why;
}

static inline void srig_open(struct srig *rig)
{
    int ends[2];
    const struct session_message messages[] = {
        {"user", "complete", "hello"}, {"assistant", "complete", NULL}, {NULL, NULL, NULL}};
    struct agent_link_handler link = {rig, srig_frame, srig_lost};
    struct requests_handler requests = {rig, srig_request};

    memset(rig, 0, sizeof *rig);
    memset(&fakes, 0, sizeof fakes);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    rig->daemon = ends[0];
    buf_init(&rig->in, 64 << 20);
    buf_init(&rig->facts, 1 << 20);
    buf_init(&rig->logs, 1 << 20);
    rig->asked = json_array();
    rig->replies = json_object();
    rig->notes = json_array();
    rig->cancelled = json_array();
    rig->state = session_make(messages, "running_tools");
    uv_loop_init(&rig->loop);
    rig->link = agent_link_open(&rig->loop, ends[1], &link);
    rig->http = http_open(&rig->loop);
    rig->requests = requests_new(rig->link, &requests);
    rig->questions = questions_new(rig->link);
    struct servers_options options = {.loop = &rig->loop,
                                      .link = rig->link,
                                      .http = rig->http,
                                      .requests = rig->requests,
                                      .questions = rig->questions,
                                      .state = (struct state *const *)&rig->state};
    rig->servers = servers_new(&options);
    servers_set_folder(rig->servers, "/tmp");
}

/* --- the daemon --- */

static inline void srig_event(struct srig *rig, const char *type, json_t *data)
{
    char error[256] = "";
    struct event event;
    enum event_type number = event_type_parse(type);
    bool durable = event_row(number)->durable;
    json_t *json =
        json_pack("{s:s,s:s,s:s,s:I,s:i,s:o}", "type", type, "session", SESSION_ID, "epoch", SESSION_EPOCH,
                  durable ? "seq" : "at", (json_int_t)rig->state->seq + durable, "ts", 1, "data", data);
    bool parsed = event_parse(json, &event, error);

    assert_string_equal(error, "");
    assert_true(parsed);
    assert_int_equal(state_fold(rig->state, &event), FOLD_OK);
    if (durable && rig->servers) {
        questions_event(rig->questions, &event);
        servers_event(rig->servers, &event);
    }
    event_clear(&event);
    json_decref(json);
}

static inline void srig_fact(struct srig *rig, const char *payload, size_t len)
{
    json_t *fact = jsonx_parse(payload, len, NULL), *data = jsonx_obj(fact, "data");
    const char *name = jsonx_str(fact, "type", ""), *cause = jsonx_str(data, "cause", NULL);
    enum event_type type = event_type_parse(name);
    char error[256] = "";

    assert_int_not_equal(type, EVENT_COUNT);
    assert_true(event_row(type)->agent_may);
    assert_true(schema_check(event_row(type)->fields, data, true, error));
    if (type == EVENT_MCP_LOG)
        buf_printf(&rig->logs, "%s %s: %s\n", jsonx_str(data, "server", ""), jsonx_str(data, "level", ""),
                   jsonx_str(data, "text", ""));
    else
        buf_printf(&rig->facts, "%s%s%s%s%s%s", rig->facts.len ? ", " : "", name,
                   json_object_get(data, "server") ? " " : "", jsonx_str(data, "server", ""),
                   cause ? " " : "", cause ? cause : "");
    json_decref(rig->last[type]);
    rig->last[type] = json_incref(data);
    srig_event(rig, name, json_incref(data));
    json_decref(fact);
}

/* The server is let start. What waits in the socket is read later. */
static inline void srig_admit(struct srig *rig, const json_t *request)
{
    struct buf out;
    json_t *json = json_pack("{s:s,s:{}}", "id", jsonx_str(request, "id", ""), "ok");

    buf_init(&out, 1 << 20);
    assert_true(link_put_json(&out, LINK_REPLY, json));
    json_decref(json);
    assert_int_equal(write(rig->daemon, out.data, out.len), (ssize_t)out.len);
    buf_free(&out);
}

static inline void srig_take(struct srig *rig, enum link_kind kind, const char *payload, size_t len)
{
    json_t *json;

    if (kind == LINK_FACT) {
        srig_fact(rig, payload, len);
        return;
    }
    json = jsonx_parse(payload, len, NULL);
    assert_non_null(json);
    if (kind == LINK_REQUEST && strcmp(jsonx_str(json, "op", ""), "start") == 0 && !rig->holds)
        srig_admit(rig, json);
    else if (kind == LINK_REQUEST)
        json_array_append(rig->asked, json);
    else if (kind == LINK_REPLY)
        json_object_set(rig->replies, jsonx_str(json, "id", ""), json);
    else if (kind == LINK_NOTE)
        json_array_append(rig->notes, json);
    else if (kind == LINK_CANCEL)
        json_array_append(rig->cancelled, json_object_get(json, "id"));
    json_decref(json);
}

static inline void srig_read(struct srig *rig)
{
    char bytes[65536];
    enum link_kind kind;
    const char *payload;
    size_t len, at = 0;
    ssize_t count;

    while ((count = read(rig->daemon, bytes, sizeof bytes)) > 0)
        buf_put(&rig->in, bytes, (size_t)count);
    while (link_next(&rig->in, &at, &kind, &payload, &len) == 1)
        srig_take(rig, kind, payload, len);
    buf_drop(&rig->in, at);
}

/* All that is under way comes through. */
static inline void srig_turn(struct srig *rig)
{
    for (int i = 0; i < 4; i++) {
        uv_run(&rig->loop, UV_RUN_NOWAIT);
        srig_read(rig);
        fakes_close();
    }
}

#define SRIG_UNTIL(rig, condition)                                                                           \
    do {                                                                                                     \
        int64_t until_end = clock_steady_ms() + SRIG_WAIT_MS;                                                \
        while (!(condition)) {                                                                               \
            if (clock_steady_ms() > until_end)                                                               \
                fail_msg("never: %s; facts: %s", #condition, (rig)->facts.data);                             \
            usleep(500);                                                                                     \
            srig_turn(rig);                                                                                  \
        }                                                                                                    \
    } while (0)

/* The newest connection to it, which may still be waiting to be let. */
static inline struct mcp_client *srig_begun(struct srig *rig, const char *name)
{
    for (int i = 0; i < 4 && !fake_find(name); i++)
        srig_turn(rig);
    assert_non_null(fake_find(name));
    return fake_find(name);
}

static inline void srig_send(struct srig *rig, enum link_kind kind, json_t *json)
{
    struct buf out;

    assert_non_null(json);
    buf_init(&out, 64 << 20);
    assert_true(link_put_json(&out, kind, json));
    json_decref(json);
    assert_int_equal(write(rig->daemon, out.data, out.len), (ssize_t)out.len);
    buf_free(&out);
    srig_turn(rig);
}

/* A request of a person's; returns its id. */
static inline const char *srig_ask(struct srig *rig, const char *op, const char *params)
{
    static char id[16];

    snprintf(id, sizeof id, "d%u", ++rig->sent);
    srig_send(rig, LINK_REQUEST,
              json_pack("{s:s,s:s,s:s,s:o}", "id", id, "op", op, "by", "ann", "params",
                        json_loads(params, 0, NULL)));
    return id;
}

static inline const json_t *srig_ok(struct srig *rig, const char *id)
{
    return jsonx_obj(json_object_get(rig->replies, id), "ok");
}

static inline const char *srig_refusal(struct srig *rig, const char *id)
{
    return jsonx_str(jsonx_obj(json_object_get(rig->replies, id), "error"), "code", "none");
}

/* The newest request of the agent with that op, or NULL. */
static inline const json_t *srig_asked(struct srig *rig, const char *op)
{
    for (size_t i = json_array_size(rig->asked); i-- > 0;)
        if (strcmp(jsonx_str(json_array_get(rig->asked, i), "op", ""), op) == 0)
            return json_array_get(rig->asked, i);
    return NULL;
}

static inline void srig_reply(struct srig *rig, const json_t *request, const char *ok)
{
    srig_send(rig, LINK_REPLY,
              json_pack("{s:s,s:o}", "id", jsonx_str(request, "id", ""), "ok", json_loads(ok, 0, NULL)));
}

static inline void srig_define(struct srig *rig, const char *payload)
{
    char error[256] = "";
    json_t *json = json_loads(payload, 0, NULL);

    assert_non_null(json);
    servers_define(rig->servers, json, error);
    assert_string_equal(error, "");
    json_decref(json);
    srig_turn(rig);
}

static void srig_closed(void *arg)
{
    *(bool *)arg = true;
}

static inline void srig_close(struct srig *rig)
{
    if (rig->servers) {
        servers_free(&rig->servers, srig_closed, &rig->closed);
        SRIG_UNTIL(rig, rig->closed);
    }
    questions_free(&rig->questions);
    requests_free(&rig->requests);
    http_close(&rig->http);
    agent_link_close(&rig->link);
    while (uv_run(&rig->loop, UV_RUN_NOWAIT))
        ;
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    assert_int_equal(fakes.count, 0);
    close(rig->daemon);
    buf_free(&rig->in);
    buf_free(&rig->facts);
    buf_free(&rig->logs);
    for (int i = 0; i < EVENT_COUNT; i++)
        json_decref(rig->last[i]);
    json_decref(rig->asked);
    json_decref(rig->replies);
    json_decref(rig->notes);
    json_decref(rig->cancelled);
    state_free(&rig->state);
}

/* --- calls --- */

struct outcome {
    unsigned count; /* of done */
    enum err code;
    char text[512];
    char result[4096];
    bool sent;
    double progress;
};

static void outcome_progress(void *arg, double progress, double total, const char *text)
{
    struct outcome *outcome = arg;

    (void)total;
    (void)text;
    outcome->progress = progress;
}

static void outcome_done(void *arg, const struct servers_result *result)
{
    struct outcome *outcome = arg;
    char *text = result->result ? json_dumps(result->result, JSON_COMPACT) : NULL;

    outcome->count++;
    outcome->code = result->code;
    outcome->sent = result->sent;
    snprintf(outcome->text, sizeof outcome->text, "%s", result->text ? result->text : "");
    snprintf(outcome->result, sizeof outcome->result, "%s", text ? text : "");
    free(text);
}

#define SRIG_MESSAGE "m_01j8zq4k3n0000000000000001"

static inline struct servers_call *srig_call(struct srig *rig, const char *server, const char *tool,
                                             struct outcome *outcome)
{
    struct servers_call_handler handler = {outcome, outcome_progress, outcome_done};
    json_t *arguments = json_pack("{s:i}", "a", 1);
    struct servers_call *call;

    memset(outcome, 0, sizeof *outcome);
    call = servers_call(rig->servers, server, tool, arguments, 1000, SRIG_MESSAGE, 0, &handler);
    json_decref(arguments);
    assert_int_equal(outcome->count, 0);
    return call;
}

/* The names that the model is offered, joined by a space, but for the built-in tools. */
static inline const char *srig_offered(struct srig *rig)
{
    static char names[4096];
    static struct servers_tool tools[SERVERS_TOOLS_MAX];
    size_t count = servers_tools(rig->servers, tools, SERVERS_TOOLS_MAX), at = 0;

    names[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (*tools[i].server && at + strlen(tools[i].name) + 2 < sizeof names)
            at += (size_t)sprintf(names + at, "%s%s", at ? " " : "", tools[i].name);
    return names;
}

#define FILES_DEF                                                                                            \
    "{\"name\":\"files\",\"variant\":\"\",\"scope\":\"session\",\"start\":\"lazy\",\"command\":[\"x\"],"     \
    "\"env\":{},"                                                                                            \
    "\"start_ms\":1000,\"call_ms\":1000,\"idle_ms\":0"
#define ONE_SERVER "{\"servers\":[" FILES_DEF "}],\"rules\":[]}"
#define TWO_TOOLS                                                                                            \
    "{\"tools\":[{\"name\":\"read\",\"description\":\"Reads\",\"inputSchema\":{\"type\":\"object\"},"        \
    "\"annotations\":{\"readOnlyHint\":true}},{\"name\":\"write\",\"inputSchema\":{\"type\":\"object\"}}]}"

#endif
