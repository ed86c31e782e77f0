/* stoad: the command line. */
#include "daemon/backup.h"
#include "daemon/config/config.h"
#include "daemon/doctor/doctor.h"
#include "daemon/offline.h"
#include "daemon/server.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/standard.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum {
    SETS_MAX = 64,
    HEAP_KEPT = 512 << 10, /* bytes */
    HEAP_LARGE = 64 << 10 /* a block of so many has pages of its own, which take no memory before their use */
};

static void usage(FILE *out)
{
    fputs(
        "usage: stoad [--config FILE] [--set NAME=VALUE]...\n"
        "\n"
        "Owns all chat sessions of this user; clients (stoa) connect to its socket. Runs in the foreground.\n"
        "\n"
        "  -c, --config FILE        read this configuration (else $STOA_CONFIG,\n"
        "                           $XDG_CONFIG_HOME/stoa/config.yaml, /etc/stoa/config.yaml)\n"
        "  -s, --set NAME=VALUE     set an option, over file and environment\n"
        "      --check-config       check the configuration and leave\n"
        "      --print-config       print the configuration in force and leave\n"
        "      --doctor[=AREA,...]  check the installation, for stoa doctor, and leave\n"
        "      --online             with --doctor: ask servers on other hosts too\n"
        "      --backup FILE        copy all that is kept into FILE, while a daemon runs or not, and leave\n"
        "      --force              with --backup: replace FILE\n"
        "      --restore FILE       put what FILE holds in the place of all that is kept, and leave\n"
        "      --json               with --backup, --restore: say what was done as JSON\n"
        "      --request JSON       answer one request about users or tokens while no daemon runs, and "
        "leave\n"
        "      --print-example      print config.example.yaml and leave\n"
        "      --print-man          print the options for stoa-config(5) and leave\n"
        "  -V, --version            print the version and leave\n"
        "  -h, --help               this text\n"
        "\n"
        "Exit codes: 0 done, or stopped as asked, 1 doctor found something bad, or no backup or restore,\n"
        "64 command line, 70 internal, 71 an address of listen can't be had, 74 store unusable, 75 another\n"
        "stoad runs, 77 socket folder or path unsafe, 78 configuration wrong.\n"
        "See stoad(8) and stoa-config(5).\n",
        out);
}

enum action { SERVE, CHECK, PRINT, EXAMPLE, MAN };

static int show(enum action action, const struct server_options *options)
{
    if (action == EXAMPLE || action == MAN) {
        (action == EXAMPLE ? config_print_example : config_print_man)(stdout);
        return EXIT_OK;
    }
    char error[256], *path = options->config_path ? xstrdup(options->config_path) : paths_config();
    struct config *config = config_load(path, options->sets, options->set_count, error);
    free(path);
    if (!config) {
        fprintf(stderr, "stoad: %s\n", error);
        return EXIT_CONFIG;
    }
    if (action == PRINT)
        config_print(config, stdout);
    config_free(&config);
    return EXIT_OK;
}

/* By hand, since getopt.h's struct option and the configuration's enum option exclude each other. */
struct line { /* the command line, read */
    struct server_options options;
    const char *sets[SETS_MAX];
    enum action action;
    const char *print; /* text of --version */
    bool help, doctor;
    struct doctor_options check; /* of doctor */
    struct backup_options backup;
    const char *request;
    size_t backups; /* how often one was asked for, or a restore */
};

