/* Two tables are in force once the subcommand is known: the global options and its own. */
#include "tui/cli/args.h"
#include "shared/key.h"
#include "shared/nearest.h"
#include "shared/xalloc.h"
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ERROR_SIZE = 256,
    WORD_MAX = 32 /* of an unknown option, in the sentence: twice that */
};

struct parser {
    struct args *args;
    const struct option_row *globals;
    char *const *argv;
    int argc, at;
    char *error;
};

/* --- what a misspelt name may have meant --- */

enum { NAMES_MAX = 128 }; /* more than any table has */

const char *args_nearest_command(const struct command *commands, const char *name)
{
    const char *names[NAMES_MAX];
    size_t count = 0;

    for (const struct command *c = commands; c->name && count < NAMES_MAX; c++)
        names[count++] = c->name;
    return nearest_name(name, names, count);
}

static const char *nearest_option(const struct parser *p, const char *name)
{
    const struct option_row *own = p->args->command ? p->args->command->options : NULL;
    const char *names[NAMES_MAX];
    size_t count = 0;

    for (const struct option_row *row = own; row && row->name && count < NAMES_MAX; row++)
        names[count++] = row->name;
    for (const struct option_row *row = p->globals; row->name && count < NAMES_MAX; row++)
        names[count++] = row->name;
    return nearest_name(name, names, count);
}

/* --- options --- */

static const struct option_row *find_in(const struct option_row *rows, const char *name, size_t len,
                                        char letter)
{
    for (const struct option_row *row = rows; row && row->name; row++)
        if (name ? strlen(row->name) == len && memcmp(row->name, name, len) == 0 : row->letter == letter)
            return row;
    return NULL;
}

static const struct option_row *find(const struct parser *p, const char *name, size_t len, char letter)
{
    const struct option_row *row = NULL;

    if (p->args->command)
        row = find_in(p->args->command->options, name, len, letter);
    return row ? row : find_in(p->globals, name, len, letter);
}

static bool add(struct parser *p, const struct option_row *row, const char *value)
{
    struct args *args = p->args;

    if (args->given_count == ARGS_GIVEN_MAX) {
        snprintf(p->error, ERROR_SIZE, "more than %d options are given", ARGS_GIVEN_MAX);
        return false;
    }
    args->given[args->given_count].row = row;
    args->given[args->given_count++].value = value;
    return true;
}

/* attached: the value after "=" or after the letter, or NULL. */
static bool take(struct parser *p, const struct option_row *row, const char *attached)
{
    if (!row->value)
        return add(p, row, NULL);
    if (!attached && p->at < p->argc)
        attached = p->argv[p->at++];
    if (!attached) {
        snprintf(p->error, ERROR_SIZE, "option --%s needs a value: --%s %s", row->name, row->name,
                 row->value);
        return false;
    }
    return add(p, row, attached);
}

static bool refuse_unknown(const struct parser *p, const char *name, size_t len)
{
    char word[WORD_MAX * 2];
    const char *nearest;

    snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), name);
    nearest = nearest_option(p, word);
    if (nearest)
        snprintf(p->error, ERROR_SIZE, "unknown option '--%s'; did you mean --%s?", word, nearest);
    else if (p->args->command)
        snprintf(p->error, ERROR_SIZE, "unknown option '--%s'; see: stoa help %s", word,
                 p->args->command->name);
    else
        snprintf(p->error, ERROR_SIZE, "unknown option '--%s'; see: stoa help", word);
    return false;
}

static bool read_long(struct parser *p, const char *text)
{
    size_t len = strcspn(text, "=");
    const struct option_row *row = find(p, text, len, 0);

    if (!row)
        return refuse_unknown(p, text, len);
    if (text[len] == '=' && !row->value) {
        snprintf(p->error, ERROR_SIZE, "option --%s takes no value", row->name);
        return false;
    }
    return take(p, row, text[len] == '=' ? text + len + 1 : NULL);
}

