/* The input parser: no byte is read twice or never, and how the bytes are cut does not matter. The first byte
 * of the input says where the others are cut. */
#include "shared/utf8.h"
#include "tui/terminal/keys.h"
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 4096 };

struct seen {
    uint32_t code;
    uint8_t mods;
    int x, y;
    size_t len, total, sum;
};

static size_t sum_of(const struct key_event *event)
{
    size_t sum = 0;

    for (size_t i = 0; i < event->len; i++)
        sum = sum * 31 + (unsigned char)event->text[i];
    return sum;
}

static size_t parse(const uint8_t *data, size_t size, size_t piece, struct seen *seen)
{
    struct keys *keys = keys_new();
    struct key_event event;
    size_t count = 0;

    for (size_t at = 0; at <= size; at += piece) {
        bool last = at + piece > size;
        keys_feed(keys, data + at, last ? size - at : piece);
        while (count < EVENTS_MAX &&
               (keys_next(keys, &event, false) || (last && keys_next(keys, &event, true))))
            seen[count++] = (struct seen){event.code, event.mods,  event.x,       event.y,
                                          event.len,  event.total, sum_of(&event)};
    }
    keys_free(&keys);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seen whole[EVENTS_MAX], cut[EVENTS_MAX];

    if (size < 1)
        return 0;
    memset(whole, 0, sizeof whole);
    memset(cut, 0, sizeof cut);
    size_t count = parse(data + 1, size - 1, size, whole);
    if (parse(data + 1, size - 1, data[0] % 13 + 1u, cut) != count || memcmp(whole, cut, sizeof whole) != 0)
        abort();
    return 0;
}
