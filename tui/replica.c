/* Phases go subscribe -> snapshot -> live, and back to snapshot with every doubt. Events that come before
 * live are kept, since the snapshot may already hold them or not: folding decides. */
#include "tui/replica.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum phase { SUBSCRIBE, SNAPSHOT, LIVE };

struct kept {
    struct kept *next;
    struct event event;
    size_t len;
    char raw[];
};

struct replica {
    char session[ID_MAX];
    enum phase phase;
    bool asked; /* what the phase needs is on its way */
    struct state *state;
    struct kept *first, **last;
    size_t kept_count, kept_bytes;
    struct kept *given; /* what replica_next gave last */
    uint64_t ahead;     /* a head that was ahead of the state; 0 if none, or an event came since */
};

struct replica *replica_new(const char *session)
{
    struct replica *replica = xcalloc(1, sizeof *replica);

    snprintf(replica->session, sizeof replica->session, "%s", session);
    replica->last = &replica->first;
    return replica;
}

/* --- kept events --- */

static void kept_free(struct kept *kept)
{
    if (!kept)
        return;
    event_clear(&kept->event);
    free(kept);
}

static struct kept *kept_take(struct replica *replica)
{
    struct kept *kept = replica->first;

    if (!kept)
        return NULL;
    replica->first = kept->next;
    if (!replica->first)
        replica->last = &replica->first;
    replica->kept_count--;
    replica->kept_bytes -= kept->len;
    return kept;
}

static void kept_clear(struct replica *replica)
{
    while (replica->first)
        kept_free(kept_take(replica));
}

static void keep(struct replica *replica, const struct event *event, const char *raw, size_t len)
{
    struct kept *kept = xmalloc(sizeof *kept + len);

    *kept = (struct kept){.event = *event, .len = len};
    kept->event.json = json_incref(event->json);
    memcpy(kept->raw, raw, len);
    *replica->last = kept;
    replica->last = &kept->next;
    replica->kept_count++;
    replica->kept_bytes += len;
    while (replica->kept_count > 1 &&
           (replica->kept_count > REPLICA_KEPT_MAX || replica->kept_bytes > REPLICA_KEPT_BYTES))
        kept_free(kept_take(replica));
}

void replica_free(struct replica **slot)
{
    struct replica *replica = *slot;

    *slot = NULL;
    if (!replica)
        return;
    kept_clear(replica);
    kept_free(replica->given);
    state_free(&replica->state);
    free(replica);
}

/* --- what is needed --- */

enum replica_need replica_need(const struct replica *replica)
{
    if (replica->asked || replica->phase == LIVE)
        return REPLICA_NEED_NOTHING;
    return replica->phase == SUBSCRIBE ? REPLICA_NEED_SUBSCRIBE : REPLICA_NEED_SNAPSHOT;
}

void replica_asked(struct replica *replica)
{
    replica->asked = true;
}

void replica_refused(struct replica *replica)
{
    replica->asked = false;
}

static void enter(struct replica *replica, enum phase phase)
{
    replica->phase = phase;
    replica->asked = false;
    replica->ahead = 0;
}

void replica_disconnected(struct replica *replica)
{
    kept_clear(replica);
    enter(replica, SUBSCRIBE);
}

void replica_subscribed(struct replica *replica)
{
    if (replica->phase == SUBSCRIBE)
        enter(replica, SNAPSHOT);
}

void replica_resync(struct replica *replica)
{
    if (replica->phase == LIVE)
        enter(replica, SNAPSHOT);
}

/* --- snapshots and events --- */

/* Older messages that were paged in stay, if the new window still joins them: the reader keeps the place. */
static void carry_older(struct state *to, const struct state *from)
{
    size_t older = 0;
    json_t *page;

    if (!from || to->message_count == 0)
        return;
    while (older < from->message_count && strcmp(from->messages[older]->id, to->messages[0]->id) != 0)
        older++;
    if (older == from->message_count)
        return;
    page = json_array();
    for (size_t i = 0; i < older; i++)
        json_array_append_new(page, message_to_json(from->messages[i]));
    state_prepend(to, page);
    json_decref(page);
}

bool replica_snapshot(struct replica *replica, const json_t *snapshot, char error[256])
{
    struct state *fresh;

    if (replica->phase != SNAPSHOT)
        return true;
    replica->asked = false;
    fresh = state_from_snapshot(snapshot, error);
    if (!fresh)
        return false;
    if (strcmp(fresh->id, replica->session) != 0) {
        strcpy(error, "the snapshot is of another session");
        state_free(&fresh);
        return false;
    }
    carry_older(fresh, replica->state);
    state_set_window(fresh, REPLICA_WINDOW_MESSAGES, REPLICA_WINDOW_BYTES);
    state_free(&replica->state);
    replica->state = fresh;
    enter(replica, LIVE);
    return true;
}

