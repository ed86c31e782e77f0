/* Who asks keeps what is needed for the answer under an id of its own making; the two id spaces have nothing
 * to do with each other. The trap: an answer may come for what was cancelled in the meantime, and is not an
 * error. */
#include "daemon/agent/requests.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_ID_MAX = 64 };

struct outgoing {
    struct requests *requests;
    struct outgoing *next;
    struct outgoing_handler handler;
    char id[24];
};

struct incoming {
    struct requests *requests;
    struct incoming *next;
    void (*cancelled)(void *arg);
    void (*note)(void *arg, const json_t *note);
    void *arg;
    char id[REQUEST_ID_MAX + 1];
};

struct requests {
    struct agent_link *link;
    struct requests_handler handler;
    struct outgoing *outgoing;
    struct incoming *incoming;
    size_t outgoing_count, incoming_count;
    uint64_t made;
};

struct requests *requests_new(struct agent_link *link, const struct requests_handler *handler)
{
    struct requests *requests = xcalloc(1, sizeof *requests);

    requests->link = link;
    requests->handler = *handler;
    return requests;
}

void requests_free(struct requests **slot)
{
    struct requests *requests = *slot;

    *slot = NULL;
    if (!requests)
        return;
    while (requests->outgoing) {
        struct outgoing *next = requests->outgoing->next;
        free(requests->outgoing);
        requests->outgoing = next;
    }
    while (requests->incoming) {
        struct incoming *next = requests->incoming->next;
        free(requests->incoming);
        requests->incoming = next;
    }
    free(requests);
}

static void say(struct requests *requests, enum link_kind kind, const char *id, json_t *json)
{
    jsonx_set_str(json, "id", id);
    agent_link_json(requests->link, kind, json);
}

/* --- ours --- */

static void outgoing_remove(struct outgoing *outgoing)
{
    struct outgoing **at = &outgoing->requests->outgoing;

    while (*at != outgoing)
        at = &(*at)->next;
    *at = outgoing->next;
    outgoing->requests->outgoing_count--;
}

static struct outgoing *outgoing_find(const struct requests *requests, const char *id)
{
    struct outgoing *outgoing = requests->outgoing;

    while (outgoing && strcmp(outgoing->id, id) != 0)
        outgoing = outgoing->next;
    return outgoing;
}

struct outgoing *requests_ask(struct requests *requests, json_t *json, const struct outgoing_handler *handler)
{
    char id[24];
    struct outgoing *outgoing = NULL;

    snprintf(id, sizeof id, "a%" PRIu64, ++requests->made);
    if (handler && requests->outgoing_count == REQUESTS_MAX) {
        json_decref(json);
        return NULL;
    }
    if (handler) {
        outgoing = xcalloc(1, sizeof *outgoing);
        outgoing->requests = requests;
        outgoing->handler = *handler;
        outgoing->next = requests->outgoing;
        memcpy(outgoing->id, id, sizeof id);
        requests->outgoing = outgoing;
        requests->outgoing_count++;
    }
    say(requests, LINK_REQUEST, id, json);
    return outgoing;
}

void outgoing_note(struct outgoing *outgoing, json_t *note)
{
    say(outgoing->requests, LINK_NOTE, outgoing->id, note);
}

void outgoing_cancel(struct outgoing **slot)
{
    struct outgoing *outgoing = *slot;

    *slot = NULL;
    if (!outgoing)
        return;
    outgoing_remove(outgoing);
    say(outgoing->requests, LINK_CANCEL, outgoing->id, json_object());
    free(outgoing);
}

static void take_reply(struct requests *requests, const char *id, json_t *json)
{
    struct outgoing *outgoing = outgoing_find(requests, id);
    json_t *ok = json_object_get(json, "ok");
    const json_t *error = jsonx_obj(json, "error");

    if (!outgoing)
        return;
    outgoing_remove(outgoing);
    if (ok) {
        outgoing->handler.reply(outgoing->handler.arg, ERR_OK, NULL, ok);
    } else {
        enum err code = err_from_name(jsonx_str(error, "code", ""));
        if (code == ERR_OK)
            code = ERR_INTERNAL;
        outgoing->handler.reply(outgoing->handler.arg, code, jsonx_str(error, "text", err_text(code)), NULL);
    }
    free(outgoing);
}

/* --- the daemon's --- */

