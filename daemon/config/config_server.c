/* The MCP servers: the map below mcp_servers, and looking up in it. What a variant is made of is read in
 * config_variant.c: once from what all variants have in common, and then from its own map over that. */
#include "daemon/config/config_internal.h"
#include "shared/nearest.h"
#include "shared/xalloc.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const scope_names[SCOPE_COUNT] = {"session", "user", "shared"};

const char *server_scope_name(enum server_scope scope)
{
    return scope_names[scope];
}

/* --- errors --- */

bool config_place_error(const struct config_place *place, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (place->variant[0])
        return config_error(place->config, place->line, place->error, "MCP server '%s', variant '%s': %s",
                            place->server, place->variant, text);
    return config_error(place->config, place->line, place->error, "MCP server '%s': %s", place->server, text);
}

bool config_place_wrong(const struct config_place *place, const char *name, const struct yaml_node *node,
                        const char *expected)
{
    char shown[64];

    option_show_node(node, shown);
    return config_place_error(place, "'%s' is %s; it must be %s", name, shown, expected);
}

/* A name of a server or variant: it becomes part of rules, file names and the names of tools. */
static bool is_name(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = strlen(text);

    return len > 0 && len <= CONFIG_NAME_MAX && strspn(text, allowed) == len && !strchr("_-", text[0]);
}

static void show_name(const char *name, char shown[64])
{
    struct yaml_node as_scalar = {.kind = YAML_SCALAR, .text = (char *)name};

    option_show_node(&as_scalar, shown);
}

static bool is_empty(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->text[0] && !node->quoted;
}

/* --- members of a server --- */

static bool read_scope(struct config_server *server, const struct yaml_node *map, struct config_place *place)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml_node *node = map->items[i];

        if (strcmp(map->keys[i], "scope") != 0)
            continue;
        while (server->scope < SCOPE_COUNT &&
               !(node->kind == YAML_SCALAR && strcmp(scope_names[server->scope], node->text) == 0))
            server->scope++;
        place->line = map->key_lines[i];
        if (server->scope == SCOPE_COUNT)
            return config_place_wrong(place, "scope", node, "one of session, user, shared");
    }
    place->scope = server->scope;
    return true;
}

static bool add_rule(struct config_server *server, enum rule_effect effect, const struct yaml_node *node,
                     const struct config_place *place)
{
    char reason[256], shown[64];
    char *pattern;

    if (node->kind != YAML_SCALAR || !node->text[0])
        return config_place_wrong(place, rule_effect_name(effect), node,
                                  "a list of patterns such as \"read_*\"");
    if (server->rule_count >= CONFIG_RULES_MAX)
        return config_place_error(place, "'tools' has more than %d patterns", CONFIG_RULES_MAX);
    pattern = xasprintf("%s/%s", server->name, node->text);
    if (!rule_check(pattern, reason)) {
        free(pattern);
        option_show_node(node, shown);
        return config_place_error(place, "the pattern %s is wrong: %s", shown, reason);
    }
    server->rules = xreallocarray(server->rules, server->rule_count + 1, sizeof *server->rules);
    server->rules[server->rule_count++] = (struct config_rule){effect, pattern};
    return true;
}

static bool read_tools(struct config_server *server, const struct yaml_node *node, struct config_place *place)
{
    static const char expected[] = "a map of the lists allow, ask, deny";

    if (is_empty(node))
        return true;
    if (node->kind != YAML_MAP)
        return config_place_wrong(place, "tools", node, expected);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *list = node->items[i];
        enum rule_effect effect = rule_effect_parse(node->keys[i]);

        place->line = node->key_lines[i];
        if (effect == RULE_EFFECT_COUNT)
            return config_place_error(place, "'tools' has the unknown member '%.32s'; it must be %s",
                                      node->keys[i], expected);
        if (list->kind != YAML_LIST && !is_empty(list))
            return config_place_wrong(place, node->keys[i], list, "a list of patterns such as \"read_*\"");
        for (size_t j = 0; j < list->count; j++) {
            place->line = list->items[j]->line;
            if (!add_rule(server, effect, list->items[j], place))
                return false;
        }
    }
    return true;
}

static bool unknown_member(const char *name, const char *const *own, size_t own_count,
                           const struct config_place *place)
{
    size_t shared;
    const char *const *members = variant_members(&shared);
    const char *known[32], *meant;
    char shown[64];

    for (size_t i = 0; i < shared; i++)
        known[i] = members[i];
    for (size_t i = 0; i < own_count; i++)
        known[shared + i] = own[i];
    meant = nearest_name(name, known, shared + own_count);
    show_name(name, shown);
    if (meant)
        return config_place_error(place, "unknown member %s; did you mean '%s'?", shown, meant);
    return config_place_error(place, "unknown member %s; stoa-config(5) lists them", shown);
}

