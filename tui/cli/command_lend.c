/* stoa lend: an MCP server of this machine for one session, as long as this runs. What is called is shown on
 * stderr, since stdout may be read by a program. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include "tui/lend.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNECT_MS = 60000, LINES_KEPT = 20 };

struct lending {
    struct cli *cli;
    struct lend *lend;
    char session[ID_MAX];
    const char *name;
    uv_signal_t interrupt, terminate;
    uv_poll_t tty; /* --ask */
    int tty_fd;    /* -1: nobody is asked */
    bool asking, verbose, connected, done;
    char *last[LINES_KEPT]; /* of its stderr, a ring */
    size_t last_count;
    int exit_code;
};

static void stop(struct lending *lending, int exit_code)
{
    lending->exit_code = exit_code;
    lending->done = true;
    uv_stop(&lending->cli->loop);
}

/* --- what is said --- */

static void say_json(struct lending *lending, const char *what, const char *text)
{
    json_t *line = json_object();

    jsonx_set_str(line, "lend", what);
    jsonx_set_str(line, "server", lending->name);
    if (*text)
        jsonx_set_str(line, "text", text);
    out_json(&lending->cli->out, line);
    json_decref(line);
}

static void keep_line(struct lending *lending, const char *text)
{
    char **slot = &lending->last[lending->last_count++ % LINES_KEPT];

    free(*slot);
    *slot = xstrdup(text);
}

static void forget_lines(struct lending *lending)
{
    for (size_t i = 0; i < LINES_KEPT; i++) {
        free(lending->last[i]);
        lending->last[i] = NULL;
    }
    lending->last_count = 0;
}

/* The reason is mostly in what it wrote last. */
static void show_lines(struct lending *lending)
{
    size_t first = lending->last_count > LINES_KEPT ? lending->last_count - LINES_KEPT : 0;

    for (size_t i = first; i < lending->last_count && !lending->verbose; i++)
        cli_say("%s: | %s", lending->name, lending->last[i % LINES_KEPT]);
    forget_lines(lending);
}

static void on_connected(void *arg, enum err code, const char *text, json_t *ok)
{
    struct lending *lending = arg;

    if (code == ERR_OK && strcmp(jsonx_str(ok, "state", ""), "ready") == 0)
        cli_say("%s: the session has its %lld tools", lending->name, (long long)jsonx_int(ok, "tools", 0));
    else
        cli_say("%s: %s", lending->name, code == ERR_OK ? jsonx_str(ok, "text", "") : text);
}

/* So that its tools are known from the start, and whether it works at all. */
static void connect_once(struct lending *lending)
{
    json_t *params = json_object();

    if (lending->connected) {
        json_decref(params);
        return;
    }
    lending->connected = true;
    jsonx_set_str(params, "server", lending->name);
    client_request(lending->cli->client, METHOD_MCP_CONNECT, lending->session, params, CONNECT_MS,
                   on_connected, lending);
}

static void on_say(void *arg, struct lend *lend, enum lend_says what, const char *text)
{
    static const char *const names[] = {"offered", "began", "ended", "call", "done", "stderr"};
    struct lending *lending = arg;

    if (lending->cli->json && what != LEND_STDERR)
        say_json(lending, names[what], text);
    switch (what) {
    case LEND_OFFERED:
        cli_say("%s: lent to session %s: %s", lending->name, lending->session, lend_command(lend));
        connect_once(lending);
        break;
    case LEND_BEGAN:
        forget_lines(lending);
        break;
    case LEND_ENDED:
        cli_say("%s: %s", lending->name, text);
        show_lines(lending);
        break;
    case LEND_CALLED:
        if (lending->tty_fd < 0) /* else the question says it */
            cli_say("%s: call %s", lending->name, text);
        break;
    case LEND_DONE:
        cli_say("%s: %s", lending->name, text);
        break;
    case LEND_STDERR:
        if (lending->verbose)
            cli_say("%s: | %s", lending->name, text);
        else
            keep_line(lending, text);
        break;
    }
}

static void on_over(void *arg, struct lend *lend, enum err code, const char *text)
{
    struct lending *lending = arg;

    (void)lend;
    cli_say("%s: %s", lending->name, text);
    stop(lending, cli_exit_code(code));
}

/* --- asking --- */

static void on_ask(void *arg, struct lend *lend, const char *text)
{
    struct lending *lending = arg;

    (void)lend;
    lending->asking = true;
    cli_say("%s: call %s", lending->name, text);
    fprintf(stderr, "Run it here? [y/N] ");
    fflush(stderr);
}

static void on_void_ask(void *arg, struct lend *lend)
{
    struct lending *lending = arg;

    (void)lend;
    lending->asking = false;
    fprintf(stderr, "\n");
    cli_say("%s: it is not wanted any more", lending->name);
}

