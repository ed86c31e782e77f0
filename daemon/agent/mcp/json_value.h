/* JSON values as JSON Schema compares them: 1 and 1.0 are the same, members have no order. */
#ifndef STOA_AGENT_MCP_JSON_VALUE_H
#define STOA_AGENT_MCP_JSON_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Each takes what it used from *steps; once that is below 0 its result means nothing. */
bool json_value_same(const json_t *a, const json_t *b, long *steps);
/* The index of an element that is the same as an earlier one; -1: all differ. */
long json_value_twice(const json_t *array, long *steps);
/* Numbers: below, at or above 0. Exact, between integers and reals too. */
int json_value_order(const json_t *a, const json_t *b);
bool json_value_is_integer(const json_t *value);
bool json_value_is_multiple(const json_t *value, const json_t *of);
/* Compact text for a message, cut at max bytes with "..." (max of at least 8, at most 200); out has room for
 * max + 1. */
void json_value_show(const json_t *value, char *out, size_t max);
/* Makes text of which characters were cut in the middle valid UTF-8, in place: "?" for what is left of them.
 */
void json_value_mend(char *text);

#endif
