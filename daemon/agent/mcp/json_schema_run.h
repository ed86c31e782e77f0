/* What the files of json_schema share: one check that runs, and the place where it is. */
#ifndef STOA_AGENT_MCP_JSON_SCHEMA_RUN_H
#define STOA_AGENT_MCP_JSON_SCHEMA_RUN_H

#include "daemon/agent/mcp/json_schema.h"
#include "daemon/agent/mcp/json_schema_index.h"
#include "daemon/agent/mcp/pattern.h"

enum { JSON_SCHEMA_PATTERNS_MAX = 128 /* different ones in one check */ };

struct json_schema_run {
    const struct json_schema_index *index;
    struct {
        const char *text; /* the schema's own: compared by address */
        struct pattern *pattern;
    } patterns[JSON_SCHEMA_PATTERNS_MAX];
    size_t pattern_count;
    long steps;
    int depth;
    int quiet; /* > 0: what differs is only counted, not told */
    char *error;
};

/* Where in the value; key NULL: index. */
struct json_schema_place {
    const struct json_schema_place *up;
    const char *key;
    size_t index;
};

/* Which parts of a schema were entered on the way here, for $dynamicRef. */
struct json_schema_scope {
    const struct json_schema_scope *up;
    size_t in;
};

/* What of a value was looked at, for unevaluated*. */
struct json_schema_seen {
    json_t *names;        /* members of an object, as an object; NULL: none */
    unsigned char *items; /* a byte for each element of an array; NULL: none */
};

struct json_schema_at {
    struct json_schema_run *run;
    const json_t *schema, *value;
    const struct json_schema_place *place;
    const struct json_schema_scope *scope;
    struct json_schema_scope own; /* in scope, if the schema is a part with an id */
    struct json_schema_seen seen;
    const char *keyword;
};

typedef enum json_schema_result json_schema_keyword(struct json_schema_at *at, const json_t *rule);

/* The keywords that look at one value alone. */
json_schema_keyword json_schema_type, json_schema_enum, json_schema_const, json_schema_minimum,
    json_schema_maximum, json_schema_exclusive_minimum, json_schema_exclusive_maximum,
    json_schema_multiple_of, json_schema_min_length, json_schema_max_length, json_schema_pattern,
    json_schema_min_items, json_schema_max_items, json_schema_unique_items, json_schema_min_properties,
    json_schema_max_properties, json_schema_required, json_schema_dependent_required;

/* Those that check the same value by other schemas, and those that check its parts. */
json_schema_keyword json_schema_all_of, json_schema_any_of, json_schema_one_of, json_schema_not,
    json_schema_if, json_schema_ref, json_schema_dynamic_ref, json_schema_properties,
    json_schema_pattern_properties, json_schema_additional_properties, json_schema_unevaluated_properties,
    json_schema_property_names, json_schema_dependent_schemas, json_schema_dependencies,
    json_schema_prefix_items, json_schema_items, json_schema_additional_items, json_schema_unevaluated_items,
    json_schema_contains;

/* The same value by another schema; what that looked at counts if it fits. */
enum json_schema_result json_schema_apply(struct json_schema_at *at, const json_t *schema);
/* A member of the value (name), or an item (NULL, i). */
enum json_schema_result json_schema_descend(struct json_schema_at *at, const json_t *schema,
                                            const json_t *value, const char *name, size_t i);
void json_schema_saw_name(struct json_schema_at *at, const char *name);
void json_schema_saw_item(struct json_schema_at *at, size_t i);
void json_schema_seen_free(struct json_schema_seen *seen);

/* "/a/2 is VALUE; it must be WHAT", where the format makes WHAT. */
enum json_schema_result json_schema_differs(struct json_schema_at *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "the schema's KEYWORD WHAT" */
enum json_schema_result json_schema_unusable(struct json_schema_at *at, const char *what);
/* Whether text has it; UNUSABLE if the pattern or the effort is. */
enum json_schema_result json_schema_matches(struct json_schema_at *at, const char *pattern, const char *text,
                                            size_t len);
/* Takes a step; UNUSABLE when there are none left. */
enum json_schema_result json_schema_steps(struct json_schema_at *at, size_t steps);

#endif
