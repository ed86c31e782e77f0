/* The terminal below the screen: an own descriptor, raw mode, the modes that are switched on, and a queue of
 * output that never blocks. Whatever ends the process, the modes are switched off again (but SIGKILL):
 * signals that would end it, and that nobody else handles, are caught for that. */
#ifndef STOA_TUI_TERMINAL_TTY_H
#define STOA_TUI_TERMINAL_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tty;

/* Opens the terminal at path ("/dev/tty") on a descriptor of its own: making descriptor 0 non-blocking would
 * leak into the shell. One at a time. NULL with a sentence in error. */
struct tty *tty_open(const char *path, char error[256]);
/* Leaves if that was not done, and closes. What is still queued is written for at most a moment. */
void tty_close(struct tty **tty);
int tty_fd(const struct tty *tty);
bool tty_size(const struct tty *tty, int *rows, int *cols);

/* leave: what ends the screen's own state (alternate screen, attributes, cursor), for fatal signals. Static
 * or longer lived than the tty. */
void tty_enter(struct tty *tty, bool mouse, const char *leave);
/* Modes off and the shell's settings back, when all is written; in a shell's background it has them already.
 * leave is not written: the caller has. */
void tty_leave(struct tty *tty);
bool tty_entered(const struct tty *tty);
/* Whether a terminal lets this process change it: one in a shell's background would be stopped for that. */
bool tty_in_front(int fd);
void tty_set_mouse(struct tty *tty, bool mouse);

/* Queues bytes and writes what the terminal takes: in one write if it takes all. */
void tty_put(struct tty *tty, const void *bytes, size_t len);
/* Writes more of the queue. True if something is left: wait until the descriptor is writable. */
bool tty_flush(struct tty *tty);
bool tty_pending(const struct tty *tty);
/* Writes text to a descriptor of somebody else's, for at most a moment if that is a terminal which takes
 * nothing. */
void tty_say(int fd, const char *bytes, size_t len);
/* Counters since tty_open. */
uint64_t tty_writes(const struct tty *tty);
uint64_t tty_bytes(const struct tty *tty);

#endif
