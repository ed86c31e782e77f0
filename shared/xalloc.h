/* Small fixed allocations that never fail: they end the program, with a line on stderr, when memory is out.
 * What grows with input that others control goes through buf.h instead. */
#ifndef STOA_SHARED_XALLOC_H
#define STOA_SHARED_XALLOC_H

#include <stddef.h>

/* From now on this exit code is the end when memory is out, after the line on stderr; 0: abort, as at the
 * start.
 */
void xalloc_exit_with(int code);

void *xmalloc(size_t size) __attribute__((returns_nonnull));
void *xcalloc(size_t count, size_t size) __attribute__((returns_nonnull));
/* Room for count elements of size bytes; an overflow of the product aborts. */
void *xreallocarray(void *ptr, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((returns_nonnull));
char *xstrndup(const char *text, size_t max) __attribute__((returns_nonnull));
/* NULL stays NULL. */
char *xstrdup_null(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

#endif
