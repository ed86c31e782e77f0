/* Subscriptions of the modern era: one subscriptions/listen that carries all that is of interest. When that
 * changes, a new one is begun and the old one ended once the new one is acknowledged, so that nothing falls
 * between them. One that ends is begun anew, less and less often; what changed in between is not known, so
 * all of it is told as changed. */
#include "daemon/agent/mcp/client_parts.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    AGAIN_MS = 1000, /* until it is begun anew, doubled each time */
    AGAIN_MAX_MS = 60000,
    SILENCE_MS = 30000, /* until it must be acknowledged */
    ERRORS_MAX = 5      /* errors in a row, after which it is left */
};

static const char *const kinds[] = {"toolsListChanged", "promptsListChanged", "resourcesListChanged"};
static const char *const capabilities[] = {"tools", "prompts", "resources"};

static bool wants(const struct mcp_client *client, size_t kind)
{
    return client_has(client, capabilities[kind], "listChanged");
}

/* New reference; empty if there is nothing to listen to. */
static json_t *filter_of(const struct mcp_client *client)
{
    json_t *filter = json_object(), *uris = json_array(), *value;
    const char *uri;

    for (size_t i = 0; i < 3; i++)
        if (wants(client, i))
            json_object_set_new(filter, kinds[i], json_true());
    json_object_foreach(client->subscribed, uri, value)
    {
        json_array_append_new(uris, json_string(uri));
    }
    if (json_array_size(uris) > 0)
        json_object_set_new(filter, "resourceSubscriptions", uris);
    else
        json_decref(uris);
    return filter;
}

static const char *stop_reason(const struct mcp_client *client)
{
    return client->is_http ? NULL : "not needed any more"; /* over HTTP the end of the stream says it */
}

static void again_later(struct mcp_client *client)
{
    struct listening *listening = &client->listening;
    int64_t wait = AGAIN_MS << (listening->failures < 6 ? listening->failures : 6);

    listening->failures++;
    listening->again_after_end = true;
    deadline_clear(client->deadlines, &listening->silence);
    deadline_set(client->deadlines, &listening->again, wait < AGAIN_MAX_MS ? wait : AGAIN_MAX_MS);
}

static void on_ended(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    struct mcp_client *client = arg;
    struct listening *listening = &client->listening;
    char *said;

    if (call == listening->old) {
        listening->old = NULL;
        return;
    }
    listening->call = NULL;
    if (client->state != CLIENT_READY)
        return;
    if (answer->outcome == RPC_ERROR &&
        (answer->code == RPC_NO_METHOD || listening->failures >= ERRORS_MAX)) {
        listening->refused = true;
        deadline_clear(client->deadlines, &listening->silence);
        said = client_quote(answer->message);
        request_listening(client, NULL, ERR_NOT_FOUND, said);
        free(said);
        return;
    }
    again_later(client);
}

static void begin(struct mcp_client *client, json_t *filter)
{
    struct listening *listening = &client->listening;
    json_t *params = json_pack("{s:O}", "notifications", filter);
    struct rpc_order order = {.method = "subscriptions/listen", .params = params};

    client_put_meta(client, params);
    sign_in_bearer(client);
    listening->call = rpc_call(client->rpc, &order, on_ended, client);
    listening->id = rpc_call_id(listening->call);
    listening->acknowledged = false;
    deadline_clear(client->deadlines, &listening->again);
    deadline_set(client->deadlines, &listening->silence, SILENCE_MS);
    json_decref(params);
}

void listening_update(struct mcp_client *client)
{
    struct listening *listening = &client->listening;
    json_t *filter;

    if (client->state != CLIENT_READY || !client->info.modern)
        return;
    if (listening->refused) {
        request_listening(client, NULL, ERR_NOT_FOUND, "it refuses subscriptions");
        return;
    }
    if (listening->call && listening->acknowledged) { /* stays until the new one is acknowledged */
        rpc_cancel(client->rpc, &listening->old, stop_reason(client));
        listening->old = listening->call;
        listening->old_id = listening->id;
        listening->call = NULL;
    }
    rpc_cancel(client->rpc, &listening->call, stop_reason(client));
    filter = filter_of(client);
    if (json_object_size(filter) > 0) {
        begin(client, filter);
    } else {
        rpc_cancel(client->rpc, &listening->old, stop_reason(client));
        deadline_clear(client->deadlines, &listening->again);
        deadline_clear(client->deadlines, &listening->silence);
    }
    json_decref(filter);
}

static void on_again(void *arg)
{
    listening_update(arg);
}

static void on_silence(void *arg)
{
    struct mcp_client *client = arg;

    rpc_cancel(client->rpc, &client->listening.call, stop_reason(client));
    request_listening(client, NULL, ERR_TIMEOUT, "it does not acknowledge the subscription");
    if (client->state == CLIENT_READY)
        again_later(client);
}

static bool is_id(const json_t *id, uint64_t of)
{
    return json_is_integer(id) && (uint64_t)json_integer_value(id) == of;
}

/* What may have been missed between two subscriptions. */
static void tell_all(struct mcp_client *client)
{
    json_t *uris = json_copy(client->subscribed), *value;
    const char *uri;

    for (size_t i = 0; i < 3; i++)
        if (wants(client, i))
            notices_changed(client, (enum mcp_changed)i);
    json_object_foreach(uris, uri, value)
    {
        if (client->state == CLIENT_READY)
            client->callbacks.updated(client->callbacks.arg, uri);
    }
    json_decref(uris);
}

void listening_acknowledged(struct mcp_client *client, const json_t *params)
{
    struct listening *listening = &client->listening;
    const json_t *id = json_object_get(jsonx_obj(params, "_meta"), "io.modelcontextprotocol/subscriptionId");
    bool again = listening->again_after_end;

    if (!listening->call || listening->acknowledged || !is_id(id, listening->id))
        return;
    listening->acknowledged = true;
    listening->again_after_end = false;
    listening->failures = 0;
    deadline_clear(client->deadlines, &listening->silence);
    rpc_cancel(client->rpc, &listening->old, stop_reason(client));
    request_listening(client, jsonx_obj(params, "notifications"), ERR_OK, NULL);
    if (again && client->state == CLIENT_READY)
        tell_all(client);
}

void listening_cancelled(struct mcp_client *client, const json_t *id)
{
    struct listening *listening = &client->listening;

    if (listening->old && is_id(id, listening->old_id))
        rpc_cancel(client->rpc, &listening->old, NULL);
    if (listening->call && is_id(id, listening->id)) {
        rpc_cancel(client->rpc, &listening->call, NULL);
        again_later(client);
    }
}

void listening_init(struct mcp_client *client)
{
    client->listening.again = (struct deadline){.ring = on_again, .arg = client};
    client->listening.silence = (struct deadline){.ring = on_silence, .arg = client};
}

void listening_clear(struct mcp_client *client)
{
    struct listening *listening = &client->listening;

    if (client->rpc) {
        rpc_cancel(client->rpc, &listening->old, stop_reason(client));
        rpc_cancel(client->rpc, &listening->call, stop_reason(client));
    }
    deadline_clear(client->deadlines, &listening->again);
    deadline_clear(client->deadlines, &listening->silence);
    listening->acknowledged = listening->again_after_end = listening->refused = false;
    listening->failures = 0;
}
