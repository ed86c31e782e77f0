/* Subcommands that read what was said: show, history, search, export. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include "tui/cli/transcript.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HISTORY_STANDARD = 20,
    HISTORY_MAX = 1000,
    SEARCH_STANDARD = 20,
    SEARCH_MAX = 200,
    LINE_MAX_BYTES = 400
};

static void put_messages(struct cli *cli, const json_t *messages)
{
    json_t *message;
    size_t i;

    json_array_foreach(messages, i, message)
    {
        if (cli->json)
            out_json(&cli->out, message);
        else
            transcript_text(&cli->out, message);
    }
}

int command_show(struct cli *cli)
{
    char id[ID_MAX];
    json_t *messages = NULL;
    enum err code = cli_session(cli, cli->args->words[0], id);

    if (code == ERR_OK)
        code = transcript_fetch(cli, id, &messages);
    put_messages(cli, messages);
    json_decref(messages);
    return cli_exit_code(code);
}

int command_history(struct cli *cli)
{
    char id[ID_MAX], error[256];
    json_t *params, *ok = NULL;
    long number;
    enum err code;

    if (!args_number(cli->args, "number", 1, HISTORY_MAX, HISTORY_STANDARD, &number, error))
        return cli_usage("%s", error);
    code = cli_session(cli, cli->args->words[0], id);
    if (code != ERR_OK)
        return cli_exit_code(code);
    params = json_pack("{s:I}", "limit", (json_int_t)number);
    jsonx_set_str(params, "before", args_value(cli->args, "before"));
    code = cli_call(cli, METHOD_MESSAGE_HISTORY, id, params, &ok);
    put_messages(cli, jsonx_arr(ok, "messages"));
    json_decref(ok);
    return cli_exit_code(code);
}

/* --- search --- */

static char *joined_words(const struct args *args)
{
    struct buf text;

    buf_init(&text, ENVELOPE_REQUEST_MAX);
    for (size_t i = 0; i < args->word_count; i++)
        buf_printf(&text, "%s%s", i > 0 ? " " : "", args->words[i]);
    return buf_take(&text);
}

static void put_hit(struct out *out, const json_t *hit)
{
    const char *title = jsonx_str(hit, "title", ""), *snippet = jsonx_str(hit, "snippet", "");
    char *clean_title = sanitise_line(title, strlen(title), LINE_MAX_BYTES);
    char *clean_snippet = sanitise_line(snippet, strlen(snippet), LINE_MAX_BYTES), when[32];

    clock_local(jsonx_int(hit, "ts", 0), CLOCK_MINUTE, when);
    out_printf(out, "%s  %s  %s: %s\n", jsonx_str(hit, "session", ""), when,
               *clean_title ? clean_title : "(no title)", clean_snippet);
    free(clean_title);
    free(clean_snippet);
}

int command_search(struct cli *cli)
{
    char error[256], *text;
    json_t *params = json_object(), *ok = NULL, *hit;
    long number;
    size_t i;
    enum err code;

    if (!args_number(cli->args, "number", 1, SEARCH_MAX, SEARCH_STANDARD, &number, error)) {
        json_decref(params);
        return cli_usage("%s", error);
    }
    text = joined_words(cli->args);
    jsonx_set_str(params, "text", text);
    jsonx_set_int(params, "limit", number);
    free(text);
    code = cli_call(cli, METHOD_MESSAGE_SEARCH, NULL, params, &ok);
    json_array_foreach(jsonx_arr(ok, "hits"), i, hit)
    {
        if (cli->json)
            out_json(&cli->out, hit);
        else
            put_hit(&cli->out, hit);
    }
    if (jsonx_bool(ok, "behind", false))
        cli_say(
            "the daemon's disk is slow or fails, so the newest messages were not searched; repeat it later");
    json_decref(ok);
    return cli_exit_code(code);
}

/* --- export --- */

static void put_markdown(struct out *out, const json_t *info, const json_t *messages)
{
    const char *title = jsonx_str(info, "title", "");
    char *clean = sanitise_line(title, strlen(title), LINE_MAX_BYTES), created[32];
    json_t *message;
    size_t i;

    clock_local(jsonx_int(info, "created", 0), CLOCK_MINUTE, created);
    out_printf(out, "# %s\n\n- Session: `%s`\n- Created: %s\n- Model: `%s`\n- Messages: %zu\n\n",
               *clean ? clean : "(no title)", jsonx_str(info, "session", ""), created,
               jsonx_str(info, "model", ""), json_array_size(messages));
    free(clean);
    json_array_foreach(messages, i, message)
    {
        transcript_markdown(out, message);
    }
}

/* One document, with one message a line. */
static void put_document(struct out *out, const json_t *info, const json_t *messages)
{
    json_t *message;
    size_t i;

    fputs("{\"stoa_export\":1,\"session\":", out->file);
    out_json_part(out, info);
    fputs(",\"messages\":[", out->file);
    json_array_foreach(messages, i, message)
    {
        fputs(i == 0 ? "\n" : ",\n", out->file);
        out_json_part(out, message);
    }
    fputs("\n]}\n", out->file);
}

static void put_export(struct out *out, bool as_json, const json_t *info, const json_t *messages)
{
    if (as_json)
        put_document(out, info, messages);
    else
        put_markdown(out, info, messages);
    out_flush(out);
}

/* What was said is for the user alone until the user says otherwise: a new file is closed to others. */
static enum err put_file(const char *path, bool as_json, const json_t *info, const json_t *messages)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    struct out out;
    bool written;

    if (!file) {
        cli_say("cannot write %s: %s", path, strerror(errno));
        return ERR_UNAVAILABLE;
    }
    out_init(&out, file);
    out.exact = true;
    put_export(&out, as_json, info, messages);
    written = fclose(file) == 0 && !out.broken;
    if (!written)
        cli_say("cannot write all of %s: %s", path, strerror(out.broken ? out.why : errno));
    return written ? ERR_OK : ERR_UNAVAILABLE;
}

int command_export(struct cli *cli)
{
    const char *format = args_value(cli->args, "format"), *path = args_value(cli->args, "output");
    bool as_json = format ? strcmp(format, "json") == 0 : cli->json;
    char id[ID_MAX];
    json_t *info = NULL, *messages = NULL;
    enum err code;

    if (format && !as_json && strcmp(format, "md") != 0)
        return cli_usage("option --format is '%.40s'; it must be md or json", format);
    code = cli_session(cli, cli->args->words[0], id);
    if (code == ERR_OK)
        code = cli_call(cli, METHOD_SESSION_INFO, id, NULL, &info);
    if (code == ERR_OK)
        code = transcript_fetch(cli, id, &messages);
    if (code == ERR_OK && path && strcmp(path, "-") != 0)
        code = put_file(path, as_json, info, messages);
    else if (code == ERR_OK)
        put_export(&cli->out, as_json, info, messages);
    json_decref(info);
    json_decref(messages);
    return cli_exit_code(code);
}
