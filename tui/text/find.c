#include "tui/text/find.h"
#include <string.h>

enum { LINES_MAX = 16 }; /* that one hit may go over */

struct place {
    size_t line, at;
};

/* --- sources --- */

static bool likely_text(const struct needle *needle, const char *text)
{
    return text && needle_likely(needle, text, strlen(text));
}

bool find_likely_block(const struct needle *needle, const struct block *block)
{
    const struct tool_call *call = block->call;

    if (block->kind == BLOCK_REDACTED)
        return false;
    return needle_likely(needle, block->text.data, block->text.len) || likely_text(needle, block->name) ||
           (call && (likely_text(needle, call->result) || likely_text(needle, call->arguments) ||
                     likely_text(needle, call->tool) || likely_text(needle, call->server)));
}

bool find_likely(const struct needle *needle, const struct message *message)
{
    for (size_t i = 0; i < message->block_count; i++)
        if (find_likely_block(needle, &message->blocks[i]))
            return true;
    return likely_text(needle, message->error);
}

/* --- lines --- */

/* Whether the line goes on below: it is of the same block, and neither of the two is empty. */
static bool goes_on(const struct layout *layout, size_t line)
{
    if (line + 1 >= layout_lines(layout))
        return false;
    struct layout_line here = layout_line(layout, line), next = layout_line(layout, line + 1);
    return here.block != LAYOUT_NO_BLOCK && here.block == next.block && here.len > 0 && next.len > 0 &&
           here.title == next.title;
}

/* Bytes of the bars before a quoted line. */
static size_t bars(const struct layout_line *line)
{
    static const char bar[] = "│ ";
    size_t len = 0;

    while (line->len - len >= sizeof bar - 1 && memcmp(line->text + len, bar, sizeof bar - 1) == 0)
        len += sizeof bar - 1;
    return len;
}

/* Whether a hit begins there; *end: behind its last character. Where it has no space at the end of a line,
 * the line was broken in the middle of a word, or it is no hit: the source knows. */
static bool matches(const struct needle *needle, const struct message *message, const struct layout *layout,
                    struct place from, struct place *end)
{
    size_t matched = 0, count = needle_length(needle), last = from.line + LINES_MAX;
    bool torn = false, over;

    for (*end = from; end->line < last; end->line++) {
        struct layout_line line = layout_line(layout, end->line);
        size_t used;

        if (end->line > from.line)
            end->at = bars(&line);

        matched = needle_step(needle, matched, line.text + end->at, line.len - end->at, &used, &over);
        end->at += used;
        if (matched == count)
            return !torn || find_likely(needle, message);
        if (!over || !goes_on(layout, end->line))
            return false;
        if (needle_space(needle, matched))
            matched++;
        else
            torn = true;
        if (matched == count)
            return !torn || find_likely(needle, message);
    }
    return false;
}

static size_t next_char(const struct layout_line *line, size_t at)
{
    do
        at++;
    while (at < line->len && ((unsigned char)line->text[at] & 0xC0) == 0x80);
    return at;
}

static size_t characters(const struct layout_line *line)
{
    size_t count = 0;

    for (size_t at = 0; at < line->len; at = next_char(line, at))
        count++;
    return count;
}

/* Whether it could begin there: quick. */
static bool starts(const struct needle *needle, const struct layout_line *line, size_t at)
{
    size_t used;
    bool over;

    return needle_step(needle, 0, line->text + at, line->len - at, &used, &over) > 0;
}

static void add_piece(struct find_piece *pieces, size_t *count, size_t at, size_t end)
{
    struct find_piece *last = *count > 0 ? &pieces[*count - 1] : NULL;

    if (end <= at)
        return;
    if (last && last->at + last->len >= at) {
        if (end > last->at + last->len)
            last->len = end - last->at;
    } else if (*count < FIND_PIECES_MAX) {
        pieces[(*count)++] = (struct find_piece){at, end - at};
    }
}

/* The first line of those whose hits could reach to this one. */
static size_t first_of(const struct needle *needle, const struct layout *layout, size_t line)
{
    size_t first = line, chars = 0;

    while (first > 0 && line - first + 1 < LINES_MAX && chars < needle_length(needle) &&
           goes_on(layout, first - 1)) {
        struct layout_line before = layout_line(layout, --first);
        chars += characters(&before);
    }
    return first;
}

size_t find_pieces(const struct needle *needle, const struct message *message, const struct layout *layout,
                   size_t line, struct find_piece pieces[FIND_PIECES_MAX])
{
    struct layout_line here = layout_line(layout, line);
    size_t count = 0, len = here.len, skip = bars(&here);

    for (size_t from = first_of(needle, layout, line); from <= line && len > 0; from++) {
        struct layout_line source = layout_line(layout, from);
        struct place end;

        for (size_t at = 0; at < source.len; at = next_char(&source, at))
            if (starts(needle, &source, at) &&
                matches(needle, message, layout, (struct place){from, at}, &end) && end.line >= line)
                add_piece(pieces, &count, from == line ? at : skip, end.line == line ? end.at : len);
    }
    return count;
}

static bool begins_on(const struct needle *needle, const struct message *message, const struct layout *layout,
                      size_t line)
{
    struct layout_line source = layout_line(layout, line);
    struct place end;

    for (size_t at = 0; at < source.len; at = next_char(&source, at))
        if (starts(needle, &source, at) && matches(needle, message, layout, (struct place){line, at}, &end))
            return true;
    return false;
}

bool find_line(const struct needle *needle, const struct message *message, const struct layout *layout,
               size_t start, bool down, size_t *line)
{
    size_t lines = layout_lines(layout);

    for (size_t at = start; at < lines; at = down ? at + 1 : at - 1) { /* wraps above the first one */
        if (begins_on(needle, message, layout, at)) {
            *line = at;
            return true;
        }
    }
    return false;
}
