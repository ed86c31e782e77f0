/* The cursor of browsing. It is kept as a mark; its place is looked for anew whenever the list is arranged.
 */
#include "tui/list_private.h"
#include <string.h>

enum { MARGIN_MOST = 3, MARGIN_PART = 4 }; /* lines between cursor and edge; at most that part of the view */

static size_t margin_of(const struct list *list)
{
    size_t part = (list->height - 1) / MARGIN_PART;

    return part < MARGIN_MOST ? part : MARGIN_MOST;
}

/* Every layout ends with an empty line, where the cursor of the last one has nothing to do. */
static struct place last_place(struct list *list)
{
    size_t item = item_count(list) - 1;

    return (struct place){item, layout_lines(item_layout(list, item)) - 2};
}

/* --- what is seen --- */

/* The topmost line for which the cursor is seen, as near to the present one as can be. */
static struct place top_for(struct list *list, struct place cursor)
{
    size_t margin = margin_of(list), missing;
    struct place top = list->top, end = place_above_end(list, list->height, &missing);
    struct place lowest = place_up(list, cursor, margin);
    struct place highest = place_up(list, cursor, list->height - 1 - margin);

    if (list->blank > 0)
        return top;
    if (place_after(top, lowest))
        top = lowest;
    if (place_after(highest, top))
        top = highest;
    return place_after(top, end) ? end : top;
}

/* Ids rise with time: what is gone was before the first one that is above it. */
static struct place gone_place(struct list *list)
{
    for (size_t item = 0; item < item_count(list); item++)
        if (strcmp(item_message(list, item)->id, list->cursor.id) > 0)
            return (struct place){item, 0};
    return last_place(list);
}

void cursor_arrange(struct list *list)
{
    struct place last = last_place(list);

    if (list->following) {
        list->at = last;
        mark_set(list, &list->cursor, last);
        return;
    }
    if (!mark_find(list, &list->cursor, &list->at))
        list->at = gone_place(list);
    if (place_after(list->at, last))
        list->at = last;
    struct place top = top_for(list, list->at);
    if (top.item != list->top.item || top.line != list->top.line)
        mark_set(list, &list->anchor, top);
    list->top = top;
}

void cursor_keep_seen(struct list *list)
{
    size_t margin = margin_of(list), missing;
    struct place at, end, first, last;

    if (list->following || item_count(list) == 0 || !mark_find(list, &list->cursor, &at))
        return;
    end = place_above_end(list, list->height, &missing);
    first = list->top.item == 0 && list->top.line == 0 ? list->top : place_down(list, list->top, margin);
    last = place_after(end, list->top) ? place_down(list, list->top, list->height - 1 - margin)
                                       : last_place(list);
    if (place_after(first, at))
        cursor_set(list, first);
    else if (place_after(at, last))
        cursor_set(list, last);
}

void cursor_set(struct list *list, struct place place)
{
    struct place last = last_place(list);

    if (!place_after(last, place)) {
        list_follow(list);
        return;
    }
    if (list->following)
        list_stay(list, list->top);
    mark_set(list, &list->cursor, place);
    list->arranged = false;
}

/* --- moving --- */

/* False if there is none, or nothing to move in. */
static bool ready(struct list *list)
{
    list_arrange(list);
    return list->browsed && item_count(list) > 0;
}

void list_cursor(struct list *list, bool on)
{
    list->browsed = false;
    if (on) /* the end of browsing may come when what is listed has gone already */
        list_arrange(list);
    list->browsed = on;
    list->arranged = false;
    if (!on || list->following || item_count(list) == 0)
        return;
    size_t below = list->height - 1 - margin_of(list);
    cursor_set(list, place_down(list, list->top, below));
}

static struct place moved(struct list *list, struct place place, long lines)
{
    return lines < 0 ? place_up(list, place, (size_t)-lines) : place_down(list, place, (size_t)lines);
}

void list_cursor_lines(struct list *list, long lines)
{
    if (ready(list))
        cursor_set(list, moved(list, list->at, lines));
}

void list_cursor_message(struct list *list, bool down)
{
    if (!ready(list))
        return;
    struct place at = list->at;

    if (down && at.item + 1 < item_count(list))
        at = (struct place){at.item + 1, 0};
    else if (down)
        at = last_place(list);
    else if (at.line > 0)
        at.line = 0;
    else if (at.item > 0)
        at.item--;
    cursor_set(list, at);
}

void cursor_page(struct list *list, long lines)
{
    size_t missing;

    if (!ready(list))
        return;
    struct place cursor = moved(list, list->at, lines), top = moved(list, list->top, lines);
    struct place end = place_above_end(list, list->height, &missing);
    if (list->blank == 0)
        list_stay(list, place_after(top, end) ? end : top);
    cursor_set(list, cursor);
}

