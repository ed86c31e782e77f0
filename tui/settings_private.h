/* What the settings' files share. */
#ifndef STOA_TUI_SETTINGS_PRIVATE_H
#define STOA_TUI_SETTINGS_PRIVATE_H

#include "shared/option_set.h"
#include "tui/settings.h"

struct settings {
    struct option_set options;
    struct keymap *keymap;
};

/* SETTING_COUNT of them. */
const struct option_spec *settings_rows(void);

#endif
