/* Lines of line mode: what comes out does not depend on how the bytes were cut, and has no control
 * characters. The first byte of the input says where they are cut. */
#include "shared/utf8.h"
#include "tui/plain/typed.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t parse(const uint8_t *data, size_t size, size_t piece)
{
    struct typed *typed = typed_new();
    uint64_t sum = 0;
    const char *line;
    bool cut;

    for (size_t at = 0; at < size; at += piece) {
        typed_feed(typed, (const char *)data + at, size - at < piece ? size - at : piece);
        while ((line = typed_line(typed, &cut))) {
            enum typed_is is = cut ? TYPED_CUT : typed_take(typed, line);
            const char *text = typed_text(typed);

            sum = sum * 31 + (uint64_t)is;
            for (; *text; text++) {
                if (((unsigned char)*text < ' ' && *text != '\n' && *text != '\t') || *text == 0x7f)
                    abort();
                sum = sum * 31 + (unsigned char)*text;
            }
        }
    }
    typed_free(&typed);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;

    if (!ready)
        ready = utf8_locale();
    if (size < 1)
        return 0;
    if (parse(data + 1, size - 1, size) != parse(data + 1, size - 1, data[0] % 13 + 1u))
        abort();
    return 0;
}
