/* The part of a story that is about calls, questions, rules and servers; for story.h alone. */
#ifndef STOA_TEST_STORY_TOOLS_H
#define STOA_TEST_STORY_TOOLS_H

static inline const char *story_pick(struct story *story, const char *const *names, size_t count)
{
    return names[story_random(story, (uint32_t)count)];
}

static inline const char *story_server(struct story *story)
{
    static const char *const servers[] = {"files", "chain", "m\xc3\xbcll"};

    return story_pick(story, servers, 3);
}

/* --- calls --- */

/* A block of the newest message whose call is in that state; -1 if there is none. */
static inline int story_call(const struct story *story, enum call_state wanted,
                             const struct message **message)
{
    *message = state_open_calls(story->state);
    for (size_t i = 0; *message && i < (*message)->block_count; i++)
        if (state_call(story->state, (*message)->id, (int)i) == wanted)
            return (int)i;
    return -1;
}

static inline void story_ask(struct story *story, const char *kind, const char *message, int block)
{
    char id[ID_MAX];
    json_t *question;

    if (story->state->question_count >= 6)
        return;
    story_id(story, "q_", id);
    question = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I}", "id", id, "kind", kind, "server", story_server(story),
                         "tool", "write_file", "text", story_text(story), "asked", (json_int_t)story->ts);
    if (message) {
        jsonx_set_str(question, "message", message);
        jsonx_set_int(question, "block", block);
    }
    if (story_random(story, 2))
        jsonx_set_int(question, "deadline", story->ts + 60000);
    if (story_random(story, 2))
        jsonx_set_str(question, "arguments", story_text(story));
    if (strcmp(kind, "permission") == 0 && story_random(story, 4) > 0)
        json_object_set_new(question, "two_person", json_true());
    if (strcmp(kind, "form") == 0)
        json_object_set_new(question, "fields", json_pack("[{s:s,s:s}]", "name", "a", "type", "text"));
    story_emit(story, EVENT_QUESTION_ASKED, json_pack("{s:o}", "question", question));
}

static inline void story_start_call(struct story *story, const char *message, int block)
{
    story_emit(story, EVENT_TOOL_STARTED,
               json_pack("{s:s,s:i,s:s,s:s,s:s}", "message", message, "block", block, "server",
                         story_server(story), "tool", "read_file", "why", story_text(story)));
}

static inline void story_end_call(struct story *story, const char *message, int block, const char *state)
{
    json_t *data = json_pack("{s:s,s:i,s:s,s:s}", "message", message, "block", block, "state", state,
                             "result", story_text(story));

    if (story_random(story, 3) == 0)
        jsonx_set_str(data, "file", "results/1.txt");
    if (story_random(story, 2))
        jsonx_set_int(data, "ms", story_random(story, 5000));
    if (story_random(story, 3) == 0)
        jsonx_set_str(data, "by", "ann");
    story_emit(story, EVENT_TOOL_ENDED, data);
}

static inline void story_answer(struct story *story, const struct question *question, const char *decision,
                                const char *cause)
{
    const bool person = strcmp(cause, "person") == 0;
    const enum question_kind kind = question->kind;
    const int block = question->block;
    const bool two = jsonx_bool(question->json, "two_person", false) && strcmp(decision, "allow") == 0;
    char message[ID_MAX];
    json_t *data = json_pack("{s:s,s:s,s:s}", "question", question->id, "decision", decision, "cause", cause);

    strcpy(message, question->message);
    if (two && !json_object_get(question->json, "approved_by")) /* question is void after that */
        story_emit(story, EVENT_QUESTION_APPROVED,
                   json_pack("{s:s,s:s}", "question", question->id, "by", "bo"));
    if (person)
        jsonx_set_str(data, "by", "ann\xc3\xa9");
    if (person && story_random(story, 2))
        jsonx_set_str(data, "reason", story_text(story));
    if (kind == QUESTION_FORM && strcmp(decision, "allow") == 0)
        json_object_set_new(data, "content", json_pack("{s:s}", "a", story_text(story)));
    if (kind == QUESTION_PERMISSION && strcmp(decision, "allow") == 0 && !two && story_random(story, 2))
        json_object_set_new(data, "content", json_pack("{s:{s:s}}", "arguments", "path", story_text(story)));
    story_emit(story, EVENT_QUESTION_ANSWERED, data);
    if (kind == QUESTION_PERMISSION && strcmp(decision, "allow") != 0 &&
        state_call(story->state, message, block) == CALL_ASKED)
        story_end_call(story, message, block, strcmp(decision, "deny") == 0 ? "denied" : "cancelled");
}

static inline void story_answer_any(struct story *story)
{
    static const char *const decisions[] = {"allow", "allow", "deny", "cancel"};
    static const char *const causes[] = {"person", "person", "deadline", "server"};
    const struct state *state = story->state;

    if (state->question_count == 0)
        return;
    const char *cause = story_pick(story, causes, 4);
    const char *decision = strcmp(cause, "person") == 0 ? story_pick(story, decisions, 4) : "cancel";
    story_answer(story, state->questions[story_random(story, (uint32_t)state->question_count)], decision,
                 cause);
}

/* Decides about each call of the message that has just come. */
static inline void story_decide_calls(struct story *story)
{
    const struct message *message;
    int block;

    while ((block = story_call(story, CALL_NONE, &message)) >= 0) {
        uint32_t dice = story_random(story, 10);
        if (dice < 4 && story->state->question_count < 6)
            story_ask(story, "permission", message->id, block);
        else if (dice < 8)
            story_start_call(story, message->id, block);
        else
            story_end_call(story, message->id, block, "denied");
    }
}

