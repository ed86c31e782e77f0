/* A turn's messages are those since the session left idle. */
#include "daemon/agent/turn_limit.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <inttypes.h>

int64_t turn_order_int(const json_t *order, const char *key, int64_t fallback, int64_t max)
{
    int64_t value = jsonx_int(order, key, fallback);

    return value < 0 ? fallback : value > max ? max : value;
}

static void count(const struct state *state, int64_t *steps, int64_t *tokens)
{
    *steps = *tokens = 0;
    for (size_t i = 0; i < state->message_count; i++) {
        const struct message *message = state->messages[i];
        if (message->role == MESSAGE_ROLE_USER || message->ts < state->turn_started)
            continue;
        ++*steps;
        *tokens += message->usage.input + message->usage.output;
    }
}

char *turn_limit_reached(const struct state *state, const json_t *order)
{
    int64_t max_steps = turn_order_int(order, "max_steps", 0, INT64_MAX);
    int64_t max_tokens = turn_order_int(order, "max_tokens_turn", 0, INT64_MAX);
    int64_t steps, tokens;

    count(state, &steps, &tokens);
    if (max_steps > 0 && steps >= max_steps)
        return xasprintf("The turn reached its limit of %" PRId64
                         " steps (turn.max_steps); send a message to go on.",
                         max_steps);
    if (max_tokens > 0 && tokens >= max_tokens)
        return xasprintf("The turn reached its limit of %" PRId64
                         " tokens (turn.max_tokens); send a message to go on.",
                         max_tokens);
    return NULL;
}

char *turn_limit_time(const json_t *order)
{
    return xasprintf("The turn reached its limit of %" PRId64 " s (turn.timeout); send a message to go on.",
                     turn_order_int(order, "max_ms", 0, INT64_MAX) / 1000);
}

char *turn_limit_size(const json_t *order)
{
    return xasprintf("The reply is as large as one may be (limits.reply_size is %" PRId64
                     " bytes), and ends here; send a message to go on.",
                     turn_order_int(order, "reply_max", STATE_TEXT_MAX, STATE_TEXT_MAX));
}

bool turn_limit_window(const struct state *state, const json_t *order)
{
    int64_t context = turn_order_int(order, "context", 0, INT32_MAX);
    int64_t percent = turn_order_int(order, "compact_at", 0, 100);

    return context > 0 && percent > 0 && state->context_tokens >= context * percent / 100;
}
