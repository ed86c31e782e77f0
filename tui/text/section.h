/* One content block as lines: what layout.h is made of. */
#ifndef STOA_TUI_TEXT_SECTION_H
#define STOA_TUI_TEXT_SECTION_H

#include "proto/state.h"
#include "tui/text/layout.h"

struct section;

struct section_view { /* how it is shown; the same at each call for one section */
    size_t width;
    bool unfolded;
    bool verbatim; /* text is not Markdown */
    bool growing;  /* more will come: a call's arguments are not whole */
};

struct section *section_new(void);
void section_free(struct section **section);
/* The block has grown at its end (or is new); everything else is as at the last call. */
void section_grow(struct section *section, const struct block *block, const struct section_view *view);
/* Lines to show: blank ones at both ends do not count. */
size_t section_lines(const struct section *section);
/* A line; *source: where it stands, which rises from line to line. */
struct layout_line section_line(const struct section *section, size_t index, size_t *source);
/* The code block that the line is part of: see layout_copy_block. */
char *section_copy_code(const struct section *section, size_t index);
/* Bytes that were parsed or laid out since it was made: what growing costs, for tests. */
size_t section_work(const struct section *section);

#endif
