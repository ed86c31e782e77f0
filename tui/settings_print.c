/* Settings and keys as text: in force, as an example, and for the manual pages. */
#include "shared/option_print.h"
#include "tui/command_local.h"
#include "tui/settings_private.h"
#include "tui/terminal/keys.h"
#include <stdio.h>
#include <string.h>

/* --- keys as YAML --- */

/* Bare where YAML takes it for a text in a list, else quoted. */
static void put_key(const struct binding *row, FILE *out)
{
    char name[KEYMAP_NAME_MAX];

    keymap_name(row->code, row->mods, name);
    if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+") == strlen(name) &&
        name[0] != '+')
        fputs(name, out);
    else
        option_print_quoted(name, out);
}

/* Whether it is the action's first row in the built-in table, whose order the output follows. */
static bool is_first(const struct binding *rows, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (rows[i].context == rows[index].context && rows[i].action == rows[index].action)
            return false;
    return true;
}

static void put_action(const struct binding *rows, size_t count, enum context context, enum action action,
                       FILE *out)
{
    bool any = false;

    fprintf(out, "      %s: [", keymap_action_name(action));
    for (size_t i = 0; i < count; i++) {
        if (rows[i].context != context || rows[i].action != action)
            continue;
        fputs(any ? ", " : "", out);
        put_key(&rows[i], out);
        any = true;
    }
    fputs("]\n", out);
}

/* Whether the action has a row of the built-in table in that context. */
static bool is_builtin(const struct binding *row)
{
    size_t count;
    const struct binding *builtin = keymap_defaults(&count);

    for (size_t i = 0; i < count; i++)
        if (builtin[i].context == row->context && builtin[i].action == row->action)
            return true;
    return false;
}

static void put_keys(const struct binding *rows, size_t count, FILE *out)
{
    size_t builtin_count;
    const struct binding *builtin = keymap_defaults(&builtin_count);

    fputs("  keys:\n", out);
    for (int context = 0; context < CONTEXT_COUNT; context++) {
        fprintf(out, "    %s:\n", keymap_context_name((enum context)context));
        for (size_t i = 0; i < builtin_count; i++)
            if (builtin[i].context == (enum context)context && is_first(builtin, i))
                put_action(rows, count, builtin[i].context, builtin[i].action, out);
        for (size_t i = 0; i < count; i++)
            if (rows[i].context == (enum context)context && is_first(rows, i) && !is_builtin(&rows[i]))
                put_action(rows, count, rows[i].context, rows[i].action, out);
    }
}

void settings_print_keys(const struct keymap *keymap, FILE *out)
{
    size_t count;
    const struct binding *rows = keymap ? keymap_rows_of(keymap, &count) : keymap_defaults(&count);

    fputs("tui:\n", out);
    put_keys(rows, count, out);
}

/* --- options --- */

void settings_print(const struct settings *settings, FILE *out)
{
    fprintf(out, "# The client's configuration in force. File: %s\n",
            settings->options.file ? settings->options.file : "none");
    option_print_set(&settings->options, out);
}

static const char example_head[] =
    "\n"
    "# What follows is the full-screen client's (stoa), which reads it when it starts;\n"
    "# `stoa config` shows what is in force. In the environment: STOA_TUI_THEME.\n";

static const char example_keys[] =
    "\n"
    "  # Other keys: by context and action, a key or a list of them, [] for none. What\n"
    "  # is left out stays as it is; `stoa config keys` shows all in this form. A\n"
    "  # built-in key of another action yields to one that is given here.\n"
    "  #keys:\n"
    "  #  chat: {history: [Ctrl+R, F3], fold: []}\n"
    "  #  browse: {line-down: [j, Down, Ctrl+N]}\n";

void settings_print_example(FILE *out)
{
    fputs(example_head, out);
    option_print_example(settings_rows(), SETTING_COUNT, out);
    fputs(example_keys, out);
}

void settings_print_man(FILE *out)
{
    option_print_man(settings_rows(), SETTING_COUNT, out);
}

/* --- keys and commands in stoa(1) --- */

/* The head of an item: no word of it is a macro, and there are no arrows, which few printers have. */
static void put_head(const char *text, FILE *out)
{
    static const char *const arrows[][2] = {{"↑", "Up"}, {"↓", "Down"}, {"←", "Left"}, {"→", "Right"}};

    fputs(".It", out);
    for (bool begins = true; *text; begins = *text++ == ' ') {
        if (begins)
            fputs(" \\&", out);
        for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
            size_t len = strlen(arrows[i][0]);

            while (strncmp(text, arrows[i][0], len) == 0) {
                fputs(arrows[i][1], out);
                text += len;
            }
        }
        if (!*text)
            break;
        if (*text != ' ')
            fputs(*text == '\\' ? "\\e" : (char[]){*text, '\0'}, out);
    }
    fputc('\n', out);
}

static void begin_list(const char *title, FILE *out)
{
    fprintf(out, ".Ss %s\n.Bl -tag -width \"Alt+1 to Alt+9\" -compact\n", title);
}

static void put_item(const char *head, const char *text, FILE *out)
{
    put_head(head, out);
    option_print_roff(text, out);
    fputc('\n', out);
}

static void put_context(enum context context, FILE *out)
{
    char text[KEYMAP_KEYS_TEXT_MAX], title[128];
    size_t count;
    const struct binding *rows = keymap_defaults(&count);

    keymap_context_title(context, title);
    begin_list(context == CONTEXT_PAGE ? "On the help page, and other pages" : title, out);
    for (size_t i = 0, next; i < count; i = next) {
        next = keymap_line_end(rows, count, i);
        if (rows[i].context == context)
            put_item(keymap_keys_text(rows + i, next - i, text), rows[i].help, out);
    }
    fputs(".El\n", out);
}

static void put_commands(const char *title, const struct slash_row *commands, size_t count, FILE *out)
{
    char head[256];

    begin_list(title, out);
    for (size_t i = 0; i < count; i++) {
        snprintf(head, sizeof head, "/%s%s%s", commands[i].name, *commands[i].arguments ? " " : "",
                 commands[i].arguments);
        put_item(head, commands[i].summary, out);
    }
    fputs(".El\n", out);
}

void settings_print_man_keys(FILE *out)
{
    size_t count;
    const struct slash_row *commands;

    for (int context = 0; context < CONTEXT_COUNT; context++)
        put_context((enum context)context, out);
    commands = slash_rows(&count);
    put_commands("Commands for the session, typed as a message", commands, count, out);
    commands = local_commands(&count);
    put_commands("Commands for the screen", commands, count, out);
}
