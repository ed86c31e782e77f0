/* The table of events and their text. Adding an event is a row here, its reducer in reduce.c, and its line in
 * PROTOCOL.md. */
#include "proto/event.h"

#include "proto/reduce.h"
#include "shared/jsonx.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPT false
#define REQ true
#define END                                                                                                  \
    {                                                                                                        \
        NULL                                                                                                 \
    }
#define ID(name, required)                                                                                   \
    {                                                                                                        \
        name, FIELD_STRING, required, false, 1, ID_MAX - 1, NULL                                             \
    }
#define TEXT(name, required, max)                                                                            \
    {                                                                                                        \
        name, FIELD_STRING, required, false, 0, max, NULL                                                    \
    }
#define SERVER_NAME                                                                                          \
    {                                                                                                        \
        "server", FIELD_STRING, REQ, false, 1, STATE_SERVER_NAME_MAX, NULL                                   \
    }
#define OBJECT(name, required)                                                                               \
    {                                                                                                        \
        name, FIELD_OBJECT, required, false, 0, 0, NULL                                                      \
    }
#define STEPS "idle|thinking|streaming|awaiting_permission|running_tools|interrupting|compacting"

#define BLOCK(required)                                                                                      \
    {                                                                                                        \
        "block", FIELD_INT, required, false, 0, STATE_BLOCKS_MAX - 1, NULL                                   \
    }
#define CALL_ENDS "done|failed|denied|cancelled|unknown"
#define CAUSES                                                                                               \
    "idle|off|agent|closed|crashed|not_started|deadline|flood|nonsense|refused|broken|expired|config"

enum { NAME_MAX_BYTES = 256, REASON_MAX = 4096, TOKENS_MAX = 1 << 30 };
#define DELAY_MAX_MS (INT64_C(1) << 31)

static const struct field error_fields[] = {TEXT("kind", REQ, 64), TEXT("text", REQ, REASON_MAX),
                                            ID("message", OPT), END};
static const struct field connected_fields[] = {SERVER_NAME,
                                                TEXT("variant", OPT, STATE_SERVER_NAME_MAX),
                                                TEXT("title", OPT, NAME_MAX_BYTES),
                                                TEXT("version", OPT, NAME_MAX_BYTES),
                                                TEXT("protocol", REQ, 64),
                                                {"tools", FIELD_INT, REQ, false, 0, 10000, NULL},
                                                END};
static const struct field starting_fields[] = {SERVER_NAME, END};
static const struct field disconnected_fields[] = {SERVER_NAME,
                                                   {"cause", FIELD_ENUM, REQ, false, 0, 0, CAUSES},
                                                   TEXT("text", OPT, REASON_MAX),
                                                   TEXT("by", OPT, NAME_MAX_BYTES),
                                                   END};
static const struct field log_fields[] = {SERVER_NAME, TEXT("level", REQ, 32), TEXT("text", REQ, REASON_MAX),
                                          END};
static const struct field message_added_fields[] = {OBJECT("message", REQ), END};
static const struct field joined_fields[] = {OBJECT("participant", REQ), END};
static const struct field left_fields[] = {ID("participant", REQ), TEXT("why", OPT, 64), END};
static const struct field typing_fields[] = {
    ID("participant", REQ), {"typing", FIELD_BOOL, REQ, false, 0, 0, NULL}, END};
static const struct field asked_fields[] = {OBJECT("question", REQ), END};
static const struct field answered_fields[] = {
    ID("question", REQ),
    {"decision", FIELD_ENUM, REQ, false, 0, 0, "allow|deny|cancel"},
    {"cause", FIELD_ENUM, REQ, false, 0, 0, "person|deadline|interrupted|agent|server"},
    {"scope", FIELD_ENUM, OPT, false, 0, 0, "once|session|user"},
    TEXT("by", OPT, NAME_MAX_BYTES),
    TEXT("reason", OPT, REASON_MAX),
    OBJECT("content", OPT),
    END};
static const struct field approved_fields[] = {ID("question", REQ), TEXT("by", REQ, NAME_MAX_BYTES), END};
static const struct field shared_fields[] = {TEXT("user", REQ, NAME_MAX_BYTES),
                                             {"role", FIELD_ENUM, REQ, false, 0, 0, "viewer|writer|approver"},
                                             TEXT("by", OPT, NAME_MAX_BYTES),
                                             END};
static const struct field unshared_fields[] = {TEXT("user", REQ, NAME_MAX_BYTES),
                                               TEXT("by", OPT, NAME_MAX_BYTES), TEXT("reason", OPT, 64), END};
