/* OpenAI's Chat Completions, as it and many other servers speak it (Ollama, llama.cpp, vLLM, OpenRouter, LM
 * Studio...). What they differ in: where reasoning is, content that is null, roles late or never, no [DONE]
 * at the end. */
#include "daemon/agent/exchange.h"
#include "daemon/agent/stencil.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPENAI_CALLS_MAX = 256,
    OPENAI_NO_BLOCK = -1,
    OPENAI_DESCRIPTION_MAX = 1024 /* bytes; the vendor refuses a longer one */
};

/* --- the request --- */

static json_t *message_new(const char *role)
{
    json_t *message = json_object();

    jsonx_set_str(message, "role", role);
    return message;
}

static json_t *image_part(const json_t *said)
{
    char *url = xasprintf("data:%s;base64,%s", jsonx_str(said, "mime", ""), jsonx_str(said, "data", ""));
    json_t *part = json_pack("{s:s,s:{s:s}}", "type", "image_url", "image_url", "url", url);

    free(url);
    return part;
}

static json_t *audio_part(const json_t *said)
{
    const char *slash = strchr(jsonx_str(said, "mime", ""), '/');
    const char *format = slash ? slash + 1 : "wav";

    return json_pack("{s:s,s:{s:s,s:s}}", "type", "input_audio", "input_audio", "data",
                     jsonx_str(said, "data", ""), "format",
                     strcmp(format, "mpeg") == 0    ? "mp3"
                     : strcmp(format, "x-wav") == 0 ? "wav"
                                                    : format);
}

/* A string where there is text alone, which every server takes; else parts. */
static void set_content(json_t *message, const json_t *said, size_t from)
{
    json_t *parts = json_array(), *only;
    char *text;

    for (size_t i = from; i < json_array_size(said);) {
        const json_t *block = json_array_get(said, i);
        const char *type = jsonx_str(block, "type", "");
        size_t next = prompt_text(said, i, &text);

        if (text)
            json_array_append_new(parts, json_pack("{s:s,s:s}", "type", "text", "text", text));
        else if (strcmp(type, "image") == 0)
            json_array_append_new(parts, image_part(block));
        else if (strcmp(type, "audio") == 0)
            json_array_append_new(parts, audio_part(block));
        free(text);
        i = next > i ? next : i + 1;
    }
    only = json_array_size(parts) == 1 ? json_object_get(json_array_get(parts, 0), "text") : NULL;
    json_object_set(message, "content", only ? only : json_array_size(parts) > 0 ? parts : json_null());
    json_decref(parts);
}

static json_t *call_of(const json_t *said)
{
    json_t *call = json_object(), *function = json_object();
    const char *input = jsonx_str(said, "input", "");

    json_object_set(call, "id", json_object_get(said, "id"));
    jsonx_set_str(call, "type", "function");
    json_object_set(function, "name", json_object_get(said, "name"));
    jsonx_set_str(function, "arguments", *input ? input : "{}");
    json_object_set_new(call, "function", function);
    return call;
}

/* Texts between calls are joined before them: a message has one content and one list of calls. */
static void add_reply(json_t *messages, const json_t *said)
{
    json_t *message = message_new("assistant"), *texts = json_array(), *calls = json_array();
    const json_t *block;
    char *text;
    size_t i;

    json_array_foreach(said, i, block)
    {
        const char *type = jsonx_str(block, "type", "");
        if (strcmp(type, "text") == 0)
            json_array_append(texts, (json_t *)block);
        else if (strcmp(type, "call") == 0)
            json_array_append_new(calls, call_of(block));
    }
    prompt_text(texts, 0, &text);
    json_object_set_new(message, "content", text ? json_string(text) : json_null());
    bool calling = json_array_size(calls) > 0;
    if (calling)
        json_object_set(message, "tool_calls", calls);
    if (text || calling)
        json_array_append(messages, message);
    free(text);
    json_decref(texts);
    json_decref(calls);
    json_decref(message);
}

/* A result is a message of its own. */
static void add_user(json_t *messages, const json_t *said)
{
    size_t i = 0;
    const json_t *block;

    for (; (block = json_array_get(said, i)) && strcmp(jsonx_str(block, "type", ""), "result") == 0; i++) {
        json_t *message = message_new("tool");
        json_object_set(message, "tool_call_id", json_object_get(block, "id"));
        json_object_set(message, "content", json_object_get(block, "text"));
        json_array_append_new(messages, message);
    }
    if (i < json_array_size(said)) {
        json_t *message = message_new("user");
        set_content(message, said, i);
        json_array_append_new(messages, message);
    }
}

static json_t *messages_of(const struct prompt *prompt)
{
    json_t *messages = json_array();
    const json_t *said;
    size_t i;

    if (prompt->system && *prompt->system) {
        json_t *system = message_new("system");
        jsonx_set_str(system, "content", prompt->system);
        json_array_append_new(messages, system);
    }
    json_array_foreach(prompt->messages, i, said)
    {
        if (strcmp(jsonx_str(said, "role", ""), "user") == 0)
            add_user(messages, jsonx_arr(said, "content"));
        else
            add_reply(messages, jsonx_arr(said, "content"));
    }
    return messages;
}

