/* A list that is filtered by what is typed: palette, list of sessions, history, choices of a command. A pure
 * model: it draws nothing and does nothing. */
#ifndef STOA_TUI_PICKER_H
#define STOA_TUI_PICKER_H

#include "tui/editor.h"
#include "tui/style.h"
#include <stdbool.h>
#include <stddef.h>

enum picker_kind { PICKER_PALETTE, PICKER_SESSIONS, PICKER_HISTORY, PICKER_MODELS, PICKER_THEMES };

struct picker;

struct picker *picker_new(void);
void picker_free(struct picker **picker);

#endif
