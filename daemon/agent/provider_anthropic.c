/* Anthropic's Messages API. Blocks come one after the other and are named by an index; those that we did not
 * ask for (tools run by the server, and what is not known yet) are skipped. */
#include "daemon/agent/exchange.h"
#include "daemon/agent/stencil.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANTHROPIC_MAX_TOKENS = 8192, /* the API wants a number */
    ANTHROPIC_BLOCKS_MAX = 256
};

/* --- the request --- */

static json_t *block_new(const char *type)
{
    json_t *block = json_object();

    jsonx_set_str(block, "type", type);
    return block;
}

/* What ends here may be kept by the server for the next request. A block of reasoning takes no such mark. */
static void mark(json_t *block)
{
    if (block && !json_object_get(block, "thinking") && !json_object_get(block, "data"))
        json_object_set_new(block, "cache_control", json_pack("{s:s}", "type", "ephemeral"));
}

static json_t *text_block(const char *text)
{
    json_t *block = block_new("text");

    jsonx_set_str(block, "text", text);
    return block;
}

static json_t *call_block(const json_t *said)
{
    json_t *block = block_new("tool_use");
    const char *text = jsonx_str(said, "input", "");
    json_t *input = jsonx_parse(text, strlen(text), NULL);

    if (!json_is_object(input)) {
        json_decref(input);
        input = json_object();
    }
    json_object_set(block, "id", json_object_get(said, "id"));
    json_object_set(block, "name", json_object_get(said, "name"));
    json_object_set_new(block, "input", input);
    return block;
}

static json_t *result_block(const json_t *said)
{
    json_t *block = block_new("tool_result");
    const char *text = jsonx_str(said, "text", "");

    json_object_set(block, "tool_use_id", json_object_get(said, "id"));
    if (text[strspn(text, " \t\r\n")]) /* a blank text is refused, no content is not */
        json_object_set_new(block, "content", json_pack("[o]", text_block(text)));
    if (jsonx_bool(said, "failed", false))
        json_object_set_new(block, "is_error", json_true());
    return block;
}

/* Reasoning goes back exactly as it came; what this API can't take is named. */
static json_t *other_block(const json_t *said, const char *type)
{
    json_t *block;

    if (strcmp(type, "reasoning") == 0) {
        block = block_new("thinking");
        json_object_set(block, "thinking", json_object_get(said, "text"));
        json_object_set(block, "signature", json_object_get(said, "signature"));
    } else if (strcmp(type, "redacted") == 0) {
        block = block_new("redacted_thinking");
        json_object_set(block, "data", json_object_get(said, "data"));
    } else if (strcmp(type, "image") == 0) {
        block = block_new("image");
        json_object_set_new(block, "source",
                            json_pack("{s:s,s:s,s:s}", "type", "base64", "media_type",
                                      jsonx_str(said, "mime", ""), "data", jsonx_str(said, "data", "")));
    } else {
        char *text = xasprintf("[%s %s, which this model can't take]", type, jsonx_str(said, "mime", ""));
        block = text_block(text);
        free(text);
    }
    return block;
}

static json_t *content_of(const json_t *said)
{
    json_t *content = json_array();
    char *text;

    for (size_t i = 0; i < json_array_size(said);) {
        const json_t *block = json_array_get(said, i);
        const char *type = jsonx_str(block, "type", "");
        size_t next = prompt_text(said, i, &text);

        if (text)
            json_array_append_new(content, text_block(text));
        else if (strcmp(type, "call") == 0)
            json_array_append_new(content, call_block(block));
        else if (strcmp(type, "result") == 0)
            json_array_append_new(content, result_block(block));
        else
            json_array_append_new(content, other_block(block, type));
        free(text);
        i = next > i ? next : i + 1;
    }
    return content;
}

static json_t *messages_of(const struct prompt *prompt)
{
    json_t *messages = json_array(), *content = NULL;
    const json_t *said;
    size_t i;

    json_array_foreach(prompt->messages, i, said)
    {
        json_t *message = json_object();
        content = content_of(jsonx_arr(said, "content"));
        json_object_set(message, "role", json_object_get(said, "role"));
        json_object_set_new(message, "content", content);
        json_array_append_new(messages, message);
    }
    mark(json_array_get(content, json_array_size(content) - 1));
    return messages;
}

