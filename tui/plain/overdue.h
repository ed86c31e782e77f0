/* A last resort for line mode, which writes to a terminal as to a file: where that takes nothing any more, a
 * write never comes back, and no loop hears of the signal that is to end the process. The terminal's modes
 * are the shell's, so there is nothing to give back. */
#ifndef STOA_TUI_PLAIN_OVERDUE_H
#define STOA_TUI_PLAIN_OVERDUE_H

/* For a signal that a handler is there for: if the process has not ended within 2 s of it, the signal does
 * what it does by default. Takes SIGALRM. */
void overdue_watch(int number);

#endif
