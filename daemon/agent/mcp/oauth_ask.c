/* The steps of an attempt that need a person: a place to come back to, a client id, the browser, and the
 * exchange of the code that it brings for a token. What comes back is believed only if its state is ours, and
 * read only if its issuer is the one that we sent the person to. */
#include "daemon/agent/mcp/oauth_parts.h"
#include "daemon/agent/mcp/oauth_scope.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_MAX = 16 << 10, FORM_MAX = 64 << 10 };

/* --- the exchange --- */

static void on_exchanged(void *arg, const struct oauth_fetched *fetched)
{
    struct oauth_attempt *attempt = arg;
    struct oauth *oauth = attempt->oauth;
    struct oauth_account *account = &oauth->accounts.list[0];

    attempt->fetch = NULL;
    if (fetched->status / 100 != 2 || !fetched->json) {
        if (account->client.redirect_uri &&
            strcmp(jsonx_str(fetched->json, "error", ""), "invalid_client") == 0) {
            oauth_client_free(&account->client); /* the next attempt registers anew */
            oauth_save(oauth);
        }
        oauth_attempt_blame(attempt, fetched);
        return;
    }
    oauth_token_free(&account->token);
    if (!oauth_attempt_take(attempt, fetched, attempt->scope))
        return;
    free(account->asked);
    account->asked = attempt->scope;
    attempt->scope = NULL;
    oauth->refreshed_ms = 0;
    oauth_save(oauth);
    oauth_attempt_end(attempt, true, NULL);
}

static void exchange(struct oauth_attempt *attempt)
{
    struct buf form;

    if (attempt->why[0]) {
        oauth_attempt_fail(attempt, "%s", attempt->why);
        return;
    }
    buf_init(&form, FORM_MAX);
    oauth_form_put(&form, "grant_type", "authorization_code");
    oauth_form_put(&form, "code", attempt->code);
    oauth_form_put(&form, "redirect_uri", attempt->redirect_uri);
    oauth_form_put(&form, "code_verifier", attempt->verifier);
    oauth_attempt_post(attempt, &form, on_exchanged);
}

/* --- the redirect --- */

/* RFC 9207: one that is there must be the recorded one, to the byte; one that was promised must be there. */
static bool issuer_is_right(const struct oauth_attempt *attempt, const char *query)
{
    bool right;
    int times;
    char *issuer = oauth_form_get(query, "iss", &times);

    if (!issuer)
        return times == 0 && !attempt->found.server.says_issuer;
    right = strcmp(issuer, attempt->found.server.issuer) == 0;
    free(issuer);
    return right;
}

enum oauth_page oauth_attempt_redirected(void *arg, const char *query)
{
    struct oauth_attempt *attempt = arg;
    char *state = oauth_form_get(query, "state", NULL), *refused, *code;
    bool ours = state && attempt->state[0] && oauth_secret_same(state, attempt->state);
    const char *issuer = attempt->found.server.issuer;

    oauth_secret_wipe(&state);
    if (!ours)
        return OAUTH_PAGE_STRANGE;
    attempt->state[0] = '\0'; /* it is good for one */
    refused = oauth_form_get(query, "error", NULL);
    code = oauth_form_get(query, "code", NULL);
    if (!issuer_is_right(attempt, query)) {
        snprintf(attempt->why, sizeof attempt->why,
                 "the answer to the sign-in does not come from the authorization server %.120s",
                 oauth_url_shown(issuer));
    } else if (refused) {
        const char *name = oauth_error_name(refused);

        snprintf(attempt->why, sizeof attempt->why, "the authorization server %.100s refused: %s",
                 oauth_url_shown(issuer), *name ? name : "an error without a plain name");
    } else if (!code) {
        snprintf(attempt->why, sizeof attempt->why, "the authorization server %.100s gave no code",
                 oauth_url_shown(issuer));
    } else {
        attempt->code = code;
        code = NULL;
    }
    free(refused);
    oauth_secret_wipe(&code);
    oauth_attempt_then(attempt, exchange);
    return attempt->why[0] ? OAUTH_PAGE_FAILED : OAUTH_PAGE_DONE;
}

/* --- the browser --- */

/* What is asked for from now on in attempt->scope: what the configuration says, else the challenge, else the
 * resource; with all that was asked for before, so that nothing is lost. offline_access is the authorization
 * server's to offer. */
static void choose_scope(struct oauth_attempt *attempt)
{
    const struct oauth *oauth = attempt->oauth;
    const struct oauth_account *account = &oauth->accounts.list[0];
    const char *first = attempt->scope ? attempt->scope : attempt->found.resource.scope;
    char *scope = oauth_scope_union(account->asked, oauth->scope ? oauth->scope : first), *more;

    if (oauth->scope && attempt->step_up) {
        more = oauth_scope_union(scope, attempt->scope);
        free(scope);
        scope = more;
    }
    if (!oauth->scope && scope) {
        bool offered = oauth_scope_has(attempt->found.server.scope, "offline_access");

        more = offered ? oauth_scope_union(scope, "offline_access")
                       : oauth_scope_without(scope, "offline_access");
        free(scope);
        scope = more;
    }
    free(attempt->scope);
    attempt->scope = scope;
}

