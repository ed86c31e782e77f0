/* Any text after "/": it is a request that its method's row takes, or an error; and what is said of an answer
 * that is any JSON (after a NUL) holds nothing that a terminal could obey. */
#include "proto/slash.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say(const char *text, const struct state *state, const json_t *params, const json_t *ok)
{
    char *said = slash_said(text, state, params, ok);
    char *clean = sanitise_text(said, strlen(said), SANITISE_STRIP, SIZE_MAX);

    assert(strcmp(said, clean) == 0);
    free(clean);
    free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *cut = memchr(data, '\0', size);
    size_t len = cut ? (size_t)(cut - data) : size;
    char *text = strndup((const char *)data, len), error[256] = "";
    json_t *ok = cut ? jsonx_parse((const char *)cut + 1, size - len - 1, NULL) : NULL, *params;
    struct state *state = state_new("s_01j8zq4k3n0000000000000000", "e_01j8zq4k3n0000000000000000");
    enum method method;

    if (slash_parse(text, state, &method, &params, error)) {
        assert(method < METHOD_COUNT && !error[0]);
        assert(schema_check(request_row(method)->fields, params, true, error));
        say(text, state, params, ok);
    } else {
        assert(error[0] && !params);
        assert(!utf8_valid(text, len) || utf8_valid(error, strlen(error)));
    }
    json_decref(params);
    state_free(&state);
    json_decref(ok);
    free(text);
    return 0;
}
