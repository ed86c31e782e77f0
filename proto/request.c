/* The table of requests. Adding one is a row here, its line in PROTOCOL.md, and a handler in the daemon. */
#include "proto/request.h"

#include "proto/state.h"

#include <string.h>

#define OPT false
#define REQ true
#define END                                                                                                  \
    {                                                                                                        \
        NULL                                                                                                 \
    }

enum { TEXT_MAX = 1 << 20, SYSTEM_MAX = 65536, TITLE_MAX = 200, ID_LEN_MAX = 40 };

static const struct field no_fields[] = {END};

#define SERVER                                                                                               \
    {                                                                                                        \
        "server", FIELD_STRING, REQ, false, 1, 32, NULL                                                      \
    }
#define TIMEOUT                                                                                              \
    {                                                                                                        \
        "timeout_ms", FIELD_INT, OPT, false, 100, 3600000, NULL                                              \
    }

static const struct field server_fields[] = {SERVER, END};
static const struct field call_fields[] = {SERVER,
                                           {"tool", FIELD_STRING, REQ, false, 1, 256, NULL},
                                           {"arguments", FIELD_OBJECT, OPT, false, 0, 0, NULL},
                                           TIMEOUT,
                                           END};
static const struct field complete_fields[] = {SERVER,
                                               {"ref", FIELD_OBJECT, REQ, false, 0, 0, NULL},
                                               {"argument", FIELD_OBJECT, REQ, false, 0, 0, NULL},
                                               {"context", FIELD_OBJECT, OPT, false, 0, 0, NULL},
                                               END};
static const struct field prompt_fields[] = {SERVER,
                                             {"name", FIELD_STRING, REQ, false, 1, 256, NULL},
                                             {"arguments", FIELD_OBJECT, OPT, false, 0, 0, NULL},
                                             END};
static const struct field read_fields[] = {SERVER, {"uri", FIELD_STRING, REQ, false, 1, 8192, NULL}, END};
static const struct field select_fields[] = {SERVER, {"variant", FIELD_STRING, REQ, true, 1, 32, NULL}, END};
static const struct field subscribe_uri_fields[] = {SERVER,
                                                    {"uri", FIELD_STRING, REQ, false, 1, 8192, NULL},
                                                    {"subscribe", FIELD_BOOL, OPT, false, 0, 0, NULL},
                                                    END};
static const struct field tools_fields[] = {{"server", FIELD_STRING, OPT, false, 1, 32, NULL}, END};

static const struct field answer_fields[] = {{"question", FIELD_STRING, REQ, false, 1, ID_LEN_MAX, NULL},
                                             {"decision", FIELD_ENUM, REQ, false, 0, 0, "allow|deny|cancel"},
                                             {"scope", FIELD_ENUM, OPT, false, 0, 0, "once|session|user"},
                                             {"pattern", FIELD_STRING, OPT, false, 1, 1024, NULL},
                                             {"reason", FIELD_STRING, OPT, false, 0, 2000, NULL},
                                             {"content", FIELD_OBJECT, OPT, false, 0, 0, NULL},
                                             END};
static const struct field rule_add_fields[] = {{"effect", FIELD_ENUM, REQ, false, 0, 0, "allow|ask|deny"},
                                               {"pattern", FIELD_STRING, REQ, false, 1, 1024, NULL},
                                               {"session", FIELD_STRING, OPT, false, 1, ID_LEN_MAX, NULL},
                                               END};
static const struct field rule_list_fields[] = {{"session", FIELD_STRING, OPT, false, 1, ID_LEN_MAX, NULL},
                                                END};
static const struct field rule_remove_fields[] = {{"rule", FIELD_STRING, REQ, false, 1, ID_LEN_MAX, NULL},
                                                  {"session", FIELD_STRING, OPT, false, 1, ID_LEN_MAX, NULL},
                                                  END};

static const struct field edit_queue_fields[] = {
    {"remove", FIELD_STRINGS, OPT, false, 1, STATE_QUEUE_MAX, NULL},
    {"message", FIELD_STRING, OPT, false, 1, ID_LEN_MAX, NULL},
    {"text", FIELD_STRING, OPT, false, 1, TEXT_MAX, NULL},
    END};

static const struct field history_fields[] = {{"before", FIELD_STRING, OPT, false, 1, ID_LEN_MAX, NULL},
                                              {"after", FIELD_STRING, OPT, false, 1, ID_LEN_MAX, NULL},
                                              {"limit", FIELD_INT, OPT, false, 1, 1000, NULL},
                                              END};

static const struct field search_fields[] = {
    {"text", FIELD_STRING, REQ, false, 1, 1000, NULL}, {"limit", FIELD_INT, OPT, false, 1, 200, NULL}, END};

