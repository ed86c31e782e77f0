#include "shared/xalloc.h"
#include "tui/list_private.h"
#include <stdlib.h>
#include <string.h>

enum {
    OLDER_NEAR = 10, /* this close to the oldest message, older ones are asked for */
    PAGE_KEEPS = 2   /* lines of the last page that stay to be seen */
};

struct list *list_new(void)
{
    struct list *list = xcalloc(1, sizeof *list);

    list->cache = cache_new();
    list->folded = folded_new();
    list->following = true;
    list->width = list->height = 1;
    return list;
}

void list_free(struct list **list)
{
    if (!*list)
        return;
    cache_free(&(*list)->cache);
    folded_free(&(*list)->folded);
    free(*list);
    *list = NULL;
}

/* --- items --- */

size_t item_count(const struct list *list)
{
    return list->source.message_count + list->source.extra_count;
}

const struct message *item_message(const struct list *list, size_t item)
{
    if (item < list->source.message_count)
        return list->source.messages[item];
    return list->source.extras[item - list->source.message_count].message;
}

const struct layout *item_layout(struct list *list, size_t item)
{
    const struct message *message = item_message(list, item);

    return cache_get(list->cache, message, list->width, folded_get(list->folded, message->id));
}

static size_t item_lines(struct list *list, size_t item)
{
    return layout_lines(item_layout(list, item));
}

/* --- places --- */

bool place_after(struct place a, struct place b)
{
    return a.item > b.item || (a.item == b.item && a.line > b.line);
}

struct place place_above_end(struct list *list, size_t lines, size_t *missing)
{
    size_t item = item_count(list);

    *missing = 0;
    while (item > 0) {
        size_t here = item_lines(list, item - 1);
        if (here >= lines)
            return (struct place){item - 1, here - lines};
        lines -= here;
        item--;
    }
    *missing = lines;
    return (struct place){0, 0};
}

struct place place_up(struct list *list, struct place place, size_t lines)
{
    while (lines > place.line) {
        if (place.item == 0)
            return (struct place){0, 0};
        lines -= place.line + 1;
        place.item--;
        place.line = item_lines(list, place.item) - 1;
    }
    place.line -= lines;
    return place;
}

struct place place_down(struct list *list, struct place place, size_t lines)
{
    size_t count = item_count(list);

    while (place.item < count) {
        size_t left = item_lines(list, place.item) - place.line;
        if (lines < left)
            return (struct place){place.item, place.line + lines};
        lines -= left;
        place = (struct place){place.item + 1, 0};
    }
    return place;
}

void mark_set(struct list *list, struct mark *mark, struct place place)
{
    if (place.item >= item_count(list))
        return;
    memcpy(mark->id, item_message(list, place.item)->id, sizeof mark->id);
    mark->item = place.item;
    mark->position = layout_position(item_layout(list, place.item), place.line);
}

/* Index of the message of that id, looked for near the hint first; item_count if it is gone. */
static size_t item_find(const struct list *list, const char *id, size_t hint)
{
    size_t count = item_count(list);

    if (hint < count && strcmp(item_message(list, hint)->id, id) == 0)
        return hint;
    for (size_t item = 0; item < count; item++)
        if (strcmp(item_message(list, item)->id, id) == 0)
            return item;
    return count;
}

bool mark_find(struct list *list, struct mark *mark, struct place *place)
{
    size_t item = item_find(list, mark->id, mark->item);

    if (item == item_count(list))
        return false;
    mark->item = item;
    *place = (struct place){item, layout_find(item_layout(list, item), mark->position)};
    return true;
}

/* --- arranging: where the topmost row is --- */

static void arrange_top(struct list *list)
{
    struct place end = place_above_end(list, list->height, &list->blank), top;

    list->top = end;
    if (list->following || item_count(list) == 0)
        return;
    if (!mark_find(list, &list->anchor, &top)) { /* the message is gone: stay near */
        size_t last = item_count(list) - 1;
        top = (struct place){list->anchor.item < last ? list->anchor.item : last, 0};
        mark_set(list, &list->anchor, top);
    }
    list->top = place_after(top, end) ? end : top; /* less than a view is left below: show all of it */
}

void list_arrange(struct list *list)
{
    if (list->arranged)
        return;
    arrange_top(list);
    if (list->browsed && item_count(list) > 0)
        cursor_arrange(list);
    list->arranged = true;
}

void list_set(struct list *list, const struct list_source *source, size_t width, size_t height)
{
    list->source = *source;
    list->width = width > 0 ? width : 1;
    list->height = height > 0 ? height : 1;
    list->arranged = false;
}

void list_reset(struct list *list)
{
    list_refresh(list);
    folded_clear(list->folded);
    list->following = true;
    list->browsed = false;
    list->seen_id[0] = '\0';
}

void list_refresh(struct list *list)
{
    cache_clear(list->cache);
    list->source = (struct list_source){0};
    list->arranged = false;
}

/* --- scrolling --- */

static void stop_following(struct list *list)
{
    list->following = false;
    list->seen_id[0] = '\0';
    if (list->source.message_count > 0)
        list_mark_unread(list, list->source.messages[list->source.message_count - 1]->id);
}

