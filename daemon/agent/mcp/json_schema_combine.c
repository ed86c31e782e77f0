/* The keywords of JSON Schema that check the same value by other schemas: allOf and its like, and references.
 * What a schema noted as looked at counts only if it fits. */
#include "daemon/agent/mcp/json_schema_run.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <stdio.h>
#include <string.h>

typedef enum json_schema_result result_t;

static result_t apply_quietly(struct json_schema_at *at, const json_t *schema)
{
    result_t result;

    at->run->quiet++;
    result = json_schema_apply(at, schema);
    at->run->quiet--;
    return result;
}

enum json_schema_result json_schema_all_of(struct json_schema_at *at, const json_t *rule)
{
    result_t result = JSON_SCHEMA_FITS;

    if (!json_is_array(rule))
        return json_schema_unusable(at, "is no list of schemas");
    for (size_t i = 0; i < json_array_size(rule) && result == JSON_SCHEMA_FITS; i++)
        result = json_schema_apply(at, json_array_get(rule, i));
    return result;
}

/* How many of a list fit; stops at the first if that is enough. */
static result_t count_fitting(struct json_schema_at *at, const json_t *rule, bool one_is_enough, size_t *fit)
{
    *fit = 0;
    if (!json_is_array(rule) || json_array_size(rule) == 0)
        return json_schema_unusable(at, "is no list of schemas");
    for (size_t i = 0; i < json_array_size(rule) && !(one_is_enough && *fit); i++) {
        result_t result = apply_quietly(at, json_array_get(rule, i));

        if (result == JSON_SCHEMA_UNUSABLE)
            return result;
        *fit += result == JSON_SCHEMA_FITS;
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_any_of(struct json_schema_at *at, const json_t *rule)
{
    size_t fit;
    result_t result = count_fitting(at, rule, !json_schema_index_tracks(at->run->index), &fit);

    if (result != JSON_SCHEMA_FITS || fit > 0)
        return result;
    if (json_array_size(rule) == 1)
        return json_schema_apply(at, json_array_get(rule, 0)); /* for what exactly is wrong */
    return json_schema_differs(at, "fit one of %zu schemas, and fits none", json_array_size(rule));
}

enum json_schema_result json_schema_one_of(struct json_schema_at *at, const json_t *rule)
{
    size_t fit;
    result_t result = count_fitting(at, rule, false, &fit);

    if (result != JSON_SCHEMA_FITS || fit == 1)
        return result;
    return json_schema_differs(at, "fit exactly one of %zu schemas, and fits %zu", json_array_size(rule),
                               fit);
}

enum json_schema_result json_schema_not(struct json_schema_at *at, const json_t *rule)
{
    struct json_schema_seen before = at->seen;
    result_t result;

    at->seen = (struct json_schema_seen){0};
    result = apply_quietly(at, rule);
    json_schema_seen_free(&at->seen);
    at->seen = before;
    if (result == JSON_SCHEMA_UNUSABLE)
        return result;
    return result == JSON_SCHEMA_DIFFERS ? JSON_SCHEMA_FITS : json_schema_differs(at, "not be like that");
}

enum json_schema_result json_schema_if(struct json_schema_at *at, const json_t *rule)
{
    result_t result = apply_quietly(at, rule);
    const json_t *next;

    if (result == JSON_SCHEMA_UNUSABLE)
        return result;
    next = json_object_get(at->schema, result == JSON_SCHEMA_FITS ? "then" : "else");
    return next ? json_schema_apply(at, next) : JSON_SCHEMA_FITS;
}

static result_t follow(struct json_schema_at *at, const json_t *target, size_t in)
{
    struct json_schema_scope scope = {at->scope, in};
    const struct json_schema_scope *before = at->scope;
    result_t result;

    at->scope = &scope;
    result = json_schema_apply(at, target);
    at->scope = before;
    return result;
}

static const json_t *find(struct json_schema_at *at, const json_t *rule, size_t *in)
{
    const json_t *target = NULL;
    char error[JSON_SCHEMA_ERROR_MAX];

    *in = at->scope->in;
    if (json_is_string(rule))
        target = json_schema_index_find(at->run->index, json_string_value(rule), in);
    if (!target) {
        int cut = (int)utf8_cut(json_string_value(rule), json_string_length(rule), 120);

        snprintf(error, sizeof error, "leads to %.*s, which is not within the schema", cut,
                 json_is_string(rule) ? json_string_value(rule) : "");
        json_schema_unusable(at, error);
    }
    return target;
}

enum json_schema_result json_schema_ref(struct json_schema_at *at, const json_t *rule)
{
    size_t in;
    const json_t *target = find(at, rule, &in);

    return target ? follow(at, target, in) : JSON_SCHEMA_UNUSABLE;
}

/* As $ref; but where that leads to a $dynamicAnchor, the outermost one of that name on the way here is meant.
 */
enum json_schema_result json_schema_dynamic_ref(struct json_schema_at *at, const json_t *rule)
{
    size_t in;
    const json_t *target = find(at, rule, &in);
    const char *name = target ? jsonx_str(target, "$dynamicAnchor", NULL) : NULL;
    const char *hash = json_is_string(rule) ? strchr(json_string_value(rule), '#') : NULL;

    if (!target)
        return JSON_SCHEMA_UNUSABLE;
    if (name && hash && strcmp(hash + 1, name) == 0)
        for (const struct json_schema_scope *scope = at->scope; scope; scope = scope->up) {
            const json_t *outer = json_schema_index_dynamic(at->run->index, name, scope->in);

            if (outer) {
                target = outer;
                in = scope->in;
            }
        }
    return follow(at, target, in);
}
