/* The options: one row each. Reading, checking, --print-config, config.example.yaml and stoa-config(5) all
 * follow the table in options.c; adding an option is adding its name here and its row there. */
#ifndef STOA_DAEMON_CONFIG_OPTIONS_H
#define STOA_DAEMON_CONFIG_OPTIONS_H

#include "shared/option.h"
#include <stddef.h>

/* In the order in which they are printed: by name. */
enum option {
    OPTION_AGENT_PATH,
    OPTION_AUDIT_KEEP,
    OPTION_DEFAULT_MODEL,
    OPTION_DEMO_RATE,
    OPTION_LIMITS_BACKLOG_SIZE,
    OPTION_LIMITS_CLIENT_BACKLOG,
    OPTION_LIMITS_CLIENT_BACKLOG_SIZE,
    OPTION_LIMITS_CONNECTION_REQUESTS,
    OPTION_LIMITS_MAX_CLIENTS,
    OPTION_LIMITS_MAX_LIVE_AGENTS,
    OPTION_LIMITS_MAX_SESSIONS,
    OPTION_LIMITS_MAX_STRANGERS,
    OPTION_LIMITS_MAX_USER_CLIENTS,
    OPTION_LIMITS_MESSAGE_SIZE,
    OPTION_LIMITS_QUEUE,
    OPTION_LIMITS_REPLY_SIZE,
    OPTION_LIMITS_RIGHTS_CHANGES,
    OPTION_LIMITS_STRANGER_TIMEOUT,
    OPTION_LISTEN,
    OPTION_LOG_LEVEL,
    OPTION_MCP_CALL_TIMEOUT,
    OPTION_MCP_CPU,
    OPTION_MCP_FILE_SIZE,
    OPTION_MCP_FILES,
    OPTION_MCP_IDLE_TIMEOUT,
    OPTION_MCP_MEMORY,
    OPTION_MCP_PROCESSES,
    OPTION_MCP_RESULT_SIZE,
    OPTION_MCP_START_TIMEOUT,
    OPTION_METRICS_LISTEN,
    OPTION_MODEL_COMPACT_AT,
    OPTION_MODEL_CONNECT_TIMEOUT,
    OPTION_MODEL_CONTEXT,
    OPTION_MODEL_FIRST_BYTE_TIMEOUT,
    OPTION_MODEL_IDLE_TIMEOUT,
    OPTION_MODEL_PROBE_LOCAL,
    OPTION_MODEL_RETRIES,
    OPTION_PERMISSION_HOOK,
    OPTION_PERMISSION_ON_TIMEOUT,
    OPTION_PERMISSION_TIMEOUT,
    OPTION_PERMISSION_TWO_PERSON,
    OPTION_PUBLIC_ADDRESS,
    OPTION_QUOTA_AGENTS,
    OPTION_QUOTA_COST_DAY,
    OPTION_QUOTA_REQUESTS,
    OPTION_QUOTA_SERVERS,
    OPTION_QUOTA_SESSIONS,
    OPTION_QUOTA_STORED,
    OPTION_QUOTA_TOKENS_DAY,
    OPTION_SESSION_AT_MAX_AGE,
    OPTION_SESSION_AUTO_TITLE,
    OPTION_SESSION_IDLE_TIMEOUT,
    OPTION_SESSION_MAX_AGE,
    OPTION_SESSION_SNAPSHOT_EVERY,
    OPTION_STOP_TIMEOUT,
    OPTION_TURN_MAX_STEPS,
    OPTION_TURN_MAX_TOKENS,
    OPTION_TURN_TIMEOUT,
    OPTION_COUNT
};

/* Never NULL for option < OPTION_COUNT. */
const struct option_spec *option_row(enum option option);
/* All OPTION_COUNT of them. */
const struct option_spec *option_rows(void);
/* OPTION_COUNT for an unknown name. */
enum option option_find(const char *name);

struct option_former { /* a name that an option had once */
    const char *name;
    enum option option;
};
/* All of them. */
const struct option_former *option_formers(size_t *count);
/* What the option of that former name is now; OPTION_COUNT if it is no former name. */
enum option option_formerly(const char *name);

#endif
