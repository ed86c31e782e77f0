/* What an outside JSON object must look like: one row a member. Requests and events are checked by the same
 * code, and the error names the member, its value and what would be right. */
#ifndef STOA_PROTO_SCHEMA_H
#define STOA_PROTO_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum field_type {
    FIELD_STRING, /* min..max are bytes */
    FIELD_SECRET, /* the same; what it is, is never shown */
    FIELD_INT,    /* min..max are values */
    FIELD_REAL,   /* min..max are values; integers are taken too */
    FIELD_BOOL,
    FIELD_OBJECT,
    FIELD_ARRAY,   /* min..max are elements */
    FIELD_STRINGS, /* an array of strings of 1 to 64 bytes; min..max are elements */
    FIELD_ENUM     /* a string out of choices */
};

struct field {
    const char *name; /* NULL ends a table */
    enum field_type type;
    bool required;
    bool nullable; /* null is allowed and means "restore the default" */
    int64_t min, max;
    const char *choices; /* FIELD_ENUM: "queue|steer" */
};

/* True if obj is an object that fits the fields. Members that no row names are refused when strict, else
 * skipped. error receives a sentence such as: parameter 'limit' is 5000; it must be an integer from 1 to
 * 1000. */
bool schema_check(const struct field *fields, const json_t *obj, bool strict, char error[256]);
/* A value as short JSON text in ASCII, for an error text; "missing" for NULL. */
void schema_show(const json_t *value, char out[64]);

#endif
