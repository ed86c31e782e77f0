/* Each side numbers its own, so the two lists never meet. An answer or a note to what is not in progress is
 * no fault: it crossed our cancellation. One timer serves the nearest of all deadlines. */
#include "daemon/supervisor/agent_requests.h"

#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUR_MARK = 'd' };

struct outgoing {
    struct agent_requests *requests;
    struct outgoing_handler handler;
    char id[24];
    int64_t deadline; /* steady ms */
    json_t *unsent;   /* NULL once it was sent */
    struct outgoing *next;
};

struct incoming {
    struct agent_requests *requests;
    char id[AGENT_REQUESTS_ID_MAX + 1];
    void (*cancelled)(void *arg);
    void (*note)(void *arg, const json_t *note);
    void *arg;
    struct incoming *next;
};

struct agent_requests {
    struct agent_requests_handler handler;
    bool open;
    uint64_t last; /* number of ours */
    struct outgoing *ours;
    struct incoming *theirs;
    size_t ours_count, theirs_count;
    uv_timer_t *timer;
};

/* --- lists --- */

static void told_quiet(struct agent_requests *requests)
{
    if (requests->ours_count + requests->theirs_count == 0 && requests->handler.quiet)
        requests->handler.quiet(requests->handler.arg);
}

static void take_outgoing(struct agent_requests *requests, struct outgoing *outgoing)
{
    if (requests->ours == outgoing) {
        requests->ours = outgoing->next;
    } else {
        struct outgoing *before = requests->ours;
        while (before->next != outgoing)
            before = before->next;
        before->next = outgoing->next;
    }
    requests->ours_count--;
}

static void take_incoming(struct agent_requests *requests, struct incoming *incoming)
{
    if (requests->theirs == incoming) {
        requests->theirs = incoming->next;
    } else {
        struct incoming *before = requests->theirs;
        while (before->next != incoming)
            before = before->next;
        before->next = incoming->next;
    }
    requests->theirs_count--;
}

/* At the end of the list, so that what waits is sent in the order of asking. */
static void add_outgoing(struct agent_requests *requests, struct outgoing *outgoing)
{
    struct outgoing **end = &requests->ours;
    while (*end)
        end = &(*end)->next;
    *end = outgoing;
    requests->ours_count++;
}

static struct outgoing *find_outgoing(const struct agent_requests *requests, const char *id)
{
    struct outgoing *outgoing = requests->ours;
    while (outgoing && strcmp(outgoing->id, id) != 0)
        outgoing = outgoing->next;
    return outgoing;
}

static struct incoming *find_incoming(const struct agent_requests *requests, const char *id)
{
    struct incoming *incoming = requests->theirs;
    while (incoming && strcmp(incoming->id, id) != 0)
        incoming = incoming->next;
    return incoming;
}

size_t agent_requests_waiting(const struct agent_requests *requests)
{
    return requests->ours_count;
}

size_t agent_requests_busy(const struct agent_requests *requests)
{
    return requests->ours_count + requests->theirs_count;
}

static void send_json(struct agent_requests *requests, enum link_kind kind, json_t *json)
{
    requests->handler.send(requests->handler.arg, kind, json);
    json_decref(json);
}

/* --- ours --- */

/* It is off its list; calls back and frees it. */
static void answer(struct agent_requests *requests, struct outgoing *outgoing, enum err code,
                   const char *text, json_t *ok)
{
    take_outgoing(requests, outgoing);
    outgoing->handler.reply(outgoing->handler.arg, code, text, ok);
    json_decref(outgoing->unsent);
    free(outgoing);
    told_quiet(requests);
}

static void say_cancel(struct outgoing *outgoing)
{
    if (outgoing->unsent)
        return;
    json_t *json = json_object();
    jsonx_set_str(json, "id", outgoing->id);
    send_json(outgoing->requests, LINK_CANCEL, json);
}

void outgoing_cancel(struct outgoing **slot)
{
    struct outgoing *outgoing = *slot;
    *slot = NULL;
    if (!outgoing)
        return;
    struct agent_requests *requests = outgoing->requests;
    say_cancel(outgoing);
    take_outgoing(requests, outgoing);
    json_decref(outgoing->unsent);
    free(outgoing);
    told_quiet(requests);
}

