/* stoa questions, allow, deny: what sessions wait for, and answering it; stoa rules: what is not asked again.
 * What a person is to judge is shown as it is: nothing in it is hidden (see SANITISE_REVEAL). */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN_MAX = 1 << 20 };

/* --- questions --- */

static char *revealed(const char *text)
{
    return sanitise_text(text, strlen(text), SANITISE_REVEAL, SHOWN_MAX);
}

/* Text that may have many lines, each with an indent. */
static void put_indented(struct out *out, const char *name, const char *text)
{
    char *clean = revealed(text);

    for (char *line = clean, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        out_printf(out, "    %s%s%s\n", line == clean ? name : "", line == clean && *name ? ": " : "", line);
    }
    free(clean);
}

/* The members of the arguments, each on a line of its own; all of it as it is if they are no object. */
static void put_arguments(struct out *out, const char *text)
{
    json_t *arguments = jsonx_parse(text, strlen(text), NULL), *value;
    const char *name;

    if (!json_is_object(arguments))
        put_indented(out, "arguments", text);
    json_object_foreach(arguments, name, value)
    {
        char *dumped = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

        put_indented(out, name, dumped ? dumped : json_string_value(value));
        free(dumped);
    }
    json_decref(arguments);
}

static void put_fields(struct out *out, const json_t *fields)
{
    json_t *field, *option;
    size_t i, j;

    json_array_foreach(fields, i, field)
    {
        out_printf(out, "    %s (%s%s)%s%s\n", jsonx_str(field, "name", ""), jsonx_str(field, "type", ""),
                   jsonx_bool(field, "required", false) ? ", required" : "",
                   *jsonx_str(field, "text", "") ? ": " : "", jsonx_str(field, "text", ""));
        json_array_foreach(jsonx_arr(field, "options"), j, option)
        {
            out_printf(out, "        %s  %s\n", jsonx_str(option, "value", ""),
                       jsonx_str(option, "title", ""));
        }
    }
}

/* Who may answer it. */
static void put_persons(struct out *out, const json_t *question)
{
    const char *first = jsonx_str(question, "approved_by", NULL);

    if (first)
        out_printf(out, "    %s approved; a second person is needed\n", first);
    else if (jsonx_bool(question, "two_person", false))
        out_printf(out, "    two persons must allow it\n");
    if (!jsonx_bool(question, "may_answer", true))
        out_printf(out, "    not for you to answer\n");
}

static void put_question(struct out *out, const json_t *question)
{
    const char *server = jsonx_str(question, "server", ""), *tool = jsonx_str(question, "tool", "");
    const char *arguments = jsonx_str(question, "arguments", NULL), *url = jsonx_str(question, "url", NULL);
    int64_t deadline = jsonx_int(question, "deadline", 0), now = clock_wall_ms();

    out_printf(out, "%s  %s  %s%s%s%s  in \"%s\"", jsonx_str(question, "id", ""),
               jsonx_str(question, "kind", ""), *server ? server : "stoa", *tool ? "/" : "", tool,
               jsonx_bool(question, "destructive", false) ? " (destructive)"
               : jsonx_bool(question, "read_only", false) ? " (read-only)"
                                                          : "",
               jsonx_str(question, "title", ""));
    if (strcmp(jsonx_str(question, "role", "owner"), "owner") != 0)
        out_printf(out, " of %s", jsonx_str(question, "owner", ""));
    if (deadline > 0)
        out_printf(out, "  %lld s left", (long long)(deadline > now ? (deadline - now) / 1000 : 0));
    out_printf(out, "\n");
    put_persons(out, question);
    if (*jsonx_str(question, "text", ""))
        put_indented(out, "", jsonx_str(question, "text", ""));
    if (arguments)
        put_arguments(out, arguments);
    if (jsonx_bool(question, "cut", false))
        out_printf(out, "    (cut here; stoa show has the whole)\n");
    if (url)
        put_indented(out, "url", url);
    put_fields(out, jsonx_arr(question, "fields"));
}

