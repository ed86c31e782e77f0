/* What question.* and rule.* events do to a state. A question that is about a call takes that call with it:
 * asked when it is asked, allowed when it is allowed. */
#include "proto/reduce.h"

#include "shared/jsonx.h"
#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* APPROVED_ROOM: bytes that "approved_by" takes in JSON, which may come yet. */
enum { APPROVED_ROOM = 160, QUESTION_URL_MAX = 8192, RULE_TEXT_MAX = 1024, RULE_WHY_MAX = 4096 };

static const char *const kind_names[QUESTION_KIND_COUNT] = {"permission", "form", "url", "sampling",
                                                            "authorize"};

const char *question_kind_name(enum question_kind kind)
{
    return kind < QUESTION_KIND_COUNT ? kind_names[kind] : "unknown";
}

/* --- one question --- */

static const struct field question_fields[] = {
    {"id", FIELD_STRING, true, false, 1, ID_MAX - 1, NULL},
    {"kind", FIELD_ENUM, true, false, 0, 0, "permission|form|url|sampling|authorize"},
    {"message", FIELD_STRING, false, false, 1, ID_MAX - 1, NULL},
    {"block", FIELD_INT, false, false, 0, STATE_BLOCKS_MAX - 1, NULL},
    {"server", FIELD_STRING, true, false, 0, STATE_SERVER_NAME_MAX, NULL},
    {"tool", FIELD_STRING, false, false, 0, 256, NULL},
    {"text", FIELD_STRING, true, false, 0, 16384, NULL},
    {"arguments", FIELD_STRING, false, false, 0, STATE_ARGUMENTS_MAX, NULL},
    {"cut", FIELD_BOOL, false, false, 0, 0, NULL},
    {"read_only", FIELD_BOOL, false, false, 0, 0, NULL},
    {"destructive", FIELD_BOOL, false, false, 0, 0, NULL},
    {"pattern", FIELD_STRING, false, false, 0, RULE_TEXT_MAX, NULL},
    {"fields", FIELD_ARRAY, false, false, 0, 64, NULL},
    {"url", FIELD_STRING, false, false, 0, QUESTION_URL_MAX, NULL},
    {"asked", FIELD_INT, true, false, 0, INT64_MAX, NULL},
    {"deadline", FIELD_INT, false, false, 0, INT64_MAX, NULL},
    {"lender", FIELD_STRING, false, false, 0, 200, NULL},
    {"two_person", FIELD_BOOL, false, false, 0, 0, NULL},
    {"approved_by", FIELD_STRING, false, false, 1, 63, NULL},
    {NULL}};

struct question *question_from_json(json_t *json)
{
    char why[256];
    const char *id = jsonx_str(json, "id", ""), *message = jsonx_str(json, "message", "");
    const char *kind = jsonx_str(json, "kind", "");
    int64_t block = jsonx_int(json, "block", -1);
    if (!schema_check(question_fields, json, false, why) || !id_valid(id, "q_") ||
        (*message && !id_valid(message, "m_")) || (*message != '\0') != (block >= 0))
        return NULL;
    char *text = json_dumps(json, JSON_COMPACT);
    if (!text)
        return NULL;
    struct question *question = xcalloc(1, sizeof *question);
    strcpy(question->id, id);
    strcpy(question->message, message);
    question->block = (int)block;
    while (strcmp(kind_names[question->kind], kind) != 0)
        question->kind++;
    question->deadline = jsonx_int(json, "deadline", 0);
    question->bytes = strlen(text);
    if (jsonx_bool(json, "two_person", false) && !json_object_get(json, "approved_by"))
        question->bytes += APPROVED_ROOM;
    question->json = json_incref(json);
    free(text);
    return question;
}

void question_free(struct question **slot)
{
    if (*slot)
        json_decref((*slot)->json);
    free(*slot);
    *slot = NULL;
}

static size_t question_place(const struct state *state, const char *id)
{
    size_t i = 0;
    while (i < state->question_count && strcmp(state->questions[i]->id, id) != 0)
        i++;
    return i;
}

struct question *state_question(const struct state *state, const char *id)
{
    size_t at = question_place(state, id);
    return at < state->question_count ? state->questions[at] : NULL;
}

const struct answered *state_answered(const struct state *state, const char *id)
{
    for (size_t i = state->answered_count; i-- > 0;)
        if (strcmp(state->answered[i].id, id) == 0)
            return &state->answered[i];
    return NULL;
}

