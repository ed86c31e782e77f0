/* OpenAI's Chat Completions, as it and many other servers speak it (Ollama, llama.cpp, vLLM, OpenRouter, LM
 * Studio...). What they differ in: where reasoning is, content that is null, roles late or never, no [DONE]
 * at the end. */
#include "daemon/agent/context.h"
#include "daemon/agent/exchange.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENAI_CALLS_MAX = 256, OPENAI_NO_BLOCK = -1 };

/* --- the request --- */

static json_t *body_of(const struct ask *ask)
{
    const struct state *state = ask->state;
    json_t *body = json_object(), *messages = context_messages(state);

    if (state->system && *state->system) {
        json_t *system = json_object();

        jsonx_set_str(system, "role", "system");
        jsonx_set_str(system, "content", state->system);
        json_array_insert_new(messages, 0, system);
    }
    jsonx_set_str(body, "model", ask->model);
    json_object_set_new(body, "messages", messages);
    json_object_set_new(body, "stream", json_true());
    json_object_set_new(body, "stream_options", json_pack("{s:b}", "include_usage", 1));
    if (state->temperature >= 0)
        json_object_set_new(body, "temperature", json_real(state->temperature));
    if (state->max_tokens > 0)
        jsonx_set_int(body, "max_tokens", state->max_tokens);
    return body;
}

static void openai_request(const struct ask *ask, struct dialect_request *request)
{
    json_t *body = body_of(ask);
    size_t i = 0;

    request->url = dialect_url(ask->base_url, "/chat/completions");
    request->headers[i++] = xstrdup("Content-Type: application/json");
    request->headers[i++] = xstrdup("Accept: text/event-stream");
    if (ask->key && *ask->key)
        request->headers[i++] = xasprintf("Authorization: Bearer %s", ask->key);
    request->body = jsonx_dump(body, &request->body_len);
    json_decref(body);
}

/* --- the stream --- */

struct call {
    int64_t index; /* the server's; its fragments may interleave with others' */
    unsigned block;
};

struct decoder {
    const struct sink *sink;
    int64_t current; /* the text or reasoning block that grows; OPENAI_NO_BLOCK if none */
    enum block_kind current_kind;
    struct call calls[OPENAI_CALLS_MAX];
    size_t call_count;
    bool refused;
    bool finished; /* a finish_reason was seen */
};

static void *openai_open(const struct sink *sink)
{
    struct decoder *decoder = xcalloc(1, sizeof *decoder);

    decoder->sink = sink;
    decoder->current = OPENAI_NO_BLOCK;
    return decoder;
}

static void grow(struct decoder *decoder, enum block_kind kind, const json_t *text)
{
    const struct sink *sink = decoder->sink;

    if (json_string_length(text) == 0)
        return;
    if (decoder->current == OPENAI_NO_BLOCK || decoder->current_kind != kind) {
        decoder->current = sink->begin(sink->arg, kind, NULL, NULL);
        decoder->current_kind = kind;
    }
    sink->delta(sink->arg, (unsigned)decoder->current, json_string_value(text), json_string_length(text));
}

/* One fragment of a call; index tells calls apart. parts: its "function" or "custom" object. */
static void grow_call(struct decoder *decoder, int64_t index, const json_t *fragment, const json_t *parts)
{
    const struct sink *sink = decoder->sink;
    const char *id = jsonx_str(fragment, "id", NULL), *name = jsonx_str(parts, "name", NULL);
    size_t i = 0;

    while (i < decoder->call_count && decoder->calls[i].index != index)
        i++;
    if (i == decoder->call_count) {
        if (i == OPENAI_CALLS_MAX)
            return;
        decoder->calls[i].index = index;
        decoder->calls[i].block = sink->begin(sink->arg, BLOCK_TOOL_CALL, id, name ? name : "");
        decoder->call_count++;
        decoder->current = OPENAI_NO_BLOCK;
    }
    const json_t *input = json_object_get(parts, "arguments");
    if (!input)
        input = json_object_get(parts, "input");
    if (json_string_length(input) > 0)
        sink->delta(sink->arg, decoder->calls[i].block, json_string_value(input), json_string_length(input));
}

static void take_calls(struct decoder *decoder, const json_t *delta)
{
    const json_t *calls = jsonx_arr(delta, "tool_calls"), *old = jsonx_obj(delta, "function_call"), *call;
    size_t i;

    json_array_foreach(calls, i, call)
    {
        const json_t *function = jsonx_obj(call, "function"), *custom = jsonx_obj(call, "custom");
        if (function || custom)
            grow_call(decoder, jsonx_int(call, "index", (int64_t)i), call, function ? function : custom);
    }
    if (old)
        grow_call(decoder, -1, old, old);
}

