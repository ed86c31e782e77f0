/* Subcommands that make, list, change and end sessions. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/size.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TITLE_MAX = 200, MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, AGE_DAYS_MAX = 30 };

/* --- making --- */

static json_t *new_params(const struct args *args)
{
    json_t *params = json_object();

    jsonx_set_str(params, "title", args_value(args, "title"));
    jsonx_set_str(params, "model", args_value(args, "model"));
    jsonx_set_str(params, "system", args_value(args, "system"));
    return params;
}

static enum err send_first(struct cli *cli, const char *id, const char *prompt)
{
    json_t *params = json_object(), *ok;
    enum err code;

    jsonx_set_str(params, "text", prompt);
    code = cli_call(cli, METHOD_MESSAGE_SEND, id, params, &ok);
    json_decref(ok);
    return code;
}

int command_new(struct cli *cli)
{
    char id[ID_MAX], *prompt = NULL;
    json_t *made = NULL;
    enum err code;
    int exit_code = EXIT_OK;

    if (cli->args->word_count > 0) {
        prompt = cli_prompt(cli, 0, &exit_code);
        if (!prompt)
            return exit_code != EXIT_OK ? exit_code : cli_usage("the prompt is empty");
    }
    code = cli_call(cli, METHOD_SESSION_CREATE, NULL, new_params(cli->args), &made);
    if (code == ERR_OK) {
        snprintf(id, sizeof id, "%s", jsonx_str(made, "session", ""));
        if (cli->json)
            out_json(&cli->out, made);
        else
            out_printf(&cli->out, "%s\n", id);
        out_flush(&cli->out);
        if (prompt)
            code = send_first(cli, id, prompt);
    }
    json_decref(made);
    free(prompt);
    return cli_exit_code(code);
}

/* --- listing --- */

static const char *age(int64_t then_ms, char text[CLOCK_TEXT])
{
    int64_t s = (clock_wall_ms() - then_ms) / 1000;

    if (s < MINUTE)
        snprintf(text, 32, "now");
    else if (s < HOUR)
        snprintf(text, 32, "%d min", (int)(s / MINUTE));
    else if (s < DAY)
        snprintf(text, 32, "%d h", (int)(s / HOUR));
    else if (s < AGE_DAYS_MAX * DAY)
        snprintf(text, 32, "%d d", (int)(s / DAY));
    else
        clock_local(then_ms, CLOCK_DAY, text);
    return text;
}

static const char *shown_state(const json_t *row)
{
    if (jsonx_bool(row, "archived", false))
        return "archived";
    if (jsonx_bool(row, "in_line", false))
        return "in line";
    const char *state = jsonx_str(row, "state", "");
    return strcmp(state, "idle") == 0 && jsonx_bool(row, "error", false) ? "error" : state;
}

static void put_row(struct out *out, const json_t *row, int state_width, int model_width)
{
    const char *title = jsonx_str(row, "title", ""), *model = jsonx_str(row, "model", "");
    char *clean_title = sanitise_line(title, strlen(title), TITLE_MAX);
    char *clean_model = sanitise_line(*model ? model : "-", *model ? strlen(model) : 1, TITLE_MAX);
    int pad = model_width - (int)utf8_width(clean_model, strlen(clean_model));
    char when[CLOCK_TEXT];

    const char *role = jsonx_str(row, "role", "owner");
    char whose[160] = "";

    if (strcmp(role, "owner") != 0)
        snprintf(whose, sizeof whose, "%s(%s's, %s)", *clean_title ? "  " : "", jsonx_str(row, "owner", ""),
                 role);
    out_printf(out, "%-28s  %-*s  %10s  %5lld  %s%*s  %s%s\n", jsonx_str(row, "id", ""), state_width,
               shown_state(row), age(jsonx_int(row, "activity", 0), when),
               (long long)jsonx_int(row, "messages", 0), clean_model, pad > 0 ? pad : 0, "", clean_title,
               whose);
    free(clean_title);
    free(clean_model);
}

static void put_table(struct out *out, const json_t *sessions)
{
    int state_width = 5, model_width = 5;
    json_t *row;
    size_t i;

    json_array_foreach(sessions, i, row)
    {
        const char *model = jsonx_str(row, "model", "");
        int state = (int)strlen(shown_state(row)), wide = (int)utf8_width(model, strlen(model));

        state_width = state > state_width ? state : state_width;
        model_width = wide > model_width ? wide : model_width;
    }
    out_printf(out, "%-28s  %-*s  %10s  %5s  %-*s  %s\n", "SESSION", state_width, "STATE", "ACTIVITY", "MSGS",
               model_width, "MODEL", "TITLE");
    json_array_foreach(sessions, i, row)
    {
        put_row(out, row, state_width, model_width);
    }
}

int command_ls(struct cli *cli)
{
    enum err code;
    json_t *sessions = cli_sessions(cli, args_has(cli->args, "all"), &code), *row;
    size_t i;

    if (!sessions)
        return cli_exit_code(code);
    if (cli->json) {
        json_array_foreach(sessions, i, row)
        {
            out_json(&cli->out, row);
        }
    } else if (json_array_size(sessions) > 0) {
        put_table(&cli->out, sessions);
    } else if (isatty(STDOUT_FILENO)) {
        cli_say("no sessions yet; stoa new makes one");
    }
    json_decref(sessions);
    return EXIT_OK;
}