static json_t *fetch_questions(struct cli *cli, enum err *code)
{
    json_t *ok = NULL, *questions;

    *code = cli_call(cli, METHOD_QUESTION_LIST, NULL, NULL, &ok);
    questions = json_incref(jsonx_arr(ok, "questions"));
    json_decref(ok);
    return questions;
}

int command_questions(struct cli *cli)
{
    enum err code;
    json_t *questions = fetch_questions(cli, &code), *question;
    size_t i;

    json_array_foreach(questions, i, question)
    {
        if (cli->json)
            out_json(&cli->out, question);
        else
            put_question(&cli->out, question);
    }
    if (code == ERR_OK && !cli->json && json_array_size(questions) == 0 && isatty(STDOUT_FILENO))
        cli_say("nothing waits for you");
    json_decref(questions);
    return cli_exit_code(code);
}

/* --- answers --- */

static bool begins(const char *id, const char *name)
{
    return strncmp(id, name, strlen(name)) == 0 ||
           (strncmp(id, "q_", 2) == 0 && strncmp(id + 2, name, strlen(name)) == 0);
}

/* The one open question that name means: its id or the beginning of it. A full id is taken as it is, so that
 * the daemon can say who was first. NULL after saying why. */
static json_t *find_question(struct cli *cli, const char *name, enum err *code)
{
    json_t *questions = fetch_questions(cli, code), *question, *found = NULL;
    size_t i, count = 0;

    json_array_foreach(questions, i, question)
    {
        if (begins(jsonx_str(question, "id", ""), name)) {
            count++;
            found = question;
        }
    }
    json_incref(found);
    json_decref(questions);
    if (*code == ERR_OK && count > 1) {
        *code = ERR_BAD_REQUEST;
        cli_say("'%s' may mean any of %zu questions; give more of the id (stoa questions)", name, count);
        json_decref(found);
        found = NULL;
    } else if (*code == ERR_OK && count == 0 && id_valid(name, "q_")) {
        found = json_pack("{s:s}", "id", name);
    } else if (*code == ERR_OK && count == 0) {
        *code = ERR_NOT_FOUND;
        cli_say("no question '%s' waits (stoa questions lists them)", name);
    }
    return found;
}

/* Reads a form's value by its field's type: only text stays text. False if it is none. */
static bool put_value(json_t *content, const json_t *question, const char *pair)
{
    const char *sign = strchr(pair, '=');
    json_t *field, *value = NULL;
    size_t i;
    const char *type = "text";

    if (!sign || sign == pair)
        return false;
    char *name = xstrndup(pair, (size_t)(sign - pair));
    json_array_foreach(jsonx_arr(question, "fields"), i, field)
    {
        if (strcmp(jsonx_str(field, "name", ""), name) == 0)
            type = jsonx_str(field, "type", "text");
    }
    if (strcmp(type, "choices") == 0) {
        json_t *list = jsonx_arr(content, name);

        if (!list)
            json_object_set_new(content, name, list = json_array());
        json_array_append_new(list, json_string(sign + 1));
    } else {
        if (strcmp(type, "text") != 0 && strcmp(type, "choice") != 0)
            value = json_loads(sign + 1, JSON_DECODE_ANY, NULL);
        json_object_set_new(content, name, value ? value : json_string(sign + 1));
    }
    free(name);
    return true;
}

/* NULL after saying what is wrong. */
static json_t *answer_params(struct cli *cli, const json_t *question, const char *decision)
{
    json_t *params = json_object(), *content = json_object();

    jsonx_set_str(params, "question", jsonx_str(question, "id", ""));
    jsonx_set_str(params, "decision", decision);
    jsonx_set_str(params, "scope",
                  args_has(cli->args, "always")    ? "user"
                  : args_has(cli->args, "session") ? "session"
                                                   : NULL);
    jsonx_set_str(params, "pattern", args_value(cli->args, "pattern"));
    jsonx_set_str(params, "reason", args_value(cli->args, "reason"));
    jsonx_set_str(content, "redirect", args_value(cli->args, "redirect"));
    for (size_t i = 1; i < cli->args->word_count; i++)
        if (!put_value(content, question, cli->args->words[i])) {
            cli_usage("'%.60s' is not NAME=VALUE", cli->args->words[i]);
            json_decref(content);
            json_decref(params);
            return NULL;
        }
    if (json_object_size(content) > 0)
        json_object_set(params, "content", content);
    json_decref(content);
    return params;
}

