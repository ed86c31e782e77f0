/* What the APIs have in common. */
#include "daemon/agent/dialect.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <string.h>

const char *dialect_error_text(const json_t *json)
{
    const json_t *error = json_object_get(json, "error");

    if (json_is_string(error))
        return json_string_value(error);
    if (json_is_object(error))
        json = error;
    return jsonx_str(json, "message", jsonx_str(json, "detail", NULL));
}

char *dialect_error_of(const char *text, size_t len)
{
    json_t *json = len > 0 ? jsonx_parse(text, len, NULL) : NULL;
    /* Some servers put the error in an array. */
    char *said = xstrdup_null(dialect_error_text(json_is_array(json) ? json_array_get(json, 0) : json));

    json_decref(json);
    return said;
}

char *dialect_url(const char *base_url, const char *path)
{
    size_t len = strlen(base_url);

    while (len > 0 && base_url[len - 1] == '/')
        len--;
    return xasprintf("%.*s%s", (int)len, base_url, path);
}