void list_cursor_halves(struct list *list, int halves)
{
    long half = list->height > 1 ? (long)list->height / 2 : 1;

    cursor_page(list, halves * half);
}

void list_cursor_to_row(struct list *list, size_t y)
{
    if (!ready(list) || y < list->blank)
        return;
    struct place place = place_down(list, list->top, y - list->blank);
    cursor_set(list, place);
}

/* --- what it is on --- */

struct list_row list_cursor_row(struct list *list)
{
    struct list_row row = {.text = {.text = ""}};

    if (!ready(list))
        return row;
    row.message = item_message(list, list->at.item);
    row.line = list->at.line;
    row.text = layout_line(item_layout(list, list->at.item), list->at.line);
    row.cursor = true;
    if (list->at.item >= list->source.message_count)
        row.mark = list->source.extras[list->at.item - list->source.message_count].mark;
    return row;
}

const struct layout *list_cursor_layout(struct list *list, size_t *line)
{
    if (!ready(list))
        return NULL;
    *line = list->at.line;
    return item_layout(list, list->at.item);
}

bool list_cursor_fold(struct list *list)
{
    if (!ready(list))
        return false;
    struct layout_line line = layout_line(item_layout(list, list->at.item), list->at.line);

    return line.block != LAYOUT_NO_BLOCK && list_fold_block(list, list->at.item, line.block);
}

bool list_cursor_lost(const struct list *list)
{
    return list->browsed && !list->following && list->source.message_count > 0 &&
           strcmp(list->cursor.id, list->source.messages[0]->id) < 0;
}

void list_cursor_keep(struct list *list)
{
    if (!ready(list))
        return;
    mark_set(list, &list->kept, list->at);
    list->kept_following = list->following;
}

void list_cursor_back(struct list *list)
{
    struct place place;

    if (!ready(list) || !mark_find(list, &list->kept, &place))
        return;
    cursor_set(list, list->kept_following ? last_place(list) : place);
    list_arrange(list);
}

/* --- finding --- */

/* Those that are folded, and may have a hit, unfolded too. */
static struct folds opened(const struct folds *folds, const struct message *message,
                           const struct needle *needle)
{
    struct folds all = *folds;

    for (size_t i = 0; i < message->block_count; i++)
        if (message->blocks[i].kind != BLOCK_TEXT && !folds_unfolded(folds, i) &&
            find_likely_block(needle, &message->blocks[i]))
            folds_toggle(&all, i);
    return all;
}

/* The line to begin with; false if there is none that way. */
static bool first_line(const struct list *list, const struct layout *layout, size_t item,
                       const struct list_search *search, size_t *line)
{
    if (search->from == LIST_FROM_EDGE || item != list->at.item) {
        *line = search->down ? 0 : layout_lines(layout) - 1;
        return true;
    }
    *line = layout_find(layout, list->cursor.position);
    if (search->from == LIST_FROM_HERE)
        return true;
    if (!search->down && *line == 0)
        return false;
    *line = search->down ? *line + 1 : *line - 1;
    return true;
}

static bool find_in(struct list *list, size_t item, const struct list_search *search, struct place *place)
{
    const struct message *message = item_message(list, item);
    struct folds folds = *folded_get(list->folded, message->id);
    struct folds all = opened(&folds, message, search->needle);
    const struct layout *layout = cache_get(list->cache, message, list->width, &all);
    size_t line;

    if (!first_line(list, layout, item, search, &line) ||
        !find_line(search->needle, message, layout, line, search->down, &line))
        return false;
    struct layout_line hit = layout_line(layout, line);
    uint64_t position = layout_position(layout, line);
    if (search->unfold && hit.block != LAYOUT_NO_BLOCK && !hit.title &&
        folds_unfolded(&all, hit.block) != folds_unfolded(&folds, hit.block)) {
        folds_toggle(&folds, hit.block);
        folded_set(list->folded, message->id, &folds);
    }
    *place = (struct place){item, layout_find(item_layout(list, item), position)};
    return true;
}

bool list_cursor_find(struct list *list, const struct list_search *search)
{
    struct place place;

    if (!ready(list))
        return false;
    mark_set(list, &list->cursor, list->at);
    bool down = search->down;
    size_t count = item_count(list), item = list->at.item;
    if (search->from == LIST_FROM_EDGE)
        item = down ? 0 : count - 1;
    for (; item < count; item = down ? item + 1 : item - 1) { /* above the first one it wraps */
        if (find_likely(search->needle, item_message(list, item)) && find_in(list, item, search, &place)) {
            cursor_set(list, place);
            return true;
        }
    }
    return false;
}
