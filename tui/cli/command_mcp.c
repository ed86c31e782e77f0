/* stoa mcp: the servers of a session, their tools, resources and prompts; and stoa set, its variables. */
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_MS = 3600000, ASK_MS = 90000, SUMMARY_MAX = 100 };

struct mcp { /* what a verb works on */
    struct cli *cli;
    char session[ID_MAX];
    const char **words; /* after the verb */
    size_t count;
};

static const char *word(const struct mcp *mcp, size_t i)
{
    return i < mcp->count ? mcp->words[i] : NULL;
}

/* Makes the request, and gives its answer to put, or as JSON. params: reference is taken. */
static int ask(struct mcp *mcp, enum method method, json_t *params, int timeout_ms,
               void (*put)(struct out *out, const json_t *ok))
{
    json_t *ok = NULL;
    enum err code = cli_call_within(mcp->cli, method, mcp->session, params, timeout_ms, &ok);

    if (code == ERR_OK && mcp->cli->json)
        out_json(&mcp->cli->out, ok);
    else if (code == ERR_OK && put)
        put(&mcp->cli->out, ok);
    json_decref(ok);
    return cli_exit_code(code);
}

static json_t *server_params(const struct mcp *mcp)
{
    json_t *params = json_object();

    jsonx_set_str(params, "server", word(mcp, 0));
    return params;
}

/* One line of what is many: the first, cut. */
static char *summary(const char *text)
{
    size_t len = strcspn(text, "\n");
    char *line = sanitise_line(text, len, SUMMARY_MAX), *cut;

    if (len <= SUMMARY_MAX)
        return line;
    cut = xasprintf("%s…", line);
    free(line);
    return cut;
}

/* --- ls, tools --- */

static void put_servers(struct out *out, const json_t *ok)
{
    json_t *server;
    size_t i;

    if (json_array_size(jsonx_arr(ok, "servers")) == 0) {
        out_printf(out, "no MCP servers are configured; stoa-mcp(7) says how\n");
        return;
    }
    out_printf(out, "%-16s  %-8s  %-8s  %5s  %-12s  %s\n", "SERVER", "STATE", "SCOPE", "TOOLS", "VARIANT",
               "");
    json_array_foreach(jsonx_arr(ok, "servers"), i, server)
    {
        const char *text = jsonx_str(server, "text", ""), *title = jsonx_str(server, "title", "");
        char *line = summary(*text ? text : title), tools[24] = "-";

        if (jsonx_int(server, "tools", -1) >= 0)
            snprintf(tools, sizeof tools, "%lld", (long long)jsonx_int(server, "tools", 0));
        out_printf(out, "%-16s  %-8s  %-8s  %5s  %-12s  %s%s%s\n", jsonx_str(server, "server", ""),
                   jsonx_str(server, "state", ""), jsonx_str(server, "scope", ""), tools,
                   *jsonx_str(server, "variant", "") ? jsonx_str(server, "variant", "") : "-", line,
                   *text ? "" : " ", *text ? "" : jsonx_str(server, "version", ""));
        free(line);
    }
}

static int run_ls(struct mcp *mcp)
{
    return ask(mcp, METHOD_MCP_SERVERS, NULL, CLI_ANSWER_MS, put_servers);
}

static const char *nature(const json_t *tool)
{
    return jsonx_bool(tool, "destructive", false) ? "destructive"
           : jsonx_bool(tool, "read_only", false) ? "read-only"
                                                  : "";
}

static void put_tools(struct out *out, const json_t *ok)
{
    json_t *tool;
    size_t i;

    json_array_foreach(jsonx_arr(ok, "tools"), i, tool)
    {
        char *line = summary(jsonx_str(tool, "description", ""));
        const char *server = jsonx_str(tool, "server", "");

        out_printf(out, "%s/%-*s  %-6s %-12s %s\n", *server ? server : "stoa",
                   (int)(32 - (strlen(server) < 28 ? strlen(server) : 28)), jsonx_str(tool, "tool", ""),
                   jsonx_str(tool, "effect", ""), nature(tool), line);
        free(line);
    }
}

static int run_tools(struct mcp *mcp)
{
    return ask(mcp, METHOD_MCP_TOOLS, server_params(mcp), ASK_MS, put_tools);
}

/* --- connect, disconnect, select --- */

