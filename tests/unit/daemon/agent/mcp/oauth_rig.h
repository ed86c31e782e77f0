/* An MCP server and its authorization server at one origin, which answer by the test's script, and a browser.
 */
#ifndef STOA_TEST_OAUTH_RIG_H
#define STOA_TEST_OAUTH_RIG_H

#include "tests/unit/daemon/agent/mcp/http_peer.h"

#include "daemon/agent/http.h"
#include "daemon/agent/mcp/oauth.h"
#include "daemon/agent/mcp/oauth_url.h"
#include "shared/jsonx.h"
#include "shared/log.h"
#include <sys/stat.h>
#include <unistd.h>

enum { RIG_ROUTES_MAX = 16 };

struct rig {
    uv_loop_t loop;
    struct http *http;
    struct peer peer;
    char origin[64];
    struct { /* "GET /path" -> status and body; 404 for what is none of them */
        char *asks, *status, *body;
    } routes[RIG_ROUTES_MAX];
    size_t handled;
    struct buf asked; /* "GET /a, POST /b" since the last rig_asked */
    struct oauth_options options;
    struct oauth *oauth;
    char *url, *redirect_uri; /* of the last open */
    unsigned opened, done, renewed;
    bool ok, close_when_done;
    char *why;
    char *page; /* what the browser got: "200 text" */
    char folder[64], file[96];
    unsigned char key[32];
};

/* "%s" in a body stands for the origin. */
static inline void rig_route(struct rig *rig, const char *asks, const char *status, const char *body)
{
    size_t i = 0, count = 0;
    struct buf whole;

    while (rig->routes[i].asks && strcmp(rig->routes[i].asks, asks) != 0)
        assert_true(++i < RIG_ROUTES_MAX);
    free(rig->routes[i].asks);
    free(rig->routes[i].status);
    free(rig->routes[i].body);
    buf_init(&whole, 1 << 20);
    for (const char *at = body, *next; (next = strstr(at, "%s"));
         at = next + 2, count = (size_t)(at - body)) {
        buf_put(&whole, at, (size_t)(next - at));
        buf_puts(&whole, rig->origin);
    }
    buf_puts(&whole, body + count);
    rig->routes[i].asks = xstrdup(asks);
    rig->routes[i].status = xstrdup(status);
    rig->routes[i].body = buf_take(&whole);
}

static inline void rig_serve(uv_timer_t *timer)
{
    struct rig *rig = timer->data;

    for (; rig->handled < rig->peer.count; rig->handled++) {
        const struct peer_request *request = &rig->peer.requests[rig->handled];
        size_t method = strcspn(request->head, " "), path = strcspn(request->head + method + 1, " ?");
        char *asks = xstrndup(request->head, method + 1 + path);
        size_t i = 0;

        buf_printf(&rig->asked, "%s%s", rig->asked.len ? ", " : "", asks);
        while (rig->routes[i].asks && strcmp(rig->routes[i].asks, asks) != 0)
            i++;
        if (rig->routes[i].asks)
            peer_answer(request, rig->routes[i].status, "Content-Type: application/json\r\n",
                        rig->routes[i].body);
        else
            peer_answer(request, "404 Not Found", "", "");
        free(asks);
    }
}

static inline void rig_on_open(void *arg, const char *url, const char *redirect_uri)
{
    struct rig *rig = arg;

    free(rig->url);
    free(rig->redirect_uri);
    rig->url = xstrdup(url);
    rig->redirect_uri = xstrdup(redirect_uri);
    rig->opened++;
}

static inline void rig_on_done(void *arg, bool ok, const char *why)
{
    struct rig *rig = arg;

    assert_true(ok == (why == NULL));
    rig->done++;
    rig->ok = ok;
    free(rig->why);
    rig->why = xstrdup_null(why);
    if (rig->close_when_done)
        oauth_close(&rig->oauth);
}

static inline void rig_on_renewed(void *arg)
{
    ((struct rig *)arg)->renewed++;
}

#define RIG_PRM  "GET /.well-known/oauth-protected-resource/mcp"
#define RIG_META "GET /.well-known/oauth-authorization-server"
/* A whole metadata document, with more members before its end. */
#define RIG_META_WITH(more)                                                                                  \
    "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/authorize?x=y\",\"token_endpoint\":\"%s/token\","    \
    "\"registration_endpoint\":\"%s/register\",\"response_types_supported\":[\"code\"],"                     \
    "\"code_challenge_methods_supported\":[\"S256\"]" more "}"
#define RIG_PUBLIC ",\"token_endpoint_auth_methods_supported\":[\"none\"]"
#define RIG_TOKEN                                                                                            \
    "{\"access_token\":\"tok-1\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"refresh_token\":\"ref-1\"}"