/* One or more letters: "-ay", "-ofile", "-o file". */
static bool read_short(struct parser *p, const char *text)
{
    for (; *text; text++) {
        const struct option_row *row = find(p, NULL, 0, *text);

        if (!row) {
            snprintf(p->error, ERROR_SIZE, "unknown option '-%.1s'; see: stoa help%s%s", text,
                     p->args->command ? " " : "", p->args->command ? p->args->command->name : "");
            return false;
        }
        if (row->value)
            return take(p, row, text[1] ? text + 1 : NULL);
        if (!take(p, row, NULL))
            return false;
    }
    return true;
}

/* --- the whole --- */

/* One in 64 keys begins with "-". */
static bool is_key(const char *text)
{
    unsigned char key[KEY_BYTES];

    return key_parse(text, key);
}

const struct command *args_command(const struct command *commands, const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static bool read_command(struct parser *p, const struct command *commands, const char *name)
{
    const char *nearest;

    p->args->command = args_command(commands, name);
    if (p->args->command)
        return true;
    nearest = args_nearest_command(commands, name);
    if (nearest)
        snprintf(p->error, ERROR_SIZE, "unknown command '%.60s'; did you mean %s?", name, nearest);
    else
        snprintf(p->error, ERROR_SIZE, "unknown command '%.60s'; see: stoa help", name);
    return false;
}

bool args_parse(struct args *args, const struct command *commands, const struct option_row *globals, int argc,
                char *const argv[], char error[ERROR_SIZE])
{
    struct parser p = {.args = args, .globals = globals, .argv = argv, .argc = argc, .at = 1, .error = error};
    bool options = true, fine = true;

    memset(args, 0, sizeof *args);
    args->words = xcalloc((size_t)argc + 1, sizeof *args->words);
    while (fine && p.at < argc) {
        const char *text = argv[p.at++];
        bool is_word = args->command && is_key(text); /* it may begin with "-" */

        if (options && strcmp(text, "--") == 0)
            options = false;
        else if (options && !is_word && strncmp(text, "--", 2) == 0)
            fine = read_long(&p, text + 2);
        else if (options && !is_word && text[0] == '-' && text[1] && !isdigit((unsigned char)text[1]))
            fine = read_short(&p, text + 1);
        else if (!args->command)
            fine = read_command(&p, commands, text);
        else
            args->words[args->word_count++] = text;
    }
    return fine;
}

void args_clear(struct args *args)
{
    free(args->words);
    memset(args, 0, sizeof *args);
}

bool args_check_count(const struct args *args, char error[ERROR_SIZE])
{
    const struct command *command = args->command;
    int count = (int)args->word_count;

    if (count < command->least)
        snprintf(error, ERROR_SIZE, "%s needs %s; see: stoa help %s", command->name, command->arguments,
                 command->name);
    else if (command->most >= 0 && count > command->most)
        snprintf(error, ERROR_SIZE, "%s does not take '%.60s'; see: stoa help %s", command->name,
                 args->words[command->most], command->name);
    else
        return true;
    return false;
}

bool args_has(const struct args *args, const char *name)
{
    for (size_t i = 0; i < args->given_count; i++)
        if (strcmp(args->given[i].row->name, name) == 0)
            return true;
    return false;
}

const char *args_value(const struct args *args, const char *name)
{
    for (size_t i = args->given_count; i-- > 0;)
        if (strcmp(args->given[i].row->name, name) == 0)
            return args->given[i].value;
    return NULL;
}

bool args_number(const struct args *args, const char *name, long min, long max, long fallback, long *number,
                 char error[ERROR_SIZE])
{
    const char *text = args_value(args, name);
    char *end;

    *number = fallback;
    if (!text)
        return true;
    errno = 0;
    *number = strtol(text, &end, 10);
    if (*text && !*end && errno == 0 && *number >= min && *number <= max)
        return true;
    snprintf(error, ERROR_SIZE, "option --%s is '%.40s'; it must be a number from %ld to %ld", name, text,
             min, max);
    return false;
}
