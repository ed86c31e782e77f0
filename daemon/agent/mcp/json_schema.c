/* Walks a schema and a value together. Each keyword is a row of the table at the end, and the order of the
 * rows matters: what notes which members and items were looked at comes before what asks for the rest of
 * them. */
#include "daemon/agent/mcp/json_schema.h"
#include "daemon/agent/mcp/json_schema_run.h"
#include "daemon/agent/mcp/json_value.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA_STEPS = 32 /* what looking at one schema costs, with its row of keywords */ };

typedef enum json_schema_result result_t;

static result_t check(struct json_schema_at *at);

/* --- what was looked at --- */

void json_schema_seen_free(struct json_schema_seen *seen)
{
    json_decref(seen->names);
    free(seen->items);
    *seen = (struct json_schema_seen){0};
}

void json_schema_saw_name(struct json_schema_at *at, const char *name)
{
    if (!json_schema_index_tracks(at->run->index))
        return;
    if (!at->seen.names)
        at->seen.names = json_object();
    json_object_set_new(at->seen.names, name, json_true());
}

void json_schema_saw_item(struct json_schema_at *at, size_t i)
{
    if (!json_schema_index_tracks(at->run->index))
        return;
    if (!at->seen.items)
        at->seen.items = xcalloc(json_array_size(at->value), 1);
    at->seen.items[i] = 1;
}

/* Takes what another schema for the same value saw. */
static void saw_also(struct json_schema_at *at, const struct json_schema_seen *seen)
{
    const char *name;
    json_t *value;

    json_object_foreach(seen->names, name, value)
    {
        json_schema_saw_name(at, name);
    }
    for (size_t i = 0; seen->items && i < json_array_size(at->value); i++)
        if (seen->items[i])
            json_schema_saw_item(at, i);
}

/* --- schemas within schemas --- */

/* The same value by another schema of this one. */
enum json_schema_result json_schema_apply(struct json_schema_at *at, const json_t *schema)
{
    struct json_schema_at inner = {
        .run = at->run, .schema = schema, .value = at->value, .place = at->place, .scope = at->scope};
    result_t result = check(&inner);

    if (result == JSON_SCHEMA_FITS)
        saw_also(at, &inner.seen);
    json_schema_seen_free(&inner.seen);
    return result;
}

/* A member (name) or an item (NULL) of the value. */
enum json_schema_result json_schema_descend(struct json_schema_at *at, const json_t *schema,
                                            const json_t *value, const char *name, size_t i)
{
    struct json_schema_place place = {at->place, name, i};
    struct json_schema_at inner = {
        .run = at->run, .schema = schema, .value = value, .place = &place, .scope = at->scope};
    result_t result = check(&inner);

    json_schema_seen_free(&inner.seen);
    return result;
}

/* --- the table --- */

static const struct row {
    const char *name;
    json_schema_keyword *check;
} rows[] = {
    {"type", json_schema_type},
    {"enum", json_schema_enum},
    {"const", json_schema_const},
    {"minimum", json_schema_minimum},
    {"maximum", json_schema_maximum},
    {"exclusiveMinimum", json_schema_exclusive_minimum},
    {"exclusiveMaximum", json_schema_exclusive_maximum},
    {"multipleOf", json_schema_multiple_of},
    {"minLength", json_schema_min_length},
    {"maxLength", json_schema_max_length},
    {"pattern", json_schema_pattern},
    {"minItems", json_schema_min_items},
    {"maxItems", json_schema_max_items},
    {"uniqueItems", json_schema_unique_items},
    {"minProperties", json_schema_min_properties},
    {"maxProperties", json_schema_max_properties},
    {"required", json_schema_required},
    {"dependentRequired", json_schema_dependent_required},
    {"$ref", json_schema_ref},
    {"$dynamicRef", json_schema_dynamic_ref},
    {"properties", json_schema_properties},
    {"patternProperties", json_schema_pattern_properties},
    {"additionalProperties", json_schema_additional_properties},
    {"propertyNames", json_schema_property_names},
    {"dependentSchemas", json_schema_dependent_schemas},
    {"dependencies", json_schema_dependencies},
    {"prefixItems", json_schema_prefix_items},
    {"items", json_schema_items},
    {"additionalItems", json_schema_additional_items},
    {"contains", json_schema_contains},
    {"allOf", json_schema_all_of},
    {"anyOf", json_schema_any_of},
    {"oneOf", json_schema_one_of},
    {"not", json_schema_not},
    {"if", json_schema_if},
    {"unevaluatedItems", json_schema_unevaluated_items},
    {"unevaluatedProperties", json_schema_unevaluated_properties},
};

static result_t check_rows(struct json_schema_at *at)
{
    const struct json_schema_index *index = at->run->index;
    size_t in = json_schema_index_enter(index, at->schema, at->scope->in);
    bool alone = json_schema_index_is_old(index) && json_object_get(at->schema, "$ref");
    result_t result = JSON_SCHEMA_FITS;

    if (in != at->scope->in) {
        at->own = (struct json_schema_scope){at->scope, in};
        at->scope = &at->own;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows && result == JSON_SCHEMA_FITS; i++) {
        const json_t *rule;

        if (alone && strcmp(rows[i].name, "$ref") != 0)
            continue;
        rule = json_object_get(at->schema, rows[i].name);
        at->keyword = rows[i].name;
        if (rule)
            result = rows[i].check(at, rule);
    }
    return result;
}

static result_t check(struct json_schema_at *at)
{
    result_t result = json_schema_steps(at, SCHEMA_STEPS);

    if (result != JSON_SCHEMA_FITS || json_is_true(at->schema))
        return result;
    if (json_is_false(at->schema))
        return json_schema_differs(at, "not be there");
    if (!json_is_object(at->schema)) {
        snprintf(at->run->error, JSON_SCHEMA_ERROR_MAX, "the schema has a part that is no schema");
        return JSON_SCHEMA_UNUSABLE;
    }
    if (++at->run->depth > JSON_SCHEMA_DEPTH_MAX) {
        snprintf(at->run->error, JSON_SCHEMA_ERROR_MAX,
                 "the schema is nested, or refers to itself, too deeply");
        result = JSON_SCHEMA_UNUSABLE;
    } else {
        result = check_rows(at);
    }
    at->run->depth--;
    return result;
}

enum json_schema_result json_schema_check(const json_t *schema, const json_t *value,
                                          char error[JSON_SCHEMA_ERROR_MAX])
{
    struct json_schema_index *index = json_schema_index_open(schema, error);
    struct json_schema_run *run;
    struct json_schema_scope scope = {0};
    result_t result;

    if (!index) {
        json_value_mend(error);
        return JSON_SCHEMA_UNUSABLE;
    }
    *error = '\0';
    run = xcalloc(1, sizeof *run);
    run->index = index;
    run->steps = JSON_SCHEMA_STEPS_MAX;
    run->error = error;

    struct json_schema_at at = {.run = run, .schema = schema, .value = value, .scope = &scope};
    result = check(&at);
    json_value_mend(error);
    json_schema_seen_free(&at.seen);
    for (size_t i = 0; i < run->pattern_count; i++)
        pattern_free(&run->patterns[i].pattern);
    free(run);
    json_schema_index_close(&index);
    return result;
}
