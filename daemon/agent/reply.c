/* Blocks are numbered twice: by their place in the content, and for chunks by the order of their first
 * chunk, since some (empty ones, opaque reasoning) have none. The content that stream.completed carries
 * settles it. */
#include "daemon/agent/reply.h"
#include "shared/id.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    REPLY_NAME_MAX = 256, /* bytes of a tool's name or a call's id */
    /* Bytes of signatures beside what max counts: with a max of 1 MiB a message still fits
     * STATE_MESSAGE_BYTES, names, ids and its calls' results included. */
    REPLY_SIGNATURES_MAX = 64 << 10
};

struct part {
    struct block block;
    int wire; /* its number in chunks; -1 before its first one */
};

struct reply {
    struct agent_link *link;
    char id[ID_MAX];
    struct part *parts;
    unsigned count;
    size_t bytes, max;
    size_t signatures; /* bytes of them */
    bool full;
    uint64_t index; /* of the next chunk */
    int wires;
    /* What has gathered for the next chunk frame. */
    struct buf pending;
    uint32_t pending_count;
    enum chunk_kind pending_kind;
    int pending_wire;
};

struct reply *reply_new(struct agent_link *link, size_t max)
{
    struct reply *reply = xcalloc(1, sizeof *reply);

    reply->link = link;
    reply->max = max;
    id_make(reply->id, "m_");
    buf_init(&reply->pending, LINK_CHUNK_MAX);
    return reply;
}

void reply_free(struct reply **reply)
{
    struct reply *gone = *reply;

    *reply = NULL;
    if (!gone)
        return;
    for (unsigned i = 0; i < gone->count; i++) {
        buf_free(&gone->parts[i].block.text);
        free(gone->parts[i].block.call_id);
        free(gone->parts[i].block.name);
        free(gone->parts[i].block.signature);
    }
    free(gone->parts);
    buf_free(&gone->pending);
    free(gone);
}

const char *reply_id(const struct reply *reply)
{
    return reply->id;
}

bool reply_full(const struct reply *reply)
{
    return reply->full;
}

/* --- chunks --- */

void reply_flush(struct reply *reply, bool all)
{
    struct chunk chunk = {.message = reply->id,
                          .index = reply->index,
                          .count = reply->pending_count,
                          .block = (uint32_t)reply->pending_wire,
                          .kind = reply->pending_kind,
                          .delta = reply->pending.data,
                          .delta_len = reply->pending.len};

    if (reply->pending_count == 0 || (!all && agent_link_behind(reply->link)))
        return;
    agent_link_chunk(reply->link, &chunk);
    reply->index += reply->pending_count;
    reply->pending_count = 0;
    buf_clear(&reply->pending);
}

/* One delta of at most LINK_CHUNK_MAX bytes. */
static void gather(struct reply *reply, int wire, enum chunk_kind kind, const char *text, size_t len)
{
    if (reply->pending_wire != wire || reply->pending_kind != kind || kind == CHUNK_TOOL_CALL ||
        len > LINK_CHUNK_MAX - reply->pending.len)
        reply_flush(reply, true);
    reply->pending_wire = wire;
    reply->pending_kind = kind;
    buf_put(&reply->pending, text, len);
    reply->pending_count++;
}

static void gather_call(struct reply *reply, const struct part *part)
{
    json_t *call = json_object();
    size_t len;

    jsonx_set_str(call, "id", part->block.call_id);
    jsonx_set_str(call, "name", part->block.name);
    char *text = jsonx_dump(call, &len);
    gather(reply, part->wire, CHUNK_TOOL_CALL, text, len);
    free(text);
    json_decref(call);
}

static void pass_on(struct reply *reply, struct part *part, const char *text, size_t len)
{
    static const enum chunk_kind kinds[] = {CHUNK_TEXT, CHUNK_REASONING, CHUNK_KIND_COUNT, CHUNK_TOOL_INPUT};
    enum chunk_kind kind = kinds[part->block.kind];

    if (kind == CHUNK_KIND_COUNT)
        return;
    if (part->wire < 0)
        part->wire = reply->wires++;
    while (len > 0) {
        size_t piece = utf8_cut(text, len, LINK_CHUNK_MAX);
        gather(reply, part->wire, kind, text, piece);
        text += piece;
        len -= piece;
    }
}

/* --- content --- */

static char *short_text(const char *text)
{
    return xstrndup(text, utf8_cut(text, strlen(text), REPLY_NAME_MAX));
}

unsigned reply_begin(struct reply *reply, enum block_kind kind, const char *id, const char *name)
{
    struct part part = {.block.kind = kind, .wire = -1};
    char made[ID_MAX];

    if (reply->full || reply->count == STATE_BLOCKS_MAX) {
        reply->full = true;
        return reply->count; /* names no block */
    }
    buf_init(&part.block.text, STATE_TEXT_MAX);
    if (kind == BLOCK_TOOL_CALL) {
        if (!id || !*id) {
            id_make(made, "call_");
            id = made;
        }
        part.block.call_id = short_text(id);
        part.block.name = short_text(name ? name : "");
        part.wire = reply->wires++;
    }
    reply->parts = xreallocarray(reply->parts, reply->count + 1, sizeof part);
    reply->parts[reply->count] = part;
    if (kind == BLOCK_TOOL_CALL)
        gather_call(reply, &reply->parts[reply->count]);
    return reply->count++;
}

void reply_delta(struct reply *reply, unsigned block, const char *text, size_t len)
{
    if (reply->full || block >= reply->count)
        return;

    struct part *part = &reply->parts[block];
    size_t room = reply->max - reply->bytes, left = part->block.text.max - part->block.text.len;
    if (room > left)
        room = left;
    if (len > room) {
        reply->full = true;
        len = utf8_cut(text, len, room);
    }
    buf_put(&part->block.text, text, len);
    reply->bytes += len;
    pass_on(reply, part, text, len);
}

void reply_signature(struct reply *reply, unsigned block, const char *text)
{
    if (block >= reply->count)
        return;

    char **slot = &reply->parts[block].block.signature;
    reply->signatures -= *slot ? strlen(*slot) : 0;
    free(*slot);
    *slot = strlen(text) <= REPLY_SIGNATURES_MAX - reply->signatures ? xstrdup(text) : NULL;
    reply->signatures += *slot ? strlen(*slot) : 0;
}

json_t *reply_content(const struct reply *reply)
{
    struct block *blocks = xcalloc(reply->count + 1, sizeof *blocks);
    struct message message = {.blocks = blocks};

    for (unsigned i = 0; i < reply->count; i++) {
        const struct block *block = &reply->parts[i].block;
        if (block->text.len > 0 || block->signature || block->kind == BLOCK_TOOL_CALL)
            blocks[message.block_count++] = *block;
    }
    json_t *content = message_content(&message);
    free(blocks);
    return content;
}

bool reply_calls(const struct reply *reply)
{
    for (unsigned i = 0; i < reply->count; i++)
        if (reply->parts[i].block.kind == BLOCK_TOOL_CALL)
            return true;
    return false;
}
