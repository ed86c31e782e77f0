/* A document {"schema":...,"value":...}: the check ends, always with the same result, and says why in valid
 * text. */
#include "daemon/agent/mcp/json_schema.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[JSON_SCHEMA_ERROR_MAX], again[JSON_SCHEMA_ERROR_MAX];
    json_t *both = jsonx_parse((const char *)data, size, NULL);
    json_t *schema = json_object_get(both, "schema"), *value = json_object_get(both, "value");

    if (schema && value) {
        enum json_schema_result result = json_schema_check(schema, value, error);

        assert(memchr(error, '\0', sizeof error) && utf8_valid(error, strlen(error)));
        assert((result == JSON_SCHEMA_FITS) == (*error == '\0'));
        assert(json_schema_check(schema, value, again) == result && strcmp(error, again) == 0);
    }
    json_decref(both);
    return 0;
}
