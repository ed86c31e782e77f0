/* stoa user: who may come in, by which keys, and how much of everything is theirs. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/key.h"
#include "shared/size.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include "tui/cli/offline.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* One request; what it answers is of no interest but that it was done. */
static int change(struct cli *cli, enum method method, json_t *params, const char *done)
{
    json_t *ok;
    int exit_code;

    if (offline_call(cli, method, params, &ok, &exit_code) == ERR_OK) {
        if (cli->json)
            out_json(&cli->out, ok);
        else
            out_printf(&cli->out, "%s\n", done);
    }
    json_decref(ok);
    return exit_code;
}

static int change_of(struct cli *cli, enum method method, json_t *params, const char *user, const char *what)
{
    char *done = xasprintf("%s %s", user, what);
    int exit_code = change(cli, method, params, done);

    free(done);
    return exit_code;
}

/* --- settings --- */

/* NAME=VALUE of --quota: a number, "any" or "default"; stored also as 500m or 2GiB. False after saying what
 * is wrong. */
static bool put_quota(json_t *settings, const char *text)
{
    const char *is = strchr(text, '=');
    char *name = is && is > text ? xasprintf("quota.%.*s", (int)(is - text), text) : NULL, *end = NULL;
    json_t *value = NULL;
    int64_t bytes;

    if (name && strcmp(is + 1, "default") == 0) {
        value = json_null();
    } else if (name && strcmp(is + 1, "any") == 0) {
        value = json_string("any");
    } else if (name && strcmp(name, "quota.stored") == 0 && size_read(is + 1, &bytes)) {
        value = json_integer(bytes);
    } else if (name && is[1]) {
        errno = 0;
        long long whole = strtoll(is + 1, &end, 10);
        double real = strtod(is + 1, NULL);

        if (*end == '\0' && errno == 0)
            value = json_integer(whole);
        else if (*end == '.' && (strtod(is + 1, &end), *end == '\0'))
            value = json_real(real);
    }
    if (value)
        json_object_set_new(settings, name, value);
    else
        cli_usage(
            "option --quota is '%.60s'; it must be NAME=NUMBER, NAME=any or NAME=default, where NAME is "
            "agents, cost_day, requests, servers, sessions, stored (which may be 500m or 2g) or tokens_day",
            text);
    free(name);
    return value != NULL;
}

/* GLOB,...: a list; "any": no list. */
static void put_globs(json_t *settings, const char *name, const char *text)
{
    json_t *list = json_array();

    while (*text) {
        size_t len = strcspn(text, ",");

        if (len > 0)
            json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] == ',');
    }
    if (json_array_size(list) == 1 && strcmp(json_string_value(json_array_get(list, 0)), "any") == 0)
        json_object_set(settings, name, json_null());
    else
        json_object_set(settings, name, list);
    json_decref(list);
}

/* NULL after saying what is wrong with the options. */
static json_t *read_settings(const struct args *args)
{
    json_t *settings = json_object();

    for (size_t i = 0; i < args->given_count; i++) {
        const char *name = args->given[i].row->name, *value = args->given[i].value;

        if (strcmp(name, "vouched") == 0)
            json_object_set_new(settings, "let_in_by", json_null());
        else if (strcmp(name, "models") == 0 || strcmp(name, "servers") == 0)
            put_globs(settings, name, value);
        else if (strcmp(name, "quota") == 0 && !put_quota(settings, value)) {
            json_decref(settings);
            return NULL;
        }
    }
    return settings;
}

/* --- the subcommands --- */

static json_t *of_user(const char *name)
{
    return json_pack("{s:s}", "user", name);
}

static int add(struct cli *cli)
{
    const struct args *args = cli->args;
    const char *name = args->words[1];
    json_t *settings = read_settings(args), *params;

    if (!settings)
        return EXIT_USAGE;
    params = of_user(name);
    jsonx_set_str(params, "role", args_has(args, "admin") ? "admin" : "member");
    jsonx_set_str(params, "key", args_value(args, "key"));
    jsonx_set_str(params, "label", args_value(args, "label"));
    json_object_set_new(params, "settings", settings);
    char *done =
        args_value(args, "key")
            ? xasprintf("%s may come in by that key", name)
            : xasprintf("%s is there; let a key of theirs in (stoa keygen there makes and shows it): "
                        "stoa user key add %s KEY",
                        name, name);
    int exit_code = change(cli, METHOD_USER_CREATE, params, done);

    free(done);
    return exit_code;
}

