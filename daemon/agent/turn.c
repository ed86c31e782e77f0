/* The machine: asking (nothing has come), replying (a message was announced), calling (its calls are under
 * way), next (thinking was said, its event is awaited), compacting, or not there. Only turn_end takes it out
 * of that, so every turn ends with exactly one state.changed idle.
 *
 * The trap: what was said is not in the state before its event has come. Calls are looked at only after the
 * event of their message's end, and the model is asked again only after that of thinking. */
#include "daemon/agent/turn.h"
#include "daemon/agent/compact.h"
#include "daemon/agent/context.h"
#include "daemon/agent/provider.h"
#include "daemon/agent/reply.h"
#include "daemon/agent/sample.h"
#include "daemon/agent/tools.h"
#include "daemon/agent/turn_calls.h"
#include "daemon/agent/turn_facts.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_REPLY_MAX = 1 << 20, /* bytes; the most that reply_max may ask for: with its calls' results, the
                                 message must fit STATE_MESSAGE_BYTES */
    TURN_RESULT_DEFAULT = 64 << 10,
    TURN_HANDLES = 4
};

enum turn_step { TURN_NONE, TURN_ASKING, TURN_REPLYING, TURN_CALLING, TURN_NEXT, TURN_COMPACTING };

/* Why a turn ends before the model has ended it. All but reason may be NULL. */
struct turn_stop {
    const char *reason; /* of state.changed; NULL: it does not stop */
    const char *kind;   /* of error.occurred; NULL: none is said */
    char *text;         /* of that; owned */
    const char *calls;  /* a sentence for the model on calls that are open */
};

struct turn {
    struct turn_options options;
    uv_timer_t beat, limit;
    uv_prepare_t before; /* these two flush what came in timers and in polled sockets */
    uv_check_t after;
    int handles; /* not closed yet */

    enum turn_step step;
    enum run_state run_state; /* as it was said last */
    json_t *order;
    char *author;
    struct turn_calls *calls;
    const struct provider *provider;
    void *run; /* the provider's; NULL once it has ended */
    struct reply *reply;
    struct usage usage;
    char *stop_reason;
    struct turn_timings timings;
    char message[ID_MAX];  /* whose end was said; "" once its event has come */
    struct turn_stop stop; /* waits for that event */
    struct sample *sample;
    char upto[ID_MAX]; /* what is being summed up ends with this message */
    bool overflowed;   /* what was said did not fit and was compacted: once in a turn */
    bool once;         /* LINK_COMPACT: idle comes after it */
    int64_t left_ms;   /* of the turn's time, while the limit does not run; < 0: no limit */
    int64_t running_since;
};

static struct state *state_of(const struct turn *turn)
{
    return *turn->options.state;
}

static int64_t order_int(const struct turn *turn, const char *key, int64_t fallback, int64_t max)
{
    int64_t value = jsonx_int(turn->order, key, fallback);

    return value < 0 ? fallback : value > max ? max : value;
}

/* --- time: a turn's does not run while a person is awaited --- */

static void on_limit(uv_timer_t *timer);

static void limit_run(struct turn *turn)
{
    if (turn->left_ms < 0 || uv_is_active((uv_handle_t *)&turn->limit))
        return;
    turn->running_since = clock_steady_ms();
    uv_timer_start(&turn->limit, on_limit, (uint64_t)turn->left_ms, 0);
}

static void limit_pause(struct turn *turn)
{
    if (!uv_is_active((uv_handle_t *)&turn->limit))
        return;
    int64_t ran = clock_steady_ms() - turn->running_since;
    turn->left_ms = ran < turn->left_ms ? turn->left_ms - ran : 0;
    uv_timer_stop(&turn->limit);
}

/* --- the end of a turn --- */

static void set_run_state(struct turn *turn, enum run_state to, const char *reason)
{
    if (to != turn->run_state)
        fact_state(turn->options.link, to, reason);
    turn->run_state = to;
    if (to == RUN_AWAITING_PERMISSION)
        limit_pause(turn);
    else
        limit_run(turn);
}

