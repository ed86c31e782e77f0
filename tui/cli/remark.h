/* What an event that is no message means, as a line for people: line mode and stoa watch say it with the same
 * words. */
#ifndef STOA_TUI_CLI_REMARK_H
#define STOA_TUI_CLI_REMARK_H

#include "proto/event.h"

/* "* the title is now: x", or "! ..." where something went wrong, without a newline at its end; not
 * sanitised. NULL where nothing is to be said, and for messages, calls, questions, and who comes and goes,
 * which both tell in their own ways. free() it. */
char *remark_on(const struct event *event);

#endif
