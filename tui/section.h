/* One content block as lines: what layout.h is made of. */
#ifndef STOA_TUI_SECTION_H
#define STOA_TUI_SECTION_H

#include "proto/state.h"
#include "tui/style.h"
#include <stdbool.h>
#include <stddef.h>

struct section;

struct section_line {
    size_t at, len; /* in the clean text; at of the title line is 0 */
    unsigned short indent;
    unsigned char style;
    bool title;
};

struct section *section_new(void);
void section_free(struct section **section);
/* The block has grown at its end (or is new); everything else is as at the last call. */
void section_grow(struct section *section, const struct block *block, size_t width, bool unfolded);
/* Lines to show: blank ones at both ends do not count. */
size_t section_lines(const struct section *section);
struct section_line section_line(const struct section *section, size_t index, const char **text);

#endif
