/* What people may type after "/": the table of commands, and how each becomes a request. */
#include "proto/slash_private.h"

#include "shared/jsonx.h"
#include "shared/nearest.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r\n"
#define DIGITS "0123456789"

enum {
    NEAR_MIN = 4, /* letters that a mistyped name has at least: fewer are near to all */
    NUMBER_DIGITS = 9,
    SHOWN_MAX = 40, /* bytes of what was typed that an error repeats */
    WORDS_MAX = 4
};

struct input { /* of one command */
    enum slash_command command;
    const char *rest;            /* the argument as one text; "" for none */
    const char *word[WORDS_MAX]; /* the same as words; NULL beyond the last */
    size_t word_count;           /* WORDS_MAX for that many and more */
    const struct state *state;
    char *error; /* [256] */
};

struct output {
    enum method method;
    json_t *params;
};

static const struct slash_row rows[SLASH_COUNT] = {
    [SLASH_ARCHIVE] = {"archive", "[off]", "put the session away; off: take it back"},
    [SLASH_COMPACT] = {"compact", "", "sum the conversation up, so that it fits the model again"},
    [SLASH_FORK] = {"fork", "[N] [TITLE]",
                    "a new session with this one's messages, without the newest N questions"},
    [SLASH_INFO] = {"info", "", "what is known of the session"},
    [SLASH_INTERRUPT] = {"interrupt", "", "end the turn that runs"},
    [SLASH_MCP] = {"mcp", "[tools [SERVER] | connect SERVER | disconnect SERVER | select SERVER [VARIANT]]",
                   "MCP servers: how they are, their tools, on, off, which variant"},
    [SLASH_MODEL] = {"model", "[NAME | -]", "which model answers, and which there are; -: the default one"},
    [SLASH_NEW] = {"new", "[TITLE]", "a new session"},
    [SLASH_RENAME] = {"rename", "TEXT", "the session's title, as /title"},
    [SLASH_REWIND] = {"rewind", "N | MESSAGE",
                      "drop the newest N questions and all after them, or all after MESSAGE"},
    [SLASH_RULES] = {"rules", "[allow PATTERN | ask PATTERN | deny PATTERN | rm ID]",
                     "what tools may do without a question; one more for this session, or one less"},
    [SLASH_SEARCH] = {"search", "WORDS", "find messages in all sessions"},
    [SLASH_SET] = {"set", "NAME=VALUE", "a variable of the session, for templates; NAME= removes it"},
    [SLASH_SHARE] =
        {"share", "[USER ROLE]",
         "share the session with USER as viewer, writer or approver; how another terminal attaches"},
    [SLASH_STEER] = {"steer", "TEXT", "a message that enters at the turn's next step, not after it"},
    [SLASH_SYSTEM] = {"system", "[TEXT | -]", "the system prompt; TEXT: another one; -: none"},
    [SLASH_TITLE] = {"title", "TEXT", "the session's title"},
    [SLASH_UNQUEUE] = {"unqueue", "[all]", "take back the newest message that waits, or all of them"},
    [SLASH_UNSHARE] = {"unshare", "USER", "share the session with USER no more; yourself: leave it"},
    [SLASH_USAGE] = {"usage", "", "tokens, turns, and how full the model's context is"},
    [SLASH_WHO] = {"who", "", "whose the session is, whom it is shared with, who is here"},
};

const struct slash_row *slash_rows(size_t *count)
{
    *count = SLASH_COUNT;
    return rows;
}

static enum slash_command find(const char *name, size_t len)
{
    enum slash_command command = 0;
    while (command < SLASH_COUNT &&
           (strncmp(rows[command].name, name, len) != 0 || rows[command].name[len] != '\0'))
        command++;
    return command;
}

const struct slash_row *slash_find(const char *name, size_t len)
{
    enum slash_command command = find(name, len);
    return command < SLASH_COUNT ? &rows[command] : NULL;
}

enum slash_command slash_command_of(const char *text)
{
    return text[0] == '/' ? find(text + 1, strcspn(text + 1, BLANKS)) : SLASH_COUNT;
}

/* --- what is wrong --- */

