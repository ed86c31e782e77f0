/* The pages of a list, until there is no further cursor. A server that gives a cursor twice would be asked
 * for ever, so that ends it, as do the bounds. */
#include "daemon/agent/mcp/request_parts.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

static int count_bytes(const char *text, size_t len, void *arg)
{
    size_t *bytes = arg;

    (void)text;
    *bytes += len;
    return 0;
}

static void fail(struct mcp_request *request, const char *what)
{
    request_finish_soon(request, ERR_PROTOCOL, NULL, "the list of \"%s\" for %s %s",
                        request->client->server->name, request->method->name, what);
}

static void on_dropped(void *arg, const char *name, const char *why)
{
    char *quoted = client_quote(name), *reason = client_quote(why);

    client_log(arg, "warning", "the tool \"%s\" is left out: %s", quoted, reason);
    free(quoted);
    free(reason);
}

static void finish(struct mcp_request *request)
{
    struct mcp_client *client = request->client;

    json_object_del(request->whole, "nextCursor");
    if (strcmp(request->method->list, "tools") == 0) {
        tool_list_clean(request->items, client->is_http && client->info.modern, on_dropped, client);
        tool_table_set(client->tools, request->items);
    }
    if (!request->over)
        request_complete(request, request->whole);
}

void request_take_page(struct mcp_request *request, json_t *result)
{
    json_t *items = jsonx_arr(result, request->method->list);
    const char *cursor = jsonx_str(result, "nextCursor", NULL);

    if (!items) {
        fail(request, "is missing in its answer");
        return;
    }
    json_dump_callback(items, count_bytes, &request->bytes, JSON_COMPACT | JSON_ENCODE_ANY);
    if (request->whole) {
        json_array_extend(request->items, items);
    } else {
        request->whole = json_copy(result);
        request->items = json_copy(items);
        json_object_set_new(request->whole, request->method->list, request->items);
        request->cursors = json_object();
    }
    if (!cursor) {
        finish(request);
    } else if (json_object_get(request->cursors, cursor)) {
        fail(request, "has no end: it gave the same cursor twice");
    } else if (++request->pages >= REQUEST_PAGES_MAX || request->bytes > REQUEST_LIST_MAX ||
               json_array_size(request->items) > REQUEST_ITEMS_MAX) {
        fail(request, "is too long");
    } else {
        json_object_set_new(request->cursors, cursor, json_true());
        free(request->cursor);
        request->cursor = xstrdup(cursor);
        request_touch(request);
        request_send(request);
    }
}
