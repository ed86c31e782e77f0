/* The built-in model: plays a script (demo_script.h) at its rate. */
#include "daemon/agent/demo_script.h"
#include "daemon/agent/provider.h"
#include "daemon/agent/title.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { DEMO_HANDLES = 2, DEMO_BYTES_A_TOKEN = 4, DEMO_BLOCK_TEXT_MAX = 1 << 16 };

static const char thoughts[] =
    "The user wants to see how reasoning looks. I shall think a little, in a few short steps, "
    "and then answer.\n";

enum demo_step { DEMO_WAITING, DEMO_REASONING, DEMO_SAYING, DEMO_CALLING };

struct demo {
    struct sink sink;
    struct demo_script script;
    uv_timer_t timer; /* for a rate, and for waiting */
    uv_idle_t idle;   /* for no rate: one chunk in each turn of the loop */
    int handles;      /* not closed yet */

    enum demo_step step;
    const char *rest; /* of the text of this step */
    unsigned block;
    bool begun;          /* the block of this step */
    int64_t said, whole; /* chunks or bytes of what is said: for half of it */
    struct demo_words words;
    struct buf invented;
    int64_t began_us, chunks; /* of the rate */
    struct usage usage;
};

static void closed(uv_handle_t *handle)
{
    struct demo *demo = handle->data;

    if (--demo->handles > 0)
        return;
    demo_script_clear(&demo->script);
    buf_free(&demo->invented);
    free(demo);
}

static void demo_cancel(void *run)
{
    struct demo *demo = run;

    uv_close((uv_handle_t *)&demo->timer, closed);
    uv_close((uv_handle_t *)&demo->idle, closed);
}

/* --- the steps: each says one chunk, and returns false once the run has ended --- */

static bool fail(struct demo *demo, const char *text)
{
    struct sink sink = demo->sink;

    demo_cancel(demo);
    sink.failed(sink.arg, ASK_FAILED, text);
    return false;
}

static bool end(struct demo *demo)
{
    struct sink sink = demo->sink;
    bool calls = demo->script.tools != NULL;

    demo_cancel(demo);
    sink.stop(sink.arg, calls ? "tool_use" : "end_turn");
    sink.done(sink.arg);
    return false;
}

static void say(struct demo *demo, enum block_kind kind, const char *text, size_t len)
{
    if (!demo->begun)
        demo->block = demo->sink.begin(demo->sink.arg, kind, NULL, NULL);
    demo->begun = true;
    demo->sink.delta(demo->sink.arg, demo->block, text, len);
    demo->usage.output++;
    demo->sink.usage(demo->sink.arg, &demo->usage);
}

static void step_to(struct demo *demo, enum demo_step step, const char *text)
{
    demo->step = step;
    demo->rest = text;
    demo->begun = false;
}

static bool halfway(struct demo *demo)
{
    if (demo->said * 2 < demo->whole)
        return true;
    if (demo->script.crash) {
        signal(demo->script.crash, SIG_DFL);
        raise(demo->script.crash);
    }
    if (demo->script.fail == DEMO_FAIL_MID)
        return fail(demo, "the demo model failed halfway, as it was told to");
    return true;
}

static bool step_saying(struct demo *demo)
{
    size_t len;

    if (!halfway(demo))
        return false;
    if (demo->said >= demo->whole) {
        step_to(demo, DEMO_CALLING, NULL);
    } else if (demo->script.chunks > 0) {
        buf_clear(&demo->invented);
        demo_script_invent(&demo->words, (size_t)demo->script.bytes, &demo->invented);
        say(demo, BLOCK_TEXT, demo->invented.data, demo->invented.len);
        demo->said++;
    } else {
        len = demo_script_piece(demo->rest);
        say(demo, BLOCK_TEXT, demo->rest, len);
        demo->rest += len;
        demo->said += (int64_t)len;
    }
    return true;
}

static bool step_reasoning(struct demo *demo)
{
    size_t len = demo_script_piece(demo->rest);

    if (len > 0) {
        say(demo, BLOCK_REASONING, demo->rest, len);
        demo->usage.reasoning++;
        demo->rest += len;
    } else {
        step_to(demo, DEMO_SAYING, demo->script.text);
    }
    return true;
}