static void run_cancel(struct turn *turn)
{
    if (turn->run)
        turn->provider->cancel(turn->run);
    turn->run = NULL;
}

static void set_stop_reason(struct turn *turn, const char *reason)
{
    free(turn->stop_reason);
    turn->stop_reason = xstrdup_null(reason);
}

static void stop_clear(struct turn *turn)
{
    free(turn->stop.text);
    turn->stop = (struct turn_stop){0};
}

/* Lets go of everything that belongs to the turn, and says nothing. */
static void turn_clear(struct turn *turn)
{
    run_cancel(turn);
    sample_cancel(&turn->sample);
    turn_calls_drop(turn->calls);
    stop_clear(turn);
    turn->step = TURN_NONE;
    turn->message[0] = '\0';
    uv_timer_stop(&turn->beat);
    uv_timer_stop(&turn->limit);
    uv_prepare_stop(&turn->before);
    uv_check_stop(&turn->after);
    reply_free(&turn->reply);
    set_stop_reason(turn, NULL);
    free(turn->author);
    turn->author = NULL;
    json_decref(turn->order);
    turn->order = NULL;
}

static void turn_end(struct turn *turn, const char *reason)
{
    fact_state(turn->options.link, RUN_IDLE, reason);
    turn_clear(turn);
}

/* A message that was not announced before is so now: an empty reply is a reply. */
static void announce(struct turn *turn)
{
    if (turn->step != TURN_ASKING)
        return;
    turn->timings.first = clock_steady_ms();
    fact_message(turn->options.link, reply_id(turn->reply), turn->author);
    set_run_state(turn, RUN_STREAMING, NULL);
    turn->step = TURN_REPLYING;
}

static void complete(struct turn *turn, enum message_status status, const char *error)
{
    reply_flush(turn->reply, true);
    fact_completed(turn->options.link, turn->reply, status, turn->stop_reason, &turn->usage, &turn->timings,
                   error);
}

/* Ends the turn before the model did; takes stop->text. Where calls are not known yet, it waits for them,
 * which is one way to the daemon and back. */
static void stop(struct turn *turn, const struct turn_stop *why)
{
    free(turn->stop.text);
    turn->stop = *why;
    run_cancel(turn);
    sample_cancel(&turn->sample);
    if (turn->step == TURN_REPLYING)
        complete(turn, MESSAGE_INTERRUPTED, why->text);
    if (turn->step == TURN_CALLING && turn->message[0])
        return;
    if (turn->step == TURN_CALLING)
        turn_calls_end(turn->calls, why->calls);
    if (why->kind)
        fact_error(turn->options.link, why->kind, why->text,
                   turn->step == TURN_REPLYING ? reply_id(turn->reply) : NULL);
    turn_end(turn, why->reason);
}

static void stop_at_limit(struct turn *turn, char *text)
{
    struct turn_stop why = {
        .reason = "limit", .kind = "limit", .text = text, .calls = "The turn reached its limit."};

    stop(turn, &why);
}

static void on_limit(uv_timer_t *timer)
{
    struct turn *turn = timer->data;

    stop_at_limit(turn, xasprintf("The turn reached its limit of %" PRId64
                                  " s (turn.timeout); send a message to go on.",
                                  order_int(turn, "max_ms", 0, INT64_MAX) / 1000));
}

void turn_interrupt(struct turn *turn)
{
    struct turn_stop why = {.reason = "interrupted", .calls = "The user interrupted the turn."};

    if (turn->step != TURN_NONE && !(turn->stop.reason && turn->message[0]))
        stop(turn, &why);
}

static void fail(struct turn *turn, const char *text)
{
    bool replying = turn->step == TURN_REPLYING;

    log_info("turn", "failed: %s", text);
    if (replying)
        complete(turn, MESSAGE_FAILED, text);
    fact_error(turn->options.link, "provider", text, replying ? reply_id(turn->reply) : NULL);
    turn_end(turn, "failed");
}

