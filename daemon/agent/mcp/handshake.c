/* From a transport to a server that is ready, in the era that it speaks.
 *
 * Where the era is not remembered it is probed with server/discover, which legacy servers answer with any
 * error, or not at all, or by dying. So: whatever is no modern answer leads to initialize; a child that died
 * of the probe, or takes initialize badly after it, is started anew and not probed again; what is remembered
 * and turns out wrong is probed. start_over bounds all of it, but not the time that a person needs to sign
 * in. */
#include "daemon/agent/mcp/client_parts.h"
#include "daemon/agent/mcp/versions.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum {
    PROBE_MS = 5000, /* a child answers the probe within this, or half of its start deadline */
    HTTP_SSE_A = 400,
    HTTP_SSE_B = 404,
    HTTP_SSE_C = 405 /* what servers answer to an initialize that know only the older HTTP+SSE */
};

static void probe(struct mcp_client *client);
static void initialize(struct mcp_client *client);

static void restart(struct mcp_client *client, void (*then)(struct mcp_client *client))
{
    struct handshake *handshake = &client->handshake;

    handshake->probe = handshake->initialize = NULL; /* they end with the connection */
    deadline_clear(client->deadlines, &handshake->probe_over);
    handshake->dirty = handshake->fell_back = false;
    json_decref(handshake->discover);
    handshake->discover = NULL;
    client_connect(client);
    if (client->state == CLIENT_CONNECTING)
        then(client);
}

static bool is_falling_back_of_use(const struct mcp_client *client, const struct mcp_failure *failure)
{
    return client->is_http && client->connector.fall_back && !client->handshake.fell_back && failure &&
           (failure->status == HTTP_SSE_A || failure->status == HTTP_SSE_B || failure->status == HTTP_SSE_C);
}

static void fall_back(struct mcp_client *client)
{
    client->handshake.fell_back = true;
    client->connector.fall_back(rpc_transport(client->rpc));
    initialize(client);
}

/* --- ready --- */

static void keep(char **slot, const char *text, size_t max)
{
    size_t len = strlen(text);

    free(*slot);
    *slot = xstrndup(text, len > max ? utf8_cut(text, len, max) : len);
}

static void keep_info(struct mcp_client *client, const json_t *result, const json_t *server,
                      const char *version)
{
    const char *instructions = jsonx_str(result, "instructions", NULL);
    json_t *capabilities = jsonx_obj(result, "capabilities");

    keep(&client->name, jsonx_str(server, "name", ""), CLIENT_NAME_MAX);
    keep(&client->version, jsonx_str(server, "version", ""), CLIENT_NAME_MAX);
    free(client->instructions);
    client->instructions = NULL;
    if (instructions)
        keep(&client->instructions, instructions, CLIENT_INSTRUCTIONS_MAX);
    json_decref(client->capabilities);
    client->capabilities = capabilities ? json_incref(capabilities) : json_object();
    client->info = (struct mcp_info){.name = client->name,
                                     .version = client->version,
                                     .protocol = version,
                                     .modern = versions_is_modern(version),
                                     .instructions = client->instructions,
                                     .capabilities = client->capabilities};
    free(client->era);
    client->era = xstrdup(version);
}

static void ready(struct mcp_client *client)
{
    handshake_clear(client);
    client_is_ready(client);
}

static void ready_modern(struct mcp_client *client, const json_t *result)
{
    const json_t *server = jsonx_obj(jsonx_obj(result, "_meta"), "io.modelcontextprotocol/serverInfo");

    keep_info(client, result, server ? server : jsonx_obj(result, "serverInfo"), VERSIONS_MODERN);
    mcp_transport_agreed(rpc_transport(client->rpc), VERSIONS_MODERN, true);
    rpc_set_batches(client->rpc, false);
    ready(client);
}

static void ignore(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    (void)arg;
    (void)call;
    (void)answer;
}

