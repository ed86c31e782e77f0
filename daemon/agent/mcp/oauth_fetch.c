/* The whole answer is waited for OAUTH_FETCH_MS: no byte of it is said to be progress. What came is wiped,
 * since it may be a token. */
#include "daemon/agent/mcp/oauth_fetch.h"
#include "daemon/agent/mcp/oauth_metadata.h"
#include "daemon/agent/mcp/oauth_secret.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct oauth_fetch {
    struct http_transfer *transfer;
    struct buf body;
    bool too_large;
    void (*done)(void *arg, const struct oauth_fetched *fetched);
    void *arg;
};

static void fetch_free(struct oauth_fetch *fetch)
{
    oauth_secret_wipe_buf(&fetch->body);
    free(fetch);
}

static bool on_data(void *arg, const struct http_response *response, const char *bytes, size_t len)
{
    struct oauth_fetch *fetch = arg;

    (void)response;
    /* What is over the cap is let pass unread until the time is over: the transfer can't be ended from here.
     */
    if (!fetch->too_large && !buf_put(&fetch->body, bytes, len))
        fetch->too_large = true;
    return false;
}

static void explain(const struct oauth_fetch *fetch, const struct http_result *result, const json_t *json,
                    char why[OAUTH_FETCH_WHY_MAX])
{
    int status = result->response->status;

    why[0] = '\0';
    if (fetch->too_large)
        snprintf(why, OAUTH_FETCH_WHY_MAX, "answered with more than %d KiB", OAUTH_METADATA_MAX >> 10);
    else if (result->end != HTTP_WHOLE)
        snprintf(why, OAUTH_FETCH_WHY_MAX, "did not answer: %.200s", result->why);
    else if (status / 100 == 3)
        snprintf(why, OAUTH_FETCH_WHY_MAX, "answered with a redirect (%d), which is not followed", status);
    else if (status / 100 != 2)
        snprintf(why, OAUTH_FETCH_WHY_MAX, "answered %d%s%s", status, result->response->reason[0] ? " " : "",
                 result->response->reason);
    else if (!json)
        snprintf(why, OAUTH_FETCH_WHY_MAX, "answered with something that is no JSON object");
}

static void on_done(void *arg, const struct http_result *result)
{
    struct oauth_fetch *fetch = arg;
    struct oauth_fetched fetched = {0};
    char why[OAUTH_FETCH_WHY_MAX];
    json_t *json = NULL;

    if (result->end == HTTP_WHOLE && !fetch->too_large) {
        bool ok = result->response->status / 100 == 2;

        fetched.status = result->response->status;
        json = ok ? jsonx_parse(fetch->body.data, fetch->body.len, NULL)
                  : jsonx_parse(result->body, result->body_len, NULL);
        if (!json_is_object(json)) {
            json_decref(json);
            json = NULL;
        }
    }
    explain(fetch, result, json, why);
    fetched.json = json;
    fetched.why = why;
    void (*done)(void *, const struct oauth_fetched *) = fetch->done;
    void *done_arg = fetch->arg;

    fetch_free(fetch);
    done(done_arg, &fetched);
    oauth_secret_wipe_json(json);
    json_decref(json);
}

struct oauth_fetch *oauth_fetch_start(struct http *http, const char *url, char *const *headers,
                                      const char *body,
                                      void (*done)(void *arg, const struct oauth_fetched *fetched), void *arg)
{
    struct oauth_fetch *fetch = xcalloc(1, sizeof *fetch);
    char *const none[] = {NULL};
    struct http_request request = {.url = url,
                                   .headers = headers ? headers : none,
                                   .body = body,
                                   .body_len = body ? strlen(body) : 0,
                                   .once = body != NULL,
                                   .connect_ms = OAUTH_FETCH_MS,
                                   .first_byte_ms = OAUTH_FETCH_MS};
    struct http_handler handler = {.arg = fetch, .data = on_data, .done = on_done};

    fetch->done = done;
    fetch->arg = arg;
    buf_init(&fetch->body, OAUTH_METADATA_MAX);
    fetch->transfer = http_start(http, &request, &handler);
    return fetch;
}

void oauth_fetch_cancel(struct oauth_fetch **fetch)
{
    struct oauth_fetch *cancelled = *fetch;

    *fetch = NULL;
    if (!cancelled)
        return;
    http_cancel(&cancelled->transfer);
    fetch_free(cancelled);
}