static void put_server(struct out *out, const json_t *ok)
{
    const char *text = jsonx_str(ok, "text", "");

    out_printf(out, "%s: %s%s%s\n", jsonx_str(ok, "server", ""), jsonx_str(ok, "state", ""),
               *text ? ": " : "", text);
}

static int run_connect(struct mcp *mcp)
{
    return ask(mcp, METHOD_MCP_CONNECT, server_params(mcp), ASK_MS, put_server);
}

static int run_disconnect(struct mcp *mcp)
{
    return ask(mcp, METHOD_MCP_DISCONNECT, server_params(mcp), CLI_ANSWER_MS, NULL);
}

static int run_select(struct mcp *mcp)
{
    json_t *params = server_params(mcp);

    json_object_set_new(params, "variant", word(mcp, 1) ? json_string(word(mcp, 1)) : json_null());
    return ask(mcp, METHOD_MCP_SELECT, params, CLI_ANSWER_MS, NULL);
}

/* --- call, read, prompt --- */

static void put_text(struct out *out, const json_t *ok)
{
    const char *text = jsonx_str(ok, "text", "");
    size_t len = strlen(text);

    out_text(out, text, len);
    if (len > 0 && text[len - 1] != '\n')
        out_text(out, "\n", 1);
}

/* NAME=VALUE: the value as JSON where it is some, else as text; a prompt's arguments are always text. */
static bool put_argument(json_t *arguments, const char *pair, bool text)
{
    const char *sign = strchr(pair, '=');
    json_t *value = sign && !text ? json_loads(sign + 1, JSON_DECODE_ANY, NULL) : NULL;

    if (!sign || sign == pair)
        return false;
    if (!value)
        value = json_string(sign + 1);
    char *name = xstrndup(pair, (size_t)(sign - pair));
    bool put = value && json_object_set_new(arguments, name, value) == 0;
    free(name);
    return put;
}

/* The words from `first` on: one JSON object, or pairs NAME=VALUE. NULL after saying what is wrong. */
static json_t *read_arguments(const struct mcp *mcp, size_t first, bool text)
{
    json_t *arguments = NULL;
    const char *only = mcp->count == first + 1 ? word(mcp, first) : NULL;

    if (only && *only == '{')
        arguments = jsonx_parse(only, strlen(only), NULL);
    if (json_is_object(arguments))
        return arguments;
    json_decref(arguments);
    arguments = json_object();
    for (size_t i = first; i < mcp->count; i++)
        if (!put_argument(arguments, mcp->words[i], text)) {
            cli_usage("argument '%.60s' is neither NAME=VALUE nor a JSON object", mcp->words[i]);
            json_decref(arguments);
            return NULL;
        }
    return arguments;
}

static int run_call(struct mcp *mcp)
{
    json_t *params = server_params(mcp), *arguments = read_arguments(mcp, 2, false), *ok = NULL;
    enum err code;
    bool failed;

    if (!arguments) {
        json_decref(params);
        return EXIT_USAGE;
    }
    jsonx_set_str(params, "tool", word(mcp, 1));
    json_object_set_new(params, "arguments", arguments);
    code = cli_call_within(mcp->cli, METHOD_MCP_CALL, mcp->session, params, CALL_MS, &ok);
    if (code == ERR_OK && mcp->cli->json)
        out_json(&mcp->cli->out, ok);
    else if (code == ERR_OK)
        put_text(&mcp->cli->out, ok);
    failed = jsonx_bool(ok, "failed", false);
    json_decref(ok);
    return code == ERR_OK && failed ? EXIT_FAILED : cli_exit_code(code);
}

static int run_read(struct mcp *mcp)
{
    json_t *params = server_params(mcp);

    jsonx_set_str(params, "uri", word(mcp, 1));
    return ask(mcp, METHOD_MCP_READ, params, ASK_MS, put_text);
}

static int run_prompt(struct mcp *mcp)
{
    json_t *params = server_params(mcp), *arguments = read_arguments(mcp, 2, true);

    if (!arguments) {
        json_decref(params);
        return EXIT_USAGE;
    }
    jsonx_set_str(params, "name", word(mcp, 1));
    json_object_set_new(params, "arguments", arguments);
    return ask(mcp, METHOD_MCP_PROMPT, params, ASK_MS, put_text);
}

static void put_named(struct out *out, const json_t *list, const char *key)
{
    json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        char *line = summary(jsonx_str(one, "description", jsonx_str(one, "title", "")));

        out_printf(out, "%-40s  %s\n", jsonx_str(one, key, ""), line);
        free(line);
    }
}

