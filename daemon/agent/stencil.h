/* A JSON text of which only one string differs from one time to the next, as in the events of a stream: once
 * one was parsed, the next ones are read by comparing. */
#ifndef STOA_AGENT_STENCIL_H
#define STOA_AGENT_STENCIL_H

#include "shared/buf.h"
#include <stdbool.h>
#include <stddef.h>

enum { STENCIL_SIDE_MAX = 4 << 10 /* bytes before, and after, the string */ };

struct stencil {
    struct buf before, after; /* before is empty: nothing is known */
};

void stencil_init(struct stencil *stencil);
void stencil_clear(struct stencil *stencil);
/* Takes the text as the pattern. It was parsed, and is good; the string is the value of the one member that
 * is called key, and was read as value. Where several members are called so, where the string has escapes, or
 * where it all is too long, nothing is known. */
void stencil_learn(struct stencil *stencil, const char *text, size_t len, const char *key, const char *value);
/* Whether the text is the pattern but for the string. Then it would have parsed as well; value is within
 * text, as it is meant: a string with escapes does not match. */
bool stencil_match(const struct stencil *stencil, const char *text, size_t len, const char **value,
                   size_t *value_len);

#endif
