/* The command line, read by tables: one row a subcommand, one row an option. Options may stand before or
 * after the subcommand's name and among its arguments; "--" ends them. "-2" is an argument, and so is a
 * key (shared/key.h). */
#ifndef STOA_TUI_CLI_ARGS_H
#define STOA_TUI_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>

enum { ARGS_GIVEN_MAX = 32 };

struct option_row {
    const char *name;  /* without "--"; NULL ends a table */
    char letter;       /* short form, or 0 */
    const char *value; /* how help calls its value: "FILE"; NULL if it takes none */
    const char *help;
};

struct cli;

struct command {
    const char *name;      /* NULL ends a table */
    const char *arguments; /* as help shows them: "SESSION TITLE"; options are added by their rows */
    const char *summary;
    int least, most; /* arguments; most -1: any number */
    unsigned flags;  /* of command.h */
    int (*run)(struct cli *cli);
    const struct option_row *options; /* NULL: none of its own */
    const char *notes;                /* further lines of its help, or NULL */
};

struct args {                      /* strings are those of argv */
    const struct command *command; /* NULL: none was named */
    struct {
        const struct option_row *row;
        const char *value; /* NULL if it takes none */
    } given[ARGS_GIVEN_MAX];
    size_t given_count;
    const char **words; /* the arguments */
    size_t word_count;
};

/* Reads argv[1...]. False with a sentence in error. Clear in both cases. */
bool args_parse(struct args *args, const struct command *commands, const struct option_row *globals, int argc,
                char *const argv[], char error[256]);
void args_clear(struct args *args);
/* Checks the number of arguments; apart from args_parse so that --help needs none. */
bool args_check_count(const struct args *args, char error[256]);
/* Whether the option was given. */
bool args_has(const struct args *args, const char *name);
/* The value that was given last, or NULL. */
const char *args_value(const struct args *args, const char *name);
/* The value as a number from min to max; fallback if it was not given; false with a sentence in error if it
 * is none. */
bool args_number(const struct args *args, const char *name, long min, long max, long fallback, long *number,
                 char error[256]);
/* The command of that name, or NULL. */
const struct command *args_command(const struct command *commands, const char *name);
/* The name in the table that is most like name, or NULL if none is near. */
const char *args_nearest_command(const struct command *commands, const char *name);

#endif