/* --- the end of a reply --- */

/* A reply that was cut at its size may have calls that are cut, too: they are not run. */
static void reply_ended(struct turn *turn, bool full)
{
    bool calling = reply_calls(turn->reply);

    if (full)
        set_stop_reason(turn, "size_limit");
    complete(turn, MESSAGE_COMPLETE, NULL);
    if (!calling) {
        turn_end(turn, full ? "size_limit" : "done");
        return;
    }
    strcpy(turn->message, reply_id(turn->reply));
    turn->step = TURN_CALLING;
    reply_free(&turn->reply);
    if (full)
        turn->stop =
            (struct turn_stop){.reason = "size_limit", .calls = "The reply was cut at its size limit."};
}

/* In every turn of the loop: what came goes out, and a reply that is full ends, which it cannot do within a
 * sink call. */
static void pass_on(struct turn *turn)
{
    if (!turn->reply)
        return;
    reply_flush(turn->reply, false);
    if (turn->step != TURN_REPLYING || !reply_full(turn->reply))
        return;
    run_cancel(turn);
    reply_ended(turn, true);
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

    fact_retrying(turn->options.link, attempt, limit, delay_ms, why);
}

static bool compact(struct turn *turn);

static void on_failed(void *arg, enum ask_failure failure, const char *text)
{
    struct turn *turn = arg;

    turn->run = NULL;
    if (failure == ASK_TOO_LONG && turn->step == TURN_ASKING && !turn->overflowed && compact(turn)) {
        turn->overflowed = true;
        log_info("turn", "compacting: %s", text);
    } else {
        fail(turn, text);
    }
}

static void on_done(void *arg)
{
    struct turn *turn = arg;

    turn->run = NULL;
    announce(turn);
    reply_ended(turn, reply_full(turn->reply));
}

/* --- a step: asking the model --- */

static void reply_begins(struct turn *turn)
{
    turn->step = TURN_ASKING;
    turn->usage = (struct usage){0};
    turn->timings = (struct turn_timings){.began = clock_steady_ms(), .first = -1};
    set_stop_reason(turn, NULL);
    reply_free(&turn->reply);
    turn->reply =
        reply_new(turn->options.link, (size_t)order_int(turn, "reply_max", TURN_REPLY_MAX, TURN_REPLY_MAX));
}

static void ask(struct turn *turn)
{
    struct sink sink = {.arg = turn,
                        .begin = on_begin,
                        .delta = on_delta,
                        .signature = on_signature,
                        .usage = on_usage,
                        .stop = on_stop,
                        .retrying = on_retrying,
                        .failed = on_failed,
                        .done = on_done};
    struct prompt prompt;
    struct ask question;
    char error[256];

    reply_begins(turn);
    turn->provider = provider_order(turn->order, &question, error);
    if (!turn->provider) {
        fail(turn, error);
        return;
    }
    json_t *tools =
        jsonx_bool(turn->order, "tools", false) ? tools_offer(turn->options.servers) : json_array();
    struct context context = {.author = turn->author, .tools = tools, .end = state_of(turn)->message_count};
    context_prompt(state_of(turn), &context, &prompt);
    json_decref(tools);
    question.loop = turn->options.loop;
    question.http = turn->options.http;
    question.prompt = &prompt;
    turn->run = turn->provider->start(&question, &sink);
    prompt_clear(&prompt);
}

static bool is_nearly_full(const struct turn *turn)
{
    int64_t context = order_int(turn, "context", 0, INT32_MAX),
            percent = order_int(turn, "compact_at", 0, 100);

    return context > 0 && percent > 0 && state_of(turn)->context_tokens >= context * percent / 100;
}

static void begin_step(struct turn *turn)
{
    if (!is_nearly_full(turn) || !compact(turn))
        ask(turn);
}

/* Thinking is said, and what waits comes into the state; then the model is asked. */
static void next_step(struct turn *turn)
{
    turn->step = TURN_NEXT;
    if (turn->run_state == RUN_THINKING)
        begin_step(turn);
    else
        set_run_state(turn, RUN_THINKING, NULL);
}

