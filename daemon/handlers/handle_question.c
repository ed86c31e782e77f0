/* question.*: what waits for people, and their answers. The first answer is the one that counts; each later
 * one is told whose that was. */
#include "daemon/handlers/handlers.h"

#include "daemon/people/audit.h"
#include "daemon/people/rights.h"
#include "daemon/people/users.h"
#include "daemon/questions.h"
#include "daemon/registry.h"
#include "daemon/rules.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "proto/rule.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONTENT_MAX = 256 << 10,  /* bytes of an answer's values as JSON */
    REDIRECT_MAX = 8192,      /* bytes of a pasted address */
    REDIRECT_MS = 60000,      /* that the agent has for it */
    LIST_MAX_BYTES = 4 << 20, /* of one answer of question.list */
    LIST_MAX = 1000
};
#define READ_ONLY_ONCE "read-only: asked once a session"

struct answer { /* a person's, and what it is about */
    struct session *session;
    const struct question *question;
    const char *decision, *scope, *pattern, *reason;
    bool allows, denies, lasts; /* lasts: it makes a rule */
    json_t *content;
};

/* --- who and what --- */

static enum err unknown(const char *id, char error[256])
{
    snprintf(error, 256, "there is no question '%s'", id);
    return ERR_NOT_FOUND;
}

static enum err too_late(struct call *call, const char *id, char error[256])
{
    const struct questions_known *known = questions_known(call->server, id);
    struct session *session;
    char unused[256];
    if (!known || registry_get(call->server->registry, known->session, &session, unused) != ERR_OK ||
        !auth_may(&call->principal, session->state, ROLE_VIEWER))
        return unknown(id, error);
    int64_t ago = (clock_wall_ms() - known->ts) / 1000;
    char by[80] = "";
    if (known->by[0])
        snprintf(by, sizeof by, " by %s", known->by);
    else if (strcmp(known->cause, "person") != 0)
        snprintf(by, sizeof by, " (%s)", known->cause);
    snprintf(error, 256, "already answered: %s%s, %lld s ago", known->decision, by,
             (long long)(ago > 0 ? ago : 0));
    call->detail = json_object();
    jsonx_set_str(call->detail, "by", known->by[0] ? known->by : NULL);
    jsonx_set_str(call->detail, "decision", known->decision);
    jsonx_set_str(call->detail, "cause", known->cause);
    jsonx_set_int(call->detail, "ts", known->ts);
    return ERR_CONFLICT;
}

static enum err find(struct call *call, struct answer *answer, char error[256])
{
    const char *id = jsonx_str(call->params, "question", "");
    answer->session = questions_session(call->server, id);
    if (!answer->session)
        return too_late(call, id, error);
    const struct state *state = answer->session->state;
    if (!auth_may(&call->principal, state, ROLE_VIEWER)) {
        audit_record(call->server, &call->principal, "refused", state->id,
                     "question.answer: they may not see it");
        return unknown(id, error);
    }
    answer->question = state_question(state, id);
    if (!auth_may(&call->principal, state, ROLE_APPROVER)) {
        snprintf(error, 256, "answering needs the role %s in this session", role_name(ROLE_APPROVER));
        return ERR_DENIED;
    }
    /* Declining gives nothing that one has not. */
    if (answer->allows && !rights_may_server(answer->session, call->principal.user,
                                             jsonx_str(answer->question->json, "server", ""), error))
        return ERR_DENIED;
    return ERR_OK;
}

/* --- two persons --- */

static bool is_for_two(const struct question *question)
{
    return jsonx_bool(question->json, "two_person", false);
}

/* Whether the first one's word still counts. */
static bool first_counts(const struct answer *answer)
{
    const char *first = jsonx_str(answer->question->json, "approved_by", NULL);
    char unused[256];
    return first && rights_may_approve(answer->session, first) &&
           rights_may_server(answer->session, first, jsonx_str(answer->question->json, "server", ""), unused);
}