static void restore_call(struct mcp_client *client, const char *method, const char *key, const char *value)
{
    json_t *params = json_object();
    struct rpc_order order = {.method = method, .params = params};

    jsonx_set_str(params, key, value);
    rpc_call(client->rpc, &order, ignore, NULL);
    json_decref(params);
}

/* What a session of before had been told. */
static void restore(struct mcp_client *client)
{
    const char *uri;
    json_t *value;

    if (!client->was_ready)
        return;
    json_object_foreach(client->subscribed, uri, value)
    {
        restore_call(client, "resources/subscribe", "uri", uri);
    }
    if (client->log_level && client_has(client, "logging", NULL))
        restore_call(client, "logging/setLevel", "level", client->log_level);
}

static void ready_legacy(struct mcp_client *client, const json_t *result)
{
    const char *version = jsonx_str(result, "protocolVersion", "");
    json_t *list;

    if (!versions_is_legacy(version)) {
        char *quoted = client_quote(version);

        client_fail(client, MCP_WHY_NONSENSE,
                    "it wants to speak version \"%s\" of MCP, which is not known here", quoted);
        free(quoted);
        return;
    }
    list = json_pack("[s]", version);
    keep_info(client, result, jsonx_obj(result, "serverInfo"), versions_choose(list));
    json_decref(list);
    mcp_transport_agreed(rpc_transport(client->rpc), client->info.protocol, false);
    rpc_set_batches(client->rpc, versions_has_batches(version));
    rpc_notify(client->rpc, "notifications/initialized", NULL);
    mcp_transport_listen(rpc_transport(client->rpc));
    restore(client);
    ready(client);
}

/* --- signing in --- */

/* Whether it waits now, or has failed. */
static bool signs_in(struct mcp_client *client, const struct rpc_answer *answer,
                     void (*again)(struct mcp_client *client))
{
    struct handshake *handshake = &client->handshake;
    char error[256];
    bool now;

    if (answer->outcome != RPC_FAILED || !sign_in_is_asked(client, answer->failure))
        return false;
    if (!sign_in_begin(client, answer->failure, client->sign_in.generation, &now, error)) {
        client_fail(client, MCP_WHY_REFUSED, "%s", error);
    } else if (now) {
        again(client);
    } else {
        handshake->signs_in = true;
        deadline_clear(client->deadlines, &handshake->start_over);
        request_start_clocks(client);
    }
    return true;
}

void handshake_signed_in(struct mcp_client *client, bool ok, const char *why)
{
    struct handshake *handshake = &client->handshake;

    if (!handshake->signs_in)
        return;
    handshake->signs_in = false;
    if (!ok) {
        client_fail(client, MCP_WHY_REFUSED, "nobody has signed in: %s", why ? why : "it was given up");
        return;
    }
    deadline_set(client->deadlines, &handshake->start_over, client->server->start_ms);
    if (handshake->step == HANDSHAKE_PROBING)
        probe(client);
    else
        initialize(client);
}

/* --- the probe --- */

/* The server has named the versions that it speaks. */
static void choose(struct mcp_client *client, const json_t *list, const json_t *discovered)
{
    const char *version = versions_choose(list);
    char *text, *quoted;

    if (discovered && versions_is_modern(version)) {
        ready_modern(client, discovered);
    } else if (version && !versions_is_modern(version)) {
        initialize(client);
    } else if (version && !client->handshake.asked_again) {
        client->handshake.asked_again = true; /* it refused what it offers: another instance of it, maybe */
        probe(client);
    } else {
        text = jsonx_dump(list, NULL);
        quoted = client_quote(text);
        client_fail(client, MCP_WHY_NONSENSE, "it speaks versions of MCP that are not known here: %s",
                    quoted);
        free(quoted);
        free(text);
    }
}

