/* What people may type after "/": the table of commands, and how each becomes a request. */
#include "proto/slash.h"

#include <string.h>

static const struct slash_row rows[] = {
    {"archive", "[off]", "put the session away; off: take it back"},
    {"compact", "", "sum the conversation up, so that it fits the model again"},
    {"fork", "[N] [TITLE]", "a new session with this one's messages, without the newest N questions"},
    {"info", "", "what is known of the session"},
    {"interrupt", "", "end the turn that runs"},
    {"mcp", "[tools [SERVER] | connect SERVER | disconnect SERVER | select SERVER [VARIANT]]",
     "MCP servers: how they are, their tools, on, off, which variant"},
    {"model", "[NAME | -]", "which model answers, and which there are; NAME: another one; -: the default"},
    {"new", "[TITLE]", "a new session"},
    {"rename", "TEXT", "the session's title, as /title"},
    {"rewind", "N | MESSAGE", "drop the newest N questions and all after them, or all after MESSAGE"},
    {"rules", "[allow PATTERN | ask PATTERN | deny PATTERN | rm ID]",
     "what tools may do without a question; a new rule for this session, or one less"},
    {"search", "WORDS", "find messages in all sessions"},
    {"set", "NAME=VALUE", "a variable of the session, for templates; NAME= removes it"},
    {"share", "", "how another terminal attaches"},
    {"steer", "TEXT", "a message that enters at the turn's next step, not after it"},
    {"system", "[TEXT | -]", "the system prompt; TEXT: another one; -: none"},
    {"title", "TEXT", "the session's title"},
    {"unqueue", "", "take back the messages that wait"},
    {"usage", "", "tokens, turns, and how full the model's context is"},
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

const struct slash_row *slash_rows(size_t *count)
{
    *count = ROW_COUNT;
    return rows;
}

const struct slash_row *slash_find(const char *name, size_t len)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strncmp(rows[i].name, name, len) == 0 && rows[i].name[len] == '\0')
            return &rows[i];
    return NULL;
}
