/* A place is known by its key until the first message tells which connection has it, since the handshake
 * knows none yet; of a key that came several times any one place without a connection is as good as another.
 */
#include "daemon/socket/strangers.h"

#include "daemon/socket/pace.h"
#include "shared/key.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    char key[KEY_TEXT_LEN + 1]; /* "": free */
    int fd;                     /* -1: not known yet */
    struct address address, around;
    int same, near; /* places of its address, and of its neighbourhood, with this one */
    int64_t since, until;
};

struct strangers {
    int max, used;
    int64_t patience_ms;
    struct pace pace;
    struct place places[STRANGERS_MAX];
};

struct strangers *strangers_new(void)
{
    struct strangers *strangers = xcalloc(1, sizeof *strangers);
    strangers->pace.all = (struct pace_limit){STRANGERS_PER_SECOND, STRANGERS_BURST};
    strangers->pace.each = (struct pace_limit){STRANGERS_ADDRESS_PER_SECOND, STRANGERS_ADDRESS_BURST};
    strangers->pace.seldom = strangers->pace.all;
    strangers->pace.nearby = strangers->pace.each;
    return strangers;
}

void strangers_free(struct strangers **strangers)
{
    free(*strangers);
    *strangers = NULL;
}

void strangers_limit(struct strangers *strangers, int max, int64_t patience_ms)
{
    strangers->max = max < STRANGERS_MAX ? max : STRANGERS_MAX;
    strangers->patience_ms = patience_ms;
}

/* --- places --- */

/* One more or less: all that count it do so. */
static void count(struct strangers *strangers, const struct place *changed, int by)
{
    strangers->used += by;
    for (int i = 0; i < STRANGERS_MAX; i++) {
        struct place *place = &strangers->places[i];
        if (!place->key[0])
            continue;
        place->near += address_equal(&place->around, &changed->around) ? by : 0;
        place->same += address_equal(&place->address, &changed->address) ? by : 0;
    }
}

static void vacate(struct strangers *strangers, struct place *place)
{
    place->key[0] = '\0';
    count(strangers, place, -1);
}

static void vacate_old(struct strangers *strangers, int64_t now)
{
    for (int i = 0; i < STRANGERS_MAX; i++)
        if (strangers->places[i].key[0] && strangers->places[i].until <= now)
            vacate(strangers, &strangers->places[i]);
}

/* How many there would be with the new one. */
static void measure(const struct strangers *strangers, struct place *new)
{
    new->near = new->same = 1;
    for (int i = 0; i < STRANGERS_MAX; i++) {
        const struct place *place = &strangers->places[i];
        new->near += place->key[0] && address_equal(&place->around, &new->around);
        new->same += place->key[0] && address_equal(&place->address, &new->address);
    }
}

static void occupy(struct strangers *strangers, struct place *new)
{
    struct place *place = strangers->places;
    while (place->key[0])
        place++;
    count(strangers, new, 1);
    measure(strangers, new);
    *place = *new;
}

/* --- who makes room --- */

/* The oldest one of the neighbourhood that has most; in that, of the address that has most. */
static struct place *most_crowded(struct strangers *strangers)
{
    struct place *most = NULL;
    for (int i = 0; i < STRANGERS_MAX; i++) {
        struct place *place = &strangers->places[i];
        if (!place->key[0])
            continue;
        int more = !most ? 1 : place->near - most->near;
        more = more ? more : place->same - most->same;
        if (more > 0 || (more == 0 && place->since < most->since))
            most = place;
    }
    return most;
}

/* Ends the place of one of whose kind there are more than of the new one's; of one that has had its moment,
 * also where there would be as many. *displaced: its descriptor. */
static bool make_room(struct strangers *strangers, const struct place *new, int *displaced)
{
    struct place *victim = strangers->used == strangers->max ? most_crowded(strangers) : NULL;
    if (!victim)
        return false;
    bool nearby = address_equal(&victim->around, &new->around);
    int excess = nearby ? victim->same - new->same : victim->near - new->near;
    if (excess < 0 || (excess == 0 && new->since - victim->since < STRANGERS_MOMENT_MS))
        return false;
    *displaced = victim->fd;
    vacate(strangers, victim);
    return true;
}

/* --- who comes and goes --- */

bool strangers_admit(struct strangers *strangers, const char *key, const char *address, int64_t now,
                     int *displaced)
{
    struct place new = {.fd = -1, .since = now, .until = now + strangers->patience_ms};
    *displaced = -1;
    if (!address_of_text(address, &new.address) || !pace_take(&strangers->pace, &new.address, now))
        return false;
    snprintf(new.key, sizeof new.key, "%s", key);
    address_around(&new.address, &new.around);
    vacate_old(strangers, now);
    measure(strangers, &new);
    if (new.same > (strangers->max + 1) / 2 ||
        (strangers->used >= strangers->max && !make_room(strangers, &new, displaced)))
        return false;
    occupy(strangers, &new);
    return true;
}

static struct place *find(struct strangers *strangers, const char *key, int fd)
{
    for (int i = 0; i < STRANGERS_MAX; i++)
        if (strangers->places[i].fd == fd && strcmp(strangers->places[i].key, key) == 0)
            return &strangers->places[i];
    return NULL;
}

bool strangers_has(struct strangers *strangers, const char *key, int fd, int64_t now)
{
    vacate_old(strangers, now);
    struct place *place = find(strangers, key, fd);
    if (!place)
        place = find(strangers, key, -1);
    if (place)
        place->fd = fd;
    return place != NULL;
}

void strangers_leave(struct strangers *strangers, const char *key, int fd)
{
    struct place *place = key[0] ? find(strangers, key, fd) : NULL;
    if (place)
        vacate(strangers, place);
}