/* The API refuses a whole request for one tool whose schema has alternatives at its top. */
static json_t *schema_of(const json_t *schema)
{
    json_t *copy = json_is_object(schema) ? json_copy((json_t *)schema) : json_object();

    json_object_del(copy, "oneOf");
    json_object_del(copy, "anyOf");
    json_object_del(copy, "allOf");
    jsonx_set_str(copy, "type", "object");
    return copy;
}

static void add_tools(json_t *body, const struct prompt *prompt)
{
    json_t *tools = json_array(), *tool = NULL;
    const json_t *offered;
    size_t i;

    json_array_foreach(prompt->tools, i, offered)
    {
        tool = json_object();
        json_object_set(tool, "name", json_object_get(offered, "name"));
        jsonx_set_str(tool, "description", jsonx_str(offered, "description", NULL));
        json_object_set_new(tool, "input_schema", schema_of(json_object_get(offered, "schema")));
        json_array_append_new(tools, tool);
    }
    mark(tool);
    json_object_set_new(body, "tools", tools);
    if (prompt->choice)
        json_object_set_new(
            body, "tool_choice",
            json_pack("{s:s}", "type", strcmp(prompt->choice, "required") == 0 ? "any" : prompt->choice));
}

static json_t *body_of(const struct ask *ask)
{
    const struct prompt *prompt = ask->prompt;
    json_t *body = json_object();

    jsonx_set_str(body, "model", ask->model);
    jsonx_set_int(body, "max_tokens", prompt->max_tokens > 0 ? prompt->max_tokens : ANTHROPIC_MAX_TOKENS);
    if (prompt->system && *prompt->system) {
        json_t *system = text_block(prompt->system);
        mark(system);
        json_object_set_new(body, "system", json_pack("[o]", system));
    }
    if (prompt_has_tools(prompt))
        add_tools(body, prompt);
    json_object_set_new(body, "messages", messages_of(prompt));
    json_object_set_new(body, "stream", json_true());
    if (prompt->temperature >= 0)
        json_object_set_new(body, "temperature",
                            json_real(prompt->temperature > 1 ? 1 : prompt->temperature));
    if (prompt->stop)
        json_object_set(body, "stop_sequences", prompt->stop);
    return body;
}

static void anthropic_request(const struct ask *ask, struct dialect_request *request)
{
    json_t *body = body_of(ask);
    char *plain = dialect_url(ask->base_url, "");
    size_t len = strlen(plain), i = 0;
    bool versioned = len >= 3 && strcmp(plain + len - 3, "/v1") == 0;

    request->url = dialect_url(plain, versioned ? "/messages" : "/v1/messages");
    request->headers[i++] = xstrdup("Content-Type: application/json");
    request->headers[i++] = xstrdup("Accept: text/event-stream");
    request->headers[i++] = xstrdup("anthropic-version: 2023-06-01");
    if (ask->key && *ask->key)
        request->headers[i++] = xasprintf("x-api-key: %s", ask->key);
    request->body = jsonx_dump(body, &request->body_len);
    json_decref(body);
    free(plain);
}

/* --- the stream --- */

struct open_block {
    enum block_kind kind; /* BLOCK_KIND_COUNT: skipped, or not begun */
    unsigned block;
    bool has_input;
    json_t *input; /* of a call whose block came with it, until its end */
};

struct decoder {
    const struct sink *sink;
    struct open_block blocks[ANTHROPIC_BLOCKS_MAX];
    int64_t input, cache_read, cache_written, output, thinking; /* tokens so far */
    struct stencil text;           /* of pieces of text, nearly all of what comes */
    struct open_block *text_block; /* that they are for, where text is known */
};

static void *anthropic_open(const struct sink *sink)
{
    struct decoder *decoder = xcalloc(1, sizeof *decoder);

    decoder->sink = sink;
    for (size_t i = 0; i < ANTHROPIC_BLOCKS_MAX; i++)
        decoder->blocks[i].kind = BLOCK_KIND_COUNT;
    stencil_init(&decoder->text);
    return decoder;
}

static void anthropic_close(void *arg)
{
    struct decoder *decoder = arg;

    for (size_t i = 0; i < ANTHROPIC_BLOCKS_MAX; i++)
        json_decref(decoder->blocks[i].input);
    stencil_clear(&decoder->text);
    free(decoder);
}

