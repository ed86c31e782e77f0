/* A turn is asking (nothing has come), replying (its message was announced), or not there. Only turn_end
 * takes it out of that, so every turn ends with exactly one state.changed idle. */
#include "daemon/agent/turn.h"
#include "daemon/agent/provider.h"
#include "daemon/agent/reply.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    TURN_REPLY_MAX = 2 << 20, /* bytes; the most that reply_max may ask for: escaped, it must fit a frame */
    TURN_REPLY_DEFAULT = 1 << 20,
    TURN_CONNECT_MS = 10000,
    TURN_FIRST_BYTE_MS = 300000,
    TURN_IDLE_MS = 120000,
    TURN_RETRIES = 2,
    TURN_RETRIES_MAX = 20,
    TURN_DEMO_RATE = 50,
    TURN_ERROR_MAX = 2048, /* bytes of a sentence */
    TURN_HANDLES = 3
};

enum turn_step { TURN_NONE, TURN_ASKING, TURN_REPLYING };

struct turn {
    uv_loop_t *loop;
    struct agent_link *link;
    struct http *http;
    struct state *const *state;
    uv_timer_t beat;
    uv_prepare_t before; /* these two flush what came in timers and in polled sockets */
    uv_check_t after;
    int handles; /* not closed yet */

    enum turn_step step;
    const struct provider *provider;
    void *run; /* the provider's; NULL once it has ended */
    struct reply *reply;
    char *author;
    struct usage usage;
    char *stop_reason;
    int64_t began, first; /* steady ms; first is -1 before anything has come */
};

/* --- facts --- */

static void fact_state(struct turn *turn, enum run_state to, const char *reason)
{
    json_t *data = json_object();

    jsonx_set_str(data, "new", run_state_name(to));
    jsonx_set_str(data, "reason", reason);
    agent_link_fact(turn->link, EVENT_STATE_CHANGED, data);
}

static void fact_error(struct turn *turn, const char *kind, const char *text)
{
    json_t *data = json_object();

    jsonx_set_str(data, "kind", kind);
    jsonx_set_strn(data, "text", text, utf8_cut(text, strlen(text), TURN_ERROR_MAX));
    if (turn->step == TURN_REPLYING)
        jsonx_set_str(data, "message", reply_id(turn->reply));
    agent_link_fact(turn->link, EVENT_ERROR_OCCURRED, data);
}

static void fact_message(struct turn *turn)
{
    json_t *data = json_object(), *message = json_object();

    jsonx_set_str(message, "id", reply_id(turn->reply));
    jsonx_set_str(message, "role", "assistant");
    jsonx_set_str(message, "author", turn->author);
    jsonx_set_int(message, "ts", clock_wall_ms());
    jsonx_set_str(message, "status", message_status_name(MESSAGE_STREAMING));
    jsonx_set_int(message, "index", 0);
    json_object_set_new(message, "content", json_array());
    json_object_set_new(data, "message", message);
    agent_link_fact(turn->link, EVENT_MESSAGE_ADDED, data);
}

static void fact_completed(struct turn *turn, enum message_status status, const char *error)
{
    json_t *data = json_object(), *usage = json_object(), *timings = json_object();

    jsonx_set_str(data, "message", reply_id(turn->reply));
    jsonx_set_str(data, "status", message_status_name(status));
    json_object_set_new(data, "content", reply_content(turn->reply));
    jsonx_set_str(data, "stop_reason", turn->stop_reason);
    jsonx_set_int(usage, "input", turn->usage.input);
    jsonx_set_int(usage, "output", turn->usage.output);
    jsonx_set_int(usage, "cached", turn->usage.cached);
    jsonx_set_int(usage, "reasoning", turn->usage.reasoning);
    json_object_set_new(data, "usage", usage);
    jsonx_set_int(timings, "first_ms", turn->first - turn->began);
    jsonx_set_int(timings, "total_ms", clock_steady_ms() - turn->began);
    json_object_set_new(data, "timings", timings);
    if (error)
        jsonx_set_strn(data, "error", error, utf8_cut(error, strlen(error), TURN_ERROR_MAX));
    agent_link_fact(turn->link, EVENT_STREAM_COMPLETED, data);
}

/* --- the end of a turn --- */

