/* What is said of a request that got no answer. What the server wrote is in the texts only on one sanitised
 * line. */
#include "daemon/agent/mcp/streamable_parts.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SAID_MAX = 300 /* bytes of what the server said in a text */ };

bool streamable_is_events(const struct http_response *response)
{
    static const char type[] = "text/event-stream";
    size_t len = sizeof type - 1;

    return strncasecmp(response->content_type, type, len) == 0 &&
           (response->content_type[len] == '\0' || strchr("; \t", response->content_type[len]));
}

/* An object, or NULL. */
static json_t *body_of(const struct http_result *result)
{
    char error[160];
    json_t *body = mcp_message_parse(result->body, result->body_len, error);

    if (json_is_object(body))
        return body;
    json_decref(body);
    return NULL;
}

/* Some servers answer 400, not 404, to the id of a session that they do not know any more. It is safe to
 * begin anew then: what was answered so was not done. */
static bool speaks_of_session(const json_t *body)
{
    const char *text = jsonx_str(jsonx_obj(body, "error"), "message", "");

    return strcasestr(text, "session") || strcasestr(text, "not initialized");
}

static void say_status(const struct http_response *response, const json_t *body,
                       char text[STREAMABLE_TEXT_MAX])
{
    const char *said = jsonx_str(jsonx_obj(body, "error"), "message", "");
    char *line = sanitise_line(said, strlen(said), SAID_MAX);

    if (response->status / 100 == 3 && response->location[0]) {
        /* relative ones are not resolved: it is only shown */
        char *shown = strstr(response->location, "://") ? http_url_show(response->location)
                                                        : xstrdup(response->location);

        shown[strcspn(shown, "?#")] = '\0';
        free(line);
        line = sanitise_line(shown, strlen(shown), SAID_MAX);
        snprintf(text, STREAMABLE_TEXT_MAX, "%d %s to %s, which is not followed", response->status,
                 response->reason, line);
        free(shown);
    } else {
        snprintf(text, STREAMABLE_TEXT_MAX, "%d%s%s%s%s", response->status, response->reason[0] ? " " : "",
                 response->reason, line[0] ? ": " : "", line);
    }
    free(line);
}

struct mcp_failure streamable_failure(const struct http_result *result, const char *session,
                                      char text[STREAMABLE_TEXT_MAX])
{
    const struct http_response *response = result->response;
    struct mcp_failure failure = {.why = MCP_WHY_BROKEN, .text = text, .status = response->status};
    bool is_answer = response->status / 100 == 2;

    if (response->status && !is_answer) {
        failure.why = MCP_WHY_REFUSED;
        failure.body = body_of(result);
        say_status(response, failure.body, text);
        if (session &&
            (response->status == 404 || (response->status == 400 && speaks_of_session(failure.body))))
            failure.why = MCP_WHY_EXPIRED;
        if ((response->status == 401 || response->status == 403) && response->challenge[0])
            failure.challenge = response->challenge;
    } else if (is_answer) {
        snprintf(text, STREAMABLE_TEXT_MAX, "%s",
                 result->end == HTTP_WHOLE ? "it ended before the answer" : result->why);
    } else {
        failure.why = !result->sent                 ? MCP_WHY_NOT_STARTED
                      : result->end == HTTP_TIMEOUT ? MCP_WHY_DEADLINE
                                                    : MCP_WHY_BROKEN;
        snprintf(text, STREAMABLE_TEXT_MAX, "%s", result->why);
    }
    return failure;
}
