/* Notices that nobody reads an output any more (the other end of a pipe was closed) while nothing is written
 * to it. */
#ifndef STOA_TUI_CLI_HANGUP_H
#define STOA_TUI_CLI_HANGUP_H

#include <uv.h>

struct hangup;

/* Calls back once. NULL where the descriptor cannot tell: a regular file. */
struct hangup *hangup_open(uv_loop_t *loop, int fd, void (*gone)(void *arg), void *arg);
/* Sets *hangup to NULL; accepts NULL. */
void hangup_close(struct hangup **hangup);

#endif
