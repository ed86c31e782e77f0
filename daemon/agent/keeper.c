/* One state at a time: off (nothing there), asking (whether it may be begun), starting (connecting, then
 * listing), ready, closing (the old connection is not gone yet). The trap: a new one never begins before the
 * old one is gone, so that a server never has two processes on the same files; who needs it meanwhile waits.
 */
#include "daemon/agent/keeper_internal.h"
#include "daemon/agent/secrets.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GRACE_MS = 1000, /* beyond start_ms: the peer's own deadline comes first, and knows more */
    SECOND_MS = 1000,
    HANDLES = 4,
    TTL_MAX_MS = 7 * 24 * 3600 * 1000 /* a list that is good for longer is good as long as it is connected */
};

static void try_start(struct keeper *keeper);

/* --- the connection's life --- */

static void on_closed(void *arg)
{
    struct keeper *keeper = arg;

    keeper->phase = PHASE_OFF;
    keeper->owner.closed(keeper->owner.arg);
    if (!keeper->freeing) {
        if (keeper_is_waited_for(keeper))
            try_start(keeper);
    } else if (--keeper->open_handles == 0) {
        if (keeper->freed)
            keeper->freed(keeper->freed_arg);
        free(keeper);
    }
}

static void close_peer(struct keeper *keeper, bool at_once)
{
    if (!keeper->freeing) {
        uv_timer_stop(&keeper->timer);
        uv_timer_stop(&keeper->relist);
    }
    keeper->authorizing = false;
    keeper->phase = keeper->peer ? PHASE_CLOSING : PHASE_OFF;
    if (keeper->peer)
        peer_close(&keeper->peer, at_once, on_closed, keeper);
}

void keeper_lose(struct keeper *keeper, const char *cause, const char *text)
{
    char sentence[KEEPER_WHY_MAX + 128], *hidden = text ? secrets_hide(text) : NULL;

    keeper->failed = true;
    text = hidden ? hidden : text;
    snprintf(keeper->why, sizeof keeper->why, "%s", text && *text ? text : cause);
    free(hidden);
    keeper->back_off_ms =
        keeper->useful || keeper->back_off_ms == 0 ? KEEPER_BACK_OFF_MS : keeper->back_off_ms * 2;
    if (keeper->back_off_ms > KEEPER_BACK_OFF_MAX_MS)
        keeper->back_off_ms = KEEPER_BACK_OFF_MAX_MS;
    keeper->retry_at = uv_now(keeper->loop) + (uint64_t)keeper->back_off_ms;
    snprintf(sentence, sizeof sentence, "MCP server '%s' failed: %s", keeper->name, keeper->why);
    keeper_end_calls(keeper, true, sentence);
    close_peer(keeper, false);
    keeper->owner.disconnected(keeper->owner.arg, cause, keeper->why);
}

static void arm_deadline(struct keeper *keeper)
{
    if (keeper->start_ms > 0 && !keeper->authorizing)
        uv_timer_start(&keeper->timer, keeper_on_timer, (uint64_t)keeper->start_ms + GRACE_MS, 0);
    else
        uv_timer_stop(&keeper->timer);
}

static void become_ready(struct keeper *keeper, const json_t *tools)
{
    struct keeper_call *call;

    keeper->phase = PHASE_READY;
    keeper->failed = false;
    keeper->why[0] = '\0';
    uv_timer_stop(&keeper->timer);
    keeper->owner.connected(keeper->owner.arg, peer_info(keeper->peer), tools);
    for (call = keeper->calls; call && keeper->phase == PHASE_READY; call = call->next)
        if (!call->request && !call->ending)
            keeper_call_run(call);
    keeper_arm_idle(keeper);
}

/* The hint of the session-less revisions. */
static uint64_t stale_at(const json_t *list, uint64_t now)
{
    int64_t ttl = jsonx_int(list, "ttlMs", 0);

    return ttl > 0 && ttl < TTL_MAX_MS ? now + (uint64_t)ttl : 0;
}

