/* What is offered above the draft for the word at the cursor: slash commands and their arguments, files after
 * "@". A pure model: it draws nothing. */
#ifndef STOA_TUI_COMPLETION_H
#define STOA_TUI_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

struct completion;

struct completion *completion_new(void);
void completion_free(struct completion **completion);
/* Whether something is offered. */
bool completion_open(const struct completion *completion);

#endif