/* --- variants --- */

static bool read_own(struct config_variant *variant, const struct yaml_node *map, struct config_place *place)
{
    for (size_t i = 0; i < map->count; i++) {
        place->line = map->key_lines[i];
        int got = variant_read(variant, map->keys[i], map->items[i], place);
        if (got == 0)
            return unknown_member(map->keys[i], NULL, 0, place);
        if (got < 0)
            return false;
    }
    return true;
}

/* What stands beside 'variants'. */
static bool read_common(struct config_server *server, struct config_variant *variant,
                        const struct yaml_node *map, struct config_place *place)
{
    static const char *const own[] = {"scope", "select", "tools", "variants"};

    for (size_t i = 0; i < map->count; i++) {
        const char *name = map->keys[i];

        place->line = map->key_lines[i];
        int got = variant_read(variant, name, map->items[i], place);
        if (got < 0)
            return false;
        if (got > 0 || strcmp(name, "scope") == 0 || strcmp(name, "select") == 0 ||
            strcmp(name, "variants") == 0)
            continue;
        if (strcmp(name, "tools") != 0)
            return unknown_member(name, own, sizeof own / sizeof *own, place);
        /* Read once, although this is done for each variant. */
        if (server->variant_count == 1 && !read_tools(server, map->items[i], place))
            return false;
    }
    return true;
}

/* Which of two in one map would be meant can't be known; over what is common, one's own wins. */
static bool has_both(const struct yaml_node *map)
{
    return map && yaml_get(map, "command") && yaml_get(map, "url");
}

static bool add_variant(struct config_server *server, const char *name, const struct yaml_node *common,
                        const struct yaml_node *own, int line, struct config_place *place)
{
    server->variants = xreallocarray(server->variants, server->variant_count + 1, sizeof *server->variants);
    struct config_variant *variant = &server->variants[server->variant_count++];
    variant_init(variant, name);
    place->variant = has_both(own) ? name : "";
    if (has_both(common) || has_both(own))
        return config_place_error(place, "it has both 'command' and 'url'; it must have one of them");
    if (!read_common(server, variant, common, place))
        return false;
    place->variant = name;
    if (own && !read_own(variant, own, place))
        return false;
    place->line = line;
    return variant_check(variant, place);
}

static bool read_variants(struct config_server *server, const struct yaml_node *map,
                          const struct yaml_node *variants, int line, struct config_place *place)
{
    if (variants->kind != YAML_MAP || variants->count == 0 || variants->count > CONFIG_VARIANTS_MAX) {
        place->line = line;
        return config_place_wrong(place, "variants", variants, "a map of 1 to 32 names to what differs");
    }
    for (size_t i = 0; i < variants->count; i++) {
        const struct yaml_node *own = variants->items[i];
        char shown[64];

        place->variant = "";
        place->line = variants->key_lines[i];
        show_name(variants->keys[i], shown);
        if (!is_name(variants->keys[i]))
            return config_place_error(place, "the variant's name is %s; it must be %d or less of a-z 0-9 _ -",
                                      shown, CONFIG_NAME_MAX);
        if (own->kind != YAML_MAP && !is_empty(own))
            return config_place_wrong(place, variants->keys[i], own,
                                      "a map with what differs: command, url, ...");
        if (!add_variant(server, variants->keys[i], map, own->kind == YAML_MAP ? own : NULL,
                         variants->key_lines[i], place))
            return false;
    }
    return true;
}

static int line_of(const struct yaml_node *map, const char *name, int fallback)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->keys[i], name) == 0)
            return map->key_lines[i];
    return fallback;
}

static bool read_select(struct config_server *server, const struct yaml_node *map, struct config_place *place)
{
    const struct yaml_node *select = yaml_get(map, "select");
    char list[128], shown[64];

    place->variant = "";
    place->line = line_of(map, select ? "select" : "variants", place->line);
    config_variants_list(server, list, sizeof list);
    if (!select)
        return server->variant_count == 1 ||
               config_place_error(place, "'select' must say which variant is the default: %s", list);
    for (size_t i = 0; i < server->variant_count && select->kind == YAML_SCALAR; i++)
        if (server->variants[i].name[0] && strcmp(server->variants[i].name, select->text) == 0) {
            server->selected = i;
            return true;
        }
    option_show_node(select, shown);
    return config_place_error(place, "'select' is %s; the variants are: %s", shown, list);
}

