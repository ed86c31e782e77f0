/* The keywords of JSON Schema that check the members of an object and the items of an array. */
#include "daemon/agent/mcp/json_schema_run.h"
#include "shared/jsonx.h"
#include <string.h>

typedef enum json_schema_result result_t;

/* --- objects --- */

enum json_schema_result json_schema_properties(struct json_schema_at *at, const json_t *rule)
{
    const char *name;
    json_t *schema;

    if (!json_is_object(rule))
        return json_schema_unusable(at, "is no object");
    json_object_foreach((json_t *)rule, name, schema)
    {
        const json_t *member = json_object_get(at->value, name);
        result_t result = member ? json_schema_descend(at, schema, member, name, 0) : JSON_SCHEMA_FITS;

        if (result != JSON_SCHEMA_FITS)
            return result;
        if (member)
            json_schema_saw_name(at, name);
    }
    return json_schema_steps(at, json_object_size(rule) / 4);
}

enum json_schema_result json_schema_pattern_properties(struct json_schema_at *at, const json_t *rule)
{
    const char *pattern, *name;
    json_t *schema, *member;

    if (!json_is_object(rule))
        return json_schema_unusable(at, "is no object");
    json_object_foreach((json_t *)at->value, name, member)
    {
        json_object_foreach((json_t *)rule, pattern, schema)
        {
            result_t result = json_schema_matches(at, pattern, name, strlen(name));

            if (result == JSON_SCHEMA_DIFFERS)
                continue;
            if (result == JSON_SCHEMA_FITS)
                result = json_schema_descend(at, schema, member, name, 0);
            if (result != JSON_SCHEMA_FITS)
                return result;
            json_schema_saw_name(at, name);
        }
    }
    return JSON_SCHEMA_FITS;
}

/* Whether properties or patternProperties are for this member; the steps of the latter are counted. */
static result_t is_named(struct json_schema_at *at, const char *name)
{
    const char *pattern;
    json_t *schema;

    if (json_object_get(json_object_get(at->schema, "properties"), name))
        return JSON_SCHEMA_FITS;
    json_object_foreach(json_object_get(at->schema, "patternProperties"), pattern, schema)
    {
        result_t result = json_schema_matches(at, pattern, name, strlen(name));

        if (result != JSON_SCHEMA_DIFFERS)
            return result;
    }
    return JSON_SCHEMA_DIFFERS;
}

/* One that no other keyword is for. */
static result_t other_member(struct json_schema_at *at, const json_t *rule, const char *name,
                             const json_t *member)
{
    result_t result;

    if (json_is_false(rule))
        return json_schema_differs(at, "not have the member \"%.60s\"", name);
    result = json_schema_descend(at, rule, member, name, 0);
    if (result == JSON_SCHEMA_FITS)
        json_schema_saw_name(at, name);
    return result;
}

enum json_schema_result json_schema_additional_properties(struct json_schema_at *at, const json_t *rule)
{
    const char *name;
    json_t *member;

