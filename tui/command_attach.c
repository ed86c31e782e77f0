/* The way into the full-screen client: which session, then app_run. */
#include "tui/app.h"
#include "tui/command.h"

/* The connection that finds the session is closed before the screen opens its own. */
static enum err find_session(struct cli *cli, char id[ID_MAX], int *exit_code)
{
    enum err code = cli_open(cli, exit_code);

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

int command_attach(struct cli *cli)
{
    char id[ID_MAX];
    int exit_code;
    struct app_options options = {
        .socket_path = cli->socket_path, .session = id, .plain = args_has(cli->args, "plain")};

    if (find_session(cli, id, &exit_code) != ERR_OK)
        return exit_code;
    return app_run(&options);
}
