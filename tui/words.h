/* Where words begin and end. A word is a run of letters, digits and "_"; Han characters, Hiragana and
 * Katakana, which are written without spaces, are words of their own. */
#ifndef STOA_TUI_WORDS_H
#define STOA_TUI_WORDS_H

#include <stddef.h>

enum { WORDS_REACH = 32768 }; /* bytes: no motion goes further, so that each is quick */

/* The start of the word before the place, and the end of the one after it; what is between words is skipped.
 * text: valid UTF-8. The result is between two characters; it may be within a cluster. */
size_t words_left(const char *text, size_t at);
size_t words_right(const char *text, size_t len, size_t at);

#endif