static bool read_server(struct config_server *server, const struct yaml_node *map, int line,
                        struct config_place *place)
{
    const struct yaml_node *variants = yaml_get(map, "variants");

    if (map->kind != YAML_MAP)
        return config_place_error(place, "it must be a map with command or url");
    if (!read_scope(server, map, place))
        return false;
    place->line = line;
    bool ok = variants ? read_variants(server, map, variants, line_of(map, "variants", line), place)
                       : add_variant(server, "", map, NULL, line, place);
    place->line = line;
    return ok && read_select(server, map, place);
}

/* A new empty one in its place by name. */
static struct config_server *insert(struct config *config, const char *name)
{
    size_t at = 0;

    while (at < config->server_count && strcmp(config->servers[at].name, name) < 0)
        at++;
    config->servers = xreallocarray(config->servers, config->server_count + 1, sizeof *config->servers);
    memmove(&config->servers[at + 1], &config->servers[at],
            (config->server_count - at) * sizeof *config->servers);
    config->server_count++;
    config->servers[at] = (struct config_server){.name = xstrdup(name)};
    return &config->servers[at];
}

bool servers_read(struct config *config, const struct yaml_node *map, char error[256])
{
    if (is_empty(map))
        return true;
    if (map->kind != YAML_MAP)
        return config_error(config, map->line, error, "'mcp_servers' must be a map of names");
    if (map->count > CONFIG_SERVERS_MAX)
        return config_error(config, map->line, error, "there are %zu MCP servers; at most %d are allowed",
                            map->count, CONFIG_SERVERS_MAX);
    for (size_t i = 0; i < map->count; i++) {
        const char *name = map->keys[i];
        struct config_place place = {config, name, "", SCOPE_SESSION, map->key_lines[i], error};
        char shown[64];

        show_name(name, shown);
        if (!is_name(name))
            return config_error(config, map->key_lines[i], error,
                                "the MCP server's name is %s; it must be 1 to %d of a-z 0-9 _ -, the first a "
                                "letter or digit",
                                shown, CONFIG_NAME_MAX);
        if (strcmp(name, "stoa") == 0)
            return config_error(config, map->key_lines[i], error,
                                "the MCP server's name is 'stoa', which the built-in tools have");
        if (config_server_find(config, name))
            return config_place_error(&place, "it is there twice");
        if (!read_server(insert(config, name), map->items[i], map->key_lines[i], &place))
            return false;
    }
    return true;
}

void servers_free(struct config *config)
{
    for (size_t i = 0; i < config->server_count; i++) {
        struct config_server *server = &config->servers[i];

        for (size_t j = 0; j < server->variant_count; j++)
            variant_free(&server->variants[j]);
        for (size_t j = 0; j < server->rule_count; j++)
            free(server->rules[j].pattern);
        free(server->variants);
        free(server->rules);
        free(server->name);
    }
    free(config->servers);
}

/* --- looking up --- */

size_t config_server_count(const struct config *config)
{
    return config->server_count;
}

const struct config_server *config_server(const struct config *config, size_t index)
{
    return &config->servers[index];
}

const struct config_server *config_server_find(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->server_count; i++)
        if (strcmp(config->servers[i].name, name) == 0)
            return &config->servers[i];
    return NULL;
}

const struct config_variant *config_variant_find(const struct config_server *server, const char *name)
{
    if (!name)
        return &server->variants[server->selected];
    for (size_t i = 0; i < server->variant_count; i++)
        if (strcmp(server->variants[i].name, name) == 0)
            return &server->variants[i];
    return NULL;
}

void config_servers_list(const struct config *config, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "%s", config->server_count ? "" : "none");

    for (size_t i = 0; i < config->server_count && len + 1 < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "", config->servers[i].name);
}

void config_variants_list(const struct config_server *server, char *out, size_t size)
{
    bool any = server->variants[0].name[0];
    size_t len = (size_t)snprintf(out, size, "%s", any ? "" : "none");

    for (size_t i = 0; any && i < server->variant_count && len + 1 < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "", server->variants[i].name);
}

int64_t config_bound(const struct config *config, const struct config_variant *variant,
                     enum config_bound bound)
{
    int64_t own = variant->bounds[bound];

    return own >= 0 ? own : config_number(config, bound_option(bound));
}