    json_object_foreach((json_t *)at->value, name, member)
    {
        result_t result = is_named(at, name);

        if (result == JSON_SCHEMA_DIFFERS)
            result = other_member(at, rule, name, member);
        if (result != JSON_SCHEMA_FITS)
            return result;
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_unevaluated_properties(struct json_schema_at *at, const json_t *rule)
{
    const char *name;
    json_t *member;

    json_object_foreach((json_t *)at->value, name, member)
    {
        result_t result = JSON_SCHEMA_FITS;

        if (!json_object_get(at->seen.names, name))
            result = other_member(at, rule, name, member);
        if (result != JSON_SCHEMA_FITS)
            return result;
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_property_names(struct json_schema_at *at, const json_t *rule)
{
    const char *name;
    json_t *member;

    json_object_foreach((json_t *)at->value, name, member)
    {
        json_t *text = json_string(name);
        result_t result = json_schema_descend(at, rule, text, name, 0);

        json_decref(text);
        if (result != JSON_SCHEMA_FITS)
            return result;
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_dependent_schemas(struct json_schema_at *at, const json_t *rule)
{
    const char *name;
    json_t *schema;

    if (!json_is_object(rule))
        return json_schema_unusable(at, "is no object");
    json_object_foreach((json_t *)rule, name, schema)
    {
        /* In draft-07's dependencies a list of names may stand in place of a schema. */
        bool applies = json_object_get(at->value, name) && !json_is_array(schema);
        result_t result = applies ? json_schema_apply(at, schema) : JSON_SCHEMA_FITS;

        if (result != JSON_SCHEMA_FITS)
            return result;
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_dependencies(struct json_schema_at *at, const json_t *rule)
{
    result_t result = json_schema_dependent_required(at, rule);

    return result == JSON_SCHEMA_FITS ? json_schema_dependent_schemas(at, rule) : result;
}

/* --- arrays --- */

static result_t items_from(struct json_schema_at *at, const json_t *rule, size_t from)
{
    for (size_t i = from; i < json_array_size(at->value); i++) {
        result_t result = json_schema_descend(at, rule, json_array_get(at->value, i), NULL, i);

        if (result != JSON_SCHEMA_FITS)
            return result;
        json_schema_saw_item(at, i);
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_prefix_items(struct json_schema_at *at, const json_t *rule)
{
    if (!json_is_array(rule))
        return json_schema_unusable(at, "is no list of schemas");
    for (size_t i = 0; i < json_array_size(rule) && i < json_array_size(at->value); i++) {
        result_t result =
            json_schema_descend(at, json_array_get(rule, i), json_array_get(at->value, i), NULL, i);

        if (result != JSON_SCHEMA_FITS)
            return result;
        json_schema_saw_item(at, i);
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_items(struct json_schema_at *at, const json_t *rule)
{
    if (json_is_array(rule)) /* before 2020-12 */
        return json_schema_prefix_items(at, rule);
    return items_from(at, rule, json_array_size(json_object_get(at->schema, "prefixItems")));
}

enum json_schema_result json_schema_additional_items(struct json_schema_at *at, const json_t *rule)
{
    const json_t *list = json_object_get(at->schema, "items");

    return json_is_array(list) ? items_from(at, rule, json_array_size(list)) : JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_unevaluated_items(struct json_schema_at *at, const json_t *rule)
{
    for (size_t i = 0; i < json_array_size(at->value); i++) {
        result_t result = JSON_SCHEMA_FITS;

        if (!at->seen.items || !at->seen.items[i])
            result = json_schema_descend(at, rule, json_array_get(at->value, i), NULL, i);
        if (result != JSON_SCHEMA_FITS)
            return result;
        json_schema_saw_item(at, i);
    }
    return JSON_SCHEMA_FITS;
}

enum json_schema_result json_schema_contains(struct json_schema_at *at, const json_t *rule)
{
    double least = jsonx_real(at->schema, "minContains", 1), most = jsonx_real(at->schema, "maxContains", -1);
    size_t fit = 0;

    if (!json_is_array(at->value))
        return JSON_SCHEMA_FITS;
    for (size_t i = 0; i < json_array_size(at->value); i++) {
        result_t result;

        at->run->quiet++;
        result = json_schema_descend(at, rule, json_array_get(at->value, i), NULL, i);
        at->run->quiet--;
        if (result == JSON_SCHEMA_UNUSABLE)
            return result;
        if (result == JSON_SCHEMA_FITS) {
            fit++;
            json_schema_saw_item(at, i);
        }
    }
    if ((double)fit < least)
        return json_schema_differs(at, "have at least %.0f items of the kind that it must contain", least);
    if (most >= 0 && (double)fit > most)
        return json_schema_differs(at, "have at most %.0f items of the kind that it may contain", most);
    return JSON_SCHEMA_FITS;
}
