/* The steps of an attempt that need nobody: discovery, which client we are, and refresh. */
#include "daemon/agent/mcp/oauth_parts.h"
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORM_MAX = 64 << 10 };

/* --- the token endpoint --- */

void oauth_attempt_post(struct oauth_attempt *attempt, struct buf *form,
                        void (*done)(void *arg, const struct oauth_fetched *fetched))
{
    static char type[] = "Content-Type: application/x-www-form-urlencoded",
                accept[] = "Accept: application/json";
    struct oauth *oauth = attempt->oauth;
    char *authorization;
    bool ok = oauth_token_form(form, &oauth->accounts.list[0].client, attempt->found.resource.resource,
                               &authorization);
    char *const headers[] = {type, accept, authorization, NULL};

    if (ok)
        attempt->fetch =
            oauth_fetch_start(oauth->http, attempt->found.server.token, headers, form->data, done, attempt);
    oauth_secret_wipe(&authorization);
    oauth_secret_wipe_buf(form);
    if (!ok)
        oauth_attempt_end(attempt, false, "the request for a token would be too large");
}

void oauth_attempt_blame(struct oauth_attempt *attempt, const struct oauth_fetched *fetched)
{
    const char *name = oauth_error_name(jsonx_str(fetched->json, "error", ""));

    oauth_attempt_fail(attempt, "the authorization server %.100s %.100s%s%s%s",
                       oauth_url_shown(attempt->found.server.issuer), fetched->why, *name ? " (" : "", name,
                       *name ? ")" : "");
}

bool oauth_attempt_take(struct oauth_attempt *attempt, const struct oauth_fetched *fetched, const char *asked)
{
    struct oauth *oauth = attempt->oauth;
    struct oauth_account *account = &oauth->accounts.list[0];
    char error[OAUTH_ERROR_MAX];

    if (oauth_token_read(fetched->json, asked, clock_wall_ms(), &account->token, error))
        return true;
    oauth_attempt_fail(attempt, "the authorization server %.100s %s", oauth_url_shown(account->issuer),
                       error);
    return false;
}

/* --- refresh --- */

/* Whether another process has put a token into the file that is not the one we have to replace. */
static bool have_other_token(struct oauth_attempt *attempt)
{
    struct oauth *oauth = attempt->oauth;
    const char *token;

    oauth_load(oauth);
    token = oauth_token_now(oauth);
    return token && (!attempt->refused || strcmp(token, attempt->refused) != 0);
}

static void on_refreshed(void *arg, const struct oauth_fetched *fetched)
{
    struct oauth_attempt *attempt = arg;
    struct oauth *oauth = attempt->oauth;

    attempt->fetch = NULL;
    if (fetched->status / 100 == 2 && fetched->json) {
        const struct oauth_account *account = &oauth->accounts.list[0];
        char *before = xstrdup_null(account->token.scope);
        bool ok = oauth_attempt_take(attempt, fetched, before);

        free(before);
        if (!ok)
            return;
        oauth->refreshed_ms = clock_steady_ms();
        oauth_save(oauth);
        oauth_attempt_end(attempt, true, NULL);
        return;
    }
    if (fetched->status / 100 != 4) {
        oauth_attempt_blame(attempt, fetched);
        return;
    }
    if (have_other_token(attempt)) { /* it was quicker, and ours is spent */
        oauth_attempt_end(attempt, true, NULL);
        return;
    }
    struct oauth_account *account = oauth_accounts_use(&oauth->accounts, attempt->found.server.issuer);

    if (account->client.redirect_uri && strcmp(jsonx_str(fetched->json, "error", ""), "invalid_client") == 0)
        oauth_client_free(&account->client); /* it is not known there any more */
    oauth_secret_wipe(&account->token.refresh);
    if (attempt->asked)
        oauth_secret_wipe(&account->token.access);
    oauth_save(oauth);
    if (attempt->asked)
        oauth_attempt_ask(attempt);
    else
        oauth_attempt_blame(attempt, fetched);
}

