/* What a schema document names ($id, $anchor, $dynamicAnchor), and where its references lead. */
#ifndef STOA_AGENT_MCP_JSON_SCHEMA_INDEX_H
#define STOA_AGENT_MCP_JSON_SCHEMA_INDEX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { JSON_SCHEMA_NAMES_MAX = 1024 /* of one document: ids and anchors each */ };

struct json_schema_index;

/* Borrows the schema. NULL with a sentence if it can't be used. */
struct json_schema_index *json_schema_index_open(const json_t *schema, char error[256]);
/* Sets *index to NULL; accepts NULL. */
void json_schema_index_close(struct json_schema_index **index);

/* A part of the document has a number of its own where it has an $id; the whole has 0. in: the one around
 * it. */
size_t json_schema_index_enter(const struct json_schema_index *index, const json_t *schema, size_t in);
/* Where a $ref that stands in that part leads to, and *in becomes the part of it. NULL: not within the
 * document. */
const json_t *json_schema_index_find(const struct json_schema_index *index, const char *ref, size_t *in);
/* The schema with that $dynamicAnchor in that part; NULL if there is none. */
const json_t *json_schema_index_dynamic(const struct json_schema_index *index, const char *name, size_t in);
/* Whether any part has unevaluatedProperties or unevaluatedItems. */
bool json_schema_index_tracks(const struct json_schema_index *index);
/* Draft-07 and older: what stands beside a $ref is ignored. */
bool json_schema_index_is_old(const struct json_schema_index *index);

#endif
