/* Any bytes are a kept draft within its bounds, clean, and the same after another round; or they are none. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/keep.h"
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    utf8_locale();
    return 0;
}

static void assert_clean(const char *text)
{
    char *again = sanitise_text(text, strlen(text), SANITISE_STRIP, strlen(text) + 1);

    assert(strcmp(again, text) == 0);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kept kept, again;
    size_t len;

    bool good = kept_parse((const char *)data, size, &kept);
    assert(kept.draft && kept.files && kept.sent_count <= KEEP_SENT_MAX);
    assert(good || (!*kept.draft && kept.sent_count == 0));
    assert_clean(kept.draft);
    for (size_t i = 0; i < kept.sent_count; i++)
        assert_clean(kept.sent[i].text);
    char *bytes = kept_format(&kept, &len);
    assert(kept_parse(bytes, len, &again));
    assert(strcmp(kept.draft, again.draft) == 0 && kept.sent_count == again.sent_count);
    free(bytes);
    kept_clear(&again);
    kept_clear(&kept);
    return 0;
}