/* The value of an option, in the same word after '=' or in the next one; NULL if there is none. */
static const char *value_of(char **argv, int *at, const char *letter, const char *name)
{
    const char *word = argv[*at];
    size_t len = strlen(name);
    if (strcmp(word, letter) == 0 || strcmp(word, name) == 0)
        return argv[*at + 1] ? argv[++*at] : NULL;
    return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static bool is_option(const char *word, const char *letter, const char *name)
{
    size_t len = strlen(name);
    return strcmp(word, letter) == 0 ||
           (strncmp(word, name, len) == 0 && (word[len] == '\0' || word[len] == '='));
}

static bool read_word(struct line *line, char **argv, int *at)
{
    static const char *const names[] = {"", "--check-config", "--print-config", "--print-example",
                                        "--print-man"};
    const char *word = argv[*at];
    for (enum action action = CHECK; action <= MAN; action++)
        if (strcmp(word, names[action]) == 0)
            return (line->action = action) != SERVE;
    if (is_option(word, "-c", "--config"))
        return (line->options.config_path = value_of(argv, at, "-c", "--config")) != NULL;
    if (is_option(word, "-s", "--set")) {
        const char *set = value_of(argv, at, "-s", "--set");
        if (!set || line->options.set_count == SETS_MAX)
            return false;
        line->sets[line->options.set_count++] = set;
        return true;
    }
    if (is_option(word, "--doctor", "--doctor")) {
        line->check.areas = strchr(word, '=') ? strchr(word, '=') + 1 : NULL;
        return (line->doctor = true);
    }
    if (strcmp(word, "--online") == 0)
        return (line->check.online = true);
    line->backups += is_option(word, "--backup", "--backup") || is_option(word, "--restore", "--restore");
    if (is_option(word, "--backup", "--backup"))
        return (line->backup.file = value_of(argv, at, "--backup", "--backup")) != NULL;
    if (is_option(word, "--restore", "--restore"))
        return (line->backup.restore = true) &&
               (line->backup.file = value_of(argv, at, "--restore", "--restore")) != NULL;
    if (is_option(word, "--request", "--request"))
        return (line->request = value_of(argv, at, "--request", "--request")) != NULL;
    if (strcmp(word, "--force") == 0)
        return (line->backup.replace = true);
    if (strcmp(word, "--json") == 0)
        return (line->backup.json = true);
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        return (line->print = "stoad " STOA_VERSION) != NULL;
    return (line->help = strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0);
}

/* What can't stand together; NULL: all of it can. */
static const char *clash_of(const struct line *line)
{
    if ((line->backup.json || line->backup.replace) && !line->backup.file)
        return "--json and --force are for --backup and --restore";
    if (line->backup.replace && line->backup.restore)
        return "--force is for --backup";
    if (line->check.online && !line->doctor)
        return "--online is for --doctor";
    if (line->backups > 1 || (line->backups > 0) + line->doctor + (line->request != NULL) > 1)
        return "only one of --doctor, --backup, --restore and --request can be done, once";
    return NULL;
}

/* Else what free keeps for later grows with the largest block that was ever freed, in each thread's heap. */
static void bound_heaps(void)
{
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
    mallopt(M_MMAP_THRESHOLD, HEAP_LARGE);
#endif
}

int main(int argc, char **argv)
{
    struct line line = {.action = SERVE};
    if (!standard_hold())
        return EXIT_SOFTWARE;
    server_hold_signals(true);
    line.options.sets = line.sets;
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];
        if (!read_word(&line, argv, &at)) {
            fprintf(stderr, "stoad: '%s' is not an option, or its value is missing. Try 'stoad --help'.\n",
                    word);
            return EXIT_USAGE;
        }
        if (line.print || line.help) {
            if (line.help)
                usage(stdout);
            else
                puts(line.print);
            return EXIT_OK;
        }
    }
    const char *clash = clash_of(&line);
    if (clash) {
        fprintf(stderr, "stoad: %s. Try 'stoad --help'.\n", clash);
        return EXIT_USAGE;
    }
    log_init("stoad");
    utf8_locale();
    line.check.server = &line.options;
    if (!line.doctor && !line.backup.file && !line.request && line.action == SERVE) {
        bound_heaps();
        return server_run(&line.options);
    }
    server_hold_signals(false);
    if (line.doctor)
        return doctor_run(&line.check, stdout);
    if (line.backup.file)
        return backup_run(&line.backup);
    if (line.request)
        return offline_run(&line.options, line.request);
    return show(line.action, &line.options);
}
