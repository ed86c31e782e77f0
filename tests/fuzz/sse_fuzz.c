/* Bytes from a model's server: through the event parser, and through both dialects. However they are cut, the
 * same comes out. The first byte says how they are cut. */
#include "daemon/agent/dialect.h"
#include "daemon/agent/sse.h"
#include "shared/buf.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FUZZ_EVENT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct player {
    const struct dialect *dialect;
    void *decoder;
    struct buf seen;
    unsigned blocks;
    enum decoded decoded;
};

static unsigned on_begin(void *arg, enum block_kind kind, const char *id, const char *name)
{
    struct player *player = arg;

    buf_printf(&player->seen, "b%d%s|%s\n", (int)kind, id ? id : "", name ? name : "");
    return player->blocks++;
}

static void on_delta(void *arg, unsigned block, const char *text, size_t len)
{
    struct player *player = arg;

    if (block >= player->blocks || len == 0)
        abort();
    buf_printf(&player->seen, "d%u", block);
    buf_put(&player->seen, text, len);
}

static void on_signature(void *arg, unsigned block, const char *text)
{
    struct player *player = arg;

    if (block >= player->blocks)
        abort();
    buf_puts(&player->seen, text);
}

static void on_usage(void *arg, const struct usage *usage)
{
    struct player *player = arg;

    buf_put(&player->seen, usage, sizeof *usage);
}

static void on_stop(void *arg, const char *reason)
{
    struct player *player = arg;

    buf_puts(&player->seen, reason);
}

static bool on_event(void *arg, const char *name, const char *data, size_t len)
{
    struct player *player = arg;
    char error[DIALECT_ERROR_MAX] = "";

    buf_printf(&player->seen, "e%s|%zu\n", name, len);
    player->decoded = player->dialect->event(player->decoder, name, data, len, error);
    buf_puts(&player->seen, error);
    return player->decoded == DECODED_MORE;
}

static void play(const struct dialect *dialect, const uint8_t *data, size_t size, size_t step,
                 struct buf *seen)
{
    struct player player = {.dialect = dialect};
    struct sink sink = {.arg = &player,
                        .begin = on_begin,
                        .delta = on_delta,
                        .signature = on_signature,
                        .usage = on_usage,
                        .stop = on_stop};
    struct sse sse;

    buf_init(&player.seen, 64 << 20);
    player.decoder = dialect->open(&sink);
    sse_init(&sse, FUZZ_EVENT_MAX, on_event, &player);
    for (size_t at = 0; at < size; at += step) {
        size_t len = step < size - at ? step : size - at;
        char *piece = malloc(len);

        memcpy(piece, data + at, len);
        sse_feed(&sse, piece, len);
        free(piece);
    }
    buf_printf(&player.seen, "%d%d%d", (int)sse.result, (int)player.decoded, dialect->whole(player.decoder));
    sse_free(&sse);
    dialect->close(player.decoder);
    *seen = player.seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dialect *const dialects[] = {&dialect_openai, &dialect_anthropic};

    if (size < 2)
        return 0;
    for (int i = 0; i < 2; i++) {
        struct buf whole, cut;

        play(dialects[i], data + 1, size - 1, size, &whole);
        play(dialects[i], data + 1, size - 1, data[0] % 32 + 1u, &cut);
        if (whole.len != cut.len || memcmp(whole.data, cut.data, whole.len) != 0)
            abort();
        buf_free(&whole);
        buf_free(&cut);
    }
    return 0;
}