/* Lets go of everything that belongs to the turn, and says nothing. */
static void turn_clear(struct turn *turn)
{
    if (turn->run && turn->provider)
        turn->provider->cancel(turn->run);
    turn->run = NULL;
    turn->step = TURN_NONE;
    uv_timer_stop(&turn->beat);
    uv_prepare_stop(&turn->before);
    uv_check_stop(&turn->after);
    reply_free(&turn->reply);
    free(turn->author);
    turn->author = NULL;
    free(turn->stop_reason);
    turn->stop_reason = NULL;
}

static void announce(struct turn *turn)
{
    if (turn->step != TURN_ASKING)
        return;
    turn->first = clock_steady_ms();
    fact_message(turn);
    fact_state(turn, RUN_STREAMING, NULL);
    turn->step = TURN_REPLYING;
}

/* status of the message, if there is one; error: a sentence if the turn failed; reason: why it is idle
 * now. */
static void turn_end(struct turn *turn, enum message_status status, const char *error, const char *reason)
{
    if (turn->step == TURN_REPLYING) {
        reply_flush(turn->reply, true);
        fact_completed(turn, status, error);
    }
    if (status == MESSAGE_FAILED)
        fact_error(turn, "provider", error);
    char *tools = status == MESSAGE_COMPLETE && !reply_full(turn->reply) ? reply_tools(turn->reply) : NULL;
    if (tools) {
        char *text = xasprintf("The model asked for %s, but no tools are connected in this session.", tools);
        fact_error(turn, "tools", text);
        free(text);
        free(tools);
    }
    fact_state(turn, RUN_IDLE, reason);
    turn_clear(turn);
}

static void set_stop_reason(struct turn *turn, const char *reason)
{
    free(turn->stop_reason);
    turn->stop_reason = xstrdup_null(reason);
}

void turn_interrupt(struct turn *turn)
{
    if (turn->step != TURN_NONE)
        turn_end(turn, MESSAGE_INTERRUPTED, NULL, "interrupted");
}

/* In every turn of the loop: what came goes out, and a reply that is full ends, which it cannot do within a
 * sink call. */
static void pass_on(struct turn *turn)
{
    reply_flush(turn->reply, false);
    if (!reply_full(turn->reply))
        return;
    set_stop_reason(turn, "size_limit");
    turn_end(turn, MESSAGE_COMPLETE, NULL, "size_limit");
}

/* --- the sink --- */

static unsigned on_begin(void *arg, enum block_kind kind, const char *id, const char *name)
{
    struct turn *turn = arg;

    announce(turn);
    return reply_begin(turn->reply, kind, id, name);
}

static void on_delta(void *arg, unsigned block, const char *text, size_t len)
{
    struct turn *turn = arg;

    reply_delta(turn->reply, block, text, len);
}

static void on_signature(void *arg, unsigned block, const char *text)
{
    struct turn *turn = arg;

    reply_signature(turn->reply, block, text);
}

static void on_usage(void *arg, const struct usage *usage)
{
    struct turn *turn = arg;

    turn->usage = *usage;
}

static void on_stop(void *arg, const char *reason)
{
    set_stop_reason(arg, reason);
}

static void on_retrying(void *arg, int attempt, int limit, int64_t delay_ms, const char *why)
{
    struct turn *turn = arg;
    json_t *data = json_object();

    jsonx_set_int(data, "attempt", attempt);
    jsonx_set_int(data, "limit", limit);
    jsonx_set_int(data, "delay_ms", delay_ms);
    jsonx_set_str(data, "why", why);
    agent_link_fact(turn->link, EVENT_TURN_RETRYING, data);
}

static void on_failed(void *arg, const char *text)
{
    struct turn *turn = arg;

    turn->run = NULL;
    log_info("turn", "failed: %s", text);
    turn_end(turn, MESSAGE_FAILED, text, "failed");
}

static void on_done(void *arg)
{
    struct turn *turn = arg;

    turn->run = NULL;
    announce(turn); /* an empty reply is a reply */
    if (reply_full(turn->reply))
        set_stop_reason(turn, "size_limit");
    turn_end(turn, MESSAGE_COMPLETE, NULL, "done");
}

/* --- the beginning of a turn --- */

static void on_beat(uv_timer_t *timer)
{
    struct turn *turn = timer->data;

    agent_link_json(turn->link, LINK_BEAT, json_object());
}

static void on_before(uv_prepare_t *prepare)
{
    pass_on(prepare->data);
}

static void on_after(uv_check_t *check)
{
    pass_on(check->data);
}

