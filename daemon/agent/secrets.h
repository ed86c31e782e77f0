/* The secrets that this process may use: what the last LINK_SECRETS of its daemon brought, in locked memory.
 * There is one set, since a process is for one user. They are filled in where a child's environment or a
 * request's headers are made, and wiped after. */
#ifndef STOA_AGENT_SECRETS_H
#define STOA_AGENT_SECRETS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    SECRETS_HIDDEN_MIN = 8 /* bytes; a shorter one is not looked for: hiding it would tear words apart */
};

/* A payload of LINK_SECRETS takes the place of all before; the caller wipes it. False, with nothing left, if
 * it is none. */
bool secrets_take(const char *payload, size_t len);
/* Wipes all. */
void secrets_forget(void);
/* NUL-terminated, until the next take; NULL if there is none. */
const char *secrets_get(const char *name);

/* The pairs, and behind them those of parts ({"NAME": ["text", {"secret":"name"}]}, see LINK_SERVERS) with
 * their values: "NAME" separator "value", ended by NULL. parts may be NULL. NULL with a sentence if one of
 * them is not here. Give it to secrets_wipe. */
char **secrets_fill(char *const *pairs, const json_t *parts, const char *separator, char error[256]);
/* Wipes and frees a list of texts. Sets *list to NULL; accepts NULL. */
void secrets_wipe(char ***list);

/* What a server says may repeat what it was given: a copy of the text in which each secret's value of at
 * least SECRETS_HIDDEN_MIN bytes, as it is, has become "[secret NAME]"; NULL if there is none in it. */
char *secrets_hide(const char *text);
/* The same in all texts of a value, but for the names of members. */
void secrets_hide_json(json_t *value);

#endif
