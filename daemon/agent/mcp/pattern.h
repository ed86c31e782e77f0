/* Regular expressions of JSON Schema (ECMA-262, with code points): whether one is found in a text. Not
 * POSIX's functions, because those follow the locale and because a hostile expression can make them use any
 * amount of memory. Here time is at most proportional to the expression's size times the text's, and both are
 * counted.
 *
 * Known: . ^ $ | ( ) (?: ) (?< >) (?= ) (?! ) [ ] [^ ] * + ? {n,m} and their lazy forms, \d \w \s \b and
 * their opposites, \n \r \t \f \v \0 \cX \xHH \uHHHH \u{H}. Not known: back references, look-behind, \p{}. */
#ifndef STOA_AGENT_MCP_PATTERN_H
#define STOA_AGENT_MCP_PATTERN_H

#include <stddef.h>

enum {
    PATTERN_TEXT_MAX = 1024, /* bytes of an expression */
    PATTERN_CODE_MAX = 4096, /* instructions of one that was compiled, with its repetitions unrolled */
    PATTERN_DEPTH_MAX = 32   /* of nested groups */
};

struct pattern;
enum pattern_found { PATTERN_FOUND, PATTERN_ABSENT, PATTERN_TOO_LONG /* the steps did not suffice */ };

/* NULL with the reason in error ("it has a back reference"). */
struct pattern *pattern_compile(const char *expression, char error[128]);
/* Takes what it used from *steps. */
enum pattern_found pattern_find(const struct pattern *pattern, const char *text, size_t len, long *steps);
/* Sets *pattern to NULL; accepts NULL. */
void pattern_free(struct pattern **pattern);

#endif
