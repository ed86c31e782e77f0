/* Subcommands about this person's key: keygen, key. */
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include "tui/client_key.h"
#include <stdlib.h>

static void put_key(struct cli *cli, const char *path, const struct key_pair *pair)
{
    char text[KEY_TEXT_LEN + 1], print[KEY_FINGERPRINT_LEN + 1], words[KEY_WORDS_MAX];

    key_text(pair->open, text);
    key_fingerprint(pair->open, print);
    key_words(pair->open, words);
    if (cli->json) {
        json_t *line = json_pack("{s:s, s:s, s:s}", "key", text, "fingerprint", print, "words", words);

        jsonx_set_str(line, "file", path);
        out_json(&cli->out, line);
        json_decref(line);
        return;
    }
    out_printf(&cli->out, "key          %s\nfingerprint  %s\nwords        %s\nfile         %s\n", text, print,
               words, path);
}

/* The file that is meant; NULL after saying why. */
static char *path_of(const struct cli *cli)
{
    const char *given = args_value(cli->args, "output");
    char *path = given ? xstrdup(given) : client_key_path();

    if (!path)
        cli_say("HOME is not set; name the file with --output");
    return path;
}

static int work(struct cli *cli, enum err (*get)(const char *path, struct key_pair *pair, char error[256]))
{
    char *path = path_of(cli), error[256];
    struct key_pair pair;
    enum err code = path ? get(path, &pair, error) : ERR_CONFIG;

    if (code == ERR_OK)
        put_key(cli, path, &pair);
    else if (path)
        cli_say("%s%s", error, code == ERR_NOT_FOUND ? "; stoa keygen makes one" : "");
    key_wipe(&pair);
    free(path);
    return code == ERR_OK ? EXIT_OK : code == ERR_DENIED ? EXIT_UNSAFE : EXIT_FAILED;
}

int command_keygen(struct cli *cli)
{
    return work(cli, client_key_make);
}

int command_key(struct cli *cli)
{
    return work(cli, key_load);
}
