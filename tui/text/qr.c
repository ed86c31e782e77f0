/* Scanners want dark modules on a light ground with a margin of four modules around; most make do with two,
 * which is what is left where there is little room. The lowest level of correction is enough for a screen,
 * and gives the smallest code. */
#include "tui/text/qr.h"
#include "shared/buf.h"
#include <errno.h>
#include <qrencode.h>
#include <stdio.h>
#include <string.h>

enum { MARGIN = 4, MARGIN_LEAST = 2, TEXT_MAX = 256 << 10 };

/* Black and white as the palette has them whatever the theme: 16 colours are often not what they are called.
 * What is dark from top to bottom is so by its background, since characters leave gaps between lines in many
 * terminals. */
static const char *const light[] = {[QR_16] = "\033[0;30;107m", [QR_256] = "\033[0;38;5;16;48;5;231m"};
static const char *const dark[] = {[QR_16] = "\033[0;97;40m", [QR_256] = "\033[0;38;5;231;48;5;16m"};
static const char line_end[] = "\033[0m\n";

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width &&
           (code->data[y * code->width + x] & 1) != 0;
}

static int lines_of(const QRcode *code, int margin)
{
    return (code->width + 2 * margin + 1) / 2;
}

static void put_line(struct buf *out, const QRcode *code, int margin, int y, enum qr_colours colours)
{
    const char *ground = NULL;

    for (int x = -margin; x < code->width + margin; x++) {
        bool upper = is_dark(code, x, y), lower = is_dark(code, x, y + 1);
        const char *wanted = upper && lower ? dark[colours] : light[colours];

        if (wanted != ground)
            buf_puts(out, wanted);
        ground = wanted;
        buf_puts(out, upper == lower ? " " : upper ? "▀" : "▄");
    }
    buf_puts(out, line_end);
}

char *qr_text(const char *text, int cols, int rows, enum qr_colours colours, char error[256])
{
    size_t len = strlen(text);
    QRcode *code = len > 0 && len < 4096
                       ? QRcode_encodeData((int)len, (const unsigned char *)text, 0, QR_ECLEVEL_L)
                       : NULL;
    int margin = MARGIN;
    struct buf out;

    if (!code) {
        snprintf(error, 256, "a text of %zu bytes has no QR code", len);
        return NULL;
    }
    if (code->width + 2 * margin > cols || lines_of(code, margin) > rows)
        margin = MARGIN_LEAST;
    if (code->width + 2 * margin > cols || lines_of(code, margin) > rows) {
        snprintf(error, 256, "the terminal is too small for the QR code: it needs %d columns and %d rows",
                 code->width + 2 * margin, lines_of(code, margin));
        QRcode_free(code);
        return NULL;
    }
    buf_init(&out, TEXT_MAX);
    for (int line = 0; line < lines_of(code, margin); line++)
        put_line(&out, code, margin, 2 * line - margin, colours);
    QRcode_free(code);
    return buf_take(&out);
}