static void incoming_remove(struct incoming *incoming)
{
    struct incoming **at = &incoming->requests->incoming;

    while (*at != incoming)
        at = &(*at)->next;
    *at = incoming->next;
    incoming->requests->incoming_count--;
}

static struct incoming *incoming_find(const struct requests *requests, const char *id)
{
    struct incoming *incoming = requests->incoming;

    while (incoming && strcmp(incoming->id, id) != 0)
        incoming = incoming->next;
    return incoming;
}

static void refuse(struct requests *requests, const char *id, enum err code, const char *text)
{
    json_t *reply = json_object(), *error = json_object();

    jsonx_set_str(error, "code", err_name(code));
    jsonx_set_str(error, "text", text ? text : err_text(code));
    json_object_set_new(reply, "error", error);
    say(requests, LINK_REPLY, id, reply);
}

void incoming_reply(struct incoming *incoming, json_t *ok)
{
    json_t *reply = json_object();

    json_object_set_new(reply, "ok", ok);
    incoming_remove(incoming);
    say(incoming->requests, LINK_REPLY, incoming->id, reply);
    free(incoming);
}

void incoming_refuse(struct incoming *incoming, enum err code, const char *text)
{
    incoming_remove(incoming);
    refuse(incoming->requests, incoming->id, code, text);
    free(incoming);
}

void incoming_note(struct incoming *incoming, json_t *note)
{
    say(incoming->requests, LINK_NOTE, incoming->id, note);
}

void incoming_on(struct incoming *incoming, void (*cancelled)(void *arg),
                 void (*note)(void *arg, const json_t *note), void *arg)
{
    incoming->cancelled = cancelled;
    incoming->note = note;
    incoming->arg = arg;
}

static bool take_request(struct requests *requests, const char *id, const json_t *json, char error[256])
{
    struct incoming *incoming;
    char why[96];

    if (incoming_find(requests, id)) {
        snprintf(error, 256, "request '%s' of the daemon has the id of one that waits", id);
        return false;
    }
    if (requests->incoming_count == REQUESTS_MAX) {
        snprintf(why, sizeof why, "%d requests wait for the session's agent already; try again",
                 REQUESTS_MAX);
        refuse(requests, id, ERR_BUSY, why);
        return true;
    }
    incoming = xcalloc(1, sizeof *incoming);
    incoming->requests = requests;
    incoming->next = requests->incoming;
    snprintf(incoming->id, sizeof incoming->id, "%s", id);
    requests->incoming = incoming;
    requests->incoming_count++;
    requests->handler.request(requests->handler.arg, incoming, json);
    return true;
}

/* It is taken off the list first: what is called may ask and answer others. */
static void take_cancel(struct requests *requests, const char *id)
{
    struct incoming *incoming = incoming_find(requests, id);

    if (!incoming)
        return;
    incoming_remove(incoming);
    if (incoming->cancelled)
        incoming->cancelled(incoming->arg);
    free(incoming);
}

/* A note comes from either side of a request, so its id must tell whose it is: ours begin with an 'a'. */
static void take_note(struct requests *requests, const char *id, const json_t *json)
{
    struct outgoing *outgoing = outgoing_find(requests, id);
    struct incoming *incoming = outgoing ? NULL : incoming_find(requests, id);

    if (outgoing && outgoing->handler.note)
        outgoing->handler.note(outgoing->handler.arg, json);
    else if (incoming && incoming->note)
        incoming->note(incoming->arg, json);
}

bool requests_frame(struct requests *requests, enum link_kind kind, const char *payload, size_t len,
                    char error[256])
{
    char why[160];
    json_t *json = jsonx_parse(payload, len, why);
    const char *id = jsonx_str(json, "id", "");
    bool good = json && *id && strlen(id) <= REQUEST_ID_MAX;

    if (!json)
        snprintf(error, 256, "a request or reply of the daemon's is not JSON: %s", why);
    else if (!good)
        snprintf(error, 256, "a request or reply of the daemon's has no id of 1 to %d bytes", REQUEST_ID_MAX);
    else if (kind == LINK_REQUEST)
        good = take_request(requests, id, json, error);
    else if (kind == LINK_REPLY)
        take_reply(requests, id, json);
    else if (kind == LINK_CANCEL)
        take_cancel(requests, id);
    else
        take_note(requests, id, json);
    json_decref(json);
    return good;
}