/* The block that the event names; NULL if its index is out of bounds. */
static struct open_block *block_of(struct decoder *decoder, const json_t *event)
{
    int64_t index = jsonx_int(event, "index", -1);

    return index >= 0 && index < ANTHROPIC_BLOCKS_MAX ? &decoder->blocks[index] : NULL;
}

static void grow_by(struct decoder *decoder, struct open_block *open, const char *text, size_t len)
{
    if (len == 0)
        return;
    open->has_input = true;
    decoder->sink->delta(decoder->sink->arg, open->block, text, len);
}

static void grow(struct decoder *decoder, struct open_block *open, const json_t *from, const char *key)
{
    const json_t *text = json_object_get(from, key);

    grow_by(decoder, open, json_string_value(text), json_string_length(text));
}

static void take_start(struct decoder *decoder, const json_t *event)
{
    static const struct {
        const char *type;
        enum block_kind kind;
        const char *key; /* where its first text may be */
    } known[] = {
        {"text", BLOCK_TEXT, "text"},
        {"thinking", BLOCK_REASONING, "thinking"},
        {"redacted_thinking", BLOCK_REDACTED, "data"},
        {"tool_use", BLOCK_TOOL_CALL, NULL},
    };
    const json_t *block = jsonx_obj(event, "content_block");
    const char *type = jsonx_str(block, "type", ""), *signature = jsonx_str(block, "signature", "");
    struct open_block *open = block_of(decoder, event);
    const struct sink *sink = decoder->sink;

    for (size_t i = 0; open && i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].type, type) != 0)
            continue;
        bool call = known[i].kind == BLOCK_TOOL_CALL;
        json_decref(open->input);
        *open = (struct open_block){.kind = known[i].kind, .input = NULL};
        open->block = sink->begin(sink->arg, open->kind, call ? jsonx_str(block, "id", "") : NULL,
                                  call ? jsonx_str(block, "name", "") : NULL);
        if (call)
            open->input = json_incref(jsonx_obj(block, "input"));
        else
            grow(decoder, open, block, known[i].key);
        if (open->kind == BLOCK_REASONING && *signature)
            sink->signature(sink->arg, open->block, signature);
    }
}

/* Citations and what else may come are skipped. */
static void take_delta(struct decoder *decoder, const json_t *event)
{
    const json_t *delta = jsonx_obj(event, "delta");
    const char *type = jsonx_str(delta, "type", "");
    struct open_block *open = block_of(decoder, event);

    if (!open)
        return;
    if (open->kind == BLOCK_TEXT && strcmp(type, "text_delta") == 0)
        grow(decoder, open, delta, "text");
    else if (open->kind == BLOCK_REASONING && strcmp(type, "thinking_delta") == 0)
        grow(decoder, open, delta, "thinking");
    else if (open->kind == BLOCK_TOOL_CALL && strcmp(type, "input_json_delta") == 0)
        grow(decoder, open, delta, "partial_json");
    else if (open->kind == BLOCK_REASONING && strcmp(type, "signature_delta") == 0)
        decoder->sink->signature(decoder->sink->arg, open->block, jsonx_str(delta, "signature", ""));
}

/* A call without arguments sends none; its input is an empty object, or what the start of the block held. */
static void take_stop(struct decoder *decoder, const json_t *event)
{
    struct open_block *open = block_of(decoder, event);
    size_t len;

    if (!open)
        return;
    if (open->kind == BLOCK_TOOL_CALL && !open->has_input) {
        char *input = open->input ? jsonx_dump(open->input, &len) : xstrdup("{}");
        decoder->sink->delta(decoder->sink->arg, open->block, input, strlen(input));
        free(input);
    }
    open->kind = BLOCK_KIND_COUNT;
}

/* Counts are totals so far; what is missing or null stays. */
static void take_usage(struct decoder *decoder, const json_t *from)
{
    decoder->input = jsonx_int(from, "input_tokens", decoder->input);
    decoder->cache_read = jsonx_int(from, "cache_read_input_tokens", decoder->cache_read);
    decoder->cache_written = jsonx_int(from, "cache_creation_input_tokens", decoder->cache_written);
    decoder->output = jsonx_int(from, "output_tokens", decoder->output);
    decoder->thinking =
        jsonx_int(jsonx_obj(from, "output_tokens_details"), "thinking_tokens", decoder->thinking);
    if (from) {
        struct usage usage = {.input = decoder->input + decoder->cache_read + decoder->cache_written,
                              .output = decoder->output,
                              .cached = decoder->cache_read,
                              .reasoning = decoder->thinking};
        decoder->sink->usage(decoder->sink->arg, &usage);
    }
}

