/* Reads the configuration: defaults, file, environment, command line. The first thing wrong ends it, so that
 * what is in force is always whole. */
#include "daemon/config.h"
#include "daemon/config_internal.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64, SHOWN_BYTES = 48, NEAR = 3 };

bool config_error(const struct config *config, int line, char error[256], const char *format, ...)
{
    va_list args;
    int len = 0;

    if (line > 0)
        len = snprintf(error, 256, "%.100s:%d: ", config->file ? config->file : "configuration", line);
    va_start(args, format);
    vsnprintf(error + len, 256 - (size_t)len, format, args);
    va_end(args);
    return false;
}

static void show_text(const char *text, char out[64])
{
    char *line = sanitise_line(text, strlen(text), SHOWN_BYTES);

    snprintf(out, 64, "'%s'%s", line, strlen(text) > SHOWN_BYTES ? "..." : "");
    free(line);
}

void config_show(const struct yaml_node *node, char out[64])
{
    if (node->kind == YAML_SCALAR)
        show_text(node->text, out);
    else
        snprintf(out, 64, "%s", node->kind == YAML_LIST ? "a list" : "a map");
}

/* --- names --- */

/* Levenshtein's distance, for names of up to NAME_MAX_BYTES. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], len = strlen(b);

    for (size_t i = 0; i <= len; i++)
        row[i] = i;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t best = corner + (a[i] != b[j]);

            corner = row[j + 1];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j + 1] = best < corner + 1 ? best : corner + 1;
        }
    }
    return row[len];
}

const char *config_nearest(const char *name, const char *const *known, size_t count)
{
    const char *found = NULL;
    size_t best = NEAR + 1;

    if (strlen(name) > NAME_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const char *last = strrchr(known[i], '.');
        size_t far = distance(name, known[i]);

        /* "idle_timeout" for "agent.idle_timeout" */
        if (last && strcmp(last + 1, name) == 0)
            far = 1;
        if (far < best) {
            best = far;
            found = known[i];
        }
    }
    return found;
}

/* The option that was most likely meant, or NULL. */
static const char *nearest(const char *name)
{
    const char *known[OPTION_COUNT + 2];

    for (int i = 0; i < OPTION_COUNT; i++)
        known[i] = option_row((enum option)i)->name;
    known[OPTION_COUNT] = "mcp_servers";
    known[OPTION_COUNT + 1] = "providers";
    return config_nearest(name, known, OPTION_COUNT + 2);
}

static bool unknown(const struct config *config, int line, const char *name, char error[256])
{
    const char *meant = nearest(name);
    char shown[64];

    show_text(name, shown);
    if (meant)
        return config_error(config, line, error, "unknown option %s; did you mean '%s'?", shown, meant);
    return config_error(config, line, error, "unknown option %s; stoa-config(5) lists the options", shown);
}

/* --- values --- */

static bool put(struct config *config, enum option option, const char *text, enum config_source source,
                int line, char error[256])
{
    const struct option_row *row = option_row(option);
    struct config_value *value = &config->values[option];
    char shown[64], expected[128];
    int64_t number;

    if (!option_read(row, text, &number)) {
        show_text(text, shown);
        option_expects(row, expected);
        return config_error(config, line, error, "option '%s' is %s; it must be %s", row->name, shown,
                            expected);
    }
    value->number = number;
    value->source = source;
    value->line = line;
    if (row->type == OPTION_TEXT) {
        free(value->text);
        value->text = xstrdup(text);
    }
    return true;
}

static bool put_node(struct config *config, enum option option, const struct yaml_node *node, int line,
                     char error[256])
{
    const struct option_row *row = option_row(option);
    char shown[64], expected[128];

    if (config->values[option].source == SOURCE_FILE)
        return config_error(config, line, error, "option '%s' is there twice, first in line %d", row->name,
                            config->values[option].line);
    if (node->kind == YAML_SCALAR)
        return put(config, option, node->text, SOURCE_FILE, line, error);
    config_show(node, shown);
    option_expects(row, expected);
    return config_error(config, line, error, "option '%s' is %s; it must be %s", row->name, shown, expected);
}

/* Whether options begin with name and a dot. */
static bool is_group(const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *known = option_row((enum option)i)->name;

        if (strncmp(known, name, len) == 0 && known[len] == '.')
            return true;
    }
    return false;
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

        config_show(node, shown);
        if (option != OPTION_COUNT)
            ok = put_node(config, option, node, line, error);
        else if (strcmp(name, "providers") == 0)
            ok = providers_read(config, node, error);
        else if (strcmp(name, "mcp_servers") == 0)
            ok = servers_read(config, node, error);
        else if (!is_group(name))
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

