/* A server over HTTP that wants to know who calls it: what it answers 401 or 403 is sent again once oauth.h
 * has a token for it. An Authorization header in the configuration is somebody's own business: then there is
 * nothing to sign in with. */
#include "daemon/agent/mcp/client_parts.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char authorization[] = "authorization:";

static void on_open(void *arg, const char *url, const char *redirect_uri)
{
    struct mcp_client *client = arg;

    if (client->state >= CLIENT_LOST)
        return;
    client->callbacks.authorize(client->callbacks.arg, url, redirect_uri, false);
}

static void on_done(void *arg, bool ok, const char *why)
{
    struct mcp_client *client = arg;

    if (client->state >= CLIENT_LOST)
        return;
    client->sign_in.running = false;
    sign_in_bearer(client);
    client->callbacks.authorize(client->callbacks.arg, ok ? "" : NULL, NULL, true);
    if (client->state < CLIENT_LOST)
        handshake_signed_in(client, ok, why);
    if (client->state < CLIENT_LOST)
        request_signed_in(client, ok, why);
}

static void on_renewed(void *arg)
{
    struct mcp_client *client = arg;

    if (client->state < CLIENT_LOST)
        sign_in_bearer(client);
}

void sign_in_open(struct mcp_client *client, const struct mcp_client_options *options)
{
    static const struct oauth_callbacks callbacks = {on_open, on_done, on_renewed};
    const struct mcp_server *server = client->server;
    struct oauth_options oauth = {.loop = options->loop,
                                  .http = options->http,
                                  .server_url = server->url,
                                  .client_id = server->client_id,
                                  .client_secret = server->client_secret,
                                  .metadata_url = server->metadata_url,
                                  .scope = server->oauth_scope,
                                  .file = options->token_file,
                                  .key = options->token_key,
                                  .redirect_port = server->redirect_port};

    const char *name;
    json_t *value;

    if (!server->url || options->connector)
        return;
    for (char **header = server->headers; header && *header; header++)
        if (strncasecmp(*header, authorization, sizeof authorization - 1) == 0)
            return;
    json_object_foreach(server->secret_headers, name, value)
    {
        if (strncasecmp(name, authorization, sizeof authorization - 2) == 0 &&
            strlen(name) == sizeof authorization - 2)
            return;
    }
    client->sign_in.oauth = oauth_open(&oauth, &callbacks, client);
}

static void forget_bearer(struct sign_in *sign_in)
{
    if (sign_in->bearer)
        explicit_bzero(sign_in->bearer, strlen(sign_in->bearer));
    free(sign_in->bearer);
    sign_in->bearer = NULL;
}

void sign_in_close(struct mcp_client *client)
{
    oauth_close(&client->sign_in.oauth);
    forget_bearer(&client->sign_in);
}

void sign_in_bearer(struct mcp_client *client)
{
    struct sign_in *sign_in = &client->sign_in;
    const char *bearer = sign_in->oauth ? oauth_bearer(sign_in->oauth) : NULL;

    if (!client->rpc || !rpc_transport(client->rpc))
        return;
    if (bearer == NULL ? !sign_in->bearer : sign_in->bearer && strcmp(bearer, sign_in->bearer) == 0)
        return;
    forget_bearer(sign_in);
    sign_in->bearer = xstrdup_null(bearer);
    sign_in->generation++;
    mcp_transport_set_bearer(rpc_transport(client->rpc), bearer);
}

void sign_in_attach(struct mcp_client *client)
{
    forget_bearer(&client->sign_in);
    sign_in_bearer(client);
}

bool sign_in_is_asked(const struct mcp_client *client, const struct mcp_failure *failure)
{
    return client->sign_in.oauth && failure->why == MCP_WHY_REFUSED &&
           (failure->status == 401 || (failure->status == 403 && failure->challenge));
}

bool sign_in_begin(struct mcp_client *client, const struct mcp_failure *failure, int generation, bool *now,
                   char error[256])
{
    struct sign_in *sign_in = &client->sign_in;

    sign_in_bearer(client);
    *now = !sign_in->running && generation < sign_in->generation && sign_in->bearer;
    if (*now)
        return true;
    if (!oauth_challenge(sign_in->oauth, failure->status, failure->challenge, error))
        return false;
    sign_in->running = true;
    return true;
}

bool mcp_client_redirected(struct mcp_client *client, const char *url, char error[256])
{
    if (client->sign_in.oauth)
        return oauth_redirected(client->sign_in.oauth, url, error);
    snprintf(error, 256, "no sign-in to this server is under way");
    return false;
}
