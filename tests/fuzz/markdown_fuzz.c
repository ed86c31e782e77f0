/* However a text is cut, it is shown as the whole would be; no line is wider than there is room, and none has
 * anything that the sanitiser would take away. The first byte says how wide, the second where it is cut. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/text/section.h"
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MIN = 4 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return utf8_locale() ? 0 : -1;
}

static void check_line(const struct layout_line *line, size_t width)
{
    char *clean = sanitise_line(line->text, line->len, line->len * 4 + 16);
    size_t covered = 0;

    if (strlen(clean) != line->len || memcmp(clean, line->text, line->len) != 0)
        abort();
    if (line->indent + utf8_width(line->text, line->len) > width)
        abort();
    for (size_t i = 0; i < line->span_count; i++)
        covered += line->spans[i].len;
    if (covered > line->len)
        abort();
    free(clean);
}

static void check_same(const struct section *a, const struct section *b, size_t width)
{
    size_t at_a, at_b, before = 0;

    if (section_lines(a) != section_lines(b))
        abort();
    for (size_t i = 0; i < section_lines(a); i++) {
        struct layout_line x = section_line(a, i, &at_a), y = section_line(b, i, &at_b);
        if (x.len != y.len || x.indent != y.indent || x.span_count != y.span_count || at_a != at_b ||
            memcmp(x.text, y.text, x.len) != 0 || (i > 0 && at_a <= before))
            abort();
        before = at_a;
        check_line(&x, width);
        free(section_copy_code(a, i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t width = data[0] % 90u + WIDTH_MIN, piece = data[1] % 61u + 1;
    const struct section_view view = {.width = width, .unfolded = true, .growing = true};
    struct section *grown = section_new(), *whole = section_new();
    struct block block = {.kind = BLOCK_TEXT};

    buf_init(&block.text, STATE_TEXT_MAX);
    data += 2;
    size -= 2;
    for (size_t at = 0; at < size; at += piece) {
        buf_put(&block.text, data + at, piece < size - at ? piece : size - at);
        section_grow(grown, &block, &view);
    }
    section_grow(whole, &block, &view);
    check_same(grown, whole, width);
    section_free(&grown);
    section_free(&whole);
    buf_free(&block.text);
    return 0;
}
