/* A place is known by its key, since the handshake knows no connection yet; of a key that came several times
 * any one place is as good as another. */
#include "daemon/socket/strangers.h"

#include "daemon/socket/pace.h"
#include "shared/key.h"
#include "shared/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    char key[KEY_TEXT_LEN + 1]; /* "": free */
    struct address address;
    int64_t until;
};

struct strangers {
    int max;
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

/* NULL if there is none for it. */
static struct place *find_place(struct strangers *strangers, const struct address *address, int64_t now)
{
    struct place *free_one = NULL;
    int used = 0, same = 0;
    for (int i = 0; i < STRANGERS_MAX; i++) {
        struct place *place = &strangers->places[i];
        if (place->key[0] && place->until <= now)
            place->key[0] = '\0';
        if (!place->key[0]) {
            free_one = free_one ? free_one : place;
            continue;
        }
        used++;
        same += address_equal(&place->address, address);
    }
    return used < strangers->max && same < (strangers->max + 1) / 2 ? free_one : NULL;
}

bool strangers_admit(struct strangers *strangers, const char *key, const char *address, int64_t now)
{
    struct address from;
    if (!address_of_text(address, &from) || !pace_take(&strangers->pace, &from, now))
        return false;
    struct place *place = find_place(strangers, &from, now);
    if (!place)
        return false;
    snprintf(place->key, sizeof place->key, "%s", key);
    place->address = from;
    place->until = now + strangers->patience_ms;
    return true;
}

void strangers_leave(struct strangers *strangers, const char *key)
{
    for (int i = 0; i < STRANGERS_MAX; i++)
        if (strcmp(strangers->places[i].key, key) == 0) {
            strangers->places[i].key[0] = '\0';
            return;
        }
}