/* STOA_AGENT_IDLE_TIMEOUT for "agent.idle_timeout". */
static void environment_name(const char *name, char out[NAME_MAX_BYTES + 6])
{
    size_t len = (size_t)snprintf(out, NAME_MAX_BYTES + 6, "STOA_");

    for (; *name && len < NAME_MAX_BYTES + 5; name++)
        out[len++] = *name == '.' ? '_' : (char)toupper((unsigned char)*name);
    out[len] = '\0';
}

/* An empty variable is as good as none. */
static bool read_environment(struct config *config, char error[256])
{
    char name[NAME_MAX_BYTES + 6], reason[256];

    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *text;

        environment_name(option_row((enum option)i)->name, name);
        text = getenv(name);
        if (text && *text && !put(config, (enum option)i, text, SOURCE_ENVIRONMENT, 0, reason))
            return config_error(config, 0, error, "environment variable %s: %s", name, reason);
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

        show_text(sets[i], shown);
        if (!sets[i][len])
            ok = config_error(config, 0, reason, "%s has no '='; write name=value", shown);
        else if (option == OPTION_COUNT)
            ok = unknown(config, 0, name, reason);
        else
            ok = put(config, option, sets[i] + len + 1, SOURCE_COMMAND_LINE, 0, reason);
        free(name);
        if (!ok)
            return config_error(config, 0, error, "command line: %s", reason);
    }
    return true;
}

/* What no single option can tell. */
static bool check_whole(const struct config *config, char error[256])
{
    const struct config_value *value = &config->values[OPTION_DEFAULT_MODEL];
    char reason[256], shown[64];
    struct model model;

    if (!value->text[0] || config_model(config, value->text, &model, reason) == ERR_OK)
        return true;
    show_text(value->text, shown);
    return config_error(config, value->line, error, "option 'default_model' is %s: %s", shown, reason);
}

/* --- the whole --- */

static struct config *config_new(const char *file)
{
    struct config *config = xcalloc(1, sizeof *config);
    char error[256];

    config->references = 1;
    config->file = xstrdup_null(file);
    for (int i = 0; i < OPTION_COUNT; i++)
        if (!put(config, (enum option)i, option_row((enum option)i)->standard, SOURCE_DEFAULT, 0, error))
            abort(); /* a default out of its own bounds; a test holds the table against that */
    providers_init(config);
    return config;
}

/* Takes root, which may be NULL for no file. */
static struct config *build(struct yaml_node *root, const char *file, const char *const *sets,
                            size_t set_count, bool environment, char error[256])
{
    struct config *config = config_new(file);
    bool ok = true;

    if (root && root->kind != YAML_MAP)
        ok = config_error(config, root->line, error, "the file must be a map of options");
    else if (root)
        ok = read_map(config, root, "", error);
    ok = ok && (!environment || read_environment(config, error)) &&
         read_sets(config, sets, set_count, error) && check_whole(config, error);
    yaml_free(&root);
    if (!ok)
        config_free(&config);
    return config;
}

/* "line 3: what" becomes "FILE:3: what"; what has no line is a failure to read the file. */
static struct config *broken(const char *file, const char *reason, char error[256])
{
    int line, at = 0;

    if (sscanf(reason, "line %d: %n", &line, &at) == 1 && at > 0)
        snprintf(error, 256, "%.100s:%d: %s", file, line, reason + at);
    else
        snprintf(error, 256, "the configuration '%.120s' cannot be read: %s", file, reason);
    return NULL;
}

struct config *config_load(const char *path, const char *const *sets, size_t set_count, char error[256])
{
    struct yaml_node *root = NULL;
    char reason[256];

    if (path && !(root = yaml_read(path, reason)))
        return broken(path, reason, error);
    return build(root, path, sets, set_count, true, error);
}

struct config *config_parse(const char *text, size_t len, const char *name, const char *const *sets,
                            size_t set_count, bool environment, char error[256])
{
    char reason[256];
    struct yaml_node *root = yaml_parse(text, len, reason);

    if (!root)
        return broken(name, reason, error);
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
    for (int i = 0; i < OPTION_COUNT; i++)
        free(config->values[i].text);
    providers_free(config);
    servers_free(config);
    free(config->file);
    free(config);
}

int64_t config_number(const struct config *config, enum option option)
{
    return config->values[option].number;
}

const char *config_text(const struct config *config, enum option option)
{
    return config->values[option].text ? config->values[option].text : "";
}

enum option config_needs_restart(const struct config *old, const struct config *fresh)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct config_value *a = &old->values[i], *b = &fresh->values[i];

        if (option_row((enum option)i)->restart &&
            (a->number != b->number || (a->text && strcmp(a->text, b->text) != 0)))
            return (enum option)i;
    }
    return OPTION_COUNT;
}
