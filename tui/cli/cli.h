/* What every subcommand stands on: the connection, one request and its reply, the session that a name means,
 * and how to say what went wrong. */
#ifndef STOA_TUI_CLI_CLI_H
#define STOA_TUI_CLI_CLI_H

#include "shared/err.h"
#include "shared/id.h"
#include "tui/cli/args.h"
#include "tui/cli/hangup.h"
#include "tui/cli/out.h"
#include "tui/client.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum {
    CLI_ANSWER_MS = 10000, /* a reply that takes longer is given up */
    CLI_EXIT_PIPE = 141,   /* what a shell shows for SIGPIPE */
    CLI_EXIT_INTERRUPT = 130
};

struct cli {
    uv_loop_t loop;
    bool loop_open;
    struct client *client;
    const struct args *args;
    char *socket_path;             /* the local daemon's */
    char *token;                   /* an API token that the environment had, or NULL */
    struct client_address address; /* of the daemon that is meant, once cli_open was called */
    bool chosen;                   /* it is filled in */
    bool json;                     /* --json */
    bool may_start;                /* a daemon may be started */
    struct out out;                /* stdout */
    struct hangup *hangup;         /* of stdout */
    enum err fatal;                /* the link is of no more use; already said */
    /* The handler's own callbacks, set before cli_open; arg is theirs. One for notices says them, too. */
    struct client_callbacks callbacks;
    void *arg;
};

/* --- saying --- */
/* "stoa: " and the sentence on stderr, sanitised. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same; returns EXIT_USAGE. */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The exit code for a reply's error. */
int cli_exit_code(enum err code);

/* --- the connection --- */
/* Finds or starts the daemon and opens the client. ERR_OK, or a code after saying why; *exit_code is then
 * set. */
enum err cli_open(struct cli *cli, int *exit_code);
void cli_close(struct cli *cli);
/* Waits until the daemon has answered at all, so that what follows may wait for as long as it takes. ERR_OK,
 * or a code after saying why. */
enum err cli_ready(struct cli *cli);
/* Runs the loop until *done, or until the link is of no more use or nobody reads stdout any more (false). */
bool cli_run(struct cli *cli, const bool *done);
/* Makes a request and waits for its reply. ERR_OK with a new reference in *ok, or a code after saying why.
 * params: reference is taken. */
enum err cli_call(struct cli *cli, enum method method, const char *session, json_t *params, json_t **ok);
/* The same for what may take longer than CLI_ANSWER_MS. */
enum err cli_call_within(struct cli *cli, enum method method, const char *session, json_t *params,
                         int timeout_ms, json_t **ok);

/* --- sessions --- */
/* All own sessions, and those that are shared with one, archived ones after the others if wanted; NULL after
 * saying why. */
json_t *cli_sessions(struct cli *cli, bool archived, enum err *code);
/* The full id of the session that name means. ERR_OK, or a code after saying why. */
enum err cli_session(struct cli *cli, const char *name, char id[ID_MAX]);
/* The full id, in that member of the rows, that name is or begins; name itself if none does, so that whoever
 * is asked for it says so. what: of what kind they are; shown: the member that tells them apart. ERR_CONFLICT
 * after saying which it may mean. */
enum err cli_id(const json_t *rows, const char *what, const char *member, const char *shown, const char *name,
                char id[ID_MAX]);
/* The own session with the newest activity, else one that is shared; where there is none, ERR_NOT_FOUND after
 * saying so. */
enum err cli_newest_session(struct cli *cli, char id[ID_MAX]);
/* The same, else a new one. */
enum err cli_last_session(struct cli *cli, char id[ID_MAX]);
/* A change of the session that the command's first word names; its answer is for --json alone. params:
 * reference is taken, may be NULL. Returns an exit code. */
int cli_change(struct cli *cli, enum method method, json_t *params);
/* A new session; params: reference is taken, may be NULL. */
enum err cli_new_session(struct cli *cli, json_t *params, char id[ID_MAX]);

/* --- arguments --- */
/* The prompt from the words from `first` on, joined by spaces; or from stdin where it is "-", or is missing
 * and stdin is no terminal. NULL if there is none or after saying what is wrong with it (*exit_code is then
 * not EXIT_OK). */
char *cli_prompt(const struct cli *cli, size_t first, int *exit_code);

#endif
