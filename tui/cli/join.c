/* The link's key is checked against what is known before anything is sent, and is remembered as soon as the
 * daemon has proved to have it; only then does the secret go out. */
#include "tui/cli/join.h"
#include "proto/join.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/choose.h"
#include "tui/daemons.h"
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 63 };

bool join_is_meant(const char *word)
{
    return strcmp(word, "-") == 0 || join_is_link(word);
}

/* --- the link --- */

static bool read_stdin(char text[JOIN_LINK_MAX + 2])
{
    if (isatty(STDIN_FILENO))
        fputs("link: ", stderr);
    if (!fgets(text, JOIN_LINK_MAX + 2, stdin))
        return false;
    text[strcspn(text, " \t\r\n")] = '\0';
    return true;
}

/* What others see of this process's command line has no secret then. */
static void hide(const char *word)
{
    char *part = strchr((char *)(uintptr_t)word, '#');

    if (part)
        explicit_bzero(part, strlen(part));
}

static int read_link(const char *word, struct join_link *link)
{
    char text[JOIN_LINK_MAX + 2], error[256];
    bool from_stdin = strcmp(word, "-") == 0;
    int code = EXIT_OK;

    if (from_stdin && !read_stdin(text))
        return cli_usage("there is no link on stdin");
    if (!join_parse(from_stdin ? text : word, link, error))
        code = cli_usage("%s", error);
    explicit_bzero(text, sizeof text);
    if (!from_stdin)
        hide(word);
    return code;
}

/* --- the daemon --- */

/* The daemon of the link, by the name that it has here or would get. */
static enum err check_daemon(const char *path, const struct join_link *link, struct known_daemon *one)
{
    const struct known_daemon *known;
    struct daemons *daemons;
    char error[DAEMONS_ERROR];
    enum err code = daemons_load(path, &daemons, error);

    if (code == ERR_OK) {
        memset(one, 0, sizeof *one);
        one->address = link->address;
        memcpy(one->key, link->key, KEY_BYTES);
        known = daemons_find_address(daemons, &link->address);
        if (known)
            snprintf(one->name, sizeof one->name, "%s", known->name);
        else
            daemons_free_name(daemons, link->address.host, one->name);
        code = daemons_check(daemons, one, error);
    }
    if (code != ERR_OK)
        cli_say("%s", error);
    daemons_free(&daemons);
    return code;
}

static enum err remember(const char *path, const struct known_daemon *one)
{
    char error[DAEMONS_ERROR];
    enum err code = daemons_add(path, one, error);

    if (code != ERR_OK)
        cli_say("%s", error);
    return code;
}

/* --- redeeming --- */

static json_t *redeem_params(const struct cli *cli, const struct join_link *link)
{
    const struct passwd *user = getpwuid(geteuid());
    const char *name = args_value(cli->args, "as");
    char host[NAME_MAX_BYTES + 1] = "";
    json_t *params = json_object();

    if (!name)
        name = user ? user->pw_name : "";
    gethostname(host, sizeof host - 1);
    jsonx_set_str(params, "secret", link->secret);
    if (*name && strlen(name) <= NAME_MAX_BYTES)
        jsonx_set_str(params, "name", name);
    jsonx_set_str(params, "label", host);
    return params;
}

static void say_joined(const struct cli *cli, const json_t *ok, const char *session)
{
    char said[CLIENT_SAID_MAX];

    cli_say("joined %s as %s, %s; from now on: stoa -d %s attach %s",
            client_address_said(&cli->address, said), jsonx_str(ok, "user", ""), jsonx_str(ok, "role", ""),
            cli->address.name, session);
}

static int redeem(struct cli *cli, const char *path, const struct known_daemon *one,
                  const struct join_link *link, char session[ID_MAX])
{
    int exit_code = EXIT_OK;
    json_t *ok = NULL;
    enum err code = cli_open(cli, &exit_code);

    if (code != ERR_OK)
        return exit_code;
    code = cli_ready(cli);
    if (code == ERR_OK)
        code = remember(path, one);
    if (code == ERR_OK)
        code = cli_call(cli, METHOD_TICKET_REDEEM, NULL, redeem_params(cli, link), &ok);
    cli_close(cli);
    snprintf(session, ID_MAX, "%s", jsonx_str(ok, "session", link->session));
    if (code == ERR_OK && !id_valid(session, "s_")) {
        cli_say("the daemon took the ticket, but does not say for which session");
        code = ERR_PROTOCOL;
    } else if (code == ERR_OK) {
        say_joined(cli, ok, session);
    }
    json_decref(ok);
    return cli_exit_code(code);
}

/* A token would have the ticket redeemed for its user, not for this terminal's key. */
static void drop_token(struct client_address *address)
{
    if (address->token)
        explicit_bzero(address->token, strlen(address->token));
    free(address->token);
    free(address->token_file);
    address->token = address->token_file = NULL;
}

static int join_by(struct cli *cli, const struct join_link *link, char session[ID_MAX])
{
    char *path = daemons_path();
    struct known_daemon one;
    int exit_code = EXIT_FAILED;

    if (!path) {
        cli_say("HOME is not set, so there is no place where daemons are known");
        return EXIT_CONFIG;
    }
    if (check_daemon(path, link, &one) == ERR_OK && choose_remote(cli, &one) == ERR_OK) {
        drop_token(&cli->address);
        cli->address.stranger = true;
        exit_code = redeem(cli, path, &one, link, session);
        cli->address.stranger = false;
    }
    free(path);
    return exit_code;
}

int join_redeem(struct cli *cli, const char *word, char session[ID_MAX])
{
    struct join_link link;
    int exit_code = read_link(word, &link);

    if (exit_code != EXIT_OK)
        return exit_code;
    const char *name = args_value(cli->args, "as");
    if (name && (!*name || strlen(name) > NAME_MAX_BYTES))
        exit_code = cli_usage("option --as must have 1 to %d bytes", NAME_MAX_BYTES);
    else if (args_has(cli->args, "daemon") || args_has(cli->args, "socket"))
        exit_code = cli_usage("the link names the daemon; leave --daemon and --socket away");
    else
        exit_code = join_by(cli, &link, session);
    join_wipe(&link);
    return exit_code;
}
