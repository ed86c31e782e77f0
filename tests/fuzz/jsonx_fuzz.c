/* What is taken comes back the same from its own dump; what is refused has a short printable reason. */
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const json_t *value)
{
    char error[160];
    size_t len;
    char *text = jsonx_dump(value, &len);
    json_t *back = jsonx_parse(text, len, error);

    assert(len == strlen(text) && utf8_valid(text, len));
    assert(back && json_equal(value, back));
    json_decref(back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[160];
    json_t *value, *wrapped = json_object();

    memset(error, 'x', sizeof error);
    value = jsonx_parse((const char *)data, size, error);
    if (value)
        check_round_trip(value);
    else
        assert(memchr(error, '\0', sizeof error) && *error && utf8_valid(error, strlen(error)));
    json_decref(value);

    jsonx_set_strn(wrapped, "text", (const char *)data, size);
    assert(jsonx_str(wrapped, "text", NULL));
    check_round_trip(wrapped);
    json_decref(wrapped);
    return 0;
}
