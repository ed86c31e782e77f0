/* The daemon refuses a fact that does not fit its event's row, and with it the agent: so what comes from
 * models and servers is cut here. */
#include "daemon/agent/turn_facts.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <string.h>

enum { FACT_TEXT_MAX = 2048 /* bytes of a sentence */ };

static void set_cut(json_t *data, const char *key, const char *text, size_t max)
{
    if (text)
        jsonx_set_strn(data, key, text, utf8_cut(text, strlen(text), max));
}

void fact_state(struct agent_link *link, enum run_state to, const char *reason)
{
    json_t *data = json_object();

    jsonx_set_str(data, "new", run_state_name(to));
    jsonx_set_str(data, "reason", reason);
    agent_link_fact(link, EVENT_STATE_CHANGED, data);
}

void fact_error(struct agent_link *link, const char *kind, const char *text, const char *message)
{
    json_t *data = json_object();

    jsonx_set_str(data, "kind", kind);
    set_cut(data, "text", text, FACT_TEXT_MAX);
    jsonx_set_str(data, "message", message);
    agent_link_fact(link, EVENT_ERROR_OCCURRED, data);
}

void fact_message(struct agent_link *link, const char *id, const char *author)
{
    json_t *data = json_object(), *message = json_object();

    jsonx_set_str(message, "id", id);
    jsonx_set_str(message, "role", "assistant");
    jsonx_set_str(message, "author", author);
    jsonx_set_int(message, "ts", clock_wall_ms());
    jsonx_set_str(message, "status", message_status_name(MESSAGE_STREAMING));
    jsonx_set_int(message, "index", 0);
    json_object_set_new(message, "content", json_array());
    json_object_set_new(data, "message", message);
    agent_link_fact(link, EVENT_MESSAGE_ADDED, data);
}

void fact_completed(struct agent_link *link, const struct reply *reply, enum message_status status,
                    const char *stop_reason, const struct usage *usage, const struct turn_timings *timings,
                    const char *error)
{
    json_t *data = json_object(), *used = json_object(), *took = json_object();

    jsonx_set_str(data, "message", reply_id(reply));
    jsonx_set_str(data, "status", message_status_name(status));
    json_object_set_new(data, "content", reply_content(reply));
    jsonx_set_str(data, "stop_reason", stop_reason);
    jsonx_set_int(used, "input", usage->input);
    jsonx_set_int(used, "output", usage->output);
    jsonx_set_int(used, "cached", usage->cached);
    jsonx_set_int(used, "reasoning", usage->reasoning);
    json_object_set_new(data, "usage", used);
    jsonx_set_int(took, "first_ms", timings->first - timings->began);
    jsonx_set_int(took, "total_ms", clock_steady_ms() - timings->began);
    json_object_set_new(data, "timings", took);
    set_cut(data, "error", error, FACT_TEXT_MAX);
    agent_link_fact(link, EVENT_STREAM_COMPLETED, data);
}

void fact_retrying(struct agent_link *link, int attempt, int limit, int64_t delay_ms, const char *why)
{
    json_t *data = json_object();

    jsonx_set_int(data, "attempt", attempt);
    jsonx_set_int(data, "limit", limit);
    jsonx_set_int(data, "delay_ms", delay_ms);
    set_cut(data, "why", why, FACT_TEXT_MAX);
    agent_link_fact(link, EVENT_TURN_RETRYING, data);
}

void fact_compacted(struct agent_link *link, const char *summary, const char *upto, int64_t tokens,
                    const json_t *usage)
{
    json_t *data = json_object();

    set_cut(data, "summary", summary, STATE_SUMMARY_MAX);
    jsonx_set_str(data, "upto", upto);
    if (tokens > 0 && tokens <= INT32_MAX / 2)
        jsonx_set_int(data, "tokens", tokens);
    if (jsonx_int(usage, "input", 0) + jsonx_int(usage, "output", 0) > 0)
        json_object_set_new(data, "usage", json_deep_copy(usage));
    agent_link_fact(link, EVENT_SESSION_COMPACTED, data);
}

/* --- calls --- */

static json_t *call_data(const char *message, int block)
{
    json_t *data = json_object();

    jsonx_set_str(data, "message", message);
    jsonx_set_int(data, "block", block);
    return data;
}

void fact_asked(struct agent_link *link, json_t *question)
{
    json_t *data = json_object();

    json_object_set_new(data, "question", question);
    agent_link_fact(link, EVENT_QUESTION_ASKED, data);
}

void fact_withdrawn(struct agent_link *link, const char *question)
{
    json_t *data = json_object();

    jsonx_set_str(data, "question", question);
    jsonx_set_str(data, "decision", "cancel");
    jsonx_set_str(data, "cause", "interrupted");
    agent_link_fact(link, EVENT_QUESTION_ANSWERED, data);
}

void fact_tool_started(struct agent_link *link, const char *message, int block, const char *server,
                       const char *tool, const char *why)
{
    json_t *data = call_data(message, block);

    jsonx_set_str(data, "server", server);
    jsonx_set_str(data, "tool", tool);
    jsonx_set_str(data, "why", why);
    agent_link_fact(link, EVENT_TOOL_STARTED, data);
}

void fact_tool_progress(struct agent_link *link, const char *message, int block, double progress,
                        double total, const char *text)
{
    json_t *data = call_data(message, block);

    json_object_set_new(data, "progress", json_real(progress));
    if (total >= 0)
        json_object_set_new(data, "total", json_real(total));
    set_cut(data, "text", text, FACT_TEXT_MAX);
    agent_link_fact(link, EVENT_TOOL_PROGRESS, data);
}

void fact_tool_ended(struct agent_link *link, const struct tool_end *end)
{
    json_t *data = call_data(end->message, end->block);

    jsonx_set_str(data, "server", end->server);
    jsonx_set_str(data, "tool", end->tool);
    jsonx_set_str(data, "state", call_state_name(end->state));
    jsonx_set_str(data, "result", end->result);
    jsonx_set_str(data, "file", end->file);
    if (end->ms >= 0)
        jsonx_set_int(data, "ms", end->ms);
    agent_link_fact(link, EVENT_TOOL_ENDED, data);
}
