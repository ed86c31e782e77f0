/* What the keymap's files share. */
#ifndef STOA_TUI_KEYMAP_PRIVATE_H
#define STOA_TUI_KEYMAP_PRIVATE_H

#include "tui/keymap.h"

bool keymap_is_used(const struct keymap *keymap);

#endif
