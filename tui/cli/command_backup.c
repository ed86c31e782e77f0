/* Subcommands that keep and bring back everything: backup, restore. The daemon's program knows how; this one
 * becomes it, so that ^C, output and exit code are all its own. */
#include "shared/paths.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int become_daemon(const struct cli *cli, const char *option)
{
    if (strcmp(cli->args->words[0], "-") == 0)
        return cli_usage("%s needs a file, not a stream; one that is called '-' is ./-", option);
    char *program = paths_program("stoad"), *work = xasprintf("--%s=%s", option, cli->args->words[0]);
    const char *argv[5] = {"stoa", work};
    size_t count = 2;

    if (cli->json)
        argv[count++] = "--json";
    if (args_has(cli->args, "force"))
        argv[count++] = "--force";
    if (program) {
        execv(program, (char *const *)argv);
        cli_say("cannot run %s: %s", program, strerror(errno));
    } else {
        cli_say("no stoad beside this program nor in PATH; install it");
    }
    free(program);
    free(work);
    return EXIT_FAILED;
}

int command_backup(struct cli *cli)
{
    return become_daemon(cli, "backup");
}

int command_restore(struct cli *cli)
{
    return become_daemon(cli, "restore");
}
