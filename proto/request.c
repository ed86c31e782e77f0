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

/* --- many people --- */

#define USER(name, required)                                                                                 \
    {                                                                                                        \
        name, FIELD_STRING, required, false, 1, 63, NULL                                                     \
    }
#define LABEL                                                                                                \
    {                                                                                                        \
        "label", FIELD_STRING, OPT, false, 0, 64, NULL                                                       \
    }
#define KEY(name, required)                                                                                  \
    {                                                                                                        \
        name, FIELD_STRING, required, false, 43, 43, NULL                                                    \
    }

enum { SECRET_MAX = 16384 };

static const struct field audit_list_fields[] = {{"before", FIELD_INT, OPT, false, 1, INT64_MAX, NULL},
                                                 {"after", FIELD_INT, OPT, false, 0, INT64_MAX, NULL},
                                                 {"limit", FIELD_INT, OPT, false, 1, 1000, NULL},
                                                 USER("user", OPT),
                                                 {"action", FIELD_STRING, OPT, false, 1, 64, NULL},
                                                 END};
static const struct field key_add_fields[] = {KEY("key", REQ), USER("user", OPT), LABEL, END};
static const struct field key_revoke_fields[] = {KEY("key", REQ), END};
static const struct field lend_message_fields[] = {SERVER,
                                                   {"run", FIELD_STRING, REQ, false, 1, ID_LEN_MAX, NULL},
                                                   {"messages", FIELD_ARRAY, OPT, false, 1, 64, NULL},
                                                   {"end", FIELD_STRING, OPT, false, 0, 256, NULL},
                                                   {"began", FIELD_BOOL, OPT, false, 0, 0, NULL},
                                                   END};
static const struct field lend_offer_fields[] = {
    SERVER, {"title", FIELD_STRING, OPT, false, 0, 200, NULL}, END};
static const struct field of_session_fields[] = {{"session", FIELD_STRING, REQ, false, 1, ID_LEN_MAX, NULL},
                                                 END};
static const struct field pair_redeem_fields[] = {{"code", FIELD_STRING, REQ, false, 6, 6, NULL}, LABEL, END};
static const struct field pair_start_fields[] = {{"from", FIELD_STRING, OPT, false, 1, 45, NULL}, END};
static const struct field secret_name_fields[] = {{"name", FIELD_STRING, REQ, false, 1, 64, NULL}, END};
static const struct field secret_set_fields[] = {{"name", FIELD_STRING, REQ, false, 1, 64, NULL},
                                                 {"value", FIELD_SECRET, REQ, false, 1, SECRET_MAX, NULL},
                                                 END};
static const struct field share_fields[] = {
    USER("user", REQ), {"role", FIELD_ENUM, REQ, false, 0, 0, "viewer|writer|approver"}, END};
static const struct field ticket_fields[] = {{"role", FIELD_ENUM, OPT, false, 0, 0, "viewer|writer|approver"},
                                             {"ttl_ms", FIELD_INT, OPT, false, 1000, 604800000, NULL},
                                             {"uses", FIELD_INT, OPT, false, 1, 100, NULL},
                                             END};
static const struct field ticket_redeem_fields[] = {
    {"secret", FIELD_STRING, REQ, false, 1, 64, NULL}, USER("name", OPT), LABEL, END};
static const struct field ticket_revoke_fields[] = {{"ticket", FIELD_STRING, REQ, false, 1, ID_LEN_MAX, NULL},
                                                    END};
static const struct field token_issue_fields[] = {
    USER("user", OPT),
    LABEL,
    {"ttl_ms", FIELD_INT, OPT, false, 1000, INT64_C(31536000000), NULL},
    {"role", FIELD_ENUM, OPT, false, 0, 0, "viewer|writer|approver|owner|admin"},
    {"session", FIELD_STRING, OPT, false, 1, ID_LEN_MAX, NULL},
    END};
static const struct field token_list_fields[] = {USER("user", OPT), END};
static const struct field token_login_fields[] = {{"token", FIELD_STRING, REQ, false, 1, 128, NULL}, END};
static const struct field token_revoke_fields[] = {{"token", FIELD_STRING, REQ, false, 1, ID_LEN_MAX, NULL},
                                                   END};
static const struct field unshare_fields[] = {USER("user", REQ), END};
#define USER_ROLE(required)                                                                                  \
    {                                                                                                        \
        "role", FIELD_ENUM, required, false, 0, 0, "admin|member"                                            \
    }
static const struct field user_create_fields[] = {USER("user", REQ),
                                                  USER_ROLE(OPT),
                                                  KEY("key", OPT),
                                                  LABEL,
                                                  {"settings", FIELD_OBJECT, OPT, false, 0, 0, NULL},
                                                  END};
static const struct field user_name_fields[] = {USER("user", REQ), END};
static const struct field user_show_fields[] = {USER("user", OPT), END};
static const struct field user_update_fields[] = {USER("user", REQ),
                                                  USER_ROLE(OPT),
                                                  {"disabled", FIELD_BOOL, OPT, false, 0, 0, NULL},
                                                  {"settings", FIELD_OBJECT, OPT, false, 0, 0, NULL},
                                                  END};

