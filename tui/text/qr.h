/* A QR code as lines of text, two rows of modules a line. It brings its own black and white, so that it is
 * readable on dark and on light terminals alike. */
#ifndef STOA_TUI_TEXT_QR_H
#define STOA_TUI_TEXT_QR_H

#include <stdbool.h>

enum qr_colours { QR_16, QR_256 }; /* what the terminal has */

/* Lines that end with "\n", with the escape sequences of their colours; free() them. NULL with a sentence
 * where the code and its margin do not fit into cols and rows, or the text is too long for any code. */
char *qr_text(const char *text, int cols, int rows, enum qr_colours colours, char error[256]);

#endif
