/* Slash commands: one row each, run by the daemon (session.command), so that they are the same from every
 * client. What only concerns a client's own screen (/theme, /help) is not here.
 *
 * After "/NAME" and white space the rest is one argument where it is text (a title, a prompt, a message),
 * else words. White space at its ends is dropped; nothing is quoted or escaped. */
#ifndef STOA_PROTO_SLASH_H
#define STOA_PROTO_SLASH_H

#include "proto/request.h"
#include "proto/state.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct slash_row {
    const char *name;      /* without "/" */
    const char *arguments; /* as help shows them: "[MODEL]"; "" for none */
    const char *summary;
};
/* In the order of help, which is that of the names. */
const struct slash_row *slash_rows(size_t *count);
/* The row of that name (without "/", len bytes), or NULL. */
const struct slash_row *slash_find(const char *name, size_t len);
/* The request that a text means: "/model demo" is session.configure {"model":"demo"}, within the limits of
 * that request's row. state: the session's, for what counts messages ("/rewind 2"). False with a sentence in
 * error that names what is wrong, and for an unknown command the nearest one. params: new reference. */
bool slash_parse(const char *text, const struct state *state, enum method *method, json_t **params,
                 char error[256]);
/* What came of it, for people: some lines without a newline at the end, sanitised, from the method's answer.
 * params: of slash_parse; state: the session's, after that. free() it. */
char *slash_said(const char *text, const struct state *state, const json_t *params, const json_t *ok);

#endif
