/* The way into the client that stays: which session, then the full screen or line mode. */
#include "tui/app.h"
#include "tui/cli/command.h"
#include "tui/cli/join.h"
#include "tui/plain/plain.h"
#include "tui/settings.h"
#include "tui/terminal/screen_term.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the link came through a pipe, the terminal takes the pipe's place. */
static bool take_terminal(void)
{
    int fd = isatty(STDIN_FILENO) ? -1 : open("/dev/tty", O_RDWR | O_CLOEXEC);
    bool good = fd < 0 ? isatty(STDIN_FILENO) : dup2(fd, STDIN_FILENO) >= 0;

    if (fd >= 0)
        close(fd);
    if (!good)
        cli_say("there is no terminal to attach with: %s", strerror(errno));
    return good;
}

/* The connection that finds the session is closed before the screen opens its own. */
static enum err find_session(struct cli *cli, char id[ID_MAX], int *exit_code)
{
    const char *word = cli->args->word_count > 0 ? cli->args->words[0] : NULL;
    enum err code;

    if (word && join_is_meant(word)) {
        *exit_code = join_redeem(cli, word, id);
        if (*exit_code == EXIT_OK && !take_terminal())
            *exit_code = EXIT_FAILED;
        return *exit_code == EXIT_OK ? ERR_OK : ERR_DENIED;
    }
    code = cli_open(cli, exit_code);

    if (code != ERR_OK)
        return code;
    if (cli->args->word_count > 0)
        code = cli_session(cli, cli->args->words[0], id);
    else
        code = cli_last_session(cli, id);
    *exit_code = cli_exit_code(code);
    cli_close(cli);
    return code;
}

/* Line by line where that is wanted, or nothing else is possible. */
static bool is_plain(const struct cli *cli)
{
    char why[256];

    if (args_has(cli->args, "plain"))
        return true;
    if (screen_term_can_draw(getenv("TERM"), why))
        return false;
    cli_say("%s: going on line by line, as with --plain", why);
    return true;
}

int command_attach(struct cli *cli)
{
    char id[ID_MAX];
    int exit_code = EXIT_OK;
    struct app_options options = {.address = &cli->address, .session = id};
    struct plain_options plain = {.address = &cli->address, .session = id};
    struct settings *settings = command_settings(cli, &exit_code);

    if (!settings)
        return exit_code;
    options.settings = settings;
    options.no_alternate =
        args_has(cli->args, "no-alt") || !settings_number(settings, SETTING_ALTERNATE_SCREEN);
    if (find_session(cli, id, &exit_code) == ERR_OK)
        exit_code = is_plain(cli) ? plain_run(&plain) : app_run(&options);
    settings_free(&settings);
    return exit_code;
}
