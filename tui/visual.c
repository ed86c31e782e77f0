#include "tui/visual.h"
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

void visual_free(struct visual *visual)
{
    free(visual->starts);
    *visual = (struct visual){0};
}

void visual_set(struct visual *visual, const char *text, size_t len, size_t width)
{
    visual->text = text;
    visual->len = len;
    visual->width = width;
    visual->source_known = false;
    visual->count = 0;
}

/* --- source lines --- */

size_t visual_source_start(struct visual *visual, size_t at)
{
    const char *newline;

    /* What was found before is used again for a place after it, if no line lies between. */
    if (!visual->source_known || at < visual->source ||
        memchr(visual->text + visual->source, '\n', at - visual->source)) {
        newline = at > 0 ? memrchr(visual->text, '\n', at) : NULL;
        visual->source = newline ? (size_t)(newline - visual->text) + 1 : 0;
        visual->source_known = true;
    }
    return visual->source;
}

static size_t newline_within(const struct visual *visual, size_t at, size_t reach)
{
    size_t end = reach < visual->len - at ? at + reach : visual->len;
    const char *newline = end > at ? memchr(visual->text + at, '\n', end - at) : NULL;

    return newline ? (size_t)(newline - visual->text) : end;
}

size_t visual_source_end(const struct visual *visual, size_t at)
{
    return newline_within(visual, at, SIZE_MAX);
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
static size_t certain_start(const struct visual *visual, size_t at, size_t least)
{
    const char *text = visual->text;
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
static size_t segment_start(const struct visual *visual, size_t at, size_t least)
{
    const char *space = memrchr(visual->text + at - SPACE_REACH, ' ', SPACE_REACH);
    size_t start, cells;

    /* A mark may be put on a space: then that is no place to begin. */
    if (space) {
        start = (size_t)(space - visual->text);
        size_t next = start + wrap_cluster(visual->text + start, visual->len - start, &cells);
        if (next == start + 1 && next <= at)
            return next;
    }
    start = certain_start(visual, at - SETTLE, least);
    for (size_t next = start; next <= at;
         next += wrap_cluster(visual->text + next, visual->len - next, &cells))
        start = next;
    return start;
}

/* The segment of a place: from *begin to *end, which is the begin of the next one or the source line's end.
 */
static void find_segment(struct visual *visual, size_t at, size_t *begin, size_t *end)
{
    size_t source = visual_source_start(visual, at), number = (at - source) / VISUAL_SEGMENT;
    size_t nominal = source + number * VISUAL_SEGMENT;

    *end = newline_within(visual, at, (size_t)VISUAL_SEGMENT * 2);
    *begin = number > 0 ? segment_start(visual, nominal, source) : source;
    for (;;) {
        nominal += VISUAL_SEGMENT;
        if (nominal >= *end)
            return;
        size_t next = segment_start(visual, nominal, source);
        if (next > at) {
            *end = next;
            return;
        }
        *begin = next;
    }
}

static void add_start(struct visual *visual, size_t at)
{
    if (visual->count == visual->room) {
        visual->room = visual->room ? visual->room * 2 : 64;
        visual->starts = xreallocarray(visual->starts, visual->room, sizeof *visual->starts);
    }
    visual->starts[visual->count++] = at;
}

static size_t wrap(const struct visual *visual, size_t at, size_t end)
{
    size_t next;

    return wrap_next(visual->text + at, end - at, visual->width, WRAP_KEEP, &next);
}

static void load_segment(struct visual *visual, size_t at)
{
    if (visual->count > 0 && visual->begin <= at &&
        (at < visual->end ||
         (at == visual->end && (visual->end == visual->len || visual->text[visual->end] == '\n'))))
        return;
    find_segment(visual, at, &visual->begin, &visual->end);
    visual->count = 0;
    add_start(visual, visual->begin);
    for (size_t next = visual->begin; next < visual->end;) {
        next += wrap(visual, next, visual->end);
        if (next < visual->end)
            add_start(visual, next);
    }
}

/* --- visual lines --- */

static struct visual_line loaded_line(const struct visual *visual, size_t index)
{
    size_t end = index + 1 < visual->count ? visual->starts[index + 1] : visual->end;

    return (struct visual_line){visual->starts[index], end - visual->starts[index]};
}

struct visual_line visual_at(struct visual *visual, size_t at)
{
    size_t low = 0, high;

    load_segment(visual, at);
    for (high = visual->count; high - low > 1;) { /* the last one that begins at or before the place */
        size_t middle = low + (high - low) / 2;
        if (visual->starts[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return loaded_line(visual, low);
}

bool visual_goes_on(const struct visual *visual, const struct visual_line *line)
{
    size_t end = line->at + line->len;

    return end < visual->len && visual->text[end] != '\n';
}

bool visual_next(struct visual *visual, struct visual_line *line)
{
    size_t end = line->at + line->len;

    if (end == visual->len)
        return false;
    *line = visual_at(visual, end + !visual_goes_on(visual, line));
    return true;
}

bool visual_previous(struct visual *visual, struct visual_line *line)
{
    if (line->at == 0)
        return false;
    /* The byte before is of the line before, be it its newline. */
    *line = visual_at(visual, line->at - 1);
    return true;
}

/* The first ones are wrapped one by one, and what visual_at keeps is left alone. */
size_t visual_count(struct visual *visual, size_t most)
{
    size_t count = 0, at = 0, begin, end;

    while (count < most) {
        find_segment(visual, at, &begin, &end);
        do {
            at += end > at ? wrap(visual, at, end) : 0;
            count++;
        } while (at < end && count < most);
        if (at == visual->len)
            break;
        if (at == end && visual->text[at] == '\n')
            at++;
    }
    return count;
}

/* --- clusters --- */

size_t visual_cluster_right(struct visual *visual, size_t at)
{
    size_t begin, end, cells;

    if (at >= visual->len)
        return visual->len;
    if (visual->text[at] == '\n')
        return at + 1;
    find_segment(visual, at, &begin, &end);
    return at + wrap_cluster(visual->text + at, end - at, &cells);
}

size_t visual_cluster_start(struct visual *visual, size_t at)
{
    size_t start, end, next, cells;

    if (at >= visual->len || visual->text[at] == '\n')
        return at < visual->len ? at : visual->len;
    find_segment(visual, at, &start, &end);
    for (next = start; next <= at; next += wrap_cluster(visual->text + next, end - next, &cells))
        start = next;
    return start;
}

size_t visual_cluster_left(struct visual *visual, size_t at)
{
    return at == 0 ? 0 : visual_cluster_start(visual, at - 1);
}

size_t visual_cells(const struct visual *visual, size_t from, size_t to)
{
    size_t cells = 0, cell;

    while (from < to) {
        from += wrap_cluster(visual->text + from, to - from, &cell);
        cells += cell;
    }
    return cells;
}

size_t visual_at_cell(const struct visual *visual, const struct visual_line *line, size_t goal)
{
    size_t at = line->at, end = line->at + line->len, cells = 0, cell;
    bool goes_on = visual_goes_on(visual, line);

    while (at < end) {
        size_t used = wrap_cluster(visual->text + at, end - at, &cell);
        if (cells + cell > goal || (goes_on && at + used == end)) /* the end belongs to the line below */
            break;
        cells += cell;
        at += used;
    }
    return at;
}
