/* Whether and when a request that was not taken is made again: what both vendors' own clients do. */
#ifndef STOA_AGENT_RETRY_H
#define STOA_AGENT_RETRY_H

#include "daemon/agent/http.h"
#include <stdbool.h>
#include <stdint.h>

/* Only before a 2xx answer: once a reply has begun, asking again would say things twice. */
bool retry_wanted(const struct http_result *result);
/* attempt: 0 before the first retry. The server's wish counts if it lies in min..max. random: 0 <= random
 * < 1. */
int64_t retry_delay_ms(const struct http_response *response, int64_t min_ms, int64_t max_ms, int attempt,
                       double random);

#endif
