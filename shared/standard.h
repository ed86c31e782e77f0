/* Standard input, output and error are never anything else's. */
#ifndef STOA_SHARED_STANDARD_H
#define STOA_SHARED_STANDARD_H

#include <stdbool.h>

/* For the begin of main(): of 0, 1 and 2 those that the process was started without are taken up, so that no
 * socket or file becomes one of them. Reading the first gives its end, writing to the others fails with
 * EBADF. False if that can't be had. */
bool standard_hold(void);

#endif
