/* Files for a moment, that nobody but their owner may read: in $TMPDIR, else /tmp. */
#ifndef STOA_TUI_TEMPFILE_H
#define STOA_TUI_TEMPFILE_H

#include <stdbool.h>
#include <stddef.h>

enum { TEMPFILE_PATH_MAX = 256 };

/* A new file named stoa-WHAT-..., open for reading and writing; -1 with errno if there can be none. Its path
 * is in path. */
int tempfile_open(const char *what, char path[TEMPFILE_PATH_MAX]);
/* The same without a name: it is gone when it is closed. */
int tempfile_nameless(void);
/* Writes all of it; false with errno. */
bool tempfile_write(int fd, const char *bytes, size_t len);

#endif
