/* A gap is fatal here: the daemon and the agent share one ordered socket, so a gap is a defect, and a new
 * agent with a new snapshot is the remedy. */
#include "daemon/agent/follower.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <inttypes.h>
#include <stdio.h>

bool follower_load(struct state **state, const char *payload, size_t len, char **folder, char error[256])
{
    char why[160];
    json_t *load = jsonx_parse(payload, len, why);
    struct state *loaded = NULL;

    if (load)
        loaded = state_from_snapshot(json_object_get(load, "snapshot"), error);
    else
        snprintf(error, 256, "LOAD is not JSON: %s", why);
    if (loaded)
        *folder = xstrdup_null(jsonx_str(load, "folder", NULL));
    json_decref(load);
    if (!loaded)
        return false;
    state_set_window(loaded, STATE_WINDOW_MESSAGES, STATE_WINDOW_BYTES);
    state_free(state);
    *state = loaded;
    return true;
}

bool follower_event(struct state *state, const char *payload, size_t len, struct event *event,
                    char error[256])
{
    char why[160];
    json_t *json = jsonx_parse(payload, len, why);
    bool parsed = json && event_parse(json, event, error);
    enum fold fold;

    if (!json)
        snprintf(error, 256, "EVENT is not JSON: %s", why);
    json_decref(json);
    if (!parsed) {
        *event = (struct event){.type = EVENT_COUNT};
        return false;
    }
    fold = state_fold(state, event);
    if (fold == FOLD_GAP || fold == FOLD_BAD)
        snprintf(error, 256, "event %s %" PRIu64 " %s, which is at %" PRIu64,
                 jsonx_str(event->json, "type", ""), event->seq,
                 fold == FOLD_GAP ? "leaves a gap after the state" : "is not possible in the state",
                 state->seq);
    if (fold != FOLD_OK)
        event_clear(event);
    return fold == FOLD_OK || fold == FOLD_OLD;
}
