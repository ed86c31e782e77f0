/* The agent's MCP client as a program, for tests: commands and events are JSON, one object a line.
 *
 * mcp-driver DEFINITION [OPTIONS]: DEFINITION as in LINK_SERVERS (proto/link.h); OPTIONS {"era","root",
 * "can_ask","token_file","token_key"?}.
 * In:  {"do":"request","id":1,"method","params","timeout_ms"}, {"do":"cancel","id":1},
 *      {"do":"answer","ask":1,"action","content"}, {"do":"refuse","ask":1,"code","why"},
 *      {"do":"redirected","url"}, {"do":"close"}; the end of the input closes, too.
 * Out: {"event":"ready"|"lost"|"changed"|"updated"|"log"|"ask"|"ask_void"|"authorize"|"progress"|"done"|
 *      "redirected"|"closed", ...}. */
#include "daemon/agent/http.h"
#include "daemon/agent/mcp/client.h"
#include "daemon/agent/mcp/shim.h"
#include "shared/buf.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 32 << 20, OPEN_MAX_COUNT = 4096 };

struct open_request {
    json_int_t id;
    struct mcp_request *request;
};

static struct {
    uv_loop_t loop;
    uv_pipe_t in;
    struct buf line;
    char chunk[65536];
    struct http *http;
    struct mcp_server *server;
    struct mcp_client *client;
    struct mcp_ask *asks[OPEN_MAX_COUNT];
    struct open_request requests[OPEN_MAX_COUNT];
    int last_ask;
} driver;

/* Takes event. */
static void say(json_t *event)
{
    char *text = jsonx_dump(event, NULL);

    puts(text);
    fflush(stdout);
    free(text);
    json_decref(event);
}

static json_t *event_new(const char *name)
{
    return json_pack("{s:s}", "event", name);
}

/* --- what the client says --- */

static void on_ready(void *arg, const struct mcp_info *info)
{
    json_t *event = event_new("ready");

    (void)arg;
    jsonx_set_str(event, "name", info->name);
    jsonx_set_str(event, "version", info->version);
    jsonx_set_str(event, "protocol", info->protocol);
    jsonx_set_str(event, "instructions", info->instructions);
    json_object_set_new(event, "modern", json_boolean(info->modern));
    json_object_set(event, "capabilities", (json_t *)info->capabilities);
    jsonx_set_int(event, "pid", mcp_client_pid(driver.client));
    say(event);
}

static void on_lost(void *arg, const struct mcp_failure *failure)
{
    json_t *event = event_new("lost");

    (void)arg;
    jsonx_set_str(event, "why", mcp_why_name(failure->why));
    jsonx_set_str(event, "text", failure->text);
    jsonx_set_int(event, "status", failure->status);
    say(event);
}

static void on_changed(void *arg, enum mcp_changed what)
{
    static const char *const names[] = {"tools", "prompts", "resources"};
    json_t *event = event_new("changed");

    (void)arg;
    jsonx_set_str(event, "what", names[what]);
    say(event);
}

static void on_updated(void *arg, const char *uri)
{
    json_t *event = event_new("updated");

    (void)arg;
    jsonx_set_str(event, "uri", uri);
    say(event);
}

static void on_log(void *arg, const char *level, const char *text)
{
    json_t *event = event_new("log");

    (void)arg;
    jsonx_set_str(event, "level", level);
    jsonx_set_str(event, "text", text);
    say(event);
}

static void on_ask(void *arg, struct mcp_ask *ask, enum mcp_ask_kind kind, const json_t *params,
                   struct mcp_request *request)
{
    static const char *const kinds[] = {"form", "url", "sampling"};
    json_t *event = event_new("ask");
    int number = ++driver.last_ask % OPEN_MAX_COUNT;