static const struct field send_fields[] = {
    {"text", FIELD_STRING, REQ, false, 1, TEXT_MAX, NULL},
    {"mode", FIELD_ENUM, OPT, false, 0, 0, "queue|steer"},
    {"attachments", FIELD_ARRAY, OPT, false, 0, STATE_ATTACHMENTS_MAX, NULL},
    END};

static const struct field hello_fields[] = {{"kind", FIELD_ENUM, OPT, false, 0, 0, "tui|cli|api"},
                                            {"terminal", FIELD_STRING, OPT, false, 0, 64, NULL},
                                            {"version", FIELD_STRING, OPT, false, 0, 64, NULL},
                                            END};

static const struct field archive_fields[] = {{"archived", FIELD_BOOL, OPT, false, 0, 0, NULL}, END};

static const struct field command_fields[] = {{"text", FIELD_STRING, REQ, false, 2, TEXT_MAX, NULL}, END};

static const struct field configure_fields[] = {{"model", FIELD_STRING, OPT, true, 1, 200, NULL},
                                                {"system", FIELD_STRING, OPT, true, 1, SYSTEM_MAX, NULL},
                                                {"temperature", FIELD_REAL, OPT, true, 0, 2, NULL},
                                                {"max_tokens", FIELD_INT, OPT, true, 1, 1000000, NULL},
                                                {"variables", FIELD_OBJECT, OPT, false, 0, 0, NULL},
                                                END};

static const struct field create_fields[] = {{"title", FIELD_STRING, OPT, false, 0, TITLE_MAX, NULL},
                                             {"model", FIELD_STRING, OPT, false, 1, 200, NULL},
                                             {"system", FIELD_STRING, OPT, false, 1, SYSTEM_MAX, NULL},
                                             END};

static const struct field fork_fields[] = {{"message", FIELD_STRING, OPT, false, 1, ID_LEN_MAX, NULL},
                                           {"title", FIELD_STRING, OPT, false, 0, TITLE_MAX, NULL},
                                           END};

static const struct field list_fields[] = {{"archived", FIELD_BOOL, OPT, false, 0, 0, NULL},
                                           {"limit", FIELD_INT, OPT, false, 1, 1000, NULL},
                                           {"before", FIELD_STRING, OPT, false, 1, 100, NULL},
                                           END};

static const struct field rename_fields[] = {{"title", FIELD_STRING, REQ, false, 1, TITLE_MAX, NULL}, END};

static const struct field rewind_fields[] = {{"message", FIELD_STRING, REQ, true, 1, ID_LEN_MAX, NULL}, END};

static const struct field snapshot_fields[] = {{"limit", FIELD_INT, OPT, false, 1, 200, NULL}, END};

/* Each may have to be brought to memory first, which takes some ms while all others wait. */
static const struct field subscribe_fields[] = {{"sessions", FIELD_STRINGS, REQ, false, 1, 16, NULL},
                                                {"kinds", FIELD_STRINGS, OPT, false, 1, 64, NULL},
                                                END};

static const struct field typing_fields[] = {{"typing", FIELD_BOOL, REQ, false, 0, 0, NULL}, END};

static const struct field unsubscribe_fields[] = {{"sessions", FIELD_STRINGS, REQ, false, 1, 64, NULL}, END};

