/* Subcommands are written top down, so a request here runs the loop until its reply is there. */
#include "tui/cli/cli.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/choose.h"
#include "tui/cli/resolve.h"
#include "tui/cli/start.h"
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ERROR_SIZE = 512,
    SAY_MAX = 4096,
    LIST_PAGE = 1000,
    CANDIDATES_SHOWN = 10,
    PROMPT_MAX = 1 << 20 /* bytes, as message.send takes them */
};

/* --- saying --- */

static void say(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
static void say(const char *format, va_list args)
{
    struct buf text;
    char *clean;

    buf_init(&text, SAY_MAX);
    buf_vprintf(&text, format, args);
    clean = sanitise_text(text.data, text.len, SANITISE_STRIP, SAY_MAX);
    fprintf(stderr, "stoa: %s\n", clean);
    free(clean);
    buf_free(&text);
}

void cli_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
}

int cli_usage(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return EXIT_USAGE;
}

int cli_exit_code(enum err code)
{
    switch (code) {
    case ERR_OK:
        return EXIT_OK;
    case ERR_VERSION:
        return EXIT_PROTOCOL;
    case ERR_INTERNAL:
        return EXIT_SOFTWARE;
    case ERR_TIMEOUT:
        return EXIT_NO_DAEMON;
    default:
        return EXIT_FAILED;
    }
}

/* Where the daemon could not be reached the reasons are its own, and so are the codes. */
static int exit_code_of_start(enum err code)
{
    switch (code) {
    case ERR_CONFIG:
        return EXIT_CONFIG;
    case ERR_DENIED:
        return EXIT_UNSAFE;
    case ERR_STORE:
        return EXIT_STORE;
    case ERR_INTERNAL:
        return EXIT_SOFTWARE;
    default:
        return EXIT_NO_DAEMON;
    }
}

/* --- the connection --- */

static void on_notice(void *arg, const char *notice, enum err code, const char *text)
{
    struct cli *cli = arg;

    if (cli->callbacks.notice)
        cli->callbacks.notice(cli->arg, notice, code, text);
    /* A daemon that stops is waited for: the one that follows it gets the request again. */
    if (code != ERR_SHUTTING_DOWN) {
        if (!cli->callbacks.notice)
            cli_say("%s", text);
        cli->fatal = code;
        uv_stop(&cli->loop);
    }
}

static void on_link(void *arg, enum client_link link, const char *text)
{
    struct cli *cli = arg;

    if (cli->callbacks.link)
        cli->callbacks.link(cli->arg, link, text);
}

static void on_event(void *arg, const struct event *event, const char *raw, size_t len, enum fold fold)
{
    struct cli *cli = arg;

    if (cli->callbacks.event)
        cli->callbacks.event(cli->arg, event, raw, len, fold);
}

static void on_snapshot(void *arg, const struct state *state, const json_t *snapshot)
{
    struct cli *cli = arg;

    if (cli->callbacks.snapshot)
        cli->callbacks.snapshot(cli->arg, state, snapshot);
}

static void on_lost(void *arg, const char *session, enum err code, const char *text)
{
    struct cli *cli = arg;

    if (cli->callbacks.lost)
        cli->callbacks.lost(cli->arg, session, code, text);
}

/* The terminal that the person sits at, as others see it: "pts/3". */
static const char *terminal_name(void)
{
    const char *name = ttyname(STDERR_FILENO);

    if (!name)
        name = ttyname(STDIN_FILENO);
    return name && strncmp(name, "/dev/", 5) == 0 ? name + 5 : name;
}

static void on_other(void *arg, const char *notice, const json_t *json)
{
    struct cli *cli = arg;

    if (cli->callbacks.other)
        cli->callbacks.other(cli->arg, notice, json);
}

static void on_reader_gone(void *arg)
{
    struct cli *cli = arg;

    cli->out.broken = true;
    cli->out.why = EPIPE;
}

enum err cli_open(struct cli *cli, int *exit_code)
{
    static const struct client_callbacks callbacks = {.link = on_link,
                                                      .event = on_event,
                                                      .snapshot = on_snapshot,
                                                      .lost = on_lost,
                                                      .notice = on_notice,
                                                      .other = on_other};
    char error[ERROR_SIZE] = "";
    enum err code = choose_daemon(cli);

    if (code != ERR_OK) {
        *exit_code = code == ERR_CONFIG ? EXIT_CONFIG : code == ERR_DENIED ? EXIT_UNSAFE : EXIT_USAGE;
        return code;
    }
    if (!client_address_is_remote(&cli->address))
        code = start_ensure(cli->socket_path, cli->may_start, error);
    if (code == ERR_OK) {
        uv_loop_init(&cli->loop);
        cli->loop_open = true;
        cli->client = client_open(&cli->loop, &cli->address, "cli", terminal_name(), &callbacks, cli);
        if (!cli->client) {
            code = ERR_INTERNAL;
            snprintf(error, sizeof error, "no socket can be made: %s", strerror(errno));
        }
    }
    if (code != ERR_OK) {
        cli_say("%s", error);
        *exit_code = exit_code_of_start(code);
    }
    return code;
}

