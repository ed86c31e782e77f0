/* What the configuration's files share; for config*.c alone. */
#ifndef STOA_DAEMON_CONFIG_CONFIG_INTERNAL_H
#define STOA_DAEMON_CONFIG_CONFIG_INTERNAL_H

#include "daemon/config/config.h"
#include "daemon/config/config_server.h"
#include "shared/option_set.h"

struct config {
    int references;
    struct option_set options;
    struct provider *providers; /* sorted by name */
    size_t provider_count;
    struct config_server *servers; /* sorted by name */
    size_t server_count;
};

/* Where an error is: fills error with "FILE:LINE: " and the sentence, gives false. */
bool config_error(const struct config *config, int line, char error[256], const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Whether that is an option which may be written as a list, and is. */
bool config_is_list(enum option option, const struct yaml_node *node);
/* Puts the option's value in. False with a sentence, in the line of the element that is wrong. */
bool config_put_list(struct config *config, enum option option, const struct yaml_node *node, int line,
                     char error[256]);
/* Puts the built-in providers in. */
void providers_init(struct config *config);
/* Reads the map below 'providers'. False with a sentence in error. */
bool providers_read(struct config *config, const struct yaml_node *map, char error[256]);
void providers_free(struct config *config);
/* Reads the map below a provider's 'prices', in the place of those that it has. False with a sentence. */
bool prices_read(const struct config *config, struct provider *provider, const struct yaml_node *map,
                 int line, char error[256]);
void prices_free(struct provider *provider);
/* "anthropic, demo, local": the names, for errors. */
void providers_list(const struct config *config, char *out, size_t size);

/* Reads the map below 'mcp_servers'. False with a sentence in error. */
bool servers_read(struct config *config, const struct yaml_node *map, char error[256]);
void servers_free(struct config *config);

struct config_place { /* for errors: which server's which line */
    const struct config *config;
    const char *server, *variant; /* variant "" for what all have in common */
    enum server_scope scope;
    int line;
    char *error; /* [256] */
};
/* "FILE:LINE: MCP server 'x': " and the sentence; gives false. */
bool config_place_error(const struct config_place *place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* ... 'NAME' is WHAT; it must be EXPECTED */
bool config_place_wrong(const struct config_place *place, const char *name, const struct yaml_node *node,
                        const char *expected);
/* Reads a member of a variant: 1, 0 if there is none of that name, or -1 with a sentence. */
int variant_read(struct config_variant *variant, const char *name, const struct yaml_node *node,
                 const struct config_place *place);
/* The names that variant_read knows. */
const char *const *variant_members(size_t *count);
/* What the members say together. */
bool variant_check(const struct config_variant *variant, const struct config_place *place);
void variant_init(struct config_variant *variant, const char *name);
void variant_free(struct config_variant *variant);
/* The option that gives a bound's bounds and default; its name within a server's map. */
enum option bound_option(enum config_bound bound);
const char *bound_name(enum config_bound bound);
void servers_print(const struct config *config, FILE *out);
void servers_print_example(FILE *out);

#endif
