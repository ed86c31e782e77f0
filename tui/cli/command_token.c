/* stoa token: what programs log in with. A secret is written once, alone, to stdout. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/option.h"
#include "tui/cli/command.h"
#include "tui/cli/offline.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option_spec ttl_spec = {"ttl",  OPTION_DURATION,
                                            1000,   INT64_C(365) * 24 * 3600 * 1000,
                                            "30d",  NULL,
                                            "time", "How long the token is good.",
                                            false};

/* NULL after saying what is wrong with the options. */
static json_t *read_wish(const struct args *args)
{
    const char *ttl = args_value(args, "ttl"), *role = args_value(args, "role");
    char expected[128];
    int64_t ms = 0;
    json_t *params;

    option_expects(&ttl_spec, expected);
    if (ttl && !option_read(&ttl_spec, ttl, &ms)) {
        cli_usage("option --ttl is '%.40s'; it must be %s", ttl, expected);
        return NULL;
    }
    if (role && role_parse(role) == ROLE_NONE) {
        cli_usage("option --role is '%.40s'; it must be viewer, writer, approver, owner or admin", role);
        return NULL;
    }
    params = json_object();
    jsonx_set_str(params, "user", args_value(args, "user"));
    jsonx_set_str(params, "label", args_value(args, "label"));
    jsonx_set_str(params, "role", role);
    if (ttl)
        jsonx_set_int(params, "ttl_ms", ms);
    return params;
}

static void put_secret(struct cli *cli, const json_t *ok)
{
    char until[CLOCK_TEXT];

    if (cli->json) {
        out_json(&cli->out, ok);
        return;
    }
    clock_local(jsonx_int(ok, "expires", 0), CLOCK_MINUTE, until);
    out_printf(&cli->out, "%s\n", jsonx_str(ok, "secret", ""));
    cli_say("token %s, good until %s; its secret is shown this once: keep it in a file of mode 0600 "
            "(--token-file)",
            jsonx_str(ok, "token", ""), until);
}

static int issue(struct cli *cli)
{
    const char *session = args_value(cli->args, "session");
    json_t *params = read_wish(cli->args), *ok = NULL;
    char id[ID_MAX];
    int exit_code = EXIT_OK;

    if (!params)
        return EXIT_USAGE;
    if (session && !id_valid(session, "s_")) { /* a name means what the daemon's list says */
        if (cli_open(cli, &exit_code) != ERR_OK || cli_session(cli, session, id) != ERR_OK) {
            json_decref(params);
            return exit_code == EXIT_OK ? EXIT_FAILED : exit_code;
        }
        session = id;
    }
    jsonx_set_str(params, "session", session);
    if (offline_call(cli, METHOD_TOKEN_ISSUE, params, &ok, &exit_code) == ERR_OK)
        put_secret(cli, ok);
    json_decref(ok);
    return exit_code;
}

static int list(struct cli *cli)
{
    const char *user = args_value(cli->args, "user");
    json_t *ok, *token;
    int exit_code;
    size_t i;

    if (offline_call(cli, METHOD_TOKEN_LIST, user ? json_pack("{s:s}", "user", user) : NULL, &ok,
                     &exit_code) == ERR_OK &&
        !cli->json)
        out_printf(&cli->out, "%-28s  %-16s  %-8s  %-16s  %-12s  %s\n", "TOKEN", "USER", "AT MOST", "UNTIL",
                   "SESSION", "LABEL");
    json_array_foreach(jsonx_arr(ok, "tokens"), i, token)
    {
        char until[CLOCK_TEXT];

        if (cli->json) {
            out_json(&cli->out, token);
            continue;
        }
        clock_local(jsonx_int(token, "expires", 0), CLOCK_MINUTE, until);
        out_printf(&cli->out, "%-28s  %-16s  %-8s  %-16s  %-12.12s  %s\n", jsonx_str(token, "token", ""),
                   jsonx_str(token, "user", ""),
                   strcmp(jsonx_str(token, "role", ""), "admin") == 0 ? "all" : jsonx_str(token, "role", ""),
                   until, jsonx_str(token, "session", ""), jsonx_str(token, "label", ""));
    }
    json_decref(ok);
    return exit_code;
}

/* EXIT_OK, or another after saying why. */
static int find_token(struct cli *cli, const char *name, char id[ID_MAX])
{
    json_t *ok = NULL;
    int exit_code = EXIT_OK;

    snprintf(id, ID_MAX, "%s", name);
    if (!id_valid(name, "k_") && offline_call(cli, METHOD_TOKEN_LIST, NULL, &ok, &exit_code) == ERR_OK &&
        cli_id(jsonx_arr(ok, "tokens"), "tokens", "token", "label", name, id) != ERR_OK)
        exit_code = EXIT_FAILED;
    json_decref(ok);
    return exit_code;
}

static int take_back(struct cli *cli)
{
    char id[ID_MAX];
    json_t *ok = NULL;
    int exit_code = find_token(cli, cli->args->words[1], id);

    if (exit_code != EXIT_OK)
        return exit_code;
    if (offline_call(cli, METHOD_TOKEN_REVOKE, json_pack("{s:s}", "token", id), &ok, &exit_code) == ERR_OK) {
        if (cli->json)
            out_json(&cli->out, ok);
        else
            out_printf(&cli->out, "%s is revoked; what came in by it is closed\n", id);
    }
    json_decref(ok);
    return exit_code;
}

int command_token(struct cli *cli)
{
    const char *name = cli->args->word_count > 0 ? cli->args->words[0] : "ls";
    size_t count = cli->args->word_count ? cli->args->word_count : 1;

    if (strcmp(name, "issue") == 0 && count == 1)
        return issue(cli);
    if (strcmp(name, "ls") == 0 && count == 1)
        return list(cli);
    if (strcmp(name, "revoke") == 0 && count == 2)
        return take_back(cli);
    return cli_usage("it is: stoa token issue, stoa token ls, or stoa token revoke ID");
}
