/* What slash.c and slash_said.c share. */
#ifndef STOA_PROTO_SLASH_PRIVATE_H
#define STOA_PROTO_SLASH_PRIVATE_H

#include "proto/slash.h"

enum slash_command { /* in the order of the names */
                     SLASH_ARCHIVE,
                     SLASH_COMPACT,
                     SLASH_FORK,
                     SLASH_INFO,
                     SLASH_INTERRUPT,
                     SLASH_MCP,
                     SLASH_MODEL,
                     SLASH_NEW,
                     SLASH_RENAME,
                     SLASH_REWIND,
                     SLASH_RULES,
                     SLASH_SEARCH,
                     SLASH_SET,
                     SLASH_SHARE,
                     SLASH_STEER,
                     SLASH_SYSTEM,
                     SLASH_TITLE,
                     SLASH_UNQUEUE,
                     SLASH_UNSHARE,
                     SLASH_USAGE,
                     SLASH_WHO,
                     SLASH_COUNT
};

/* The command that a text names; SLASH_COUNT for none. */
enum slash_command slash_command_of(const char *text);

#endif