static bool fail(const struct input *in, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(const struct input *in, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(in->error, 256, format, args);
    va_end(args);
    return false;
}

/* Says what the command takes instead of what was given. */
static bool misused(const struct input *in)
{
    const struct slash_row *row = &rows[in->command];
    char *shown = sanitise_line(in->rest, strlen(in->rest), SHOWN_MAX);
    if (!*in->rest)
        fail(in, "/%s needs: %s", row->name, row->arguments);
    else if (!*row->arguments)
        fail(in, "/%s takes nothing, not '%s'", row->name, shown);
    else
        fail(in, "/%s takes %s, not '%s'", row->name, row->arguments, shown);
    free(shown);
    return false;
}

/* The command that was likely meant: one that begins so, else one that is spelt nearly so; NULL if none. */
static const char *meant(const char *name)
{
    const char *names[SLASH_COUNT];
    size_t len = strlen(name);
    for (enum slash_command command = 0; command < SLASH_COUNT; command++) {
        names[command] = rows[command].name;
        if (len > 0 && strncmp(names[command], name, len) == 0)
            return names[command];
    }
    return len >= NEAR_MIN ? nearest_name(name, names, SLASH_COUNT) : NULL;
}

static bool unknown(const char *text, char error[256])
{
    if (text[0] != '/') {
        snprintf(error, 256, "a command begins with '/'");
        return false;
    }
    size_t len = strcspn(text + 1, BLANKS);
    char *shown = sanitise_line(text + 1, len, SHOWN_MAX);
    const char *near = meant(shown);
    if (near)
        snprintf(error, 256, "there is no command '/%s'; did you mean /%s?", shown, near);
    else
        snprintf(error, 256, "there is no command '/%s'; 'stoa cmd --list' lists those there are", shown);
    free(shown);
    return false;
}

/* --- messages --- */

/* Whether the word is a number, and which; -1: one that is too large. */
static bool read_number(const char *word, int64_t *number)
{
    if (!word || !*word || word[strspn(word, DIGITS)] != '\0')
        return false;
    *number = strlen(word) > NUMBER_DIGITS ? -1 : strtoll(word, NULL, 10);
    return true;
}

/* The message before the newest count of a user's: what is kept without them. *id "": nothing is. */
static bool last_kept(const struct input *in, int64_t count, char id[ID_MAX])
{
    const struct state *state = in->state;
    int64_t left = count;
    size_t i = state->message_count;
    while (left != 0 && i > 0)
        left -= state->messages[--i]->role == MESSAGE_ROLE_USER;
    if (left != 0 && state->messages_total == state->message_count)
        return fail(in, "/%s: the session has only %" PRId64 " questions", rows[in->command].name,
                    count < 0 ? -1 - left : count - left);
    if (left != 0 || (i == 0 && state->messages_total > state->message_count))
        return fail(in, "/%s: so far back, name the last message to keep by its id", rows[in->command].name);
    snprintf(id, ID_MAX, "%s", i > 0 ? state->messages[i - 1]->id : "");
    return true;
}

/* --- commands --- */

static bool nothing(const struct input *in, struct output *out, enum method method)
{
    out->method = method;
    return in->word_count == 0 || misused(in);
}

/* The whole argument as one member. */
static bool take_text(const struct input *in, struct output *out, enum method method, const char *name)
{
    out->method = method;
    if (!*in->rest)
        return misused(in);
    json_object_set_new(out->params, name, json_string(in->rest));
    return true;
}

/* "-": null. */
static bool take_text_or_null(const struct input *in, struct output *out, enum method method,
                              const char *name)
{
    take_text(in, out, method, name);
    if (strcmp(in->rest, "-") == 0)
        json_object_set_new(out->params, name, json_null());
    return true;
}

static bool parse_archive(const struct input *in, struct output *out)
{
    out->method = METHOD_SESSION_ARCHIVE;
    if (in->word_count == 0)
        return true;
    json_object_set_new(out->params, "archived", json_false());
    return strcmp(in->rest, "off") == 0 || misused(in);
}

static bool parse_compact(const struct input *in, struct output *out)
{
    return nothing(in, out, METHOD_SESSION_COMPACT);
}

static bool parse_fork(const struct input *in, struct output *out)
{
    const char *title = in->rest;
    int64_t count = 0;
    char kept[ID_MAX];
    out->method = METHOD_SESSION_FORK;
    if (in->word[0] && in->word[0][0] == '-' && read_number(in->word[0] + 1, &count))
        return fail(in, "/fork drops 0 or more of the newest questions; '/fork 0 %.20s' makes that a title",
                    in->word[0]);
    if (read_number(in->word[0], &count)) {
        title += strcspn(title, BLANKS);
        title += strspn(title, BLANKS);
    }
    if (count != 0) {
        if (!last_kept(in, count, kept))
            return false;
        if (!kept[0])
            return fail(in, "/fork: nothing would be left; /new makes an empty session");
        jsonx_set_str(out->params, "message", kept);
    }
    if (*title)
        jsonx_set_str(out->params, "title", title);
    return true;
}

static bool parse_info(const struct input *in, struct output *out)
{
    return nothing(in, out, METHOD_SESSION_INFO);
}

static bool parse_interrupt(const struct input *in, struct output *out)
{
    return nothing(in, out, METHOD_SESSION_INTERRUPT);
}

static bool parse_mcp(const struct input *in, struct output *out)
{
    static const struct {
        const char *verb;
        enum method method;
        size_t least, most; /* words after it */
    } verbs[] = {{"tools", METHOD_MCP_TOOLS, 0, 1},
                 {"connect", METHOD_MCP_CONNECT, 1, 1},
                 {"disconnect", METHOD_MCP_DISCONNECT, 1, 1},
                 {"select", METHOD_MCP_SELECT, 1, 2}};
    out->method = METHOD_MCP_SERVERS;
    if (in->word_count == 0)
        return true;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].verb, in->word[0]) != 0)
            continue;
        if (in->word_count - 1 < verbs[i].least || in->word_count - 1 > verbs[i].most)
            return misused(in);
        out->method = verbs[i].method;
        jsonx_set_str(out->params, "server", in->word[1]);
        if (out->method == METHOD_MCP_SELECT)
            json_object_set_new(out->params, "variant", in->word[2] ? json_string(in->word[2]) : json_null());
        return true;
    }
    return misused(in);
}

