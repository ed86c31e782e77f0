/* What a server says unasked. Changes of lists come in bursts (five at once from some servers), and are told
 * once. What is unknown or malformed is dropped. */
#include "daemon/agent/mcp/client_parts.h"
#include "shared/jsonx.h"
#include <stdlib.h>
#include <string.h>

static void on_changed_soon(void *arg)
{
    struct mcp_client *client = arg;

    for (int i = 0; i < 3 && client->state == CLIENT_READY; i++) {
        if (!client->changed[i])
            continue;
        client->changed[i] = false;
        client->callbacks.changed(client->callbacks.arg, (enum mcp_changed)i);
    }
}

void notices_init(struct mcp_client *client)
{
    client->changed_soon = (struct deadline){.ring = on_changed_soon, .arg = client};
}

void notices_changed(struct mcp_client *client, enum mcp_changed what)
{
    client->changed[what] = true;
    if (!client->changed_soon.set)
        deadline_set(client->deadlines, &client->changed_soon, CLIENT_CHANGED_MS);
}

static void on_message(struct mcp_client *client, const json_t *params)
{
    static const char *const levels[] = {"debug", "info",     "notice", "warning",
                                         "error", "critical", "alert",  "emergency"};
    const char *level = jsonx_str(params, "level", "info"), *logger = jsonx_str(params, "logger", "");
    const json_t *data = json_object_get(params, "data");
    char *dumped = NULL;
    size_t known = 0;

    if (!data)
        return;
    while (known < 8 && strcmp(levels[known], level) != 0)
        known++;
    if (!json_is_string(data))
        dumped = jsonx_dump(data, NULL);
    client_log(client, known < 8 ? levels[known] : "info", "%s%s%s", logger, *logger ? ": " : "",
               dumped ? dumped : json_string_value(data));
    free(dumped);
}

static void on_updated(struct mcp_client *client, const json_t *params)
{
    const char *uri = jsonx_str(params, "uri", NULL);

    if (uri && json_object_size(client->subscribed) > 0)
        client->callbacks.updated(client->callbacks.arg, uri);
}

static void on_cancelled(struct mcp_client *client, const json_t *params)
{
    const json_t *id = json_object_get(params, "requestId");

    if (!id)
        return;
    if (client->info.modern)
        listening_cancelled(client, id);
    else
        ask_void_id(client, id);
}

static void on_url_done(struct mcp_client *client, const json_t *params)
{
    const char *id = jsonx_str(params, "elicitationId", NULL);

    if (!id)
        return;
    ask_url_done(client, id);
    request_url_done(client, id);
}

void notices_take(struct mcp_client *client, const char *method, const json_t *params, uint64_t during)
{
    static const char *const lists[] = {"notifications/tools/list_changed",
                                        "notifications/prompts/list_changed",
                                        "notifications/resources/list_changed"};

    (void)during;
    if (client->state >= CLIENT_LOST)
        return;
    if (strcmp(method, "notifications/message") == 0) {
        on_message(client, params); /* allowed before it is ready, too */
        return;
    }
    if (client->state != CLIENT_READY)
        return;
    for (int i = 0; i < 3; i++)
        if (strcmp(method, lists[i]) == 0)
            notices_changed(client, (enum mcp_changed)i);
    if (strcmp(method, "notifications/progress") == 0)
        request_progress(client, params);
    else if (strcmp(method, "notifications/resources/updated") == 0)
        on_updated(client, params);
    else if (strcmp(method, "notifications/cancelled") == 0)
        on_cancelled(client, params);
    else if (strcmp(method, "notifications/elicitation/complete") == 0)
        on_url_done(client, params);
    else if (strcmp(method, "notifications/tasks/status") == 0)
        request_task_changed(client, jsonx_str(params, "taskId", ""));
    else if (strcmp(method, "notifications/subscriptions/acknowledged") == 0)
        listening_acknowledged(client, params);
}
