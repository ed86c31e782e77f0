/* What is shown of a call is what would be run: the arguments as they were read, not as the model wrote them.
 */
#include "daemon/agent/permission.h"
#include "shared/clock.h"
#include "shared/id.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So that the largest question, each byte of it escaped as six, fits STATE_QUESTIONS_BYTES. */
enum { PERMISSION_ARGUMENTS_MAX = 32 << 10, PERMISSION_TEXT_MAX = 1024 };

static size_t add_session(const struct state *state, struct rule_line *lines)
{
    for (size_t i = 0; i < state->rule_count; i++)
        lines[i] = (struct rule_line){.effect = rule_effect_parse(state->rules[i].effect),
                                      .origin = RULE_SESSION,
                                      .pattern = state->rules[i].pattern};
    return state->rule_count;
}

/* Of configuration and user. One that can't be read is left out: the daemon has checked them. */
static size_t add_others(const json_t *rules, struct rule_line *lines)
{
    const json_t *rule;
    size_t i, count = 0;

    json_array_foreach(rules, i, rule)
    {
        const char *origin = jsonx_str(rule, "origin", "");
        struct rule_line line = {.effect = rule_effect_parse(jsonx_str(rule, "effect", "")),
                                 .origin = strcmp(origin, rule_origin_name(RULE_USER)) == 0 ? RULE_USER
                                                                                            : RULE_CONFIG,
                                 .pattern = jsonx_str(rule, "pattern", "")};
        if (line.effect != RULE_EFFECT_COUNT)
            lines[count++] = line;
    }
    return count;
}

static const char *owner_of(enum rule_origin origin)
{
    return origin == RULE_SESSION ? "the session's rule"
           : origin == RULE_USER  ? "your rule"
                                  : "the configuration's rule";
}

static void set_why(struct permission *permission, const struct rule_line *rule)
{
    size_t room = sizeof permission->why - 40, len = strlen(rule->pattern),
           cut = utf8_cut(rule->pattern, len, room);

    snprintf(permission->why, sizeof permission->why, "%s %.*s%s", owner_of(rule->origin), (int)cut,
             rule->pattern, cut < len ? "..." : "");
}

static bool needs_two(const json_t *rules, const struct servers_tool *tool, const json_t *arguments)
{
    const json_t *rule;
    size_t i;

    json_array_foreach(rules, i, rule)
    {
        if (strcmp(jsonx_str(rule, "effect", ""), RULE_TWO_PERSON) == 0 &&
            rule_list_matches(jsonx_str(rule, "pattern", ""), tool->server, tool->tool, arguments))
            return true;
    }
    return false;
}

void permission_decide(const struct state *state, const json_t *rules, const struct servers_tool *tool,
                       const json_t *arguments, struct permission *permission)
{
    struct rule_line *lines = xcalloc(state->rule_count + json_array_size(rules) + 1, sizeof *lines);
    size_t count = add_session(state, lines);

    count += add_others(rules, lines + count);
    const struct rule_line *rule =
        rule_decide(lines, count, *tool->server ? tool->server : RULE_BUILTIN, tool->tool, arguments);
    *permission = (struct permission){.effect = RULE_ASK};
    if (rule) {
        permission->effect = rule->effect;
        set_why(permission, rule);
    } else if (!*tool->server || tool->connects) {
        permission->effect = RULE_ALLOW;
        snprintf(permission->why, sizeof permission->why, "%s",
                 tool->connects ? "it only connects" : "a built-in tool that only reads");
    }
    if (permission->effect != RULE_DENY && needs_two(rules, tool, arguments)) {
        permission->effect = RULE_ASK;
        snprintf(permission->why, sizeof permission->why, "two persons must allow it");
    }
    free(lines);
}

static void set_arguments(json_t *question, const json_t *arguments)
{
    size_t len;
    char *text = jsonx_dump(arguments, &len);
    size_t cut = utf8_cut(text, len, PERMISSION_ARGUMENTS_MAX);

    jsonx_set_strn(question, "arguments", text, cut);
    if (cut < len)
        json_object_set_new(question, "cut", json_true());
    free(text);
}

static void set_text(json_t *question, const struct servers_tool *tool, const char *author, const char *why)
{
    char *text = *tool->server ? xasprintf("%s wants to call %s of %s", author, tool->tool, tool->server)
                               : xasprintf("%s wants to call the built-in %s", author, tool->tool);
    char *whole = *why ? xasprintf("%s (%s)", text, why) : xstrdup(text);

    jsonx_set_strn(question, "text", whole, utf8_cut(whole, strlen(whole), PERMISSION_TEXT_MAX));
    free(text);
    free(whole);
}

json_t *permission_question(const struct servers_tool *tool, const struct permission_call *call,
                            const char *why, char id[ID_MAX])
{
    json_t *question = json_object();
    int64_t now = clock_wall_ms();
    char *pattern = rule_exact(*tool->server ? tool->server : RULE_BUILTIN, tool->tool);

    id_make(id, "q_");
    jsonx_set_str(question, "id", id);
    jsonx_set_str(question, "kind", question_kind_name(QUESTION_PERMISSION));
    jsonx_set_str(question, "message", call->message);
    jsonx_set_int(question, "block", call->block);
    jsonx_set_str(question, "server", tool->server);
    jsonx_set_str(question, "tool", tool->tool);
    set_text(question, tool, call->author, why);
    set_arguments(question, call->arguments);
    if (strlen(pattern) <= RULE_PATTERN_MAX)
        jsonx_set_str(question, "pattern", pattern);
    json_object_set_new(question, "read_only", json_boolean(tool->read_only));
    json_object_set_new(question, "destructive", json_boolean(tool->destructive));
    jsonx_set_int(question, "asked", now);
    if (call->ask_ms > 0)
        jsonx_set_int(question, "deadline", now + call->ask_ms);
    free(pattern);
    return question;
}