void outgoing_note(struct outgoing *outgoing, json_t *note)
{
    jsonx_set_str(note, "id", outgoing->id);
    if (outgoing->unsent)
        json_decref(note); /* it answers nothing: nothing was sent */
    else
        send_json(outgoing->requests, LINK_NOTE, note);
}

static void rearm(struct agent_requests *requests);

static void on_timer(uv_timer_t *timer)
{
    struct agent_requests *requests = timer->data;
    int64_t now = clock_steady_ms();
    struct outgoing *late;
    do {
        for (late = requests->ours; late && late->deadline > now; late = late->next)
            ;
        if (late) {
            say_cancel(late);
            answer(requests, late, ERR_TIMEOUT, "it was not answered in time", NULL);
        }
    } while (late);
    rearm(requests);
}

static void rearm(struct agent_requests *requests)
{
    int64_t nearest = INT64_MAX, left;
    for (const struct outgoing *outgoing = requests->ours; outgoing; outgoing = outgoing->next)
        nearest = outgoing->deadline < nearest ? outgoing->deadline : nearest;
    uv_timer_stop(requests->timer);
    if (nearest == INT64_MAX)
        return;
    left = nearest - clock_steady_ms();
    uv_timer_start(requests->timer, on_timer, left > 0 ? (uint64_t)left : 0, 0);
}

struct outgoing *agent_requests_ask(struct agent_requests *requests, json_t *json, int64_t timeout_ms,
                                    const struct outgoing_handler *handler)
{
    if (requests->ours_count >= AGENT_REQUESTS_MAX) {
        json_decref(json);
        return NULL;
    }
    struct outgoing *outgoing = xcalloc(1, sizeof *outgoing);
    outgoing->requests = requests;
    outgoing->handler = *handler;
    outgoing->deadline = clock_steady_ms() + timeout_ms;
    snprintf(outgoing->id, sizeof outgoing->id, "%c%" PRIu64, OUR_MARK, ++requests->last);
    jsonx_set_str(json, "id", outgoing->id);
    add_outgoing(requests, outgoing);
    if (requests->open)
        send_json(requests, LINK_REQUEST, json);
    else
        outgoing->unsent = json;
    rearm(requests);
    return outgoing;
}

static bool on_reply(struct agent_requests *requests, const char *id, const json_t *json)
{
    struct outgoing *outgoing = find_outgoing(requests, id);
    const json_t *error = jsonx_obj(json, "error");
    json_t *ok = jsonx_obj(json, "ok");
    if (!ok == !error)
        return false;
    if (!outgoing || outgoing->unsent)
        return outgoing == NULL;
    if (ok) {
        answer(requests, outgoing, ERR_OK, NULL, ok);
        return true;
    }
    enum err code = err_from_name(jsonx_str(error, "code", ""));
    const char *text = jsonx_str(error, "text", err_text(code));
    char *cut = xstrndup(text, utf8_cut(text, strlen(text), AGENT_REQUESTS_TEXT_MAX));
    answer(requests, outgoing, code == ERR_OK ? ERR_INTERNAL : code, cut, NULL);
    free(cut);
    return true;
}

/* --- theirs --- */

static bool on_request(struct agent_requests *requests, const char *id, const json_t *json)
{
    if (find_incoming(requests, id))
        return false;
    struct incoming *incoming = xcalloc(1, sizeof *incoming);
    incoming->requests = requests;
    snprintf(incoming->id, sizeof incoming->id, "%s", id);
    incoming->next = requests->theirs;
    requests->theirs = incoming;
    if (++requests->theirs_count > AGENT_REQUESTS_MAX) {
        char text[80];
        snprintf(text, sizeof text, "%d requests of this agent are in progress already; try again",
                 AGENT_REQUESTS_MAX);
        incoming_refuse(incoming, ERR_BUSY, text);
        return true;
    }
    return requests->handler.request(requests->handler.arg, incoming, json);
}

static void reply(struct incoming *incoming, const char *name, json_t *value)
{
    struct agent_requests *requests = incoming->requests;
    json_t *json = json_object();
    jsonx_set_str(json, "id", incoming->id);
    json_object_set_new(json, name, value);
    take_incoming(requests, incoming);
    free(incoming);
    send_json(requests, LINK_REPLY, json);
    told_quiet(requests);
}

