#include "tui/list.h"
#include "shared/xalloc.h"
#include "tui/cache.h"
#include <stdlib.h>
#include <string.h>

enum {
    OLDER_NEAR = 10, /* this close to the oldest message, older ones are asked for */
    PAGE_KEEPS = 2   /* lines of the last page that stay to be seen */
};

struct place { /* a line of an item */
    size_t item, line;
};

struct list {
    struct list_source source;
    size_t width, height;
    bool following;
    struct folds folds;
    struct cache *cache;
    char anchor_id[ID_MAX]; /* of the topmost line, when not following */
    size_t anchor_item;     /* where it was last */
    uint64_t anchor_position;
    char seen_id[ID_MAX]; /* the last message when following ended; "" if all is read */
    bool arranged;
    struct place top; /* of the rows, when arranged */
    size_t blank;     /* empty rows above it: fewer lines than rows */
};

struct list *list_new(void)
{
    struct list *list = xcalloc(1, sizeof *list);

    list->cache = cache_new();
    list->following = true;
    list->width = list->height = 1;
    return list;
}

void list_free(struct list **list)
{
    if (!*list)
        return;
    cache_free(&(*list)->cache);
    free(*list);
    *list = NULL;
}

/* --- items --- */

static size_t item_count(const struct list *list)
{
    return list->source.message_count + list->source.extra_count;
}

static const struct message *item_message(const struct list *list, size_t item)
{
    if (item < list->source.message_count)
        return list->source.messages[item];
    return list->source.extras[item - list->source.message_count].message;
}

static const struct layout *item_layout(struct list *list, size_t item)
{
    return cache_get(list->cache, item_message(list, item), list->width, &list->folds);
}

static size_t item_lines(struct list *list, size_t item)
{
    return layout_lines(item_layout(list, item));
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

/* --- arranging: where the topmost row is --- */

/* The place so many lines above the end; the very first if there are fewer. *missing: how many fewer. */
static struct place above_end(struct list *list, size_t lines, size_t *missing)
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

static void set_anchor(struct list *list, struct place place)
{
    if (place.item >= item_count(list))
        return;
    memcpy(list->anchor_id, item_message(list, place.item)->id, sizeof list->anchor_id);
    list->anchor_item = place.item;
    list->anchor_position = layout_position(item_layout(list, place.item), place.line);
}

static bool is_after(struct place a, struct place b)
{
    return a.item > b.item || (a.item == b.item && a.line > b.line);
}

static void arrange(struct list *list)
{
    struct place end = above_end(list, list->height, &list->blank);

    list->arranged = true;
    list->top = end;
    if (list->following || item_count(list) == 0)
        return;
    size_t item = item_find(list, list->anchor_id, list->anchor_item);
    if (item == item_count(list)) { /* the message is gone: stay near */
        item = list->anchor_item < item ? list->anchor_item : item - 1;
        set_anchor(list, (struct place){item, 0});
    }
    list->anchor_item = item;
    struct place top = {item, layout_find(item_layout(list, item), list->anchor_position)};
    list->top = is_after(top, end) ? end : top; /* less than a view is left below: show all of it */
}

static void ensure(struct list *list)
{
    if (!list->arranged)
        arrange(list);
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
    cache_clear(list->cache);
    list->following = true;
    list->seen_id[0] = '\0';
    list->source = (struct list_source){0};
    list->arranged = false;
}

void list_refresh(struct list *list)
{
    cache_clear(list->cache);
    list->source = (struct list_source){0};
    list->arranged = false;
}

/* --- scrolling --- */

static struct place step_up(struct list *list, struct place place, size_t lines)
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

static struct place step_down(struct list *list, struct place place, size_t lines)
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

static void stop_following(struct list *list)
{
    list->following = false;
    list->seen_id[0] = '\0';
    if (list->source.message_count > 0)
        list_mark_unread(list, list->source.messages[list->source.message_count - 1]->id);
}

static void scroll_up(struct list *list, size_t lines)
{
    if (list->blank > 0 || item_count(list) == 0)
        return; /* all is seen: this is the bottom as well as the top */
    struct place top = step_up(list, list->top, lines);
    if (list->following && !is_after(list->top, top))
        return;
    if (list->following)
        stop_following(list);
    set_anchor(list, top);
}

static void scroll_down(struct list *list, size_t lines)
{
    size_t missing;

    if (list->following)
        return;
    struct place end = above_end(list, list->height, &missing);
    struct place top = step_down(list, list->top, lines);
    if (!is_after(end, top))
        list->following = true;
    else
        set_anchor(list, top);
}

void list_scroll(struct list *list, long lines)
{
    ensure(list);
    if (lines < 0)
        scroll_up(list, (size_t)-lines);
    else if (lines > 0)
        scroll_down(list, (size_t)lines);
    list->arranged = false;
}

void list_page(struct list *list, int pages)
{
    size_t lines = list->height > PAGE_KEEPS ? list->height - PAGE_KEEPS : 1;

    list_scroll(list, pages * (long)lines);
}

void list_home(struct list *list)
{
    ensure(list);
    if (list->blank > 0 || item_count(list) == 0)
        return;
    if (list->following)
        stop_following(list);
    set_anchor(list, (struct place){0, 0});
    list->arranged = false;
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

void list_toggle_folds(struct list *list)
{
    list->folds.unfolded = !list->folds.unfolded;
    list->arranged = false;
}

bool list_wants_older(struct list *list)
{
    ensure(list);
    return list->blank > 0 || (!list->following && list->top.item < OLDER_NEAR);
}

/* --- rows --- */

struct list_row list_row(struct list *list, size_t y)
{
    struct list_row row = {.text = {.text = ""}};

    ensure(list);
    if (y < list->blank)
        return row;
    struct place place = step_down(list, list->top, y - list->blank);
    if (place.item >= item_count(list))
        return row;
    row.message = item_message(list, place.item);
    row.line = place.line;
    row.text = layout_line(item_layout(list, place.item), place.line);
    row.first_unread =
        place.line == 0 && place.item < list->source.message_count && place.item == first_unread(list);
    if (place.item >= list->source.message_count)
        row.mark = list->source.extras[place.item - list->source.message_count].mark;
    return row;
}
