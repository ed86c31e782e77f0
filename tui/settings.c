/* Reads the settings. The first thing wrong ends it. */
#include "tui/settings.h"
#include "shared/nearest.h"
#include "shared/option_set.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include "tui/notify.h"
#include "tui/settings_private.h"
#include "tui/terminal/theme.h"
#include <stdlib.h>
#include <string.h>

/* name, type, min, max, default, choices, unit, help, restart */
static const struct option_spec rows[SETTING_COUNT] = {
    [SETTING_ALTERNATE_SCREEN] = {"tui.alternate_screen", OPTION_BOOL, 0, 1, "true", NULL, "switch",
                                  "Whether the full-screen client has a screen of its own, which is gone "
                                  "when it ends. false: the last "
                                  "screen stays.",
                                  false},
    [SETTING_BELL] = {"tui.bell", OPTION_BOOL, 0, 1, "true", NULL, "switch",
                      "Whether the bell rings when a turn has ended or a question waits.", false},
    [SETTING_DESKTOP_NOTIFICATIONS] =
        {"tui.desktop_notifications", OPTION_ENUM, 0, NOTIFY_DESKTOP_COUNT - 1, "auto",
         NOTIFY_DESKTOP_CHOICES, "sequence",
         "How the terminal is asked for a notification of the desktop, when a turn has ended or a question "
         "waits. auto: as the terminal is known to understand, else not; within tmux, which drops them by "
         "default, not.",
         false},
    [SETTING_MOUSE] =
        {"tui.mouse", OPTION_BOOL, 0, 1, "true", NULL, "switch",
         "Whether the wheel scrolls and a click chooses. The terminal's own selection then needs "
         "Shift.",
         false},
    [SETTING_NOTIFY_WHEN] = {"tui.notify_when", OPTION_ENUM, 0, NOTIFY_WHEN_COUNT - 1, "unfocused",
                             NOTIFY_WHEN_CHOICES, "choice",
                             "When bell and notifications come: while another window is looked at, always, "
                             "or never. On a terminal "
                             "that does not tell, half a minute without a key counts as looking away.",
                             false},
    [SETTING_THEME] = {"tui.theme", OPTION_ENUM, 0, THEME_COUNT - 1, "auto", THEME_CHOICES, "theme",
                       "Colours. auto: none if NO_COLOR is set, else dark or light by COLORFGBG, else the "
                       "terminal's own 16 "
                       "colours. dark and light want 256 colours; none has attributes alone.",
                       false},
    [SETTING_TITLE] = {"tui.title", OPTION_BOOL, 0, 1, "true", NULL, "switch",
                       "Whether the window's title is the session's, with its state.", false},
};

const struct option_spec *settings_rows(void)
{
    return rows;
}

/* --- keys --- */

static bool bad(const struct settings *settings, int line, char error[256], const char *what,
                const char *name, const char *meant)
{
    char shown[64];

    option_show(name, shown);
    if (meant)
        return option_set_error(&settings->options, line, error, "%s %s; did you mean '%s'?", what, shown,
                                meant);
    return option_set_error(&settings->options, line, error, "%s %s; 'stoa config keys' shows them all", what,
                            shown);
}

static bool unknown_context(const struct settings *settings, int line, const char *name, char error[256])
{
    const char *known[CONTEXT_COUNT];

    for (int i = 0; i < CONTEXT_COUNT; i++)
        known[i] = keymap_context_name((enum context)i);
    return bad(settings, line, error, "unknown context of keys", name,
               nearest_name(name, known, CONTEXT_COUNT));
}

static bool unknown_action(const struct settings *settings, enum context context, int line, const char *name,
                           char error[256])
{
    size_t count, known_count = 0;
    const struct binding *bindings = keymap_defaults(&count);
    const char **known = xcalloc(count, sizeof *known);
    char what[64];

    for (size_t i = 0; i < count; i++)
        if (bindings[i].context == context)
            known[known_count++] = keymap_action_name(bindings[i].action);
    snprintf(what, sizeof what, "in '%s' there is no action", keymap_context_name(context));
    bad(settings, line, error, what, name, nearest_name(name, known, known_count));
    free(known);
    return false;
}

static bool read_key(const struct settings *settings, const struct yaml_node *node, struct keymap_key *key,
                     char error[256])
{
    char reason[256], shown[64];

    if (node->kind != YAML_SCALAR) {
        option_show_node(node, shown);
        return option_set_error(&settings->options, node->line, error,
                                "%s is no key; write one, or a list of them: [Enter, Ctrl+J]", shown);
    }
    if (keymap_parse(node->text, key, reason))
        return true;
    return option_set_error(&settings->options, node->line, error, "%s", reason);
}

/* node: a key or a list of keys. */
static bool read_action(struct settings *settings, enum context context, const char *name,
                        const struct yaml_node *node, int line, char error[256])
{
    enum action action = keymap_action_find(context, name);
    struct keymap_key keys[KEYMAP_KEYS_MAX];
    bool list = node->kind == YAML_LIST;
    size_t count = list ? node->count : 1;
    char reason[256];

    if (action == ACTION_NONE)
        return unknown_action(settings, context, line, name, error);
    if (count > KEYMAP_KEYS_MAX)
        return option_set_error(&settings->options, line, error, "'%s' has %zu keys; it takes at most %d",
                                name, count, KEYMAP_KEYS_MAX);
    for (size_t i = 0; i < count; i++)
        if (!read_key(settings, list ? node->items[i] : node, &keys[i], error))
            return false;
    if (keymap_bind(settings->keymap, context, action, keys, count, line, reason))
        return true;
    return option_set_error(&settings->options, line, error, "%s", reason);
}

