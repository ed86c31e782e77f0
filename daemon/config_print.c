/* The configuration as text: in force, as an example, and as a manual page's section. All from the table. */
#include "daemon/config_internal.h"
#include <string.h>

enum { COLUMNS = 78 };

/* Text in lines of at most COLUMNS, each behind prefix. */
static void put_wrapped(const char *prefix, const char *text, FILE *out)
{
    size_t column = 0;

    for (const char *word = text; *word;) {
        size_t len = strcspn(word, " ");

        if (column > 0 && column + 1 + len > COLUMNS) {
            fputc('\n', out);
            column = 0;
        }
        if (column == 0)
            column = (size_t)fprintf(out, "%s%.*s", prefix, (int)len, word);
        else
            column += (size_t)fprintf(out, " %.*s", (int)len, word);
        word += len;
        word += *word == ' ';
    }
    fputc('\n', out);
}

/* The part of a name before its dot: the map in which it stands. 0 if it stands alone. */
static size_t group_len(const char *name)
{
    const char *dot = strchr(name, '.');

    return dot ? (size_t)(dot - name) : 0;
}

static bool begins_group(int option)
{
    const char *name = option_row((enum option)option)->name;
    size_t len = group_len(name);

    return len > 0 &&
           (option == 0 || strncmp(option_row((enum option)(option - 1))->name, name, len + 1) != 0);
}

static const char *leaf(const char *name)
{
    size_t len = group_len(name);

    return len ? name + len + 1 : name;
}

/* In double quotes, where every text is a text. */
static void put_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, strchr("\"\\", *text) ? "\\%c" : "%c", *text);
    fputc('"', out);
}

static void put_bounds(const struct option_row *row, FILE *out)
{
    char expected[128], text[400];

    option_expects(row, expected);
    snprintf(text, sizeof text, "Value: %s (%s). Default: %s.%s", expected, row->unit,
             *row->standard ? row->standard : "empty", row->restart ? " Needs a restart." : "");
    put_wrapped(group_len(row->name) ? "  # " : "# ", text, out);
}

/* --- in force --- */

static void put_value(const struct config *config, int option, FILE *out)
{
    static const char *const sources[] = {"default", "file", "environment", "command line"};
    const struct option_row *row = option_row((enum option)option);
    const struct config_value *value = &config->values[option];
    char text[32];

    fprintf(out, "%s%s: ", group_len(row->name) ? "  " : "", leaf(row->name));
    if (row->type == OPTION_TEXT) {
        put_quoted(value->text, out);
    } else {
        option_write(row, value->number, text);
        fputs(text, out);
    }
    fprintf(out, "  # %s", sources[value->source]);
    if (value->line > 0)
        fprintf(out, ", line %d", value->line);
    fputc('\n', out);
}

static void put_member(const char *name, const char *text, FILE *out)
{
    if (!text)
        return;
    fprintf(out, "    %s: ", name);
    put_quoted(text, out);
    fputc('\n', out);
}

/* The built-in "local" has no URL, which a file could not say. */
static void put_provider(const struct provider *provider, FILE *out)
{
    if (provider->api != API_DEMO && !provider->base_url) {
        fprintf(out, "  # %s: built in; the model server that is found on this host\n", provider->name);
        return;
    }
    fprintf(out, "  %s:  # %s\n    api: %s\n", provider->name, provider->builtin ? "built in" : "file",
            provider_api_name(provider->api));
    put_member("base_url", provider->base_url, out);
    put_member("api_key_env", provider->api_key_env, out);
    put_member("api_key_file", provider->api_key_file, out);
    if (provider->model_count > 0)
        fputs("    models:\n", out);
    for (size_t i = 0; i < provider->model_count; i++) {
        fputs("      - ", out);
        put_quoted(provider->models[i], out);
        fputc('\n', out);
    }
}

void config_print(const struct config *config, FILE *out)
{
    fprintf(out, "# The configuration in force. File: %s\n", config->file ? config->file : "none");
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *name = option_row((enum option)i)->name;

        if (begins_group(i))
            fprintf(out, "%.*s:\n", (int)group_len(name), name);
        put_value(config, i, out);
    }
    servers_print(config, out);
    fputs("providers:\n", out);
    for (size_t i = 0; i < config->provider_count; i++)
        put_provider(&config->providers[i], out);
}

/* --- as an example --- */

static const char example_head[] =
    "# stoa: configuration of the daemon. Copy it to ~/.config/stoa/config.yaml (or\n"
    "# /etc/stoa/config.yaml) and take the # away from what you change. All that is\n"
    "# left out has its default. `stoad --print-config` shows what is in force.\n"
    "#\n"
    "# Each option can also be given by the environment (agent.idle_timeout as\n"
    "# STOA_AGENT_IDLE_TIMEOUT) or the command line (--set agent.idle_timeout=10m):\n"
    "# the command line wins, then the environment, then this file. SIGHUP makes the\n"
    "# daemon read this file again: if anything in it is wrong, all stays as it was.\n";

static const char example_providers[] =
    "# Where models come from. anthropic, openai, ollama, llamacpp and demo are built\n"
    "# in; a model is named provider/model. A key never stands in this file: name an\n"
    "# environment variable, or a file of mode 0600.\n"
    "providers:\n"
    "  # mine:\n"
    "  #   api: openai               # openai, anthropic or demo\n"
    "  #   base_url: http://127.0.0.1:8000/v1\n"
    "  #   api_key_env: MY_API_KEY   # or\n"
    "  #   api_key_file: ~/.config/stoa/my.key\n"
    "  #   models: [small, large]    # optional: nothing else is accepted then\n";

void config_print_example(FILE *out)
{
    fputs(example_head, out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = option_row((enum option)i);
        size_t group = group_len(row->name);
        const char *indent = group ? "  " : "";

        fputc('\n', out);
        if (begins_group(i))
            fprintf(out, "%.*s:\n", (int)group, row->name);
        put_wrapped(group ? "  # " : "# ", row->help, out);
        put_bounds(row, out);
        fprintf(out, "%s#%s: %s\n", indent, leaf(row->name), *row->standard ? row->standard : "\"\"");
    }
    fputc('\n', out);
    servers_print_example(out);
    fprintf(out, "\n%s", example_providers);
}

/* --- as a manual page's section --- */

/* A sentence a line. No line may begin with a control character of roff, nor hold a bare backslash. */
static void put_roff(const char *text, FILE *out)
{
    for (bool begins = true; *text; text++) {
        if (begins && strchr(".'", *text))
            fputs("\\&", out);
        begins = strncmp(text, ". ", 2) == 0;
        fputs(*text == '\\' ? "\\e" : (char[]){*text, '\0'}, out);
        if (begins) {
            fputc('\n', out);
            text++;
        }
    }
}

void config_print_man(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = option_row((enum option)i);
        char expected[128];

        option_expects(row, expected);
        fprintf(out, ".It Cm %s\n", row->name);
        put_roff(row->help, out);
        fputs("\nValue: ", out);
        put_roff(expected, out);
        fprintf(out, " (%s).\nDefault: %s.\n", row->unit, *row->standard ? row->standard : "empty");
        if (row->restart)
            fputs("A change takes effect when the daemon is started again.\n", out);
    }
    fputs(".El\n", out);
}
