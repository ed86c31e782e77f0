/* The table of subcommands, and help, which is made from it. */
#include "tui/cli/command.h"
#include "tui/cli/choose.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define END                                                                                                  \
    {                                                                                                        \
        NULL, 0, NULL, NULL                                                                                  \
    }

enum { HELP_LEFT = 24 /* cells of the names; a longer one has a line of its own */ };

const struct option_row command_globals[] = {
    {"daemon", 'd', "NAME", "a daemon on another host: its name, or tcp://HOST:PORT (or set STOA_DAEMON)"},
    {"json", 0, NULL, "write JSON, one object a line"},
    {"no-alt", 0, NULL, "full screen: on the normal screen, where the last frame stays"},
    {"no-start", 0, NULL, "do not start a daemon where none runs (or set STOA_NO_START=1)"},
    {"plain", 0, NULL, "line by line instead of full screen: for screen readers and dumb terminals"},
    {"socket", 0, "PATH", "the daemon's socket"},
    {"theme", 0, "NAME", "full screen: colours: auto, dark, light, 16 or none"},
    {"token-file", 0, "FILE", "log in with the API token in FILE (or set STOA_TOKEN)"},
    {"help", 'h', NULL, "show help"},
    {"version", 0, NULL, "show the version"},
    END,
};

static const struct option_row allow_options[] = {
    {"session", 0, NULL, "and for the rest of the session: do not ask again"},
    {"always", 0, NULL, "and in all my sessions: do not ask again"},
    {"pattern", 0, "PATTERN", "which calls are not asked again; this tool's if not given"},
    {"redirect", 0, "URL", "where the browser was sent, if it can't reach this machine"},
    {"reason", 0, "TEXT", "why, for the others"},
    END};
static const struct option_row attach_options[] = {
    {"as", 0, "NAME", "with a link: what to be called there; this system's user name if not given"}, END};
static const struct option_row join_options[] = {
    {"as", 0, "NAME", "what to be called there; this system's user name if not given"}, END};
static const struct option_row keygen_options[] = {
    {"output", 'o', "FILE", "write it to FILE, not to client.key in the configuration's folder"}, END};
static const struct option_row ticket_options[] = {
    {"role", 0, "ROLE", "viewer, writer (the default) or approver"},
    {"ttl", 0, "TIME", "how long it is good: 90s, 10m (the default), 2h, 7d"},
    {"uses", 0, "N", "how often it may be used (1)"},
    {"no-qr", 0, NULL, "the link alone, without its QR code"},
    {"list", 'l', NULL, "list the tickets that are still good"},
    {"revoke", 0, "ID", "take a ticket back"},
    END};
static const struct option_row deny_options[] = {
    {"session", 0, NULL, "and for the rest of the session"},
    {"always", 0, NULL, "and in all my sessions"},
    {"pattern", 0, "PATTERN", "which calls are denied from now on; this tool's if not given"},
    {"cancel", 0, NULL, "neither yes nor no: a form is put away"},
    {"reason", 0, "TEXT", "why; the model is told"},
    END};
static const struct option_row mcp_options[] = {
    {"session", 's', "SESSION", "the session; the most recent one if not given"}, END};
static const struct option_row pair_options[] = {
    {"from", 0, "ADDRESS", "let only that address of the other terminal try the code"}, END};
static const struct option_row rules_options[] = {
    {"session", 's', "SESSION", "rules of this session, not of all mine"}, END};
static const struct option_row set_options[] = {{"unset", 'u', "NAME", "take it away"}, END};
static const struct option_row audit_options[] = {
    {"verify", 0, NULL, "whether the records are those that were written, none changed or missing"},
    {"noted", 0, "N:HASH", "with --verify: a record as an earlier --verify printed it"},
    {"user", 0, "USER", "only what this user did"},
    {"action", 0, "ACTION", "only this action, or all that begin with it: login, ticket, user.create"},
    {"number", 'n', "N", "how many of the newest (50)"},
    {"since", 0, "TIME", "all since then: 90s, 10m, 2h, 7d"},
    END};
