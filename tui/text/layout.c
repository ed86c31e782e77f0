#include "tui/text/layout.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/text/section.h"
#include <stdlib.h>
#include <string.h>

enum { NOTE_MAX = 2000, MARGIN = 1 }; /* MARGIN: cells kept free on the right */

struct part { /* a section, and the blank line before it if there is one */
    struct section *section;
    bool gap;
};

struct layout {
    bool valid, streaming;
    struct folds folds;
    uint64_t version;
    size_t width;
    struct part *parts;
    size_t count;
    struct section *note; /* why it failed or was interrupted; NULL if neither */
};

struct layout *layout_new(void)
{
    return xcalloc(1, sizeof(struct layout));
}

static void clear(struct layout *layout)
{
    for (size_t i = 0; i < layout->count; i++)
        section_free(&layout->parts[i].section);
    free(layout->parts);
    section_free(&layout->note);
    *layout = (struct layout){0};
}

void layout_free(struct layout **layout)
{
    if (!*layout)
        return;
    clear(*layout);
    free(*layout);
    *layout = NULL;
}

/* Cells for text; the width can be less than indent and margin take. */
static size_t text_width(size_t width)
{
    return width > LAYOUT_INDENT + MARGIN ? width - LAYOUT_INDENT - MARGIN : 1;
}

/* Between two texts, and around what is unfolded; folded lines stand together. */
static bool gap_before(const struct message *message, size_t index, const struct folds *folds)
{
    if (index == 0)
        return false;
    enum block_kind kind = message->blocks[index].kind, before = message->blocks[index - 1].kind;
    return kind == BLOCK_TEXT || before == BLOCK_TEXT || folds_unfolded(folds, index) ||
           folds_unfolded(folds, index - 1);
}

static void add_note(struct layout *layout, const struct message *message)
{
    struct block block = {.kind = BLOCK_TEXT};
    const char *why = message->error;

    if (!why && message->status == MESSAGE_INTERRUPTED)
        why = "what had come until then is kept";
    if (!why)
        return;
    buf_init(&block.text, NOTE_MAX);
    buf_printf(&block.text, "%s %.1500s",
               message->status == MESSAGE_INTERRUPTED ? "■ interrupted:"
               : message->status == MESSAGE_COMPLETE  ? "■ cut:"
                                                      : "✗ failed:",
               why);
    layout->note = section_new();
    section_grow(layout->note, &block,
                 &(struct section_view){.width = text_width(layout->width), .verbatim = true});
    buf_free(&block.text);
}

bool folds_unfolded(const struct folds *folds, size_t block)
{
    bool differs = block < STATE_BLOCKS_MAX && (folds->differ[block / 64] >> block % 64 & 1);

    return folds->unfolded != differs;
}

void folds_toggle(struct folds *folds, size_t block)
{
    if (block < STATE_BLOCKS_MAX)
        folds->differ[block / 64] ^= (uint64_t)1 << block % 64;
}

bool folds_equal(const struct folds *a, const struct folds *b)
{
    return a->unfolded == b->unfolded && memcmp(a->differ, b->differ, sizeof a->differ) == 0;
}

void layout_update(struct layout *layout, const struct message *message, size_t width,
                   const struct folds *folds)
{
    bool streaming = message->status == MESSAGE_STREAMING;
    bool same_shape = layout->valid && layout->width == width && folds_equal(&layout->folds, folds);

    if (same_shape && layout->version == message->version && layout->streaming == streaming)
        return;
    /* Only a streaming message grows at its end; anything else may have changed anywhere. */
    if (!same_shape || !layout->streaming || !streaming || message->block_count < layout->count)
        clear(layout);
    layout->valid = true;
    layout->version = message->version;
    layout->streaming = streaming;
    layout->width = width;
    layout->folds = *folds;
    if (message->block_count > layout->count) {
        layout->parts = xreallocarray(layout->parts, message->block_count, sizeof *layout->parts);
        while (layout->count < message->block_count) {
            bool gap = gap_before(message, layout->count, folds);
            layout->parts[layout->count++] = (struct part){.section = section_new(), .gap = gap};
        }
    }
    for (size_t i = 0; i < layout->count; i++) {
        const struct section_view view = {
            .width = text_width(width),
            .unfolded = folds_unfolded(folds, i),
            .verbatim = message->role == MESSAGE_ROLE_USER,
            .growing = streaming,
        };
        section_grow(layout->parts[i].section, &message->blocks[i], &view);
    }
    if (!streaming)
        add_note(layout, message);
}