static inline void rig_open(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    log_set_level(LOG_ERROR);
    uv_loop_init(&rig->loop);
    rig->http = http_open(&rig->loop);
    peer_open(&rig->peer, &rig->loop);
    rig->peer.tick.data = rig;
    uv_timer_start(&rig->peer.tick, rig_serve, 1, 1);
    snprintf(rig->origin, sizeof rig->origin, "http://127.0.0.1:%d", rig->peer.port);
    buf_init(&rig->asked, 64 << 10);
    strcpy(rig->folder, "/tmp/stoa-oauth-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->file, sizeof rig->file, "%s/tokens", rig->folder);
    memset(rig->key, 7, sizeof rig->key);
    rig->options = (struct oauth_options){.loop = &rig->loop,
                                          .http = rig->http,
                                          .server_url = rig->peer.url,
                                          .file = rig->file,
                                          .key = rig->key};
    rig_route(rig, RIG_PRM, "200 OK", "{\"resource\":\"%s/mcp\",\"authorization_servers\":[\"%s\"]}");
    rig_route(rig, RIG_META, "200 OK", RIG_META_WITH(RIG_PUBLIC));
    rig_route(rig, "POST /register", "201 Created", "{\"client_id\":\"client-1\"}");
    rig_route(rig, "POST /token", "200 OK", RIG_TOKEN);
}

static inline void rig_start(struct rig *rig)
{
    struct oauth_callbacks callbacks = {.open = rig_on_open, .done = rig_on_done, .renewed = rig_on_renewed};

    rig->oauth = oauth_open(&rig->options, &callbacks, rig);
}

static inline void rig_restart(struct rig *rig)
{
    oauth_close(&rig->oauth);
    rig_start(rig);
}

static inline void rig_close(struct rig *rig)
{
    char *remove = xasprintf("rm -rf %s", rig->folder);

    oauth_close(&rig->oauth);
    http_close(&rig->http);
    peer_close(&rig->peer);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    for (int i = 0; i < RIG_ROUTES_MAX; i++) {
        free(rig->routes[i].asks);
        free(rig->routes[i].status);
        free(rig->routes[i].body);
    }
    buf_free(&rig->asked);
    free(rig->url);
    free(rig->redirect_uri);
    free(rig->why);
    free(rig->page);
    assert_int_equal(system(remove), 0);
    free(remove);
}

/* --- what happened --- */

static inline void rig_asked(struct rig *rig, const char *expected)
{
    assert_string_equal(rig->asked.data, expected);
    buf_clear(&rig->asked);
}

/* The newest request to that path. */
static inline const struct peer_request *rig_last(struct rig *rig, const char *method, const char *path)
{
    for (size_t i = rig->peer.count; i-- > 0;)
        if (peer_is(&rig->peer.requests[i], method, path))
            return &rig->peer.requests[i];
    fail_msg("nobody asked for %s", path);
    return NULL;
}

/* expected NULL: it must be missing. */
static inline void rig_in_form(const char *form, const char *key, const char *expected)
{
    char *value = oauth_form_get(form, key, NULL);

    if (!expected && value)
        fail_msg("%s is %s", key, value);
    if (expected && (!value || strcmp(value, expected) != 0))
        fail_msg("%s is %s, not %s", key, value ? value : "missing", expected);
    free(value);
}

static inline void rig_in_url(struct rig *rig, const char *key, const char *expected)
{
    rig_in_form(strchr(rig->url, '?') + 1, key, expected);
}

static inline void rig_in_token(struct rig *rig, const char *key, const char *expected)
{
    rig_in_form(rig_last(rig, "POST", "/token")->body, key, expected);
}

/* --- what is done --- */

static inline bool rig_on_page(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    (void)arg;
    (void)response;
    (void)bytes;
    return len > 0;
}

static inline void rig_on_page_done(void *arg, const struct http_result *result)
{
    struct rig *rig = arg;

    free(rig->page);
    rig->page = xasprintf("%d", result->response->status);
}

/* The browser goes where the authorization server sends it, with these parameters after our state ("STATE" in
 * them stands for it). */
static inline void rig_browse(struct rig *rig, const char *parameters, const char *page)
{
    char *state = oauth_form_get(strchr(rig->url, '?') + 1, "state", NULL);
    const char *place = strstr(parameters, "STATE");
    char *url = place ? xasprintf("%s?%.*s%s%s", rig->redirect_uri, (int)(place - parameters), parameters,
                                  state, place + 5)
                      : xasprintf("%s?%s", rig->redirect_uri, parameters);
    struct http_request request = {.url = url, .connect_ms = 5000, .first_byte_ms = 5000};
    struct http_handler handler = {.arg = rig, .data = rig_on_page, .done = rig_on_page_done};

    free(rig->page);
    rig->page = NULL;
    http_start(rig->http, &request, &handler);
    peer_until(&rig->peer, rig->page);
    assert_string_equal(rig->page, page);
    free(url);
    free(state);
}

static inline void rig_challenge(struct rig *rig, int status, const char *challenge)
{
    char error[OAUTH_WHY_MAX] = "";

    free(rig->why);
    rig->why = NULL;
    if (!oauth_challenge(rig->oauth, status, challenge, error))
        fail_msg("%s", error);
}

static inline void rig_until_open(struct rig *rig, unsigned opened)
{
    peer_until(&rig->peer, rig->opened == opened || rig->why);
    if (rig->opened != opened)
        fail_msg("%s", rig->why);
}

static inline void rig_until_done(struct rig *rig, unsigned done)
{
    peer_until(&rig->peer, rig->done == done);
}

/* From a 401 to the token, with a person who says yes. */
static inline void rig_sign_in(struct rig *rig)
{
    unsigned opened = rig->opened, done = rig->done;

    rig_challenge(rig, 401, "Bearer");
    rig_until_open(rig, opened + 1);
    rig_browse(rig, "code=c1&state=STATE", "200");
    rig_until_done(rig, done + 1);
    if (!rig->ok)
        fail_msg("%s", rig->why);
    buf_clear(&rig->asked);
}

/* A 401 that comes to nothing; why must be in the sentence. */
static inline void rig_fails(struct rig *rig, const char *challenge, const char *why)
{
    unsigned done = rig->done;

    rig_challenge(rig, 401, challenge);
    rig_until_done(rig, done + 1);
    assert_false(rig->ok);
    if (!strstr(rig->why, why))
        fail_msg("%s", rig->why);
    assert_null(oauth_bearer(rig->oauth));
}

#endif