static void refused(struct mcp_client *client, const char *what, const struct rpc_answer *answer)
{
    char *said = client_quote(answer->message);

    if (answer->outcome == RPC_NONSENSE)
        client_fail(client, MCP_WHY_NONSENSE, "its answer to %s makes no sense: %s", what, said);
    else
        client_fail(client, MCP_WHY_REFUSED, "it answered %s with error %lld: %s", what,
                    (long long)answer->code, said);
    free(said);
}

static bool is_discovery(const struct rpc_answer *answer)
{
    return answer->outcome == RPC_RESULT && jsonx_arr(answer->result, "supportedVersions");
}

static void not_modern(struct mcp_client *client)
{
    client->handshake.dirty = !client->is_http;
    initialize(client);
}

/* Not even initialize would get through. */
static bool is_hopeless(const struct mcp_failure *failure)
{
    return failure->why == MCP_WHY_NOT_STARTED || failure->status == 401 || failure->status == 403;
}

static void on_probe(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    struct mcp_client *client = arg;
    struct handshake *handshake = &client->handshake;

    (void)call;
    handshake->probe = NULL;
    deadline_clear(client->deadlines, &handshake->probe_over);
    if (handshake->step != HANDSHAKE_PROBING) { /* late: of use if initialize comes to nothing */
        if (is_discovery(answer) &&
            versions_is_modern(versions_choose(jsonx_arr(answer->result, "supportedVersions"))))
            handshake->discover = json_incref(answer->result);
        return;
    }
    handshake->probed = true;
    if (signs_in(client, answer, probe))
        return;
    if (is_discovery(answer)) {
        choose(client, jsonx_arr(answer->result, "supportedVersions"), answer->result);
    } else if (answer->outcome == RPC_ERROR && answer->code == RPC_UNSUPPORTED_VERSION &&
               jsonx_arr(answer->data, "supported")) {
        choose(client, jsonx_arr(answer->data, "supported"), NULL);
    } else if (answer->outcome == RPC_ERROR &&
               (answer->code == RPC_HEADER_MISMATCH || answer->code == RPC_MISSING_CAPABILITY)) {
        refused(client, "server/discover", answer);
    } else if (answer->outcome == RPC_FAILED && is_hopeless(answer->failure)) {
        client_end(client, answer->failure);
    } else if (answer->outcome != RPC_FAILED || client->is_http) {
        not_modern(client);
    } /* else a child has ended, which is told by handshake_lost */
}

static void on_probe_over(void *arg)
{
    struct mcp_client *client = arg;

    client->handshake.probed = true;
    if (client->is_http)
        rpc_cancel(client->rpc, &client->handshake.probe, NULL);
    not_modern(client);
}

static void probe(struct mcp_client *client)
{
    struct handshake *handshake = &client->handshake;
    json_t *params = json_object();
    struct rpc_order order = {.method = "server/discover", .params = params};
    int64_t half = client->server->start_ms / 2;

    client_put_meta(client, params);
    handshake->step = HANDSHAKE_PROBING;
    handshake->probe = rpc_call(client->rpc, &order, on_probe, client);
    json_decref(params);
    /* a server that is known to be modern has all of its time to start */
    deadline_set(client->deadlines, &handshake->probe_over,
                 half > PROBE_MS && !versions_is_modern(client->era) ? PROBE_MS : half);
}

/* --- initialize --- */

static void on_initialize(void *arg, struct rpc_call *call, const struct rpc_answer *answer)
{
    struct mcp_client *client = arg;
    struct handshake *handshake = &client->handshake;
    bool says_modern = answer->outcome == RPC_ERROR && answer->code <= RPC_HEADER_MISMATCH &&
                       answer->code >= RPC_UNSUPPORTED_VERSION;

    (void)call;
    handshake->initialize = NULL;
    if (signs_in(client, answer, initialize))
        return;
    if (answer->outcome == RPC_RESULT) {
        ready_legacy(client, answer->result);
    } else if (!client->is_http && answer->outcome == RPC_FAILED) {
        if (answer->failure->why == MCP_WHY_NOT_STARTED)
            client_end(client, answer->failure); /* else it is lost, which follows */
    } else if (handshake->discover) {
        ready_modern(client, handshake->discover);
    } else if (!says_modern && is_falling_back_of_use(client, answer->failure)) {
        fall_back(client);
    } else if (handshake->dirty && !handshake->restarted) {
        handshake->restarted = true;
        restart(client, initialize);
    } else if (!handshake->probed) {
        restart(client, probe);
    } else if (answer->outcome == RPC_FAILED) {
        client_end(client, answer->failure);
    } else {
        refused(client, "initialize", answer);
    }
}

