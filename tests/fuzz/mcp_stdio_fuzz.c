/* Bytes of a server on its standard streams: into lines, into messages, and into what people read. However
 * they are cut, the same comes out. The first byte says how they are cut, the second how long a line may be.
 */
#include "daemon/agent/mcp/lines.h"
#include "daemon/agent/mcp/message.h"
#include "daemon/agent/mcp/talk.h"
#include "shared/jsonx.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct buf *seen, char *line, size_t len)
{
    char error[160] = "";
    json_t *message = mcp_message_parse(line, len, error);

    if (memchr(line, '\n', len) || (!message && !error[0]))
        abort();
    if (message && !json_is_object(message) && !json_is_array(message))
        abort();
    if (message)
        jsonx_dump_buf(message, seen);
    else
        buf_puts(seen, error);
    buf_putc(seen, '\n');
    json_decref(message);
}

static void on_said(void *arg, const char *line, size_t len)
{
    if (len > TALK_LINE_BYTES)
        abort();
    buf_put(arg, line, len);
    buf_putc(arg, '\n');
}

static void play(const uint8_t *data, size_t size, size_t step, size_t max, struct buf *seen)
{
    enum lines_found found = LINES_MORE;
    struct lines lines;
    struct talk talk;
    char *line;
    size_t line_len;

    buf_init(seen, 64 << 20);
    lines_init(&lines, max, false);
    talk_init(&talk, on_said, seen);
    for (size_t at = 0; at < size && found != LINES_LONG; at += step) {
        size_t len = step < size - at ? step : size - at;
        char *piece = malloc(len), *bytes = piece;

        memcpy(piece, data + at, len);
        while ((found = lines_next(&lines, &bytes, &len, &line, &line_len)) == LINES_LINE)
            take(seen, line, line_len);
        if (lines.held.len > max)
            abort();
        free(piece);
    }
    if (found == LINES_LONG)
        buf_putc(seen, '!');
    else if (lines_last(&lines, &line, &line_len))
        take(seen, line, line_len);
    for (size_t at = 0; at < size; at += step) {
        size_t len = step < size - at ? step : size - at;
        char *piece = malloc(len);

        memcpy(piece, data + at, len);
        talk_take(&talk, piece, len);
        free(piece);
    }
    talk_end(&talk);
    talk_free(&talk);
    lines_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut;

    if (size < 3)
        return 0;
    size_t max = data[1] == 255 ? 1 << 20 : data[1] * 16u;
    play(data + 2, size - 2, size, max, &whole);
    play(data + 2, size - 2, data[0] % 32 + 1u, max, &cut);
    if (whole.len != cut.len || memcmp(whole.data, cut.data, whole.len) != 0)
        abort();
    buf_free(&whole);
    buf_free(&cut);
    return 0;
}