static bool step_calling(struct demo *demo)
{
    const struct sink *sink = &demo->sink;
    char *name;

    for (size_t i = 0; (name = demo_script_tool(&demo->script, i)); i++) {
        char *id = i == 0 ? xstrdup("call_demo") : xasprintf("call_demo_%zu", i + 1);
        unsigned block = sink->begin(sink->arg, BLOCK_TOOL_CALL, id, name);
        if (*demo->script.input)
            sink->delta(sink->arg, block, demo->script.input, strlen(demo->script.input));
        free(id);
        free(name);
    }
    return end(demo);
}

static bool step(struct demo *demo)
{
    switch (demo->step) {
    case DEMO_WAITING:
        if (demo->script.fail == DEMO_FAIL_START)
            return fail(demo, "the demo model failed at once, as it was told to");
        if (demo->script.reasoning)
            step_to(demo, DEMO_REASONING, thoughts);
        else
            step_to(demo, DEMO_SAYING, demo->script.text);
        return true;
    case DEMO_REASONING:
        return step_reasoning(demo);
    case DEMO_SAYING:
        return step_saying(demo);
    case DEMO_CALLING:
        return step_calling(demo);
    }
    return false;
}

/* --- the rate --- */

static void on_idle(uv_idle_t *idle)
{
    step(idle->data);
}

/* As many chunks as are due, so that a late timer does not slow the stream down. */
static void on_timer(uv_timer_t *timer)
{
    struct demo *demo = timer->data;
    int64_t due = (clock_steady_us() - demo->began_us) * demo->script.rate / 1000000 + 1;

    while (demo->chunks < due && step(demo))
        demo->chunks++;
}

static void begin(uv_timer_t *timer)
{
    struct demo *demo = timer->data;

    if (demo->script.hang)
        return;
    if (!step(demo))
        return;
    demo->began_us = clock_steady_us();
    if (demo->script.rate == 0)
        uv_idle_start(&demo->idle, on_idle);
    else
        uv_timer_start(&demo->timer, on_timer, 0,
                       demo->script.rate >= 1000 ? 1 : (uint64_t)(1000 / demo->script.rate));
}

/* How many messages with calls follow what was asked. */
static int64_t rounds(const struct prompt *prompt)
{
    int64_t count = 0;

    for (size_t i = json_array_size(prompt->messages); i-- > 0;) {
        const json_t *content = jsonx_arr(json_array_get(prompt->messages, i), "content");
        const json_t *last = json_array_get(content, json_array_size(content) - 1);
        const char *type = jsonx_str(last, "type", "");
        if (strcmp(type, "call") == 0)
            count++;
        else if (strcmp(type, "result") != 0)
            break;
    }
    return count;
}

static void *demo_start(const struct ask *ask, const struct sink *sink)
{
    struct demo *demo = xcalloc(1, sizeof *demo);
    const json_t *results = prompt_results(ask->prompt), *messages = ask->prompt->messages;
    const json_t *newest = jsonx_arr(json_array_get(messages, json_array_size(messages) - 1), "content");

    demo->sink = *sink;
    demo_script_read(&demo->script, prompt_asked(ask->prompt), ask->demo_rate);
    demo_script_files(&demo->script, newest);
    if (ask->prompt->system && strcmp(ask->prompt->system, title_system) == 0)
        demo_script_title(&demo->script, prompt_asked(ask->prompt), TITLE_WORDS);
    if (results)
        demo_script_results(&demo->script, results, rounds(ask->prompt));
    demo->whole = demo->script.chunks > 0 ? demo->script.chunks : (int64_t)strlen(demo->script.text);
    demo->words.random = demo->script.seed;
    demo->usage.input = (int64_t)((prompt_bytes(ask->prompt) + DEMO_BYTES_A_TOKEN - 1) / DEMO_BYTES_A_TOKEN);
    buf_init(&demo->invented, DEMO_BLOCK_TEXT_MAX);
    uv_timer_init(ask->loop, &demo->timer);
    uv_idle_init(ask->loop, &demo->idle);
    demo->timer.data = demo->idle.data = demo;
    demo->handles = DEMO_HANDLES;
    uv_timer_start(&demo->timer, begin, (uint64_t)demo->script.slow_ms, 0);
    return demo;
}

const struct provider provider_demo = {.api = "demo", .start = demo_start, .cancel = demo_cancel};