static int set(struct cli *cli)
{
    const struct args *args = cli->args;
    json_t *settings = read_settings(args), *params;
    bool admin = args_has(args, "admin"), member = args_has(args, "member");

    if (!settings)
        return EXIT_USAGE;
    if (json_object_size(settings) == 0 && !admin && !member) {
        json_decref(settings);
        return cli_usage("user set needs --quota, --models, --servers, --vouched, --admin or --member");
    }
    params = of_user(args->words[1]);
    if (admin || member)
        jsonx_set_str(params, "role", admin ? "admin" : "member");
    json_object_set_new(params, "settings", settings);
    return change_of(cli, METHOD_USER_UPDATE, params, args->words[1], "is set so");
}

static int switch_user(struct cli *cli, bool disabled)
{
    json_t *params = of_user(cli->args->words[1]);

    json_object_set_new(params, "disabled", json_boolean(disabled));
    return change_of(cli, METHOD_USER_UPDATE, params, cli->args->words[1],
                     disabled ? "is disabled; what they had open is closed" : "may come in again");
}

static int disable(struct cli *cli)
{
    return switch_user(cli, true);
}

static int enable(struct cli *cli)
{
    return switch_user(cli, false);
}

static int take_away(struct cli *cli)
{
    const char *name = cli->args->words[1];
    char answer[16];

    if (!args_has(cli->args, "yes")) {
        if (!isatty(STDIN_FILENO))
            return cli_usage("removing a user needs a terminal to ask on, or --yes");
        fprintf(stderr, "Remove the user %.63s, and their keys, tokens and secrets, for ever? [y/N] ", name);
        if (!fgets(answer, sizeof answer, stdin) ||
            (strcasecmp(answer, "y\n") != 0 && strcasecmp(answer, "yes\n") != 0)) {
            cli_say("not removed");
            return EXIT_FAILED;
        }
    }
    return change_of(cli, METHOD_USER_DELETE, of_user(name), name,
                     "is removed; their sessions are in the archive");
}

static int key(struct cli *cli)
{
    const struct args *args = cli->args;
    const char *what = args->words[1], *given = args->word_count > 2 ? args->words[args->word_count - 1] : "";
    unsigned char open[KEY_BYTES];
    json_t *params;

    bool whole = args->word_count == (strcmp(what, "add") == 0 ? 4 : 3);

    if (whole && !key_parse(given, open))
        return cli_usage("a key is %d letters, digits, - and _, as stoa key shows it; not '%.60s'",
                         KEY_TEXT_LEN, given);

    if (strcmp(what, "add") == 0 && args->word_count == 4) {
        params = of_user(args->words[2]);
        jsonx_set_str(params, "key", args->words[3]);
        jsonx_set_str(params, "label", args_value(args, "label"));
        return change_of(cli, METHOD_USER_KEY_ADD, params, args->words[2], "may come in by that key");
    }
    if (strcmp(what, "revoke") == 0 && args->word_count == 3)
        return change(cli, METHOD_USER_KEY_REVOKE, json_pack("{s:s}", "key", args->words[2]),
                      "nobody comes in by that key any more");
    return cli_usage("it is: stoa user key add NAME KEY, or stoa user key revoke KEY");
}

/* --- showing --- */

static void put_row(struct cli *cli, const json_t *user)
{
    char since[CLOCK_TEXT] = "";

    if (jsonx_int(user, "created", 0) > 0)
        clock_local(jsonx_int(user, "created", 0), CLOCK_MINUTE, since);
    out_printf(&cli->out, "%-20s  %-6s  %-8s  %4zu  %6lld  %s\n", jsonx_str(user, "user", ""),
               jsonx_str(user, "role", ""), jsonx_bool(user, "disabled", false) ? "disabled" : "",
               json_array_size(jsonx_arr(user, "keys")), (long long)jsonx_int(user, "tokens", 0), since);
}

static int list(struct cli *cli)
{
    json_t *ok, *user;
    int exit_code;
    size_t i;

    if (offline_call(cli, METHOD_USER_LIST, NULL, &ok, &exit_code) == ERR_OK && !cli->json)
        out_printf(&cli->out, "%-20s  %-6s  %-8s  %4s  %6s  %s\n", "USER", "ROLE", "STATE", "KEYS", "TOKENS",
                   "SINCE");
    json_array_foreach(jsonx_arr(ok, "users"), i, user)
    {
        if (cli->json)
            out_json(&cli->out, user);
        else
            put_row(cli, user);
    }
    json_decref(ok);
    return exit_code;
}

