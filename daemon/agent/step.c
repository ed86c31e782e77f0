/* Nothing is said before something has come, so that a question that fails leaves no empty message. */
#include "daemon/agent/step.h"
#include "daemon/agent/context.h"
#include "daemon/agent/reply.h"
#include "daemon/agent/turn_facts.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>

enum {
    STEP_REPLY_MAX = 1 << 20 /* bytes; the most that reply_max may ask for: with its calls' results, the
                                message must fit STATE_MESSAGE_BYTES */
};

struct step {
    struct agent_link *link;
    struct step_handler handler;
    const struct provider *provider;
    void *run; /* the provider's; NULL once it has ended */
    bool begun;
    char *author;
    struct reply *reply;
    struct usage usage;
    char *stop_reason;
    struct turn_timings timings;
};

static void cancel(struct step *step)
{
    if (step->run)
        step->provider->cancel(step->run);
    step->run = NULL;
}

void step_free(struct step **slot)
{
    struct step *step = *slot;

    *slot = NULL;
    if (!step)
        return;
    cancel(step);
    reply_free(&step->reply);
    free(step->author);
    free(step->stop_reason);
    free(step);
}

const char *step_message(const struct step *step)
{
    return step->begun ? reply_id(step->reply) : NULL;
}

bool step_calls(const struct step *step)
{
    return reply_calls(step->reply);
}

static void set_stop_reason(struct step *step, const char *reason)
{
    free(step->stop_reason);
    step->stop_reason = xstrdup(reason);
}

static void announce(struct step *step)
{
    if (step->begun)
        return;
    step->begun = true;
    step->timings.first = clock_steady_ms();
    fact_message(step->link, reply_id(step->reply), step->author);
    step->handler.begun(step->handler.arg);
}

void step_complete(struct step *step, enum message_status status, const char *error)
{
    reply_flush(step->reply, true);
    fact_completed(step->link, step->reply, status, step->stop_reason, &step->usage, &step->timings, error);
}

/* An empty answer is an answer. */
static void end(struct step *step)
{
    bool full = reply_full(step->reply);

    announce(step);
    if (full)
        set_stop_reason(step, "size_limit");
    step->handler.ended(step->handler.arg, full);
}

void step_pass_on(struct step *step)
{
    reply_flush(step->reply, false);
    if (!reply_full(step->reply))
        return;
    cancel(step);
    end(step);
}

/* --- the sink --- */

static unsigned on_begin(void *arg, enum block_kind kind, const char *id, const char *name)
{
    struct step *step = arg;

    announce(step);
    return reply_begin(step->reply, kind, id, name);
}

static void on_delta(void *arg, unsigned block, const char *text, size_t len)
{
    struct step *step = arg;

    reply_delta(step->reply, block, text, len);
}

static void on_signature(void *arg, unsigned block, const char *text)
{
    struct step *step = arg;

    reply_signature(step->reply, block, text);
}

static void on_usage(void *arg, const struct usage *usage)
{
    struct step *step = arg;

    step->usage = *usage;
}

static void on_stop(void *arg, const char *reason)
{
    set_stop_reason(arg, reason);
}

static void on_retrying(void *arg, int attempt, int limit, int64_t delay_ms, const char *why)
{
    struct step *step = arg;

    fact_retrying(step->link, attempt, limit, delay_ms, why);
}

static void on_failed(void *arg, enum ask_failure failure, const char *text)
{
    struct step *step = arg;

    step->run = NULL;
    step->handler.failed(step->handler.arg, failure, text);
}

static void on_done(void *arg)
{
    struct step *step = arg;

    step->run = NULL;
    end(step);
}

/* --- the beginning --- */

static void ask(struct step *step, const struct step_options *options, const struct ask *whom)
{
    struct sink sink = {.arg = step,
                        .begin = on_begin,
                        .delta = on_delta,
                        .signature = on_signature,
                        .usage = on_usage,
                        .stop = on_stop,
                        .retrying = on_retrying,
                        .failed = on_failed,
                        .done = on_done};
    struct context context = {
        .author = options->author, .tools = options->tools, .end = options->state->message_count};
    struct prompt prompt;
    struct ask question = *whom;

    context_prompt(options->state, &context, &prompt);
    question.loop = options->loop;
    question.http = options->http;
    question.prompt = &prompt;
    step->run = step->provider->start(&question, &sink);
    prompt_clear(&prompt);
}

struct step *step_start(const struct step_options *options, const struct step_handler *handler,
                        char error[256])
{
    struct ask whom;
    const struct provider *provider = provider_order(options->order, &whom, error);
    int64_t max = jsonx_int(options->order, "reply_max", STEP_REPLY_MAX);

    if (!provider)
        return NULL;
    struct step *step = xcalloc(1, sizeof *step);
    step->link = options->link;
    step->handler = *handler;
    step->provider = provider;
    step->author = xstrdup(options->author);
    step->timings = (struct turn_timings){.began = clock_steady_ms(), .first = -1};
    step->reply = reply_new(step->link, max < 0 || max > STEP_REPLY_MAX ? STEP_REPLY_MAX : (size_t)max);
    ask(step, options, &whom);
    return step;
}
