/* A document {"schema":...,"content":...}: a form is bounded, its defaults answer it, and an answer that was
 * taken is taken again. */
#include "daemon/agent/mcp/form.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *error)
{
    assert(*error && memchr(error, '\0', FORM_ERROR_MAX) && utf8_valid(error, strlen(error)));
}

static void check_form(const json_t *fields, json_t *content)
{
    char error[FORM_ERROR_MAX];

    assert(json_array_size(fields) <= FORM_FIELDS_MAX);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *field = json_array_get(fields, i);

        assert(jsonx_str(field, "name", NULL) && jsonx_str(field, "type", NULL));
        assert(strlen(jsonx_str(field, "title", "")) <= FORM_TEXT_MAX);
        assert(json_array_size(json_object_get(field, "options")) <= FORM_OPTIONS_MAX);
    }
    if (form_check(fields, content, error))
        assert(form_check(fields, content, error));
    else
        check_text(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[FORM_ERROR_MAX];
    json_t *both = jsonx_parse((const char *)data, size, NULL);
    json_t *schema = json_object_get(both, "schema"), *content = json_object_get(both, "content");

    if (schema && content) {
        json_t *fields = form_fields(schema, error);

        if (fields)
            check_form(fields, content);
        else
            check_text(error);
        json_decref(fields);
    }
    json_decref(both);
    return 0;
}