static int64_t bounded(const json_t *order, const char *key, int64_t fallback, int64_t max)
{
    int64_t value = jsonx_int(order, key, fallback);

    return value < 0 ? fallback : value > max ? max : value;
}

static void ask(struct turn *turn, const struct state *state, const json_t *order)
{
    const json_t *named = jsonx_obj(order, "provider");
    struct ask question = {
        .loop = turn->loop,
        .http = turn->http,
        .provider = jsonx_str(named, "name", "?"),
        .model = jsonx_str(order, "model", ""),
        .base_url = jsonx_str(named, "base_url", ""),
        .key = jsonx_str(named, "key", NULL),
        .connect_ms = bounded(order, "connect_ms", TURN_CONNECT_MS, INT32_MAX),
        .first_byte_ms = bounded(order, "first_byte_ms", TURN_FIRST_BYTE_MS, INT32_MAX),
        .idle_ms = bounded(order, "idle_ms", TURN_IDLE_MS, INT32_MAX),
        .retries = (int)bounded(order, "retries", TURN_RETRIES, TURN_RETRIES_MAX),
        .demo_rate = bounded(jsonx_obj(order, "demo"), "rate", TURN_DEMO_RATE, 1000000),
        .state = state,
    };
    struct sink sink = {.arg = turn,
                        .begin = on_begin,
                        .delta = on_delta,
                        .signature = on_signature,
                        .usage = on_usage,
                        .stop = on_stop,
                        .retrying = on_retrying,
                        .failed = on_failed,
                        .done = on_done};

    turn->run = turn->provider->start(&question, &sink);
}

void turn_begin(struct turn *turn, const json_t *order)
{
    const struct state *state = *turn->state;
    const json_t *named = jsonx_obj(order, "provider");
    const char *api = jsonx_str(named, "api", "");

    turn->step = TURN_ASKING;
    turn->usage = (struct usage){0};
    turn->began = clock_steady_ms();
    turn->first = -1;
    turn->author = xasprintf("%s/%s", jsonx_str(named, "name", "?"), jsonx_str(order, "model", ""));
    turn->reply =
        reply_new(turn->link, (size_t)bounded(order, "reply_max", TURN_REPLY_DEFAULT, TURN_REPLY_MAX));
    turn->provider = provider_find(api);
    if (!turn->provider) {
        char *text = xasprintf("provider %s has the unknown api '%s'; it must be openai, anthropic or demo",
                               jsonx_str(named, "name", "?"), api);
        turn_end(turn, MESSAGE_FAILED, text, "failed");
        free(text);
        return;
    }
    uv_timer_start(&turn->beat, on_beat, LINK_BEAT_MS, LINK_BEAT_MS);
    uv_prepare_start(&turn->before, on_before);
    uv_check_start(&turn->after, on_after);
    ask(turn, state, order);
}

void turn_compact(struct turn *turn, const json_t *order)
{
    (void)order;
    fact_error(turn, "provider", "this agent does not compact yet");
    fact_state(turn, RUN_IDLE, "failed");
}

void turn_event(struct turn *turn, const struct event *event)
{
    (void)turn;
    (void)event;
}

void turn_go(struct turn *turn, const char *message, int block)
{
    (void)turn;
    (void)message;
    (void)block;
}

bool turn_running(const struct turn *turn)
{
    return turn->step != TURN_NONE;
}

struct turn *turn_new(const struct turn_options *options)
{
    uv_loop_t *loop = options->loop;
    struct turn *turn = xcalloc(1, sizeof *turn);

    turn->loop = loop;
    turn->link = options->link;
    turn->http = options->http;
    turn->state = options->state;
    uv_timer_init(loop, &turn->beat);
    uv_prepare_init(loop, &turn->before);
    uv_check_init(loop, &turn->after);
    turn->beat.data = turn->before.data = turn->after.data = turn;
    turn->handles = TURN_HANDLES;
    return turn;
}

static void handle_closed(uv_handle_t *handle)
{
    struct turn *turn = handle->data;

    if (--turn->handles == 0)
        free(turn);
}

void turn_free(struct turn **turn)
{
    struct turn *gone = *turn;

    *turn = NULL;
    if (!gone)
        return;
    turn_clear(gone);
    uv_close((uv_handle_t *)&gone->beat, handle_closed);
    uv_close((uv_handle_t *)&gone->before, handle_closed);
    uv_close((uv_handle_t *)&gone->after, handle_closed);
}
