/* What subcommands write. All text passes the sanitiser, since titles, messages and errors are not to be
 * trusted; JSON goes out as JSON, with what a terminal could obey escaped. */
#ifndef STOA_TUI_CLI_OUT_H
#define STOA_TUI_CLI_OUT_H

#include "shared/sanitise.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct out {
    FILE *file;
    bool exact;               /* a file that the user named: text as it is */
    bool broken;              /* the reader has gone, or the disk is full: nothing more is written */
    int why;                  /* errno of that */
    struct sanitise sanitise; /* of the text that is being streamed */
};

/* file stays the caller's. */
void out_init(struct out *out, FILE *file);
/* Text that streams in pieces: what is cut in two is seen as one. Flushed at once. */
void out_stream(struct out *out, const char *text, size_t len);
/* The end of what streamed. */
void out_stream_end(struct out *out);
/* One whole text, made from the format and sanitised with all that went into it. */
void out_printf(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void out_text(struct out *out, const char *text, size_t len);
/* A JSON value, or JSON text as it was received, on one line; flushed at once. */
void out_json(struct out *out, const json_t *json);
void out_json_text(struct out *out, const char *text, size_t len);
/* The same without the end of line, within a larger document. */
void out_json_part(struct out *out, const json_t *json);
/* False if something could not be written. */
bool out_flush(struct out *out);

#endif