void incoming_reply(struct incoming *incoming, json_t *ok)
{
    reply(incoming, "ok", ok ? ok : json_object());
}

void incoming_refuse(struct incoming *incoming, enum err code, const char *text)
{
    json_t *error = json_object();
    jsonx_set_str(error, "code", err_name(code));
    jsonx_set_str(error, "text", text && *text ? text : err_text(code));
    reply(incoming, "error", error);
}

void incoming_note(struct incoming *incoming, json_t *note)
{
    jsonx_set_str(note, "id", incoming->id);
    send_json(incoming->requests, LINK_NOTE, note);
}

void incoming_on(struct incoming *incoming, void (*cancelled)(void *arg),
                 void (*note)(void *arg, const json_t *note), void *arg)
{
    incoming->cancelled = cancelled;
    incoming->note = note;
    incoming->arg = arg;
}

/* Its asker wants no answer any more, or is gone. */
static void cancel_incoming(struct agent_requests *requests, struct incoming *incoming)
{
    take_incoming(requests, incoming);
    if (incoming->cancelled)
        incoming->cancelled(incoming->arg);
    free(incoming);
    told_quiet(requests);
}

static bool on_cancel(struct agent_requests *requests, const char *id)
{
    struct incoming *incoming = find_incoming(requests, id);
    if (incoming)
        cancel_incoming(requests, incoming);
    return true;
}

/* A note comes from either side of a request, so its id must tell whose it is: ours begin with a d. */
static bool on_note(struct agent_requests *requests, const char *id, const json_t *json)
{
    const struct outgoing *outgoing = find_outgoing(requests, id);
    const struct incoming *incoming = outgoing ? NULL : find_incoming(requests, id);
    if (outgoing && outgoing->handler.note)
        outgoing->handler.note(outgoing->handler.arg, json);
    else if (incoming && incoming->note)
        incoming->note(incoming->arg, json);
    return true;
}

/* --- the whole --- */

bool agent_requests_frame(struct agent_requests *requests, enum link_kind kind, const json_t *json)
{
    const char *id = jsonx_str(json, "id", "");
    size_t len = strlen(id);
    if (len == 0 || len > AGENT_REQUESTS_ID_MAX)
        return false;
    switch ((int)kind) {
    case LINK_REQUEST:
        return id[0] != OUR_MARK && on_request(requests, id, json);
    case LINK_REPLY:
        return on_reply(requests, id, json);
    case LINK_NOTE:
        return on_note(requests, id, json);
    case LINK_CANCEL:
        return on_cancel(requests, id);
    default:
        return false;
    }
}

void agent_requests_open(struct agent_requests *requests)
{
    requests->open = true;
    for (struct outgoing *outgoing = requests->ours; outgoing; outgoing = outgoing->next) {
        json_t *json = outgoing->unsent;
        outgoing->unsent = NULL;
        if (json)
            send_json(requests, LINK_REQUEST, json);
    }
}

void agent_requests_fail(struct agent_requests *requests, bool unsent, enum err code, const char *text)
{
    requests->open = false;
    while (requests->theirs)
        cancel_incoming(requests, requests->theirs);
    struct outgoing *outgoing;
    do {
        for (outgoing = requests->ours; outgoing && outgoing->unsent && !unsent; outgoing = outgoing->next)
            ;
        if (outgoing)
            answer(requests, outgoing, code, text, NULL);
    } while (outgoing);
    rearm(requests);
}

struct agent_requests *agent_requests_new(uv_loop_t *loop, const struct agent_requests_handler *handler)
{
    struct agent_requests *requests = xcalloc(1, sizeof *requests);
    requests->handler = *handler;
    requests->timer = xcalloc(1, sizeof *requests->timer);
    uv_timer_init(loop, requests->timer);
    requests->timer->data = requests;
    return requests;
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void agent_requests_free(struct agent_requests **slot)
{
    struct agent_requests *requests = *slot;
    if (!requests)
        return;
    uv_close((uv_handle_t *)requests->timer, free_handle);
    free(requests);
    *slot = NULL;
}