void cli_close(struct cli *cli)
{
    client_close(&cli->client);
    hangup_close(&cli->hangup);
    if (!cli->loop_open)
        return;
    uv_run(&cli->loop, UV_RUN_DEFAULT);
    uv_loop_close(&cli->loop);
    cli->loop_open = false;
}

bool cli_run(struct cli *cli, const bool *done)
{
    cli->hangup = hangup_open(&cli->loop, STDOUT_FILENO, on_reader_gone, cli);
    while (!*done && cli->fatal == ERR_OK && !cli->out.broken)
        uv_run(&cli->loop, UV_RUN_ONCE);
    hangup_close(&cli->hangup);
    return *done;
}

struct reply {
    bool done;
    enum err code;
    char *text;
    json_t *ok;
};

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct reply *reply = arg;

    reply->done = true;
    reply->code = code;
    reply->text = xstrdup(text);
    reply->ok = json_incref(ok);
}

enum err cli_call(struct cli *cli, enum method method, const char *session, json_t *params, json_t **ok)
{
    return cli_call_within(cli, method, session, params, CLI_ANSWER_MS, ok);
}

enum err cli_call_within(struct cli *cli, enum method method, const char *session, json_t *params,
                         int timeout_ms, json_t **ok)
{
    struct reply reply = {.done = false};

    *ok = NULL;
    if (!cli->client)
        return ERR_UNAVAILABLE;
    client_request(cli->client, method, session, params, timeout_ms, on_reply, &reply);
    /* Whether anybody reads what will be printed does not matter here: the request is to be done. */
    while (!reply.done && cli->fatal == ERR_OK)
        uv_run(&cli->loop, UV_RUN_ONCE);
    if (!reply.done) {
        /* The reply points into this frame, so nobody may call it back any more. */
        client_close(&cli->client);
        return cli->fatal;
    }
    if (reply.code == ERR_OK)
        *ok = reply.ok;
    else
        cli_say("%s", reply.text);
    free(reply.text);
    return reply.code;
}

enum err cli_ready(struct cli *cli)
{
    json_t *ok;
    enum err code = ERR_OK;

    if (client_link(cli->client) != CLIENT_READY) {
        code = cli_call(cli, METHOD_SERVER_PING, NULL, NULL, &ok);
        json_decref(ok);
    }
    return code;
}

/* --- sessions --- */

static enum err add_sessions(struct cli *cli, bool archived, json_t *all)
{
    char before[128] = "";
    enum err code;

    do {
        json_t *params = json_pack("{s:b, s:i}", "archived", archived, "limit", LIST_PAGE), *ok;

        if (*before)
            jsonx_set_str(params, "before", before);
        code = cli_call(cli, METHOD_SESSION_LIST, NULL, params, &ok);
        json_array_extend(all, jsonx_arr(ok, "sessions"));
        snprintf(before, sizeof before, "%s", jsonx_str(ok, "next", ""));
        json_decref(ok);
    } while (code == ERR_OK && *before);
    return code;
}

json_t *cli_sessions(struct cli *cli, bool archived, enum err *code)
{
    json_t *all = json_array();

    *code = add_sessions(cli, false, all);
    if (*code == ERR_OK && archived)
        *code = add_sessions(cli, true, all);
    if (*code == ERR_OK)
        return all;
    json_decref(all);
    return NULL;
}

/* member: that has the id; shown: what tells them apart. */
static void say_candidates(const char *what, const char *name, const json_t *candidates, const char *member,
                           const char *shown)
{
    size_t count = json_array_size(candidates), most = count < CANDIDATES_SHOWN ? count : CANDIDATES_SHOWN;

    cli_say("'%s' may mean any of %zu %s; name one by its id:", name, count, what);
    for (size_t i = 0; i < most; i++) {
        const json_t *row = json_array_get(candidates, i);
        const char *text = jsonx_str(row, shown, "");
        char *line = sanitise_line(text, strlen(text), 200);

        fprintf(stderr, "  %s  %s\n", jsonx_str(row, member, ""), line);
        free(line);
    }
    if (most < count)
        fprintf(stderr, "  and %zu more\n", count - most);
}

enum err cli_id(const json_t *rows, const char *what, const char *member, const char *shown, const char *name,
                char id[ID_MAX])
{
    json_t *candidates;

    snprintf(id, ID_MAX, "%s", name);
    if (resolve_id(rows, member, name, id, &candidates) != RESOLVE_MANY)
        return ERR_OK;
    say_candidates(what, name, candidates, member, shown);
    json_decref(candidates);
    return ERR_CONFLICT;
}

