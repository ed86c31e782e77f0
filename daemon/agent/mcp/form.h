/* Forms: what an elicitation/create in form mode asks for, as fields that a terminal can show, and the answer
 * checked against them. Only MCP's flat subset: strings (formats email, uri, date, date-time), numbers,
 * integers, booleans, enumerations (enum with enumNames, oneOf with const and title) and arrays of those
 * (multi-select). */
#ifndef STOA_AGENT_MCP_FORM_H
#define STOA_AGENT_MCP_FORM_H

#include <jansson.h>
#include <stdbool.h>

enum {
    FORM_FIELDS_MAX = 64,
    FORM_OPTIONS_MAX = 256, /* of one field */
    FORM_NAME_MAX = 256,    /* bytes of a field's name */
    FORM_TEXT_MAX =
        1024, /* bytes of titles and texts, which are cut, and of an option's value, which is not */
    FORM_ERROR_MAX = 256
};

/* New reference:
 * [{"name","type":"text|number|integer|boolean|choice|choices","title"?,"text"?,"required":bool,"default"?,
 * "format"?,"pattern"?,"min"?,"max"?,"options"?:[{"value","title"}]}], in the order of the schema; at most 64
 * fields, texts cut at 1 KiB. min and max: of a number its value, of a text its characters, of choices how
 * many. A default that does not answer its field is left out, so is a pattern that pattern.h can't use. NULL
 * with a sentence if the schema asks for something else. Nothing in it is sanitised. */
json_t *form_fields(const json_t *requested_schema, char error[FORM_ERROR_MAX]);
/* Whether content (an object) answers the fields; a missing value with a default is put in, and a null is
 * taken for a missing one. False with a sentence that names field and value. */
bool form_check(const json_t *fields, json_t *content, char error[FORM_ERROR_MAX]);

#endif