/* --- one session --- */

static void put_json_or(struct cli *cli, const json_t *ok, const char *text)
{
    if (cli->json)
        out_json(&cli->out, ok);
    else if (*text)
        out_printf(&cli->out, "%s\n", text);
}

int command_archive(struct cli *cli)
{
    bool archived = !args_has(cli->args, "undo");

    return cli_change(cli, METHOD_SESSION_ARCHIVE, json_pack("{s:b}", "archived", archived));
}

/* The words from `first` on, joined by spaces. free() it. */
static char *join_words(const struct args *args, size_t first)
{
    struct buf text;

    buf_init(&text, ENVELOPE_REQUEST_MAX);
    for (size_t i = first; i < args->word_count; i++)
        buf_printf(&text, "%s%s", i > first ? " " : "", args->words[i]);
    return buf_take(&text);
}

int command_rename(struct cli *cli)
{
    char *title = join_words(cli->args, 1);
    json_t *params = json_object();

    jsonx_set_str(params, "title", title);
    free(title);
    return cli_change(cli, METHOD_SESSION_RENAME, params);
}

int command_compact(struct cli *cli)
{
    return cli_change(cli, METHOD_SESSION_COMPACT, NULL);
}

int command_interrupt(struct cli *cli)
{
    char id[ID_MAX];
    json_t *ok = NULL;
    enum err code = cli_session(cli, cli->args->words[0], id);

    if (code == ERR_OK)
        code = cli_call(cli, METHOD_SESSION_INTERRUPT, id, NULL, &ok);
    if (code == ERR_OK)
        put_json_or(cli, ok, jsonx_bool(ok, "interrupted", false) ? "interrupted" : "no turn runs");
    json_decref(ok);
    return cli_exit_code(code);
}

/* --- the queue --- */

static int list_queue(struct cli *cli, const char *session)
{
    json_t *info = NULL, *message;
    size_t i;
    enum err code = cli_call(cli, METHOD_SESSION_INFO, session, NULL, &info);

    json_array_foreach(jsonx_arr(info, "queue"), i, message)
    {
        const char *text = jsonx_str(json_array_get(jsonx_arr(message, "content"), 0), "text", "");
        char *line = sanitise_line(text, utf8_cut(text, strlen(text), TITLE_MAX), TITLE_MAX);

        if (cli->json)
            out_json(&cli->out, message);
        else
            out_printf(&cli->out, "%s  %s  %s%s\n", jsonx_str(message, "id", ""),
                       jsonx_str(message, "author", ""),
                       jsonx_bool(message, "steer", false) ? "(steers) " : "", line);
        free(line);
    }
    json_decref(info);
    return cli_exit_code(code);
}

int command_queue(struct cli *cli)
{
    const struct args *args = cli->args;
    const char *verb = args->word_count > 1 ? args->words[1] : NULL;
    bool edits = verb && strcmp(verb, "edit") == 0 && args->word_count > 3;
    char session[ID_MAX];
    json_t *params, *ok = NULL;
    enum err code;

    if (verb && !edits && (strcmp(verb, "rm") != 0 || args->word_count < 3))
        return cli_usage("usage: stoa queue SESSION [rm ID... | edit ID TEXT]");
    code = cli_session(cli, args->words[0], session);
    if (code != ERR_OK)
        return cli_exit_code(code);
    if (!verb)
        return list_queue(cli, session);
    params = json_object();
    if (edits) {
        char *text = join_words(args, 3);

        jsonx_set_str(params, "message", args->words[2]);
        jsonx_set_str(params, "text", text);
        free(text);
    } else {
        json_t *ids = json_array();

        for (size_t i = 2; i < args->word_count; i++)
            json_array_append_new(ids, json_string(args->words[i]));
        json_object_set_new(params, "remove", ids);
    }
    code = cli_call(cli, METHOD_MESSAGE_EDIT_QUEUE, session, params, &ok);
    if (code == ERR_OK && !edits && json_array_size(jsonx_arr(ok, "removed")) < args->word_count - 2)
        cli_say("some of them do not wait any more");
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, ok);
    json_decref(ok);
    return cli_exit_code(code);
}

static bool confirmed(const json_t *info)
{
    const char *title = jsonx_str(info, "title", "");
    char *clean = sanitise_line(title, strlen(title), TITLE_MAX), answer[16] = "";

    fprintf(stderr, "Delete %s \"%s\" with %lld messages for ever? [y/N] ", jsonx_str(info, "session", ""),
            clean, (long long)jsonx_int(info, "messages_total", 0));
    free(clean);
    if (!fgets(answer, sizeof answer, stdin))
        return false;
    return strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0;
}

