/* Writing all of something to a descriptor that blocks. */
#ifndef STOA_SHARED_WRITEALL_H
#define STOA_SHARED_WRITEALL_H

#include <stdbool.h>
#include <stddef.h>

/* False, with errno, if not all of it could be written; some of it may have been. */
bool write_all(int fd, const void *bytes, size_t len);

#endif
