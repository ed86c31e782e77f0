/* One sweep goes through the sessions, the longest quiet first, as far as they are old enough. What it leaves
 * alone now it looks at again in the next. */
#include "daemon/aging.h"

#include "daemon/patient_clock.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct aging {
    struct server *server;
    uv_timer_t *timer;
    struct patient_clock clock;
    int64_t max_age; /* as it was at the last reload; 0: never */
    bool sweeping;
    struct store_quiet at; /* how far the sweep is */
    int64_t next;          /* when the next one may be due, of those that it has seen */
    bool kept;             /* it has left some alone that are due */
};

static void on_timer(uv_timer_t *timer);

static int64_t now_of(struct aging *aging)
{
    return patient_clock_look(&aging->clock, clock_wall_ms(), clock_boot_ms());
}

static int64_t settle_ms(const struct aging *aging)
{
    return aging->max_age / 10 < AGING_SETTLE_MS ? aging->max_age / 10 + 1 : AGING_SETTLE_MS;
}

static bool is_used(const struct session *session)
{
    const struct state *state = session->state;
    return state->run != RUN_IDLE || session->follower_count > 0 || session->holds > 0 ||
           state->queue_count > 0 || state->question_count > 0;
}

/* Archives or deletes one that has been quiet for that long. */
static void retire(struct aging *aging, struct session *session, int64_t quiet)
{
    bool deletes = config_number(aging->server->config, OPTION_SESSION_AT_MAX_AGE) == 1;
    log_info("session", "%s: nothing has happened for %" PRId64 " s (session.max_age) session=%s",
             deletes ? "deleted" : "archived", quiet / 1000, log_id(session->state->id));
    if (deletes) {
        session_delete(session, "max_age");
        return;
    }
    json_t *data = json_object();
    json_object_set_new(data, "archived", json_true());
    json_object_set_new(data, "quiet", json_true());
    jsonx_set_str(data, "reason", "max_age");
    session_emit(session, EVENT_SESSION_UPDATED, data);
}

/* The row says that this one is due; what is in memory is newer. */
static void look_at(struct aging *aging, const char *sid, int64_t now)
{
    struct session *session;
    char error[256];
    enum err code = registry_get(aging->server->registry, sid, &session, error);
    if (code != ERR_OK) {
        if (code != ERR_NOT_FOUND) /* it is being deleted */
            log_error("session", "its age can't be seen to: %s", error);
        return;
    }
    int64_t activity = session->state->activity;
    if (session->state->archived)
        return;
    if (activity + aging->max_age > now)
        aging->next = activity + aging->max_age < aging->next ? activity + aging->max_age : aging->next;
    else if (is_used(session))
        aging->kept = true;
    else
        retire(aging, session, now - activity);
    registry_release(aging->server->registry, session);
}

/* The next session that is due, to aging->at; false at the end of the sweep. */
static bool next_due(struct aging *aging, int64_t now)
{
    while (store_next_quiet(aging->server->store, &aging->at)) {
        int64_t due = aging->at.activity + aging->max_age;
        if (due <= now)
            return true;
        aging->next = due < aging->next ? due : aging->next;
        aging->at.activity = INT64_MAX; /* all further ones of that owner are younger */
    }
    return false;
}

static void wait_for_next(struct aging *aging, int64_t now)
{
    int64_t wait = aging->next - now;
    if (aging->kept && wait > settle_ms(aging))
        wait = settle_ms(aging);
    if (wait > AGING_INTERVAL_MS)
        wait = AGING_INTERVAL_MS;
    log_debug("session", "all ages were looked at; again in %" PRId64 " ms", wait > 0 ? wait : 1);
    uv_timer_start(aging->timer, on_timer, wait > 0 ? (uint64_t)wait : 1, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct aging *aging = timer->data;
    const struct store *store = aging->server->store;
    int64_t now = now_of(aging);
    if (aging->server->stopping)
        return;
    if (store_failing(store) || store_queue_full(store)) {
        uv_timer_start(timer, on_timer, (uint64_t)settle_ms(aging), 0);
        return;
    }
    if (!aging->sweeping) {
        aging->sweeping = true;
        aging->at = (struct store_quiet){0};
        aging->next = now + aging->max_age;
        aging->kept = false;
    }
    if (next_due(aging, now)) {
        look_at(aging, aging->at.sid, now);
        uv_timer_start(timer, on_timer, AGING_PAUSE_MS, 0);
        return;
    }
    aging->sweeping = false;
    wait_for_next(aging, now);
}

void aging_reload(struct aging *aging)
{
    int64_t max_age = config_number(aging->server->config, OPTION_SESSION_MAX_AGE);
    if (max_age == aging->max_age)
        return;
    aging->max_age = max_age;
    aging->sweeping = false;
    if (max_age == 0)
        uv_timer_stop(aging->timer);
    else
        uv_timer_start(aging->timer, on_timer, (uint64_t)settle_ms(aging), 0);
}

struct aging *aging_open(struct server *server)
{
    struct aging *aging = xcalloc(1, sizeof *aging);
    aging->server = server;
    aging->timer = xcalloc(1, sizeof *aging->timer);
    uv_timer_init(server->loop, aging->timer);
    aging->timer->data = aging;
    patient_clock_start(&aging->clock, clock_wall_ms(), clock_boot_ms());
    aging_reload(aging);
    return aging;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void aging_close(struct aging **slot)
{
    struct aging *aging = *slot;
    if (!aging)
        return;
    uv_close((uv_handle_t *)aging->timer, free_handle);
    free(aging);
    *slot = NULL;
}
