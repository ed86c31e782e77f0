/* The way to the terminal of a program that a shell may have put in its background. A change of the terminal
 * would stop it there within a system call, where it would hear of no signal that is to end it: kill %1 sends
 * SIGTERM, and SIGCONT so that it is heard. So it stops of itself, and looks first at what came when it goes
 * on. */
#ifndef STOA_TUI_TERMINAL_FRONT_H
#define STOA_TUI_TERMINAL_FRONT_H

#include <stdbool.h>
#include <uv.h>

struct front {
    uv_check_t check;
    uv_idle_t idle;
    int fd, turns, tries;
    const bool *ended;
    void (*back)(void *arg);
    void *arg;
};

/* Two handles on the loop, to be closed as others: front must live until then. ended: set by the handlers of
 * signals that end the program. */
void front_open(struct front *front, uv_loop_t *loop, const bool *ended, void (*back)(void *arg), void *arg);
/* Calls back once, in a later turn of the loop, when the terminal fd is this process's to change, and each
 * signal that has come until now was heard; not if one of them has ended the program. */
void front_await(struct front *front, int fd);
/* Nothing is awaited any more. */
void front_forget(struct front *front);
/* The same before the loop runs: runs it itself, until the terminal may be changed or *ended. */
void front_begin(uv_loop_t *loop, int fd, const bool *ended);

#endif
