/* Memory for secrets: locked (it is never swapped out), between pages that nobody may touch, in no core dump,
 * and overwritten before it is given back. Where the system does not let us lock it (ulimit -l), that is
 * said once in the log, and the rest still holds. */
#ifndef STOA_SHARED_LOCKED_H
#define STOA_SHARED_LOCKED_H

#include <stddef.h>

/* len bytes of zeros, and one more behind them; of any alignment. Never NULL: it is not for sizes that others
 * choose. */
void *locked_new(size_t len);
/* Overwrites and frees; accepts NULL. */
void locked_free(void *bytes);
/* Bytes that are in use now. */
size_t locked_bytes(void);
/* For tests: called with the bytes of one that is freed, overwritten already. NULL: nobody. */
void locked_set_hook(void (*hook)(const unsigned char *bytes, size_t len));
/* For tests: as if the system had no such memory. */
void locked_set_plain(int plain);

#endif
