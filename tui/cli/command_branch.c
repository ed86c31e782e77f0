/* Subcommands that fork a session, and go back in it. What a rewind drops is counted before it is asked for:
 * through the history from its end. */
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/command.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TITLE_BYTES = 1024, PAGE_MESSAGES = 1000, QUESTIONS_MAX = 1000000 };

/* --- fork --- */

static json_t *fork_params(const struct args *args)
{
    json_t *params = json_object();
    struct buf title;

    buf_init(&title, TITLE_BYTES);
    for (size_t i = 1; i < args->word_count; i++)
        buf_printf(&title, "%s%s", i > 1 ? " " : "", args->words[i]);
    jsonx_set_str(params, "message", args_value(args, "at"));
    jsonx_set_str(params, "title", title.len ? title.data : NULL);
    buf_free(&title);
    return params;
}

int command_fork(struct cli *cli)
{
    char id[ID_MAX];
    json_t *ok = NULL;
    enum err code = cli_session(cli, cli->args->words[0], id);

    if (code == ERR_OK)
        code = cli_call(cli, METHOD_SESSION_FORK, id, fork_params(cli->args), &ok);
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, ok);
    else if (code == ERR_OK)
        out_printf(&cli->out, "%s\n", jsonx_str(ok, "session", ""));
    json_decref(ok);
    return cli_exit_code(code);
}

/* --- rewind --- */

struct target {          /* what is to be kept */
    const char *message; /* its id; NULL: what is before the newest so many questions */
    long questions;
    size_t dropped;    /* so many messages come after it */
    bool found;        /* the id, or so many questions */
    char kept[ID_MAX]; /* the last one that is; "" for none */
};

/* "-2" and "2": the newest two questions and all after them. False with what is wrong. */
static bool read_target(const char *word, struct target *target)
{
    char *end;

    *target = (struct target){0};
    errno = 0;
    long number = strtol(word, &end, 10);
    if (*end || end == word) {
        target->message = word;
        return true;
    }
    target->questions = number < 0 ? -number : number;
    return errno == 0 && target->questions > 0 && target->questions <= QUESTIONS_MAX;
}

/* From the newest message of the page on; true once the last one that is kept is known. */
static bool look_through(struct target *target, const json_t *messages)
{
    for (size_t i = json_array_size(messages); i-- > 0;) {
        const json_t *message = json_array_get(messages, i);
        const char *id = jsonx_str(message, "id", "");

        if (target->message ? strcmp(id, target->message) == 0 : target->found) {
            snprintf(target->kept, sizeof target->kept, "%s", id);
            target->found = true;
            return true;
        }
        target->dropped++;
        if (!target->message && strcmp(jsonx_str(message, "role", ""), "user") == 0)
            target->found = --target->questions == 0;
    }
    return false;
}

static enum err find_target(struct cli *cli, const char *session, struct target *target)
{
    char before[ID_MAX] = "";
    bool more = true;
    enum err code = ERR_OK;

    while (more && code == ERR_OK) {
        json_t *params = json_pack("{s:i}", "limit", PAGE_MESSAGES), *page = NULL;

        jsonx_set_str(params, "before", before[0] ? before : NULL);
        code = cli_call(cli, METHOD_MESSAGE_HISTORY, session, params, &page);
        const json_t *messages = jsonx_arr(page, "messages");
        more = code == ERR_OK && !look_through(target, messages) && jsonx_bool(page, "more", false);
        snprintf(before, sizeof before, "%s", jsonx_str(json_array_get(messages, 0), "id", ""));
        json_decref(page);
    }
    if (code != ERR_OK || target->found)
        return code;
    if (target->message)
        cli_say("the session has no message '%.60s'", target->message);
    else
        cli_say("the session has not so many questions");
    return ERR_NOT_FOUND;
}

static bool confirmed(const struct target *target)
{
    char answer[16] = "";

    fprintf(stderr, "Drop the newest %zu message%s for ever? [y/N] ", target->dropped,
            target->dropped == 1 ? "" : "s");
    return fgets(answer, sizeof answer, stdin) &&
           (strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0);
}

static enum err rewind_to(struct cli *cli, const char *session, const struct target *target)
{
    json_t *params = json_object(), *ok = NULL;

    json_object_set_new(params, "message", target->kept[0] ? json_string(target->kept) : json_null());
    enum err code = cli_call(cli, METHOD_SESSION_REWIND, session, params, &ok);
    if (code == ERR_OK && cli->json)
        out_json(&cli->out, ok);
    else if (code == ERR_OK)
        out_printf(&cli->out, "%lld message%s dropped\n", (long long)jsonx_int(ok, "removed", 0),
                   jsonx_int(ok, "removed", 0) == 1 ? "" : "s");
    json_decref(ok);
    return code;
}

int command_rewind(struct cli *cli)
{
    char id[ID_MAX];
    struct target target;
    bool sure = args_has(cli->args, "yes");

    if (!read_target(cli->args->words[1], &target))
        return cli_usage("'%.60s' is neither a message's id nor how many questions to drop",
                         cli->args->words[1]);
    if (!sure && !isatty(STDIN_FILENO))
        return cli_usage("dropping messages needs a terminal to ask on, or --yes");
    enum err code = cli_session(cli, cli->args->words[0], id);
    if (code == ERR_OK)
        code = find_target(cli, id, &target);
    if (code != ERR_OK)
        return cli_exit_code(code);
    if (!sure && target.dropped > 0 && !confirmed(&target)) {
        cli_say("nothing was dropped");
        return EXIT_FAILED;
    }
    return cli_exit_code(rewind_to(cli, id, &target));
}