static void listed(void *arg, const struct mcp_reply *reply)
{
    struct keeper *keeper = arg;
    json_t *none = json_array();
    const json_t *tools = reply->code == ERR_OK ? jsonx_arr(reply->result, "tools") : NULL;

    keeper->listed_at = uv_now(keeper->loop);
    keeper->stale_at = stale_at(reply->result, keeper->listed_at);
    if (keeper->phase == PHASE_LISTING && reply->code == ERR_TIMEOUT) {
        keeper_lose(keeper, "deadline", "it did not list its tools in time");
    } else if (keeper->phase == PHASE_LISTING || keeper->phase == PHASE_READY) {
        if (reply->code != ERR_OK)
            keeper->owner.log(keeper->owner.arg, "error", reply->text);
        if (keeper->phase == PHASE_LISTING)
            become_ready(keeper, tools ? tools : none);
        else if (tools)
            keeper->owner.tools(keeper->owner.arg, tools);
    }
    json_decref(none);
}

static void list_tools(struct keeper *keeper)
{
    struct mcp_request_handler handler = {.arg = keeper, .done = listed};
    struct keeper_call *call = keeper_call_new(keeper, "tools/list", NULL, keeper->start_ms, &handler);

    call->internal = true;
    keeper_call_run(call);
}

static void on_ready(void *arg)
{
    struct keeper *keeper = arg;
    const struct mcp_info *info = peer_info(keeper->peer);
    json_t *none;

    if (keeper->phase != PHASE_STARTING)
        return;
    keeper->phase = PHASE_LISTING;
    if (json_object_get(info->capabilities, "tools")) {
        arm_deadline(keeper);
        list_tools(keeper);
        return;
    }
    none = json_array();
    become_ready(keeper, none);
    json_decref(none);
}

static void on_lost(void *arg, const char *cause, const char *text)
{
    keeper_lose(arg, cause, text);
}

static bool is_listing(const struct keeper *keeper)
{
    for (const struct keeper_call *call = keeper->calls; call; call = call->next)
        if (call->internal)
            return true;
    return false;
}

static void on_relist(uv_timer_t *timer)
{
    struct keeper *keeper = timer->data;

    if (keeper->phase == PHASE_READY && !is_listing(keeper))
        list_tools(keeper);
    else if (keeper->phase == PHASE_READY || keeper->phase == PHASE_LISTING)
        uv_timer_start(timer, on_relist, KEEPER_LIST_MS, 0);
}

/* Many in a row are one. */
static void on_changed(void *arg, enum mcp_changed what)
{
    struct keeper *keeper = arg;
    uint64_t next = keeper->listed_at + KEEPER_LIST_MS, now = uv_now(keeper->loop);

    if (what == MCP_CHANGED_TOOLS && (keeper->phase == PHASE_READY || keeper->phase == PHASE_LISTING))
        uv_timer_start(&keeper->relist, on_relist, next > now ? next - now : 0, 0);
}

static void on_updated(void *arg, const char *uri)
{
    struct keeper *keeper = arg;

    keeper->owner.updated(keeper->owner.arg, uri);
}

/* --- what it logs --- */

static void on_quiet(uv_timer_t *timer)
{
    struct keeper *keeper = timer->data;
    char text[64];

    if (keeper->log_lines > KEEPER_LOG_LINES) {
        snprintf(text, sizeof text, "%u more lines in this second are left out",
                 keeper->log_lines - KEEPER_LOG_LINES);
        keeper->owner.log(keeper->owner.arg, "warning", text);
    }
    keeper->log_lines = 0;
}

static void on_log(void *arg, const char *level, const char *text)
{
    struct keeper *keeper = arg;

    if (keeper->log_lines == 0)
        uv_timer_start(&keeper->quiet, on_quiet, SECOND_MS, 0);
    if (keeper->log_lines++ >= KEEPER_LOG_LINES)
        return;
    char *hidden = secrets_hide(text);
    keeper->owner.log(keeper->owner.arg, level, hidden ? hidden : text);
    free(hidden);
}

/* --- what it asks --- */