static void add_tools(json_t *body, const struct prompt *prompt)
{
    json_t *tools = json_array();
    const json_t *offered;
    size_t i;

    json_array_foreach(prompt->tools, i, offered)
    {
        json_t *tool = json_object(), *function = json_object();
        const json_t *schema = json_object_get(offered, "schema");
        const char *said = jsonx_str(offered, "description", "");

        jsonx_set_str(tool, "type", "function");
        json_object_set(function, "name", json_object_get(offered, "name"));
        jsonx_set_strn(function, "description", said, utf8_cut(said, strlen(said), OPENAI_DESCRIPTION_MAX));
        json_object_set_new(function, "parameters",
                            json_is_object(schema) ? json_copy((json_t *)schema) : json_object());
        jsonx_set_str(jsonx_obj(function, "parameters"), "type", "object");
        json_object_set_new(tool, "function", function);
        json_array_append_new(tools, tool);
    }
    json_object_set_new(body, "tools", tools);
    jsonx_set_str(body, "tool_choice", prompt->choice);
}

static json_t *body_of(const struct ask *ask)
{
    const struct prompt *prompt = ask->prompt;
    json_t *body = json_object();

    jsonx_set_str(body, "model", ask->model);
    json_object_set_new(body, "messages", messages_of(prompt));
    if (prompt_has_tools(prompt))
        add_tools(body, prompt);
    json_object_set_new(body, "stream", json_true());
    json_object_set_new(body, "stream_options", json_pack("{s:b}", "include_usage", 1));
    if (prompt->temperature >= 0)
        json_object_set_new(body, "temperature", json_real(prompt->temperature));
    if (prompt->max_tokens > 0)
        jsonx_set_int(body, "max_tokens", prompt->max_tokens);
    if (prompt->stop)
        json_object_set(body, "stop", prompt->stop);
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
    bool finished;       /* a finish_reason was seen */
    struct stencil text; /* of chunks that bring text and nothing else: nearly all of them */
};

static void *openai_open(const struct sink *sink)
{
    struct decoder *decoder = xcalloc(1, sizeof *decoder);

    decoder->sink = sink;
    decoder->current = OPENAI_NO_BLOCK;
    stencil_init(&decoder->text);
    return decoder;
}

static void openai_close(void *arg)
{
    struct decoder *decoder = arg;

    stencil_clear(&decoder->text);
    free(decoder);
}

static void grow(struct decoder *decoder, enum block_kind kind, const char *text, size_t len)
{
    const struct sink *sink = decoder->sink;

    if (len == 0)
        return;
    if (decoder->current == OPENAI_NO_BLOCK || decoder->current_kind != kind) {
        decoder->current = sink->begin(sink->arg, kind, NULL, NULL);
        decoder->current_kind = kind;
    }
    sink->delta(sink->arg, (unsigned)decoder->current, text, len);
}

static void grow_json(struct decoder *decoder, enum block_kind kind, const json_t *text)
{
    grow(decoder, kind, json_string_value(text), json_string_length(text));
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

    grow_json(decoder, BLOCK_REASONING,
              json_is_string(reasoning) ? reasoning : json_object_get(delta, "reasoning"));
    grow_json(decoder, BLOCK_TEXT, json_object_get(delta, "content"));
    grow_json(decoder, BLOCK_TEXT, refusal);
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

static bool is_nothing(const json_t *value)
{
    return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

/* The text of a chunk of which nothing else was of any effect, so that another one that differs in its text
 * alone would be no different; NULL if there is more to it. */
static const char *text_alone(const json_t *chunk)
{
    json_t *choices = jsonx_arr(chunk, "choices"), *choice = json_array_get(choices, 0), *value;
    json_t *delta = jsonx_obj(choice, "delta");
    const char *key;

    if (json_array_size(choices) != 1 || jsonx_obj(chunk, "usage") || jsonx_int(choice, "index", 0) != 0 ||
        jsonx_str(choice, "finish_reason", NULL))
        return NULL;
    json_object_foreach(delta, key, value)
    {
        if (strcmp(key, "content") != 0 && strcmp(key, "role") != 0 && !is_nothing(value))
            return NULL;
    }
    return jsonx_str(delta, "content", NULL);
}

static enum decoded openai_event(void *arg, const char *name, const char *data, size_t len, char *error)
{
    struct decoder *decoder = arg;
    const char *text;
    size_t text_len;
    char why[160];

    if (len == 6 && memcmp(data, "[DONE]", 6) == 0)
        return DECODED_DONE;
    if (*name == '\0' && stencil_match(&decoder->text, data, len, &text, &text_len)) {
        grow(decoder, BLOCK_TEXT, text, text_len);
        return DECODED_MORE;
    }

    json_t *chunk = jsonx_parse(data, len, why);
    bool good = chunk != NULL;
    if (good)
        good = take_chunk(decoder, name, chunk, error);
    else if (strcmp(name, "error") == 0)
        snprintf(error, DIALECT_ERROR_MAX, "%.*s", (int)(len < 512 ? len : 512), data);
    else
        snprintf(error, DIALECT_ERROR_MAX, "it sent an event that is not JSON: %s", why);
    text = good && *name == '\0' ? text_alone(chunk) : NULL;
    if (text)
        stencil_learn(&decoder->text, data, len, "content", text);
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
    .close = openai_close,
};

static void *openai_start(const struct ask *ask, const struct sink *sink)
{
    return exchange_start(&dialect_openai, ask, sink);
}

const struct provider provider_openai = {.api = "openai", .start = openai_start, .cancel = exchange_cancel};
