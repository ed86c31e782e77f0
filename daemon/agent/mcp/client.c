/* The client as a whole: its life, its connection, what it declares. What each part does is in the file of
 * its name (see client_parts.h). */
#include "daemon/agent/mcp/client.h"
#include "daemon/agent/mcp/client_parts.h"
#include "daemon/agent/mcp/stdio.h"
#include "daemon/agent/mcp/streamable.h"
#include "daemon/agent/mcp/versions.h"
#include "daemon/agent/secrets.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what it declares --- */

json_t *client_capabilities(const struct mcp_client *client, bool modern)
{
    json_t *capabilities = json_object();

    if (client->root)
        json_object_set_new(capabilities, "roots", json_object());
    if (client->can_ask) {
        json_object_set_new(capabilities, "sampling", json_pack("{s:{}}", "tools"));
        json_object_set_new(capabilities, "elicitation", json_pack("{s:{},s:{}}", "form", "url"));
    }
    if (modern)
        json_object_set_new(capabilities, "extensions", json_pack("{s:{}}", CLIENT_TASKS));
    return capabilities;
}

json_t *client_information(void)
{
    return json_pack("{s:s,s:s,s:s}", "name", "stoa", "title", "stoa", "version", STOA_VERSION);
}

void client_put_meta(const struct mcp_client *client, json_t *params)
{
    json_t *meta = jsonx_obj(params, "_meta");

    if (!meta) {
        meta = json_object();
        json_object_set_new(params, "_meta", meta);
    }
    jsonx_set_str(meta, "io.modelcontextprotocol/protocolVersion", VERSIONS_MODERN);
    json_object_set_new(meta, "io.modelcontextprotocol/clientInfo", client_information());
    json_object_set_new(meta, "io.modelcontextprotocol/clientCapabilities",
                        client_capabilities(client, true));
    jsonx_set_str(meta, "io.modelcontextprotocol/logLevel", client->log_level);
}

bool client_has(const struct mcp_client *client, const char *capability, const char *part)
{
    const json_t *declared = jsonx_obj(client->capabilities, capability);

    return part ? jsonx_bool(declared, part, false) : declared != NULL;
}

/* --- what it says --- */

char *client_quote(const char *text)
{
    size_t len = strlen(text);

    return sanitise_line(text, len < 4096 ? len : utf8_cut(text, len, 4096), 300);
}

void client_log(struct mcp_client *client, const char *level, const char *format, ...)
{
    char line[CLIENT_LOG_MAX + 1];
    va_list args;
    int len;

    if (client->state == CLIENT_CLOSED)
        return;
    va_start(args, format);
    len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (len >= (int)sizeof line)
        line[utf8_cut(line, CLIENT_LOG_MAX, CLIENT_LOG_MAX - 4)] = '\0';
    client->callbacks.log(client->callbacks.arg, level, line);
}

/* --- the connection --- */

static void part_closed(void *arg);

static struct mcp_transport *open_stdio(void *arg, const struct mcp_transport_handler *handler,
                                        char error[256])
{
    const struct mcp_client *client = arg;
    const struct mcp_server *server = client->server;
    char **environment = secrets_fill(server->environment, server->secret_environment, "=", error);
    struct launch launch = {.argv = server->command,
                            .environment = environment,
                            .folder = server->folder,
                            .keep = client->root,
                            .memory = server->memory,
                            .processes = server->processes,
                            .cpu_s = server->cpu_s,
                            .files = server->files,
                            .file_size = server->file_size};

    struct mcp_transport *transport = environment ? stdio_open(client->loop, &launch, handler, error) : NULL;
    secrets_wipe(&environment);
    return transport;
}

static struct mcp_transport *open_http(void *arg, const struct mcp_transport_handler *handler,
                                       char error[256])
{
    const struct mcp_client *client = arg;
    struct streamable_options options = {.url = client->server->url,
                                         .headers = client->server->headers,
                                         .secret_headers = client->server->secret_headers,
                                         .connect_ms = client->server->start_ms};

    (void)error;
    return streamable_open(client->loop, client->http, &options, handler);
}

static void on_request(void *arg, const json_t *id, const char *method, json_t *params, uint64_t during)
{
    ask_serve(arg, id, method, params, during);
}

static void on_notification(void *arg, const char *method, json_t *params, uint64_t during)
{
    notices_take(arg, method, params, during);
}

static void on_said(void *arg, const char *line, size_t len)
{
    struct buf text;
    char bytes[4];
    uint32_t c;

    buf_init(&text, CLIENT_LOG_MAX);
    for (size_t used; len > 0; line += used, len -= used) { /* bad bytes become U+FFFD, and so does a NUL */
        used = utf8_decode(line, len, &c);
        if (!buf_put(&text, bytes, utf8_encode(c ? c : 0xfffd, bytes)))
            break;
    }
    client_log(arg, "stderr", "%s", text.data);
    buf_free(&text);
}

static void on_failed(void *arg, const struct mcp_failure *failure)
{
    struct mcp_client *client = arg;

    /* the session that its own stream was of is gone: better now than with the next request */
    if (failure->why == MCP_WHY_EXPIRED && client->state == CLIENT_READY)
        handshake_again(client);
    else
        client_log(client, "debug", "a message was not taken, or its own stream failed: %s",
                   failure->text ? failure->text : "");
}

