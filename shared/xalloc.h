/* Small fixed allocations that never fail: they abort, with a line on stderr, when memory is out.
 * What grows with input that others control goes through buf.h instead. */
#ifndef STOA_SHARED_XALLOC_H
#define STOA_SHARED_XALLOC_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
/* Room for count elements of size bytes; an overflow of the product aborts. */
void *xreallocarray(void *ptr, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t max);
/* NULL stays NULL. */
char *xstrdup_null(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
