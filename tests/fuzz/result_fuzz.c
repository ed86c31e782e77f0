/* What a tool gave, as text for the model: whatever it is, the text is valid, not empty, and within its
 * bound. */
#include "daemon/agent/result.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = jsonx_parse((const char *)data, size, NULL);
    struct result_place place = {.name = "m-0", .max = STATE_NOTE_MAX + size / 2};
    struct result result;

    result_read(json, &place, &result);
    if (!*result.text || strlen(result.text) > place.max || !utf8_valid(result.text, strlen(result.text)) ||
        (result.state != CALL_DONE && result.state != CALL_FAILED))
        abort();
    result_clear(&result);
    json_decref(json);
    return 0;
}