    (void)arg;
    driver.asks[number] = ask;
    mcp_ask_set_data(ask, (void *)(intptr_t)number);
    jsonx_set_int(event, "ask", number);
    jsonx_set_str(event, "kind", kinds[kind]);
    json_object_set(event, "params", (json_t *)params);
    if (request)
        jsonx_set_int(event, "id", ((struct open_request *)mcp_request_arg(request))->id);
    say(event);
}

static void on_ask_void(void *arg, struct mcp_ask *ask)
{
    json_t *event = event_new("ask_void");
    int number = (int)(intptr_t)mcp_ask_data(ask);

    (void)arg;
    driver.asks[number] = NULL;
    jsonx_set_int(event, "ask", number);
    say(event);
}

static void on_authorize(void *arg, const char *url, const char *redirect_uri, bool over)
{
    json_t *event = event_new("authorize");

    (void)arg;
    jsonx_set_str(event, "url", url);
    jsonx_set_str(event, "redirect_uri", redirect_uri);
    json_object_set_new(event, "over", json_boolean(over));
    say(event);
}

static void on_progress(void *arg, double progress, double total, const char *text)
{
    const struct open_request *open = arg;
    json_t *event = event_new("progress");

    jsonx_set_int(event, "id", open->id);
    json_object_set_new(event, "progress", json_real(progress));
    json_object_set_new(event, "total", json_real(total));
    jsonx_set_str(event, "text", text);
    say(event);
}

static void on_done(void *arg, const struct mcp_reply *reply)
{
    struct open_request *open = arg;
    json_t *event = event_new("done");

    open->request = NULL;
    jsonx_set_int(event, "id", open->id);
    jsonx_set_str(event, "code", reply->code ? err_name(reply->code) : "ok");
    jsonx_set_str(event, "text", reply->text);
    json_object_set_new(event, "sent", json_boolean(reply->sent));
    if (reply->result)
        json_object_set(event, "result", reply->result);
    say(event);
}

/* --- what it is told --- */

static void on_stopped(void *arg)
{
    (void)arg;
    mcp_server_free(&driver.server);
    http_close(&driver.http);
    say(event_new("closed"));
}

static void stop(void)
{
    if (!driver.client)
        return;
    mcp_client_close(&driver.client, on_stopped, NULL);
    uv_close((uv_handle_t *)&driver.in, NULL);
}

static void do_request(const json_t *command)
{
    struct mcp_request_handler handler = {.progress = on_progress, .done = on_done};
    size_t at = 0;

    while (at < OPEN_MAX_COUNT && driver.requests[at].request)
        at++;
    if (at == OPEN_MAX_COUNT)
        return;
    driver.requests[at].id = jsonx_int(command, "id", 0);
    handler.arg = &driver.requests[at];
    driver.requests[at].request =
        mcp_client_request(driver.client, jsonx_str(command, "method", ""),
                           json_object_get(command, "params"), jsonx_int(command, "timeout_ms", 0), &handler);
}

static void do_cancel(const json_t *command)
{
    for (size_t at = 0; at < OPEN_MAX_COUNT; at++)
        if (driver.requests[at].request && driver.requests[at].id == jsonx_int(command, "id", 0))
            mcp_request_cancel(&driver.requests[at].request, jsonx_str(command, "why", NULL));
}

static void do_answer(const json_t *command, bool refuse)
{
    int64_t number = jsonx_int(command, "ask", -1);
    struct mcp_ask *ask = number >= 0 && number < OPEN_MAX_COUNT ? driver.asks[number] : NULL;

    if (!ask)
        return;
    driver.asks[number] = NULL;
    if (refuse)
        mcp_ask_refuse(ask, (int)jsonx_int(command, "code", -1), jsonx_str(command, "why", "declined"));
    else
        mcp_ask_answer(ask, jsonx_str(command, "action", "accept"), json_object_get(command, "content"));
}

static void do_redirected(const json_t *command)
{
    json_t *event = event_new("redirected");
    char error[256] = "";
    bool taken = mcp_client_redirected(driver.client, jsonx_str(command, "url", ""), error);

    json_object_set_new(event, "ok", json_boolean(taken));
    jsonx_set_str(event, "text", error);
    say(event);
}

