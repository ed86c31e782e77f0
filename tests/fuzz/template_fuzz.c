/* A template: what may stand in the configuration can be filled in, or a sentence says why not; without
 * templates it is itself, and a value that looks like one is not filled in again. */
#include "daemon/config/template.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *arg, const char *value)
{
    assert(value);
    ++*(size_t *)arg;
}

static uint64_t version_of(void *arg, const char *name, char error[256])
{
    (void)arg;
    assert(*name && strlen(name) <= TEMPLATE_NAME_MAX);
    strcpy(error, "not set");
    return name[0] % 3;
}

static void check(const char *text, enum server_scope scope, const struct template_values *values)
{
    char error[256] = "";
    size_t variables = 0;

    if (!template_check(text, scope, error)) {
        assert(*error && memchr(error, '\0', sizeof error));
        assert(!utf8_valid(text, strlen(text)) || utf8_valid(error, strlen(error)));
        return;
    }
    template_variables(text, values->variables, count, &variables);
    assert(variables == 0 || template_names_session(text));
    assert(scope == SCOPE_SESSION || !template_names_session(text));
    json_t *parts = template_fill_parts(text, values, error);
    assert(!parts || json_is_array(parts));
    assert(!template_names_secret(text) || scope != SCOPE_SHARED);
    json_decref(parts);
    char *filled = template_fill(text, values, error);
    assert(!filled || !template_names_secret(text));
    assert(filled ? strlen(filled) < TEMPLATE_RESULT_MAX + 1 : *error);
    if (!strpbrk(text, "{}"))
        assert(filled && strcmp(filled, text) == 0);
    free(filled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    json_t *variables = json_pack("{s:s,s:s}", "A", "{SESSION_ID}", "long", "x");
    struct template_values values = {.instance = "session",
                                     .user = "ann",
                                     .session_id = "s_1",
                                     .session_dir = "/tmp/{VAR:A}",
                                     .secret = version_of,
                                     .variables = variables};
    struct template_values shared = {.instance = "shared"},
                           user = {.instance = "user", .user = "ann", .secret = version_of};
    char name[TEMPLATE_NAME_MAX + 1];

    check(text, SCOPE_SESSION, &values);
    check(text, SCOPE_USER, &user);
    check(text, SCOPE_SHARED, &shared);
    template_is_name(text);
    assert(!template_is_secret(text, name) || (template_names_secret(text) && *name));
    json_decref(variables);
    free(text);
    return 0;
}