/* An event that cannot be is a sign that the state is not what the daemon has. Presence is no part of the
 * log. */
static bool doubts(const struct event *event, enum fold fold)
{
    if (fold == FOLD_BAD)
        return event->type == EVENT_COUNT || event_row(event->type)->durable ||
               event->type == EVENT_STREAM_CHUNK;
    return fold == FOLD_GAP;
}

/* A rewind to before what is here: folding it would leave nothing to show until the snapshot is there. */
static bool keeps_nothing(const struct state *state, const struct event *event)
{
    const char *last = jsonx_str(event->data, "message", NULL);

    return event->type == EVENT_SESSION_REWOUND && event->seq == state->seq + 1 &&
           strcmp(event->epoch, state->epoch) == 0 && last && !state_message(state, last);
}

/* Whether there is less here now than a snapshot would bring. */
static bool is_short(const struct state *state, const struct event *event)
{
    return event->type == EVENT_SESSION_REWOUND && state->message_count < REPLICA_REFILL_MESSAGES &&
           state->message_count < state->messages_total;
}

static enum fold fold_live(struct replica *replica, const struct event *event)
{
    enum fold fold = keeps_nothing(replica->state, event) ? FOLD_GAP : state_fold(replica->state, event);

    replica->ahead = 0;
    if (doubts(event, fold) || (fold == FOLD_OK && is_short(replica->state, event)))
        enter(replica, SNAPSHOT);
    return fold;
}

enum replica_take replica_event(struct replica *replica, const struct event *event, const char *raw,
                                size_t len, enum fold *fold)
{
    if (replica->phase != LIVE || replica->first) {
        keep(replica, event, raw, len);
        return REPLICA_KEPT;
    }
    *fold = fold_live(replica, event);
    return REPLICA_FOLDED;
}

bool replica_next(struct replica *replica, struct replica_event *next)
{
    kept_free(replica->given);
    replica->given = NULL;
    if (replica->phase != LIVE || !replica->first)
        return false;
    replica->given = kept_take(replica);
    next->event = &replica->given->event;
    next->raw = replica->given->raw;
    next->len = replica->given->len;
    /* What the daemon said before it was restarted is void, not a sign of a loss. */
    if (strcmp(next->event->epoch, replica->state->epoch) != 0)
        next->fold = FOLD_OLD;
    else
        next->fold = fold_live(replica, next->event);
    return true;
}

void replica_head(struct replica *replica, uint64_t seq)
{
    if (replica->phase != LIVE || seq <= replica->state->seq) {
        replica->ahead = 0;
        return;
    }
    if (replica->ahead)
        enter(replica, SNAPSHOT);
    else
        replica->ahead = seq;
}

struct state *replica_state(const struct replica *replica)
{
    return replica->state;
}

bool replica_live(const struct replica *replica)
{
    return replica->phase == LIVE;
}

bool replica_suspicious(const struct replica *replica)
{
    return replica->ahead != 0;
}

/* --- pages of older messages --- */

static json_t *placeholder(const json_t *damaged)
{
    const char *id = jsonx_str(damaged, "id", ""), *role = jsonx_str(damaged, "role", "");
    json_t *json = json_object();
    char made[ID_MAX];

    id_make(made, "m_");
    jsonx_set_str(json, "id", id_valid(id, "m_") ? id : made);
    jsonx_set_str(json, "role", strcmp(role, "user") == 0 ? "user" : "assistant");
    jsonx_set_str(json, "author", "");
    jsonx_set_int(json, "ts", jsonx_int(damaged, "ts", 0));
    jsonx_set_str(json, "status", "failed");
    jsonx_set_str(json, "error", "this message is damaged where the daemon stores it, and can't be shown");
    json_object_set_new(json, "content", json_array());
    return json;
}

static bool is_readable(const json_t *json)
{
    struct message *message = message_from_json(json);
    bool readable = message && message->status != MESSAGE_STREAMING;

    message_free(&message);
    return readable;
}

/* The daemon is asked for what comes before the first one, so that one needs an id which the daemon knows. A
 * first one without is left to the next page, where it is not the first. */
void replica_mend_page(json_t *messages)
{
    for (size_t i = 0; i < json_array_size(messages); i++)
        if (!is_readable(json_array_get(messages, i))) {
            const json_t *damaged = json_array_get(messages, i);

            if (i == 0 && json_array_size(messages) > 1 && !id_valid(jsonx_str(damaged, "id", ""), "m_"))
                json_array_remove(messages, i--);
            else
                json_array_set_new(messages, i, placeholder(damaged));
        }
}
