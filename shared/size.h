/* Numbers of bytes as people read them. */
#ifndef STOA_SHARED_SIZE_H
#define STOA_SHARED_SIZE_H

#include <stdbool.h>
#include <stdint.h>

enum { SIZE_TEXT_MAX = 32 };

/* "812 bytes", "96.5 KiB", "1.2 GiB"; returns text. */
const char *size_text(int64_t bytes, char text[SIZE_TEXT_MAX]);
/* Reads "4096", "64k", "10MiB", "1.5g", "2 GiB": units are powers of 1024, b and ib may follow them, of
 * either case. False if it is none, or more than 2^60. */
bool size_read(const char *text, int64_t *bytes);

#endif