static void on_lost(void *arg, const struct mcp_failure *failure)
{
    struct mcp_client *client = arg;

    if (client->state == CLIENT_CONNECTING && handshake_lost(client, failure))
        return;
    client_end(client, failure);
}

void client_disconnect(struct mcp_client *client)
{
    listening_clear(client);
    request_cut_all(client);
    if (client->rpc && rpc_close(&client->rpc, part_closed, client))
        client->closing++;
}

void client_connect(struct mcp_client *client)
{
    struct rpc_handler handler = {.arg = client,
                                  .request = on_request,
                                  .notification = on_notification,
                                  .said = on_said,
                                  .failed = on_failed,
                                  .lost = on_lost};
    struct mcp_transport_handler down;
    struct mcp_transport *transport;
    char error[256] = "";

    client_disconnect(client);
    client->rpc = rpc_open(client->deadlines, &handler);
    down = rpc_transport_handler(client->rpc);
    transport = client->connector.open(client->connector.arg, &down, error);
    if (!transport) {
        client_fail(client, MCP_WHY_NOT_STARTED, "%s", error);
        return;
    }
    rpc_attach(client->rpc, transport);
    client->is_http = transport->is_http;
    sign_in_attach(client);
}

/* --- its states --- */

void client_is_ready(struct mcp_client *client)
{
    bool first = !client->was_ready;

    client->state = CLIENT_READY;
    client->was_ready = true;
    if (first) {
        client->callbacks.ready(client->callbacks.arg, &client->info);
    } else { /* it may be another instance, with other lists */
        notices_changed(client, MCP_CHANGED_TOOLS);
        notices_changed(client, MCP_CHANGED_PROMPTS);
        notices_changed(client, MCP_CHANGED_RESOURCES);
    }
    if (client->state != CLIENT_READY)
        return;
    listening_update(client);
    request_go(client);
}

void client_end(struct mcp_client *client, const struct mcp_failure *failure)
{
    struct mcp_failure said = *failure;
    char *text;

    if (client->state >= CLIENT_LOST)
        return;
    client->state = CLIENT_LOST;
    text = xstrdup(failure->text ? failure->text : ""); /* it may be the transport's */
    said.text = text;
    handshake_clear(client);
    client_disconnect(client);
    request_fail_all(client, &said);
    ask_void_all(client, NULL);
    ask_tell_void(client);
    if (client->state != CLIENT_CLOSED)
        client->callbacks.lost(client->callbacks.arg, &said);
    free(text);
}

void client_fail(struct mcp_client *client, enum mcp_why why, const char *format, ...)
{
    char text[CLIENT_TEXT_MAX];
    struct mcp_failure failure = {.why = why, .text = text};
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    client_end(client, &failure);
}

struct mcp_client *mcp_client_open(const struct mcp_client_options *options,
                                   const struct mcp_callbacks *callbacks)
{
    struct mcp_client *client = xcalloc(1, sizeof *client);

    client->loop = options->loop;
    client->http = options->http;
    client->server = options->server;
    client->callbacks = *callbacks;
    client->era = xstrdup_null(options->era);
    client->root = xstrdup_null(options->root);
    client->can_ask = options->can_ask;
    client->connector = (struct mcp_connector){.arg = client, .open = open_stdio};
    if (options->server->url)
        client->connector =
            (struct mcp_connector){client, open_http, streamable_fall_back, streamable_forget};
    if (options->connector)
        client->connector = *options->connector;
    client->deadlines = deadlines_open(options->loop);
    client->tools = tool_table_new();
    if (options->server->tools)
        tool_table_set(client->tools, options->server->tools);
    client->subscribed = json_object();
    client->info = (struct mcp_info){.name = "", .version = "", .protocol = ""};
    ask_init(client);
    notices_init(client);
    listening_init(client);
    sign_in_open(client, options);
    handshake_init(client);
    return client;
}

/* Nothing of it is on the stack: this comes from the loop. */
static void client_free(struct mcp_client *client)
{
    void (*closed)(void *arg) = client->closed;
    void *arg = client->closed_arg;

    tool_table_free(&client->tools);
    json_decref(client->subscribed);
    json_decref(client->capabilities);
    free(client->name);
    free(client->version);
    free(client->instructions);
    free(client->log_level);
    free(client->era);
    free(client->root);
    free(client);
    if (closed)
        closed(arg);
}

static void part_closed(void *arg)
{
    struct mcp_client *client = arg;

    if (--client->closing == 0 && client->state == CLIENT_CLOSED)
        client_free(client);
}

void mcp_client_close(struct mcp_client **slot, void (*closed)(void *arg), void *arg)
{
    struct mcp_client *client = *slot;

    *slot = NULL;
    if (!client)
        return;
    client->state = CLIENT_CLOSED;
    client->closed = closed;
    client->closed_arg = arg;
    handshake_clear(client);
    request_drop_all(client);
    ask_drop_all(client);
    client_disconnect(client);
    sign_in_close(client);
    client->closing++;
    deadlines_close(&client->deadlines, part_closed, client);
}

bool mcp_client_is_ready(const struct mcp_client *client)
{
    return client->state == CLIENT_READY;
}

const struct mcp_info *mcp_client_info(const struct mcp_client *client)
{
    return &client->info;
}

int mcp_client_pid(const struct mcp_client *client)
{
    const struct mcp_transport *transport = client->rpc ? rpc_transport(client->rpc) : NULL;

    return transport && client->connector.open == open_stdio ? stdio_pid(transport) : 0;
}
