/* Frames of the agent link: how the bytes are cut does not matter, and a chunk that is taken is one that
 * comes back the same over the link and reaches a client. The first byte of the input says where the others
 * are cut. */
#include "proto/link.h"
#include "shared/jsonx.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_MAX = 8192 };

struct seen {
    size_t len[SEEN_MAX];
    size_t count;
    int end; /* -1 if it broke the protocol */
};

static void check(int good)
{
    if (!good)
        abort();
}

static void take_chunk(const char *payload, size_t len)
{
    char message[ID_MAX], error[256];
    struct chunk chunk, back;
    struct event event;
    struct buf out;

    if (!link_get_chunk(payload, len, message, &chunk))
        return;
    buf_init(&out, SIZE_MAX);
    check(link_put_chunk(&out, &chunk));
    check(out.len == 5 + len && memcmp(out.data + 5, payload, len) == 0);
    buf_clear(&out);
    check(event_encode_chunk("s_01j8zq4k3nw8x5t7v9r2m6p0qd", "e_01j8zq4k3nw8x5t7v9r2m6p0qd", 1, 2, &chunk,
                             &out));
    json_t *json = jsonx_parse(out.data, out.len, error);
    check(json != NULL);
    if (event_parse(json, &event, error)) {
        check(event_chunk(&event, &back));
        check(back.index == chunk.index && back.count == chunk.count && back.block == chunk.block);
        check(back.delta_len == chunk.delta_len && memcmp(back.delta, chunk.delta, chunk.delta_len) == 0);
        event_clear(&event);
    } else {
        check(chunk.block >= 256); /* which no message takes */
    }
    json_decref(json);
    buf_free(&out);
}

static void take_secrets(const char *payload, size_t len)
{
    char name[LINK_SECRET_NAME_MAX + 1], *back = malloc(len + 1);
    const char *value;
    size_t at = 0, begin = 0, value_len;

    while (link_next_secret(payload, len, &at, name, &value, &value_len) == 1) {
        check(at > begin && at <= len && value >= payload && value + value_len <= payload + len);
        check(*name && link_secret_size(name, value_len) == at - begin);
        check(link_put_secret(back, name, value, value_len) == at - begin);
        check(memcmp(back, payload + begin, at - begin) == 0);
        begin = at;
    }
    free(back);
}

static void read_pieces(const uint8_t *data, size_t size, size_t piece, struct seen *seen)
{
    struct buf in;
    enum link_kind kind;
    const char *payload;
    size_t len;

    memset(seen, 0, sizeof *seen);
    buf_init(&in, size);
    for (size_t at = 0; at < size && seen->end == 0; at += piece) {
        check(buf_put(&in, data + at, piece < size - at ? piece : size - at));
        size_t next = 0;
        while ((seen->end = link_next(&in, &next, &kind, &payload, &len)) == 1 && seen->count < SEEN_MAX) {
            seen->len[seen->count++] = len;
            take_chunk(payload, len);
        }
        buf_drop(&in, next);
    }
    buf_free(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen whole, cut;

    if (size < 2)
        return 0;
    read_pieces(data + 1, size - 1, size, &whole);
    read_pieces(data + 1, size - 1, data[0] % 13 + 1u, &cut);
    check(memcmp(&whole, &cut, sizeof whole) == 0);
    take_chunk((const char *)data + 1, size - 1);
    take_secrets((const char *)data + 1, size - 1);
    return 0;
}
