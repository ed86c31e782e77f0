/* Reads the configuration: defaults, file, environment, command line. The first thing wrong ends it, so that
 * what is in force is always whole. */
#include "daemon/config/config.h"
#include "daemon/config/config_internal.h"
#include "proto/join.h"
#include "proto/rule.h"
#include "shared/listen.h"
#include "shared/nearest.h"
#include "shared/xalloc.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool config_error(const struct config *config, int line, char error[256], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    option_set_verror(&config->options, line, error, format, args);
    va_end(args);
    return false;
}

/* --- names --- */

/* The section that was most likely meant, or NULL. It is kept in section. */
static const char *nearest_section(const char *name, char section[OPTION_NAME_MAX])
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *option = option_row((enum option)i)->name, *known = section;

        snprintf(section, OPTION_NAME_MAX, "%.*s", (int)strcspn(option, "."), option);
        if (strchr(option, '.') && nearest_name(name, &known, 1))
            return section;
    }
    return NULL;
}

/* The option that was most likely meant, or the section, or NULL. */
static const char *nearest(const char *name, char section[OPTION_NAME_MAX])
{
    const char *known[OPTION_COUNT + 3], *found;

    for (int i = 0; i < OPTION_COUNT; i++)
        known[i] = option_row((enum option)i)->name;
    known[OPTION_COUNT] = "mcp_servers";
    known[OPTION_COUNT + 1] = "providers";
    known[OPTION_COUNT + 2] = "tui";
    found = nearest_name(name, known, OPTION_COUNT + 3);
    return found ? found : nearest_section(name, section);
}

static bool unknown(const struct config *config, int line, const char *name, char error[256])
{
    enum option now = option_formerly(name);
    char shown[64], section[OPTION_NAME_MAX];
    const char *meant = nearest(name, section);

    option_show(name, shown);
    if (now != OPTION_COUNT)
        return config_error(config, line, error, "option %s is called '%s' now; rename it", shown,
                            option_row(now)->name);
    if (meant)
        return config_error(config, line, error, "unknown option %s; did you mean '%s'?", shown, meant);
    return config_error(config, line, error, "unknown option %s; stoa-config(5) lists the options", shown);
}

/* A former name in the environment would be without effect, and nobody would notice. */
static bool check_environment(const struct config *config, char error[256])
{
    char name[OPTION_NAME_MAX + 6], variable[OPTION_NAME_MAX + 6];
    size_t count;
    const struct option_former *formers = option_formers(&count);

    for (size_t i = 0; i < count; i++) {
        option_variable(formers[i].name, name);
        const char *text = getenv(name);
        if (!text || !*text)
            continue;
        option_variable(option_row(formers[i].option)->name, variable);
        return config_error(config, 0, error,
                            "environment variable %s: option '%s' is called '%s' now; set %s instead", name,
                            formers[i].name, option_row(formers[i].option)->name, variable);
    }
    return true;
}

/* The full-screen client's own, which it reads and checks by itself: all of them, or one written with a dot.
 */
static bool skip_tui(const struct config *config, const char *name, const struct yaml_node *node, int line,
                     char error[256])
{
    char shown[64];

    if (name[strlen("tui")] == '.' || node->kind == YAML_MAP || (node->kind == YAML_SCALAR && !node->text[0]))
        return true;
    option_show_node(node, shown);
    return config_error(config, line, error, "'tui' is %s; it must be a map of options", shown);
}

static bool read_map(struct config *config, const struct yaml_node *map, const char *prefix, char error[256])
{
    for (size_t i = 0; i < map->count; i++) {
        char *name = *prefix ? xasprintf("%s.%s", prefix, map->keys[i]) : xstrdup(map->keys[i]);
        const struct yaml_node *node = map->items[i];
        enum option option = option_find(name);
        int line = map->key_lines[i];
        char shown[64];
        bool ok;

        option_show_node(node, shown);
        if (option != OPTION_COUNT && config_is_list(option, node))
            ok = config_put_list(config, option, node, line, error);
        else if (option != OPTION_COUNT)
            ok = option_set_put_node(&config->options, option, node, line, error);
        else if (strcmp(name, "providers") == 0)
            ok = providers_read(config, node, error);
        else if (strcmp(name, "mcp_servers") == 0)
            ok = servers_read(config, node, error);
        else if (strcmp(name, "tui") == 0 || strncmp(name, "tui.", 4) == 0)
            ok = skip_tui(config, name, node, line, error);
        else if (!option_set_is_group(&config->options, name))
            ok = unknown(config, line, name, error);
        else if (node->kind == YAML_MAP)
            ok = read_map(config, node, name, error);
        else if (node->kind == YAML_SCALAR && !node->text[0])
            ok = true; /* "agent:" with all below it commented out */
        else
            ok = config_error(config, line, error, "'%s' is %s; it must be a map of options", name, shown);
        free(name);
        if (!ok)
            return false;
    }
    return true;
}