static void on_ask(void *arg, struct peer_ask *ask)
{
    struct keeper *keeper = arg;

    if (ask->kind == PEER_ASK_AUTHORIZE) {
        keeper->authorizing = true;
        if (keeper->phase == PHASE_STARTING || keeper->phase == PHASE_LISTING)
            arm_deadline(keeper);
    } else {
        secrets_hide_json((json_t *)ask->params);
    }
    keeper->owner.ask(keeper->owner.arg, ask, keeper_asking_call(keeper, ask));
}

static void on_ask_void(void *arg, struct peer_ask *ask)
{
    struct keeper *keeper = arg;

    if (ask->kind == PEER_ASK_AUTHORIZE) {
        keeper->authorizing = false;
        if (keeper->phase == PHASE_STARTING || keeper->phase == PHASE_LISTING)
            arm_deadline(keeper);
    }
    keeper->owner.ask_void(keeper->owner.arg, ask);
}

/* --- starting --- */

static void open_peer(struct keeper *keeper)
{
    struct peer_events events = {keeper,     on_ready, on_lost, on_changed,
                                 on_updated, on_log,   on_ask,  on_ask_void};

    keeper->phase = PHASE_STARTING;
    arm_deadline(keeper);
    keeper->peer = keeper->owner.open(keeper->owner.arg, &events);
}

static void start(struct keeper *keeper)
{
    keeper->authorizing = keeper->useful = false;
    keeper->doubt[0] = '\0';
    if (!keeper->owner.admit) {
        open_peer(keeper);
        return;
    }
    keeper->phase = PHASE_ASKING;
    arm_deadline(keeper);
    keeper->owner.admit(keeper->owner.arg);
}

void keeper_admit(struct keeper *keeper, const char *why)
{
    if (keeper->phase != PHASE_ASKING || keeper->freeing)
        return;
    if (why)
        keeper_lose(keeper, "config", why);
    else
        open_peer(keeper);
}

static void refuse_for_now(struct keeper *keeper, int64_t wait_ms)
{
    char text[KEEPER_WHY_MAX + 128];

    snprintf(text, sizeof text, "MCP server '%s' failed (%s); it may be tried again in %" PRId64 " s",
             keeper->name, keeper->why, (wait_ms + SECOND_MS - 1) / SECOND_MS);
    keeper_end_calls(keeper, false, text);
}

/* For those that wait. */
static void try_start(struct keeper *keeper)
{
    uint64_t now = uv_now(keeper->loop);

    if (keeper->phase != PHASE_OFF || keeper->freeing)
        return;
    if (keeper->retry_at <= now)
        start(keeper);
    else if (keeper->retry_at - now <= KEEPER_PATIENCE_MS)
        uv_timer_start(&keeper->timer, keeper_on_timer, keeper->retry_at - now, 0);
    else
        refuse_for_now(keeper, (int64_t)(keeper->retry_at - now));
}

void keeper_on_timer(uv_timer_t *timer)
{
    struct keeper *keeper = timer->data;
    char text[96];

    switch (keeper->phase) {
    case PHASE_ASKING:
    case PHASE_STARTING:
    case PHASE_LISTING:
        snprintf(text, sizeof text, "it was not ready within %" PRId64 " ms", keeper->start_ms);
        keeper_lose(keeper, "deadline", text);
        break;
    case PHASE_READY:
        close_peer(keeper, false);
        keeper->owner.disconnected(keeper->owner.arg, "idle", NULL);
        break;
    case PHASE_OFF:
        if (keeper_is_waited_for(keeper))
            try_start(keeper);
        break;
    case PHASE_CLOSING:
        break;
    }
}

/* --- the interface --- */

struct keeper *keeper_new(uv_loop_t *loop, const char *name, const struct keeper_owner *owner)
{
    struct keeper *keeper = xcalloc(1, sizeof *keeper);
    uv_timer_t *timers[HANDLES] = {&keeper->timer, &keeper->soon, &keeper->relist, &keeper->quiet};

    keeper->loop = loop;
    keeper->name = name;
    keeper->owner = *owner;
    for (int i = 0; i < HANDLES; i++) {
        uv_timer_init(loop, timers[i]);
        timers[i]->data = keeper;
    }
    return keeper;
}

