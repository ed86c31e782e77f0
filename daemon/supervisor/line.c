/* The line, by owners. Their list is short (who waits or has processes now), and is walked. */
#include "daemon/supervisor/line.h"

#include "shared/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct line {
    struct line_handler handler;
    struct line_owner *owners;
    size_t waiting, held;
    uint64_t served; /* so far */
};

/* --- owners --- */

static struct line_owner *find(const struct line *line, const char *name)
{
    struct line_owner *owner = line->owners;
    while (owner && strcmp(owner->name, name) != 0)
        owner = owner->next;
    return owner;
}

static void append(struct line *line, struct line_owner *owner)
{
    struct line_owner **at = &line->owners;
    while (*at)
        at = &(*at)->next;
    owner->next = NULL;
    *at = owner;
}

static void take(struct line *line, struct line_owner *owner)
{
    struct line_owner **at = &line->owners;
    while (*at && *at != owner)
        at = &(*at)->next;
    if (*at)
        *at = owner->next;
}

/* One that has come anew counts as served before all others. */
static struct line_owner *owner_of(struct line *line, const char *name)
{
    struct line_owner *owner = find(line, name);
    if (!owner) {
        owner = xcalloc(1, sizeof *owner);
        owner->name = xstrdup(name);
        append(line, owner);
    }
    owner->may = line->handler.may(line->handler.arg, name);
    return owner;
}

static void forget_idle(struct line *line, struct line_owner *owner)
{
    if (owner->waiting + owner->held > 0)
        return;
    take(line, owner);
    free(owner->name);
    free(owner);
}

/* --- places --- */

static void enter(struct line *line, struct line_place *place, const char *name)
{
    line_out(line, place);
    *place = (struct line_place){.owner = owner_of(line, name)};
}

void line_join(struct line *line, struct line_place *place, const char *name)
{
    enter(line, place, name);
    struct line_owner *owner = place->owner;
    place->waits = true;
    if (owner->last)
        owner->last->behind = place;
    else
        owner->first = place;
    owner->last = place;
    owner->waiting++;
    line->waiting++;
}

void line_hold(struct line *line, struct line_place *place, const char *name)
{
    struct line_owner *owner = owner_of(line, name); /* before it is forgotten with its last place */
    owner->held++;
    line->held++;
    line_out(line, place);
    *place = (struct line_place){.owner = owner};
    owner->served = ++line->served;
}

void line_leaves(struct line *line, struct line_place *place)
{
    (void)line;
    if (!place->owner || place->waits || place->leaves)
        return;
    place->leaves = true;
    place->owner->leaving++;
}

static void unlink_place(struct line_owner *owner, struct line_place *place)
{
    struct line_place **at = &owner->first, *before = NULL;
    while (*at != place) {
        before = *at;
        at = &before->behind;
    }
    *at = place->behind;
    if (owner->last == place)
        owner->last = before;
}

void line_out(struct line *line, struct line_place *place)
{
    struct line_owner *owner = place->owner;
    if (!owner)
        return;
    if (place->waits) {
        unlink_place(owner, place);
        owner->waiting--;
        line->waiting--;
    } else {
        owner->leaving -= place->leaves;
        owner->held--;
        line->held--;
    }
    *place = (struct line_place){.owner = NULL};
    forget_idle(line, owner);
}

/* --- who is next --- */

/* How many more it may have beside so many; as many as there can be if there is no limit. */
static size_t room(const struct line_owner *owner, size_t beside)
{
    if (owner->may == 0)
        return SIZE_MAX / 2;
    return owner->may > 0 && (size_t)owner->may > beside ? (size_t)owner->may - beside : 0;
}

static bool is_before(const struct line_owner *owner, const struct line_owner *other)
{
    return owner->held != other->held ? owner->held < other->held : owner->served < other->served;
}

struct line_place *line_next(struct line *line)
{
    struct line_owner *next = NULL;
    for (struct line_owner *owner = line->owners; owner; owner = owner->next)
        if (owner->waiting > 0 && room(owner, owner->held) > 0 && (!next || is_before(owner, next)))
            next = owner;
    return next ? next->first : NULL;
}

bool line_may(struct line *line, const char *name)
{
    const struct line_owner *owner = find(line, name);
    struct line_owner fresh = {.may = owner ? owner->may : line->handler.may(line->handler.arg, name)};
    return owner ? room(owner, owner->held) > 0 : room(&fresh, 0) > 0;
}

const struct line_owner *line_owners(const struct line *line)
{
    return line->owners;
}

size_t line_waiting(const struct line *line)
{
    return line->waiting;
}

size_t line_held(const struct line *line)
{
    return line->held;
}

/* --- who has to leave --- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t line_wanted(struct line *line, const char *name, size_t more)
{
    size_t wanted = 0;
    bool found = false;
    for (const struct line_owner *owner = line->owners; owner; owner = owner->next) {
        size_t stay = owner->held - owner->leaving, waiting = owner->waiting;
        if (name && strcmp(owner->name, name) == 0) {
            waiting += more;
            found = true;
        }
        wanted += stay + least(waiting, room(owner, stay));
    }
    return wanted + (found ? 0 : more);
}

size_t line_over(struct line *line, const char *name, size_t more)
{
    const struct line_owner *owner = find(line, name);
    if (!owner)
        return 0;
    size_t waiting = owner->waiting + more, could = room(owner, owner->held - owner->leaving);
    return waiting > could ? waiting - could : 0;
}

void line_renew(struct line *line)
{
    for (struct line_owner *owner = line->owners; owner; owner = owner->next)
        owner->may = line->handler.may(line->handler.arg, owner->name);
}

/* --- life --- */

struct line *line_open(const struct line_handler *handler)
{
    struct line *line = xcalloc(1, sizeof *line);
    line->handler = *handler;
    return line;
}

void line_close(struct line **slot)
{
    struct line *line = *slot;
    if (!line)
        return;
    while (line->owners) {
        struct line_owner *owner = line->owners;
        line->owners = owner->next;
        free(owner->name);
        free(owner);
    }
    free(line);
    *slot = NULL;
}
