/* What an agent asks people, and takes back. When a question is due, how many must allow it and on whose
 * machine it runs is the daemon's to say. */
#include "daemon/supervisor/supervisor_internal.h"

#include "daemon/questions.h"
#include "proto/rule.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { LENDER_MAX = 200, TEXT_MAX = 16384 }; /* bytes, of a question */

static bool may_ask(const struct agent *agent, const json_t *json, const struct question *question)
{
    const struct state *state = agent->session->state;
    enum call_state call = CALL_STATE_COUNT;
    bool about_call = question->message[0] != '\0';
    if (state_question(state, question->id) || state_answered(state, question->id) ||
        questions_session(agent->session->server, question->id) ||
        questions_known(agent->session->server, question->id) || !state_question_fits(state, question) ||
        (about_call && (agent->state != AGENT_RUNNING || !supervisor_names_call(state, json, &call))))
        return false;
    if (question->kind == QUESTION_PERMISSION)
        return call == CALL_NONE;
    return !about_call || call == CALL_RUNNING;
}

/* A rule that a person makes of it is about that tool and no other, whatever the agent would propose. */
static void set_pattern(json_t *json)
{
    char *pattern = rule_exact(jsonx_str(json, "server", ""), jsonx_str(json, "tool", ""));
    char unused[256];
    json_object_del(json, "pattern");
    if (strcmp(jsonx_str(json, "kind", ""), "permission") == 0 && rule_check(pattern, unused))
        jsonx_set_str(json, "pattern", pattern);
    free(pattern);
}

/* On whose machine a lent tool runs, too. */
static void set_lender(const struct session *session, json_t *json)
{
    const struct lent *lent = state_lent(session->state, jsonx_str(json, "server", ""));
    json_object_del(json, "lender");
    if (!lent || strcmp(jsonx_str(json, "kind", ""), "permission") != 0)
        return;
    char *lender = xasprintf("%s's terminal%s%s", lent->user, *lent->terminal ? " " : "", lent->terminal);
    char *text = xasprintf("%s; it runs on the machine of %s", jsonx_str(json, "text", ""), lender);
    jsonx_set_strn(json, "lender", lender, utf8_cut(lender, strlen(lender), LENDER_MAX));
    jsonx_set_strn(json, "text", text, utf8_cut(text, strlen(text), TEXT_MAX));
    free(lender);
    free(text);
}

/* When a permission is due is the daemon's to say. */
static void set_times(const struct session *session, json_t *json)
{
    const struct config *config = session->server->config;
    int64_t now = clock_wall_ms(), timeout = config_number(config, OPTION_PERMISSION_TIMEOUT);
    bool waits = config_number(config, OPTION_PERMISSION_ON_TIMEOUT) == 1;
    jsonx_set_int(json, "asked", now);
    if (strcmp(jsonx_str(json, "kind", ""), "permission") != 0)
        return;
    json_object_del(json, "deadline");
    if (timeout > 0 && !waits)
        jsonx_set_int(json, "deadline", now + timeout);
}

/* So are how many must allow it, and who has. */
static void set_persons(const struct session *session, json_t *json)
{
    json_object_del(json, "two_person");
    json_object_del(json, "approved_by");
    if (strcmp(jsonx_str(json, "kind", ""), "permission") == 0 && supervisor_needs_two(session, json))
        json_object_set_new(json, "two_person", json_true());
}

bool supervisor_fact_asked(struct agent *agent, json_t *data)
{
    struct session *session = agent->session;
    json_t *json = jsonx_obj(data, "question");
    if (session->state->run == RUN_INTERRUPTING && json_object_get(json, "message"))
        return true; /* its call is being cancelled */
    set_times(session, json);
    set_pattern(json);
    set_lender(session, json);
    set_persons(session, json);
    struct question *question = question_from_json(json);
    bool good = question && may_ask(agent, json, question) &&
                session_emit(session, EVENT_QUESTION_ASKED, json_incref(data));
    if (good) {
        agent->last_used = clock_steady_ms();
        questions_watch(session);
        questions_notify(session, question);
    }
    if (question)
        question_free(&question);
    return good;
}

/* An agent takes back what it asked; it allows nothing. Only that a page was opened and somebody came back
 * from it (OAuth) is its to say. */
bool supervisor_fact_answered(struct agent *agent, json_t *data)
{
    struct session *session = agent->session;
    const char *id = jsonx_str(data, "question", ""), *cause = jsonx_str(data, "cause", "");
    const struct question *question = state_question(session->state, id);
    if (!question) /* a person was faster, or it was not asked any more */
        return session->state->run == RUN_INTERRUPTING || questions_known(session->server, id);
    bool allows = strcmp(jsonx_str(data, "decision", ""), "allow") == 0;
    if (strcmp(cause, "person") == 0 || strcmp(cause, "deadline") == 0 ||
        (allows && question->kind != QUESTION_AUTHORIZE))
        return false;
    json_object_del(data, "by");
    json_object_del(data, "scope");
    json_object_del(data, "content");
    return session_emit(session, EVENT_QUESTION_ANSWERED, json_incref(data));
}
