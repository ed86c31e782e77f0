/* The configuration in force: defaults, then the file, then the environment, then the command line; later
 * ones win. A struct config never changes. A reload makes a new one, whole or not at all, and the old one is
 * freed once nothing refers to it.
 *
 *     default_model: anthropic/claude-sonnet-4-6
 *     session: {idle_timeout: 5m}
 *     providers:
 *       mine: {api: openai, base_url: "http://127.0.0.1:8000/v1", models: [small, large]}
 *
 * An option's name in the environment is STOA_ and its name in upper case with _ for dots:
 * STOA_SESSION_IDLE_TIMEOUT. */
#ifndef STOA_DAEMON_CONFIG_CONFIG_H
#define STOA_DAEMON_CONFIG_CONFIG_H

#include "daemon/config/options.h"
#include "shared/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    CONFIG_NAME_MAX = 32, /* bytes of a provider's name */
    CONFIG_PROVIDERS_MAX = 64,
    CONFIG_MODELS_MAX = 256,   /* models listed for one provider */
    CONFIG_MODEL_MAX = 200,    /* bytes of a model's name */
    CONFIG_KEY_MAX = 4096,     /* bytes of an API key */
    CONFIG_PRICE_MAX = 1000000 /* of a million tokens */
};

struct config;

/* Reads everything anew. path: the file, or NULL for none; a path that does not exist is an error. sets:
 * "name=value" texts from the command line (kept by the caller, for reloads), set_count of them. NULL with a
 * sentence in error on the first thing wrong, e.g. "config.yaml:3: option 'session.idle_timeout' is '5
 * parsecs'; it must be a duration such as ...". */
struct config *config_load(const char *path, const char *const *sets, size_t set_count, char error[256]);
/* The same from memory; name stands for the file in errors. Without environment if environment is false. */
struct config *config_parse(const char *text, size_t len, const char *name, const char *const *sets,
                            size_t set_count, bool environment, char error[256]);
/* One more reference; gives config back. */
struct config *config_ref(struct config *config);
/* Drops a reference and sets *config to NULL; accepts NULL. */
void config_free(struct config **config);

/* The value of an integer (as it is), boolean (0 or 1), enum (position: log.level's is an enum log_level),
 * duration (milliseconds) or size (bytes). */
int64_t config_number(const struct config *config, enum option option);
/* The value of a text option; "" when empty. Lives as long as the config. */
const char *config_text(const struct config *config, enum option option);
/* The first option with restart set that differs in both, or OPTION_COUNT: what a reload cannot apply. */
enum option config_needs_restart(const struct config *old, const struct config *fresh);

/* --- providers and models --- */

enum provider_api { API_OPENAI, API_ANTHROPIC, API_DEMO, API_COUNT };
const char *provider_api_name(enum provider_api api); /* as in LINK_TURN */

struct price {           /* in millionths of whatever currency is meant, for a million tokens */
    const char *pattern; /* of a model's name, without provider; '*' stands for any text */
    int64_t input, output, cached;
};

struct provider { /* all live as long as the config */
    const char *name;
    enum provider_api api;
    const char *base_url;     /* NULL for demo, and for the built-in "local": there the probed URL is meant */
    const char *api_key_env;  /* NULL if none */
    const char *api_key_file; /* NULL if none */
    const char *api_key_secret; /* the name of a secret of the session's owner; NULL if none */
    const char **models;
    size_t model_count;
    struct price *prices;
    size_t price_count;
    bool builtin; /* not from the file */
};
/* Sorted by name. Built in, unless the file says otherwise: anthropic, demo, llamacpp, local, ollama,
 * openai. */
size_t config_provider_count(const struct config *config);
const struct provider *config_provider(const struct config *config, size_t index);
/* NULL if there is none of that name. */
const struct provider *config_provider_find(const struct config *config, const char *name);

/* The provider's API key, free() it (config_key_free also wipes it). NULL without a key: then *code is ERR_OK
 * if the provider names none (or a secret, which is not the daemon's) or its environment variable is not set,
 * or ERR_CONFIG with a sentence in error (file missing, empty, too long). A file that group or others can
 * read is used, with a warning in the log. Never log the key. */
char *config_provider_key(const struct provider *provider, enum err *code, char error[256]);
void config_key_free(char **key);
/* Whether a turn could begin: base_url known (or demo, or local with a probed URL), key there if one is
 * named. why says in a few words why, or why not ("ANTHROPIC_API_KEY is not set"). For model.list. With a
 * secret it may be otherwise for each user: see order_provider_ready. */
bool config_provider_ready(const struct provider *provider, const char *probed_url, char why[128]);

/* What the model ("provider/model") costs: its own price, else that of the pattern which leaves the least
 * open; NULL if none is known. */
const struct price *config_price(const struct config *config, const char *model);
/* In millionths; never negative, at most 2^48. cached: how many of input's tokens. */
int64_t price_micros(const struct price *price, int64_t input, int64_t cached, int64_t output);

struct model {
    const struct provider *provider;
    char name[CONFIG_MODEL_MAX + 1]; /* without provider */
};
/* Takes "provider/model" apart (the model may contain slashes). ERR_OK, or ERR_NOT_FOUND or ERR_BAD_REQUEST
 * with a sentence that lists the known providers, or models where the provider lists its own. */
enum err config_model(const struct config *config, const char *text, struct model *model, char error[256]);
/* The model of a new session that names none: default_model; else anthropic or openai if its key is there;
 * else the probed local server's ("local/NAME"); else demo/stoa. Free() it. probed_*: NULL if nothing was
 * found. why: which and why, one sentence. */
char *config_default_model(const struct config *config, const char *probed_url, const char *probed_model,
                           char why[256]);
/* The URLs at which model.probe_local looks for a server: base_urls on this host of providers that need no
 * key. At most max; returns how many. None when the option is off. */
size_t config_probe_urls(const struct config *config, const char **urls, size_t max);

/* --- printing --- */

/* What is in force, as YAML that config_load reads again, with where each value is from. */
void config_print(const struct config *config, FILE *out);
/* config.example.yaml: every option, commented out, with default, unit and help. */
void config_print_example(FILE *out);
/* The options as an mdoc(7) list, for stoa-config(5). */
void config_print_man(FILE *out);

#endif
