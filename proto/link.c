/* Frames between daemon and agent. */
#include "proto/link.h"

#include "shared/jsonx.h"
#include "shared/utf8.h"

#include <string.h>

enum { HEADER = 5, CHUNK_HEADER = 8 + 4 + 4 + 1 + 1 };

static void put_le(unsigned char *to, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_le(const char *from, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)from[i] << (8 * i);
    return value;
}

static bool put_header(struct buf *out, enum link_kind kind, size_t len)
{
    unsigned char header[HEADER];
    put_le(header, len + 1, 4);
    header[4] = (unsigned char)kind;
    return len <= LINK_FRAME_MAX && out->max - out->len >= len + HEADER && buf_put(out, header, HEADER);
}

bool link_put(struct buf *out, enum link_kind kind, const char *payload, size_t len)
{
    size_t start = out->len;
    bool fits = put_header(out, kind, len) && buf_put(out, payload, len);
    if (!fits)
        buf_truncate(out, start);
    return fits;
}

bool link_put_json(struct buf *out, enum link_kind kind, const json_t *json)
{
    size_t len;
    char *text = jsonx_dump(json, &len);
    bool fits = link_put(out, kind, text, len);
    free(text);
    return fits;
}

/* The record: u64 index, u32 count, u32 block, u8 kind, u8 length of the message id, the id, the delta. */
bool link_put_chunk(struct buf *out, const struct chunk *chunk)
{
    size_t id_len = strlen(chunk->message);
    if (id_len >= ID_MAX || chunk->delta_len > LINK_CHUNK_MAX)
        return false;
    unsigned char head[CHUNK_HEADER];
    put_le(head, chunk->index, 8);
    put_le(head + 8, chunk->count, 4);
    put_le(head + 12, chunk->block, 4);
    head[16] = (unsigned char)chunk->kind;
    head[17] = (unsigned char)id_len;
    size_t start = out->len;
    bool fits = put_header(out, LINK_CHUNK, CHUNK_HEADER + id_len + chunk->delta_len) &&
                buf_put(out, head, CHUNK_HEADER) && buf_put(out, chunk->message, id_len) &&
                buf_put(out, chunk->delta, chunk->delta_len);
    if (!fits)
        buf_truncate(out, start);
    return fits;
}

size_t link_secret_size(const char *name, size_t value_len)
{
    return 1 + strlen(name) + 4 + value_len;
}

size_t link_put_secret(char *payload, const char *name, const char *value, size_t value_len)
{
    size_t name_len = strlen(name);
    *payload = (char)name_len;
    memcpy(payload + 1, name, name_len);
    put_le((unsigned char *)payload + 1 + name_len, value_len, 4);
    memcpy(payload + 1 + name_len + 4, value, value_len);
    return link_secret_size(name, value_len);
}

int link_next_secret(const char *payload, size_t len, size_t *at, char name[LINK_SECRET_NAME_MAX + 1],
                     const char **value, size_t *value_len)
{
    size_t left = len - *at, name_len = left > 0 ? (unsigned char)payload[*at] : 0;
    if (left == 0)
        return 0;
    if (name_len == 0 || name_len > LINK_SECRET_NAME_MAX || left < 1 + name_len + 4)
        return -1;
    memcpy(name, payload + *at + 1, name_len);
    name[name_len] = '\0';
    *value_len = (size_t)get_le(payload + *at + 1 + name_len, 4);
    *value = payload + *at + 1 + name_len + 4;
    if (strlen(name) != name_len || *value_len > left - 1 - name_len - 4)
        return -1;
    *at += 1 + name_len + 4 + *value_len;
    return 1;
}

bool link_get_chunk(const char *payload, size_t len, char message[ID_MAX], struct chunk *chunk)
{
    if (len < CHUNK_HEADER)
        return false;
    size_t id_len = (unsigned char)payload[17];
    if (id_len >= ID_MAX || len < CHUNK_HEADER + id_len || len - CHUNK_HEADER - id_len > LINK_CHUNK_MAX)
        return false;
    unsigned kind = (unsigned char)payload[16];
    memcpy(message, payload + CHUNK_HEADER, id_len);
    message[id_len] = '\0';
    *chunk = (struct chunk){.message = message,
                            .index = get_le(payload, 8),
                            .count = (uint32_t)get_le(payload + 8, 4),
                            .block = (uint32_t)get_le(payload + 12, 4),
                            .kind = (enum chunk_kind)kind,
                            .delta = payload + CHUNK_HEADER + id_len,
                            .delta_len = len - CHUNK_HEADER - id_len};
    return kind < CHUNK_KIND_COUNT && chunk->count >= 1 && chunk->count <= CHUNK_COUNT_MAX &&
           chunk->index <= (uint64_t)INT64_MAX - CHUNK_COUNT_MAX && id_valid(message, "m_") &&
           strlen(message) == id_len && utf8_valid(chunk->delta, chunk->delta_len) &&
           !memchr(chunk->delta, '\0', chunk->delta_len);
}

int link_next(const struct buf *in, size_t *at, enum link_kind *kind, const char **payload, size_t *len)
{
    const char *frame = in->data + *at;
    size_t left = in->len - *at;
    if (left < 4)
        return 0;
    uint64_t size = get_le(frame, 4);
    if (size < 1 || size > LINK_FRAME_MAX + 1)
        return -1;
    if (left < 4 + size)
        return 0;
    *kind = (enum link_kind)(unsigned char)frame[4];
    *payload = frame + HEADER;
    *len = size - 1;
    *at += 4 + size;
    return 1;
}

static const char *const interrupts[] = {"user", "stop", "store", "budget"};

const char *link_interrupt_name(enum link_interrupt why)
{
    return interrupts[why];
}

enum link_interrupt link_interrupt_parse(const char *name)
{
    enum link_interrupt why = LINK_INTERRUPT_BUDGET;
    while (why > LINK_INTERRUPT_USER && strcmp(interrupts[why], name) != 0)
        why--;
    return why;
}

const char *exit_cause_name(enum exit_cause cause)
{
    static const char *const names[] = {"done", "hibernated", "crashed", "killed", "deadline", "protocol"};
    return cause <= EXIT_CAUSE_PROTOCOL ? names[cause] : "unknown";
}
