/* A text that is looked for: case counts only if it has a capital letter. */
#ifndef STOA_TUI_TEXT_NEEDLE_H
#define STOA_TUI_TEXT_NEEDLE_H

#include <stdbool.h>
#include <stddef.h>

enum { NEEDLE_MAX = 256 }; /* characters; more are not looked at */

struct needle;

/* NULL if the text is empty. */
struct needle *needle_new(const char *text, size_t len);
void needle_free(struct needle **needle);
/* Characters of it. */
size_t needle_length(const struct needle *needle);
/* Whether that character of it (index < needle_length) is a space. */
bool needle_space(const struct needle *needle, size_t index);

/* Goes on from its character `from`, with the text from its beginning: how many characters of the needle are
 * matched then, *used bytes of the text. Ends early at the end of the text, which *end tells, else at a
 * difference. */
size_t needle_step(const struct needle *needle, size_t from, const char *text, size_t len, size_t *used,
                   bool *end);
/* Whether the source of a message may show it: marks of Markdown, and where lines break, do not count. Quick;
 * to be called before anything is laid out. */
bool needle_likely(const struct needle *needle, const char *source, size_t len);

#endif