static const struct option_row archive_options[] = {{"undo", 0, NULL, "take it back out of the archive"},
                                                    END};
static const struct option_row backup_options[] = {{"force", 'f', NULL, "replace FILE if it is there"}, END};
static const struct option_row cmd_options[] = {{"list", 'l', NULL, "list the commands there are"}, END};
static const struct option_row doctor_options[] = {{"online", 0, NULL, "ask servers on other hosts too"},
                                                   END};
static const struct option_row export_options[] = {
    {"format", 'f', "md|json", "Markdown (md, the default) or JSON"},
    {"output", 'o', "FILE", "write to FILE, exactly as it is stored"},
    END};
static const struct option_row fork_options[] = {
    {"at", 0, "MESSAGE", "up to this message, by its id; the newest that is whole if not given"}, END};
static const struct option_row history_options[] = {
    {"number", 'n', "N", "how many messages (20)"}, {"before", 0, "ID", "those before this message"}, END};
static const struct option_row lend_options[] = {
    {"session", 's', "SESSION", "the session; the most recent one if not given"},
    {"ask", 0, NULL, "ask here, too, before each call"},
    {"verbose", 'v', NULL, "show what the server writes for people (stderr)"},
    END};
static const struct option_row ls_options[] = {{"all", 'a', NULL, "archived ones too"}, END};
static const struct option_row new_options[] = {{"title", 't', "TITLE", "its title"},
                                                {"model", 'm', "MODEL", "the model; stoa models lists them"},
                                                {"system", 0, "TEXT", "what the model is told first"},
                                                END};
static const struct option_row rewind_options[] = {{"yes", 'y', NULL, "do not ask"}, END};
static const struct option_row rm_options[] = {{"yes", 'y', NULL, "do not ask"}, END};
static const struct option_row search_options[] = {{"number", 'n', "N", "at most this many (20)"}, END};
static const struct option_row send_options[] = {
    {"attach", 'a', "FILE", "send this file (text in UTF-8) with it; may be given several times"},
    {"session", 's', "SESSION", "the session; the most recent one if not given"},
    {"new", 0, NULL, "in a new session"},
    {"model", 'm', "MODEL", "of the new session, as provider/model"},
    {"mode", 0, "queue|steer",
     "while a turn runs: wait for its end (queue), or go first in the queue (steer)"},
    END};

static const struct option_row stats_options[] = {{"prometheus", 0, NULL, "in Prometheus' text format"}, END};
static const struct option_row token_options[] = {
    {"user", 'u', "USER", "whose; yours if not given (others': admins)"},
    {"label", 0, "TEXT", "what it is for"},
    {"ttl", 0, "TIME", "how long it is good: 12h, 30d (the default), 365d"},
    {"role", 0, "ROLE", "the most that it may be: viewer, writer, approver, owner or admin"},
    {"session", 's', "SESSION", "the only session that it may know of"},
    END};
static const struct option_row user_options[] = {
    {"admin", 0, NULL, "may administer the daemon"},
    {"member", 0, NULL, "set: may not administer it any more"},
    {"key", 0, "KEY", "add: a key of theirs; stoa key shows it"},
    {"label", 0, "TEXT", "of the key: which machine it is on"},
    {"quota", 0, "NAME=VALUE", "a limit: a number, any or default; may be given again"},
    {"models", 0, "GLOB,...", "models that they may use; any: all of them"},
    {"servers", 0, "GLOB,...", "MCP servers that they may use; any: all of them"},
    {"vouched", 0, NULL, "set: they are another person than whose ticket let them in"},
    {"yes", 'y', NULL, "rm: do not ask"},
    END};
static const struct option_row top_options[] = {
    {"once", 0, NULL, "write it once, as text; with --json as JSON"}, END};

static const char top_notes[] =
    "Sessions in memory, users, clients and processes, with what they use. Of sessions of others it shows\n"
    "no title and nothing of what is said. h puts an idle agent to sleep, K ends one at once.\n";
