/* A reply is gathered whole here, not passed on: nobody but the asker sees it. What it exceeds its bound by
 * is dropped, as a model's own limit would. */
#include "daemon/agent/sample.h"
#include "daemon/agent/provider.h"
#include "daemon/agent/result.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_REPLY_MAX = 1 << 20 /* bytes of all blocks */, SAMPLE_BLOCKS_MAX = 256 };

struct part {
    enum block_kind kind;
    char *id, *name;
    struct buf text;
};

struct sample {
    uv_timer_t later; /* so that a failure to begin is not said from within sample_start */
    struct sample_handler handler;
    const struct provider *provider;
    void *run; /* NULL before and after */
    struct part *parts;
    unsigned count;
    size_t bytes;
    bool full;
    char *author, *stop;
    char error[256];
    struct usage usage;
};

static void freed(uv_handle_t *handle)
{
    struct sample *sample = handle->data;

    for (unsigned i = 0; i < sample->count; i++) {
        free(sample->parts[i].id);
        free(sample->parts[i].name);
        buf_free(&sample->parts[i].text);
    }
    free(sample->parts);
    free(sample->author);
    free(sample->stop);
    free(sample);
}

void sample_cancel(struct sample **slot)
{
    struct sample *sample = *slot;

    *slot = NULL;
    if (!sample)
        return;
    if (sample->run)
        sample->provider->cancel(sample->run);
    sample->run = NULL;
    uv_close((uv_handle_t *)&sample->later, freed);
}

/* --- the end --- */

static json_t *content_of(const struct part *part)
{
    json_t *content = json_object();

    if (part->kind == BLOCK_TEXT) {
        jsonx_set_str(content, "type", "text");
        jsonx_set_strn(content, "text", part->text.data, part->text.len);
    } else {
        json_t *input = jsonx_parse(part->text.data, part->text.len, NULL);
        jsonx_set_str(content, "type", "tool_use");
        jsonx_set_str(content, "id", part->id);
        jsonx_set_str(content, "name", part->name);
        json_object_set_new(content, "input", json_is_object(input) ? json_incref(input) : json_object());
        json_decref(input);
    }
    return content;
}

static const char *stop_of(const struct sample *sample)
{
    static const char *const known[][2] = {{"end_turn", "endTurn"},
                                           {"stop_sequence", "stopSequence"},
                                           {"max_tokens", "maxTokens"},
                                           {"tool_use", "toolUse"}};
    const char *stop = sample->full ? "max_tokens" : sample->stop ? sample->stop : "end_turn";

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], stop) == 0)
            return known[i][1];
    return stop;
}

/* One content stands alone, as all revisions of the protocol know it; several are a list. */
static json_t *result_of(const struct sample *sample)
{
    json_t *result = json_object(), *contents = json_array();

    for (unsigned i = 0; i < sample->count; i++)
        if (sample->parts[i].kind == BLOCK_TOOL_CALL ||
            (sample->parts[i].kind == BLOCK_TEXT && sample->parts[i].text.len > 0))
            json_array_append_new(contents, content_of(&sample->parts[i]));
    if (json_array_size(contents) == 0)
        json_array_append_new(contents, json_pack("{s:s,s:s}", "type", "text", "text", ""));
    jsonx_set_str(result, "role", "assistant");
    json_object_set(result, "content",
                    json_array_size(contents) == 1 ? json_array_get(contents, 0) : contents);
    jsonx_set_str(result, "model", sample->author);
    jsonx_set_str(result, "stopReason", stop_of(sample));
    json_decref(contents);
    return result;
}

static void finish(struct sample *sample, const char *why)
{
    struct sample_handler handler = sample->handler;
    json_t *result = why ? NULL : result_of(sample), *usage = json_object();

    jsonx_set_int(usage, "input", sample->usage.input);
    jsonx_set_int(usage, "output", sample->usage.output);
    jsonx_set_int(usage, "cached", sample->usage.cached);
    jsonx_set_int(usage, "reasoning", sample->usage.reasoning);
    sample->run = NULL;
    sample_cancel(&sample);
    handler.done(handler.arg, result, usage, why);
    json_decref(result);
    json_decref(usage);
}

static void on_later(uv_timer_t *timer)
{
    struct sample *sample = timer->data;

    finish(sample, sample->error);
}

/* --- the sink --- */

static unsigned on_begin(void *arg, enum block_kind kind, const char *id, const char *name)
{
    struct sample *sample = arg;

    if (sample->count == SAMPLE_BLOCKS_MAX) {
        sample->full = true;
        return sample->count;
    }
    sample->parts = xreallocarray(sample->parts, sample->count + 1, sizeof *sample->parts);
    struct part *part = &sample->parts[sample->count];
    *part = (struct part){.kind = kind, .id = xstrdup_null(id), .name = xstrdup_null(name)};
    buf_init(&part->text, SAMPLE_REPLY_MAX);
    return sample->count++;
}

static void on_delta(void *arg, unsigned block, const char *text, size_t len)
{
    struct sample *sample = arg;
    size_t room = SAMPLE_REPLY_MAX - sample->bytes;

    if (block >= sample->count)
        return;
    sample->full |= len > room;
    len = utf8_cut(text, len, room < len ? room : len);
    buf_put(&sample->parts[block].text, text, len);
    sample->bytes += len;
}

static void on_signature(void *arg, unsigned block, const char *text)
{
    (void)arg;
    (void)block;
    (void)text;
}

static void on_usage(void *arg, const struct usage *usage)
{
    struct sample *sample = arg;

    sample->usage = *usage;
}