static void put_settings(struct cli *cli, const json_t *settings)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)settings, name, value)
    {
        char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));

        out_printf(&cli->out, "%-16s  %s\n", name, text ? text : "");
        free(text);
    }
}

static void put_keys(struct cli *cli, const json_t *keys)
{
    const json_t *one;
    size_t i;

    json_array_foreach((json_t *)keys, i, one)
    {
        char since[CLOCK_TEXT], words[KEY_WORDS_MAX] = "";
        unsigned char bytes[KEY_BYTES];

        clock_local(jsonx_int(one, "created", 0), CLOCK_MINUTE, since);
        if (key_parse(jsonx_str(one, "key", ""), bytes))
            key_words(bytes, words);
        out_printf(&cli->out, "%-16s  %s  %s  %s%s%s\n", "key", jsonx_str(one, "key", ""), since, words,
                   *jsonx_str(one, "label", "") ? "  " : "", jsonx_str(one, "label", ""));
    }
}

static void put_stored(struct cli *cli, const json_t *stored)
{
    char is[SIZE_TEXT_MAX], may[SIZE_TEXT_MAX];
    int64_t limit = jsonx_int(stored, "limit", -1);

    if (stored)
        out_printf(&cli->out, "%-16s  %s%s%s\n", "stored", size_text(jsonx_int(stored, "bytes", 0), is),
                   limit >= 0 ? " of " : "", limit >= 0 ? size_text(limit, may) : "");
}

static int show(struct cli *cli)
{
    json_t *ok, *used;
    int exit_code;
    char since[CLOCK_TEXT] = "always";

    if (offline_call(cli, METHOD_USER_SHOW, cli->args->word_count > 1 ? of_user(cli->args->words[1]) : NULL,
                     &ok, &exit_code) == ERR_OK) {
        used = jsonx_obj(ok, "used");
        if (cli->json) {
            out_json(&cli->out, ok);
        } else {
            if (jsonx_int(ok, "created", 0) > 0)
                clock_local(jsonx_int(ok, "created", 0), CLOCK_MINUTE, since);
            out_printf(&cli->out, "%-16s  %s\n%-16s  %s%s\n%-16s  %s\n%-16s  %lld\n", "user",
                       jsonx_str(ok, "user", ""), "role", jsonx_str(ok, "role", ""),
                       jsonx_bool(ok, "disabled", false) ? ", disabled" : "", "since", since, "API tokens",
                       (long long)jsonx_int(ok, "tokens", 0));
            put_settings(cli, jsonx_obj(ok, "settings"));
            put_stored(cli, jsonx_obj(ok, "stored"));
            if (used)
                out_printf(&cli->out, "%-16s  %lld tokens, %.2f\n", "used today",
                           (long long)jsonx_int(used, "input", 0) + (long long)jsonx_int(used, "output", 0),
                           jsonx_real(used, "cost", 0));
            put_keys(cli, jsonx_arr(ok, "keys"));
        }
    }
    json_decref(ok);
    return exit_code;
}

static const struct {
    const char *name, *needs;
    size_t least, most; /* words, with its own */
    int (*run)(struct cli *cli);
} parts[] = {
    {"add", "NAME", 2, 2, add},          {"disable", "NAME", 2, 2, disable},
    {"enable", "NAME", 2, 2, enable},    {"key", "add NAME KEY, or revoke KEY", 3, 4, key},
    {"ls", "no more words", 1, 1, list}, {"rm", "NAME", 2, 2, take_away},
    {"set", "NAME", 2, 2, set},          {"show", "[NAME]", 1, 2, show},
};

int command_user(struct cli *cli)
{
    const char *name = cli->args->word_count > 0 ? cli->args->words[0] : "ls";

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t count = cli->args->word_count ? cli->args->word_count : 1;

        if (strcmp(parts[i].name, name) != 0)
            continue;
        if (count < parts[i].least || count > parts[i].most)
            return cli_usage("it is: stoa user %s %s", name, parts[i].needs);
        return parts[i].run(cli);
    }
    return cli_usage(
        "'%.40s' is nothing that user does; it does add, disable, enable, key, ls, rm, set and show", name);
}
