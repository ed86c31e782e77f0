/* The options: one row each. Reading, checking, --print-config, config.example.yaml and stoa-config(5) all
 * follow the table in options.c; adding an option is adding its name here and its row there. */
#ifndef STOA_DAEMON_OPTIONS_H
#define STOA_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* In the order in which they are printed: by name. */
enum option {
    OPTION_AGENT_IDLE_TIMEOUT,
    OPTION_AGENT_MAX_LIVE,
    OPTION_AGENT_PATH,
    OPTION_DEFAULT_MODEL,
    OPTION_DEMO_RATE,
    OPTION_LIMITS_CLIENT_BACKLOG,
    OPTION_LIMITS_CLIENTS,
    OPTION_LIMITS_MESSAGE_SIZE,
    OPTION_LIMITS_QUEUE,
    OPTION_LIMITS_REPLY_SIZE,
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
    OPTION_SESSION_SNAPSHOT_EVERY,
    OPTION_STOP_TIMEOUT,
    OPTION_TURN_MAX_STEPS,
    OPTION_TURN_MAX_TOKENS,
    OPTION_TURN_TIMEOUT,
    OPTION_COUNT
};

enum option_type {
    OPTION_TEXT,     /* min..max are bytes */
    OPTION_INTEGER,  /* min..max are values */
    OPTION_BOOL,     /* true or false */
    OPTION_ENUM,     /* the number is the position in choices */
    OPTION_DURATION, /* min..max are milliseconds; written 500ms, 10s, 5m, 2h */
    OPTION_SIZE,     /* min..max are bytes; written 4096, 64k, 1m */
    OPTION_TYPE_COUNT
};

struct option_row {
    const char *name; /* dotted: "agent.idle_timeout" */
    enum option_type type;
    int64_t min, max;
    const char *standard; /* the default, as it would be written in the file */
    const char *choices;  /* OPTION_ENUM: "error|warn|info" */
    const char *unit;     /* what the number counts, for people: "chunks per second"; never empty */
    const char *help;     /* a sentence or two */
    bool restart;         /* takes effect only when the daemon starts, not by a reload */
};

/* Never NULL for option < OPTION_COUNT. */
const struct option_row *option_row(enum option option);
/* OPTION_COUNT for an unknown name. */
enum option option_find(const char *name);

/* Reads a value as it is written in the file. *number for all types but text. False when it is not of the
 * row's type or out of its bounds. */
bool option_read(const struct option_row *row, const char *text, int64_t *number);
/* Writes a number as one would write it in the file: "5m", "64k", "true", "info". */
void option_write(const struct option_row *row, int64_t number, char out[32]);
/* What would be right: "a duration such as 500ms, 10s, 5m or 2h, from 1s to 24h". */
void option_expects(const struct option_row *row, char out[128]);

#endif