static const char session_notes[] =
    "SESSION is a full id, the beginning of one (with or without \"s_\"), or a title.\n";
static const char attach_notes[] =
    "SESSION is a full id, the beginning of one (with or without \"s_\"), or a title.\n"
    "stoa://... is a ticket's link: the daemon is remembered, and this terminal's key is made known to it.\n"
    "With - the link is read from stdin, so that it does not stand in the shell's history.\n";
static const char key_notes[] =
    "The line \"key\" may be seen by all: an admin of another host's daemon lets this terminal in with it\n"
    "(stoa user add NAME --key KEY). A ticket (stoa attach stoa://...) makes and enrols one by itself.\n";
static const char daemon_notes[] =
    "ls               those that are known here (the default)\n"
    "add NAME tcp://HOST:PORT KEY\n"
    "                 one whose key you know; stoa daemon show, on its own host, shows this line\n"
    "rm NAME          forget one, and its key\n"
    "show [NAME]      its key, fingerprint and words; without NAME, this host's own (for admins)\n"
    "A key that differs from the one that is known is refused until stoa daemon rm.\n";
static const char join_notes[] = "Like stoa attach with a link, but prints the session's id and ends. With - "
                                 "the link is read from stdin.\n";
static const char pair_notes[] =
    "Without CODE, on a terminal that is in: shows a code that is good for two minutes and five tries, and\n"
    "waits until the other has used it. With CODE, on the other one: stoa -d NAME pair CODE\n"
    "The other one must know the daemon; the line that makes it known is shown beside the code.\n"
    "Where strangers' wrong guesses end the codes, --from makes one that they can't try.\n";
static const char ticket_notes[] =
    "In a pipe the link is all that is printed. Who has the link has the session, with that role, until it\n"
    "is used up or too old: give it to nobody else.\n"
    "SESSION is a full id, the beginning of one (with or without \"s_\"), or a title.\n";
static const char audit_notes[] =
    "Each record has a hash over itself and the one before. --verify computes all of them anew, and prints\n"
    "the last as NUMBER:HASH. Who can write the store's file can write all records anew; keep that line\n"
    "elsewhere, and --noted holds the records against it. Exit code 1 if they do not hold.\n";
static const char backup_notes[] =
    "It holds all sessions, with the files that belong to them, as they are at one moment; a daemon that\n"
    "runs goes on meanwhile. It holds logins of MCP servers with their key: keep it as private. Secrets\n"
    "(stoa secret) are in it sealed, without their key, vault.key in the state folder: keep that "
    "elsewhere.\n";
static const char restore_notes[] =
    "No daemon may run: stoa stop. FILE is checked first. What is there now is moved aside, not deleted.\n";
static const char cmd_notes[] =
    "The same commands as in the full screen, with or without \"/\": stoa cmd first /rewind 1\n"
    "With --json: what the daemon answered to the request that the command stands for.\n"
    "SESSION is a full id, the beginning of one (with or without \"s_\"), or a title.\n";
static const char secret_notes[] =
    "ls         names of those that are set (the default); nobody can read one back\n"
    "set NAME   the value is asked for and not shown, or read from a pipe (one line's end is dropped)\n"
    "rm NAME    forget it\n"
    "The daemon keeps them sealed, each user's own, and gives them to that user's agents alone. In the\n"
    "configuration {SECRET:NAME} stands for one: in env and headers of MCP servers, and as api_key.\n";
static const char send_notes[] =
    "Without PROMPT, or with \"-\", the prompt is read from stdin. ^C interrupts the turn.\n"
    "Exit code 0 when the turn completed, 1 when it failed or was interrupted, 130 after ^C.\n";
static const char token_notes[] =
    "ls         the tokens there are (the default)\n"
    "issue      a new one; its secret is written to stdout, once, and kept by the daemon as a hash\n"
    "revoke ID  what came in by it is closed\n"
    "A program logs in with it: stoa --token-file FILE, or STOA_TOKEN. Works while no daemon runs, too.\n";