static const struct field lent_fields[] = {SERVER_NAME,
                                           ID("participant", REQ),
                                           TEXT("user", REQ, NAME_MAX_BYTES),
                                           TEXT("terminal", OPT, NAME_MAX_BYTES),
                                           TEXT("title", OPT, 200),
                                           END};
static const struct field returned_fields[] = {SERVER_NAME, TEXT("why", OPT, 64), END};
static const struct field rule_added_fields[] = {OBJECT("rule", REQ), END};
static const struct field rule_removed_fields[] = {ID("rule", REQ), TEXT("by", OPT, NAME_MAX_BYTES), END};
static const struct field compacted_fields[] = {TEXT("summary", REQ, STATE_SUMMARY_MAX),
                                                ID("upto", REQ),
                                                {"tokens", FIELD_INT, OPT, false, 0, TOKENS_MAX, NULL},
                                                OBJECT("usage", OPT),
                                                TEXT("by", OPT, NAME_MAX_BYTES),
                                                END};
static const struct field tool_started_fields[] = {ID("message", OPT),
                                                   BLOCK(OPT),
                                                   TEXT("server", REQ, STATE_SERVER_NAME_MAX),
                                                   TEXT("tool", REQ, NAME_MAX_BYTES),
                                                   TEXT("arguments", OPT, STATE_ARGUMENTS_MAX),
                                                   TEXT("by", OPT, NAME_MAX_BYTES),
                                                   TEXT("why", OPT, REASON_MAX),
                                                   END};
static const struct field tool_progress_fields[] = {ID("message", REQ),
                                                    BLOCK(REQ),
                                                    {"progress", FIELD_REAL, REQ, false, 0, INT64_MAX, NULL},
                                                    {"total", FIELD_REAL, OPT, false, 0, INT64_MAX, NULL},
                                                    TEXT("text", OPT, REASON_MAX),
                                                    END};
static const struct field tool_ended_fields[] = {ID("message", OPT),
                                                 BLOCK(OPT),
                                                 TEXT("server", OPT, STATE_SERVER_NAME_MAX),
                                                 TEXT("tool", OPT, NAME_MAX_BYTES),
                                                 {"state", FIELD_ENUM, REQ, false, 0, 0, CALL_ENDS},
                                                 TEXT("result", REQ, STATE_TEXT_MAX),
                                                 TEXT("file", OPT, NAME_MAX_BYTES),
                                                 {"ms", FIELD_INT, OPT, false, 0, INT64_MAX, NULL},
                                                 TEXT("by", OPT, NAME_MAX_BYTES),
                                                 END};
static const struct field queue_fields[] = {OBJECT("added", OPT),
                                            {"front", FIELD_BOOL, OPT, false, 0, 0, NULL},
                                            {"removed", FIELD_STRINGS, OPT, false, 1, STATE_QUEUE_MAX, NULL},
                                            OBJECT("replaced", OPT),
                                            TEXT("by", OPT, NAME_MAX_BYTES),
                                            END};
static const struct field rewound_fields[] = {{"message", FIELD_STRING, REQ, true, 1, ID_MAX - 1, NULL},
                                              {"removed", FIELD_INT, REQ, false, 1, INT64_MAX, NULL},
                                              {"uncompacted", FIELD_BOOL, OPT, false, 0, 0, NULL},
                                              TEXT("by", OPT, NAME_MAX_BYTES),
                                              END};
static const struct field budget_fields[] = {
    {"budget", FIELD_ENUM, REQ, false, 0, 0, "cost_day|stored|tokens_day"},
    {"percent", FIELD_INT, REQ, false, 0, 100, NULL},
    {"used", FIELD_INT, REQ, false, 0, INT64_MAX, NULL},
    {"limit", FIELD_INT, REQ, false, 0, INT64_MAX, NULL},
    TEXT("text", REQ, REASON_MAX),
    END};
static const struct field ended_fields[] = {TEXT("reason", REQ, REASON_MAX), END};
static const struct field started_fields[] = {TEXT("owner", REQ, NAME_MAX_BYTES),
                                              TEXT("title", REQ, 1024),
                                              TEXT("model", REQ, NAME_MAX_BYTES),
                                              {"system", FIELD_STRING, OPT, true, 0, 65536, NULL},
                                              {"created", FIELD_INT, REQ, false, 0, INT64_MAX, NULL},
                                              OBJECT("from", OPT),
                                              {"bytes", FIELD_INT, OPT, false, 0, INT64_MAX, NULL},
                                              END};
