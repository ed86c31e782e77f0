/* The machine: asking (nothing has come), replying (a message was announced), calling (its calls are under
 * way), next (thinking was said, its event is awaited), compacting, or not there. Only turn_end takes it out
 * of that, so every turn ends with exactly one state.changed idle.
 *
 * The trap: what was said is not in the state before its event has come. Calls are looked at only after the
 * event of their message's end, and the model is asked again only after that of thinking. */
#include "daemon/agent/turn.h"
#include "daemon/agent/compact.h"
#include "daemon/agent/provider.h"
#include "daemon/agent/sample.h"
#include "daemon/agent/step.h"
#include "daemon/agent/tools.h"
#include "daemon/agent/turn_calls.h"
#include "daemon/agent/turn_facts.h"
#include "daemon/agent/turn_limit.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { TURN_RESULT_DEFAULT = 64 << 10 /* bytes */, TURN_HANDLES = 4 };

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
    struct step *asked;    /* while asking and replying */
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

static void stop_clear(struct turn *turn)
{
    free(turn->stop.text);
    turn->stop = (struct turn_stop){0};
}

/* Lets go of everything that belongs to the turn, and says nothing. */
static void turn_clear(struct turn *turn)
{
    step_free(&turn->asked);
    sample_cancel(&turn->sample);
    turn_calls_drop(turn->calls);
    stop_clear(turn);
    turn->step = TURN_NONE;
    turn->message[0] = '\0';
    uv_timer_stop(&turn->beat);
    uv_timer_stop(&turn->limit);
    uv_prepare_stop(&turn->before);
    uv_check_stop(&turn->after);
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

/* Ends the turn before the model did; takes stop->text. Where calls are not known yet, it waits for them,
 * which is one way to the daemon and back. */
static void stop(struct turn *turn, const struct turn_stop *why)
{
    bool replying = turn->step == TURN_REPLYING;

    free(turn->stop.text);
    turn->stop = *why;
    if (turn->step == TURN_CALLING && turn->message[0])
        return;
    if (replying)
        step_complete(turn->asked, MESSAGE_INTERRUPTED, why->text);
    if (turn->step == TURN_CALLING)
        turn_calls_end(turn->calls, why->calls);
    if (why->kind)
        fact_error(turn->options.link, why->kind, why->text, replying ? step_message(turn->asked) : NULL);
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

    stop_at_limit(turn, turn_limit_time(turn->order));
}

void turn_interrupt(struct turn *turn, enum link_interrupt cause)
{
    static const char *const of_message[] = {NULL, "stoad was stopped",
                                             "stoad could not keep what this turn does",
                                             "the owner's budget is used up"};
    static const char *const of_calls[] = {"The user interrupted the turn.",
                                           "The turn was ended because the program it runs in was stopped.",
                                           "The turn was ended because what it does could not be stored.",
                                           "The turn was ended because the budget of the session's owner is "
                                           "used up."};
    struct turn_stop why = {.reason = "interrupted", .calls = of_calls[cause]};

    if (turn->step == TURN_NONE || (turn->stop.reason && turn->message[0]))
        return;
    why.text = xstrdup_null(of_message[cause]);
    stop(turn, &why);
}

static void fail(struct turn *turn, const char *text)
{
    bool replying = turn->step == TURN_REPLYING;

    log_info("turn", "failed: %s", text);
    if (replying)
        step_complete(turn->asked, MESSAGE_FAILED, text);
    fact_error(turn->options.link, "provider", text, replying ? step_message(turn->asked) : NULL);
    turn_end(turn, "failed");
}

/* --- a step: asking the model --- */

static void on_begun(void *arg)
{
    struct turn *turn = arg;

    set_run_state(turn, RUN_STREAMING, NULL);
    turn->step = TURN_REPLYING;
}

/* A reply that was cut at its size may have calls that are cut, too: they are not run. */
static void on_ended(void *arg, bool full)
{
    struct turn *turn = arg;

    char *text = full ? turn_limit_size(turn->order) : NULL;
    step_complete(turn->asked, MESSAGE_COMPLETE, text);
    free(text);
    if (!step_calls(turn->asked)) {
        turn_end(turn, full ? "size_limit" : "done");
        return;
    }
    strcpy(turn->message, step_message(turn->asked));
    step_free(&turn->asked);
    turn->step = TURN_CALLING;
    if (full)
        turn->stop =
            (struct turn_stop){.reason = "size_limit", .calls = "The reply was cut at its size limit."};
}

static bool compact(struct turn *turn);

static void on_failed(void *arg, enum ask_failure failure, const char *text)
{
    struct turn *turn = arg;

    if (failure == ASK_TOO_LONG && turn->step == TURN_ASKING && !turn->overflowed && compact(turn)) {
        turn->overflowed = true;
        log_info("turn", "compacting: %s", text);
    } else {
        fail(turn, text);
    }
}

static void ask(struct turn *turn)
{
    bool offers = jsonx_bool(turn->order, "tools", false);
    json_t *tools = offers ? tools_offer(turn->options.servers) : json_array();
    struct step_options options = {.loop = turn->options.loop,
                                   .link = turn->options.link,
                                   .http = turn->options.http,
                                   .state = state_of(turn),
                                   .order = turn->order,
                                   .author = turn->author,
                                   .tools = tools};
    struct step_handler handler = {.arg = turn, .begun = on_begun, .ended = on_ended, .failed = on_failed};
    char error[256];

    turn->step = TURN_ASKING;
    turn->asked = step_start(&options, &handler, error);
    json_decref(tools);
    if (!turn->asked)
        fail(turn, error);
}

static void begin_step(struct turn *turn)
{
    if (!turn_limit_window(state_of(turn), turn->order) || !compact(turn))
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

    turn->sample = NULL;
    if (!summary) {
        compaction_failed(turn, "provider", why ? why : "the model gave no summary");
        return;
    }
    fact_compacted(turn->options.link, summary, turn->upto, state_of(turn)->context_tokens, usage);
    free(summary);
    if (turn->once)
        turn_end(turn, "done");
    else
        next_step(turn);
}

static void summarise(struct turn *turn, size_t end)
{
    struct sample_handler handler = {.arg = turn, .done = on_summary};
    json_t *params =
        compact_params(state_of(turn), end, turn_order_int(turn->order, "context", 0, INT32_MAX));

    step_free(&turn->asked);
    turn->step = TURN_COMPACTING;
    strcpy(turn->upto, state_of(turn)->messages[end - 1]->id);
    set_run_state(turn, RUN_COMPACTING, NULL);
    turn->sample = sample_start(turn->options.loop, turn->options.http, turn->order, params, &handler);
    json_decref(params);
}

/* Before the model is asked (again). False if there is nothing to sum up. */
static bool compact(struct turn *turn)
{
    size_t end = state_compact_end(state_of(turn));

    if (end > 0)
        summarise(turn, end);
    return end > 0;
}

/* --- calls --- */

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
    else if ((text = turn_limit_reached(state_of(turn), turn->order)))
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
    struct turn *turn = prepare->data;

    if (turn->asked)
        step_pass_on(turn->asked);
}

static void on_after(uv_check_t *check)
{
    struct turn *turn = check->data;

    if (turn->asked)
        step_pass_on(turn->asked);
}

static void begin(struct turn *turn, const json_t *order, bool resume)
{
    turn->order = json_deep_copy(order);
    turn->author = provider_author(order);
    turn->run_state = state_of(turn)->run;
    turn->overflowed = turn->once = false;
    turn->left_ms = turn_order_int(turn->order, "max_ms", 0, INT32_MAX);
    if (turn->left_ms == 0)
        turn->left_ms = -1;
    struct turn_calls_order calls = {
        .author = turn->author,
        .result_max = (size_t)turn_order_int(turn->order, "result_max", TURN_RESULT_DEFAULT, STATE_TEXT_MAX),
        .files_left = turn_order_int(turn->order, "files_left", INT64_MAX, INT64_MAX),
        .ask_ms = turn_order_int(turn->order, "ask_ms", 0, INT64_MAX / 2),
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
    size_t end = state_compact_end(state_of(turn));

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