static const char user_notes[] =
    "ls               the users there are (the default)\n"
    "show [NAME]      one of them, with keys, limits and what was used today; yourself if not given\n"
    "add NAME         a new one: 1 to 63 of a-z 0-9 . _ -, beginning with a letter or digit\n"
    "set NAME         other limits, or another role\n"
    "disable NAME     what they have open is closed, and they can't come in\n"
    "enable NAME      they can again\n"
    "rm NAME          remove them, and their keys, tokens and secrets; their sessions stay archived\n"
    "key add NAME KEY, key revoke KEY\n"
    "Limits of --quota: agents, cost_day, requests, servers, sessions, stored (bytes, or\n"
    "500m, 2g ...), tokens_day; 0 is nothing at all. In GLOB * stands for any text. All of\n"
    "it works while no daemon runs, too.\n";
static const char watch_notes[] =
    "SESSION is a full id, the beginning of one (with or without \"s_\"), or a title.\n"
    "With --json: first a line {\"snapshot\":{...}}, then each event as it was received; a new\n"
    "snapshot line follows whenever events were missed.\n";
static const char allow_notes[] =
    "ID is a question's id or the beginning of it; stoa questions lists them. NAME=VALUE fill in a form.\n"
    "Exit code 1 when another was first; it is said who.\n";
static const char mcp_notes[] =
    "ls                            the servers, and how they are (the default)\n"
    "tools [SERVER]                what tools there are, and what rules say of them\n"
    "connect SERVER                start it now, or again\n"
    "disconnect SERVER             stop it; it stays off until connect\n"
    "select SERVER [VARIANT]       another variant for this session; without: the default\n"
    "call SERVER TOOL [ARGUMENTS]  call a tool: NAME=VALUE, or one JSON object\n"
    "resources SERVER              what there is to read\n"
    "read SERVER URI               read it\n"
    "prompts SERVER                what prompts there are\n"
    "prompt SERVER NAME [NAME=VALUE...]\n";
static const char lend_notes[] =
    "COMMAND is an MCP server that speaks on its standard streams. It runs on this machine, as you, for\n"
    "that session alone, and as long as this runs: stoa lend -s work files -- npx -y\n"
    "@modelcontextprotocol/server-filesystem /home/me/notes\n"
    "Exit code 0 after ^C; 1 when it could not be lent, or the session was deleted or is not yours to\n"
    "write in any more.\n";
static const char config_notes[] = "Without a word: the options in force, and where each value is from.\n"
                                   "keys      all keys in force, as they are written in the file\n"
                                   "example   the client's part of config.example.yaml\n";
static const char doctor_notes[] =
    "AREA is any of installation, permissions, configuration, store, daemon, providers, servers; all\n"
    "if not given. Changes nothing, and starts no daemon. Exit code 1 when something is wrong (x).\n";
static const char rewind_notes[] =
    "MESSAGE is the id of the last one that is kept; -N drops the newest N questions and all after them.\n"
    "SESSION is a full id, the beginning of one (with or without \"s_\"), or a title.\n";
static const char rules_notes[] =
    "Without words: the rules in force. allow, ask or deny PATTERN makes one, rm RULE takes it away.\n"
    "PATTERN is SERVER/TOOL or SERVER/TOOL(ARGUMENT=GLOB, ...); * stands for any text.\n";
static const char set_notes[] =
    "Variables fill in {VAR:NAME} in the definitions of MCP servers. Without NAME=VALUE: show them.\n"
    "SESSION is a full id, the beginning of one (with or without \"s_\"), or a title.\n";
static const char share_notes[] =
    "ROLE is viewer (sees all of it), writer (says and changes things, too) or approver (allows tool\n"
    "calls, too). Sharing it again changes the role. Only the owner shares; stoa who shows with whom.\n"
    "SESSION is a full id, the beginning of one (with or without \"s_\"), or a title.\n";