static const struct request_row rows[METHOD_COUNT] = {
    [METHOD_ADMIN_RELOAD] = {"admin.reload", false, ROLE_ADMIN, false, no_fields},
    [METHOD_ADMIN_STATS] = {"admin.stats", false, ROLE_ADMIN, false, no_fields},
    [METHOD_ADMIN_STOP] = {"admin.stop", false, ROLE_ADMIN, false, no_fields},
    [METHOD_COMMAND_LIST] = {"command.list", false, ROLE_VIEWER, false, no_fields},
    [METHOD_MCP_CALL] = {"mcp.call", true, ROLE_APPROVER, true, call_fields},
    [METHOD_MCP_COMPLETE] = {"mcp.complete", true, ROLE_WRITER, false, complete_fields},
    [METHOD_MCP_CONNECT] = {"mcp.connect", true, ROLE_WRITER, true, server_fields},
    [METHOD_MCP_DISCONNECT] = {"mcp.disconnect", true, ROLE_WRITER, true, server_fields},
    [METHOD_MCP_PROMPT] = {"mcp.prompt", true, ROLE_WRITER, false, prompt_fields},
    [METHOD_MCP_PROMPTS] = {"mcp.prompts", true, ROLE_VIEWER, false, server_fields},
    [METHOD_MCP_READ] = {"mcp.read", true, ROLE_WRITER, false, read_fields},
    [METHOD_MCP_RESOURCES] = {"mcp.resources", true, ROLE_VIEWER, false, server_fields},
    [METHOD_MCP_SELECT] = {"mcp.select", true, ROLE_WRITER, true, select_fields},
    [METHOD_MCP_SERVERS] = {"mcp.servers", true, ROLE_VIEWER, false, no_fields},
    [METHOD_MCP_SUBSCRIBE] = {"mcp.subscribe", true, ROLE_WRITER, false, subscribe_uri_fields},
    [METHOD_MCP_TOOLS] = {"mcp.tools", true, ROLE_VIEWER, false, tools_fields},
    [METHOD_MESSAGE_EDIT_QUEUE] = {"message.edit_queue", true, ROLE_WRITER, true, edit_queue_fields},
    [METHOD_MESSAGE_HISTORY] = {"message.history", true, ROLE_VIEWER, false, history_fields},
    [METHOD_MESSAGE_SEARCH] = {"message.search", false, ROLE_VIEWER, false, search_fields},
    [METHOD_MESSAGE_SEND] = {"message.send", true, ROLE_WRITER, true, send_fields},
    [METHOD_MODEL_LIST] = {"model.list", false, ROLE_VIEWER, false, no_fields},
    [METHOD_QUESTION_ANSWER] = {"question.answer", false, ROLE_VIEWER, true, answer_fields},
    [METHOD_QUESTION_LIST] = {"question.list", false, ROLE_VIEWER, false, no_fields},
    [METHOD_RULE_ADD] = {"rule.add", false, ROLE_VIEWER, true, rule_add_fields},
    [METHOD_RULE_LIST] = {"rule.list", false, ROLE_VIEWER, false, rule_list_fields},
    [METHOD_RULE_REMOVE] = {"rule.remove", false, ROLE_VIEWER, true, rule_remove_fields},
    [METHOD_SERVER_HELLO] = {"server.hello", false, ROLE_VIEWER, false, hello_fields},
    [METHOD_SERVER_PING] = {"server.ping", false, ROLE_VIEWER, false, no_fields},
    [METHOD_SESSION_ARCHIVE] = {"session.archive", true, ROLE_OWNER, true, archive_fields},
    [METHOD_SESSION_COMMAND] = {"session.command", true, ROLE_VIEWER, true, command_fields},
    [METHOD_SESSION_COMPACT] = {"session.compact", true, ROLE_WRITER, true, no_fields},
    [METHOD_SESSION_CONFIGURE] = {"session.configure", true, ROLE_WRITER, true, configure_fields},
    [METHOD_SESSION_CREATE] = {"session.create", false, ROLE_VIEWER, true, create_fields},
    [METHOD_SESSION_DELETE] = {"session.delete", true, ROLE_OWNER, true, no_fields},
    [METHOD_SESSION_FORK] = {"session.fork", true, ROLE_VIEWER, true, fork_fields},
    [METHOD_SESSION_INFO] = {"session.info", true, ROLE_VIEWER, false, no_fields},
    [METHOD_SESSION_INTERRUPT] = {"session.interrupt", true, ROLE_WRITER, true, no_fields},
    [METHOD_SESSION_LIST] = {"session.list", false, ROLE_VIEWER, false, list_fields},
    [METHOD_SESSION_RENAME] = {"session.rename", true, ROLE_WRITER, true, rename_fields},
    [METHOD_SESSION_REWIND] = {"session.rewind", true, ROLE_OWNER, true, rewind_fields},
    [METHOD_SESSION_SNAPSHOT] = {"session.snapshot", true, ROLE_VIEWER, false, snapshot_fields},
    [METHOD_SESSION_SUBSCRIBE] = {"session.subscribe", false, ROLE_VIEWER, false, subscribe_fields},
    [METHOD_SESSION_TYPING] = {"session.typing", true, ROLE_WRITER, false, typing_fields},
    [METHOD_SESSION_UNSUBSCRIBE] = {"session.unsubscribe", false, ROLE_VIEWER, false, unsubscribe_fields},
};

const struct request_row *request_row(enum method method)
{
    return &rows[method];
}

enum method request_method_parse(const char *name)
{
    for (enum method method = 0; method < METHOD_COUNT; method++)
        if (strcmp(rows[method].name, name) == 0)
            return method;
    return METHOD_COUNT;
}

const char *role_name(enum role role)
{
    static const char *const names[] = {"none", "viewer", "writer", "approver", "owner", "admin"};
    return role <= ROLE_ADMIN ? names[role] : "none";
}
