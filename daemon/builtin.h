/* The tools that every session has (server "stoa"): what the daemon knows, with the session's own rights. */
#ifndef STOA_DAEMON_BUILTIN_H
#define STOA_DAEMON_BUILTIN_H

#include "daemon/session.h"
#include <jansson.h>

enum { BUILTIN_SESSIONS_MAX = 50 }; /* listed by list_sessions */

/* Called once, perhaps from within builtin_run: code ERR_OK with the text for the model, else a sentence. */
typedef void builtin_done(void *arg, enum err code, const char *text);
/* LINK_REQUEST op builtin. arguments: an object or NULL. arg must live until done was called. */
void builtin_run(struct session *session, const char *tool, const json_t *arguments, builtin_done *done,
                 void *arg);
/* What a further terminal runs to attach: a line for a shell. free() it. */
char *builtin_attach_command(const struct session *session);

#endif
