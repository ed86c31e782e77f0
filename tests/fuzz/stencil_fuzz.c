/* Two texts, apart by a line feed: where the first is an object with a "content", and the second is read by
 * comparing, parsing says the same. */
#include "daemon/agent/stencil.h"
#include "shared/jsonx.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether parsing finds that value, as content of the object or of its member delta. */
static bool parses_as(const char *text, size_t len, const char *value, size_t value_len)
{
    json_t *json = jsonx_parse(text, len, NULL);
    const json_t *outer = json_object_get(json, "content");
    const json_t *content = outer ? outer : json_object_get(jsonx_obj(json, "delta"), "content");
    bool same = json_string_length(content) == value_len &&
                (value_len == 0 || memcmp(json_string_value(content), value, value_len) == 0);

    json_decref(json);
    return same;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *first = (const char *)data, *cut = memchr(first, '\n', size), *value;
    struct stencil stencil;
    size_t len;

    if (!cut)
        return 0;
    json_t *json = jsonx_parse(first, (size_t)(cut - first), NULL);
    const json_t *outer = json_object_get(json, "content");
    const char *content = jsonx_str(outer ? json : jsonx_obj(json, "delta"), "content", NULL);
    stencil_init(&stencil);
    if (content)
        stencil_learn(&stencil, first, (size_t)(cut - first), "content", content);
    const char *second = cut + 1;
    size_t rest = size - (size_t)(second - first);
    if (stencil_match(&stencil, second, rest, &value, &len) && !parses_as(second, rest, value, len))
        abort();
    stencil_clear(&stencil);
    json_decref(json);
    return 0;
}
