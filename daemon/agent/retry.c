/* The numbers are those of the vendors' clients. */
#include "daemon/agent/retry.h"

enum { RETRY_FIRST_MS = 500, RETRY_LONGEST_MS = 8000 };
static const double jitter = 0.25; /* at most this part is taken off */

bool retry_wanted(const struct http_result *result)
{
    const struct http_response *response = result->response;
    int status = response->status;

    if (result->end == HTTP_IMPOSSIBLE || status / 100 == 2)
        return false;
    if (status == 0)
        return true;
    if (response->should_retry >= 0)
        return response->should_retry == 1;
    return status == 408 || status == 409 || status == 429 || status >= 500;
}

int64_t retry_delay_ms(const struct http_response *response, int64_t min_ms, int64_t max_ms, int attempt,
                       double random)
{
    int64_t wish = response->retry_after_ms;
    int64_t delay = RETRY_FIRST_MS;

    if (wish != HTTP_NO_RETRY_AFTER && wish >= min_ms && wish <= max_ms)
        return wish;
    for (int i = 0; i < attempt && delay < RETRY_LONGEST_MS; i++)
        delay *= 2;
    if (delay > RETRY_LONGEST_MS)
        delay = RETRY_LONGEST_MS;
    return (int64_t)((double)delay * (1 - random * jitter));
}