static void open_browser(struct oauth_attempt *attempt)
{
    const struct oauth_server *server = &attempt->found.server;
    const struct oauth_account *account = &attempt->oauth->accounts.list[0];
    char challenge[OAUTH_SECRET_LEN + 1];
    struct buf url;
    bool ok;

    oauth_secret_make(attempt->verifier);
    oauth_secret_make(attempt->state);
    oauth_secret_challenge(attempt->verifier, challenge);
    buf_init(&url, URL_MAX);
    ok = buf_puts(&url, server->authorization) &&
         (strchr(server->authorization, '?') || buf_putc(&url, '?')) &&
         oauth_form_put(&url, "response_type", "code") &&
         oauth_form_put(&url, "client_id", account->client.id) &&
         oauth_form_put(&url, "redirect_uri", attempt->redirect_uri) &&
         oauth_form_put(&url, "state", attempt->state) && oauth_form_put(&url, "code_challenge", challenge) &&
         oauth_form_put(&url, "code_challenge_method", "S256") &&
         oauth_form_put(&url, "resource", attempt->found.resource.resource);
    if (ok && attempt->scope)
        ok = oauth_form_put(&url, "scope", attempt->scope);
    if (ok && oauth_scope_has(attempt->scope, "offline_access"))
        ok = oauth_form_put(&url, "prompt", "consent"); /* OpenID gives it only then */
    if (ok)
        attempt->oauth->callbacks.open(attempt->oauth->arg, url.data, attempt->redirect_uri);
    else
        oauth_attempt_end(attempt, false, "the address of the sign-in would be too long");
    buf_free(&url);
}

/* --- the client --- */

static void on_registered(void *arg, const struct oauth_fetched *fetched)
{
    struct oauth_attempt *attempt = arg;
    struct oauth *oauth = attempt->oauth;
    const struct oauth_server *server = &attempt->found.server;
    char error[OAUTH_ERROR_MAX];

    attempt->fetch = NULL;
    if (fetched->status / 100 != 2 || !fetched->json) {
        const char *name = oauth_error_name(jsonx_str(fetched->json, "error", ""));

        oauth_attempt_fail(attempt, "the authorization server %.80s did not register us: it %.80s%s%s%s",
                           oauth_url_shown(server->issuer), fetched->why, *name ? " (" : "", name,
                           *name ? ")" : "");
        return;
    }
    if (!oauth_register_read(fetched->json, server, attempt->redirect_uri, &oauth->accounts.list[0].client,
                             error)) {
        oauth_attempt_fail(attempt, "the authorization server %.100s %s", oauth_url_shown(server->issuer),
                           error);
        return;
    }
    oauth_save(oauth);
    open_browser(attempt);
}

static void register_client(struct oauth_attempt *attempt)
{
    static char type[] = "Content-Type: application/json", accept[] = "Accept: application/json";
    char *const headers[] = {type, accept, NULL};
    const struct oauth_server *server = &attempt->found.server;
    char *body;

    if (!server->registration) {
        oauth_attempt_fail(attempt,
                           "the authorization server %.100s registers nobody by itself: register stoa there, "
                           "and set client_id for this server",
                           oauth_url_shown(server->issuer));
        return;
    }
    body = oauth_register_body(server, attempt->redirect_uri, attempt->scope);
    attempt->fetch =
        oauth_fetch_start(attempt->oauth->http, server->registration, headers, body, on_registered, attempt);
    free(body);
}

/* A document's URL must be https and have a path to be a client id. */
static bool is_client_id(const char *url)
{
    struct oauth_url parsed;

    return url && oauth_url_parse(url, &parsed) && parsed.https && parsed.path_len > 1;
}

static void choose_client(struct oauth_attempt *attempt)
{
    const struct oauth *oauth = attempt->oauth;
    const struct oauth_server *server = &attempt->found.server;
    struct oauth_client *client = &attempt->oauth->accounts.list[0].client;

    if (oauth->client_id) {
        oauth_attempt_own_client(attempt);
    } else if (server->takes_documents && is_client_id(oauth->metadata_url)) {
        oauth_client_free(client);
        client->id = xstrdup(oauth->metadata_url);
    } else if (!client->id || !client->redirect_uri ||
               strcmp(client->redirect_uri, attempt->redirect_uri) != 0) {
        register_client(attempt);
        return;
    }
    open_browser(attempt);
}

/* --- the place to come back to --- */

/* The port of the registration that is there, which is good for no other; 0: none. */
static int known_port(const struct oauth_client *client)
{
    struct oauth_url url;

    return client->redirect_uri && oauth_url_parse(client->redirect_uri, &url) ? url.port : 0;
}

void oauth_attempt_ask(struct oauth_attempt *attempt)
{
    struct oauth *oauth = attempt->oauth;
    int port = oauth->redirect_port ? oauth->redirect_port : known_port(&oauth->accounts.list[0].client);
    char error[OAUTH_WHY_MAX];

    attempt->listener = oauth_listener_open(oauth->loop, port, oauth_attempt_redirected, attempt, error);
    if (!attempt->listener && port != 0 && !oauth->redirect_port)
        attempt->listener = oauth_listener_open(oauth->loop, 0, oauth_attempt_redirected, attempt, error);
    if (!attempt->listener) {
        oauth_attempt_end(attempt, false, error);
        return;
    }
    attempt->redirect_uri = xstrdup(oauth_listener_uri(attempt->listener));
    choose_scope(attempt);
    choose_client(attempt);
}
