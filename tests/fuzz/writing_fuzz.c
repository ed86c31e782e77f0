/* What stands at the cursor of any draft lies within it, and neither a filter nor a text makes a search leave
 * its bounds. */
#include "shared/utf8.h"
#include "tui/completion.h"
#include "tui/mention.h"
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte is the cursor, the second where a filter ends and a text begins. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char words[COMPLETION_ARGUMENTS_MAX][COMPLETION_WORD_MAX];
    struct mention_word mention;
    struct fuzzy fuzzy;
    struct fuzzy_found found;

    if (size < 2)
        return 0;
    size_t len = size - 2, cursor = data[0] <= len ? data[0] : len, cut = data[1] <= len ? data[1] : len;
    char *text = malloc(len + 1);
    assert(text);
    memcpy(text, data + 2, len);
    text[len] = '\0';
    struct completion_word word = completion_word(text, len, cursor);
    assert(word.kind == COMPLETION_NONE ||
           (word.from <= word.filter && word.filter <= word.to && word.to <= cursor));
    if (mention_word(text, len, cursor, &mention))
        assert(mention.from < mention.name && mention.name <= mention.to && mention.to <= len &&
               text[mention.from] == '@');
    fuzzy_init(&fuzzy, text, cut);
    int score = fuzzy_score(&fuzzy, text + cut, len - cut, &found);
    assert(score >= 0 && (score > 0 || !fuzzy_has(&found, 0)));
    assert(fuzzy_empty(&fuzzy) ? score > 0 : true);
    fuzzy_within(&fuzzy, text + cut, len - cut);
    assert(completion_expected(text + cut, text, cut, words) <= COMPLETION_ARGUMENTS_MAX);
    free(text);
    return 0;
}