int command_rm(struct cli *cli)
{
    char id[ID_MAX];
    json_t *info = NULL, *ok = NULL;
    bool sure = args_has(cli->args, "yes");
    enum err code;

    if (!sure && !isatty(STDIN_FILENO))
        return cli_usage("deleting needs a terminal to ask on, or --yes");
    code = cli_session(cli, cli->args->words[0], id);
    if (code == ERR_OK && !sure)
        code = cli_call(cli, METHOD_SESSION_INFO, id, NULL, &info);
    if (code == ERR_OK && !sure && !confirmed(info)) {
        json_decref(info);
        cli_say("not deleted");
        return EXIT_FAILED;
    }
    if (code == ERR_OK)
        code = cli_call(cli, METHOD_SESSION_DELETE, id, NULL, &ok);
    if (code == ERR_OK)
        put_json_or(cli, ok, "");
    json_decref(info);
    json_decref(ok);
    return cli_exit_code(code);
}

/* --- info --- */

static void put_line(struct out *out, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void put_line(struct out *out, const char *name, const char *format, ...)
{
    struct buf text;
    char *clean;
    va_list args;

    buf_init(&text, 1 << 20);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    clean = sanitise_line(text.data, text.len, 1 << 20);
    out_printf(out, "%-14s %s\n", name, clean);
    free(clean);
    buf_free(&text);
}

static void put_time(struct out *out, const char *name, int64_t ms)
{
    char text[CLOCK_TEXT];

    put_line(out, name, "%s", clock_local(ms, CLOCK_SECOND, text));
}

static void put_people(struct out *out, const json_t *people)
{
    json_t *one;
    size_t i;

    json_array_foreach(people, i, one)
    {
        put_line(out, i == 0 ? "participants" : "", "%s (%s%s%s)%s", jsonx_str(one, "user", ""),
                 jsonx_str(one, "kind", ""), *jsonx_str(one, "terminal", "") ? " on " : "",
                 jsonx_str(one, "terminal", ""), jsonx_bool(one, "typing", false) ? " typing" : "");
    }
}

static void put_info(struct out *out, const json_t *info)
{
    const json_t *usage = jsonx_obj(info, "usage"), *error = jsonx_obj(info, "error"),
                 *agent = jsonx_obj(info, "agent"), *from = jsonx_obj(info, "from"),
                 *retry = jsonx_obj(info, "retry");
    char stored[SIZE_TEXT_MAX];

    put_line(out, "session", "%s", jsonx_str(info, "session", ""));
    put_line(out, "title", "%s", jsonx_str(info, "title", ""));
    put_line(out, "state", "%s%s", jsonx_str(info, "state", ""),
             jsonx_bool(info, "archived", false) ? ", archived" : "");
    put_line(out, "model", "%s", jsonx_str(info, "model", ""));
    if (jsonx_str(info, "system", NULL))
        put_line(out, "system", "%s", jsonx_str(info, "system", ""));
    if (jsonx_real(info, "temperature", -1) >= 0)
        put_line(out, "temperature", "%g", jsonx_real(info, "temperature", 0));
    if (jsonx_int(info, "max_tokens", -1) >= 0)
        put_line(out, "max tokens", "%lld", (long long)jsonx_int(info, "max_tokens", 0));
    put_line(out, "owner", "%s", jsonx_str(info, "owner", ""));
    put_time(out, "created", jsonx_int(info, "created", 0));
    if (from)
        put_line(out, "fork of", "%s, its first %lld messages", jsonx_str(from, "session", ""),
                 (long long)jsonx_int(from, "messages", 0));
    put_time(out, "last activity", jsonx_int(info, "activity", 0));
    put_line(out, "messages", "%lld, %lld turns, %zu queued", (long long)jsonx_int(info, "messages_total", 0),
             (long long)jsonx_int(info, "turns", 0), json_array_size(jsonx_arr(info, "queue")));
    put_line(out, "tokens", "%lld in (%lld cached), %lld out (%lld reasoning)",
             (long long)jsonx_int(usage, "input", 0), (long long)jsonx_int(usage, "cached", 0),
             (long long)jsonx_int(usage, "output", 0), (long long)jsonx_int(usage, "reasoning", 0));
    if (jsonx_int(info, "bytes", -1) >= 0)
        put_line(out, "stored", "%s", size_text(jsonx_int(info, "bytes", 0), stored));
    put_line(out, "agent", "%s", jsonx_str(agent, "state", "none"));
    if (*jsonx_str(retry, "why", ""))
        put_line(out, "waits", "%s", jsonx_str(retry, "why", ""));
    put_people(out, jsonx_arr(info, "participants"));
    if (error)
        put_line(out, "last error", "%s: %s", jsonx_str(error, "kind", ""), jsonx_str(error, "text", ""));
}

int command_info(struct cli *cli)
{
    char id[ID_MAX];
    json_t *info = NULL;
    enum err code = cli_session(cli, cli->args->words[0], id);

    if (code == ERR_OK)
        code = cli_call(cli, METHOD_SESSION_INFO, id, NULL, &info);
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, info);
    else if (code == ERR_OK)
        put_info(&cli->out, info);
    json_decref(info);
    return cli_exit_code(code);
}