static const struct field updated_fields[] = {TEXT("title", OPT, 1024),
                                              TEXT("model", OPT, NAME_MAX_BYTES),
                                              {"system", FIELD_STRING, OPT, true, 0, 65536, NULL},
                                              {"temperature", FIELD_REAL, OPT, true, 0, 2, NULL},
                                              {"max_tokens", FIELD_INT, OPT, true, 1, TOKENS_MAX, NULL},
                                              {"archived", FIELD_BOOL, OPT, false, 0, 0, NULL},
                                              {"quiet", FIELD_BOOL, OPT, false, 0, 0, NULL},
                                              OBJECT("variables", OPT),
                                              OBJECT("variants", OPT),
                                              OBJECT("usage", OPT),
                                              TEXT("by", OPT, NAME_MAX_BYTES),
                                              TEXT("reason", OPT, REASON_MAX),
                                              END};
static const struct field state_fields[] = {{"old", FIELD_ENUM, OPT, false, 0, 0, STEPS},
                                            {"new", FIELD_ENUM, REQ, false, 0, 0, STEPS},
                                            TEXT("by", OPT, NAME_MAX_BYTES),
                                            TEXT("reason", OPT, REASON_MAX),
                                            END};
static const struct field chunk_fields[] = {
    ID("message", REQ),
    {"index", FIELD_INT, REQ, false, 0, INT64_MAX - CHUNK_COUNT_MAX, NULL},
    {"count", FIELD_INT, REQ, false, 1, CHUNK_COUNT_MAX, NULL},
    {"block", FIELD_INT, REQ, false, 0, STATE_BLOCKS_MAX - 1, NULL},
    {"kind", FIELD_ENUM, REQ, false, 0, 0, "text|reasoning|tool_call|tool_input"},
    TEXT("delta", REQ, STATE_TEXT_MAX),
    END};
static const struct field completed_fields[] = {
    ID("message", REQ),
    {"status", FIELD_ENUM, REQ, false, 0, 0, "complete|interrupted|failed"},
    {"content", FIELD_ARRAY, REQ, false, 0, STATE_BLOCKS_MAX, NULL},
    TEXT("stop_reason", OPT, 64),
    OBJECT("usage", OPT),
    OBJECT("timings", OPT),
    TEXT("error", OPT, REASON_MAX),
    END};
static const struct field retrying_fields[] = {{"attempt", FIELD_INT, REQ, false, 0, 100, NULL},
                                               {"limit", FIELD_INT, REQ, false, 0, 100, NULL},
                                               {"delay_ms", FIELD_INT, REQ, false, 0, DELAY_MAX_MS, NULL},
                                               TEXT("why", REQ, REASON_MAX),
                                               END};