bool state_question_fits(const struct state *state, const struct question *question)
{
    size_t bytes = question->bytes;
    for (size_t i = 0; i < state->question_count; i++)
        bytes += state->questions[i]->bytes;
    return state->question_count < STATE_QUESTIONS_MAX && bytes <= STATE_QUESTIONS_BYTES;
}

static void question_add(struct state *state, struct question *question)
{
    state->questions = xreallocarray(state->questions, state->question_count + 1, sizeof state->questions[0]);
    state->questions[state->question_count++] = question;
}

/* --- asked and answered --- */

/* False if the question is about a call that can't be asked about. *message is where the call is; NULL if it
 * is about none, or of a message that this state's window does not hold. */
static bool asked_call(const struct state *state, const struct question *question, struct message **message)
{
    *message = question->kind == QUESTION_PERMISSION ? state_message(state, question->message) : NULL;
    return !*message || state_call(state, question->message, question->block) == CALL_NONE;
}

/* arguments: that a person put in place of the model's; or NULL. */
static void set_call(struct state *state, struct message *message, const struct question *question,
                     enum call_state to, const char *by, const char *arguments)
{
    struct block *block = &message->blocks[question->block];
    size_t before = call_bytes(block->call);
    if (!block->call) {
        json_t *json = json_object();
        jsonx_set_str(json, "state", call_state_name(CALL_ASKED));
        jsonx_set_str(json, "server", jsonx_str(question->json, "server", ""));
        jsonx_set_str(json, "tool", jsonx_str(question->json, "tool", ""));
        call_from_json(json, &block->call);
        json_decref(json);
    }
    block->call->state = to;
    set_text(&block->call->by, by);
    set_text(&block->call->first, to == CALL_ALLOWED ? jsonx_str(question->json, "approved_by", NULL) : NULL);
    set_text(&block->call->arguments, arguments);
    size_t now = call_bytes(block->call);
    message->bytes += now - before;
    state->bytes += now - before;
    message->version++;
}

bool reduce_asked(struct state *state, const struct event *event)
{
    struct message *message = NULL;
    struct question *question = question_from_json(jsonx_obj(event->data, "question"));
    if (!question || state_question(state, question->id) || state_answered(state, question->id) ||
        !state_question_fits(state, question) || !asked_call(state, question, &message)) {
        question_free(&question);
        return false;
    }
    if (message)
        set_call(state, message, question, CALL_ASKED, NULL, NULL);
    question_add(state, question);
    return true;
}

static void answered_clear(struct answered *answered)
{
    free(answered->decision);
    free(answered->cause);
    free(answered->by);
}

static void answered_add(struct state *state, const struct answered *answered)
{
    if (state->answered_count == STATE_ANSWERED_MAX) {
        answered_clear(&state->answered[0]);
        memmove(&state->answered[0], &state->answered[1],
                --state->answered_count * sizeof state->answered[0]);
    }
    state->answered = xreallocarray(state->answered, state->answered_count + 1, sizeof state->answered[0]);
    state->answered[state->answered_count++] = *answered;
}

/* The arguments that the answer changes, as text: free() it; NULL if it changes none. */
static char *changed_arguments(const json_t *data)
{
    const json_t *arguments = jsonx_obj(jsonx_obj(data, "content"), "arguments");
    bool allows = strcmp(jsonx_str(data, "decision", ""), "allow") == 0;
    return allows && arguments ? jsonx_dump(arguments, NULL) : NULL;
}

static bool has_room(const struct message *message, const char *arguments)
{
    size_t len = arguments ? strlen(arguments) : 0;
    return len == 0 || (len <= STATE_ARGUMENTS_MAX && message->bytes + len <= STATE_MESSAGE_BYTES);
}

/* What an answer does to the call that it is about, if the window holds that. A call that was denied ends by
 * tool.ended, which says so to the model; until then it stays asked, and knows by whom it was denied. */
static bool answer_call(struct state *state, const struct question *question, const json_t *data)
{
    const char *decision = jsonx_str(data, "decision", "");
    if (question->kind != QUESTION_PERMISSION ||
        state_call(state, question->message, question->block) != CALL_ASKED)
        return true;
    struct message *message = state_message(state, question->message);
    char *arguments = changed_arguments(data);
    bool fits = has_room(message, arguments);
    if (fits)
        set_call(state, message, question, strcmp(decision, "allow") == 0 ? CALL_ALLOWED : CALL_ASKED,
                 strcmp(decision, "cancel") == 0 ? NULL : jsonx_str(data, "by", NULL), arguments);
    free(arguments);
    return fits;
}