static bool parse_model(const struct input *in, struct output *out)
{
    if (in->word_count == 0)
        return nothing(in, out, METHOD_MODEL_LIST);
    if (in->word_count > 1)
        return misused(in);
    return take_text_or_null(in, out, METHOD_SESSION_CONFIGURE, "model");
}

static bool parse_new(const struct input *in, struct output *out)
{
    out->method = METHOD_SESSION_CREATE;
    return !*in->rest || take_text(in, out, METHOD_SESSION_CREATE, "title");
}

static bool parse_title(const struct input *in, struct output *out)
{
    return take_text(in, out, METHOD_SESSION_RENAME, "title");
}

static bool parse_rewind(const struct input *in, struct output *out)
{
    int64_t count;
    char kept[ID_MAX] = "";
    out->method = METHOD_SESSION_REWIND;
    if (in->word_count != 1)
        return misused(in);
    if (!read_number(in->word[0], &count)) {
        if (!id_valid(in->word[0], "m_"))
            return misused(in);
        return take_text(in, out, METHOD_SESSION_REWIND, "message");
    }
    if (count == 0)
        return fail(in, "/rewind 0 drops nothing; 1 is the newest question and its answer");
    if (!last_kept(in, count, kept))
        return false;
    json_object_set_new(out->params, "message", kept[0] ? json_string(kept) : json_null());
    return true;
}

static bool has_rule(const struct state *state, const char *id)
{
    size_t i = 0;
    while (i < state->rule_count && strcmp(state->rules[i].id, id) != 0)
        i++;
    return i < state->rule_count;
}

static bool parse_rules(const struct input *in, struct output *out)
{
    static const char *const effects[] = {"allow", "ask", "deny"};
    const char *verb = in->word[0];
    out->method = METHOD_RULE_LIST;
    if (!verb) {
        jsonx_set_str(out->params, "session", in->state->id);
        return true;
    }
    const char *rest = in->rest + strlen(verb);
    rest += strspn(rest, BLANKS);
    if (!*rest)
        return misused(in);
    if (strcmp(verb, "rm") == 0) { /* a rule of the user's own is named without a session */
        out->method = METHOD_RULE_REMOVE;
        jsonx_set_str(out->params, "rule", rest);
        jsonx_set_str(out->params, "session", has_rule(in->state, rest) ? in->state->id : NULL);
        return true;
    }
    out->method = METHOD_RULE_ADD;
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++) {
        if (strcmp(effects[i], verb) != 0)
            continue;
        jsonx_set_str(out->params, "effect", verb);
        jsonx_set_str(out->params, "pattern", rest);
        jsonx_set_str(out->params, "session", in->state->id);
        return true;
    }
    return misused(in);
}

static bool parse_search(const struct input *in, struct output *out)
{
    return take_text(in, out, METHOD_MESSAGE_SEARCH, "text");
}

static bool parse_set(const struct input *in, struct output *out)
{
    const char *equals = strchr(in->rest, '=');
    out->method = METHOD_SESSION_CONFIGURE;
    if (!equals || equals == in->rest || strcspn(in->rest, BLANKS) < (size_t)(equals - in->rest))
        return misused(in);
    json_t *variables = json_object();
    char *name = xstrndup(in->rest, (size_t)(equals - in->rest));
    json_object_set_new(variables, name, equals[1] ? json_string(equals + 1) : json_null());
    json_object_set_new(out->params, "variables", variables);
    free(name);
    return true;
}

