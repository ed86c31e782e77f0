/* The table of options. */
#include "daemon/config/options.h"
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)

/* name, type, min, max, default, choices, unit, help, restart */
static const struct option_spec rows[OPTION_COUNT] = {
    [OPTION_AGENT_PATH] = {"agent.path", OPTION_TEXT, 0, 4095, "", NULL, "path",
                           "The stoa-agent program. Empty: the one beside stoad.", false},
    [OPTION_AUDIT_KEEP] =
        {"audit.keep", OPTION_INTEGER, 1000, 100000000, "1000000", NULL, "records",
         "How many records the audit keeps. Beyond that the oldest are dropped, and a record "
         "says so.",
         false},
    [OPTION_DEFAULT_MODEL] =
        {"default_model", OPTION_TEXT, 0, 233, "", NULL, "provider/model",
         "The model of new sessions that name none. Empty: chosen by the keys and local servers that are "
         "found, else the built-in demo.",
         false},
    [OPTION_DEMO_RATE] = {"demo.rate", OPTION_INTEGER, 0, 10000, "50", NULL, "chunks per second",
                          "How fast the built-in demo model writes. 0: as fast as it can.", false},
    [OPTION_LIMITS_BACKLOG_SIZE] =
        {"limits.backlog_size", OPTION_SIZE, 1 * MIB, 64 * GIB, "128m", NULL, "bytes",
         "How much may wait for all clients together. Beyond that those that take nothing are disconnected, "
         "the furthest behind first; they come back by themselves, and miss nothing.",
         false},
    [OPTION_LIMITS_CLIENT_BACKLOG] =
        {"limits.client_backlog", OPTION_INTEGER, 100, 100000, "10000", NULL, "events",
         "How many events may wait for a client that reads slowly, before it is told to fetch "
         "a snapshot instead.",
         true},
    [OPTION_LIMITS_CLIENT_BACKLOG_SIZE] =
        {"limits.client_backlog_size", OPTION_SIZE, 64 * KIB, 1 * GIB, "8m", NULL, "bytes",
         "How many bytes of events may wait for a client that reads slowly, before it is told to fetch a "
         "snapshot instead.",
         false},
    [OPTION_LIMITS_CONNECTION_REQUESTS] =
        {"limits.connection_requests", OPTION_INTEGER, 0, 100000, "1000", NULL, "requests a second",
         "How often a client may ask on one connection; five times as many may come at once. All connections "
         "of a user together may ask five times as often, unless quota.requests says otherwise. Beyond that "
         "requests are refused, and who goes on regardless is disconnected. 0: any number.",
         false},
    [OPTION_LIMITS_MAX_CLIENTS] = {"limits.max_clients", OPTION_INTEGER, 1, 10000, "1000", NULL, "clients",
                                   "How many clients may be connected at the same time. A few more places "
                                   "are kept for the daemon's own "
                                   "user and for admins, who so can always look after it and stop it.",
                                   false},
    [OPTION_LIMITS_MAX_LIVE_AGENTS] =
        {"limits.max_live_agents", OPTION_INTEGER, 1, 10000, "64", NULL, "processes",
         "How many agent processes may live at the same time. When there are as many, the one that has been "
         "idle longest makes room; while none is idle, further turns wait in line.",
         false},
    [OPTION_LIMITS_MAX_SESSIONS] = {"limits.max_sessions", OPTION_INTEGER, 0, 1000000, "20000", NULL,
                                    "sessions",
                                    "How many sessions there may be that are not archived. 0: any number.",
                                    false},
    [OPTION_LIMITS_MAX_STRANGERS] =
        {"limits.max_strangers", OPTION_INTEGER, 0, 1000, "16", NULL, "clients",
         "How many clients whose keys nobody has may be connected at the same time, to present a ticket, a "
         "pairing code or a token; half of them from one address. Where that is not enough, those of "
         "addresses "
         "that have many make room for others. 0: none.",
         false},
    [OPTION_LIMITS_MAX_USER_CLIENTS] =
        {"limits.max_user_clients", OPTION_INTEGER, 1, 10000, "64", NULL, "clients",
         "How many clients of one user may be connected over tcp at the same time; never more than half of "
         "limits.max_clients.",
         false},
    [OPTION_LIMITS_MESSAGE_SIZE] = {"limits.message_size", OPTION_SIZE, 1 * KIB, 1 * MIB, "1m", NULL, "bytes",
                                    "The largest message that a client may send, attachments included.",
                                    false},
    [OPTION_LIMITS_QUEUE] = {"limits.queue", OPTION_INTEGER, 1, 256, "32", NULL, "messages",
                             "How many messages may wait in a session for its turn to end.", false},
    [OPTION_LIMITS_REPLY_SIZE] = {"limits.reply_size", OPTION_SIZE, 4 * KIB, 1 * MIB, "1m", NULL, "bytes",
                                  "The largest reply of a model. A longer one is ended there.", false},
    [OPTION_LIMITS_RIGHTS_CHANGES] =
        {"limits.rights_changes", OPTION_INTEGER, 0, 100000, "60", NULL, "changes a minute",
         "How often a member may change rights: share and unshare, make and take back tickets, tokens, "
         "rules, keys and secrets, delete sessions, all of which the audit keeps. An answer to a question "
         "counts as a fifth. What comes in a minute may come at once. Beyond that they are refused. 0: any "
         "number.",
         false},
    [OPTION_LIMITS_STRANGER_TIMEOUT] =
        {"limits.stranger_timeout", OPTION_DURATION, 1 * SECOND, 1 * HOUR, "30s", NULL, "time",
         "How long a client may be connected over tcp before it is a user's: by its key, a ticket, a pairing "
         "code or a token.",
         false},
    [OPTION_LISTEN] =
        {"listen", OPTION_TEXT, 0, 512, "", NULL, "addresses",
         "Where other machines can connect, encrypted and only with keys that the daemon knows: "
         "tcp://HOST:PORT, several as a list or separated by spaces. HOST is an IPv4 address, an IPv6 "
         "address in "
         "brackets, or * for all of this host's. Empty: nowhere, only over the local socket.",
         true},
    [OPTION_LOG_LEVEL] = {"log.level", OPTION_ENUM, 0, 4, "info", "error|warn|info|debug|trace", "level",
                          "The least important lines that are logged.", false},
    [OPTION_MCP_CALL_TIMEOUT] = {"mcp.call_timeout", OPTION_DURATION, 100, 24 * HOUR, "1m", NULL, "time",
                                 "How long an MCP server may take to answer a call. Progress that it reports "
                                 "prolongs that, up to ten "
                                 "times as long.",
                                 false},
    [OPTION_MCP_CPU] =
        {"mcp.cpu", OPTION_DURATION, 0, 24 * HOUR, "0ms", NULL, "CPU time",
         "How much CPU time each process of an MCP server may use, in whole seconds. 0ms: any.", false},
    [OPTION_MCP_FILE_SIZE] = {"mcp.file_size", OPTION_SIZE, 0, 1024 * GIB, "0", NULL, "bytes",
                              "The largest file that an MCP server may write. 0: any.", false},
    [OPTION_MCP_FILES] = {"mcp.files", OPTION_INTEGER, 16, 1000000, "1024", NULL, "descriptors",
                          "How many files and sockets each process of an MCP server may have open.", false},
    [OPTION_MCP_IDLE_TIMEOUT] = {"mcp.idle_timeout", OPTION_DURATION, 0, 24 * HOUR, "10m", NULL, "time",
                                 "How long an MCP server is kept while nothing is asked of it. 0ms: as long "
                                 "as its agent or host lives.",
                                 false},
    [OPTION_MCP_MEMORY] = {"mcp.memory", OPTION_SIZE, 0, 1024 * GIB, "2g", NULL, "bytes",
                           "How much memory each process of an MCP server may use; where cgroups are "
                           "delegated to the daemon, all of its processes together. 0: any.",
                           false},
    [OPTION_MCP_PROCESSES] = {"mcp.processes", OPTION_INTEGER, 0, 100000, "256", NULL,
                              "processes and threads",
                              "How many processes and threads an MCP server may have. 0: any.", false},
    [OPTION_MCP_RESULT_SIZE] = {"mcp.result_size", OPTION_SIZE, 1 * KIB, 256 * KIB, "64k", NULL, "bytes",
                                "How much of a tool's result the model is told. What is cut off is kept in "
                                "the session's folder.",
                                false},
    [OPTION_MCP_START_TIMEOUT] = {"mcp.start_timeout", OPTION_DURATION, 100, 1 * HOUR, "30s", NULL, "time",
                                  "How long an MCP server may take to start and to answer for the first "
                                  "time.",
                                  false},
    [OPTION_METRICS_LISTEN] =
        {"metrics.listen", OPTION_TEXT, 0, 255, "", NULL, "address",
         "Where /metrics (Prometheus), /health and /health/sessions are served by HTTP, without "
         "any authentication: HOST:PORT, [IPv6]:PORT or :PORT, which is on this host alone. Empty: "
         "nowhere.",
         true},
    [OPTION_MODEL_COMPACT_AT] = {"model.compact_at", OPTION_INTEGER, 0, 95, "80", NULL, "percent",
                                 "How full the model's context may be before a session is compacted by "
                                 "itself. 0: never.",
                                 false},
    [OPTION_MODEL_CONNECT_TIMEOUT] = {"model.connect_timeout", OPTION_DURATION, 100, 5 * MINUTE, "10s", NULL,
                                      "time", "How long connecting to a model's server may take.", false},
    [OPTION_MODEL_CONTEXT] = {"model.context", OPTION_INTEGER, 1000, 100000000, "200000", NULL, "tokens",
                              "How much a model can be told at once: the size of its context window.", false},
    [OPTION_MODEL_FIRST_BYTE_TIMEOUT] = {"model.first_byte_timeout", OPTION_DURATION, 1 * SECOND, 1 * HOUR,
                                         "2m", NULL, "time",
                                         "How long a model's server may take to begin its reply.", false},
    [OPTION_MODEL_IDLE_TIMEOUT] = {"model.idle_timeout", OPTION_DURATION, 1 * SECOND, 1 * HOUR, "1m", NULL,
                                   "time",
                                   "How long a model's server may be silent in the middle of a reply.",
                                   false},
    [OPTION_MODEL_PROBE_LOCAL] =
        {"model.probe_local", OPTION_BOOL, 0, 1, "true", NULL, "switch",
         "Whether to look for a model server on this host when no model is configured.", false},
    [OPTION_MODEL_RETRIES] =
        {"model.retries", OPTION_INTEGER, 0, 10, "2", NULL, "attempts",
         "How often a request to a model's server is repeated after a failure that may pass.", false},
    [OPTION_PERMISSION_HOOK] =
        {"permission.hook", OPTION_TEXT, 0, 4095, "", NULL, "command",
         "A program that is run when a question is asked, to notify people: its words as in a shell, with "
         "quotes and \\, but no shell. It gets a JSON object on standard input and may take 10 s. Empty: "
         "none.",
         false},
    [OPTION_PERMISSION_ON_TIMEOUT] =
        {"permission.on_timeout", OPTION_ENUM, 0, 1, "deny", "deny|wait", "choice",
         "What happens when nobody has answered within permission.timeout: deny declines the call; wait "
         "lets the question wait on.",
         false},
    [OPTION_PERMISSION_TIMEOUT] =
        {"permission.timeout", OPTION_DURATION, 0, 168 * HOUR, "0ms", NULL, "time",
         "How long a question whether a tool may be called waits for an answer. 0ms: for ever.", false},
    [OPTION_PUBLIC_ADDRESS] = {"public_address", OPTION_TEXT, 0, 255, "", NULL, "host[:port]",
                               "Where other machines reach this daemon, as tickets say it. Empty: the first "
                               "address of listen, with "
                               "this host's name where that is any address.",
                               false},
    [OPTION_PERMISSION_TWO_PERSON] =
        {"permission.two_person", OPTION_TEXT, 0, 8192, "", NULL, "patterns",
         "Tool calls that two persons must allow, whatever rules say: patterns as in rules (SERVER/TOOL or "
         "SERVER/TOOL(ARGUMENT=GLOB)), as a list or separated by ';'. Both must be approvers in the session, "
         "and no "
         "ticket "
         "of one of them may have let in the other, unless an admin vouches for them. Empty: none.",
         false},
    [OPTION_QUOTA_AGENTS] = {"quota.agents", OPTION_INTEGER, 0, 10000, "0", NULL, "processes",
                             "How many agent processes a member's sessions may have at the same time, unless "
                             "their own settings say otherwise. 0: any number.",
                             false},
    [OPTION_QUOTA_COST_DAY] =
        {"quota.cost_day", OPTION_INTEGER, 0, 1000000, "0", NULL, "currency of the prices",
         "What a member's sessions may cost a day (UTC) by the prices of the configuration, unless their own "
         "settings say otherwise. 0: anything.",
         false},
    [OPTION_QUOTA_REQUESTS] = {"quota.requests", OPTION_INTEGER, 0, 1000000, "0", NULL, "requests a minute",
                               "How many requests a minute a member may make, unless their own settings say "
                               "otherwise. 0: any number.",
                               false},
    [OPTION_QUOTA_SERVERS] = {"quota.servers", OPTION_INTEGER, 0, 10000, "0", NULL, "MCP servers",
                              "How many MCP servers may run at the same time for a member, unless their own "
                              "settings say otherwise. 0: any number.",
                              false},
    [OPTION_QUOTA_SESSIONS] = {"quota.sessions", OPTION_INTEGER, 0, 1000000, "0", NULL, "sessions",
                               "How many sessions that are not archived a member may have, unless their own "
                               "settings say otherwise. 0: any number.",
                               false},
    [OPTION_QUOTA_STORED] =
        {"quota.stored", OPTION_SIZE, 0, 1024 * 1024 * GIB, "2g", NULL, "bytes",
         "How much a member's sessions may take on the daemon's disk, archived ones included, unless their "
         "own settings say otherwise: messages, results of tools, and what MCP servers write into folders of "
         "sessions. Beyond that they can read, export and delete, and nothing new is taken. Measured as "
         "text: with its indexes the disk may hold twice that. 0: any amount.",
         false},
    [OPTION_QUOTA_TOKENS_DAY] = {"quota.tokens_day", OPTION_INTEGER, 0, INT64_C(1000000000000), "0", NULL,
                                 "tokens a day",
                                 "How many tokens a member's sessions may use a day (UTC), read and written, "
                                 "unless their own settings "
                                 "say otherwise. 0: any number.",
                                 false},
    [OPTION_SESSION_AT_MAX_AGE] =
        {"session.at_max_age", OPTION_ENUM, 0, 1, "archive", "archive|delete", "choice",
         "What happens to a session when nothing has happened in it for session.max_age. Archived sessions "
         "are kept in either case.",
         false},
    [OPTION_SESSION_AUTO_TITLE] =
        {"session.auto_title", OPTION_BOOL, 0, 1, "true", NULL, "switch",
         "Whether a session without a title gets one from its model, after its first answer. It costs one "
         "short request more.",
         false},
    [OPTION_SESSION_IDLE_TIMEOUT] =
        {"session.idle_timeout", OPTION_DURATION, 1 * SECOND, 24 * HOUR, "5m", NULL, "time",
         "How long a session's agent process is kept while nothing happens. It is started again by the "
         "next message.",
         false},
    [OPTION_SESSION_MAX_AGE] =
        {"session.max_age", OPTION_DURATION, 0, 87600 * HOUR, "0ms", NULL, "time",
         "How long after its last activity a session is archived or deleted (session.at_max_age). One in "
         "which a turn runs, a client is attached, or a message or question waits is left alone. A clock "
         "that jumps ahead is not believed for a day. 0ms: never.",
         false},
    [OPTION_SESSION_SNAPSHOT_EVERY] =
        {"session.snapshot_every", OPTION_INTEGER, 16, 10000, "256", NULL, "events",
         "After how many events a session's state is saved whole, so that loading it needs "
         "no more than those.",
         false},
    [OPTION_STOP_TIMEOUT] =
        {"stop.timeout", OPTION_DURATION, 1 * SECOND, 10 * MINUTE, "10s", NULL, "time",
         "How long stopping may take. What still runs then is killed; nothing acknowledged is lost.", false},
    [OPTION_TURN_MAX_STEPS] = {"turn.max_steps", OPTION_INTEGER, 1, 10000, "50", NULL, "steps",
                               "How often the model may be asked within one turn: each time it has called "
                               "tools, it is told their results.",
                               false},
    [OPTION_TURN_MAX_TOKENS] = {"turn.max_tokens", OPTION_INTEGER, 0, 1000000000, "0", NULL, "tokens",
                                "How many tokens one turn may use, read and written. 0: any number.", false},
    [OPTION_TURN_TIMEOUT] = {"turn.timeout", OPTION_DURATION, 1 * SECOND, 168 * HOUR, "1h", NULL, "time",
                             "How long one turn may take, without the time that questions wait.", false},
};

static const struct option_former formers[] = {
    {"agent.idle_timeout", OPTION_SESSION_IDLE_TIMEOUT},
    {"agent.max_live", OPTION_LIMITS_MAX_LIVE_AGENTS},
    {"limits.clients", OPTION_LIMITS_MAX_CLIENTS},
};

const struct option_spec *option_row(enum option option)
{
    return &rows[option];
}

enum option option_find(const char *name)
{
    int option = 0;

    while (option < OPTION_COUNT && strcmp(rows[option].name, name) != 0)
        option++;
    return (enum option)option;
}

const struct option_spec *option_rows(void)
{
    return rows;
}

const struct option_former *option_formers(size_t *count)
{
    *count = sizeof formers / sizeof formers[0];
    return formers;
}

enum option option_formerly(const char *name)
{
    for (size_t i = 0; i < sizeof formers / sizeof formers[0]; i++)
        if (strcmp(formers[i].name, name) == 0)
            return formers[i].option;
    return OPTION_COUNT;
}
