/* Forms: what an elicitation/create in form mode asks for, as fields that a terminal can show, and the answer
 * checked against them. Only MCP's flat subset: strings (formats email, uri, date, date-time), numbers,
 * integers, booleans, enumerations (enum with enumNames, oneOf with const and title) and arrays of those
 * (multi-select). */
#ifndef STOA_AGENT_MCP_FORM_H
#define STOA_AGENT_MCP_FORM_H

#include <jansson.h>
#include <stdbool.h>

/* New reference:
 * [{"name","type":"text|number|integer|boolean|choice|choices","title"?,"text"?,"required":bool,"default"?,
 * "format"?,"min"?,"max"?,"options"?:[{"value","title"}]}], in the order of the schema; at most 64 fields,
 * texts cut at 1 KiB. NULL with a sentence if the schema asks for something else. */
json_t *form_fields(const json_t *requested_schema, char error[256]);
/* Whether content (an object) answers the fields; a missing value with a default is put in. False with a
 * sentence that names field and value. */
bool form_check(const json_t *fields, json_t *content, char error[256]);

#endif