static const char stop_notes[] = "Sessions are kept. Exit code 69 if no daemon runs.\n";

const struct command command_table[] = {
    {"allow", "ID [NAME=VALUE...]", "answer a question with yes", 1, -1, COMMAND_CONNECT, command_allow,
     allow_options, allow_notes},
    {"archive", "SESSION", "put a session away", 1, 1, COMMAND_CONNECT, command_archive, archive_options,
     session_notes},
    {"attach", "[SESSION|stoa://...|-]", "open a session full screen; the most recent one, or a new one", 0,
     1, COMMAND_TERMINAL, command_attach, attach_options, attach_notes},
    {"audit", "", "who did what: logins, refusals, shares, approvals, administration", 0, 0, 0, command_audit,
     audit_options, audit_notes},
    {"backup", "FILE", "copy everything that is kept into one file", 1, 1, COMMAND_LOCAL, command_backup,
     backup_options, backup_notes},
    {"cmd", "SESSION /COMMAND...", "run a slash command in a session", 0, -1, COMMAND_CONNECT, command_cmd,
     cmd_options, cmd_notes},
    {"compact", "SESSION", "let the model sum up what was said, to make room", 1, 1, COMMAND_CONNECT,
     command_compact, NULL, session_notes},
    {"config", "[keys|example]", "print the full-screen client's configuration", 0, 1, 0, command_config,
     NULL, config_notes},
    {"daemon", "[ls|add|rm|show]", "daemons on other hosts that are known here", 0, 4, 0, command_daemon,
     NULL, daemon_notes},
    {"deny", "ID", "answer a question with no", 1, 1, COMMAND_CONNECT, command_deny, deny_options,
     allow_notes},
    {"doctor", "[AREA...]", "check the whole installation, and say what to do", 0, -1, COMMAND_LOCAL,
     command_doctor, doctor_options, doctor_notes},
    {"export", "SESSION", "write a whole session as Markdown or JSON", 1, 1, COMMAND_CONNECT, command_export,
     export_options, session_notes},
    {"fork", "SESSION [TITLE...]", "make a new session of what was said, and print its id", 1, -1,
     COMMAND_CONNECT, command_fork, fork_options, session_notes},
    {"health", "", "say whether the daemon is well", 0, 0, COMMAND_CONNECT | COMMAND_NO_START, command_health,
     NULL, NULL},
    {"help", "[COMMAND]", "show help", 0, 1, 0, command_help, NULL, NULL},
    {"history", "SESSION", "show the last messages of a session", 1, 1, COMMAND_CONNECT, command_history,
     history_options, session_notes},
    {"info", "SESSION", "show a session's state, model, usage and participants", 1, 1, COMMAND_CONNECT,
     command_info, NULL, session_notes},
    {"interrupt", "SESSION", "end the turn that runs", 1, 1, COMMAND_CONNECT, command_interrupt, NULL,
     session_notes},
    {"join", "stoa://...|-", "redeem a ticket without opening its session", 1, 1, 0, command_join,
     join_options, join_notes},
    {"key", "", "show this terminal's key, by which other hosts' daemons know it", 0, 0, 0, command_key, NULL,
     NULL},
    {"keygen", "", "make this terminal's key; one that is there is never replaced", 0, 0, 0, command_keygen,
     keygen_options, key_notes},
    {"lend", "NAME -- COMMAND...", "lend a session the tools of a server on this machine", 2, -1,
     COMMAND_CONNECT, command_lend, lend_options, lend_notes},
    {"ls", "", "list sessions, the newest activity first", 0, 0, COMMAND_CONNECT, command_ls, ls_options,
     NULL},
    {"mcp", "[ls|tools|call|...]", "MCP servers of a session, and their tools", 0, -1, COMMAND_CONNECT,
     command_mcp, mcp_options, mcp_notes},
    {"models", "", "list the models that can be used", 0, 0, COMMAND_CONNECT, command_models, NULL, NULL},
    {"new", "[PROMPT]", "make a session and print its id; send it the prompt", 0, -1, COMMAND_CONNECT,
     command_new, new_options, NULL},
    {"pair", "[CODE]", "let another terminal of yours in by a six-digit code", 0, 2, 0, command_pair,
     pair_options, pair_notes},
    {"questions", "", "list what waits for an answer, in all sessions", 0, 0, COMMAND_CONNECT,
     command_questions, NULL, NULL},
    {"queue", "SESSION [rm ID...|edit ID TEXT]", "list, change or withdraw messages that wait", 1, -1,
     COMMAND_CONNECT, command_queue, NULL, session_notes},
    {"rename", "SESSION TITLE", "give a session a title", 2, -1, COMMAND_CONNECT, command_rename, NULL,
     session_notes},
    {"restore", "FILE", "put what a backup holds in the place of all that is kept", 1, 1, COMMAND_LOCAL,
     command_restore, NULL, restore_notes},
    {"rewind", "SESSION MESSAGE|-N", "drop all after a message, or the newest questions", 2, 2,
     COMMAND_CONNECT, command_rewind, rewind_options, rewind_notes},
    {"rm", "SESSION", "delete a session for ever", 1, 1, COMMAND_CONNECT, command_rm, rm_options,
     session_notes},
    {"rules", "[EFFECT PATTERN|rm RULE]", "which tool calls are allowed, asked or denied", 0, 2,
     COMMAND_CONNECT, command_rules, rules_options, rules_notes},
    {"search", "TEXT", "find messages in all sessions", 1, -1, COMMAND_CONNECT, command_search,
     search_options, NULL},
    {"secret", "[ls|set NAME|rm NAME]", "keys and passwords of yours, for MCP servers and models", 0, -1, 0,
     command_secret, NULL, secret_notes},
    {"send", "[PROMPT|-]", "send a prompt and print the answer as it comes", 0, -1, COMMAND_CONNECT,
     command_send, send_options, send_notes},
    {"set", "SESSION [NAME=VALUE...]", "set variables of a session", 1, -1, COMMAND_CONNECT, command_set,
     set_options, set_notes},
    {"share", "SESSION USER ROLE", "let another user see or use a session", 3, 3, COMMAND_CONNECT,
     command_share, NULL, share_notes},
    {"show", "SESSION", "show a whole session as text", 1, 1, COMMAND_CONNECT, command_show, NULL,
     session_notes},
    {"stats", "", "the daemon's counters", 0, 0, COMMAND_CONNECT | COMMAND_NO_START, command_stats,
     stats_options, NULL},
    {"stop", "", "stop the daemon", 0, 0, COMMAND_CONNECT | COMMAND_NO_START, command_stop, NULL, stop_notes},
    {"ticket", "[SESSION]", "make a link (and QR code) that lets somebody else into a session", 0, 1,
     COMMAND_CONNECT, command_ticket, ticket_options, ticket_notes},
    {"tickets", "", "list the tickets that are still good", 0, 0, COMMAND_CONNECT, command_tickets, NULL,
     NULL},
    {"token", "[ls|issue|revoke ID]", "API tokens, with which programs log in", 0, 2, 0, command_token,
     token_options, token_notes},
    {"top", "", "what runs in the daemon, full screen: for admins", 0, 0, COMMAND_NO_START, command_top,
     top_options, top_notes},
    {"unshare", "SESSION USER", "share a session with a user no more, or leave it", 2, 2, COMMAND_CONNECT,
     command_unshare, NULL, session_notes},
    {"usage", "[USER]", "what you have used today, and of which budgets; others': admins", 0, 1,
     COMMAND_CONNECT, command_usage, NULL, NULL},
    {"user", "[ls|show|add|set|...]", "who may use this daemon, by which keys, and how much of it", 0, 4, 0,
     command_user, user_options, user_notes},
    {"version", "", "show the versions of client and daemon", 0, 0, 0, command_version, NULL, NULL},
    {"watch", "SESSION", "follow a session as it goes on", 1, 1, COMMAND_CONNECT, command_watch, NULL,
     watch_notes},
    {"who", "[SESSION]", "whose a session is, whom it is shared with, and who is there", 0, 1,
     COMMAND_CONNECT, command_who, NULL, session_notes},
    {NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* --- help --- */

static void put_options(struct out *out, const struct option_row *rows)
{
    for (const struct option_row *row = rows; row && row->name; row++) {
        char letter[8] = "    ", left[64];

        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, row->value ? " " : "",
                 row->value ? row->value : "");
        out_printf(out, "  %-26s %s\n", left, row->help);
    }
}

static void help_on_all(struct out *out)
{
    out_printf(out, "Usage: stoa [COMMAND] [OPTIONS]\n\n"
                    "Without a command: open the most recent session full screen.\n\nCommands:\n");
    for (const struct command *c = command_table; c->name; c++) {
        int len = (int)(strlen(c->name) + 1 + strlen(c->arguments));

        out_printf(out, "  %s %s%s%*s %s\n", c->name, c->arguments, len > HELP_LEFT ? "\n  " : "",
                   len > HELP_LEFT ? HELP_LEFT : HELP_LEFT - len, "", c->summary);
    }
    out_printf(out, "\nOptions of all commands:\n");
    put_options(out, command_globals);
    out_printf(out, "\nstoa help COMMAND says more on one.\n");
}

void command_help_on(struct out *out, const struct command *command)
{
    if (!command) {
        help_on_all(out);
    } else {
        out_printf(out, "Usage: stoa %s%s%s%s\n\n%s\n", command->name, command->options ? " [OPTIONS]" : "",
                   *command->arguments ? " " : "", command->arguments, command->summary);
        if (command->notes)
            out_printf(out, "\n%s", command->notes);
        if (command->options)
            out_printf(out, "\nOptions:\n");
        put_options(out, command->options);
        out_printf(out, "\nOptions of all commands:\n");
        put_options(out, command_globals);
    }
    out_flush(out);
}

int command_help(struct cli *cli)
{
    const char *name = cli->args->word_count ? cli->args->words[0] : NULL;
    const struct command *command = name ? args_command(command_table, name) : NULL;

    if (name && !command) {
        const char *nearest = args_nearest_command(command_table, name);

        return nearest ? cli_usage("unknown command '%.60s'; did you mean %s?", name, nearest)
                       : cli_usage("unknown command '%.60s'; see: stoa help", name);
    }
    command_help_on(&cli->out, command);
    return EXIT_OK;
}

/* --- running --- */

/* A link that comes through a pipe leaves the terminal to be opened later. */
static bool has_terminal(const struct args *args)
{
    bool piped = args->word_count > 0 && strcmp(args->words[0], "-") == 0;

    return (piped || isatty(STDIN_FILENO)) && isatty(STDOUT_FILENO);
}

int command_run(struct cli *cli, const struct command *command)
{
    char error[256];
    int code = EXIT_OK;

    if (cli->args->command && !args_check_count(cli->args, error))
        return cli_usage("%s", error);
    if ((command->flags & COMMAND_TERMINAL) && !has_terminal(cli->args))
        return cli_usage("this needs a terminal, with --plain too; in scripts use: stoa send");
    if ((command->flags & COMMAND_LOCAL) && choose_name(cli->args))
        return cli_usage("%s works on this machine's own daemon alone, not on '%s'; it is: stoa -d local %s",
                         command->name, choose_name(cli->args), command->name);
    if (command->flags & COMMAND_NO_START)
        cli->may_start = false;
    if ((command->flags & COMMAND_CONNECT) && cli_open(cli, &code) != ERR_OK)
        return code;
    code = command->run(cli);
    cli_close(cli);
    if (code == EXIT_FAILED && cli->fatal == ERR_UNAVAILABLE) /* the daemon was never reached */
        code = EXIT_NO_DAEMON;
    return code;
}