static void obey(const char *line, size_t len)
{
    char error[160];
    json_t *command = jsonx_parse(line, len, error);
    const char *what = jsonx_str(command, "do", "");

    if (strcmp(what, "request") == 0)
        do_request(command);
    else if (strcmp(what, "cancel") == 0)
        do_cancel(command);
    else if (strcmp(what, "answer") == 0 || strcmp(what, "refuse") == 0)
        do_answer(command, *what == 'r');
    else if (strcmp(what, "redirected") == 0)
        do_redirected(command);
    else if (strcmp(what, "close") == 0)
        stop();
    else
        fprintf(stderr, "mcp-driver: no command: %.*s (%s)\n", (int)len, line, error);
    json_decref(command);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)handle;
    (void)size;
    *buf = uv_buf_init(driver.chunk, sizeof driver.chunk);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    char *end;

    (void)stream;
    if (count < 0) {
        stop();
        return;
    }
    if (!buf_put(&driver.line, buf->base, (size_t)count))
        abort();
    while (driver.client && (end = memchr(driver.line.data, '\n', driver.line.len))) {
        size_t len = (size_t)(end - driver.line.data);
        char *line = xstrndup(driver.line.data, len);

        buf_drop(&driver.line, len + 1);
        obey(line, len);
        free(line);
    }
}

static json_t *argument(const char *text)
{
    char error[160] = "";
    json_t *json = jsonx_parse(text, strlen(text), error);

    if (!json) {
        fprintf(stderr, "mcp-driver: %s in %s\n", error, text);
        exit(EXIT_USAGE);
    }
    return json;
}

static void open_client(const json_t *definition, const json_t *options)
{
    char error[256];
    struct mcp_callbacks callbacks = {.ready = on_ready,
                                      .lost = on_lost,
                                      .changed = on_changed,
                                      .updated = on_updated,
                                      .log = on_log,
                                      .ask = on_ask,
                                      .ask_void = on_ask_void,
                                      .authorize = on_authorize};
    struct mcp_client_options client = {.loop = &driver.loop, .http = driver.http};

    driver.server = mcp_server_from_json(definition, error);
    if (!driver.server) {
        fprintf(stderr, "mcp-driver: %s\n", error);
        exit(EXIT_USAGE);
    }
    client.server = driver.server;
    client.era = jsonx_str(options, "era", NULL);
    client.root = jsonx_str(options, "root", NULL);
    client.token_file = driver.server->token_file;
    client.token_key = driver.server->token_file ? driver.server->token_key : NULL;
    client.can_ask = jsonx_bool(options, "can_ask", true);
    driver.client = mcp_client_open(&client, &callbacks);
}

int main(int argc, char **argv)
{
    json_t *definition, *options;

    if (argc > 1 && strcmp(argv[1], "launch") == 0)
        return shim_main(argc - 2, argv + 2);
    if (argc < 2) {
        fprintf(stderr, "usage: mcp-driver DEFINITION [OPTIONS]\n");
        return EXIT_USAGE;
    }
    log_init("mcp-driver");
    definition = argument(argv[1]);
    options = argument(argc > 2 ? argv[2] : "{}");
    buf_init(&driver.line, LINE_MAX_BYTES);
    uv_loop_init(&driver.loop);
    driver.http = http_open(&driver.loop);
    open_client(definition, options);
    uv_pipe_init(&driver.loop, &driver.in, 0);
    uv_pipe_open(&driver.in, STDIN_FILENO);
    uv_read_start((uv_stream_t *)&driver.in, on_alloc, on_read);
    uv_run(&driver.loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&driver.loop) != 0)
        fprintf(stderr, "mcp-driver: handles are left open\n");
    buf_free(&driver.line);
    json_decref(definition);
    json_decref(options);
    return 0;
}