/* A line that was typed before anything was asked is no answer. */
static void on_tty(uv_poll_t *poll, int status, int events)
{
    struct lending *lending = poll->data;
    char line[256];
    ssize_t got = status < 0 ? 0 : read(lending->tty_fd, line, sizeof line - 1);

    (void)events;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) { /* nobody can say yes any more */
        uv_poll_stop(poll);
        stop(lending, EXIT_FAILED);
        return;
    }
    line[got] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (!lending->asking)
        return;
    lending->asking = false;
    lend_answer(lending->lend, strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
}

/* --- the whole --- */

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data, EXIT_OK);
}

static void on_link(void *arg, enum client_link link, const char *text)
{
    struct lending *lending = arg;

    if (link == CLIENT_AWAY || lending->connected)
        cli_say("%s", text);
    if (lending->lend)
        lend_link(lending->lend, link);
}

static void on_other(void *arg, const char *notice, const json_t *json)
{
    struct lending *lending = arg;

    if (lending->lend && strcmp(notice, "lend") == 0)
        lend_notice(lending->lend, json);
}

static void watch_signals(struct lending *lending)
{
    uv_loop_t *loop = &lending->cli->loop;

    uv_signal_init(loop, &lending->interrupt);
    uv_signal_init(loop, &lending->terminate);
    lending->interrupt.data = lending->terminate.data = lending;
    uv_signal_start(&lending->interrupt, on_signal, SIGINT);
    uv_signal_start(&lending->terminate, on_signal, SIGTERM);
}

static int run(struct lending *lending, char *const argv[])
{
    struct cli *cli = lending->cli;
    struct lend_options options = {
        .loop = &cli->loop,
        .client = cli->client,
        .session = lending->session,
        .name = lending->name,
        .argv = argv,
        .callbacks = {lending, on_say, lending->tty_fd >= 0 ? on_ask : NULL, on_void_ask, on_over}};

    cli->callbacks = (struct client_callbacks){.link = on_link, .other = on_other};
    cli->arg = lending;
    watch_signals(lending);
    if (lending->tty_fd >= 0) {
        uv_poll_init(&cli->loop, &lending->tty, lending->tty_fd);
        lending->tty.data = lending;
        uv_poll_start(&lending->tty, UV_READABLE, on_tty);
    }
    lending->lend = lend_open(&options);
    while (!lending->done && cli->fatal == ERR_OK)
        uv_run(&cli->loop, UV_RUN_ONCE);
    if (!lending->done)
        lending->exit_code = cli_exit_code(cli->fatal);
    lend_close(&lending->lend);
    client_forget(cli->client, lending);
    uv_close((uv_handle_t *)&lending->interrupt, NULL);
    uv_close((uv_handle_t *)&lending->terminate, NULL);
    if (lending->tty_fd >= 0)
        uv_close((uv_handle_t *)&lending->tty, NULL);
    cli_close(cli); /* waits for the server's end */
    cli->arg = NULL;
    return lending->exit_code;
}

/* Whether it would be found, as execvp(3) looks: errno says why not. */
static bool can_run(const char *program)
{
    const char *path = getenv("PATH");
    bool found = false;

    if (strchr(program, '/') || !path)
        return access(program, X_OK) == 0;
    for (size_t len; !found && *path; path += len + (path[len] == ':')) {
        len = strcspn(path, ":");
        char *whole = xasprintf("%.*s/%s", (int)len, len > 0 ? path : ".", program);
        found = access(whole, X_OK) == 0;
        free(whole);
    }
    if (!found)
        errno = ENOENT;
    return found;
}

int command_lend(struct cli *cli)
{
    const struct args *args = cli->args;
    struct lending lending = {.cli = cli,
                              .name = args->words[0],
                              .tty_fd = -1,
                              .verbose = args_has(args, "verbose"),
                              .exit_code = EXIT_FAILED};
    const char *session = args_value(args, "session");
    char **argv;
    int exit_code;

    if (!lend_is_name(lending.name))
        return cli_usage(
            "'%.60s' can't be a server's name: 1 to %d of a-z, 0-9, _ and -, a letter or digit first",
            lending.name, LEND_NAME_MAX);
    if (!can_run(args->words[1])) {
        cli_say("can't run %.200s: %s", args->words[1], strerror(errno));
        return EXIT_FAILED;
    }
    if (args_has(args, "ask")) {
        lending.tty_fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (lending.tty_fd < 0)
            return cli_usage("--ask needs a terminal to ask on");
    }
    enum err code =
        session ? cli_session(cli, session, lending.session) : cli_last_session(cli, lending.session);
    if (code == ERR_OK)
        code = cli_ready(cli);
    argv = xcalloc(args->word_count, sizeof *argv);
    for (size_t i = 1; i < args->word_count; i++)
        argv[i - 1] = xstrdup(args->words[i]);
    exit_code = code == ERR_OK ? run(&lending, argv) : cli_exit_code(code);
    for (size_t i = 0; argv[i]; i++)
        free(argv[i]);
    free(argv);
    forget_lines(&lending);
    if (lending.tty_fd >= 0)
        close(lending.tty_fd);
    return exit_code;
}
