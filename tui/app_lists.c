/* What the daemon lists and more than one file wants: models, MCP servers. Asked for when somebody looks, and
 * again when that was long ago. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/app_private.h"
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 10000, STALE_MS = 30000 };

struct listing { /* what the daemon lists */
    json_t *list;
    int64_t asked_at; /* steady ms; 0: never */
    bool asking;
};

struct lists {
    struct listing models, servers;
    char servers_of[ID_MAX]; /* session */
};

static void answered(struct app *app, struct listing *listing, const char *member, enum err code, json_t *ok)
{
    listing->asking = false;
    if (code != ERR_OK)
        return;
    json_decref(listing->list);
    listing->list = json_incref(jsonx_arr(ok, member));
    app_complete_again(app);
    app_changed(app);
}

static void on_models(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;

    (void)text;
    answered(app, &app->lists->models, "models", code, ok);
    app_picker_models(app);
}

static void on_servers(void *arg, enum err code, const char *text, json_t *ok)
{
    struct app *app = arg;

    (void)text;
    answered(app, &app->lists->servers, "servers", code, ok);
}

static bool is_stale(struct listing *listing)
{
    int64_t now = clock_steady_ms();

    if (listing->asking || (listing->asked_at && now - listing->asked_at < STALE_MS))
        return false;
    listing->asking = true;
    listing->asked_at = now;
    return true;
}

const json_t *app_models(struct app *app)
{
    struct listing *models = &app->lists->models;

    if (app->ui.link == CLIENT_READY && is_stale(models))
        client_request(app->client, METHOD_MODEL_LIST, NULL, NULL, ANSWER_MS, on_models, app);
    return models->list;
}

const json_t *app_servers(struct app *app)
{
    struct lists *lists = app->lists;

    if (strcmp(lists->servers_of, app->ui.session) != 0 && !lists->servers.asking) {
        json_decref(lists->servers.list);
        lists->servers = (struct listing){.list = NULL};
        memcpy(lists->servers_of, app->ui.session, ID_MAX);
    }
    if (app->ui.link == CLIENT_READY && strcmp(lists->servers_of, app->ui.session) == 0 &&
        is_stale(&lists->servers))
        client_request(app->client, METHOD_MCP_SERVERS, app->ui.session, NULL, ANSWER_MS, on_servers, app);
    return strcmp(lists->servers_of, app->ui.session) == 0 ? lists->servers.list : NULL;
}

void app_lists_open(struct app *app)
{
    app->lists = xcalloc(1, sizeof *app->lists);
}

void app_lists_close(struct app *app)
{
    json_decref(app->lists->models.list);
    json_decref(app->lists->servers.list);
    free(app->lists);
    app->lists = NULL;
}