/* --- compaction --- */

static void compaction_failed(struct turn *turn, const char *kind, const char *why)
{
    char *text = xasprintf("The conversation could not be compacted: %s", why);

    fact_error(turn->options.link, kind, text, NULL);
    free(text);
    turn_end(turn, "failed");
}

static void on_summary(void *arg, const json_t *result, const json_t *usage, const char *why)
{
    struct turn *turn = arg;
    char *summary = result ? compact_summary(result) : NULL;

    (void)usage;
    turn->sample = NULL;
    if (!summary) {
        compaction_failed(turn, "provider", why ? why : "the model gave no summary");
        return;
    }
    fact_compacted(turn->options.link, summary, turn->upto, state_of(turn)->context_tokens);
    free(summary);
    if (turn->once)
        turn_end(turn, "done");
    else
        next_step(turn);
}

static void summarise(struct turn *turn, size_t end)
{
    struct sample_handler handler = {.arg = turn, .done = on_summary};
    json_t *params = compact_params(state_of(turn), end, order_int(turn, "context", 0, INT32_MAX));

    turn->step = TURN_COMPACTING;
    strcpy(turn->upto, state_of(turn)->messages[end - 1]->id);
    set_run_state(turn, RUN_COMPACTING, NULL);
    turn->sample = sample_start(turn->options.loop, turn->options.http, turn->order, params, &handler);
    json_decref(params);
}

/* Before the model is asked (again). False if there is nothing to sum up. */
static bool compact(struct turn *turn)
{
    size_t end = compact_end(state_of(turn));

    if (end > 0)
        summarise(turn, end);
    return end > 0;
}

/* --- calls --- */

/* What the turn has taken so far, by its messages: so that it counts on when another agent goes on with it.
 */
static void count(const struct turn *turn, int64_t *steps, int64_t *tokens)
{
    const struct state *state = state_of(turn);

    *steps = *tokens = 0;
    for (size_t i = 0; i < state->message_count; i++) {
        const struct message *message = state->messages[i];
        if (message->role == MESSAGE_ROLE_USER || message->ts < state->turn_started)
            continue;
        ++*steps;
        *tokens += message->usage.input + message->usage.output;
    }
}

/* The sentence, if the model may not be asked again in this turn; free() it. */
static char *limit_reached(const struct turn *turn)
{
    int64_t max_steps = order_int(turn, "max_steps", 0, INT64_MAX);
    int64_t max_tokens = order_int(turn, "max_tokens_turn", 0, INT64_MAX);
    int64_t steps, tokens;

    count(turn, &steps, &tokens);
    if (max_steps > 0 && steps >= max_steps)
        return xasprintf("The turn reached its limit of %" PRId64
                         " steps (turn.max_steps); send a message to go on.",
                         max_steps);
    if (max_tokens > 0 && tokens >= max_tokens)
        return xasprintf("The turn reached its limit of %" PRId64
                         " tokens (turn.max_tokens); send a message to go on.",
                         max_tokens);
    return NULL;
}

static void pump(struct turn *turn)
{
    if (state_of(turn)->run == RUN_INTERRUPTING)
        return; /* INTERRUPT is about to come */
    switch (turn_calls_pump(turn->calls)) {
    case TURN_CALLS_OVER:
        next_step(turn);
        break;
    case TURN_CALLS_ASKING:
        set_run_state(turn, RUN_AWAITING_PERMISSION, NULL);
        break;
    case TURN_CALLS_RUNNING:
        set_run_state(turn, RUN_RUNNING_TOOLS, NULL);
        break;
    case TURN_CALLS_ENDING:
        break;
    }
}

/* The message with the calls is in the state now. */
static void begin_calls(struct turn *turn)
{
    struct turn_stop why = turn->stop;
    char *text;

    turn->message[0] = '\0';
    turn->stop = (struct turn_stop){0};
    if (why.reason)
        stop(turn, &why);
    else if ((text = limit_reached(turn)))
        stop_at_limit(turn, text);
    else
        pump(turn);
}