static const struct event_row rows[EVENT_COUNT] = {
    /* name, durable, listed, an agent may */
    [EVENT_BUDGET_REACHED] = {"budget.reached", true, true, false, budget_fields, reduce_nothing},
    [EVENT_ERROR_OCCURRED] = {"error.occurred", true, true, true, error_fields, reduce_error},
    [EVENT_MCP_CONNECTED] = {"mcp.connected", true, false, true, connected_fields, reduce_connected},
    [EVENT_MCP_DISCONNECTED] = {"mcp.disconnected", true, false, true, disconnected_fields,
                                reduce_disconnected},
    [EVENT_MCP_LOG] = {"mcp.log", false, false, true, log_fields, reduce_nothing},
    [EVENT_MCP_STARTING] = {"mcp.starting", false, false, false, starting_fields, reduce_starting},
    [EVENT_MESSAGE_ADDED] = {"message.added", true, false, true, message_added_fields, reduce_message_added},
    [EVENT_PARTICIPANT_JOINED] = {"participant.joined", false, false, false, joined_fields, reduce_joined},
    [EVENT_PARTICIPANT_LEFT] = {"participant.left", false, false, false, left_fields, reduce_left},
    [EVENT_PARTICIPANT_TYPING] = {"participant.typing", false, false, false, typing_fields, reduce_typing},
    [EVENT_QUESTION_ANSWERED] = {"question.answered", true, true, true, answered_fields, reduce_answered},
    [EVENT_QUESTION_APPROVED] = {"question.approved", true, true, false, approved_fields, reduce_approved},
    [EVENT_QUESTION_ASKED] = {"question.asked", true, true, true, asked_fields, reduce_asked},
    [EVENT_QUEUE_CHANGED] = {"queue.changed", true, false, false, queue_fields, reduce_queue},
    [EVENT_RULE_ADDED] = {"rule.added", true, false, false, rule_added_fields, reduce_rule_added},
    [EVENT_RULE_REMOVED] = {"rule.removed", true, false, false, rule_removed_fields, reduce_rule_removed},
    [EVENT_SESSION_COMPACTED] = {"session.compacted", true, false, true, compacted_fields, reduce_compacted},
    [EVENT_SESSION_ENDED] = {"session.ended", true, true, false, ended_fields, reduce_ended},
    [EVENT_SESSION_REWOUND] = {"session.rewound", true, false, false, rewound_fields, reduce_rewound},
    [EVENT_SESSION_SHARED] = {"session.shared", true, true, false, shared_fields, reduce_shared},
    [EVENT_SESSION_STARTED] = {"session.started", true, true, false, started_fields, reduce_started},
    [EVENT_SESSION_UNSHARED] = {"session.unshared", true, true, false, unshared_fields, reduce_unshared},
    [EVENT_SESSION_UPDATED] = {"session.updated", true, true, false, updated_fields, reduce_updated},
    [EVENT_STATE_CHANGED] = {"state.changed", true, true, true, state_fields, reduce_state},
    [EVENT_STREAM_CHUNK] = {"stream.chunk", false, false, false, chunk_fields, reduce_chunk},
    [EVENT_STREAM_COMPLETED] = {"stream.completed", true, false, true, completed_fields, reduce_completed},
    [EVENT_TOOL_ENDED] = {"tool.ended", true, false, true, tool_ended_fields, reduce_tool_ended},
    [EVENT_TOOL_PROGRESS] = {"tool.progress", false, false, true, tool_progress_fields, reduce_tool_progress},
    [EVENT_TOOL_STARTED] = {"tool.started", true, false, true, tool_started_fields, reduce_tool_started},
    [EVENT_TOOLS_LENT] = {"tools.lent", false, false, false, lent_fields, reduce_lent},
    [EVENT_TOOLS_RETURNED] = {"tools.returned", false, false, false, returned_fields, reduce_returned},
    [EVENT_TURN_RETRYING] = {"turn.retrying", false, true, true, retrying_fields, reduce_retrying},
};

const struct event_row *event_row(enum event_type type)
{
    return &rows[type];
}

enum event_type event_type_parse(const char *name)
{
    for (enum event_type type = 0; type < EVENT_COUNT; type++)
        if (strcmp(rows[type].name, name) == 0)
            return type;
    return EVENT_COUNT;
}

bool event_is_activity(const struct event *event)
{
    return event->type != EVENT_SESSION_UPDATED || !jsonx_bool(event->data, "quiet", false);
}

static const char *const block_names[] = {"text", "reasoning", "redacted", "tool_call", "attachment"};
static const char *const chunk_names[] = {"text", "reasoning", "tool_call", "tool_input"};

static int find_name(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return count;
}

const char *block_kind_name(enum block_kind kind)
{
    return block_names[kind];
}

enum block_kind block_kind_parse(const char *name)
{
    return (enum block_kind)find_name(block_names, BLOCK_KIND_COUNT, name);
}

const char *chunk_kind_name(enum chunk_kind kind)
{
    return chunk_names[kind];
}

enum chunk_kind chunk_kind_parse(const char *name)
{
    return (enum chunk_kind)find_name(chunk_names, CHUNK_KIND_COUNT, name);
}

/* What is short by its nature is written into room that is large enough: each chunk pays for it. */

static char *put(char *at, const char *text)
{
    size_t len = strlen(text);
    memcpy(at, text, len);
    return at + len;
}

/* An id has ID_MAX bytes at most, whoever brings it. */
static char *put_id(char *at, const char *id)
{
    size_t len = strnlen(id, ID_MAX - 1);
    memcpy(at, id, len);
    return at + len;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[20], *first = digits + sizeof digits;
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    size_t len = (size_t)(digits + sizeof digits - first);
    memcpy(at, first, len);
    return at + len;
}

enum {
    NUMBER_ROOM = 21, /* bytes of a number, with a sign */
    HEAD_ROOM = 128 + 2 * ID_MAX + 2 * NUMBER_ROOM,
    CHUNK_ROOM = 96 + ID_MAX + 3 * NUMBER_ROOM /* of a chunk's data, besides its delta */
};

