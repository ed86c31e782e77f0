/* Lines that a terminal gives in its own line mode, put together to what is meant: a message of one line, or
 * of several ("\" at a line's end, or between two lines of """), or a command. */
#ifndef STOA_TUI_PLAIN_TYPED_H
#define STOA_TUI_PLAIN_TYPED_H

#include <stdbool.h>
#include <stddef.h>

enum {
    TYPED_MAX = 1 << 20,   /* bytes of a message */
    TYPED_LINE_MAX = 4095, /* the kernel cuts a longer line, and does not say so */
};

enum typed_is {
    TYPED_NOTHING, /* yet: more is to come, or the line was empty */
    TYPED_MESSAGE,
    TYPED_COMMAND, /* "/word" or "/word rest" */
    TYPED_CUT,     /* the line may have been cut by the terminal: it was not taken */
    TYPED_TOO_LONG /* the message: it was dropped */
};

struct typed;

struct typed *typed_new(void);
void typed_free(struct typed **typed);
/* Takes bytes as they were read. */
void typed_feed(struct typed *typed, const char *bytes, size_t len);
/* The next line that was fed, without its newline and sanitised; NULL if none is whole. Lives until the next
 * call. cut: it is TYPED_CUT. */
const char *typed_line(struct typed *typed, bool *cut);
/* What the line makes of those before it. */
enum typed_is typed_take(struct typed *typed, const char *line);
/* The message or the command. Lives until the next typed_take. */
const char *typed_text(const struct typed *typed);
/* A message has begun and is not whole: its first lines. */
bool typed_began(const struct typed *typed);
/* Forgets it. */
void typed_drop(struct typed *typed);

#endif
