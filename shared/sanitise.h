/* The one streaming sanitiser for text from outside (models, tools, titles, names, errors, pastes), used by
 * TUI, CLI and log. Its result does not depend on how the input was cut and is idempotent.
 *
 * SANITISE_STRIP drops ESC/CSI sequences, OSC/DCS/SOS/PM/APC to their end (a newline or 4096 characters end
 * them), C0 but newline and tab, DEL, C1 (raw bytes are invalid UTF-8 and become U+FFFD; encoded ones act as
 * C1), bidi controls, zero-width and tag characters, soft hyphens, fillers, variation selectors, skin tones;
 * CR LF, lone CR and U+2028/2029 become newline; bad UTF-8, noncharacters and characters that wcwidth does
 * not know become U+FFFD; at most 4 marks follow a base and never begin a line. Characters above U+02FF need
 * a UTF-8 LC_CTYPE (utf8_locale): without one they all become U+FFFD. SANITISE_REVEAL shows instead of
 * dropping: "^[" for ESC, "<9B>" for C1, "<U+202E>" for hidden characters. */
#ifndef STOA_SHARED_SANITISE_H
#define STOA_SHARED_SANITISE_H

#include "shared/buf.h"
#include <stdint.h>

enum sanitise_mode { SANITISE_STRIP, SANITISE_REVEAL };

struct sanitise { /* fields are the implementation's */
    enum sanitise_mode mode;
    uint8_t state, need, have, bytes[4], marks, string_escape;
    uint32_t string_len, previous;
    unsigned hidden; /* how many were dropped, replaced or revealed so far; 0 means the text was clean */
};

void sanitise_init(struct sanitise *s, enum sanitise_mode mode);
/* Appends the clean form of the next len bytes to out. False when out is full: nothing more is written from
 * then on. */
bool sanitise_feed(struct sanitise *s, const char *text, size_t len, struct buf *out);
/* The end of the text: flushes an incomplete character as U+FFFD, a pending CR as newline. */
bool sanitise_end(struct sanitise *s, struct buf *out);
/* Whole text at once into a new string (free()); cut at max bytes. Never NULL. */
char *sanitise_text(const char *text, size_t len, enum sanitise_mode mode, size_t max);
/* The same on one line: newlines and tabs become spaces. For titles, names, log lines, status lines. */
char *sanitise_line(const char *text, size_t len, size_t max);

#endif
