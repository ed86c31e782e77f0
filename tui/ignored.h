/* What git leaves out of a folder, as far as its own .gitignore says so in plain words: names, paths, `*` and
 * `?`,
 * `/` at either end, `!`. Other files of git's, and what takes long to match, are not looked at: more is
 * offered then, never less. */
#ifndef STOA_TUI_IGNORED_H
#define STOA_TUI_IGNORED_H

#include <stdbool.h>

enum { IGNORED_BYTES_MAX = 64 << 10, IGNORED_LINE_MAX = 200, IGNORED_LINES_MAX = 500, IGNORED_STARS_MAX = 3 };

struct ignored;

/* Reads .gitignore in that folder ("" is the current one). NULL if there is none, or it says nothing. */
struct ignored *ignored_read(const char *folder);
void ignored_free(struct ignored **ignored);
/* path: below the folder. NULL ignores nothing. */
bool ignored_has(const struct ignored *ignored, const char *path, bool is_folder);

#endif
