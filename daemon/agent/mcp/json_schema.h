/* JSON Schema, as far as MCP needs it: checks a value against a tool's outputSchema or a form's fields.
 * Dialect 2020-12 by default, draft-07's spelling of the same things accepted. $ref within the document only:
 * nothing is ever fetched; a schema that refers elsewhere is unusable, which is said, not guessed. Hostile
 * schemas cost bounded time: depth, steps and pattern sizes are capped. */
#ifndef STOA_AGENT_MCP_JSON_SCHEMA_H
#define STOA_AGENT_MCP_JSON_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

enum json_schema_result {
    JSON_SCHEMA_FITS,
    JSON_SCHEMA_DIFFERS, /* error names the place and what would be right: "/items/2/age is -1; it must be at
                            least 0" */
    JSON_SCHEMA_UNUSABLE /* error says what of the schema can't be used */
};

enum json_schema_result json_schema_check(const json_t *schema, const json_t *value, char error[256]);

#endif
