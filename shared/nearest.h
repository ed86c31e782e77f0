/* What a misspelt name may have meant. */
#ifndef STOA_SHARED_NEAREST_H
#define STOA_SHARED_NEAREST_H

#include <stddef.h>

/* That of the known names which was most likely meant, or NULL if none is near. Of a dotted name ("a.b") the
 * part after the last dot is near, too. */
const char *nearest_name(const char *name, const char *const *known, size_t count);

#endif