static void handle_closed(uv_handle_t *handle)
{
    struct keeper *keeper = handle->data;

    if (--keeper->open_handles > 0)
        return;
    if (keeper->freed)
        keeper->freed(keeper->freed_arg);
    free(keeper);
}

void keeper_free(struct keeper **slot, bool at_once, void (*freed)(void *arg), void *arg)
{
    struct keeper *keeper = *slot;
    uv_timer_t *timers[HANDLES] = {&keeper->timer, &keeper->soon, &keeper->relist, &keeper->quiet};

    *slot = NULL;
    keeper->freeing = true;
    keeper->freed = freed;
    keeper->freed_arg = arg;
    keeper->open_handles = HANDLES + (keeper->peer || keeper->phase == PHASE_CLOSING);
    keeper_drop_calls(keeper);
    for (int i = 0; i < HANDLES; i++)
        uv_close((uv_handle_t *)timers[i], handle_closed);
    if (keeper->peer)
        close_peer(keeper, at_once);
}

void keeper_set_times(struct keeper *keeper, int64_t start_ms, int64_t idle_ms)
{
    keeper->start_ms = start_ms;
    keeper->idle_ms = idle_ms;
    keeper_arm_idle(keeper);
}

enum keeper_state keeper_state(const struct keeper *keeper)
{
    if (keeper->phase == PHASE_READY)
        return KEEPER_READY;
    if (keeper->phase == PHASE_ASKING || keeper->phase == PHASE_STARTING || keeper->phase == PHASE_LISTING)
        return KEEPER_STARTING;
    return keeper_is_waited_for(keeper) ? KEEPER_STARTING : keeper->failed ? KEEPER_FAILED : KEEPER_WAITING;
}

const char *keeper_why(const struct keeper *keeper)
{
    return keeper->why;
}

const struct mcp_info *keeper_info(const struct keeper *keeper)
{
    return keeper->phase == PHASE_READY ? peer_info(keeper->peer) : NULL;
}

void keeper_need(struct keeper *keeper)
{
    if (keeper->phase == PHASE_OFF && keeper->retry_at <= uv_now(keeper->loop))
        try_start(keeper);
}

void keeper_forgive(struct keeper *keeper)
{
    keeper->retry_at = 0;
    keeper->back_off_ms = 0;
}

struct keeper_call *keeper_call(struct keeper *keeper, const char *method, const json_t *params,
                                int64_t timeout_ms, const struct mcp_request_handler *handler)
{
    bool full = keeper->call_count >= KEEPER_CALLS_MAX;
    struct keeper_call *call = keeper_call_new(keeper, method, params, timeout_ms, handler);

    if (keeper->phase == PHASE_READY)
        uv_timer_stop(&keeper->timer);
    if (keeper->stale_at && keeper->stale_at <= uv_now(keeper->loop)) /* an unused one is left in peace */
        on_changed(keeper, MCP_CHANGED_TOOLS);
    char text[80];
    snprintf(text, sizeof text, "%d requests wait for the MCP server already", KEEPER_CALLS_MAX);
    if (full)
        keeper_call_end(call, ERR_BUSY, false, text);
    else if (keeper->phase == PHASE_READY)
        keeper_call_run(call);
    else
        try_start(keeper);
    return call;
}

bool keeper_close(struct keeper *keeper, const char *text)
{
    bool was = keeper->peer || keeper->phase == PHASE_ASKING;

    keeper_end_calls(keeper, true, text);
    keeper->failed = false;
    keeper->why[0] = '\0';
    keeper->retry_at = 0;
    keeper->back_off_ms = 0;
    if (was)
        close_peer(keeper, false);
    return was;
}

void keeper_hold(struct keeper *keeper)
{
    keeper->holds++;
    keeper_arm_idle(keeper);
}

void keeper_release(struct keeper *keeper)
{
    keeper->holds--;
    keeper_arm_idle(keeper);
}

bool keeper_redirected(struct keeper *keeper, const char *url, char error[256])
{
    if (keeper->peer)
        return peer_redirected(keeper->peer, url, error);
    snprintf(error, 256, "MCP server '%s' is not being connected", keeper->name);
    return false;
}