static const struct request_row rows[METHOD_COUNT] = {
    [METHOD_ADMIN_END] = {"admin.end", false, ROLE_ADMIN, true, of_session_fields},
    [METHOD_ADMIN_HIBERNATE] = {"admin.hibernate", false, ROLE_ADMIN, true, of_session_fields},
    [METHOD_ADMIN_METRICS] = {"admin.metrics", false, ROLE_ADMIN, false, no_fields},
    [METHOD_ADMIN_RELOAD] = {"admin.reload", false, ROLE_ADMIN, false, no_fields},
    [METHOD_ADMIN_STATS] = {"admin.stats", false, ROLE_ADMIN, false, no_fields},
    [METHOD_ADMIN_STOP] = {"admin.stop", false, ROLE_ADMIN, false, no_fields},
    [METHOD_ADMIN_TOP] = {"admin.top", false, ROLE_ADMIN, false, no_fields},
    [METHOD_AUDIT_LIST] = {"audit.list", false, ROLE_ADMIN, false, audit_list_fields},
    [METHOD_COMMAND_LIST] = {"command.list", false, ROLE_VIEWER, false, no_fields},
    [METHOD_LEND_MESSAGE] = {"lend.message", true, ROLE_WRITER, false, lend_message_fields},
    [METHOD_LEND_OFFER] = {"lend.offer", true, ROLE_WRITER, false, lend_offer_fields},
    [METHOD_LEND_WITHDRAW] = {"lend.withdraw", true, ROLE_WRITER, false, server_fields},
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
    [METHOD_PAIR_REDEEM] = {"pair.redeem", false, ROLE_NONE, false, pair_redeem_fields},
    [METHOD_PAIR_START] = {"pair.start", false, ROLE_VIEWER, false, pair_start_fields},
    [METHOD_QUESTION_ANSWER] = {"question.answer", false, ROLE_VIEWER, true, answer_fields},
    [METHOD_QUESTION_LIST] = {"question.list", false, ROLE_VIEWER, false, no_fields},
    [METHOD_RULE_ADD] = {"rule.add", false, ROLE_VIEWER, true, rule_add_fields},
    [METHOD_RULE_LIST] = {"rule.list", false, ROLE_VIEWER, false, rule_list_fields},
    [METHOD_RULE_REMOVE] = {"rule.remove", false, ROLE_VIEWER, true, rule_remove_fields},
    [METHOD_SECRET_LIST] = {"secret.list", false, ROLE_VIEWER, false, no_fields},
    [METHOD_SECRET_REMOVE] = {"secret.remove", false, ROLE_VIEWER, true, secret_name_fields},
    [METHOD_SECRET_SET] = {"secret.set", false, ROLE_VIEWER, true, secret_set_fields},
    [METHOD_SERVER_HELLO] = {"server.hello", false, ROLE_NONE, false, hello_fields},
    [METHOD_SERVER_PING] = {"server.ping", false, ROLE_NONE, false, no_fields},
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
    [METHOD_SESSION_SHARE] = {"session.share", true, ROLE_OWNER, true, share_fields},
    [METHOD_SESSION_SNAPSHOT] = {"session.snapshot", true, ROLE_VIEWER, false, snapshot_fields},
    [METHOD_SESSION_SUBSCRIBE] = {"session.subscribe", false, ROLE_VIEWER, false, subscribe_fields},
    [METHOD_SESSION_TICKET] = {"session.ticket", true, ROLE_OWNER, true, ticket_fields},
    [METHOD_SESSION_TYPING] = {"session.typing", true, ROLE_WRITER, false, typing_fields},
    [METHOD_SESSION_UNSHARE] = {"session.unshare", true, ROLE_VIEWER, true, unshare_fields},
    [METHOD_SESSION_UNSUBSCRIBE] = {"session.unsubscribe", false, ROLE_VIEWER, false, unsubscribe_fields},
    [METHOD_SESSION_WHO] = {"session.who", true, ROLE_VIEWER, false, no_fields},
    [METHOD_TICKET_LIST] = {"ticket.list", false, ROLE_VIEWER, false, no_fields},
    [METHOD_TICKET_REDEEM] = {"ticket.redeem", false, ROLE_NONE, false, ticket_redeem_fields},
    [METHOD_TICKET_REVOKE] = {"ticket.revoke", false, ROLE_VIEWER, true, ticket_revoke_fields},
    [METHOD_TOKEN_ISSUE] = {"token.issue", false, ROLE_VIEWER, true, token_issue_fields},
    [METHOD_TOKEN_LIST] = {"token.list", false, ROLE_VIEWER, false, token_list_fields},
    [METHOD_TOKEN_LOGIN] = {"token.login", false, ROLE_NONE, false, token_login_fields},
    [METHOD_TOKEN_REVOKE] = {"token.revoke", false, ROLE_VIEWER, true, token_revoke_fields},
    [METHOD_USER_CREATE] = {"user.create", false, ROLE_ADMIN, true, user_create_fields},
    [METHOD_USER_DELETE] = {"user.delete", false, ROLE_ADMIN, true, user_name_fields},
    [METHOD_USER_KEY_ADD] = {"user.key_add", false, ROLE_VIEWER, true, key_add_fields},
    [METHOD_USER_KEY_REVOKE] = {"user.key_revoke", false, ROLE_VIEWER, true, key_revoke_fields},
    [METHOD_USER_LIST] = {"user.list", false, ROLE_ADMIN, false, no_fields},
    [METHOD_USER_SHOW] = {"user.show", false, ROLE_VIEWER, false, user_show_fields},
    [METHOD_USER_UPDATE] = {"user.update", false, ROLE_ADMIN, true, user_update_fields},
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

static const char *const role_names[] = {"none", "viewer", "writer", "approver", "owner", "admin"};

const char *role_name(enum role role)
{
    return role_names[role <= ROLE_ADMIN ? role : ROLE_NONE];
}

enum role role_parse(const char *name)
{
    enum role role = ROLE_ADMIN;
    while (role > ROLE_NONE && strcmp(role_names[role], name) != 0)
        role--;
    return role;
}
