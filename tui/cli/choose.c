/* The command line goes before the environment. */
#include "tui/cli/choose.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/cli/start.h"
#include "tui/client_key.h"
#include "tui/daemons.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_MAX = 128 };
#define TOKEN_VARIABLE "STOA_TOKEN"

const char *choose_name(const struct args *args)
{
    const char *name = args_value(args, "daemon");

    if (!name && !args_value(args, "socket"))
        name = getenv("STOA_DAEMON");
    return name && *name && strcmp(name, DAEMON_LOCAL) != 0 ? name : NULL;
}

/* --- secrets --- */

/* What has secrets leaves no memory behind on disk. */
static void forbid_core(void)
{
    static const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
}

char *choose_take_token(void)
{
    char *set = getenv(TOKEN_VARIABLE), *token = set && *set ? xstrdup(set) : NULL;

    if (!set)
        return NULL;
    explicit_bzero(set, strlen(set)); /* /proc shows the environment as the process began */
    unsetenv(TOKEN_VARIABLE);
    if (token)
        forbid_core();
    return token;
}

void choose_forget_token(char **token)
{
    if (*token)
        explicit_bzero(*token, strlen(*token));
    free(*token);
    *token = NULL;
}

static enum err load_key(struct key_pair *pair)
{
    char *path = client_key_path(), error[256], words[KEY_WORDS_MAX];
    enum err code;

    if (!path) {
        cli_say("HOME is not set, so there is no place for this terminal's key");
        return ERR_CONFIG;
    }
    code = key_load(path, pair, error);
    if (code == ERR_NOT_FOUND) {
        code = client_key_make(path, pair, error);
        if (code == ERR_OK) {
            key_words(pair->open, words);
            cli_say("a key was made for this terminal: %s (%s)", path, words);
        } else if (code == ERR_CONFLICT) {
            code = key_load(path, pair, error); /* another one was quicker */
        }
    }
    if (code != ERR_OK)
        cli_say("%s", error);
    free(path);
    return code;
}

static enum err set_token(struct client_address *address, const char *text, const char *from)
{
    size_t len = strlen(text);

    while (len > 0 && strchr("\r\n", text[len - 1]))
        len--;
    if (len > TOKEN_MAX || len == 0) {
        cli_say("the API token in %s must have 1 to %d characters, not %zu", from, TOKEN_MAX, len);
        return ERR_CONFIG;
    }
    address->token = xstrndup(text, len);
    return ERR_OK;
}

/* What is wrong with the file, or NULL. */
static const char *fault_of(int fd)
{
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "it is no regular file";
    if (st.st_uid != geteuid() || (st.st_mode & 077))
        return "others may read it; make it yours alone: chmod 600";
    return NULL;
}

static enum err read_token(const char *path, char text[TOKEN_MAX + 3])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *fault = fault_of(fd);
    ssize_t len = fault ? 0 : read(fd, text, TOKEN_MAX + 2);

    if (len < 0)
        fault = strerror(errno);
    text[len > 0 ? len : 0] = '\0';
    if (fd >= 0)
        close(fd);
    if (!fault)
        return ERR_OK;
    cli_say("the token's file '%s' can't be used: %s", path, fault);
    return ERR_CONFIG;
}

static enum err load_token(struct cli *cli)
{
    const char *path = args_value(cli->args, "token-file");
    char text[TOKEN_MAX + 3] = "";
    enum err code = ERR_OK;

    if (path) {
        code = read_token(path, text);
        if (code == ERR_OK)
            code = set_token(&cli->address, text, path);
        cli->address.token_file = xstrdup(path);
        explicit_bzero(text, sizeof text);
    } else if (cli->token) {
        code = set_token(&cli->address, cli->token, TOKEN_VARIABLE);
    }
    if (cli->address.token)
        forbid_core();
    return code;
}

/* --- the daemon --- */

enum err choose_remote(struct cli *cli, const struct known_daemon *daemon)
{
    struct client_address *address = &cli->address;
    enum err code;

    client_address_clear(address);
    address->remote = daemon->address;
    snprintf(address->name, sizeof address->name, "%s", daemon->name);
    memcpy(address->server_key, daemon->key, KEY_BYTES);
    forbid_core();
    code = load_key(&address->pair);
    if (code == ERR_OK)
        code = load_token(cli);
    cli->chosen = code == ERR_OK;
    return code;
}

static void say_unknown(const char *name)
{
    if (strncmp(name, "tcp://", 6) == 0)
        cli_say("the key of %s is not known here, so nobody could tell whether it answers: ask for a ticket, "
                "or say stoa daemon add NAME %s KEY, with the key that stoa daemon show prints there",
                name, name);
    else
        cli_say("no daemon is called '%s'; stoa daemon ls shows those that are known", name);
}

static enum err find(const char *name, struct known_daemon *known)
{
    const struct known_daemon *found = NULL;
    struct daemons *daemons;
    struct join_address address;
    char *path = daemons_path(), error[DAEMONS_ERROR];
    enum err code = ERR_CONFIG;

    if (!path) {
        cli_say("HOME is not set, so it is not known which daemon is called '%s'", name);
        return ERR_CONFIG;
    }
    code = daemons_load(path, &daemons, error);
    if (code == ERR_OK && strncmp(name, "tcp://", 6) == 0) {
        if (join_address_parse(name, &address, error))
            found = daemons_find_address(daemons, &address);
        else
            code = ERR_BAD_REQUEST;
    } else if (code == ERR_OK) {
        found = daemons_find(daemons, name);
    }
    if (code != ERR_OK) {
        cli_say("%s", error);
    } else if (found) {
        *known = *found;
    } else {
        say_unknown(name);
        code = ERR_NOT_FOUND;
    }
    daemons_free(&daemons);
    free(path);
    return code;
}

enum err choose_daemon(struct cli *cli)
{
    const char *name = choose_name(cli->args);
    struct known_daemon known;
    enum err code;

    if (cli->chosen)
        return ERR_OK;
    if (args_has(cli->args, "daemon") && args_has(cli->args, "socket")) {
        cli_say("--daemon and --socket can't be given together");
        return ERR_BAD_REQUEST;
    }
    if (name) {
        code = find(name, &known);
        return code == ERR_OK ? choose_remote(cli, &known) : code;
    }
    client_address_clear(&cli->address);
    cli->address.path = xstrdup(cli->socket_path);
    code = load_token(cli);
    cli->chosen = code == ERR_OK;
    return code;
}
