/* Getters and helpers over jansson, so that reading an outside object is a line a field and never a crash. */
#ifndef STOA_SHARED_JSONX_H
#define STOA_SHARED_JSONX_H

#include "shared/buf.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { JSONX_DEPTH_MAX = 64 }; /* nesting accepted from outside */

/* Parses exactly one JSON value of len bytes: strict UTF-8, no duplicate keys, depth at most JSONX_DEPTH_MAX
 * (checked before jansson recurses). NULL on error, with a text of what and where in error (may be NULL). */
json_t *jsonx_parse(const char *text, size_t len, char error[160]);
/* The same of at most so many values, each of which takes about 100 bytes of memory, though "[]," takes
 * three. */
json_t *jsonx_parse_few(const char *text, size_t len, size_t most, char error[160]);
/* Compact text, free()d by the caller. Never NULL (aborts if out of memory or value is not encodable). */
char *jsonx_dump(const json_t *value, size_t *len);
/* Appends compact text; false when out is full. */
bool jsonx_dump_buf(const json_t *value, struct buf *out);
/* The member of that type, or the fallback when it is missing, null or of another type. Pointers live as long
 * as obj. */
const char *jsonx_str(const json_t *obj, const char *key, const char *fallback);
int64_t jsonx_int(const json_t *obj, const char *key, int64_t fallback);
double jsonx_real(const json_t *obj, const char *key, double fallback); /* takes integers too */
bool jsonx_bool(const json_t *obj, const char *key, bool fallback);
json_t *jsonx_obj(const json_t *obj, const char *key); /* borrowed; NULL if not an object */
json_t *jsonx_arr(const json_t *obj, const char *key); /* borrowed; NULL if not an array */
/* Sets a string member, or leaves it out when text is NULL. text is made valid UTF-8 first. */
void jsonx_set_str(json_t *obj, const char *key, const char *text);
void jsonx_set_strn(json_t *obj, const char *key, const char *text, size_t len);
void jsonx_set_int(json_t *obj, const char *key, int64_t value);
/* While it is on, memory that jansson gives back is overwritten first: for JSON that holds a secret, from
 * before it is read until it is freed. */
void jsonx_set_wiping(bool on);

#endif