static enum err check_two(struct call *call, const struct answer *answer, char error[256])
{
    const char *first = jsonx_str(answer->question->json, "approved_by", "");
    if (answer->lasts) {
        snprintf(error, 256,
                 "two persons must allow this call each time (permission.two_person); answer it "
                 "with the scope once");
        return ERR_BAD_REQUEST;
    }
    if (answer->content) {
        snprintf(error, 256,
                 "two persons must allow this call as it is (permission.two_person); deny it, and "
                 "say in the reason what it should be");
        return ERR_BAD_REQUEST;
    }
    return answer->allows && first_counts(answer) &&
                   !rights_is_second(answer->session, first, call->principal.user, error)
               ? ERR_CONFLICT
               : ERR_OK;
}

/* The first of two. */
static enum err approve(struct call *call, const struct answer *answer)
{
    json_t *data = json_object();
    jsonx_set_str(data, "question", answer->question->id);
    jsonx_set_str(data, "by", call->principal.user);
    return session_emit(answer->session, EVENT_QUESTION_APPROVED, data) ? ERR_OK : ERR_INTERNAL;
}

/* --- checks --- */

/* All that the call was given; the question may show less. */
static json_t *arguments_of(const struct answer *answer)
{
    const struct question *question = answer->question;
    const struct message *message = state_message(answer->session->state, question->message);
    if (!message || (size_t)question->block >= message->block_count)
        return NULL;
    const struct buf *input = &message->blocks[question->block].text;
    return input->len > 0 ? jsonx_parse(input->data, input->len, NULL) : json_object();
}

static enum err check_pattern(const struct answer *answer, char error[256])
{
    const json_t *json = answer->question->json;
    char why[256];
    if (!rule_check(answer->pattern, why)) {
        snprintf(error, 256, "%s", why);
        return ERR_BAD_REQUEST;
    }
    json_t *arguments = arguments_of(answer);
    bool matches = rule_matches(answer->pattern, answer->allows ? RULE_ALLOW : RULE_DENY,
                                jsonx_str(json, "server", ""), jsonx_str(json, "tool", ""), arguments);
    json_decref(arguments);
    if (matches)
        return ERR_OK;
    snprintf(error, 256, "the pattern '%.150s' does not match the call that the question is about",
             answer->pattern);
    return ERR_BAD_REQUEST;
}

/* Whether the answer may change a call's arguments. */
static bool may_change(const struct answer *answer, char error[256])
{
    if (!jsonx_obj(answer->content, "arguments") || json_object_size(answer->content) != 1)
        snprintf(error, 256,
                 "the content of a permission is {\"arguments\": {...}}, to run the call with these");
    else if (!answer->allows)
        snprintf(error, 256, "content goes with allow; this is %s", answer->decision);
    else if (answer->lasts)
        snprintf(error, 256, "changed arguments are for one call; leave the scope away, or the content");
    else
        return true;
    return false;
}

