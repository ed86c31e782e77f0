/* stoa: reads the command line and runs the subcommand. */
#include "shared/standard.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/cli/choose.h"
#include "tui/cli/command.h"
#include "tui/cli/start.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool forbidden_by_environment(void)
{
    const char *value = getenv("STOA_NO_START");

    return value && *value && strcmp(value, "0") != 0;
}

static int run(struct cli *cli, const struct args *args)
{
    const struct command *command = args->command ? args->command : args_command(command_table, "attach");
    const char *socket_path = args_value(args, "socket");
    int code;

    if (args_has(args, "version")) {
        out_printf(&cli->out, "stoa %s\n", STOA_VERSION);
        return EXIT_OK;
    }
    if (args_has(args, "help")) {
        command_help_on(&cli->out, args->command);
        return EXIT_OK;
    }
    cli->args = args;
    cli->json = args_has(args, "json");
    cli->may_start = !args_has(args, "no-start") && !forbidden_by_environment();
    cli->socket_path = socket_path ? xstrdup(socket_path) : start_socket_path();
    code = command_run(cli, command);
    client_address_clear(&cli->address);
    free(cli->socket_path);
    return code;
}

/* A reader that has gone is no fault worth a word; a full disk is. */
static int finish(struct cli *cli, int code)
{
    if (out_flush(&cli->out))
        return code;
    if (cli->out.why == EPIPE)
        return CLI_EXIT_PIPE;
    cli_say("the output cannot be written: %s", strerror(cli->out.why));
    return code == EXIT_OK ? EXIT_FAILED : code;
}

int main(int argc, char *argv[])
{
    struct cli cli = {.fatal = ERR_OK, .token = choose_take_token()};
    struct args args;
    char error[256];
    int code;

    if (!standard_hold())
        return EXIT_SOFTWARE;
    utf8_locale();
    signal(SIGPIPE, SIG_IGN);
    out_init(&cli.out, stdout);
    if (args_parse(&args, command_table, command_globals, argc, argv, error))
        code = run(&cli, &args);
    else
        code = cli_usage("%s", error);
    args_clear(&args);
    choose_forget_token(&cli.token);
    return finish(&cli, code);
}
