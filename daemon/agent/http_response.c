/* Only the few headers that decide what happens next are kept. */
#include "daemon/agent/http_response.h"
#include "shared/clock.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { HEADER_LINE_MAX = 8 << 10 /* bytes of a line; the rest is ignored */ };

void http_response_reset(struct http_response *response)
{
    *response = (struct http_response){.retry_after_ms = HTTP_NO_RETRY_AFTER, .should_retry = -1};
}

/* A number and nothing else, times scale; HTTP_NO_RETRY_AFTER if it is none, or beyond what a wait can be. */
static int64_t milliseconds(const char *value, double scale)
{
    char *end;
    double number = strtod(value, &end);

    if (end == value || *end != '\0' || !isfinite(number) || fabs(number * scale) > 1e15)
        return HTTP_NO_RETRY_AFTER;
    return (int64_t)(number * scale);
}

int64_t http_retry_after(const char *value, int64_t now_ms)
{
    struct tm date = {0};
    int64_t delay = milliseconds(value, 1000);

    if (delay != HTTP_NO_RETRY_AFTER)
        return delay;
    /* Of HTTP's three forms of a date only this one may still be sent. */
    const char *end = strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (!end || *end != '\0')
        return HTTP_NO_RETRY_AFTER;
    return (int64_t)timegm(&date) * 1000 - now_ms;
}

/* text begins with "HTTP/". */
static void take_status(struct http_response *response, const char *text)
{
    char *after;
    long status = strtol(text + strcspn(text, " "), &after, 10);
    size_t at = 0;

    http_response_reset(response);
    if (status < 200 || status > 999) /* those below are not the answer yet */
        return;
    response->status = (int)status;
    after += strspn(after, " ");
    for (; *after && at < sizeof response->reason - 1; after++)
        response->reason[at++] = *after >= ' ' && *after <= '~' ? *after : '?';
}

static void take_session(struct http_response *response, const char *value, size_t len)
{
    response->session_bad = len == 0 || len > HTTP_SESSION_MAX;
    for (size_t i = 0; i < len && !response->session_bad; i++)
        response->session_bad = value[i] < 0x21 || value[i] > 0x7E;
    response->session[0] = '\0';
    if (!response->session_bad)
        memcpy(response->session, value, len + 1);
}

/* All or nothing: a challenge that was cut would be misread. */
static void take_challenge(struct http_response *response, const char *value, size_t len)
{
    size_t have = strlen(response->challenge);

    if (len > 0 && have + 2 + len < sizeof response->challenge)
        snprintf(response->challenge + have, sizeof response->challenge - have, "%s%s", have ? ", " : "",
                 value);
}

static void take_header(struct http_response *response, const char *name, const char *value, size_t len)
{
    if (strcasecmp(name, "content-type") == 0) {
        snprintf(response->content_type, sizeof response->content_type, "%s", value);
    } else if (strcasecmp(name, "location") == 0) {
        snprintf(response->location, sizeof response->location, "%s", value);
    } else if (strcasecmp(name, "mcp-session-id") == 0) {
        take_session(response, value, len);
    } else if (strcasecmp(name, "www-authenticate") == 0) {
        take_challenge(response, value, len);
    } else if (strcasecmp(name, "x-should-retry") == 0) {
        response->should_retry = strcmp(value, "true") == 0 ? 1 : strcmp(value, "false") == 0 ? 0 : -1;
    } else if (strcasecmp(name, "retry-after-ms") == 0) {
        int64_t delay = milliseconds(value, 1);
        if (delay != HTTP_NO_RETRY_AFTER)
            response->retry_after_ms = delay;
    } else if (strcasecmp(name, "retry-after") == 0 && response->retry_after_ms == HTTP_NO_RETRY_AFTER) {
        response->retry_after_ms = http_retry_after(value, clock_wall_ms());
    }
}

void http_response_line(struct http_response *response, const char *line, size_t len)
{
    char text[HEADER_LINE_MAX];

    if (response->complete)
        return;
    while (len > 0 && strchr("\r\n \t", line[len - 1]))
        len--;
    if (len == 0)
        response->complete = response->status != 0;
    if (len >= sizeof text)
        len = sizeof text - 1;
    memcpy(text, line, len);
    text[len] = '\0';

    if (strncmp(text, "HTTP/", 5) == 0) {
        take_status(response, text);
        return;
    }
    char *colon = strchr(text, ':');
    if (!colon)
        return;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    take_header(response, text, value, len - (size_t)(value - text));
}