/* One thing that happens while calls are open; false if there is none. */
static inline bool story_work(struct story *story)
{
    static const char *const ends[] = {"done", "failed", "unknown"};
    static const char *const kinds[] = {"form", "url", "sampling"};
    const struct message *message;
    int allowed = story_call(story, CALL_ALLOWED, &message),
        running = story_call(story, CALL_RUNNING, &message);
    uint32_t dice = story_random(story, 10);

    if (!message)
        return false;
    if (allowed >= 0)
        story_start_call(story, message->id, allowed);
    else if (running >= 0 && dice < 3)
        story_emit(story, EVENT_TOOL_PROGRESS,
                   json_pack("{s:s,s:i,s:i,s:s}", "message", message->id, "block", running, "progress",
                             (int)dice, "text", story_text(story)));
    else if (running >= 0 && dice < 6)
        story_ask(story, story_pick(story, kinds, 3), message->id, running);
    else if (running >= 0 && dice < 9)
        story_end_call(story, message->id, running, story_pick(story, ends, 3));
    else if (story->state->question_count > 0)
        story_answer_any(story);
    else if (running >= 0)
        story_end_call(story, message->id, running, "done");
    else
        story_decide_calls(story);
    return true;
}

/* The turn ends: nothing of it stays open. */
static inline void story_close_calls(struct story *story)
{
    static const enum call_state open[] = {CALL_NONE, CALL_ASKED, CALL_ALLOWED, CALL_RUNNING};
    const struct message *message;
    int block;

    while (story->state->question_count > 0)
        story_answer(story, story->state->questions[0], "cancel", "interrupted");
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        while ((block = story_call(story, open[i], &message)) >= 0)
            story_end_call(story, message->id, block, "cancelled");
}

/* --- at any time --- */

static inline void story_rule(struct story *story)
{
    static const char *const effects[] = {"allow", "ask", "deny"};
    const struct state *state = story->state;
    char id[ID_MAX];

    if (state->rule_count > 3) {
        story_emit(story, EVENT_RULE_REMOVED,
                   json_pack("{s:s,s:s}", "rule",
                             state->rules[story_random(story, (uint32_t)state->rule_count)].id, "by", "ann"));
        return;
    }
    story_id(story, "u_", id);
    json_t *rule = json_pack("{s:s,s:s,s:s,s:s,s:I}", "id", id, "effect", story_pick(story, effects, 3),
                             "pattern", "files/*(path=\xc3\xbc*)", "by", "ann", "ts", (json_int_t)story->ts);
    if (story_random(story, 2))
        jsonx_set_str(rule, "why", story_text(story));
    story_emit(story, EVENT_RULE_ADDED, json_pack("{s:o}", "rule", rule));
}

static inline void story_server_event(struct story *story)
{
    static const char *const causes[] = {"idle", "off", "crashed", "agent"};
    const char *server = story_server(story);

    switch (story_random(story, 4)) {
    case 0:
        story_emit(story, EVENT_MCP_CONNECTED,
                   json_pack("{s:s,s:s,s:s,s:s,s:i}", "server", server, "variant", "test", "title",
                             story_text(story), "protocol", "2025-11-25", "tools", 3));
        break;
    case 1:
        story_emit(story, EVENT_MCP_DISCONNECTED,
                   json_pack("{s:s,s:s,s:s}", "server", server, "cause", story_pick(story, causes, 4), "text",
                             story_text(story)));
        break;
    case 2:
        story_emit(story, EVENT_MCP_STARTING, json_pack("{s:s}", "server", server));
        break;
    default:
        story_emit(story, EVENT_MCP_LOG,
                   json_pack("{s:s,s:s,s:s}", "server", server, "level", "info", "text", story_text(story)));
    }
}

static inline void story_settings(struct story *story)
{
    json_t *data = json_object();

    if (story_random(story, 2))
        json_object_set_new(data, "variables", json_pack("{s:s,s:n}", "A", story_text(story), "B"));
    else
        json_object_set_new(data, "variables", json_pack("{s:n,s:s}", "A", "B", story_text(story)));
    json_object_set_new(data, "variants", json_pack("{s:s}", story_server(story), "mainnet"));
    story_emit(story, EVENT_SESSION_UPDATED, data);
}

/* Of what people do themselves. */
static inline void story_own_call(struct story *story)
{
    story_emit(story, EVENT_TOOL_STARTED,
               json_pack("{s:s,s:s,s:s}", "server", "files", "tool", "list", "by", "ann"));
    story_emit(story, EVENT_TOOL_ENDED, json_pack("{s:s,s:s}", "state", "done", "result", story_text(story)));
}

static inline void story_compact(struct story *story)
{
    const struct state *state = story->state;

    if (state->message_count == 0)
        return;
    story_emit(story, EVENT_SESSION_COMPACTED,
               json_pack("{s:s,s:s}", "summary", story_text(story), "upto",
                         state->messages[state->message_count - 1]->id));
}

static inline void story_tools_aside(struct story *story)
{
    switch (story_random(story, 6)) {
    case 0:
        story_rule(story);
        break;
    case 1:
        story_server_event(story);
        break;
    case 2:
        story_settings(story);
        break;
    case 3:
        story_own_call(story);
        break;
    case 4:
        story_ask(story, "authorize", NULL, -1);
        break;
    default:
        story_answer_any(story);
    }
}

#endif
