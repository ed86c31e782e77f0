/* The visual lines and the clusters of a text, told from near the place that is asked about: what a question
 * costs does not grow with the text. For that a source line longer than LINES_SEGMENT is cut into segments,
 * each of which begins a visual line. Where they begin depends on the text alone. */
#ifndef STOA_TUI_LINES_H
#define STOA_TUI_LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { LINES_SEGMENT = 2048 }; /* bytes */

struct visual_line { /* a visual line, without the newline that may follow it */
    size_t at, len;
};

struct lines { /* fields are the implementation's; all zero is an empty text */
    const char *text;
    size_t len, width;
    size_t source;      /* where the source line begins that was asked about last */
    bool source_known;  /* source is right */
    size_t begin, end;  /* the segment that starts tells of */
    size_t *starts;     /* of its visual lines */
    size_t count, room; /* count 0: of none */
};

void lines_free(struct lines *lines);
/* The text has changed, or the width (>= 1). text: valid UTF-8, which lives until the next lines_set. */
void lines_set(struct lines *lines, const char *text, size_t len, size_t width);

/* Where the source line of the byte begins, and where it ends: at its newline or the end of the text. */
size_t lines_source_start(struct lines *lines, size_t at);
size_t lines_source_end(const struct lines *lines, size_t at);

/* The visual line of a place between two clusters: where one ends and the next one begins, that is the next.
 */
struct visual_line lines_at(struct lines *lines, size_t at);
/* The one after or before; false if there is none. */
bool lines_next(struct lines *lines, struct visual_line *line);
bool lines_previous(struct lines *lines, struct visual_line *line);
/* Whether the visual line goes on in the next one, without a newline. */
bool lines_goes_on(const struct lines *lines, const struct visual_line *line);
/* How many there are, counted up to most. */
size_t lines_count(struct lines *lines, size_t most);

/* The next place between two clusters, and the one before. */
size_t lines_cluster_right(struct lines *lines, size_t at);
size_t lines_cluster_left(struct lines *lines, size_t at);
/* The start of the cluster that the byte is in: itself where that is between two. */
size_t lines_cluster_start(struct lines *lines, size_t at);
/* Cells between two places of one visual line. */
size_t lines_cells(const struct lines *lines, size_t from, size_t to);
/* The place in a visual line that is nearest to the cell, and not past it. */
size_t lines_at_cell(const struct lines *lines, const struct visual_line *line, size_t cell);

#endif
