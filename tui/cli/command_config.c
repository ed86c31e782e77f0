/* The full-screen client's configuration: read for it, and printed by config. */
#include "tui/cli/command.h"
#include "tui/settings.h"
#include <stdlib.h>
#include <string.h>

struct settings *command_settings(struct cli *cli, int *exit_code)
{
    const char *theme = args_value(cli->args, "theme");
    char error[256];
    struct settings *settings = settings_load(error);

    if (!settings) {
        cli_say("%s", error);
        *exit_code = EXIT_CONFIG;
    } else if (theme && !settings_put(settings, SETTING_THEME, theme, error)) {
        *exit_code = cli_usage("--theme: %s", error);
        settings_free(&settings);
    }
    return settings;
}

static void print_keys(const struct settings *settings, FILE *out)
{
    settings_print_keys(settings_keymap(settings), out);
}

static void print_example(const struct settings *settings, FILE *out)
{
    (void)settings;
    settings_print_example(out);
}

static void print_man(const struct settings *settings, FILE *out)
{
    (void)settings;
    settings_print_man(out);
}

static void print_man_keys(const struct settings *settings, FILE *out)
{
    (void)settings;
    settings_print_man_keys(out);
}

/* own: what is in force, for which the configuration must be right. man and man-keys are what `make docs`
 * puts into the manual, and are for nobody else: help does not tell of them. */
static const struct what {
    const char *word;
    bool own;
    void (*print)(const struct settings *settings, FILE *out);
} whats[] = {{"", true, settings_print},
             {"keys", true, print_keys},
             {"example", false, print_example},
             {"man", false, print_man},
             {"man-keys", false, print_man_keys}};

static const struct what *find_what(const char *word)
{
    for (size_t i = 0; i < sizeof whats / sizeof *whats; i++)
        if (strcmp(whats[i].word, word) == 0)
            return &whats[i];
    return NULL;
}

int command_config(struct cli *cli)
{
    const struct what *what = find_what(cli->args->word_count ? cli->args->words[0] : "");
    struct settings *settings = NULL;
    char *text;
    size_t len;
    int code = EXIT_OK;

    if (!what)
        return cli_usage("'%.60s' is neither keys nor example", cli->args->words[0]);
    if (what->own && !(settings = command_settings(cli, &code)))
        return code;
    FILE *out = open_memstream(&text, &len);
    what->print(settings, out);
    fclose(out);
    out_text(&cli->out, text, len);
    free(text);
    settings_free(&settings);
    return EXIT_OK;
}
