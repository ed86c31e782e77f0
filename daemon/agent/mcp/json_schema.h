/* JSON Schema, as far as MCP needs it: checks a value against a tool's outputSchema or a form's fields.
 * Dialect 2020-12 by default; 2019-09 and draft-04 to draft-07 by their $schema, and their spelling of the
 * same things (items as a list, definitions, dependencies) anywhere; another dialect is unusable. All
 * keywords that assert are known, unevaluatedItems and unevaluatedProperties and $dynamicRef too; format and
 * content* are annotations, $recursiveRef is not known.
 *
 * $ref within the document only: nothing is ever fetched; a schema that refers elsewhere is unusable, which
 * is said, not guessed. So is one whose pattern is unusable (pattern.h). Hostile schemas cost bounded time:
 * depth, steps and pattern sizes are capped. */
#ifndef STOA_AGENT_MCP_JSON_SCHEMA_H
#define STOA_AGENT_MCP_JSON_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

enum {
    JSON_SCHEMA_DEPTH_MAX = 512,      /* schemas within schemas, references followed included */
    JSON_SCHEMA_STEPS_MAX = 40000000, /* of one check; about half a second */
    JSON_SCHEMA_ERROR_MAX = 256
};

enum json_schema_result {
    JSON_SCHEMA_FITS,
    JSON_SCHEMA_DIFFERS, /* error names the place and what would be right: "/items/2/age is -1; it must be at
                            least 0" */
    JSON_SCHEMA_UNUSABLE /* error says what of the schema can't be used */
};

/* error is "" for one that fits. What the value or the schema say in it is not sanitised, but valid UTF-8. */
enum json_schema_result json_schema_check(const json_t *schema, const json_t *value,
                                          char error[JSON_SCHEMA_ERROR_MAX]);

#endif
