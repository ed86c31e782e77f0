/* stoa daemon: those on other hosts that are known here, with the keys that they must prove to have. */
#include "shared/jsonx.h"
#include "tui/cli/command.h"
#include "tui/daemons.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int exit_of(enum err code, const char *error)
{
    if (code == ERR_OK)
        return EXIT_OK;
    cli_say("%s", error);
    return code == ERR_BAD_REQUEST ? EXIT_USAGE : code == ERR_CONFIG ? EXIT_CONFIG : EXIT_FAILED;
}

static void put_daemon(struct cli *cli, const struct known_daemon *known, bool whole)
{
    char address[JOIN_ADDRESS_MAX], key[KEY_TEXT_LEN + 1], print[KEY_FINGERPRINT_LEN + 1],
        words[KEY_WORDS_MAX];

    join_address_text(&known->address, address);
    key_text(known->key, key);
    key_fingerprint(known->key, print);
    key_words(known->key, words);
    if (cli->json) {
        json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", known->name, "address", address, "key",
                                 key, "fingerprint", print, "words", words);

        out_json(&cli->out, line);
        json_decref(line);
    } else if (whole) {
        out_printf(&cli->out,
                   "name         %s\naddress      %s\nkey          %s\nfingerprint  %s\nwords        %s\n",
                   known->name, address, key, print, words);
    } else {
        out_printf(&cli->out, "%-16s  %-32s  %s\n", known->name, address, words);
    }
}

static int list(struct cli *cli, const char *path)
{
    char error[DAEMONS_ERROR];
    struct daemons *daemons;
    enum err code = daemons_load(path, &daemons, error);

    for (size_t i = 0; code == ERR_OK && daemons_get(daemons, i); i++)
        put_daemon(cli, daemons_get(daemons, i), false);
    if (code == ERR_OK && !cli->json && !daemons_get(daemons, 0))
        out_printf(&cli->out, "no other daemon is known; a ticket makes one known: stoa attach stoa://...\n");
    daemons_free(&daemons);
    return exit_of(code, error);
}

/* What others need to know of the one that is meant: its own host's, or that of -d. */
static int show_own(struct cli *cli)
{
    char print[KEY_FINGERPRINT_LEN + 1], words[KEY_WORDS_MAX];
    unsigned char key[KEY_BYTES];
    int exit_code = EXIT_OK;
    json_t *ok = NULL;

    if (cli_open(cli, &exit_code) != ERR_OK)
        return exit_code;
    enum err code = cli_call(cli, METHOD_ADMIN_STATS, NULL, NULL, &ok);
    const char *text = jsonx_str(ok, "key", ""), *address = jsonx_str(ok, "address", "");

    if (code == ERR_OK && cli->json) {
        json_t *line = json_pack("{s:s, s:s}", "address", address, "key", text);

        out_json(&cli->out, line);
        json_decref(line);
    } else if (code == ERR_OK && (!*address || !key_parse(text, key))) {
        cli_say("this daemon listens on no address that others reach: set listen: in its configuration");
        code = ERR_UNAVAILABLE;
    } else if (code == ERR_OK) {
        key_fingerprint(key, print);
        key_words(key, words);
        out_printf(&cli->out,
                   "address      %s\nkey          %s\nfingerprint  %s\nwords        %s\n\n"
                   "On another host: stoa daemon add NAME %s %s\n",
                   address, text, print, words, address, text);
    }
    json_decref(ok);
    return cli_exit_code(code);
}

static int show(struct cli *cli, const char *path)
{
    if (cli->args->word_count == 1)
        return show_own(cli);
    const char *name = cli->args->words[1];
    char error[DAEMONS_ERROR];
    struct daemons *daemons;
    enum err code = daemons_load(path, &daemons, error);
    const struct known_daemon *known = code == ERR_OK ? daemons_find(daemons, name) : NULL;

    if (known) {
        put_daemon(cli, known, true);
    } else if (code == ERR_OK) {
        snprintf(error, sizeof error, "no daemon is called '%.80s'; stoa daemon ls shows them", name);
        code = ERR_NOT_FOUND;
    }
    daemons_free(&daemons);
    return exit_of(code, error);
}

static int add(struct cli *cli, const char *path)
{
    const char *const *words = cli->args->words;
    struct known_daemon one;
    char error[DAEMONS_ERROR];
    enum err code;

    memset(&one, 0, sizeof one);
    if (!daemon_name_valid(words[1]))
        return cli_usage("a daemon's name must be 1 to %d letters, digits, . _ and -, and not '%s': '%.80s'",
                         DAEMON_NAME_MAX, DAEMON_LOCAL, words[1]);
    snprintf(one.name, sizeof one.name, "%s", words[1]);
    if (!join_address_parse(words[2], &one.address, error))
        return cli_usage("%s", error);
    if (!key_parse(words[3], one.key))
        return cli_usage("a daemon's key is %d letters, digits, - and _, as its stoad shows it; not '%.60s'",
                         KEY_TEXT_LEN, words[3]);
    code = daemons_add(path, &one, error);
    if (code == ERR_OK)
        put_daemon(cli, &one, true);
    return exit_of(code, error);
}

static int take_away(struct cli *cli, const char *path)
{
    char error[DAEMONS_ERROR];

    return exit_of(daemons_remove(path, cli->args->words[1], error), error);
}

static const struct {
    const char *name, *needs;
    size_t words;
    int (*run)(struct cli *cli, const char *path);
} parts[] = {
    {"add", "NAME tcp://HOST:PORT KEY", 4, add},
    {"ls", "no more words", 1, list},
    {"rm", "NAME", 2, take_away},
    {"show", "NAME", 2, show},
};

int command_daemon(struct cli *cli)
{
    size_t count = cli->args->word_count;
    const char *word = count > 0 ? cli->args->words[0] : "ls";
    char *path;
    int code;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strcmp(parts[i].name, word) != 0)
            continue;
        bool own = parts[i].run == show && count == 1;
        if (!own && (count > 0 ? count : 1) != parts[i].words)
            return cli_usage("daemon %s needs %s; see: stoa help daemon", word, parts[i].needs);
        path = daemons_path();
        if (!path)
            return cli_usage("HOME is not set, so there is no place where daemons are known");
        code = parts[i].run(cli, path);
        free(path);
        return code;
    }
    return cli_usage("daemon knows add, ls, rm and show, not '%.60s'", word);
}