static void initialize(struct mcp_client *client)
{
    struct handshake *handshake = &client->handshake;
    json_t *params = json_object();
    struct rpc_order order = {.method = "initialize", .params = params};

    jsonx_set_str(params, "protocolVersion", VERSIONS_LEGACY);
    json_object_set_new(params, "capabilities", client_capabilities(client, false));
    json_object_set_new(params, "clientInfo", client_information());
    handshake->step = HANDSHAKE_INITIALIZING;
    handshake->initialize = rpc_call(client->rpc, &order, on_initialize, client);
    json_decref(params);
}

/* --- its life --- */

bool handshake_lost(struct mcp_client *client, const struct mcp_failure *failure)
{
    struct handshake *handshake = &client->handshake;

    if (client->is_http || (failure->why != MCP_WHY_CLOSED && failure->why != MCP_WHY_CRASHED))
        return false;
    if ((handshake->step == HANDSHAKE_PROBING || handshake->dirty) && !handshake->restarted) {
        handshake->restarted = handshake->probed = true;
        restart(client, initialize);
    } else if (!handshake->probed) {
        restart(client, probe);
    } else {
        return false;
    }
    return true;
}

static void on_start_over(void *arg)
{
    struct mcp_client *client = arg;

    client_fail(client, MCP_WHY_DEADLINE, "it was not ready within %.3g s",
                (double)client->server->start_ms / 1000);
}

static void begin(struct mcp_client *client, bool connected)
{
    struct handshake *handshake = &client->handshake;
    void (*first)(struct mcp_client *) = versions_is_legacy(client->era) ? initialize : probe;

    client->state = CLIENT_CONNECTING;
    handshake->probed = handshake->restarted = handshake->asked_again = false;
    deadline_set(client->deadlines, &handshake->start_over, client->server->start_ms);
    if (connected)
        first(client);
    else
        restart(client, first);
}

static void on_begin(void *arg)
{
    begin(arg, false);
}

void handshake_init(struct mcp_client *client)
{
    struct handshake *handshake = &client->handshake;

    handshake->begin = (struct deadline){.ring = on_begin, .arg = client};
    handshake->probe_over = (struct deadline){.ring = on_probe_over, .arg = client};
    handshake->start_over = (struct deadline){.ring = on_start_over, .arg = client};
    deadline_set(client->deadlines, &handshake->begin, 0);
}

void handshake_again(struct mcp_client *client)
{
    if (client->state != CLIENT_READY)
        return;
    listening_clear(client);
    if (client->connector.forget)
        client->connector.forget(rpc_transport(client->rpc));
    begin(client, true);
}

void handshake_clear(struct mcp_client *client)
{
    struct handshake *handshake = &client->handshake;

    if (client->rpc) {
        rpc_cancel(client->rpc, &handshake->probe, NULL);
        rpc_cancel(client->rpc, &handshake->initialize, NULL);
    }
    handshake->probe = handshake->initialize = NULL;
    handshake->step = HANDSHAKE_IDLE;
    handshake->signs_in = false;
    json_decref(handshake->discover);
    handshake->discover = NULL;
    deadline_clear(client->deadlines, &handshake->begin);
    deadline_clear(client->deadlines, &handshake->probe_over);
    deadline_clear(client->deadlines, &handshake->start_over);
}
