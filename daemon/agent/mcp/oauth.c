/* The whole and its life: what is kept, when an attempt begins, and what its end means. At most one attempt
 * runs; it is freed by the loop, when its timers are closed, and ends only from there. */
#include "daemon/agent/mcp/oauth.h"
#include "daemon/agent/mcp/oauth_challenge.h"
#include "daemon/agent/mcp/oauth_parts.h"
#include "daemon/agent/mcp/oauth_scope.h"
#include "shared/clock.h"
#include "shared/log.h"
#include "shared/xalloc.h"
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(char error[OAUTH_WHY_MAX], const char *why)
{
    snprintf(error, OAUTH_WHY_MAX, "%s", why);
    return false;
}

/* --- what is kept --- */

void oauth_load(struct oauth *oauth)
{
    struct oauth_accounts accounts = {0};
    json_t *json;

    if (!oauth->file || oauth->unsaved)
        return;
    json = oauth_file_read(oauth->file, oauth->key);
    if (json && oauth_accounts_read(json, oauth->server_url, &accounts)) {
        oauth_accounts_free(&oauth->accounts);
        oauth->accounts = accounts;
    } else if (json) {
        log_warn("oauth", "%s is of another server or version: its tokens are not used", oauth->file);
    }
    oauth_secret_wipe_json(json);
    json_decref(json);
}

void oauth_save(struct oauth *oauth)
{
    json_t *json;

    if (!oauth->file)
        return;
    json = oauth_accounts_json(&oauth->accounts, oauth->server_url);
    oauth->unsaved = !oauth_file_write(oauth->file, oauth->key, json);
    oauth_secret_wipe_json(json);
    json_decref(json);
}

const char *oauth_token_now(const struct oauth *oauth)
{
    const struct oauth_token *token = oauth->accounts.count ? &oauth->accounts.list[0].token : NULL;

    if (!token || !token->access || (token->expires_ms && token->expires_ms <= clock_wall_ms()))
        return NULL;
    return token->access;
}

/* --- the attempt's life --- */

static void on_closed(uv_handle_t *handle)
{
    struct oauth_attempt *attempt = handle->data;

    if (--attempt->handles == 0)
        free(attempt);
}

/* Cancels all of it; the memory stays until the loop has closed the timers. */
static void detach(struct oauth_attempt *attempt, bool at_once)
{
    attempt->oauth->attempt = NULL;
    attempt->oauth = NULL;
    oauth_discovery_cancel(&attempt->discovery);
    oauth_fetch_cancel(&attempt->fetch);
    oauth_listener_close(&attempt->listener, at_once);
    oauth_resource_free(&attempt->found.resource);
    oauth_server_free(&attempt->found.server);
    oauth_secret_wipe(&attempt->refused);
    oauth_secret_wipe(&attempt->code);
    sodium_memzero(attempt->verifier, sizeof attempt->verifier);
    sodium_memzero(attempt->state, sizeof attempt->state);
    free(attempt->scope);
    free(attempt->resource_metadata);
    free(attempt->redirect_uri);
    uv_close((uv_handle_t *)&attempt->deadline, on_closed);
    uv_close((uv_handle_t *)&attempt->step, on_closed);
}

void oauth_attempt_end(struct oauth_attempt *attempt, bool ok, const char *why)
{
    struct oauth *oauth = attempt->oauth;
    struct oauth_callbacks callbacks = oauth->callbacks;
    void *arg = oauth->arg;
    bool asked = attempt->asked;

    if (ok)
        log_info("oauth", "there is a token for %s", oauth_url_shown(oauth->server_url));
    else
        log_info("oauth", "no token for %s: %s", oauth_url_shown(oauth->server_url), why);
    detach(attempt, false);
    if (asked)
        callbacks.done(arg, ok, ok ? NULL : why);
    else if (ok && callbacks.renewed)
        callbacks.renewed(arg);
}

