/* Messages as text and as Markdown, for show, history and export. */
#ifndef STOA_TUI_CLI_TRANSCRIPT_H
#define STOA_TUI_CLI_TRANSCRIPT_H

#include "tui/cli/cli.h"
#include <jansson.h>

/* One message (a JSON object of PROTOCOL.md), with who said it and when, and a blank line after it. */
void transcript_text(struct out *out, const json_t *message);
void transcript_markdown(struct out *out, const json_t *message);

/* All messages of a session, oldest first, as a new array; they are fetched page by page. ERR_OK, or a code
 * after saying why (NULL then). */
enum err transcript_fetch(struct cli *cli, const char *session, json_t **messages);

#endif
