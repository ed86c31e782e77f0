/* A terminal that is only ever written on at its end, line by line, with a prompt below what was written: for
 * screen readers, and terminals that cannot move their cursor. What the person types there is the terminal's
 * own business. */
#ifndef STOA_TUI_PLAIN_PAPER_H
#define STOA_TUI_PLAIN_PAPER_H

#include "tui/cli/out.h"
#include <stdio.h>

struct paper;

/* terminal stays the caller's. */
struct paper *paper_new(FILE *terminal);
void paper_free(struct paper **paper);
/* Where to write: the text is sanitised, and a line appears when it is whole. */
struct out *paper_out(struct paper *paper);
/* Ends the line that is not whole. */
void paper_end_line(struct paper *paper);
/* Shows the prompt, a clean text without newline, unless it is shown already. */
void paper_prompt(struct paper *paper, const char *prompt);
/* The person has pressed Enter: what follows begins a line. */
void paper_entered(struct paper *paper);

#endif