/* The same arguments as before change nothing, and are no content. */
static enum err check_changed(struct answer *answer, char error[256])
{
    const struct message *message = state_message(answer->session->state, answer->question->message);
    json_t *changed = jsonx_obj(answer->content, "arguments"), *own = arguments_of(answer);
    bool same = own && json_equal(own, changed);
    json_decref(own);
    if (same)
        answer->content = NULL;
    char *text = same ? NULL : json_dumps(changed, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    free(text);
    size_t full = message ? message->bytes : 0, most = STATE_ARGUMENTS_MAX;
    if (full > STATE_MESSAGE_BYTES - most)
        most = full < STATE_MESSAGE_BYTES ? STATE_MESSAGE_BYTES - full : 0;
    if (len > most) {
        snprintf(error, 256, "the arguments have %zu bytes; at most %zu are taken", len, most);
        return ERR_TOO_LARGE;
    }
    const json_t *json = answer->question->json;
    if (!answer->content || !rights_two_person(answer->session->server, jsonx_str(json, "server", ""),
                                               jsonx_str(json, "tool", ""), changed))
        return ERR_OK;
    snprintf(error, 256,
             "with these arguments two persons must allow the call (permission.two_person); deny "
             "it, and have the model call it so");
    return ERR_DENIED;
}

/* A rule of one's own counts in one's own sessions, and is made by nobody who may do less than oneself. */
static enum err check_scope(const struct answer *answer, const struct principal *who, char error[256])
{
    const char *owner = answer->session->state->owner;
    if (strcmp(answer->scope, "user") != 0)
        return ERR_OK;
    if (!auth_is_whole(who)) {
        snprintf(
            error, 256,
            "this token makes no rules for all sessions: it is for one session, or for less than the role "
            "owner; give scope session or once");
        return ERR_DENIED;
    }
    if (strcmp(owner, who->user) == 0)
        return ERR_OK;
    snprintf(
        error, 256,
        "a rule of yours counts in your own sessions, and this one is %.63s's; give scope session or once",
        owner);
    return ERR_DENIED;
}

static enum err check_permission(struct call *call, struct answer *answer, char **own, char error[256])
{
    const json_t *json = answer->question->json;
    enum err checked = is_for_two(answer->question) ? check_two(call, answer, error) : ERR_OK;
    if (checked == ERR_OK)
        checked = check_scope(answer, &call->principal, error);
    if (checked != ERR_OK)
        return checked;
    if (answer->content && !may_change(answer, error))
        return ERR_BAD_REQUEST;
    enum err code = answer->content ? check_changed(answer, error) : ERR_OK;
    if (code != ERR_OK)
        return code;
    if (!answer->lasts && answer->pattern) {
        snprintf(error, 256, "a pattern is for a rule: give scope session or user with it");
        return ERR_BAD_REQUEST;
    }
    if (answer->lasts && !answer->allows && !answer->denies) {
        snprintf(error, 256, "the scope %s is for allow and deny; cancel makes no rule", answer->scope);
        return ERR_BAD_REQUEST;
    }
    if (!answer->lasts)
        return ERR_OK;
    if (!answer->pattern)
        answer->pattern = jsonx_str(json, "pattern", NULL);
    if (!answer->pattern)
        answer->pattern = *own = rule_exact(jsonx_str(json, "server", ""), jsonx_str(json, "tool", ""));
    enum err good = check_pattern(answer, error);
    if (good == ERR_OK && answer->allows &&
        !rights_may_pattern(answer->session, call->principal.user, answer->pattern, error))
        good = ERR_DENIED;
    return good;
}

static enum err check_other(const struct answer *answer, char error[256])
{
    const char *redirect = jsonx_str(answer->content, "redirect", NULL);
    bool authorize = answer->question->kind == QUESTION_AUTHORIZE;
    if (answer->lasts || answer->pattern) {
        snprintf(error, 256, "only the answer to a permission makes a rule; leave scope and pattern away");
        return ERR_BAD_REQUEST;
    }
    if (answer->content && !answer->allows) {
        snprintf(error, 256, "content goes with allow; this is %s", answer->decision);
        return ERR_BAD_REQUEST;
    }
    if (answer->content && !authorize && answer->question->kind != QUESTION_FORM) {
        snprintf(error, 256, "a question of kind %s takes no content",
                 question_kind_name(answer->question->kind));
        return ERR_BAD_REQUEST;
    }
    if (authorize && answer->allows && (!redirect || !*redirect || strlen(redirect) > REDIRECT_MAX)) {
        snprintf(error, 256,
                 "content.redirect must be the address that the browser was sent to, of at most "
                 "%d bytes",
                 REDIRECT_MAX);
        return ERR_BAD_REQUEST;
    }
    return ERR_OK;
}

static enum err check_size(const json_t *content, char error[256])
{
    char *text = content ? json_dumps(content, JSON_COMPACT) : NULL;
    size_t len = text ? strlen(text) : 0;
    free(text);
    if (len <= CONTENT_MAX)
        return ERR_OK;
    snprintf(error, 256, "the content has %zu bytes; at most %d are taken", len, CONTENT_MAX);
    return ERR_TOO_LARGE;
}

/* --- what follows --- */

static enum err make_rule(struct call *call, const struct answer *answer, char error[256])
{
    const char *effect = answer->allows ? "allow" : "deny";
    char id[ID_MAX];
    if (strcmp(answer->scope, "session") == 0)
        return session_add_rule(answer->session, effect, answer->pattern, call->principal.user, NULL, id,
                                error);
    enum err code = rules_add(call->server, call->principal.user, effect, answer->pattern, id, error);
    if (code == ERR_OK)
        supervisor_define_all(call->server->supervisor, call->principal.user);
    return code;
}

/* A tool that says it only reads is asked about once, unless what it was to read was changed. If there is no
 * room for that rule, it is asked again. */
static void allow_reading(struct call *call, const struct answer *answer)
{
    const json_t *json = answer->question->json;
    char id[ID_MAX], unused[256];
    if (!answer->allows || answer->lasts || answer->content || is_for_two(answer->question) ||
        !jsonx_bool(json, "read_only", false))
        return;
    char *pattern = rule_exact(jsonx_str(json, "server", ""), jsonx_str(json, "tool", ""));
    if (rule_check(pattern, unused))
        session_add_rule(answer->session, "allow", pattern, call->principal.user, READ_ONLY_ONCE, id, unused);
    free(pattern);
}

/* --- an address that was pasted --- */

struct pasted { /* while the agent looks at it */
    struct call *call;
    char session[ID_MAX], question[ID_MAX];
};

static void answer_pasted(struct pasted *pasted, struct session *session)
{
    /* The agent may have said already that it needs no answer any more. */
    questions_decide(session, pasted->question, "allow", "person", NULL, pasted->call->principal.user, NULL,
                     NULL);
    json_t *ok = seq_reply(session);
    jsonx_set_str(ok, "session", session->state->id);
    call_finish(&pasted->call, ERR_OK, NULL, ok);
}

static void on_authorized(void *arg, enum err code, const char *text, json_t *ok)
{
    (void)ok;
    struct pasted *pasted = arg;
    struct session *session = registry_find(pasted->call->server->registry, pasted->session);
    if (code == ERR_OK && session && session->end == SESSION_LIVES)
        answer_pasted(pasted, session);
    else
        call_finish(&pasted->call, code == ERR_OK ? ERR_NOT_FOUND : code,
                    code == ERR_OK ? "the session was deleted" : text, NULL);
    free(pasted);
}

/* The address holds a code that is worth a key: it goes to the agent alone, which says whether it can be
 * used. One that can't leaves the question open. */
static enum err give_redirect(struct call *call, const struct answer *answer, char error[256])
{
    enum err code;
    struct agent_requests *requests = supervisor_requests(answer->session, &code, error);
    if (!requests)
        return code;
    struct pasted *pasted = xcalloc(1, sizeof *pasted);
    const struct outgoing_handler handler = {.arg = pasted, .reply = on_authorized};
    strcpy(pasted->session, answer->session->state->id);
    strcpy(pasted->question, answer->question->id);
    json_t *json = json_object();
    jsonx_set_str(json, "op", "authorized");
    jsonx_set_str(json, "question", answer->question->id);
    jsonx_set_str(json, "redirect", jsonx_str(answer->content, "redirect", ""));
    if (agent_requests_ask(requests, json, REDIRECT_MS, &handler)) {
        pasted->call = call_keep(call);
        return HANDLED_LATER;
    }
    free(pasted);
    snprintf(error, 256, "%d requests wait for this session's agent already; try again", AGENT_REQUESTS_MAX);
    return ERR_BUSY;
}

/* --- all --- */

static enum err act(struct call *call, struct answer *answer, char error[256])
{
    char id[ID_MAX];
    bool permission = answer->question->kind == QUESTION_PERMISSION;
    bool authorize = answer->question->kind == QUESTION_AUTHORIZE;
    enum err code = ERR_OK;
    strcpy(id, answer->question->id);
    if (permission && answer->allows && is_for_two(answer->question) && !first_counts(answer))
        return approve(call, answer);
    if (answer->lasts)
        code = make_rule(call, answer, error);
    if (authorize && answer->allows)
        code = give_redirect(call, answer, error);
    if (code != ERR_OK)
        return code;
    if (permission)
        allow_reading(call, answer);
    if (!questions_decide(answer->session, id, answer->decision, "person", permission ? answer->scope : NULL,
                          call->principal.user, answer->reason, answer->content))
        return ERR_INTERNAL;
    if (permission)
        session_go_on(answer->session);
    return ERR_OK;
}

enum err handle_question_answer(struct call *call, json_t **ok, char error[256])
{
    const json_t *params = call->params;
    struct answer answer = {.decision = jsonx_str(params, "decision", ""),
                            .scope = jsonx_str(params, "scope", "once"),
                            .pattern = jsonx_str(params, "pattern", NULL),
                            .reason = jsonx_str(params, "reason", NULL),
                            .content = jsonx_obj(params, "content")};
    char *own = NULL;
    answer.allows = strcmp(answer.decision, "allow") == 0;
    answer.denies = strcmp(answer.decision, "deny") == 0;
    answer.lasts = strcmp(answer.scope, "once") != 0;
    enum err code = find(call, &answer, error);
    if (code == ERR_OK)
        code = check_size(answer.content, error);
    if (code == ERR_OK)
        code = answer.question->kind == QUESTION_PERMISSION ? check_permission(call, &answer, &own, error)
                                                            : check_other(&answer, error);
    char what[400] = "";
    if (code == ERR_OK)
        snprintf(what, sizeof what, "%s %s/%s, scope %s", answer.decision,
                 jsonx_str(answer.question->json, "server", ""), jsonx_str(answer.question->json, "tool", ""),
                 answer.scope);
    if (code == ERR_OK)
        code = act(call, &answer, error);
    free(own);
    if (code != ERR_OK)
        return code;
    audit_record(call->server, &call->principal, "question.answer", answer.session->state->id, "%s", what);
    *ok = seq_reply(answer.session);
    jsonx_set_str(*ok, "session", answer.session->state->id);
    return ERR_OK;
}

/* --- list --- */

struct listing {
    const struct principal *principal;
    json_t *array;
    size_t bytes;
};

static bool may_answer(const struct principal *principal, const struct session *session,
                       const struct question *question)
{
    char unused[256];
    const char *server = jsonx_str(question->json, "server", "");
    const char *first = jsonx_str(question->json, "approved_by", NULL);
    return auth_may(principal, session->state, ROLE_APPROVER) &&
           !(first && users_may_be_one(session->server->users, first, principal->user)) &&
           rights_may_server(session, principal->user, server, unused);
}

static void list_session(struct session *session, void *arg)
{
    struct listing *listing = arg;
    const struct state *state = session->state;
    if (session->end != SESSION_LIVES || !auth_may(listing->principal, state, ROLE_VIEWER))
        return;
    for (size_t i = 0; i < state->question_count; i++) {
        if (json_array_size(listing->array) >= LIST_MAX || listing->bytes >= LIST_MAX_BYTES)
            return;
        json_t *json = json_copy(state->questions[i]->json);
        jsonx_set_str(json, "session", state->id);
        jsonx_set_str(json, "title", state->title);
        jsonx_set_str(json, "owner", state->owner);
        jsonx_set_str(json, "role", role_name(auth_role(listing->principal, state)));
        json_object_set_new(json, "may_answer",
                            json_boolean(may_answer(listing->principal, session, state->questions[i])));
        listing->bytes += state->questions[i]->bytes;
        json_array_append_new(listing->array, json);
    }
}

enum err handle_question_list(struct call *call, json_t **ok, char error[256])
{
    (void)error;
    struct listing listing = {&call->principal, json_array(), 0};
    registry_each(call->server->registry, list_session, &listing);
    *ok = json_object();
    json_object_set_new(*ok, "questions", listing.array);
    return ERR_OK;
}