static int answer(struct cli *cli, const char *decision)
{
    enum err code;
    json_t *question = find_question(cli, cli->args->words[0], &code), *params, *ok = NULL;
    bool waits;

    if (!question)
        return cli_exit_code(code);
    params = answer_params(cli, question, decision);
    waits = strcmp(decision, "allow") == 0 && jsonx_bool(question, "two_person", false) &&
            !jsonx_str(question, "approved_by", NULL);
    json_decref(question);
    if (!params)
        return EXIT_USAGE;
    code = cli_call(cli, METHOD_QUESTION_ANSWER, NULL, params, &ok);
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, ok);
    else if (code == ERR_OK && waits)
        cli_say("you approved; a second person is needed");
    json_decref(ok);
    return cli_exit_code(code);
}

int command_allow(struct cli *cli)
{
    if (args_has(cli->args, "always") && args_has(cli->args, "session"))
        return cli_usage("--always and --session exclude each other");
    return answer(cli, "allow");
}

int command_deny(struct cli *cli)
{
    return answer(cli, args_has(cli->args, "cancel") ? "cancel" : "deny");
}

/* --- rules --- */

static void put_rule(struct out *out, const json_t *rule)
{
    const char *why = jsonx_str(rule, "why", ""), *by = jsonx_str(rule, "by", "");
    char *pattern = revealed(jsonx_str(rule, "pattern", ""));

    out_printf(out, "%-28s  %-7s  %-5s  %-32s  %s%s%s\n",
               *jsonx_str(rule, "id", "") ? jsonx_str(rule, "id", "") : "-", jsonx_str(rule, "origin", ""),
               jsonx_str(rule, "effect", ""), pattern, by, *why && *by ? ": " : "", why);
    free(pattern);
}

static int list_rules(struct cli *cli, json_t *params)
{
    json_t *ok = NULL, *rule;
    size_t i;
    enum err code = cli_call(cli, METHOD_RULE_LIST, NULL, params, &ok);

    if (code == ERR_OK && !cli->json)
        out_printf(&cli->out, "%-28s  %-7s  %-5s  %-32s  %s\n", "RULE", "OF", "DOES", "PATTERN", "BY");
    json_array_foreach(jsonx_arr(ok, "rules"), i, rule)
    {
        if (cli->json)
            out_json(&cli->out, rule);
        else
            put_rule(&cli->out, rule);
    }
    json_decref(ok);
    return cli_exit_code(code);
}

static int change_rules(struct cli *cli, enum method method, json_t *params)
{
    json_t *ok = NULL;
    enum err code = cli_call(cli, method, NULL, params, &ok);

    if (code == ERR_OK && cli->json)
        out_json(&cli->out, ok);
    else if (code == ERR_OK && method == METHOD_RULE_ADD)
        out_printf(&cli->out, "%s\n", jsonx_str(ok, "rule", ""));
    json_decref(ok);
    return cli_exit_code(code);
}

int command_rules(struct cli *cli)
{
    const char **words = cli->args->words, *name = args_value(cli->args, "session");
    size_t count = cli->args->word_count;
    json_t *params = json_object();
    char session[ID_MAX];

    if (name) {
        enum err code = cli_session(cli, name, session);

        if (code != ERR_OK) {
            json_decref(params);
            return cli_exit_code(code);
        }
        jsonx_set_str(params, "session", session);
    }
    if (count == 0)
        return list_rules(cli, params);
    if (count == 2 && strcmp(words[0], "rm") == 0) {
        jsonx_set_str(params, "rule", words[1]);
        return change_rules(cli, METHOD_RULE_REMOVE, params);
    }
    if (count == 2) {
        jsonx_set_str(params, "effect", words[0]);
        jsonx_set_str(params, "pattern", words[1]);
        return change_rules(cli, METHOD_RULE_ADD, params);
    }
    json_decref(params);
    return cli_usage("usage: stoa rules [allow|ask|deny PATTERN | rm RULE]");
}