static void on_stop(void *arg, const char *reason)
{
    struct sample *sample = arg;

    free(sample->stop);
    sample->stop = xstrdup(reason);
}

static void on_retrying(void *arg, int attempt, int limit, int64_t delay_ms, const char *why)
{
    (void)arg;
    (void)attempt;
    (void)limit;
    (void)delay_ms;
    (void)why;
}

static void on_failed(void *arg, enum ask_failure failure, const char *text)
{
    (void)failure;
    finish(arg, text);
}

static void on_done(void *arg)
{
    finish(arg, NULL);
}

/* --- what is asked --- */

static void add_result(struct prompt *prompt, const json_t *content)
{
    struct result_place place = {.name = "sample", .max = STATE_TEXT_MAX};
    struct result result;
    json_t *block = json_object();

    result_read(content, &place, &result);
    jsonx_set_str(block, "type", "result");
    jsonx_set_str(block, "id", jsonx_str(content, "toolUseId", ""));
    jsonx_set_str(block, "text", result.text);
    if (result.state != CALL_DONE)
        json_object_set_new(block, "failed", json_true());
    prompt_add(prompt, "user", block);
    result_clear(&result);
}

static void add_call(struct prompt *prompt, const json_t *content)
{
    json_t *block = json_object();
    const json_t *input = jsonx_obj(content, "input");
    char *text = input ? jsonx_dump(input, &(size_t){0}) : xstrdup("{}");

    jsonx_set_str(block, "type", "call");
    jsonx_set_str(block, "id", jsonx_str(content, "id", ""));
    jsonx_set_str(block, "name", jsonx_str(content, "name", ""));
    jsonx_set_str(block, "input", text);
    prompt_add(prompt, "assistant", block);
    free(text);
}

static void add_content(struct prompt *prompt, const char *role, const json_t *content)
{
    const char *type = jsonx_str(content, "type", "");

    if (strcmp(type, "text") == 0) {
        prompt_add_text(prompt, role, jsonx_str(content, "text", ""));
    } else if (strcmp(type, "image") == 0 || strcmp(type, "audio") == 0) {
        json_t *block = json_object();
        jsonx_set_str(block, "type", type);
        jsonx_set_str(block, "mime", jsonx_str(content, "mimeType", ""));
        jsonx_set_str(block, "data", jsonx_str(content, "data", ""));
        prompt_add(prompt, role, block);
    } else if (strcmp(type, "tool_use") == 0) {
        add_call(prompt, content);
    } else if (strcmp(type, "tool_result") == 0) {
        add_result(prompt, content);
    }
}

static void add_messages(struct prompt *prompt, const json_t *messages)
{
    const json_t *message, *part;
    size_t i, k;

    json_array_foreach(messages, i, message)
    {
        const json_t *content = json_object_get(message, "content");
        const char *role = strcmp(jsonx_str(message, "role", ""), "assistant") == 0 ? "assistant" : "user";

        if (json_is_object(content))
            add_content(prompt, role, content);
        json_array_foreach(content, k, part)
        {
            add_content(prompt, role, part);
        }
    }
}

static void add_tools(struct prompt *prompt, const json_t *tools)
{
    const json_t *tool;
    size_t i;

    json_array_foreach(tools, i, tool)
    {
        json_t *offer = json_object();
        jsonx_set_str(offer, "name", jsonx_str(tool, "name", ""));
        jsonx_set_str(offer, "description", jsonx_str(tool, "description", NULL));
        json_object_set(offer, "schema", json_object_get(tool, "inputSchema"));
        json_array_append_new(prompt->tools, offer);
    }
}

static void read_params(const json_t *params, struct prompt *prompt)
{
    const char *choice = jsonx_str(jsonx_obj(params, "toolChoice"), "mode", "");
    json_t *stop = jsonx_arr(params, "stopSequences");

    prompt_init(prompt);
    prompt->system = xstrdup_null(jsonx_str(params, "systemPrompt", NULL));
    prompt->temperature = jsonx_real(params, "temperature", -1);
    prompt->max_tokens = jsonx_int(params, "maxTokens", -1);
    if (strcmp(choice, "auto") == 0 || strcmp(choice, "required") == 0 || strcmp(choice, "none") == 0)
        prompt->choice = xstrdup(choice);
    if (json_array_size(stop) > 0)
        prompt->stop = json_incref(stop);
    add_tools(prompt, jsonx_arr(params, "tools"));
    add_messages(prompt, jsonx_arr(params, "messages"));
}

struct sample *sample_start(uv_loop_t *loop, struct http *http, const json_t *order, const json_t *params,
                            const struct sample_handler *handler)
{
    struct sample *sample = xcalloc(1, sizeof *sample);
    struct prompt prompt;
    struct ask ask;
    struct sink sink = {.arg = sample,
                        .begin = on_begin,
                        .delta = on_delta,
                        .signature = on_signature,
                        .usage = on_usage,
                        .stop = on_stop,
                        .retrying = on_retrying,
                        .failed = on_failed,
                        .done = on_done};

    sample->handler = *handler;
    sample->author = provider_author(order);
    uv_timer_init(loop, &sample->later);
    sample->later.data = sample;
    sample->provider = provider_order(order, &ask, sample->error);
    if (!sample->provider) {
        uv_timer_start(&sample->later, on_later, 0, 0);
        return sample;
    }
    read_params(params, &prompt);
    ask.loop = loop;
    ask.http = http;
    ask.prompt = &prompt;
    sample->run = sample->provider->start(&ask, &sink);
    prompt_clear(&prompt);
    return sample;
}