static void take_stop_reason(struct decoder *decoder, const json_t *delta)
{
    static const char *const known[][2] = {
        {"end_turn", "end_turn"},
        {"max_tokens", "max_tokens"},
        {"stop_sequence", "stop_sequence"},
        {"tool_use", "tool_use"},
        {"pause_turn", "pause_turn"},
        {"refusal", "refusal"},
        {"model_context_window_exceeded", "context_window"},
    };
    const char *reason = jsonx_str(delta, "stop_reason", "");

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], reason) == 0)
            decoder->sink->stop(decoder->sink->arg, known[i][1]);
}

static void take_error(const json_t *event, char *error)
{
    const char *type = jsonx_str(jsonx_obj(event, "error"), "type", "error");
    const char *said = dialect_error_text(event);

    snprintf(error, DIALECT_ERROR_MAX, "%s: %s", type, said ? said : "no reason given");
}

static enum decoded take(struct decoder *decoder, const char *type, const json_t *event, char *error)
{
    if (strcmp(type, "content_block_delta") == 0) {
        take_delta(decoder, event);
    } else if (strcmp(type, "content_block_start") == 0) {
        take_start(decoder, event);
    } else if (strcmp(type, "content_block_stop") == 0) {
        take_stop(decoder, event);
    } else if (strcmp(type, "message_start") == 0) {
        take_usage(decoder, jsonx_obj(jsonx_obj(event, "message"), "usage"));
    } else if (strcmp(type, "message_delta") == 0) {
        take_usage(decoder, jsonx_obj(event, "usage"));
        take_stop_reason(decoder, jsonx_obj(event, "delta"));
    } else if (strcmp(type, "message_stop") == 0) {
        return DECODED_DONE;
    } else if (strcmp(type, "error") == 0) {
        take_error(event, error);
        return DECODED_FAILED;
    }
    return DECODED_MORE; /* ping, and what is not known yet */
}

/* Remembers an event that brought text, for those that differ from it in nothing else. */
static void learn(struct decoder *decoder, const json_t *event, const char *data, size_t len)
{
    const json_t *delta = jsonx_obj(event, "delta");
    const char *text = jsonx_str(delta, "text", NULL);

    if (strcmp(jsonx_str(event, "type", ""), "content_block_delta") != 0 || !text ||
        strcmp(jsonx_str(delta, "type", ""), "text_delta") != 0 || !block_of(decoder, event))
        return;
    decoder->text_block = block_of(decoder, event);
    stencil_learn(&decoder->text, data, len, "text", text);
}

static enum decoded anthropic_event(void *arg, const char *name, const char *data, size_t len, char *error)
{
    struct decoder *decoder = arg;
    const char *text;
    size_t text_len;
    char why[160];

    if (stencil_match(&decoder->text, data, len, &text, &text_len)) {
        if (decoder->text_block->kind == BLOCK_TEXT)
            grow_by(decoder, decoder->text_block, text, text_len);
        return DECODED_MORE;
    }
    json_t *event = jsonx_parse(data, len, why);
    enum decoded decoded = DECODED_FAILED;

    if (event)
        decoded = take(decoder, jsonx_str(event, "type", name), event, error);
    else
        snprintf(error, DIALECT_ERROR_MAX, "it sent an event that is not JSON: %s", why);
    if (decoded == DECODED_MORE)
        learn(decoder, event, data, len);
    json_decref(event);
    return decoded;
}

/* Only message_stop ends a message. */
static bool anthropic_whole(void *arg)
{
    (void)arg;
    return false;
}

const struct dialect dialect_anthropic = {
    .retry_after_min_ms = 1,
    .retry_after_max_ms = INT32_MAX,
    .request = anthropic_request,
    .open = anthropic_open,
    .event = anthropic_event,
    .whole = anthropic_whole,
    .close = anthropic_close,
};

static void *anthropic_start(const struct ask *ask, const struct sink *sink)
{
    return exchange_start(&dialect_anthropic, ask, sink);
}

const struct provider provider_anthropic = {
    .api = "anthropic", .start = anthropic_start, .cancel = exchange_cancel};
