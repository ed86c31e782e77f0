/* The settings of the full-screen client: section `tui` of the configuration file, of which the daemon has
 * the rest, then the environment (STOA_TUI_THEME), then the command line; later ones win.
 *
 *     tui:
 *       theme: dark
 *       keys:
 *         chat: {send: [Enter], history: Ctrl+R}
 *         browse: {line-down: [j, Down], dump: []}
 */
#ifndef STOA_TUI_SETTINGS_H
#define STOA_TUI_SETTINGS_H

#include "tui/keymap.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* In the order in which they are printed: by name. */
enum setting {
    SETTING_ALTERNATE_SCREEN,
    SETTING_BELL,
    SETTING_DESKTOP_NOTIFICATIONS, /* enum notify_desktop */
    SETTING_MOUSE,
    SETTING_NOTIFY_WHEN, /* enum notify_when */
    SETTING_THEME,       /* enum theme */
    SETTING_TITLE,
    SETTING_COUNT
};

struct settings;

/* Reads the file that paths_config finds, if any, and the environment. NULL with a sentence in error on the
 * first thing wrong: "config.yaml:3: option 'tui.theme' is 'dork'; it must be one of ...". */
struct settings *settings_load(char error[256]);
/* The same from memory; name stands for the file in errors. */
struct settings *settings_parse(const char *text, size_t len, const char *name, bool environment,
                                char error[256]);
void settings_free(struct settings **settings);
/* From the command line. False with a sentence in error. */
bool settings_put(struct settings *settings, enum setting setting, const char *text, char error[256]);

/* A boolean (0 or 1) or the position of an enum's choice. */
int64_t settings_number(const struct settings *settings, enum setting setting);
/* Lives as long as the settings. */
const struct keymap *settings_keymap(const struct settings *settings);

/* --- printing --- */

/* What is in force, as YAML that reads back the same. */
void settings_print(const struct settings *settings, FILE *out);
/* All keys in force, as YAML that reads back the same. */
void settings_print_keys(const struct keymap *keymap, FILE *out);
/* The client's part of config.example.yaml, and of stoa-config(5) and stoa(1), as built in. */
void settings_print_example(FILE *out);
void settings_print_man(FILE *out);
void settings_print_man_keys(FILE *out);

#endif
