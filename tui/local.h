/* Messages of the client's own making, which the list shows like those of a session. */
#ifndef STOA_TUI_LOCAL_H
#define STOA_TUI_LOCAL_H

#include "proto/state.h"

/* A user message with a new id, of now. Free with message_free. */
struct message *local_message(const char *author, const char *text);
/* The same with attachments: [{name, text}], or NULL. */
struct message *local_message_with(const char *author, const char *text, const json_t *attachments);

#endif
