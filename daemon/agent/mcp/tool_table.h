/* What tools/list said last of a server's tools, as far as the client itself needs it to call them. */
#ifndef STOA_AGENT_MCP_TOOL_TABLE_H
#define STOA_AGENT_MCP_TOOL_TABLE_H

#include <jansson.h>
#include <stdbool.h>

struct tool_table;

struct tool_table *tool_table_new(void);
/* Sets *table to NULL; accepts NULL. */
void tool_table_free(struct tool_table **table);
/* Takes a list in: an array, borrowed. */
void tool_table_set(struct tool_table *table, const json_t *tools);
/* Whether there ever was a list. */
bool tool_table_is_known(const struct tool_table *table);
/* Borrowed until the next set; NULL if it is not in the list. */
const json_t *tool_table_find(const struct tool_table *table, const char *name);

/* Whether it must be called as a task (2025-11-25). tool may be NULL in all three. */
bool tool_needs_task(const json_t *tool);
/* Whether it says that calling it twice does no more than calling it once. */
bool tool_is_repeatable(const json_t *tool);
/* Whether the structured content of a result is as the tool's outputSchema says; true if one of both is
 * missing. */
bool tool_fits(const json_t *tool, const json_t *result, char error[256]);

/* Removes what is no tool, and tools of the same name but the first; with headers also those whose header
 * annotations are wrong. dropped is called for each that had a name. */
void tool_list_clean(json_t *tools, bool headers,
                     void (*dropped)(void *arg, const char *name, const char *why), void *arg);

#endif
