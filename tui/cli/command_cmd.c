/* stoa cmd: a slash command, run by the daemon as it is for every other client. */
#include "shared/jsonx.h"
#include "tui/cli/command.h"
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 90000, /* an MCP server may have to start */ TEXT_MAX = ENVELOPE_REQUEST_MAX };

static void put_row(struct out *out, const json_t *row, int width)
{
    const char *name = jsonx_str(row, "name", ""), *arguments = jsonx_str(row, "arguments", "");
    int used = (int)(1 + strlen(name) + (*arguments ? 1 + strlen(arguments) : 0));

    out_printf(out, "/%s%s%s", name, *arguments ? " " : "", arguments);
    if (used > width)
        out_printf(out, "\n%*s", width, "");
    out_printf(out, "%*s  %s\n", used > width ? 0 : width - used, "", jsonx_str(row, "summary", ""));
}

static int list(struct cli *cli)
{
    enum { WIDTH = 24 };
    json_t *ok = NULL, *row;
    enum err code = cli_call(cli, METHOD_COMMAND_LIST, NULL, NULL, &ok);
    size_t i;

    if (code == ERR_OK && cli->json) {
        out_json(&cli->out, ok);
    } else {
        json_array_foreach(jsonx_arr(ok, "commands"), i, row)
        {
            put_row(&cli->out, row, WIDTH);
        }
    }
    json_decref(ok);
    return cli_exit_code(code);
}

/* The words from the second on, as one line; "/" is put before it where it is missing. free() it. */
static char *command_text(const struct args *args)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    if (args->words[1][0] != '/')
        buf_putc(&text, '/');
    for (size_t i = 1; i < args->word_count; i++)
        buf_printf(&text, "%s%s", i > 1 ? " " : "", args->words[i]);
    return buf_take(&text);
}

int command_cmd(struct cli *cli)
{
    const struct args *args = cli->args;
    json_t *params, *ok = NULL;
    char id[ID_MAX], *text;
    enum err code;

    if (args_has(args, "list"))
        return args->word_count == 0 ? list(cli) : cli_usage("--list takes no session and no command");
    if (args->word_count < 2)
        return cli_usage("a session and a command are needed; 'stoa cmd --list' lists the commands");
    code = cli_session(cli, args->words[0], id);
    if (code != ERR_OK)
        return cli_exit_code(code);
    text = command_text(args);
    params = json_object();
    jsonx_set_str(params, "text", text);
    free(text);
    code = cli_call_within(cli, METHOD_SESSION_COMMAND, id, params, ANSWER_MS, &ok);
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, json_object_get(ok, "result"));
    else if (code == ERR_OK)
        out_printf(&cli->out, "%s\n", jsonx_str(ok, "text", ""));
    json_decref(ok);
    return cli_exit_code(code);
}