void list_stay(struct list *list, struct place top)
{
    if (list->following)
        stop_following(list);
    mark_set(list, &list->anchor, top);
    list->arranged = false;
}

static void scroll_up(struct list *list, size_t lines)
{
    if (list->blank > 0 || item_count(list) == 0)
        return; /* all is seen: this is the bottom as well as the top */
    struct place top = place_up(list, list->top, lines);
    if (list->following && !place_after(list->top, top))
        return;
    list_stay(list, top);
}

static void scroll_down(struct list *list, size_t lines)
{
    size_t missing;

    if (list->following)
        return;
    struct place end = place_above_end(list, list->height, &missing);
    struct place top = place_down(list, list->top, lines);
    if (place_after(end, top))
        mark_set(list, &list->anchor, top);
    else if (list->browsed)
        mark_set(list, &list->anchor, end); /* it is the cursor that follows */
    else
        list->following = true;
}

void list_scroll(struct list *list, long lines)
{
    list_arrange(list);
    if (lines < 0)
        scroll_up(list, (size_t)-lines);
    else if (lines > 0)
        scroll_down(list, (size_t)lines);
    list->arranged = false;
    if (list->browsed) {
        arrange_top(list);
        cursor_keep_seen(list);
    }
}

void list_page(struct list *list, int pages)
{
    size_t lines = list->height > PAGE_KEEPS ? list->height - PAGE_KEEPS : 1;

    if (list->browsed)
        cursor_page(list, pages * (long)lines);
    else
        list_scroll(list, pages * (long)lines);
}

void list_home(struct list *list)
{
    list_arrange(list);
    if (list->browsed)
        cursor_set(list, (struct place){0, 0});
    else if (list->blank == 0 && item_count(list) > 0)
        list_stay(list, (struct place){0, 0});
}

void list_follow(struct list *list)
{
    list->following = true;
    list->arranged = false;
}

bool list_following(const struct list *list)
{
    return list->following;
}

/* --- unread --- */

/* Index of the first unread message; message_count if all are read. */
static size_t first_unread(const struct list *list)
{
    size_t count = list->source.message_count;

    if (!list->seen_id[0])
        return count;
    for (size_t i = count; i-- > 0;)
        if (strcmp(list->source.messages[i]->id, list->seen_id) == 0)
            return i + 1;
    return count;
}

size_t list_unread(const struct list *list)
{
    return list->following ? 0 : list->source.message_count - first_unread(list);
}

void list_mark_unread(struct list *list, const char *after)
{
    size_t len = strlen(after);

    if (len < sizeof list->seen_id)
        memcpy(list->seen_id, after, len + 1);
}

bool list_wants_older(struct list *list)
{
    list_arrange(list);
    return list->blank > 0 || (!list->following && list->top.item < OLDER_NEAR);
}

/* --- rows --- */

void list_toggle_folds(struct list *list)
{
    folded_toggle_all(list->folded);
    list->arranged = false;
}

bool list_unfolded(const struct list *list)
{
    return folded_get(list->folded, "")->unfolded;
}

/* False for a row without a message. */
static bool row_place(struct list *list, size_t y, struct place *place)
{
    list_arrange(list);
    if (y < list->blank)
        return false;
    *place = place_down(list, list->top, y - list->blank);
    return place->item < item_count(list);
}

struct list_row list_row(struct list *list, size_t y)
{
    struct list_row row = {.text = {.text = ""}};
    struct place place;

    if (!row_place(list, y, &place))
        return row;
    row.message = item_message(list, place.item);
    row.line = place.line;
    row.text = layout_line(item_layout(list, place.item), place.line);
    row.first_unread =
        place.line == 0 && place.item < list->source.message_count && place.item == first_unread(list);
    row.cursor = list->browsed && place.item == list->at.item && place.line == list->at.line;
    if (place.item >= list->source.message_count)
        row.mark = list->source.extras[place.item - list->source.message_count].mark;
    return row;
}

size_t list_pieces(struct list *list, size_t y, const struct needle *needle,
                   struct find_piece pieces[FIND_PIECES_MAX])
{
    struct place place;

    if (!row_place(list, y, &place))
        return 0;
    return find_pieces(needle, item_message(list, place.item), item_layout(list, place.item), place.line,
                       pieces);
}

bool list_fold_row(struct list *list, size_t y)
{
    struct place place;

    if (!row_place(list, y, &place))
        return false;
    struct layout_line line = layout_line(item_layout(list, place.item), place.line);
    return line.title && list_fold_block(list, place.item, line.block);
}

bool list_fold_block(struct list *list, size_t item, size_t block)
{
    const struct message *message = item_message(list, item);
    struct folds folds = *folded_get(list->folded, message->id);

    if (block >= message->block_count || message->blocks[block].kind == BLOCK_TEXT)
        return false;
    bool holds = list->following && !list->browsed;
    struct place top = list->top;
    folds_toggle(&folds, block);
    folded_set(list->folded, message->id, &folds);
    list->arranged = false;
    list_arrange(list);
    if (holds && place_after(list->top, top)) /* what was clicked at would be pushed out of the view */
        list_stay(list, top);
    return true;
}
