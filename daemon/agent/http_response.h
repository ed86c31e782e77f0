/* What an answer's header lines say. */
#ifndef STOA_AGENT_HTTP_RESPONSE_H
#define STOA_AGENT_HTTP_RESPONSE_H

#include "daemon/agent/http.h"

void http_response_reset(struct http_response *response);
/* Takes one header line, with or without its end; a status line begins anew. */
void http_response_line(struct http_response *response, const char *line, size_t len);
/* The milliseconds of a retry-after value (seconds or a date of HTTP); HTTP_NO_RETRY_AFTER if it is
 * neither. */
int64_t http_retry_after(const char *value, int64_t now_ms);

#endif