/* Whether node is a map; one with all in it commented out is none, and empty. */
static bool check_map(const struct settings *settings, const char *name, const struct yaml_node *node,
                      int line, char error[256])
{
    char shown[64];

    if (node->kind == YAML_MAP || (node->kind == YAML_SCALAR && !node->text[0]))
        return true;
    option_show_node(node, shown);
    return option_set_error(&settings->options, line, error, "'%s' is %s; it must be a map", name, shown);
}

static bool read_context(struct settings *settings, const char *name, const struct yaml_node *map, int line,
                         char error[256])
{
    enum context context = keymap_context_find(name);

    if (context == CONTEXT_COUNT)
        return unknown_context(settings, line, name, error);
    if (!check_map(settings, name, map, line, error))
        return false;
    for (size_t i = 0; i < map->count; i++)
        if (!read_action(settings, context, map->keys[i], map->items[i], map->key_lines[i], error))
            return false;
    return true;
}

static bool read_keys(struct settings *settings, const struct yaml_node *map, int line, char error[256])
{
    if (!check_map(settings, "tui.keys", map, line, error))
        return false;
    for (size_t i = 0; i < map->count; i++)
        if (!read_context(settings, map->keys[i], map->items[i], map->key_lines[i], error))
            return false;
    return true;
}

/* --- options --- */

static bool unknown_option(const struct settings *settings, int line, const char *name, char error[256])
{
    const char *known[SETTING_COUNT + 1];
    char shown[64];

    for (int i = 0; i < SETTING_COUNT; i++)
        known[i] = rows[i].name;
    known[SETTING_COUNT] = "tui.keys";
    const char *meant = nearest_name(name, known, SETTING_COUNT + 1);
    option_show(name, shown);
    if (meant)
        return option_set_error(&settings->options, line, error, "unknown option %s; did you mean '%s'?",
                                shown, meant);
    return option_set_error(&settings->options, line, error,
                            "unknown option %s; stoa-config(5) lists the options", shown);
}

static bool read_option(struct settings *settings, const char *name, const struct yaml_node *node, int line,
                        char error[256])
{
    size_t index = option_set_find(&settings->options, name);

    if (strcmp(name, "tui.keys") == 0)
        return read_keys(settings, node, line, error);
    if (index == SETTING_COUNT)
        return unknown_option(settings, line, name, error);
    return option_set_put_node(&settings->options, index, node, line, error);
}

/* What is not ours is the daemon's to check. */
static bool read_file(struct settings *settings, const struct yaml_node *root, char error[256])
{
    static const char ours[] = "tui";

    if (root->kind != YAML_MAP)
        return option_set_error(&settings->options, root->line, error, "the file must be a map of options");
    for (size_t i = 0; i < root->count; i++) {
        const char *name = root->keys[i];
        const struct yaml_node *node = root->items[i];
        int line = root->key_lines[i];

        if (strncmp(name, ours, 3) == 0 && name[3] == '.') {
            if (!read_option(settings, name, node, line, error))
                return false;
        } else if (strcmp(name, ours) == 0) {
            if (!check_map(settings, name, node, line, error))
                return false;
            for (size_t k = 0; k < node->count; k++) {
                char *dotted = xasprintf("%s.%s", ours, node->keys[k]);
                bool ok = read_option(settings, dotted, node->items[k], node->key_lines[k], error);
                free(dotted);
                if (!ok)
                    return false;
            }
        }
    }
    return true;
}

/* --- the whole --- */

static struct settings *settings_new(const char *file)
{
    struct settings *settings = xcalloc(1, sizeof *settings);

    option_set_init(&settings->options, rows, SETTING_COUNT, file);
    settings->keymap = keymap_new();
    return settings;
}

/* Takes root, which may be NULL for no file. */
static struct settings *build(struct yaml_node *root, const char *file, bool environment, char error[256])
{
    struct settings *settings = settings_new(file);

    if ((root && !read_file(settings, root, error)) ||
        (environment && !option_set_environment(&settings->options, error)))
        settings_free(&settings);
    yaml_free(&root);
    return settings;
}

struct settings *settings_parse(const char *text, size_t len, const char *name, bool environment,
                                char error[256])
{
    char reason[256];
    struct yaml_node *root = yaml_parse(text, len, reason);

    if (root)
        return build(root, name, environment, error);
    option_broken_file(name, reason, error);
    return NULL;
}

struct settings *settings_load(char error[256])
{
    char *path = paths_config(), reason[256];
    struct yaml_node *root = path ? yaml_read(path, reason) : NULL;
    struct settings *settings = NULL;

    if (path && !root)
        option_broken_file(path, reason, error);
    else
        settings = build(root, path, true, error);
    free(path);
    return settings;
}

void settings_free(struct settings **slot)
{
    struct settings *settings = *slot;

    *slot = NULL;
    if (!settings)
        return;
    option_set_clear(&settings->options);
    keymap_free(&settings->keymap);
    free(settings);
}

bool settings_put(struct settings *settings, enum setting setting, const char *text, char error[256])
{
    return option_set_put(&settings->options, setting, text, SOURCE_COMMAND_LINE, 0, error);
}

int64_t settings_number(const struct settings *settings, enum setting setting)
{
    return settings->options.values[setting].number;
}

const struct keymap *settings_keymap(const struct settings *settings)
{
    return settings->keymap;
}