/* One that needs two persons is allowed by the second, who is another than the first; as it was asked. */
static bool enough_persons(const struct question *question, const json_t *data)
{
    const char *first = jsonx_str(question->json, "approved_by", NULL);
    if (!jsonx_bool(question->json, "two_person", false) ||
        strcmp(jsonx_str(data, "decision", ""), "allow") != 0)
        return true;
    return first && strcmp(first, jsonx_str(data, "by", first)) != 0 && !jsonx_obj(data, "content");
}

bool reduce_answered(struct state *state, const struct event *event)
{
    const json_t *data = event->data;
    size_t at = question_place(state, jsonx_str(data, "question", ""));
    if (at == state->question_count || !enough_persons(state->questions[at], data) ||
        !answer_call(state, state->questions[at], data))
        return false;
    struct question *question = state->questions[at];
    const char *decision = jsonx_str(data, "decision", ""), *by = jsonx_str(data, "by", NULL);
    struct answered answered = {.decision = xstrdup(decision),
                                .cause = xstrdup(jsonx_str(data, "cause", "")),
                                .by = xstrdup_null(by),
                                .ts = event->ts};
    strcpy(answered.id, question->id);
    answered_add(state, &answered);
    question_free(&state->questions[at]);
    memmove(&state->questions[at], &state->questions[at + 1],
            (--state->question_count - at) * sizeof state->questions[0]);
    return true;
}

/* by: NULL for nobody. */
static bool set_approved(struct state *state, size_t at, const char *by)
{
    json_t *json = json_copy(state->questions[at]->json);
    json_object_del(json, "approved_by");
    jsonx_set_str(json, "approved_by", by);
    struct question *approved = question_from_json(json);
    json_decref(json);
    if (!approved)
        return false;
    question_free(&state->questions[at]);
    state->questions[at] = approved;
    return true;
}

void questions_forget_approver(struct state *state, const char *user)
{
    for (size_t i = 0; i < state->question_count; i++)
        if (strcmp(jsonx_str(state->questions[i]->json, "approved_by", ""), user) == 0)
            set_approved(state, i, NULL);
}

/* The first of the two persons that it needs; another one in the place of one whose word counts no more. */
bool reduce_approved(struct state *state, const struct event *event)
{
    size_t at = question_place(state, jsonx_str(event->data, "question", ""));
    const char *by = jsonx_str(event->data, "by", "");
    if (at == state->question_count || !*by || !jsonx_bool(state->questions[at]->json, "two_person", false) ||
        strcmp(jsonx_str(state->questions[at]->json, "approved_by", ""), by) == 0)
        return false;
    return set_approved(state, at, by);
}

/* --- rules --- */

static void rule_clear(struct rule *rule)
{
    free(rule->effect);
    free(rule->pattern);
    free(rule->by);
    free(rule->why);
}

static size_t rule_place(const struct state *state, const char *id)
{
    size_t i = 0;
    while (i < state->rule_count && strcmp(state->rules[i].id, id) != 0)
        i++;
    return i;
}

static bool rule_add(struct state *state, const json_t *json)
{
    const char *id = jsonx_str(json, "id", ""), *effect = jsonx_str(json, "effect", "");
    const char *pattern = jsonx_str(json, "pattern", ""), *by = jsonx_str(json, "by", "");
    const char *why = jsonx_str(json, "why", NULL);
    bool known = strcmp(effect, "allow") == 0 || strcmp(effect, "ask") == 0 || strcmp(effect, "deny") == 0;
    if (!id_valid(id, "u_") || !known || !*pattern || strlen(pattern) > RULE_TEXT_MAX || strlen(by) > 256 ||
        (why && strlen(why) > RULE_WHY_MAX) || state->rule_count >= STATE_RULES_MAX ||
        rule_place(state, id) < state->rule_count)
        return false;
    state->rules = xreallocarray(state->rules, state->rule_count + 1, sizeof state->rules[0]);
    struct rule *rule = &state->rules[state->rule_count++];
    *rule = (struct rule){.effect = xstrdup(effect),
                          .pattern = xstrdup(pattern),
                          .by = xstrdup(by),
                          .why = xstrdup_null(why),
                          .ts = jsonx_int(json, "ts", 0)};
    strcpy(rule->id, id);
    return true;
}

