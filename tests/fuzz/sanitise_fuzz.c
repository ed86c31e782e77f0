/* Whatever comes in, what goes out is safe, the same after any cut, and stays as it is when cleaned again.
 * The first byte chooses the mode, the second where the rest is cut. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return utf8_locale() ? 0 : -1;
}

static unsigned clean(enum sanitise_mode mode, const char *text, size_t len, size_t cut, struct buf *out)
{
    struct sanitise s;

    sanitise_init(&s, mode);
    buf_clear(out);
    assert(sanitise_feed(&s, text, cut, out) && sanitise_feed(&s, text + cut, len - cut, out));
    assert(sanitise_end(&s, out));
    return s.hidden;
}

static void check_safe(const struct buf *out)
{
    uint32_t cp;

    assert(utf8_valid(out->data, out->len));
    for (size_t at = 0; at < out->len;) {
        at += utf8_decode(out->data + at, out->len - at, &cp);
        assert(cp >= 0x20 || cp == '\n' || cp == '\t');
        assert(!(cp >= 0x7F && cp < 0xA0) && !(cp >= 0x200B && cp <= 0x200F));
        assert(!(cp >= 0x2028 && cp <= 0x202E) && !(cp >= 0x2060 && cp <= 0x206F));
        assert(!(cp >= 0xE0000 && cp <= 0xE0FFF));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once, again;

    if (size < 2)
        return 0;
    enum sanitise_mode mode = data[0] & 1 ? SANITISE_REVEAL : SANITISE_STRIP;
    const char *text = (const char *)data + 2;
    size_t len = size - 2;

    buf_init(&once, SIZE_MAX);
    buf_init(&again, SIZE_MAX);
    unsigned hidden = clean(mode, text, len, 0, &once);
    check_safe(&once);
    assert(hidden > 0 || memchr(text, '\r', len) || (once.len == len && memcmp(once.data, text, len) == 0));

    assert(clean(mode, text, len, len ? data[1] % len : 0, &again) == hidden);
    assert(again.len == once.len && memcmp(again.data, once.data, once.len) == 0);

    assert(clean(mode, once.data, once.len, 0, &again) == 0);
    assert(again.len == once.len && memcmp(again.data, once.data, once.len) == 0);
    buf_free(&once);
    buf_free(&again);
    return 0;
}
