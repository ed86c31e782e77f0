/* A command line: its words, each put into quotes, are the same words again. */
#include "daemon/hook.h"
#include "shared/buf.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void quote(struct buf *out, const char *word, bool soft)
{
    buf_putc(out, soft ? '"' : '\'');
    for (; *word; word++) {
        if (soft && (*word == '"' || *word == '\\'))
            buf_putc(out, '\\');
        if (!soft && *word == '\'')
            buf_puts(out, "'\\'");
        buf_putc(out, *word);
    }
    buf_puts(out, soft ? "\" " : "' ");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *command = strndup((const char *)data, size), *out = malloc(strlen(command) + 1);
    char *words[HOOK_WORDS_MAX + 1], *again[HOOK_WORDS_MAX + 1];
    int count = hook_split(command, out, words);
    struct buf quoted;

    assert(count >= -1 && count <= HOOK_WORDS_MAX && (count < 0 || !words[count]));
    buf_init(&quoted, SIZE_MAX);
    buf_puts(&quoted, " ");
    for (int i = 0; i < count; i++)
        quote(&quoted, words[i], i % 2);
    char *second = malloc(quoted.len + 1);
    assert(count < 0 || hook_split(quoted.data, second, again) == count);
    for (int i = 0; i < count; i++)
        assert(strcmp(words[i], again[i]) == 0);
    buf_free(&quoted);
    free(second);
    free(out);
    free(command);
    return 0;
}
