/* A call's arguments as they are edited: what the editor gets is clean, means what the model said, and comes
 * out the same once more. What a person makes of them is an object, or a sentence says why not. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/panel_text.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool locale;
    if (!locale)
        locale = utf8_locale();
    char *text = strndup((const char *)data, size), error[256] = "";
    json_t *meant = panel_arguments_value(text, error);
    char *shown = panel_arguments(text);

    if (!meant && (!*error || !utf8_valid(error, strlen(error))))
        abort();
    if (shown) {
        char *clean = sanitise_text(shown, strlen(shown), SANITISE_STRIP, SIZE_MAX);
        json_t *again = panel_arguments_value(shown, error);
        char *twice = panel_arguments(shown);
        if (!again || (*text && !json_equal(again, meant)) || strcmp(clean, shown) != 0 ||
            strcmp(twice, shown) != 0)
            abort();
        json_decref(again);
        free(clean);
        free(twice);
    }
    json_decref(meant);
    free(shown);
    free(text);
    return 0;
}
