/* A message for the demo model: its script is the same each time, within its bounds, and is said in pieces
 * that are whole characters. And the same bytes as a model's answer when asked for a title. */
#include "daemon/agent/demo_script.h"
#include "daemon/agent/title.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say(const char *text)
{
    size_t piece, left = strlen(text);

    for (; (piece = demo_script_piece(text)) > 0; text += piece, left -= piece)
        assert(piece <= left && utf8_valid(text, piece));
    assert(left == 0);
}

static void script(const char *message)
{
    struct demo_script one, other;
    struct demo_words words = {.random = 1};
    struct buf out;

    demo_script_read(&one, message, 50);
    demo_script_read(&other, message, 50);
    assert(one.rate == other.rate && one.chunks == other.chunks && one.seed == other.seed);
    assert(one.rate >= 0 && one.slow_ms >= 0 && one.chunks >= 0 && one.bytes >= 0 && one.times >= 0);
    if (one.text)
        say(one.text);
    for (size_t i = 0; i < 4; i++)
        free(demo_script_tool(&one, i));
    buf_init(&out, 1 << 20);
    demo_script_invent(&words, (size_t)(one.bytes % 5000), &out);
    assert(out.len == (size_t)(one.bytes % 5000));
    buf_free(&out);
    demo_script_title(&one, message, TITLE_WORDS);
    demo_script_clear(&one);
    demo_script_clear(&other);
}

static void title(const char *answer)
{
    char *text = title_read(answer);

    assert(!text || (*text && !strchr(text, '\n') && utf8_valid(text, strlen(text))));
    free(text);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return utf8_locale() ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);

    if (utf8_valid(text, strlen(text))) {
        script(text);
        title(text);
    }
    free(text);
    return 0;
}
