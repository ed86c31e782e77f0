/* One message: its blocks, its JSON, and how chunks grow it. */
#include "proto/reduce.h"

#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define TOKENS_TOTAL_MAX (INT64_C(1) << 48)

enum { AUTHOR_MAX = 256, STOP_REASON_MAX = 64, ERROR_MAX = 4096, KIB = 1024 };

static const char *const status_names[] = {"complete", "streaming", "interrupted", "failed"};
static const char *const role_names[] = {"user", "assistant"};

const char *message_status_name(enum message_status status)
{
    return status_names[status];
}

void set_text(char **slot, const char *text)
{
    char *copy = xstrdup_null(text);
    free(*slot);
    *slot = copy;
}

static int name_index(const char *const *names, int count, const char *name)
{
    int i = 0;
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

static void block_clear(struct block *block)
{
    buf_free(&block->text);
    free(block->call_id);
    free(block->name);
    free(block->signature);
    call_free(&block->call);
}

static void blocks_free(struct block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        block_clear(&blocks[i]);
    free(blocks);
}

void message_free(struct message **slot)
{
    struct message *message = *slot;
    if (!message)
        return;
    blocks_free(message->blocks, message->block_count);
    free(message->author);
    free(message->stop_reason);
    free(message->error);
    free(message);
    *slot = NULL;
}

/* --- JSON --- */

json_t *usage_to_json(const struct usage *usage)
{
    json_t *json = json_object();
    jsonx_set_int(json, "input", usage->input);
    jsonx_set_int(json, "output", usage->output);
    jsonx_set_int(json, "cached", usage->cached);
    jsonx_set_int(json, "reasoning", usage->reasoning);
    if (usage->cost > 0)
        jsonx_set_int(json, "cost", usage->cost);
    return json;
}

/* One bound for a message and for the session's totals, so that a total that was reached by adding is also
 * one that a snapshot gives back. */
static int64_t bounded(int64_t tokens)
{
    return tokens < 0 ? 0 : tokens > TOKENS_TOTAL_MAX ? TOKENS_TOTAL_MAX : tokens;
}

static int64_t count_of(const json_t *json, const char *key)
{
    return bounded(jsonx_int(json, key, 0));
}

void usage_add(struct usage *total, const struct usage *more)
{
    total->input = bounded(total->input + more->input);
    total->output = bounded(total->output + more->output);
    total->cached = bounded(total->cached + more->cached);
    total->reasoning = bounded(total->reasoning + more->reasoning);
    total->cost = bounded(total->cost + more->cost);
}

struct usage usage_from_json(const json_t *json)
{
    return (struct usage){.input = count_of(json, "input"),
                          .output = count_of(json, "output"),
                          .cached = count_of(json, "cached"),
                          .reasoning = count_of(json, "reasoning"),
                          .cost = count_of(json, "cost")};
}

static const char *const text_keys[BLOCK_KIND_COUNT] = {"text", "text", "data", "input", "text"};

static json_t *block_to_json(const struct block *block)
{
    json_t *json = json_object();
    jsonx_set_str(json, "type", block_kind_name(block->kind));
    jsonx_set_str(json, "id", block->call_id);
    jsonx_set_str(json, "name", block->name);
    jsonx_set_strn(json, text_keys[block->kind], block->text.data, block->text.len);
    jsonx_set_str(json, "signature", block->signature);
    if (block->call)
        json_object_set_new(json, "call", call_to_json(block->call));
    return json;
}

json_t *message_content(const struct message *message)
{
    json_t *content = json_array();
    for (size_t i = 0; i < message->block_count; i++)
        json_array_append_new(content, block_to_json(&message->blocks[i]));
    return content;
}

json_t *message_to_json(const struct message *message)
{
    json_t *json = json_object();
    jsonx_set_str(json, "id", message->id);
    jsonx_set_str(json, "role", role_names[message->role]);
    jsonx_set_str(json, "author", message->author);
    jsonx_set_int(json, "ts", message->ts);
    jsonx_set_str(json, "status", status_names[message->status]);
    if (message->status == MESSAGE_STREAMING)
        jsonx_set_int(json, "index", (int64_t)message->next_index);
    json_object_set_new(json, "content", message_content(message));
    if (message->steer)
        json_object_set_new(json, "steer", json_true());
    jsonx_set_str(json, "stop_reason", message->stop_reason);
    jsonx_set_str(json, "error", message->error);
    if (message->role == MESSAGE_ROLE_ASSISTANT && message->status != MESSAGE_STREAMING) {
        json_object_set_new(json, "usage", usage_to_json(&message->usage));
        json_t *timings = json_object();
        jsonx_set_int(timings, "first_ms", message->first_ms);
        jsonx_set_int(timings, "total_ms", message->total_ms);
        json_object_set_new(json, "timings", timings);
    }
    return json;
}

static size_t text_len(const char *text)
{
    return text ? strlen(text) : 0;
}

/* What a block costs in a window or a snapshot: a signature or a name may be as long as a text. */
static size_t block_bytes(const struct block *block)
{
    return block->text.len + text_len(block->call_id) + text_len(block->name) + text_len(block->signature) +
           call_bytes(block->call);
}

static bool block_from_json(const json_t *json, struct block *block)
{
    memset(block, 0, sizeof *block);
    block->kind = block_kind_parse(jsonx_str(json, "type", ""));
    if (block->kind == BLOCK_KIND_COUNT)
        return false;
    const json_t *text = json_object_get(json, text_keys[block->kind]);
    const char *id = jsonx_str(json, "id", NULL), *name = jsonx_str(json, "name", NULL);
    if (!json_is_string(text) || json_string_length(text) > STATE_TEXT_MAX ||
        (block->kind == BLOCK_TOOL_CALL &&
         (!id || !name || !call_from_json(json_object_get(json, "call"), &block->call))) ||
        (block->kind == BLOCK_ATTACHMENT && (!name || strlen(name) > STATE_ATTACHMENT_NAME_MAX)))
        return false;
    buf_init(&block->text, STATE_TEXT_MAX);
    buf_put(&block->text, json_string_value(text), json_string_length(text));
    if (block->kind == BLOCK_TOOL_CALL) {
        block->call_id = xstrdup(id);
        block->name = xstrdup(name);
    }
    if (block->kind == BLOCK_ATTACHMENT)
        block->name = xstrdup(name);
    if (block->kind == BLOCK_REASONING)
        block->signature = xstrdup_null(jsonx_str(json, "signature", NULL));
    return true;
}

bool message_set_content(struct message *message, const json_t *content)
{
    size_t count = json_array_size(content);
    if (!json_is_array(content) || count > STATE_BLOCKS_MAX)
        return false;
    struct block *blocks = xcalloc(count + 1, sizeof *blocks);
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) {
        if (!block_from_json(json_array_get(content, i), &blocks[i])) {
            blocks_free(blocks, i);
            return false;
        }
        bytes += block_bytes(&blocks[i]);
    }
    blocks_free(message->blocks, message->block_count);
    message->blocks = blocks;
    message->block_count = count;
    message->bytes = bytes;
    return true;
}

