/* A message as plain lines, as the list lays it out: for a pager, the terminal's scrollback, the last words.
 */
#ifndef STOA_TUI_RECORD_H
#define STOA_TUI_RECORD_H

#include "proto/state.h"
#include "shared/buf.h"
#include <stdbool.h>
#include <stddef.h>

struct record_look {
    size_t width;  /* cells */
    bool unfolded; /* reasoning, tool calls and attachments in full */
    bool styled;   /* bold, dim and underlined by SGR; else not one escape */
};

/* Appends header, text and an empty line; sanitised. False if out was full. */
bool record_message(struct buf *out, const struct message *message, const struct record_look *look);

#endif
