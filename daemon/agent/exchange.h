/* One question to a model's server and its streamed answer: request, retries, events to the dialect's
 * decoder, and the sentence if it fails. A provider's start and cancel are these two. */
#ifndef STOA_AGENT_EXCHANGE_H
#define STOA_AGENT_EXCHANGE_H

#include "daemon/agent/dialect.h"

void *exchange_start(const struct dialect *dialect, const struct ask *ask, const struct sink *sink);
void exchange_cancel(void *exchange);

#endif
