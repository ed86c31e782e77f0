/* A byte buffer with a cap that is given at init: the one type for what grows with input that others control.
 * The data is always followed by a NUL that does not count in len, so it can be read as a C string. */
#ifndef STOA_SHARED_BUF_H
#define STOA_SHARED_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data; /* "" until the first byte; never NULL after buf_init */
    size_t len; /* bytes in use */
    size_t cap; /* bytes allocated, 0 while data is the static "" */
    size_t max; /* len never passes this */
    bool wipes; /* set it to have what is no longer in use overwritten; it stays set */
};

/* max: the most bytes the buffer may hold. Allocates nothing. */
void buf_init(struct buf *buf, size_t max);
/* Frees the data; the buffer is empty and usable again with the same max. */
void buf_free(struct buf *buf);
/* Empties without freeing. */
void buf_clear(struct buf *buf);
/* Each appends all of its input, or nothing and returns false when max would be passed or memory is out. */
bool buf_put(struct buf *buf, const void *data, size_t len);
bool buf_puts(struct buf *buf, const char *text);
bool buf_putc(struct buf *buf, char byte);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *buf, const char *format, va_list args);
/* Allocates for count more bytes at once; false if those would not fit. */
bool buf_reserve(struct buf *buf, size_t count);
/* Appends text as the inside of a JSON string (no quotes): escapes ", \ and C0. text must be valid UTF-8. */
bool buf_put_json(struct buf *buf, const char *text, size_t len);
/* Removes the first count bytes (count <= len). */
void buf_drop(struct buf *buf, size_t count);
/* Cuts to len bytes (len <= buf->len). */
void buf_truncate(struct buf *buf, size_t len);
/* Gives the bytes to the caller, who frees them with free(); the buffer is empty after. Never NULL. */
char *buf_take(struct buf *buf);

#endif
