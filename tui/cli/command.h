/* The subcommands: one row each, in command.c. Help, completion and the parser follow the table; adding a
 * subcommand is adding a row and a handler. */
#ifndef STOA_TUI_CLI_COMMAND_H
#define STOA_TUI_CLI_COMMAND_H

#include "tui/cli/args.h"
#include "tui/cli/cli.h"

enum {
    COMMAND_CONNECT = 1,  /* the client is open when the handler runs */
    COMMAND_NO_START = 2, /* never starts a daemon */
    COMMAND_TERMINAL = 4, /* needs a terminal on stdin and stdout */
    COMMAND_LOCAL = 8,    /* works on this machine's daemon alone */
};

/* Both end with a row without name. */
extern const struct command command_table[];
extern const struct option_row command_globals[];

struct settings;

/* The handlers return an exit code. */
int command_allow(struct cli *cli);
int command_archive(struct cli *cli);
int command_attach(struct cli *cli);
int command_audit(struct cli *cli);
int command_backup(struct cli *cli);
int command_cmd(struct cli *cli);
int command_compact(struct cli *cli);
int command_config(struct cli *cli);
int command_daemon(struct cli *cli);
int command_deny(struct cli *cli);
int command_doctor(struct cli *cli);
int command_export(struct cli *cli);
int command_fork(struct cli *cli);
int command_health(struct cli *cli);
int command_help(struct cli *cli);
int command_history(struct cli *cli);
int command_info(struct cli *cli);
int command_interrupt(struct cli *cli);
int command_join(struct cli *cli);
int command_key(struct cli *cli);
int command_keygen(struct cli *cli);
int command_lend(struct cli *cli);
int command_ls(struct cli *cli);
int command_mcp(struct cli *cli);
int command_models(struct cli *cli);
int command_new(struct cli *cli);
int command_pair(struct cli *cli);
int command_questions(struct cli *cli);
int command_queue(struct cli *cli);
int command_rename(struct cli *cli);
int command_restore(struct cli *cli);
int command_rewind(struct cli *cli);
int command_rm(struct cli *cli);
int command_rules(struct cli *cli);
int command_search(struct cli *cli);
int command_secret(struct cli *cli);
int command_send(struct cli *cli);
int command_set(struct cli *cli);
int command_share(struct cli *cli);
int command_show(struct cli *cli);
int command_stats(struct cli *cli);
int command_stop(struct cli *cli);
int command_ticket(struct cli *cli);
int command_tickets(struct cli *cli);
int command_token(struct cli *cli);
int command_top(struct cli *cli);
int command_unshare(struct cli *cli);
int command_usage(struct cli *cli);
int command_user(struct cli *cli);
int command_version(struct cli *cli);
int command_watch(struct cli *cli);
int command_who(struct cli *cli);

/* The full-screen client's settings, with those of the command line. NULL after saying why, with the exit
 * code. */
struct settings *command_settings(struct cli *cli, int *exit_code);
/* Help on one command, or on all (NULL), to out. */
void command_help_on(struct out *out, const struct command *command);
/* Runs what args name; connects first where the row says so. Returns an exit code. */
int command_run(struct cli *cli, const struct command *command);

#endif