bool reduce_rule_added(struct state *state, const struct event *event)
{
    return rule_add(state, jsonx_obj(event->data, "rule"));
}

bool reduce_rule_removed(struct state *state, const struct event *event)
{
    size_t at = rule_place(state, jsonx_str(event->data, "rule", ""));
    if (at == state->rule_count)
        return false;
    rule_clear(&state->rules[at]);
    memmove(&state->rules[at], &state->rules[at + 1], (--state->rule_count - at) * sizeof state->rules[0]);
    return true;
}

/* --- snapshots --- */

void questions_clear(struct state *state)
{
    for (size_t i = 0; i < state->question_count; i++)
        question_free(&state->questions[i]);
    for (size_t i = 0; i < state->answered_count; i++)
        answered_clear(&state->answered[i]);
    for (size_t i = 0; i < state->rule_count; i++)
        rule_clear(&state->rules[i]);
    free(state->questions);
    free(state->answered);
    free(state->rules);
    state->questions = NULL;
    state->answered = NULL;
    state->rules = NULL;
    state->question_count = state->answered_count = state->rule_count = 0;
}

void questions_to_json(const struct state *state, json_t *snapshot)
{
    json_t *questions = json_array(), *answered = json_array(), *rules = json_array();
    for (size_t i = 0; i < state->question_count; i++)
        json_array_append(questions, state->questions[i]->json);
    for (size_t i = 0; i < state->answered_count; i++) {
        json_t *json = json_object();
        jsonx_set_str(json, "id", state->answered[i].id);
        jsonx_set_str(json, "decision", state->answered[i].decision);
        jsonx_set_str(json, "cause", state->answered[i].cause);
        jsonx_set_str(json, "by", state->answered[i].by);
        jsonx_set_int(json, "ts", state->answered[i].ts);
        json_array_append_new(answered, json);
    }
    for (size_t i = 0; i < state->rule_count; i++) {
        json_t *json = json_object();
        jsonx_set_str(json, "id", state->rules[i].id);
        jsonx_set_str(json, "effect", state->rules[i].effect);
        jsonx_set_str(json, "pattern", state->rules[i].pattern);
        jsonx_set_str(json, "by", state->rules[i].by);
        jsonx_set_str(json, "why", state->rules[i].why);
        jsonx_set_int(json, "ts", state->rules[i].ts);
        json_array_append_new(rules, json);
    }
    json_object_set_new(snapshot, "questions", questions);
    json_object_set_new(snapshot, "answered", answered);
    json_object_set_new(snapshot, "rules", rules);
}

static bool answered_from_json(struct state *state, const json_t *json)
{
    const char *id = jsonx_str(json, "id", ""), *by = jsonx_str(json, "by", NULL);
    const char *decision = jsonx_str(json, "decision", ""), *cause = jsonx_str(json, "cause", "");
    if (!id_valid(id, "q_") || strlen(decision) > 64 || strlen(cause) > 64 || (by && strlen(by) > 256))
        return false;
    struct answered answered = {.decision = xstrdup(decision),
                                .cause = xstrdup(cause),
                                .by = xstrdup_null(by),
                                .ts = jsonx_int(json, "ts", 0)};
    strcpy(answered.id, id);
    answered_add(state, &answered);
    return true;
}

static bool open_from_json(struct state *state, json_t *json)
{
    struct question *question = question_from_json(json);
    bool good = question && !state_question(state, question->id) && state_question_fits(state, question);
    if (good)
        question_add(state, question);
    else
        question_free(&question);
    return good;
}

bool questions_from_json(struct state *state, const json_t *snapshot)
{
    const json_t *lists[] = {json_object_get(snapshot, "questions"), json_object_get(snapshot, "answered"),
                             json_object_get(snapshot, "rules")};
    size_t i;
    json_t *json;
    for (i = 0; i < 3; i++)
        if (lists[i] && !json_is_array(lists[i]))
            return false;
    json_array_foreach(lists[0], i, json)
    {
        if (!open_from_json(state, json))
            return false;
    }
    json_array_foreach(lists[1], i, json)
    {
        if (!answered_from_json(state, json))
            return false;
    }
    json_array_foreach(lists[2], i, json)
    {
        if (!rule_add(state, json))
            return false;
    }
    return true;
}