static bool read_sets(struct config *config, const char *const *sets, size_t count, char error[256])
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(sets[i], "=");
        char *name = xstrndup(sets[i], len), reason[256], shown[64];
        enum option option = option_find(name);
        bool ok;

        option_show(sets[i], shown);
        if (!sets[i][len])
            ok = config_error(config, 0, reason, "%s has no '='; write name=value", shown);
        else if (option == OPTION_COUNT)
            ok = unknown(config, 0, name, reason);
        else
            ok = option_set_put(&config->options, option, sets[i] + len + 1, SOURCE_COMMAND_LINE, 0, reason);
        free(name);
        if (!ok)
            return config_error(config, 0, error, "command line: %s", reason);
    }
    return true;
}

static bool check_patterns(const struct config *config, char error[256])
{
    const struct option_value *value = &config->options.values[OPTION_PERMISSION_TWO_PERSON];
    char reason[256];

    return rule_list_check(value->text, reason) ||
           config_error(config, value->line, error, "option 'permission.two_person': %s", reason);
}

static bool check_listen(const struct config *config, char error[256])
{
    const struct option_value *value = &config->options.values[OPTION_LISTEN];
    struct listen_address addresses[LISTEN_MAX];
    char reason[256];

    return listen_parse(value->text, addresses, reason) >= 0 ||
           config_error(config, value->line, error, "option 'listen': %s", reason);
}

/* What no single option can tell. */
static bool check_whole(const struct config *config, char error[256])
{
    const struct option_value *value = &config->options.values[OPTION_DEFAULT_MODEL];
    char reason[256], shown[64];
    struct model model;

    if (!check_patterns(config, error))
        return false;
    if (!value->text[0] || config_model(config, value->text, &model, reason) == ERR_OK)
        return true;
    option_show(value->text, shown);
    return config_error(config, value->line, error, "option 'default_model' is %s: %s", shown, reason);
}

/* --- the whole --- */

static struct config *config_new(const char *file)
{
    struct config *config = xcalloc(1, sizeof *config);

    config->references = 1;
    option_set_init(&config->options, option_rows(), OPTION_COUNT, file);
    providers_init(config);
    return config;
}

/* Takes root, which may be NULL for no file. */
/* What others are told to come to: invite_address() makes links of it. */
static bool check_public_address(const struct config *config, char error[256])
{
    const struct option_value *value = &config->options.values[OPTION_PUBLIC_ADDRESS];
    struct join_address address;
    char text[JOIN_ADDRESS_MAX + 264], reason[256];

    snprintf(text, sizeof text, "tcp://%s", value->text);
    return !value->text[0] || join_address_parse(text, &address, reason) ||
           config_error(config, value->line, error, "option 'public_address' is no HOST or HOST:PORT: %.160s",
                        reason);
}

static bool check_metrics(const struct config *config, char error[256])
{
    const struct option_value *value = &config->options.values[OPTION_METRICS_LISTEN];
    char host[256], port[LISTEN_PORT_TEXT];

    return !value->text[0] || listen_split(value->text, host, sizeof host, port) ||
           config_error(config, value->line, error,
                        "option 'metrics.listen' is '%.80s'; it must be HOST:PORT, [IPv6]:PORT or :PORT",
                        value->text);
}

static struct config *build(struct yaml_node *root, const char *file, const char *const *sets,
                            size_t set_count, bool environment, char error[256])
{
    struct config *config = config_new(file);
    bool ok = true;

    if (root && root->kind != YAML_MAP)
        ok = config_error(config, root->line, error, "the file must be a map of options");
    else if (root)
        ok = read_map(config, root, "", error);
    ok = ok &&
         (!environment ||
          (check_environment(config, error) && option_set_environment(&config->options, error))) &&
         read_sets(config, sets, set_count, error) && check_listen(config, error) &&
         check_public_address(config, error) && check_metrics(config, error) && check_whole(config, error);
    yaml_free(&root);
    if (!ok)
        config_free(&config);
    return config;
}

struct config *config_load(const char *path, const char *const *sets, size_t set_count, char error[256])
{
    struct yaml_node *root = NULL;
    char reason[256];

    if (path && !(root = yaml_read(path, reason))) {
        option_broken_file(path, reason, error);
        return NULL;
    }
    return build(root, path, sets, set_count, true, error);
}

struct config *config_parse(const char *text, size_t len, const char *name, const char *const *sets,
                            size_t set_count, bool environment, char error[256])
{
    char reason[256];
    struct yaml_node *root = yaml_parse(text, len, reason);

    if (!root) {
        option_broken_file(name, reason, error);
        return NULL;
    }
    return build(root, name, sets, set_count, environment, error);
}

struct config *config_ref(struct config *config)
{
    config->references++;
    return config;
}

void config_free(struct config **configp)
{
    struct config *config = *configp;

    *configp = NULL;
    if (!config || --config->references > 0)
        return;
    providers_free(config);
    servers_free(config);
    option_set_clear(&config->options);
    free(config);
}

int64_t config_number(const struct config *config, enum option option)
{
    return config->options.values[option].number;
}

const char *config_text(const struct config *config, enum option option)
{
    return config->options.values[option].text ? config->options.values[option].text : "";
}

enum option config_needs_restart(const struct config *old, const struct config *fresh)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_value *a = &old->options.values[i], *b = &fresh->options.values[i];

        if (option_row((enum option)i)->restart &&
            (a->number != b->number || (a->text && strcmp(a->text, b->text) != 0)))
            return (enum option)i;
    }
    return OPTION_COUNT;
}
