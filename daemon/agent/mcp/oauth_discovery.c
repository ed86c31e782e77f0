/* Two rounds of one kind: places for the resource's metadata, then for its authorization server's. A place
 * that answers 4xx, or with no JSON object, has no document, and the next one is tried; one that can't be
 * reached, or whose document is wrong, ends it: to go on would let whoever breaks the first place choose the
 * second. */
#include "daemon/agent/mcp/oauth_discovery.h"
#include "daemon/agent/mcp/oauth_fetch.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES_MAX = 3 };

struct oauth_discovery {
    struct http *http;
    struct oauth_fetch *fetch;
    char *server_url, *preferred;
    struct oauth_url url; /* of server_url */
    bool named;           /* the challenge named the place */
    bool own;             /* no resource metadata: the server's origin is its authorization server */
    struct oauth_discovered found;
    char *places[PLACES_MAX];
    int count, at;
    void (*done)(void *arg, struct oauth_discovered *found, const char *error);
    void *arg;
};

static void fetch_place(struct oauth_discovery *discovery);
static void look_for_server(struct oauth_discovery *discovery, const struct oauth_url *issuer);

static void clear_places(struct oauth_discovery *discovery)
{
    for (int i = 0; i < discovery->count; i++)
        free(discovery->places[i]);
    discovery->count = discovery->at = 0;
}

static void discovery_free(struct oauth_discovery *discovery)
{
    clear_places(discovery);
    oauth_resource_free(&discovery->found.resource);
    oauth_server_free(&discovery->found.server);
    free(discovery->server_url);
    free(discovery->preferred);
    free(discovery);
}

/* error NULL: it is found. */
static void finish(struct oauth_discovery *discovery, const char *error)
{
    discovery->done(discovery->arg, error ? NULL : &discovery->found, error);
    discovery_free(discovery);
}

/* --- the resource --- */

/* Before there was resource metadata, a server's origin was its authorization server. */
static void take_own(struct oauth_discovery *discovery)
{
    struct oauth_resource *resource = &discovery->found.resource;
    bool root = discovery->url.path_len <= 1;
    char *origin = oauth_url_origin(&discovery->url);

    discovery->own = true;
    resource->resource = root
                             ? xstrdup(origin)
                             : xasprintf("%s%.*s", origin, (int)discovery->url.path_len, discovery->url.path);
    resource->issuer = origin;
    look_for_server(discovery, &discovery->url);
}

static bool take_resource(struct oauth_discovery *discovery, const json_t *document,
                          char error[OAUTH_ERROR_MAX])
{
    struct oauth_url issuer;

    if (!oauth_metadata_resource(document, discovery->server_url, discovery->preferred,
                                 &discovery->found.resource, error))
        return false;
    oauth_url_parse(discovery->found.resource.issuer, &issuer); /* it was looked at */
    look_for_server(discovery, &issuer);
    return true;
}

/* --- the authorization server --- */

static void look_for_server(struct oauth_discovery *discovery, const struct oauth_url *issuer)
{
    bool path = !discovery->own && issuer->path_len > 1;

    clear_places(discovery);
    discovery->places[discovery->count++] =
        oauth_url_well_known(issuer, "oauth-authorization-server", path, false);
    discovery->places[discovery->count++] = oauth_url_well_known(issuer, "openid-configuration", path, false);
    if (path)
        discovery->places[discovery->count++] =
            oauth_url_well_known(issuer, "openid-configuration", true, true);
    fetch_place(discovery);
}

/* --- both --- */

static void no_place_left(struct oauth_discovery *discovery)
{
    char error[OAUTH_ERROR_MAX];

    if (!discovery->found.resource.issuer) {
        take_own(discovery);
    } else if (discovery->own) {
        oauth_metadata_default(discovery->found.resource.issuer, &discovery->found.server);
        finish(discovery, NULL);
    } else {
        snprintf(error, sizeof error, "the authorization server %.150s publishes no metadata",
                 oauth_url_shown(discovery->found.resource.issuer));
        finish(discovery, error);
    }
}

static void on_fetched(void *arg, const struct oauth_fetched *fetched)
{
    struct oauth_discovery *discovery = arg;
    struct oauth_resource *resource = &discovery->found.resource;
    char error[OAUTH_ERROR_MAX];
    bool absent = fetched->status / 100 == 4 || (fetched->status / 100 == 2 && !fetched->json);

    discovery->fetch = NULL;
    if (fetched->status / 100 == 2 && fetched->json) {
        if (!resource->issuer) {
            if (!take_resource(discovery, fetched->json, error))
                finish(discovery, error);
            return;
        }
        bool ok = oauth_metadata_server(fetched->json, resource->issuer, discovery->own,
                                        oauth_url_reach(&discovery->url), &discovery->found.server, error);
        finish(discovery, ok ? NULL : error);
        return;
    }
    if (absent && !(discovery->named && !resource->issuer)) {
        if (++discovery->at < discovery->count)
            fetch_place(discovery);
        else
            no_place_left(discovery);
        return;
    }
    snprintf(error, sizeof error, "%.120s %.120s", oauth_url_shown(discovery->places[discovery->at]),
             fetched->why);
    finish(discovery, error);
}

static void fetch_place(struct oauth_discovery *discovery)
{
    static char accept[] = "Accept: application/json";
    char *const headers[] = {accept, NULL};

    discovery->fetch = oauth_fetch_start(discovery->http, discovery->places[discovery->at], headers, NULL,
                                         on_fetched, discovery);
}

struct oauth_discovery *
oauth_discovery_start(struct http *http, const struct oauth_discovery_options *options,
                      void (*done)(void *arg, struct oauth_discovered *found, const char *error), void *arg)
{
    struct oauth_discovery *discovery = xcalloc(1, sizeof *discovery);

    discovery->http = http;
    discovery->done = done;
    discovery->arg = arg;
    discovery->server_url = xstrdup(options->server_url);
    discovery->preferred = xstrdup_null(options->preferred);
    oauth_url_parse(discovery->server_url, &discovery->url); /* the caller has looked at it */
    if (options->resource_metadata) {
        discovery->named = true;
        discovery->places[discovery->count++] = xstrdup(options->resource_metadata);
    } else if (!options->old_server) {
        if (discovery->url.path_len > 1)
            discovery->places[discovery->count++] =
                oauth_url_well_known(&discovery->url, "oauth-protected-resource", true, false);
        discovery->places[discovery->count++] =
            oauth_url_well_known(&discovery->url, "oauth-protected-resource", false, false);
    }
    if (discovery->count > 0)
        fetch_place(discovery);
    else
        take_own(discovery);
    return discovery;
}

void oauth_discovery_cancel(struct oauth_discovery **discovery)
{
    struct oauth_discovery *cancelled = *discovery;

    *discovery = NULL;
    if (!cancelled)
        return;
    oauth_fetch_cancel(&cancelled->fetch);
    discovery_free(cancelled);
}