static bool read_fields(struct message *message, const json_t *json)
{
    const char *id = jsonx_str(json, "id", ""), *author = jsonx_str(json, "author", NULL);
    int role = name_index(role_names, 2, jsonx_str(json, "role", ""));
    int status = name_index(status_names, 4, jsonx_str(json, "status", ""));
    const char *stop_reason = jsonx_str(json, "stop_reason", NULL), *error = jsonx_str(json, "error", NULL);
    int64_t index = status == MESSAGE_STREAMING ? jsonx_int(json, "index", 0) : 0;
    if (!id_valid(id, "m_") || !author || strlen(author) > AUTHOR_MAX || role == 2 || status == 4 ||
        index < 0 || (role == MESSAGE_ROLE_USER && status == MESSAGE_STREAMING) ||
        text_len(stop_reason) > STOP_REASON_MAX || text_len(error) > ERROR_MAX)
        return false;
    strcpy(message->id, id);
    message->role = (enum message_role)role;
    message->status = (enum message_status)status;
    message->author = xstrdup(author);
    message->steer = jsonx_bool(json, "steer", false);
    message->ts = jsonx_int(json, "ts", 0);
    message->next_index = (uint64_t)index;
    message->stop_reason = xstrdup_null(stop_reason);
    message->error = xstrdup_null(error);
    message->usage = usage_from_json(json_object_get(json, "usage"));
    const json_t *timings = jsonx_obj(json, "timings");
    message->first_ms = jsonx_int(timings, "first_ms", -1);
    message->total_ms = jsonx_int(timings, "total_ms", -1);
    return true;
}

struct message *message_from_json(const json_t *json)
{
    struct message *message = xcalloc(1, sizeof *message);
    if (!read_fields(message, json) || !message_set_content(message, jsonx_arr(json, "content")))
        message_free(&message);
    return message;
}

static json_t *block_new(enum block_kind kind)
{
    json_t *block = json_object();
    jsonx_set_str(block, "type", block_kind_name(kind));
    return block;
}

