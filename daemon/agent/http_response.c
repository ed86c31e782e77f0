/* Only the few headers that decide what happens next are kept. */
#include "daemon/agent/http_response.h"
#include "shared/clock.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { HEADER_VALUE_MAX = 512 };

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

/* line begins with "HTTP/". */
static void take_status(struct http_response *response, const char *line)
{
    long status = strtol(line + strcspn(line, " "), NULL, 10);

    http_response_reset(response);
    if (status >= 200 && status <= 999) /* those below are not the answer yet */
        response->status = (int)status;
}

static void take_header(struct http_response *response, const char *name, const char *value)
{
    if (strcasecmp(name, "content-type") == 0) {
        snprintf(response->content_type, sizeof response->content_type, "%s", value);
    } else if (strcasecmp(name, "location") == 0) {
        snprintf(response->location, sizeof response->location, "%s", value);
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
    char text[HEADER_VALUE_MAX];

    while (len > 0 && strchr("\r\n \t", line[len - 1]))
        len--;
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
    take_header(response, text, colon + 1 + strspn(colon + 1, " \t"));
}
