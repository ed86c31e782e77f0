/* UTF-8: validity, decoding, grapheme clusters and the width of what ncurses will draw.
 * glibc's wcwidth is the one source of widths, because ncurses uses it; a UTF-8 LC_CTYPE must be set
 * (utf8_locale). */
#ifndef STOA_SHARED_UTF8_H
#define STOA_SHARED_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets LC_CTYPE from the environment, or C.UTF-8 where that is not UTF-8. False if neither exists. */
bool utf8_locale(void);
/* Strict: no overlongs, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(const char *text, size_t len);
/* Decodes one code point of valid or invalid text (len >= 1): returns bytes used (>= 1); *cp is U+FFFD for a
 * bad byte. */
size_t utf8_decode(const char *text, size_t len, uint32_t *cp);
/* Writes 1 to 4 bytes, no NUL; returns how many. */
size_t utf8_encode(uint32_t cp, char out[4]);
/* The largest n <= max such that text[0..n) does not end within a code point. */
size_t utf8_cut(const char *text, size_t len, size_t max);
/* Length in bytes of the grapheme cluster at text (len >= 1) and its width in cells (0, 1 or 2). */
size_t utf8_cluster(const char *text, size_t len, int *width);
/* The lower case letter of an upper case one; any other character is its own. For searches. */
uint32_t utf8_fold(uint32_t cp);
/* Whether nothing of it is seen: white space of any script, controls, joiners and fillers alone. */
bool utf8_blank(const char *text, size_t len);
/* Takes white space of any script off both ends, in place. */
void utf8_trim(char *text);
/* Cells of a line (newlines count 0). */
size_t utf8_width(const char *text, size_t len);

#endif
