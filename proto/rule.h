/* Rules about tool calls: allow, ask or deny by server, tool and arguments. Agent, daemon and terminals read
 * patterns by this one code.
 *
 * A pattern: SERVER/TOOL or SERVER/TOOL(ARGUMENT=GLOB, ...). In each part * stands for any text, ? for one
 * character (code point); \ takes the next character as it is. "*" alone means any server and any tool.
 * Built-in tools have the server "stoa". With arguments it matches a call whose named arguments are there and
 * whose values (a string as it is, anything else as compact JSON with sorted keys) match. Spaces after a
 * comma do not count. A value that holds a control or hidden character is matched by no glob of an allow but
 * "*": what was hidden in it was not meant. An ask or a deny sees through them: a newline is no way around
 * it. So it is with paths: a value with ".." between slashes, which may end elsewhere than it begins, is
 * matched by no glob of an allow but "*" and one that has as many of them itself; an ask or a deny matches
 * the value as it is, and as a path without "//", "/./" and "x/../". Links in the file system are the
 * server's to see to.
 *
 * Which rule decides: a deny of the configuration is final. Else the most specific one that matches: with
 * arguments before without, more arguments before fewer, then more literal characters in tool, then in
 * server, then in the arguments; of equally specific ones the session's before the user's before the
 * configuration's, then deny before ask before allow. */
#ifndef STOA_PROTO_RULE_H
#define STOA_PROTO_RULE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    RULE_PATTERN_MAX = 1024, /* bytes */
    RULE_ARGUMENTS_MAX = 16  /* of one pattern */
};
#define RULE_BUILTIN "stoa" /* the server of built-in tools; "" means the same */

enum rule_effect { RULE_ALLOW, RULE_ASK, RULE_DENY, RULE_EFFECT_COUNT };
enum rule_origin { RULE_CONFIG, RULE_USER, RULE_SESSION };
const char *rule_effect_name(enum rule_effect effect);
enum rule_effect rule_effect_parse(const char *name); /* RULE_EFFECT_COUNT if unknown */
const char *rule_origin_name(enum rule_origin origin);

struct rule_line { /* one rule; pattern lives as long as its owner says */
    enum rule_effect effect;
    enum rule_origin origin;
    const char *pattern;
};

/* Whether it is a pattern; else false with a sentence that names what is wrong. */
bool rule_check(const char *pattern, char error[256]);
/* Whether the pattern of a rule of that effect matches; false for one that is no pattern. arguments: an
 * object or NULL. */
bool rule_matches(const char *pattern, enum rule_effect effect, const char *server, const char *tool,
                  const json_t *arguments);
/* What daemon and agent call calls that two persons must allow, where rules have their effect; the pattern is
 * a list of patterns then. */
#define RULE_TWO_PERSON "two_person"

/* Several patterns in one text: separated by ';', with blanks around them as one likes; a ';' between ( and
 * ), or after a \, is part of its pattern. "" has none. */

/* Whether all of them are patterns; else false with a sentence that names the first which is not. */
bool rule_list_check(const char *list, char error[256]);
/* Whether one of them matches, as that of an ask does; no pattern matches nothing. */
bool rule_list_matches(const char *list, const char *server, const char *tool, const json_t *arguments);
/* The one that decides, or NULL if none matches. */
const struct rule_line *rule_decide(const struct rule_line *rules, size_t count, const char *server,
                                    const char *tool, const json_t *arguments);
/* The pattern that matches just this server and tool (its special characters taken as they are): free() it.
 */
char *rule_exact(const char *server, const char *tool);

#endif