static void refresh(struct oauth_attempt *attempt)
{
    struct buf form;

    buf_init(&form, FORM_MAX);
    oauth_form_put(&form, "grant_type", "refresh_token");
    oauth_form_put(&form, "refresh_token", attempt->oauth->accounts.list[0].token.refresh);
    oauth_attempt_post(attempt, &form, on_refreshed);
}

/* A token that came by a refresh just now, and is refused, would only be refused again. */
static bool can_refresh(const struct oauth_attempt *attempt)
{
    const struct oauth *oauth = attempt->oauth;
    const struct oauth_account *account = &oauth->accounts.list[0];
    bool just_now = oauth->refreshed_ms && clock_steady_ms() - oauth->refreshed_ms < OAUTH_RENEW_MS;

    return account->token.refresh && account->client.id && !attempt->step_up &&
           !(attempt->refused && just_now);
}

/* --- discovery --- */

void oauth_attempt_own_client(struct oauth_attempt *attempt)
{
    const struct oauth *oauth = attempt->oauth;
    struct oauth_account *account = &attempt->oauth->accounts.list[0];

    if (account->client.id && strcmp(account->client.id, oauth->client_id) != 0)
        oauth_token_free(&account->token); /* they are another client's */
    oauth_client_free(&account->client);
    account->client.id = xstrdup(oauth->client_id);
    account->client.secret = xstrdup_null(oauth->client_secret);
    account->client.auth = oauth_client_auth(&attempt->found.server, account->client.secret != NULL);
}

/* Where the client id of the configuration is known: by the configuration, or by its first use. */
static const char *own_issuer(const struct oauth *oauth)
{
    if (!oauth->client_id)
        return NULL;
    if (oauth->issuer)
        return oauth->issuer;
    for (size_t i = 0; i < oauth->accounts.count; i++) {
        const struct oauth_client *client = &oauth->accounts.list[i].client;

        if (client->id && !client->redirect_uri && strcmp(client->id, oauth->client_id) == 0)
            return oauth->accounts.list[i].issuer;
    }
    return NULL;
}

static void on_discovered(void *arg, struct oauth_discovered *found, const char *error)
{
    struct oauth_attempt *attempt = arg;
    struct oauth *oauth = attempt->oauth;
    const char *own = own_issuer(oauth);

    attempt->discovery = NULL;
    if (!found) {
        oauth_attempt_end(attempt, false, error);
        return;
    }
    attempt->found = *found;
    *found = (struct oauth_discovered){0};
    if (own && strcmp(own, attempt->found.server.issuer) != 0) {
        char *shown = xstrdup(oauth_url_shown(own));

        oauth_attempt_fail(attempt,
                           "the server uses the authorization server %.80s, but the client id of the "
                           "configuration is registered with %.80s",
                           oauth_url_shown(attempt->found.server.issuer), shown);
        free(shown);
        return;
    }
    oauth_accounts_use(&oauth->accounts, attempt->found.server.issuer);
    if (oauth->client_id)
        oauth_attempt_own_client(attempt);
    if (can_refresh(attempt))
        refresh(attempt);
    else if (attempt->asked)
        oauth_attempt_ask(attempt);
    else
        oauth_attempt_end(attempt, false, "the token can't be renewed without a person");
}

void oauth_attempt_begin(struct oauth_attempt *attempt)
{
    struct oauth *oauth = attempt->oauth;
    const char *own;

    if (!attempt->step_up && have_other_token(attempt)) {
        oauth_attempt_end(attempt, true, NULL);
        return;
    }
    own = own_issuer(oauth);
    if (!own && oauth->accounts.count)
        own = oauth->accounts.list[0].issuer;

    struct oauth_discovery_options options = {.server_url = oauth->server_url,
                                              .resource_metadata = attempt->resource_metadata,
                                              .preferred = own,
                                              .old_server = oauth->old_server};
    attempt->discovery = oauth_discovery_start(oauth->http, &options, on_discovered, attempt);
}