void oauth_attempt_fail(struct oauth_attempt *attempt, const char *format, ...)
{
    char why[OAUTH_WHY_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    oauth_attempt_end(attempt, false, why);
}

static void on_deadline(uv_timer_t *timer)
{
    oauth_attempt_fail(timer->data, "nobody signed in within %d minutes", OAUTH_ATTEMPT_MS / 60000);
}

static void on_step(uv_timer_t *timer)
{
    struct oauth_attempt *attempt = timer->data;

    attempt->next(attempt);
}

void oauth_attempt_then(struct oauth_attempt *attempt, void (*next)(struct oauth_attempt *attempt))
{
    attempt->next = next;
    uv_timer_start(&attempt->step, on_step, 0, 0);
}

static struct oauth_attempt *begin(struct oauth *oauth)
{
    struct oauth_attempt *attempt = xcalloc(1, sizeof *attempt);

    attempt->oauth = oauth;
    oauth->attempt = attempt;
    attempt->handles = 2;
    uv_timer_init(oauth->loop, &attempt->deadline);
    uv_timer_init(oauth->loop, &attempt->step);
    attempt->deadline.data = attempt->step.data = attempt;
    uv_timer_start(&attempt->deadline, on_deadline, OAUTH_ATTEMPT_MS, 0);
    oauth_attempt_then(attempt, oauth_attempt_begin);
    return attempt;
}

/* --- challenges --- */

/* Notes that a token which should have been good was refused. False: too often. */
static bool count_refusal(struct oauth *oauth)
{
    int64_t now = clock_steady_ms();

    if (oauth->refusal_count == OAUTH_REFUSALS_MAX) {
        if (now - oauth->refusals[0] < OAUTH_REFUSALS_MS)
            return false;
        oauth->refusal_count--;
        memmove(oauth->refusals, oauth->refusals + 1, sizeof oauth->refusals - sizeof *oauth->refusals);
    }
    oauth->refusals[oauth->refusal_count++] = now;
    return true;
}

/* Whether an attempt is of use. */
static bool is_of_use(struct oauth *oauth, int status, const struct oauth_challenge *challenge,
                      char error[OAUTH_WHY_MAX])
{
    const char *token = oauth_token_now(oauth);
    struct oauth_url url;

    if (!oauth->safe)
        return refuse(error, "the server asks for a sign-in, but is not reached by https");
    oauth_url_parse(oauth->server_url, &url);
    if (challenge->resource_metadata &&
        !oauth_metadata_endpoint_ok(challenge->resource_metadata, oauth_url_reach(&url)))
        return refuse(error, "the server's resource metadata is not at an https URL that is public");
    if (status == 403) {
        if (!challenge->error || strcmp(challenge->error, "insufficient_scope") != 0)
            return refuse(error, "the server refuses it (403), and a sign-in would not change that");
        if (token && oauth_scope_covers(oauth->accounts.list[0].token.scope, challenge->scope))
            return refuse(error,
                          "the server refuses it for want of scope, but has given all scope it asks for");
    } else if (status != 401) {
        return refuse(error, "the server does not ask for a sign-in");
    }
    if (token && !count_refusal(oauth))
        return refuse(error, "the server has refused too many fresh tokens");
    return true;
}

bool oauth_challenge(struct oauth *oauth, int status, const char *header, char error[OAUTH_WHY_MAX])
{
    struct oauth_challenge challenge;
    struct oauth_attempt *attempt = oauth->attempt;

    if (attempt) {
        attempt->asked = true;
        return true;
    }
    oauth_challenge_read(header, &challenge);
    if (!is_of_use(oauth, status, &challenge, error)) {
        oauth_challenge_free(&challenge);
        return false;
    }
    attempt = begin(oauth);
    attempt->asked = true;
    attempt->step_up = status == 403;
    attempt->refused = xstrdup_null(oauth_token_now(oauth));
    attempt->scope = xstrdup_null(challenge.scope);
    attempt->resource_metadata = xstrdup_null(challenge.resource_metadata);
    oauth_challenge_free(&challenge);
    return true;
}

/* Whether the token in force should be renewed; at most once in OAUTH_RENEW_MS, however short tokens live. */
static bool is_about_to_end(const struct oauth *oauth)
{
    const struct oauth_token *token = &oauth->accounts.list[0].token;

    return token->expires_ms && token->refresh && token->expires_ms < clock_wall_ms() + OAUTH_RENEW_MS &&
           (!oauth->renewal_ms || clock_steady_ms() - oauth->renewal_ms >= OAUTH_RENEW_MS);
}

const char *oauth_bearer(struct oauth *oauth)
{
    const char *token = oauth_token_now(oauth);

    if (!token && oauth->accounts.count && oauth->accounts.list[0].token.access && !oauth->attempt) {
        oauth_load(oauth); /* another process may have renewed it */
        token = oauth_token_now(oauth);
    }
    if (token && !oauth->attempt && is_about_to_end(oauth)) {
        oauth->renewal_ms = clock_steady_ms();
        begin(oauth)->refused = xstrdup(token);
    }
    return token;
}

bool oauth_redirected(struct oauth *oauth, const char *url, char error[OAUTH_WHY_MAX])
{
    struct oauth_attempt *attempt = oauth->attempt;
    size_t len, start = strspn(url, " \t\r\n");
    char *query;
    bool ok;

    if (!attempt || !attempt->state[0])
        return refuse(error, "nobody is waited for to sign in now");
    url += start;
    len = strlen(attempt->redirect_uri);
    if (strncmp(url, attempt->redirect_uri, len) != 0 || url[len] != '?') {
        snprintf(error, OAUTH_WHY_MAX,
                 "that is not the address to which the browser was sent, which begins with "
                 "%.100s?",
                 attempt->redirect_uri);
        return false;
    }
    query = xstrndup(url + len + 1, strcspn(url + len + 1, "# \t\r\n"));
    ok = oauth_attempt_redirected(attempt, query) != OAUTH_PAGE_STRANGE;
    oauth_secret_wipe(&query);
    return ok || refuse(error, "that address belongs to another sign-in, or was given before");
}

/* --- the whole --- */

struct oauth *oauth_open(const struct oauth_options *options, const struct oauth_callbacks *callbacks,
                         void *arg)
{
    struct oauth *oauth = xcalloc(1, sizeof *oauth);
    struct oauth_url url;

    if (sodium_init() < 0)
        abort();
    oauth->safe = oauth_url_parse(options->server_url, &url) && (url.https || oauth_url_is_loopback(&url));
    oauth->loop = options->loop;
    oauth->http = options->http;
    oauth->server_url = xstrdup(options->server_url);
    oauth->client_id = xstrdup_null(options->client_id);
    oauth->client_secret = xstrdup_null(options->client_secret);
    oauth->issuer = xstrdup_null(options->issuer);
    oauth->metadata_url = xstrdup_null(options->metadata_url);
    oauth->scope = oauth_scope_union(options->scope, NULL);
    oauth->redirect_port = options->redirect_port;
    oauth->old_server = options->old_server;
    oauth->callbacks = *callbacks;
    oauth->arg = arg;
    if (oauth->safe && options->file && options->key) {
        oauth->file = xstrdup(options->file);
        memcpy(oauth->key, options->key, sizeof oauth->key);
        oauth_load(oauth);
    }
    return oauth;
}

void oauth_close(struct oauth **oauth)
{
    struct oauth *closing = *oauth;

    *oauth = NULL;
    if (!closing)
        return;
    if (closing->attempt)
        detach(closing->attempt, true);
    oauth_accounts_free(&closing->accounts);
    sodium_memzero(closing->key, sizeof closing->key);
    oauth_secret_wipe(&closing->client_secret);
    free(closing->server_url);
    free(closing->client_id);
    free(closing->issuer);
    free(closing->metadata_url);
    free(closing->scope);
    free(closing->file);
    free(closing);
}

static void on_forgotten(struct oauth_attempt *attempt)
{
    oauth_attempt_end(attempt, false, "the sign-in was ended, and all tokens are forgotten");
}

void oauth_forget(struct oauth *oauth)
{
    struct oauth_attempt *attempt = oauth->attempt;

    oauth_accounts_free(&oauth->accounts);
    oauth->unsaved = false;
    if (oauth->file)
        oauth_file_remove(oauth->file);
    if (attempt) {
        oauth_discovery_cancel(&attempt->discovery);
        oauth_fetch_cancel(&attempt->fetch);
        oauth_listener_close(&attempt->listener, false);
        attempt->state[0] = '\0';
        oauth_attempt_then(attempt, on_forgotten);
    }
}