/* Lines of a part with its gap: an empty section takes none. */
static size_t part_lines(const struct part *part)
{
    size_t lines = section_lines(part->section);

    return lines + (lines > 0 && part->gap);
}

size_t layout_lines(const struct layout *layout)
{
    size_t lines = 2;

    for (size_t i = 0; i < layout->count; i++)
        lines += part_lines(&layout->parts[i]);
    return lines + (layout->note ? section_lines(layout->note) : 0);
}

/* The part that a line is in; *within: its line there. layout->count for the note and below. */
static size_t locate(const struct layout *layout, size_t index, size_t *within)
{
    size_t part = 0;

    index--; /* the header */
    while (part < layout->count && index >= part_lines(&layout->parts[part]))
        index -= part_lines(&layout->parts[part++]);
    *within = index;
    return part;
}

/* The section that a line is in, and *within: its line there; NULL for header, gaps and the last line. */
static const struct section *section_of(const struct layout *layout, size_t index, size_t *within,
                                        size_t *part)
{
    const struct section *section = layout->note;

    if (index == 0)
        return NULL;
    *part = locate(layout, index, within);
    if (*part < layout->count) {
        section = layout->parts[*part].section;
        if (layout->parts[*part].gap && (*within)-- == 0)
            return NULL;
    }
    return section && *within < section_lines(section) ? section : NULL;
}

struct layout_line layout_line(const struct layout *layout, size_t index)
{
    size_t within, part, source;
    const struct section *section = section_of(layout, index, &within, &part);

    if (!section)
        return (struct layout_line){.text = "", .block = LAYOUT_NO_BLOCK};
    struct layout_line line = section_line(section, within, &source);
    line.indent += LAYOUT_INDENT;
    line.block = section == layout->note ? LAYOUT_NO_BLOCK : part;
    if (section == layout->note)
        line.style = STYLE_WARNING;
    return line;
}

/* Header: 0. Else block + 1 in the upper half, and in the lower one 0 for the gap, 1 for a title, then the
 * byte of the clean text. Each line has its own, or finding a line by its position would lead to another one.
 */
uint64_t layout_position(const struct layout *layout, size_t index)
{
    size_t within, part;
    size_t source;

    if (index == 0)
        return 0;
    part = locate(layout, index, &within);
    uint64_t upper = (uint64_t)(part + 1) << 32;
    if (part >= layout->count)
        return upper | within;
    if (layout->parts[part].gap && within-- == 0)
        return upper;
    section_line(layout->parts[part].section, within, &source);
    return upper | (source + 1);
}

size_t layout_find(const struct layout *layout, uint64_t position)
{
    size_t low = 0, high = layout_lines(layout);

    while (high - low > 1) { /* positions rise with the lines */
        size_t middle = low + (high - low) / 2;
        if (layout_position(layout, middle) <= position)
            low = middle;
        else
            high = middle;
    }
    return low;
}

char *layout_copy_block(const struct layout *layout, size_t index)
{
    size_t within, part;
    const struct section *section = section_of(layout, index, &within, &part);

    return section ? section_copy_code(section, within) : NULL;
}

size_t layout_work(const struct layout *layout)
{
    size_t work = 0;

    for (size_t i = 0; i < layout->count; i++)
        work += section_work(layout->parts[i].section);
    return work;
}

char *layout_source(const struct message *message)
{
    char *text = message_text(message);
    char *clean = sanitise_text(text, strlen(text), SANITISE_STRIP, SIZE_MAX);

    free(text);
    return clean;
}
