#include "tui/lines.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/text/wrap.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPACE_REACH = 512,   /* a segment begins after a space, if there is one so near */
    FLAGS_REACH = 16384, /* in a longer row of flags, where the first one begins is not looked for */
    SETTLE = 256         /* clusters told from any character are right after so many bytes */
};

void lines_free(struct lines *lines)
{
    free(lines->starts);
    *lines = (struct lines){0};
}

void lines_set(struct lines *lines, const char *text, size_t len, size_t width)
{
    lines->text = text;
    lines->len = len;
    lines->width = width;
    lines->source_known = false;
    lines->count = 0;
}

/* --- source lines --- */

size_t lines_source_start(struct lines *lines, size_t at)
{
    const char *newline;

    /* What was found before is used again for a place after it, if no line lies between. */
    if (!lines->source_known || at < lines->source ||
        memchr(lines->text + lines->source, '\n', at - lines->source)) {
        newline = at > 0 ? memrchr(lines->text, '\n', at) : NULL;
        lines->source = newline ? (size_t)(newline - lines->text) + 1 : 0;
        lines->source_known = true;
    }
    return lines->source;
}

static size_t newline_within(const struct lines *lines, size_t at, size_t reach)
{
    size_t end = reach < lines->len - at ? at + reach : lines->len;
    const char *newline = end > at ? memchr(lines->text + at, '\n', end - at) : NULL;

    return newline ? (size_t)(newline - lines->text) : end;
}

size_t lines_source_end(const struct lines *lines, size_t at)
{
    return newline_within(lines, at, SIZE_MAX);
}

/* --- segments --- */

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Regional indicators make flags in pairs, from the first one of a row on. */
static bool is_regional(const char *text)
{
    return memcmp(text, "\xF0\x9F\x87", 3) == 0 && (unsigned char)text[3] >= 0xA6;
}

/* A character's first byte at or before the place, from which on clusters can be told. */
static size_t certain_start(const struct lines *lines, size_t at, size_t least)
{
    const char *text = lines->text;
    size_t first;

    while (at > least && is_continuation(text[at]))
        at--;
    for (first = at; first >= least + 8 && is_regional(text + first - 4) && is_regional(text + first - 8);
         first -= 8)
        if (at - first > FLAGS_REACH)
            return at;
    return first >= least + 4 && is_regional(text + first - 4) ? at - 4 : at;
}

/* Where the segment begins that would begin at a byte, if any byte would do: a little before it. least: the
 * start of the source line. */
static size_t segment_start(const struct lines *lines, size_t at, size_t least)
{
    const char *space = memrchr(lines->text + at - SPACE_REACH, ' ', SPACE_REACH);
    size_t start, cells;

    /* A mark may be put on a space: then that is no place to begin. */
    if (space) {
        start = (size_t)(space - lines->text);
        size_t next = start + wrap_cluster(lines->text + start, lines->len - start, &cells);
        if (next == start + 1 && next <= at)
            return next;
    }
    start = certain_start(lines, at - SETTLE, least);
    for (size_t next = start; next <= at; next += wrap_cluster(lines->text + next, lines->len - next, &cells))
        start = next;
    return start;
}

/* The segment of a place: from *begin to *end, which is the begin of the next one or the source line's end.
 */
static void find_segment(struct lines *lines, size_t at, size_t *begin, size_t *end)
{
    size_t source = lines_source_start(lines, at), number = (at - source) / LINES_SEGMENT;
    size_t nominal = source + number * LINES_SEGMENT;

    *end = newline_within(lines, at, (size_t)LINES_SEGMENT * 2);
    *begin = number > 0 ? segment_start(lines, nominal, source) : source;
    for (;;) {
        nominal += LINES_SEGMENT;
        if (nominal >= *end)
            return;
        size_t next = segment_start(lines, nominal, source);
        if (next > at) {
            *end = next;
            return;
        }
        *begin = next;
    }
}

static void add_start(struct lines *lines, size_t at)
{
    if (lines->count == lines->room) {
        lines->room = lines->room ? lines->room * 2 : 64;
        lines->starts = xreallocarray(lines->starts, lines->room, sizeof *lines->starts);
    }
    lines->starts[lines->count++] = at;
}

