/* stoa share, unshare, who: who else may do what in a session. */
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include <stdlib.h>
#include <string.h>

enum { TERMINALS_MAX = 4096 };

static bool is_role(const char *name)
{
    enum role role = role_parse(name);

    return role >= ROLE_VIEWER && role <= ROLE_APPROVER;
}

int command_share(struct cli *cli)
{
    const char *user = cli->args->words[1], *role = cli->args->words[2];

    if (!is_role(role))
        return cli_usage("the role is '%.60s'; it must be viewer, writer or approver", role);
    return cli_change(cli, METHOD_SESSION_SHARE, json_pack("{s:s,s:s}", "user", user, "role", role));
}

int command_unshare(struct cli *cli)
{
    return cli_change(cli, METHOD_SESSION_UNSHARE, json_pack("{s:s}", "user", cli->args->words[1]));
}

/* The terminals of a user that follow the session, as "tui on laptop, cli". */
static char *terminals(const json_t *who, const char *user)
{
    json_t *participant;
    struct buf text;
    size_t i;

    buf_init(&text, TERMINALS_MAX);
    json_array_foreach(jsonx_arr(who, "participants"), i, participant)
    {
        const char *terminal = jsonx_str(participant, "terminal", "");

        if (strcmp(jsonx_str(participant, "user", ""), user) == 0)
            buf_printf(&text, "%s%s%s%s", text.len ? ", " : "", jsonx_str(participant, "kind", ""),
                       *terminal ? " on " : "", terminal);
    }
    return buf_take(&text);
}

static void put_person(struct cli *cli, const json_t *who, const char *user, const char *role)
{
    char *here = terminals(who, user);

    out_printf(&cli->out, "%-20s  %-*s%s%s\n", user, *here ? 8 : 0, role, *here ? "  " : "", here);
    free(here);
}

int command_who(struct cli *cli)
{
    const struct args *args = cli->args;
    char id[ID_MAX];
    json_t *ok = NULL, *member;
    size_t i;
    enum err code = args->word_count ? cli_session(cli, args->words[0], id) : cli_newest_session(cli, id);

    if (code == ERR_OK)
        code = cli_call(cli, METHOD_SESSION_WHO, id, NULL, &ok);
    if (code == ERR_OK && cli->json) {
        out_json(&cli->out, ok);
    } else if (code == ERR_OK) {
        put_person(cli, ok, jsonx_str(ok, "owner", ""), role_name(ROLE_OWNER));
        json_array_foreach(jsonx_arr(ok, "members"), i, member)
        {
            put_person(cli, ok, jsonx_str(member, "user", ""), jsonx_str(member, "role", ""));
        }
    }
    json_decref(ok);
    return cli_exit_code(code);
}