static void put_resources(struct out *out, const json_t *ok)
{
    put_named(out, jsonx_arr(ok, "resources"), "uri");
    put_named(out, jsonx_arr(ok, "templates"), "uriTemplate");
}

static int run_resources(struct mcp *mcp)
{
    return ask(mcp, METHOD_MCP_RESOURCES, server_params(mcp), ASK_MS, put_resources);
}

static void put_prompts(struct out *out, const json_t *ok)
{
    put_named(out, jsonx_arr(ok, "prompts"), "name");
}

static int run_prompts(struct mcp *mcp)
{
    return ask(mcp, METHOD_MCP_PROMPTS, server_params(mcp), ASK_MS, put_prompts);
}

/* --- the verbs --- */

static const struct verb {
    const char *name, *arguments;
    size_t least, most;
    int (*run)(struct mcp *mcp);
} verbs[] = {
    {"call", "SERVER TOOL [NAME=VALUE... | JSON]", 2, SIZE_MAX, run_call},
    {"connect", "SERVER", 1, 1, run_connect},
    {"disconnect", "SERVER", 1, 1, run_disconnect},
    {"ls", "", 0, 0, run_ls},
    {"prompt", "SERVER NAME [NAME=VALUE...]", 2, SIZE_MAX, run_prompt},
    {"prompts", "SERVER", 1, 1, run_prompts},
    {"read", "SERVER URI", 2, 2, run_read},
    {"resources", "SERVER", 1, 1, run_resources},
    {"select", "SERVER [VARIANT]", 1, 2, run_select},
    {"tools", "[SERVER]", 0, 1, run_tools},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    cli_usage("unknown command 'mcp %.40s'; it must be call, connect, disconnect, ls, prompt, prompts, read, "
              "resources, select or tools",
              name);
    return NULL;
}

int command_mcp(struct cli *cli)
{
    const char *name = cli->args->word_count ? cli->args->words[0] : "ls";
    const struct verb *verb = find_verb(name);
    struct mcp mcp = {.cli = cli};
    const char *session = args_value(cli->args, "session");
    enum err code;

    if (!verb)
        return EXIT_USAGE;
    if (cli->args->word_count > 0) {
        mcp.words = cli->args->words + 1;
        mcp.count = cli->args->word_count - 1;
    }
    if (mcp.count < verb->least || mcp.count > verb->most)
        return cli_usage("usage: stoa mcp %s%s%s [--session SESSION]", verb->name,
                         *verb->arguments ? " " : "", verb->arguments);
    code = session ? cli_session(cli, session, mcp.session) : cli_last_session(cli, mcp.session);
    return code == ERR_OK ? verb->run(&mcp) : cli_exit_code(code);
}

/* --- variables --- */

static int put_variables(struct cli *cli, const char *session)
{
    json_t *info = NULL, *value;
    const char *name;
    enum err code = cli_call(cli, METHOD_SESSION_INFO, session, NULL, &info);

    if (code == ERR_OK && cli->json)
        out_json(&cli->out, jsonx_obj(info, "variables"));
    else if (code == ERR_OK)
        json_object_foreach(jsonx_obj(info, "variables"), name, value)
        {
            out_printf(&cli->out, "%s=%s\n", name, json_string_value(value));
        }
    json_decref(info);
    return cli_exit_code(code);
}

int command_set(struct cli *cli)
{
    char session[ID_MAX];
    json_t *variables = json_object(), *ok = NULL;
    enum err code;

    for (size_t i = 0; i < cli->args->given_count; i++)
        if (strcmp(cli->args->given[i].row->name, "unset") == 0)
            json_object_set_new(variables, cli->args->given[i].value, json_null());
    for (size_t i = 1; i < cli->args->word_count; i++)
        if (!put_argument(variables, cli->args->words[i], true)) {
            json_decref(variables);
            return cli_usage("'%.60s' is not NAME=VALUE", cli->args->words[i]);
        }
    code = cli_session(cli, cli->args->words[0], session);
    if (code == ERR_OK && json_object_size(variables) == 0) {
        json_decref(variables);
        return put_variables(cli, session);
    }
    if (code == ERR_OK)
        code =
            cli_call(cli, METHOD_SESSION_CONFIGURE, session, json_pack("{s:O}", "variables", variables), &ok);
    json_decref(variables);
    json_decref(ok);
    return cli_exit_code(code);
}
