/* The requests: one row a method, as PROTOCOL.md lists them. The dispatcher checks the row before it calls a
 * handler. */
#ifndef STOA_PROTO_REQUEST_H
#define STOA_PROTO_REQUEST_H

#include "proto/schema.h"
#include <stdbool.h>
#include <stddef.h>

enum role { ROLE_NONE, ROLE_VIEWER, ROLE_WRITER, ROLE_APPROVER, ROLE_OWNER, ROLE_ADMIN };
const char *role_name(enum role role);
/* ROLE_NONE for an unknown name. */
enum role role_parse(const char *name);

enum method { /* in the order of the names */
              METHOD_ADMIN_END,
              METHOD_ADMIN_HIBERNATE,
              METHOD_ADMIN_METRICS,
              METHOD_ADMIN_RELOAD,
              METHOD_ADMIN_STATS,
              METHOD_ADMIN_STOP,
              METHOD_ADMIN_TOP,
              METHOD_AUDIT_LIST,
              METHOD_COMMAND_LIST,
              METHOD_LEND_MESSAGE,
              METHOD_LEND_OFFER,
              METHOD_LEND_WITHDRAW,
              METHOD_MCP_CALL,
              METHOD_MCP_COMPLETE,
              METHOD_MCP_CONNECT,
              METHOD_MCP_DISCONNECT,
              METHOD_MCP_PROMPT,
              METHOD_MCP_PROMPTS,
              METHOD_MCP_READ,
              METHOD_MCP_RESOURCES,
              METHOD_MCP_SELECT,
              METHOD_MCP_SERVERS,
              METHOD_MCP_SUBSCRIBE,
              METHOD_MCP_TOOLS,
              METHOD_MESSAGE_EDIT_QUEUE,
              METHOD_MESSAGE_HISTORY,
              METHOD_MESSAGE_SEARCH,
              METHOD_MESSAGE_SEND,
              METHOD_MODEL_LIST,
              METHOD_PAIR_REDEEM,
              METHOD_PAIR_START,
              METHOD_QUESTION_ANSWER,
              METHOD_QUESTION_LIST,
              METHOD_RULE_ADD,
              METHOD_RULE_LIST,
              METHOD_RULE_REMOVE,
              METHOD_SECRET_LIST,
              METHOD_SECRET_REMOVE,
              METHOD_SECRET_SET,
              METHOD_SERVER_HELLO,
              METHOD_SERVER_PING,
              METHOD_SESSION_ARCHIVE,
              METHOD_SESSION_COMMAND,
              METHOD_SESSION_COMPACT,
              METHOD_SESSION_CONFIGURE,
              METHOD_SESSION_CREATE,
              METHOD_SESSION_DELETE,
              METHOD_SESSION_FORK,
              METHOD_SESSION_INFO,
              METHOD_SESSION_INTERRUPT,
              METHOD_SESSION_LIST,
              METHOD_SESSION_RENAME,
              METHOD_SESSION_REWIND,
              METHOD_SESSION_SHARE,
              METHOD_SESSION_SNAPSHOT,
              METHOD_SESSION_SUBSCRIBE,
              METHOD_SESSION_TICKET,
              METHOD_SESSION_TYPING,
              METHOD_SESSION_UNSHARE,
              METHOD_SESSION_UNSUBSCRIBE,
              METHOD_SESSION_WHO,
              METHOD_TICKET_LIST,
              METHOD_TICKET_REDEEM,
              METHOD_TICKET_REVOKE,
              METHOD_TOKEN_ISSUE,
              METHOD_TOKEN_LIST,
              METHOD_TOKEN_LOGIN,
              METHOD_TOKEN_REVOKE,
              METHOD_USER_CREATE,
              METHOD_USER_DELETE,
              METHOD_USER_KEY_ADD,
              METHOD_USER_KEY_REVOKE,
              METHOD_USER_LIST,
              METHOD_USER_SHOW,
              METHOD_USER_UPDATE,
              METHOD_COUNT
};

struct request_row {
    const char *name;
    bool session;   /* works on one session */
    enum role role; /* the least that may */
    bool changes;   /* deduplicated by id, answered after commit */
    const struct field *fields;
};
/* Never NULL for method < METHOD_COUNT. */
const struct request_row *request_row(enum method method);
/* METHOD_COUNT for an unknown name. */
enum method request_method_parse(const char *name);

#endif