static bool parse_share(const struct input *in, struct output *out)
{
    if (in->word_count == 0)
        return nothing(in, out, METHOD_SESSION_INFO);
    out->method = METHOD_SESSION_SHARE;
    jsonx_set_str(out->params, "user", in->word[0]);
    jsonx_set_str(out->params, "role", in->word[1]);
    return in->word_count == 2 || misused(in);
}

static bool parse_steer(const struct input *in, struct output *out)
{
    jsonx_set_str(out->params, "mode", "steer");
    return take_text(in, out, METHOD_MESSAGE_SEND, "text");
}

static bool parse_system(const struct input *in, struct output *out)
{
    if (!*in->rest)
        return nothing(in, out, METHOD_SESSION_INFO);
    return take_text_or_null(in, out, METHOD_SESSION_CONFIGURE, "system");
}

static bool parse_unqueue(const struct input *in, struct output *out)
{
    const struct state *state = in->state;
    bool all = in->word_count == 1 && strcmp(in->word[0], "all") == 0;
    out->method = METHOD_MESSAGE_EDIT_QUEUE;
    if (in->word_count > 0 && !all)
        return misused(in);
    if (state->queue_count == 0)
        return fail(in, "/unqueue: no message waits");
    json_t *ids = json_array();
    for (size_t i = all ? 0 : state->queue_count - 1; i < state->queue_count; i++)
        json_array_append_new(ids, json_string(state->queue[i]->id));
    json_object_set_new(out->params, "remove", ids);
    return true;
}

static bool parse_unshare(const struct input *in, struct output *out)
{
    return in->word_count == 1 ? take_text(in, out, METHOD_SESSION_UNSHARE, "user") : misused(in);
}

static bool parse_usage(const struct input *in, struct output *out)
{
    return nothing(in, out, METHOD_SESSION_INFO);
}

static bool parse_who(const struct input *in, struct output *out)
{
    return nothing(in, out, METHOD_SESSION_WHO);
}

static bool (*const parsers[SLASH_COUNT])(const struct input *in, struct output *out) = {
    [SLASH_ARCHIVE] = parse_archive,
    [SLASH_COMPACT] = parse_compact,
    [SLASH_FORK] = parse_fork,
    [SLASH_INFO] = parse_info,
    [SLASH_INTERRUPT] = parse_interrupt,
    [SLASH_MCP] = parse_mcp,
    [SLASH_MODEL] = parse_model,
    [SLASH_NEW] = parse_new,
    [SLASH_RENAME] = parse_title,
    [SLASH_REWIND] = parse_rewind,
    [SLASH_RULES] = parse_rules,
    [SLASH_SEARCH] = parse_search,
    [SLASH_SET] = parse_set,
    [SLASH_SHARE] = parse_share,
    [SLASH_STEER] = parse_steer,
    [SLASH_SYSTEM] = parse_system,
    [SLASH_TITLE] = parse_title,
    [SLASH_UNQUEUE] = parse_unqueue,
    [SLASH_UNSHARE] = parse_unshare,
    [SLASH_USAGE] = parse_usage,
    [SLASH_WHO] = parse_who,
};

/* Cuts words, in place. */
static void split(struct input *in, char *words)
{
    char *save = NULL;
    for (char *word = strtok_r(words, BLANKS, &save); word && in->word_count < WORDS_MAX;
         word = strtok_r(NULL, BLANKS, &save))
        in->word[in->word_count++] = word;
}

static char *trimmed(const char *text)
{
    text += strspn(text, BLANKS);
    size_t len = strlen(text);
    while (len > 0 && strchr(BLANKS, text[len - 1]))
        len--;
    return xstrndup(text, len);
}

bool slash_parse(const char *text, const struct state *state, enum method *method, json_t **params,
                 char error[256])
{
    struct input in = {.command = slash_command_of(text), .state = state, .error = error};
    struct output out = {METHOD_COUNT, NULL};
    *params = NULL;
    if (!utf8_valid(text, strlen(text)))
        return fail(&in, "a command must be UTF-8");
    if (in.command == SLASH_COUNT)
        return unknown(text, error);
    char *rest = trimmed(text + 1 + strlen(rows[in.command].name)), *words = xstrdup(rest);
    in.rest = rest;
    split(&in, words);
    out.params = json_object();
    bool good = parsers[in.command](&in, &out);
    char why[256];
    if (good && !schema_check(request_row(out.method)->fields, out.params, true, why))
        good = fail(&in, "/%s: %.240s", rows[in.command].name, why);
    free(rest);
    free(words);
    *method = out.method;
    if (good)
        *params = out.params;
    else
        json_decref(out.params);
    return good;
}
