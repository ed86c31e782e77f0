/* Subcommands about the daemon: models, health, stop, version. */
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/choose.h"
#include "tui/cli/command.h"
#include "tui/cli/start.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STOP_MS = 15000, VERSION_MAX = 200 };

/* --- models --- */

static void put_model(struct out *out, const json_t *model, const char *standard)
{
    const char *id = jsonx_str(model, "id", ""), *why = jsonx_str(model, "why", "");
    bool ready = jsonx_bool(model, "ready", false), open = *id && id[strlen(id) - 1] == '/';
    char *shown = xasprintf("%s%s", id, open ? "NAME" : "");

    out_printf(out, "%s %-32s  %-10s  %s%s%s\n", strcmp(id, standard) == 0 ? "*" : " ", shown,
               jsonx_str(model, "api", ""), ready ? "ready" : "not ready", *why ? ": " : "", why);
    free(shown);
}

int command_models(struct cli *cli)
{
    json_t *ok, *model;
    size_t i;
    enum err code = cli_call(cli, METHOD_MODEL_LIST, NULL, NULL, &ok);
    const char *standard = jsonx_str(ok, "default", ""), *why = jsonx_str(ok, "why", "");

    json_array_foreach(jsonx_arr(ok, "models"), i, model)
    {
        if (cli->json)
            out_json(&cli->out, model);
        else
            put_model(&cli->out, model, standard);
    }
    if (code == ERR_OK && !cli->json && *why)
        out_printf(&cli->out, "%s%s%s\n", *standard ? standard : "no default", ": ", why);
    json_decref(ok);
    return cli_exit_code(code);
}

/* --- health --- */

static void put_health(struct out *out, const json_t *stats)
{
    const json_t *store = jsonx_obj(stats, "store");
    int64_t failed = jsonx_int(store, "failed", 0);

    const char *failing = jsonx_str(store, "failing", NULL);

    out_printf(out, "%s: stoad %s, pid %lld, up %.1f s\n", failing ? "failing" : "ok",
               jsonx_str(stats, "version", ""), (long long)jsonx_int(stats, "pid", 0),
               (double)jsonx_int(stats, "uptime_ms", 0) / 1000);
    int64_t in_line = jsonx_int(stats, "in_line", 0);
    char line[48] = "";
    if (in_line > 0)
        snprintf(line, sizeof line, " (%lld in line)", (long long)in_line);
    out_printf(out, "sessions %lld (%lld in memory), agents %lld%s, clients %lld, memory %.1f MB\n",
               (long long)jsonx_int(stats, "sessions", 0), (long long)jsonx_int(stats, "sessions_loaded", 0),
               (long long)jsonx_int(stats, "agents", 0), line, (long long)jsonx_int(stats, "clients", 0),
               (double)jsonx_int(stats, "memory_bytes", 0) / 1e6);
    out_printf(out, "store: %lld commits, %lld waiting, %lld failed\n",
               (long long)jsonx_int(store, "commits", 0), (long long)jsonx_int(store, "queued", 0),
               (long long)failed);
}

/* Who is no admin learns that it answers, and no more. */
static int health_of_member(struct cli *cli)
{
    json_t *ok;
    enum err code = cli_call(cli, METHOD_SERVER_PING, NULL, NULL, &ok);
    const struct client_hello *hello = client_hello(cli->client);

    if (code == ERR_OK && cli->json)
        out_json(&cli->out, ok);
    else if (code == ERR_OK)
        out_printf(&cli->out, "ok: stoad %s answers; its counters are for admins\n",
                   hello ? hello->version : "");
    json_decref(ok);
    return cli_exit_code(code);
}

int command_health(struct cli *cli)
{
    json_t *stats;
    enum err code = cli_ready(cli);

    if (code != ERR_OK)
        return cli_exit_code(code);
    const struct client_hello *hello = client_hello(cli->client);
    if (hello && hello->role < ROLE_ADMIN && hello->role > ROLE_NONE)
        return health_of_member(cli);
    code = cli_call(cli, METHOD_ADMIN_STATS, NULL, NULL, &stats);
    const char *failing = jsonx_str(jsonx_obj(stats, "store"), "failing", NULL);
    int exit_code = code == ERR_OK && failing ? EXIT_FAILED : cli_exit_code(code);

    if (code == ERR_OK && cli->json)
        out_json(&cli->out, stats);
    else if (code == ERR_OK)
        put_health(&cli->out, stats);
    if (failing)
        cli_say("the store can't commit: %s", failing);
    json_decref(stats);
    return exit_code;
}

/* --- stop --- */

/* Until the process is gone: its store is closed then, and its socket free. */
static bool wait_for_end(int process)
{
    struct pollfd fd = {.fd = process, .events = POLLIN};
    int got;

    do
        got = poll(&fd, 1, STOP_MS);
    while (got < 0 && errno == EINTR);
    return got > 0;
}

int command_stop(struct cli *cli)
{
    json_t *stats, *ok = NULL;
    enum err code = cli_call(cli, METHOD_ADMIN_STATS, NULL, NULL, &stats);
    long pid = (long)jsonx_int(stats, "pid", 0);
    int process = -1, exit_code;

    if (code == ERR_OK && pid > 0 && !client_address_is_remote(&cli->address))
        process = (int)syscall(SYS_pidfd_open, pid, 0);
    if (code == ERR_OK)
        code = cli_call(cli, METHOD_ADMIN_STOP, NULL, NULL, &ok);
    json_decref(stats);
    json_decref(ok);
    exit_code = cli_exit_code(code);
    if (code == ERR_OK && process >= 0 && !wait_for_end(process)) {
        cli_say("the daemon (pid %ld) has not ended within %d s", pid, STOP_MS / 1000);
        exit_code = EXIT_FAILED;
    }
    if (process >= 0)
        close(process);
    return exit_code;
}

/* --- version --- */

/* The daemon's version where one runs; none is started for that, and its absence is no failure. */
static bool daemon_version(struct cli *cli, char version[VERSION_MAX])
{
    char error[512];
    int exit_code;

    cli->may_start = false;
    if (!choose_name(cli->args) && start_ensure(cli->socket_path, false, error) != ERR_OK)
        return false;
    if (cli_open(cli, &exit_code) != ERR_OK || cli_ready(cli) != ERR_OK)
        return false;
    snprintf(version, VERSION_MAX, "%s", client_hello(cli->client)->version);
    return true;
}

int command_version(struct cli *cli)
{
    char daemon[VERSION_MAX] = "";
    bool runs = daemon_version(cli, daemon);

    if (cli->json) {
        json_t *line = json_pack("{s:s, s:s}", "stoa", STOA_VERSION, "protocol", ENVELOPE_VERSION);

        if (runs)
            jsonx_set_str(line, "stoad", daemon);
        out_json(&cli->out, line);
        json_decref(line);
        return EXIT_OK;
    }
    out_printf(&cli->out, "stoa %s, protocol %s\n", STOA_VERSION, ENVELOPE_VERSION);
    if (runs)
        out_printf(&cli->out, "stoad %s runs\n", daemon);
    return EXIT_OK;
}
