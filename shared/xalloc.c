/* Allocation that ends the program instead of failing: a few small blocks that are not there leave nothing to
 * save. */
#include "shared/xalloc.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int exit_code; /* 0: abort */

static void out_of_memory(void) __attribute__((noreturn));

/* stdio may want memory itself, hence the plain write. */
static void out_of_memory(void)
{
    static const char line[] = "out of memory\n";

    if (write(STDERR_FILENO, line, sizeof line - 1) < 0) {
        /* nothing is left to be told */
    }
    if (exit_code != 0)
        _exit(exit_code);
    abort();
}

void xalloc_exit_with(int code)
{
    exit_code = code;
}

void *xmalloc(size_t size)
{
    void *ptr = malloc(size ? size : 1);

    if (!ptr)
        out_of_memory();
    return ptr;
}

void *xcalloc(size_t count, size_t size)
{
    void *ptr = calloc(count ? count : 1, size ? size : 1);

    if (!ptr)
        out_of_memory();
    return ptr;
}

void *xreallocarray(void *ptr, size_t count, size_t size)
{
    void *moved = reallocarray(ptr, count ? count : 1, size ? size : 1);

    if (!moved)
        out_of_memory();
    return moved;
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t max)
{
    size_t len = strnlen(text, max);
    char *copy = xmalloc(len + 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *xstrdup_null(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

char *xasprintf(const char *format, ...)
{
    char *text;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        out_of_memory();
    va_end(args);
    return text;
}
