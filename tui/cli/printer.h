/* Prints the text of messages as it grows. It looks at the folded state instead of at chunks, so what a
 * resync brings at once is printed once, and nothing twice. */
#ifndef STOA_TUI_CLI_PRINTER_H
#define STOA_TUI_CLI_PRINTER_H

#include "proto/state.h"
#include "tui/cli/out.h"

struct printer {
    struct out *out;
    char message[ID_MAX]; /* the one whose text is being printed; "" before the first */
    size_t block, offset; /* what of it was printed */
    bool text;            /* something of it was printed */
    char last;            /* the last byte, to know whether a line is open */
};

void printer_init(struct printer *printer, struct out *out);
/* Prints what is new of the message's text. Ends the text of the one before if it is another. */
void printer_show(struct printer *printer, const struct message *message);
/* Ends the text with a newline if it has none. */
void printer_end(struct printer *printer);

#endif
