/* Anthropic's Messages API. Blocks come one after the other and are named by an index; those that we did not
 * ask for (tools run by the server, and what is not known yet) are skipped. */
#include "daemon/agent/context.h"
#include "daemon/agent/exchange.h"
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

/* A content array of one text block, marked as the end of what the server may keep for the next request. */
static json_t *cached_text(const char *text)
{
    json_t *block = json_object(), *content = json_array();

    jsonx_set_str(block, "type", "text");
    jsonx_set_str(block, "text", text);
    json_object_set_new(block, "cache_control", json_pack("{s:s}", "type", "ephemeral"));
    json_array_append_new(content, block);
    return content;
}

static json_t *body_of(const struct ask *ask)
{
    const struct state *state = ask->state;
    json_t *body = json_object(), *messages = context_messages(state);
    json_t *last = json_array_get(messages, json_array_size(messages) - 1);

    jsonx_set_str(body, "model", ask->model);
    jsonx_set_int(body, "max_tokens", state->max_tokens > 0 ? state->max_tokens : ANTHROPIC_MAX_TOKENS);
    if (state->system && *state->system)
        json_object_set_new(body, "system", cached_text(state->system));
    if (last)
        json_object_set_new(last, "content", cached_text(jsonx_str(last, "content", "")));
    json_object_set_new(body, "messages", messages);
    json_object_set_new(body, "stream", json_true());
    if (state->temperature >= 0)
        json_object_set_new(body, "temperature", json_real(state->temperature > 1 ? 1 : state->temperature));
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
};

static void *anthropic_open(const struct sink *sink)
{
    struct decoder *decoder = xcalloc(1, sizeof *decoder);

    decoder->sink = sink;
    for (size_t i = 0; i < ANTHROPIC_BLOCKS_MAX; i++)
        decoder->blocks[i].kind = BLOCK_KIND_COUNT;
    return decoder;
}

static void anthropic_close(void *arg)
{
    struct decoder *decoder = arg;

    for (size_t i = 0; i < ANTHROPIC_BLOCKS_MAX; i++)
        json_decref(decoder->blocks[i].input);
    free(decoder);
}

/* The block that the event names; NULL if its index is out of bounds. */
static struct open_block *block_of(struct decoder *decoder, const json_t *event)
{
    int64_t index = jsonx_int(event, "index", -1);

    return index >= 0 && index < ANTHROPIC_BLOCKS_MAX ? &decoder->blocks[index] : NULL;
}

static void grow(struct decoder *decoder, struct open_block *open, const json_t *from, const char *key)
{
    const json_t *text = json_object_get(from, key);

    if (json_string_length(text) == 0)
        return;
    open->has_input = true;
    decoder->sink->delta(decoder->sink->arg, open->block, json_string_value(text), json_string_length(text));
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

static enum decoded anthropic_event(void *arg, const char *name, const char *data, size_t len, char *error)
{
    char why[160];
    json_t *event = jsonx_parse(data, len, why);
    enum decoded decoded = DECODED_FAILED;

    if (event)
        decoded = take(arg, jsonx_str(event, "type", name), event, error);
    else
        snprintf(error, DIALECT_ERROR_MAX, "it sent an event that is not JSON: %s", why);
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
