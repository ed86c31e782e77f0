/* The configuration as text: in force, as an example, and as a manual page's section. All from the table. */
#include "daemon/config/config_internal.h"
#include "shared/option_print.h"
#include <string.h>

/* --- in force --- */

static void put_member(const char *name, const char *text, FILE *out)
{
    if (!text)
        return;
    fprintf(out, "    %s: ", name);
    option_print_quoted(text, out);
    fputc('\n', out);
}

static void put_amount(const char *name, int64_t micros, FILE *out)
{
    fprintf(out, "%s: %lld.%06lld", name, (long long)(micros / 1000000), (long long)(micros % 1000000));
}

static void put_prices(const struct provider *provider, FILE *out)
{
    if (provider->price_count > 0)
        fputs("    prices:\n", out);
    for (size_t i = 0; i < provider->price_count; i++) {
        const struct price *price = &provider->prices[i];
        fputs("      ", out);
        option_print_quoted(price->pattern, out);
        fputs(": {", out);
        put_amount("input", price->input, out);
        put_amount(", output", price->output, out);
        put_amount(", cached", price->cached, out);
        fputs("}\n", out);
    }
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
    if (provider->api_key_secret)
        fprintf(out, "    api_key: \"{SECRET:%s}\"\n", provider->api_key_secret);
    put_member("api_key_env", provider->api_key_env, out);
    put_member("api_key_file", provider->api_key_file, out);
    if (provider->model_count > 0)
        fputs("    models:\n", out);
    for (size_t i = 0; i < provider->model_count; i++) {
        fputs("      - ", out);
        option_print_quoted(provider->models[i], out);
        fputc('\n', out);
    }
    put_prices(provider, out);
}

void config_print(const struct config *config, FILE *out)
{
    fprintf(out, "# The configuration in force. File: %s\n",
            config->options.file ? config->options.file : "none");
    option_print_set(&config->options, out);
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
    "# Each option can also be given by the environment (session.idle_timeout as\n"
    "# STOA_SESSION_IDLE_TIMEOUT) or the command line (--set session.idle_timeout=10m):\n"
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
    "  #   api_key_file: ~/.config/stoa/my.key   # or\n"
    "  #   api_key: \"{SECRET:name}\"  # of each user's own: stoa secret set name\n"
    "  #   models: [small, large]    # optional: nothing else is accepted then\n"
    "  #   prices:                   # optional: of a million tokens, in your currency\n"
    "  #     \"small*\": {input: 0.25, output: 1.5, cached: 0.025}\n";

void config_print_example(FILE *out)
{
    fputs(example_head, out);
    option_print_example(option_rows(), OPTION_COUNT, out);
    fputc('\n', out);
    servers_print_example(out);
    fprintf(out, "\n%s", example_providers);
}

/* --- as a manual page's section --- */

void config_print_man(FILE *out)
{
    option_print_man(option_rows(), OPTION_COUNT, out);
}
