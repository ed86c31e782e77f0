/* The visual lines and the clusters of a text, told from near the place that is asked about: what a question
 * costs does not grow with the text. For that a source line longer than VISUAL_SEGMENT is cut into segments,
 * each of which begins a visual line. Where they begin depends on the text alone. */
#ifndef STOA_TUI_VISUAL_H
#define STOA_TUI_VISUAL_H

#include <stdbool.h>
#include <stddef.h>

enum { VISUAL_SEGMENT = 2048 }; /* bytes */

struct visual_line { /* a visual line, without the newline that may follow it */
    size_t at, len;
};

struct visual { /* fields are the implementation's; all zero is an empty text */
    const char *text;
    size_t len, width;
    size_t source;      /* where the source line begins that was asked about last */
    bool source_known;  /* source is right */
    size_t begin, end;  /* the segment that starts tells of */
    size_t *starts;     /* of its visual lines */
    size_t count, room; /* count 0: of none */
};

void visual_free(struct visual *visual);
/* The text has changed, or the width (>= 1). text: valid UTF-8, which lives until the next visual_set. */
void visual_set(struct visual *visual, const char *text, size_t len, size_t width);

/* Where the source line of the byte begins, and where it ends: at its newline or the end of the text. */
size_t visual_source_start(struct visual *visual, size_t at);
size_t visual_source_end(const struct visual *visual, size_t at);

/* The visual line of a place between two clusters: where one ends and the next one begins, that is the next.
 */
struct visual_line visual_at(struct visual *visual, size_t at);
/* The one after or before; false if there is none. */
bool visual_next(struct visual *visual, struct visual_line *line);
bool visual_previous(struct visual *visual, struct visual_line *line);
/* Whether the visual line goes on in the next one, without a newline. */
bool visual_goes_on(const struct visual *visual, const struct visual_line *line);
/* How many there are, counted up to most. */
size_t visual_count(struct visual *visual, size_t most);

/* The next place between two clusters, and the one before. */
size_t visual_cluster_right(struct visual *visual, size_t at);
size_t visual_cluster_left(struct visual *visual, size_t at);
/* The start of the cluster that the byte is in: itself where that is between two. */
size_t visual_cluster_start(struct visual *visual, size_t at);
/* Cells between two places of one visual line. */
size_t visual_cells(const struct visual *visual, size_t from, size_t to);
/* The place in a visual line that is nearest to the cell, and not past it. */
size_t visual_at_cell(const struct visual *visual, const struct visual_line *line, size_t cell);

#endif