json_t *message_user_json(const char *id, const char *author, int64_t ts, const char *text,
                          const json_t *attachments)
{
    json_t *json = json_object(), *content = json_array(), *block = block_new(BLOCK_TEXT), *attachment;
    size_t i;
    jsonx_set_str(block, "text", text);
    json_array_append_new(content, block);
    json_array_foreach(attachments, i, attachment)
    {
        block = block_new(BLOCK_ATTACHMENT);
        json_object_update(block, attachment);
        json_array_append_new(content, block);
    }
    jsonx_set_str(json, "id", id);
    jsonx_set_str(json, "role", role_names[MESSAGE_ROLE_USER]);
    jsonx_set_str(json, "author", author);
    jsonx_set_int(json, "ts", ts);
    jsonx_set_str(json, "status", status_names[MESSAGE_COMPLETE]);
    json_object_set_new(json, "content", content);
    return json;
}

json_t *message_attachments(const struct message *message)
{
    json_t *attachments = json_array();
    for (size_t i = 0; i < message->block_count; i++) {
        const struct block *block = &message->blocks[i];
        if (block->kind != BLOCK_ATTACHMENT)
            continue;
        json_t *json = json_object();
        jsonx_set_str(json, "name", block->name);
        jsonx_set_strn(json, "text", block->text.data, block->text.len);
        json_array_append_new(attachments, json);
    }
    return attachments;
}

char *attachment_line(const char *name, size_t bytes)
{
    return bytes < KIB ? xasprintf("[file %s, %zu bytes]", name, bytes)
                       : xasprintf("[file %s, %zu KiB]", name, (bytes + KIB - 1) / KIB);
}

static char *joined(const struct message *message, bool attachments)
{
    struct buf out;
    buf_init(&out, (size_t)STATE_TEXT_MAX * STATE_BLOCKS_MAX);
    for (size_t i = 0; i < message->block_count; i++) {
        const struct block *block = &message->blocks[i];
        bool attached = block->kind == BLOCK_ATTACHMENT;
        if (block->kind != BLOCK_TEXT && !(attached && attachments))
            continue;
        if (out.len)
            buf_puts(&out, "\n\n");
        char *line = attached ? attachment_line(block->name, block->text.len) : NULL;
        buf_put(&out, line ? line : block->text.data, line ? strlen(line) : block->text.len);
        free(line);
    }
    return buf_take(&out);
}

char *message_typed(const struct message *message)
{
    return joined(message, false);
}

char *message_text(const struct message *message)
{
    return joined(message, true);
}

/* --- chunks --- */

static bool begin_call(struct block *block, const struct chunk *chunk)
{
    json_t *call = jsonx_parse(chunk->delta, chunk->delta_len, NULL);
    const char *id = jsonx_str(call, "id", NULL), *name = jsonx_str(call, "name", NULL);
    bool good = id && name;
    if (good) {
        block->call_id = xstrdup(id);
        block->name = xstrdup(name);
    }
    json_decref(call);
    return good;
}

/* The block that the chunk goes to, begun if it is the next one; NULL if it can't be. */
static struct block *chunk_block(struct message *message, const struct chunk *chunk)
{
    static const enum block_kind kinds[] = {BLOCK_TEXT, BLOCK_REASONING, BLOCK_TOOL_CALL, BLOCK_TOOL_CALL};
    if (chunk->block < message->block_count) {
        struct block *block = &message->blocks[chunk->block];
        return block->kind == kinds[chunk->kind] && chunk->kind != CHUNK_TOOL_CALL ? block : NULL;
    }
    if (chunk->block != message->block_count || chunk->block >= STATE_BLOCKS_MAX ||
        chunk->kind == CHUNK_TOOL_INPUT)
        return NULL;
    struct block fresh = {.kind = kinds[chunk->kind]};
    buf_init(&fresh.text, STATE_TEXT_MAX);
    if (chunk->kind == CHUNK_TOOL_CALL && !begin_call(&fresh, chunk))
        return NULL;
    message->blocks = xreallocarray(message->blocks, message->block_count + 1, sizeof fresh);
    message->blocks[message->block_count] = fresh;
    return &message->blocks[message->block_count++];
}

enum fold reduce_chunk_into(struct message *message, const struct chunk *chunk)
{
    if (chunk->index + chunk->count <= message->next_index)
        return FOLD_OLD;
    if (chunk->index != message->next_index)
        return FOLD_GAP;
    size_t before = chunk->block < message->block_count ? block_bytes(&message->blocks[chunk->block]) : 0;
    size_t len = chunk->block < message->block_count ? message->blocks[chunk->block].text.len : 0;
    if (chunk->kind != CHUNK_TOOL_CALL && chunk->delta_len > STATE_TEXT_MAX - len)
        return FOLD_BAD;
    struct block *block = chunk_block(message, chunk);
    if (!block)
        return FOLD_BAD;
    if (chunk->kind != CHUNK_TOOL_CALL)
        buf_put(&block->text, chunk->delta, chunk->delta_len);
    message->bytes += block_bytes(block) - before;
    message->next_index += chunk->count;
    message->version++;
    return FOLD_OK;
}
