/* What the configuration's files share; for config*.c alone. */
#ifndef STOA_DAEMON_CONFIG_INTERNAL_H
#define STOA_DAEMON_CONFIG_INTERNAL_H

#include "daemon/config.h"
#include "shared/yaml.h"

enum config_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_COMMAND_LINE };

struct config_value {
    int64_t number;
    char *text; /* of text options */
    enum config_source source;
    int line; /* SOURCE_FILE */
};

struct config {
    int references;
    char *file; /* as named in errors; NULL if none */
    struct config_value values[OPTION_COUNT];
    struct provider *providers; /* sorted by name */
    size_t provider_count;
};

/* Where an error is: fills error with "FILE:LINE: " and the sentence, gives false. */
bool config_error(const struct config *config, int line, char error[256], const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The scalar as one short printable line, quoted in an error: 'value', or "a list", "a map". */
void config_show(const struct yaml_node *node, char out[64]);

/* Puts the built-in providers in. */
void providers_init(struct config *config);
/* Reads the map below 'providers'. False with a sentence in error. */
bool providers_read(struct config *config, const struct yaml_node *map, char error[256]);
void providers_free(struct config *config);
/* "anthropic, demo, local": the names, for errors. */
void providers_list(const struct config *config, char *out, size_t size);

#endif