enum err cli_session(struct cli *cli, const char *name, char id[ID_MAX])
{
    json_t *sessions, *candidates;
    enum err code;

    if (id_valid(name, "s_")) {
        snprintf(id, ID_MAX, "%s", name);
        return ERR_OK;
    }
    sessions = cli_sessions(cli, true, &code);
    if (!sessions)
        return code;
    switch (resolve_session(sessions, name, id, &candidates)) {
    case RESOLVE_ONE:
        break;
    case RESOLVE_NONE:
        cli_say("no session is called '%.200s'; stoa ls --all shows them", name);
        code = ERR_NOT_FOUND;
        break;
    case RESOLVE_MANY:
        say_candidates("sessions", name, candidates, "id", "title");
        json_decref(candidates);
        code = ERR_CONFLICT;
        break;
    }
    json_decref(sessions);
    return code;
}

enum err cli_new_session(struct cli *cli, json_t *params, char id[ID_MAX])
{
    json_t *ok;
    enum err code = cli_call(cli, METHOD_SESSION_CREATE, NULL, params, &ok);

    snprintf(id, ID_MAX, "%s", jsonx_str(ok, "session", ""));
    json_decref(ok);
    return code;
}

/* The first that is one's own; where none is, the first that is shared with one. */
static const json_t *first_own(const json_t *sessions)
{
    json_t *row;
    size_t i;

    json_array_foreach(sessions, i, row)
    {
        if (strcmp(jsonx_str(row, "role", "owner"), "owner") == 0)
            return row;
    }
    return json_array_get(sessions, 0);
}

/* id stays empty where there is none. */
static enum err find_newest(struct cli *cli, char id[ID_MAX])
{
    json_t *ok;
    enum err code = cli_call(cli, METHOD_SESSION_LIST, NULL, json_pack("{s:i}", "limit", LIST_PAGE), &ok);
    const json_t *first = first_own(jsonx_arr(ok, "sessions"));

    snprintf(id, ID_MAX, "%s", jsonx_str(first, "id", ""));
    json_decref(ok);
    return code;
}

enum err cli_newest_session(struct cli *cli, char id[ID_MAX])
{
    enum err code = find_newest(cli, id);

    if (code == ERR_OK && !*id) {
        cli_say("there is no session yet");
        code = ERR_NOT_FOUND;
    }
    return code;
}

enum err cli_last_session(struct cli *cli, char id[ID_MAX])
{
    enum err code = find_newest(cli, id);

    if (code == ERR_OK && !*id)
        code = cli_new_session(cli, NULL, id);
    return code;
}

int cli_change(struct cli *cli, enum method method, json_t *params)
{
    char id[ID_MAX];
    json_t *ok = NULL;
    enum err code = cli_session(cli, cli->args->words[0], id);

    if (code == ERR_OK)
        code = cli_call(cli, method, id, params, &ok);
    else
        json_decref(params);
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, ok);
    json_decref(ok);
    return cli_exit_code(code);
}

/* --- arguments --- */

static char *read_stdin(int *exit_code)
{
    struct buf text;
    char block[65536];
    size_t len;
    bool fits = true;

    buf_init(&text, PROMPT_MAX);
    while (fits && (len = fread(block, 1, sizeof block, stdin)) > 0)
        fits = buf_put(&text, block, len);
    if (!fits)
        *exit_code = cli_usage("the prompt on stdin is longer than %d bytes", PROMPT_MAX);
    else if (ferror(stdin))
        *exit_code = cli_usage("the prompt cannot be read from stdin: %s", strerror(errno));
    if (*exit_code != EXIT_OK) {
        buf_free(&text);
        return NULL;
    }
    while (text.len > 0 && text.data[text.len - 1] == '\n')
        buf_truncate(&text, text.len - 1);
    return buf_take(&text);
}

static char *join_words(const struct args *args, size_t first, int *exit_code)
{
    struct buf text;
    bool fits = true;

    buf_init(&text, PROMPT_MAX);
    for (size_t i = first; i < args->word_count && fits; i++)
        fits = (i == first || buf_putc(&text, ' ')) && buf_puts(&text, args->words[i]);
    if (!fits)
        *exit_code = cli_usage("the prompt is longer than %d bytes", PROMPT_MAX);
    return buf_take(&text);
}

char *cli_prompt(const struct cli *cli, size_t first, int *exit_code)
{
    const struct args *args = cli->args;
    size_t count = args->word_count - first;
    bool from_stdin = count == 1 && strcmp(args->words[first], "-") == 0;
    char *text = NULL;

    *exit_code = EXIT_OK;
    if (count > 0 && !from_stdin)
        text = join_words(args, first, exit_code);
    else if (from_stdin || !isatty(STDIN_FILENO))
        text = read_stdin(exit_code);
    if (*exit_code == EXIT_OK && text && *text)
        return text;
    free(text);
    return NULL;
}