static size_t wrap(const struct lines *lines, size_t at, size_t end)
{
    size_t next;

    return wrap_next(lines->text + at, end - at, lines->width, WRAP_KEEP, &next);
}

static void load_segment(struct lines *lines, size_t at)
{
    if (lines->count > 0 && lines->begin <= at &&
        (at < lines->end ||
         (at == lines->end && (lines->end == lines->len || lines->text[lines->end] == '\n'))))
        return;
    find_segment(lines, at, &lines->begin, &lines->end);
    lines->count = 0;
    add_start(lines, lines->begin);
    for (size_t next = lines->begin; next < lines->end;) {
        next += wrap(lines, next, lines->end);
        if (next < lines->end)
            add_start(lines, next);
    }
}

/* --- visual lines --- */

static struct visual_line loaded_line(const struct lines *lines, size_t index)
{
    size_t end = index + 1 < lines->count ? lines->starts[index + 1] : lines->end;

    return (struct visual_line){lines->starts[index], end - lines->starts[index]};
}

struct visual_line lines_at(struct lines *lines, size_t at)
{
    size_t low = 0, high;

    load_segment(lines, at);
    for (high = lines->count; high - low > 1;) { /* the last one that begins at or before the place */
        size_t middle = low + (high - low) / 2;
        if (lines->starts[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return loaded_line(lines, low);
}

bool lines_goes_on(const struct lines *lines, const struct visual_line *line)
{
    size_t end = line->at + line->len;

    return end < lines->len && lines->text[end] != '\n';
}

bool lines_next(struct lines *lines, struct visual_line *line)
{
    size_t end = line->at + line->len;

    if (end == lines->len)
        return false;
    *line = lines_at(lines, end + !lines_goes_on(lines, line));
    return true;
}

bool lines_previous(struct lines *lines, struct visual_line *line)
{
    if (line->at == 0)
        return false;
    /* The byte before is of the line before, be it its newline. */
    *line = lines_at(lines, line->at - 1);
    return true;
}

/* The first ones are wrapped one by one, and what lines_at keeps is left alone. */
size_t lines_count(struct lines *lines, size_t most)
{
    size_t count = 0, at = 0, begin, end;

    while (count < most) {
        find_segment(lines, at, &begin, &end);
        do {
            at += end > at ? wrap(lines, at, end) : 0;
            count++;
        } while (at < end && count < most);
        if (at == lines->len)
            break;
        if (at == end && lines->text[at] == '\n')
            at++;
    }
    return count;
}

/* --- clusters --- */

size_t lines_cluster_right(struct lines *lines, size_t at)
{
    size_t begin, end, cells;

    if (at >= lines->len)
        return lines->len;
    if (lines->text[at] == '\n')
        return at + 1;
    find_segment(lines, at, &begin, &end);
    return at + wrap_cluster(lines->text + at, end - at, &cells);
}

size_t lines_cluster_start(struct lines *lines, size_t at)
{
    size_t start, end, next, cells;

    if (at >= lines->len || lines->text[at] == '\n')
        return at < lines->len ? at : lines->len;
    find_segment(lines, at, &start, &end);
    for (next = start; next <= at; next += wrap_cluster(lines->text + next, end - next, &cells))
        start = next;
    return start;
}

size_t lines_cluster_left(struct lines *lines, size_t at)
{
    return at == 0 ? 0 : lines_cluster_start(lines, at - 1);
}

size_t lines_cells(const struct lines *lines, size_t from, size_t to)
{
    size_t cells = 0, cell;

    while (from < to) {
        from += wrap_cluster(lines->text + from, to - from, &cell);
        cells += cell;
    }
    return cells;
}

size_t lines_at_cell(const struct lines *lines, const struct visual_line *line, size_t goal)
{
    size_t at = line->at, end = line->at + line->len, cells = 0, cell;
    bool goes_on = lines_goes_on(lines, line);

    while (at < end) {
        size_t used = wrap_cluster(lines->text + at, end - at, &cell);
        if (cells + cell > goal || (goes_on && at + used == end)) /* the end belongs to the line below */
            break;
        cells += cell;
        at += used;
    }
    return at;
}
