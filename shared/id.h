/* Ids: a prefix and a ULID in lower case ("s_01j8zq4k3n..."): sortable by time, 80 bits of randomness from
 * the kernel. Prefixes: "s_" session, "m_" message, "r_" request, "e_" epoch. */
#ifndef STOA_SHARED_ID_H
#define STOA_SHARED_ID_H

#include <stdbool.h>

enum { ID_ULID_LEN = 26, ID_MAX = 40 }; /* ID_MAX: room for any id and its NUL */

/* Writes prefix (at most 12 characters) and ULID, NUL-terminated. Two in one millisecond still rise. */
void id_make(char out[ID_MAX], const char *prefix);
/* True for prefix followed by exactly 26 characters of Crockford's base 32 in lower case. */
bool id_valid(const char *id, const char *prefix);

#endif
