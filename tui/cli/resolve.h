/* Which session a name on the command line means: its full id, the beginning of its id (with or without
 * "s_"), or its title, in any case of letters. Which token or ticket: the beginning of its id. */
#ifndef STOA_TUI_CLI_RESOLVE_H
#define STOA_TUI_CLI_RESOLVE_H

#include "shared/id.h"
#include <jansson.h>

enum resolve { RESOLVE_ONE, RESOLVE_NONE, RESOLVE_MANY };

/* sessions: an array of rows of session.list. RESOLVE_ONE fills id; RESOLVE_MANY gives the rows that match as
 * a new array in *candidates (else NULL). */
enum resolve resolve_session(const json_t *sessions, const char *name, char id[ID_MAX], json_t **candidates);
/* The same of rows whose id is that member, without titles. */
enum resolve resolve_id(const json_t *rows, const char *member, const char *name, char id[ID_MAX],
                        json_t **candidates);

#endif
