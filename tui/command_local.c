#include "tui/command_local.h"

static const struct slash_row rows[] = {
    {"browse", "", "browse the messages: search, copy, fork, rewind"},
    {"copy", "", "copy the last answer"},
    {"dump", "", "print all of it into the terminal's own scrollback"},
    {"editor", "", "edit the draft in $EDITOR"},
    {"export", "[FILE]", "write all of it into a file, as Markdown or (.json) JSON"},
    {"help", "", "keys and commands"},
    {"keys", "", "keys and commands"},
    {"lend", "[NAME -- COMMAND|NAME off]", "lend the session an MCP server of this machine"},
    {"mouse", "[on|off]", "mouse on or off"},
    {"pager", "", "read all of it in $PAGER"},
    {"quit", "", "leave; the session goes on"},
    {"sessions", "", "list of sessions"},
    {"theme", "[NAME]", "colours: auto, dark, light, 16 or none"},
};

const struct slash_row *local_commands(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}