void turn_event(struct turn *turn, const struct event *event)
{
    if (turn->step == TURN_NEXT && event->type == EVENT_STATE_CHANGED &&
        state_of(turn)->run == RUN_THINKING) {
        begin_step(turn);
    } else if (turn->step == TURN_CALLING && turn->message[0]) {
        if (event->type == EVENT_STREAM_COMPLETED &&
            strcmp(jsonx_str(event->data, "message", ""), turn->message) == 0)
            begin_calls(turn);
    } else if (turn->step == TURN_CALLING) {
        pump(turn);
    }
}

void turn_go(struct turn *turn, const char *message, int block)
{
    if (turn->step == TURN_CALLING && state_of(turn)->run != RUN_INTERRUPTING)
        turn_calls_go(turn->calls, message, block);
}

/* --- the beginning of a turn --- */

static void on_beat(uv_timer_t *timer)
{
    struct turn *turn = timer->data;

    agent_link_json(turn->options.link, LINK_BEAT, json_object());
}

static void on_before(uv_prepare_t *prepare)
{
    pass_on(prepare->data);
}

static void on_after(uv_check_t *check)
{
    pass_on(check->data);
}

static void begin(struct turn *turn, const json_t *order, bool resume)
{
    turn->order = json_deep_copy(order);
    turn->author = provider_author(order);
    turn->run_state = state_of(turn)->run;
    turn->overflowed = turn->once = false;
    turn->left_ms = order_int(turn, "max_ms", 0, INT32_MAX);
    if (turn->left_ms == 0)
        turn->left_ms = -1;
    struct turn_calls_order calls = {
        .author = turn->author,
        .result_max = (size_t)order_int(turn, "result_max", TURN_RESULT_DEFAULT, STATE_TEXT_MAX),
        .ask_ms = order_int(turn, "ask_ms", 0, INT64_MAX / 2),
        .resume = resume};
    turn_calls_begin(turn->calls, &calls);
    uv_timer_start(&turn->beat, on_beat, LINK_BEAT_MS, LINK_BEAT_MS);
    uv_prepare_start(&turn->before, on_before);
    uv_check_start(&turn->after, on_after);
    set_run_state(turn, turn->run_state, NULL);
}

void turn_begin(struct turn *turn, const json_t *order)
{
    bool resume = jsonx_bool(order, "resume", false);

    begin(turn, order, resume);
    if (resume) {
        turn->step = TURN_CALLING;
        begin_calls(turn);
    } else {
        begin_step(turn);
    }
}

void turn_compact(struct turn *turn, const json_t *order)
{
    size_t end = compact_end(state_of(turn));

    begin(turn, order, false);
    turn->once = true;
    if (end > 0)
        summarise(turn, end);
    else
        compaction_failed(turn, "limit", "too little was said since it began, or since it was compacted.");
}

bool turn_running(const struct turn *turn)
{
    return turn->step != TURN_NONE;
}

struct turn *turn_new(const struct turn_options *options)
{
    struct turn *turn = xcalloc(1, sizeof *turn);
    struct turn_calls_options calls = {
        .link = options->link, .servers = options->servers, .state = options->state};

    turn->options = *options;
    turn->calls = turn_calls_new(&calls);
    uv_timer_init(options->loop, &turn->beat);
    uv_timer_init(options->loop, &turn->limit);
    uv_prepare_init(options->loop, &turn->before);
    uv_check_init(options->loop, &turn->after);
    turn->beat.data = turn->limit.data = turn->before.data = turn->after.data = turn;
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
    turn_calls_free(&gone->calls);
    uv_close((uv_handle_t *)&gone->beat, handle_closed);
    uv_close((uv_handle_t *)&gone->limit, handle_closed);
    uv_close((uv_handle_t *)&gone->before, handle_closed);
    uv_close((uv_handle_t *)&gone->after, handle_closed);
}
