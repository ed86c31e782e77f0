/* The values of a table of options, and where each comes from: defaults, then a file, then the environment,
 * then the command line; later ones win. The first thing wrong is said in a sentence that names place,
 * option, value and what would be right. */
#ifndef STOA_SHARED_OPTION_SET_H
#define STOA_SHARED_OPTION_SET_H

#include "shared/option.h"
#include "shared/yaml.h"
#include <stdarg.h>
#include <stddef.h>

enum option_source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_ENVIRONMENT, SOURCE_COMMAND_LINE };
/* "file", "command line". */
const char *option_source_name(enum option_source source);

struct option_value {
    int64_t number;
    char *text; /* of text options, never NULL there */
    enum option_source source;
    int line; /* SOURCE_FILE */
};

struct option_set {
    const struct option_spec *rows; /* sorted by name; borrowed */
    size_t count;
    struct option_value *values; /* count of them */
    char *file;                  /* as errors name it; NULL if none */
};

/* All options at their defaults. file may be NULL. */
void option_set_init(struct option_set *set, const struct option_spec *rows, size_t count, const char *file);
void option_set_clear(struct option_set *set);
/* count for an unknown name. */
size_t option_set_find(const struct option_set *set, const char *name);
/* Whether options begin with name and a dot. */
bool option_set_is_group(const struct option_set *set, const char *name);

/* Each gives false with a sentence in error if the value is none of the option's. */
bool option_set_put(struct option_set *set, size_t index, const char *text, enum option_source source,
                    int line, char error[256]);
/* From the file; a second time is an error. line: of its name. */
bool option_set_put_node(struct option_set *set, size_t index, const struct yaml_node *node, int line,
                         char error[256]);
/* STOA_... for each option; an empty variable is as good as none. */
bool option_set_environment(struct option_set *set, char error[256]);

/* Where an error is: fills error with "FILE:LINE: " (line 0: nothing) and the sentence, gives false. */
bool option_set_error(const struct option_set *set, int line, char error[256], const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool option_set_verror(const struct option_set *set, int line, char error[256], const char *format,
                       va_list args);
/* The same for a file that yaml_read could not read, for its reason: "FILE:3: what". */
bool option_broken_file(const char *file, const char *reason, char error[256]);
/* A text from outside as one short printable line, quoted in an error: 'value'. */
void option_show(const char *text, char out[64]);
/* The same for a node: 'value', or "a list", "a map". */
void option_show_node(const struct yaml_node *node, char out[64]);

#endif