/* Members up to and without data: at most HEAD_ROOM bytes. */
static char *put_head(char *at, const char *session, const char *epoch, bool durable, uint64_t seq,
                      int64_t ts, const char *type)
{
    at = put(at, "{\"session\":\"");
    at = put_id(at, session);
    at = put(at, "\",\"epoch\":\"");
    at = put_id(at, epoch);
    at = put(at, durable ? "\",\"seq\":" : "\",\"at\":");
    at = put_number(at, seq);
    at = put(at, ts < 0 ? ",\"ts\":-" : ",\"ts\":");
    at = put_number(at, ts < 0 ? -(uint64_t)ts : (uint64_t)ts);
    at = put(at, ",\"type\":\"");
    at = put(at, type);
    return put(at, "\",\"data\":");
}

bool event_encode(const struct event *event, struct buf *out)
{
    const struct event_row *row = event_row(event->type);
    size_t start = out->len;
    char head[HEAD_ROOM];
    char *end = put_head(head, event->session, event->epoch, row->durable, event->seq, event->ts, row->name);
    bool fits =
        buf_put(out, head, (size_t)(end - head)) && jsonx_dump_buf(event->data, out) && buf_putc(out, '}');
    if (!fits)
        buf_truncate(out, start);
    return fits;
}

bool event_encode_chunk(const char *session, const char *epoch, uint64_t at, int64_t ts,
                        const struct chunk *chunk, struct buf *out)
{
    size_t start = out->len;
    char head[HEAD_ROOM + CHUNK_ROOM];
    char *to = put_head(head, session, epoch, false, at, ts, rows[EVENT_STREAM_CHUNK].name);
    to = put(to, "{\"message\":\"");
    to = put_id(to, chunk->message);
    to = put(to, "\",\"index\":");
    to = put_number(to, chunk->index);
    to = put(to, ",\"count\":");
    to = put_number(to, chunk->count);
    to = put(to, ",\"block\":");
    to = put_number(to, chunk->block);
    to = put(to, ",\"kind\":\"");
    to = put(to, chunk_names[chunk->kind]);
    to = put(to, "\",\"delta\":\"");
    size_t len = (size_t)(to - head);
    bool fits = buf_reserve(out, len + chunk->delta_len + 3) && buf_put(out, head, len) &&
                buf_put_json(out, chunk->delta, chunk->delta_len) && buf_puts(out, "\"}}");
    if (!fits)
        buf_truncate(out, start);
    return fits;
}

static bool read_number(const json_t *json, struct event *event, char error[256])
{
    const struct event_row *row = event_row(event->type);
    const char *name = row->durable ? "seq" : "at";
    int64_t number = jsonx_int(json, name, -1);
    if (number < (row->durable ? 1 : 0)) {
        snprintf(error, 256, "event %s has no '%s'", row->name, name);
        return false;
    }
    event->seq = (uint64_t)number;
    return true;
}

/* What a newer program says durably still has its number. */
static uint64_t unknown_seq(const json_t *json)
{
    int64_t seq = jsonx_int(json, "seq", 0);
    return seq > 0 ? (uint64_t)seq : 0;
}

bool event_parse(json_t *json, struct event *event, char error[256])
{
    memset(event, 0, sizeof *event);
    event->session = jsonx_str(json, "session", NULL);
    event->epoch = jsonx_str(json, "epoch", NULL);
    event->ts = jsonx_int(json, "ts", 0);
    event->data = jsonx_obj(json, "data");
    const char *type = jsonx_str(json, "type", NULL);
    if (!event->session || !id_valid(event->session, "s_") || !event->epoch ||
        !id_valid(event->epoch, "e_") || !event->data || !type) {
        snprintf(error, 256, "an event needs session, epoch, type and data");
        return false;
    }
    event->type = event_type_parse(type);
    if (event->type == EVENT_COUNT)
        event->seq = unknown_seq(json);
    else if (!read_number(json, event, error) ||
             !schema_check(event_row(event->type)->fields, event->data, false, error))
        return false;
    event->json = json_incref(json);
    return true;
}

void event_clear(struct event *event)
{
    json_decref(event->json);
    memset(event, 0, sizeof *event);
}

bool event_chunk(const struct event *event, struct chunk *chunk)
{
    const json_t *delta = json_object_get(event->data, "delta");
    *chunk = (struct chunk){.message = jsonx_str(event->data, "message", ""),
                            .index = (uint64_t)jsonx_int(event->data, "index", 0),
                            .count = (uint32_t)jsonx_int(event->data, "count", 0),
                            .block = (uint32_t)jsonx_int(event->data, "block", 0),
                            .kind = chunk_kind_parse(jsonx_str(event->data, "kind", "")),
                            .delta = json_string_value(delta),
                            .delta_len = json_string_length(delta)};
    return chunk->delta && chunk->count >= 1 && chunk->kind != CHUNK_KIND_COUNT &&
           id_valid(chunk->message, "m_");
}
