#include "tui/picker.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

struct match {
    int score;
    uint32_t index;
};

struct picker {
    enum picker_kind kind;
    const char *heading, *offer;
    struct editor *filter;
    struct fuzzy fuzzy;
    struct picker_item *items;
    size_t count, room;
    struct match *matches;
    size_t match_count;
    size_t selected;
    char *kept; /* id of what was selected, while items are replaced */
};

struct picker *picker_new(void)
{
    struct picker *picker = xcalloc(1, sizeof *picker);

    picker->filter = editor_new();
    picker->heading = "";
    return picker;
}

static void clear(struct picker *picker)
{
    for (size_t i = 0; i < picker->count; i++) {
        free(picker->items[i].id);
        free(picker->items[i].text);
        free(picker->items[i].detail);
        free(picker->items[i].note);
    }
    picker->count = picker->match_count = 0;
}

void picker_free(struct picker **slot)
{
    struct picker *picker = *slot;

    if (!picker)
        return;
    clear(picker);
    editor_free(&picker->filter);
    free(picker->items);
    free(picker->matches);
    free(picker->kept);
    free(picker);
    *slot = NULL;
}

void picker_open(struct picker *picker, enum picker_kind kind, const char *heading)
{
    clear(picker);
    picker->kind = kind;
    picker->heading = heading;
    picker->offer = NULL;
    picker->selected = 0;
    editor_set(picker->filter, "", 0);
    fuzzy_init(&picker->fuzzy, "", 0);
}

enum picker_kind picker_kind(const struct picker *picker)
{
    return picker->kind;
}

const char *picker_heading(const struct picker *picker)
{
    return picker->heading;
}

/* --- items --- */

void picker_begin(struct picker *picker)
{
    const struct picker_item *item = picker_row(picker, picker->selected).item;

    free(picker->kept);
    picker->kept = item ? xstrdup(item->id) : NULL;
    clear(picker);
}

void picker_add(struct picker *picker, struct picker_item item)
{
    if (picker->count == PICKER_ITEMS_MAX) {
        free(item.id);
        free(item.text);
        free(item.detail);
        free(item.note);
        return;
    }
    if (picker->count == picker->room) {
        picker->room = picker->room ? picker->room * 2 : 64;
        picker->items = xreallocarray(picker->items, picker->room, sizeof *picker->items);
        picker->matches = xreallocarray(picker->matches, picker->room, sizeof *picker->matches);
    }
    picker->items[picker->count++] = item;
}

static int by_score(const void *a, const void *b)
{
    const struct match *one = a, *two = b;

    if (one->score != two->score)
        return one->score < two->score ? 1 : -1;
    return one->index < two->index ? -1 : one->index > two->index;
}

/* An item whose text has not got it, but whose detail, comes behind all whose text has. */
static int score(const struct picker *picker, const struct picker_item *item)
{
    int found = fuzzy_score(&picker->fuzzy, item->text, strlen(item->text), NULL);

    if (found > 0)
        return found;
    return item->detail && fuzzy_within(&picker->fuzzy, item->detail, strlen(item->detail)) ? 1 : 0;
}

static void match_all(struct picker *picker)
{
    picker->match_count = 0;
    for (size_t i = 0; i < picker->count; i++) {
        int found = score(picker, &picker->items[i]);

        if (found > 0)
            picker->matches[picker->match_count++] = (struct match){found, (uint32_t)i};
    }
    if (picker->match_count > 0 && !fuzzy_empty(&picker->fuzzy))
        qsort(picker->matches, picker->match_count, sizeof *picker->matches, by_score);
}

void picker_end(struct picker *picker)
{
    match_all(picker);
    size_t found = 0;
    while (picker->kept && found < picker->match_count &&
           strcmp(picker->items[picker->matches[found].index].id, picker->kept) != 0)
        found++;
    if (picker->kept && found < picker->match_count)
        picker->selected = found;
    free(picker->kept);
    picker->kept = NULL;
    picker_move(picker, 0);
}

/* --- the filter --- */

struct editor *picker_filter(const struct picker *picker)
{
    return picker->filter;
}

void picker_filtered(struct picker *picker)
{
    size_t len;
    const char *text = editor_text(picker->filter, &len);

    fuzzy_init(&picker->fuzzy, text, len);
    match_all(picker);
    picker->selected = 0;
}

void picker_offer(struct picker *picker, const char *what)
{
    picker->offer = what;
}

const char *picker_offered(const struct picker *picker)
{
    return fuzzy_empty(&picker->fuzzy) ? NULL : picker->offer;
}

/* --- rows --- */

size_t picker_count(const struct picker *picker)
{
    return picker->match_count + (picker_offered(picker) ? 1 : 0);
}

size_t picker_total(const struct picker *picker)
{
    return picker->count;
}

struct picker_row picker_row(const struct picker *picker, size_t index)
{
    struct picker_row row = {.item = NULL};

    if (index >= picker->match_count)
        return row;
    row.item = &picker->items[picker->matches[index].index];
    fuzzy_score(&picker->fuzzy, row.item->text, strlen(row.item->text), &row.found);
    return row;
}

size_t picker_selected(const struct picker *picker)
{
    return picker->selected;
}

void picker_move(struct picker *picker, long rows)
{
    size_t last = picker_count(picker) > 0 ? picker_count(picker) - 1 : 0;
    size_t at = picker->selected < last ? picker->selected : last;

    if (rows < 0)
        picker->selected = at > (size_t)-rows ? at - (size_t)-rows : 0;
    else
        picker->selected = (size_t)rows < last - at ? at + (size_t)rows : last;
}

void picker_select(struct picker *picker, size_t index)
{
    picker->selected = index;
    picker_move(picker, 0);
}