static void take_delta(struct decoder *decoder, const json_t *delta)
{
    const json_t *reasoning = json_object_get(delta, "reasoning_content");
    const json_t *refusal = json_object_get(delta, "refusal");

    grow(decoder, BLOCK_REASONING,
         json_is_string(reasoning) ? reasoning : json_object_get(delta, "reasoning"));
    grow(decoder, BLOCK_TEXT, json_object_get(delta, "content"));
    grow(decoder, BLOCK_TEXT, refusal);
    decoder->refused |= json_string_length(refusal) > 0;
    take_calls(decoder, delta);
}

static void take_finish(struct decoder *decoder, const char *reason)
{
    static const char *const known[][2] = {
        {"stop", "end_turn"},
        {"length", "max_tokens"},
        {"tool_calls", "tool_use"},
        {"function_call", "tool_use"},
        {"content_filter", "content_filter"},
    };

    decoder->finished = true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], reason) == 0)
            decoder->sink->stop(decoder->sink->arg, decoder->refused && i == 0 ? "refusal" : known[i][1]);
}

static void take_usage(struct decoder *decoder, const json_t *from)
{
    struct usage usage = {
        .input = jsonx_int(from, "prompt_tokens", 0),
        .output = jsonx_int(from, "completion_tokens", 0),
        .cached = jsonx_int(jsonx_obj(from, "prompt_tokens_details"), "cached_tokens", 0),
        .reasoning = jsonx_int(jsonx_obj(from, "completion_tokens_details"), "reasoning_tokens", 0),
    };

    if (from)
        decoder->sink->usage(decoder->sink->arg, &usage);
}

/* False with the server's words in error if the chunk is a failure. */
static bool take_chunk(struct decoder *decoder, const char *name, const json_t *chunk, char *error)
{
    const json_t *choices = jsonx_arr(chunk, "choices"), *choice;
    const json_t *failure = json_object_get(chunk, "error");
    size_t i;

    if (strcmp(name, "error") == 0 || (failure && !json_is_null(failure))) {
        const char *said = dialect_error_text(chunk);
        snprintf(error, DIALECT_ERROR_MAX, "%s", said ? said : "the server said that it failed, but not why");
        return false;
    }
    json_array_foreach(choices, i, choice)
    {
        const char *finish = jsonx_str(choice, "finish_reason", NULL);

        if (jsonx_int(choice, "index", 0) != 0)
            continue; /* one answer was asked for */
        if (jsonx_obj(choice, "error")) {
            const char *said = dialect_error_text(choice);
            snprintf(error, DIALECT_ERROR_MAX, "%s", said ? said : "the server broke off");
            return false;
        }
        take_delta(decoder, jsonx_obj(choice, "delta"));
        if (finish)
            take_finish(decoder, finish);
    }
    take_usage(decoder, jsonx_obj(chunk, "usage"));
    return true;
}

static enum decoded openai_event(void *arg, const char *name, const char *data, size_t len, char *error)
{
    char why[160];

    if (len == 6 && memcmp(data, "[DONE]", 6) == 0)
        return DECODED_DONE;

    json_t *chunk = jsonx_parse(data, len, why);
    bool good = chunk != NULL;
    if (good)
        good = take_chunk(arg, name, chunk, error);
    else if (strcmp(name, "error") == 0)
        snprintf(error, DIALECT_ERROR_MAX, "%.*s", (int)(len < 512 ? len : 512), data);
    else
        snprintf(error, DIALECT_ERROR_MAX, "it sent an event that is not JSON: %s", why);
    json_decref(chunk);
    return good ? DECODED_MORE : DECODED_FAILED;
}

static bool openai_whole(void *arg)
{
    struct decoder *decoder = arg;

    return decoder->finished;
}

const struct dialect dialect_openai = {
    .retry_after_min_ms = 0,
    .retry_after_max_ms = 60000,
    .request = openai_request,
    .open = openai_open,
    .event = openai_event,
    .whole = openai_whole,
    .close = free,
};

static void *openai_start(const struct ask *ask, const struct sink *sink)
{
    return exchange_start(&dialect_openai, ask, sink);
}

const struct provider provider_openai = {.api = "openai", .start = openai_start, .cancel = exchange_cancel};
