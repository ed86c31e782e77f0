/* Neighbours of one role are joined: one API demands turns in alternation, and so do many models'
 * templates. */
#include "daemon/agent/context.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { CONTEXT_TEXT_MAX = 64 << 20 };

struct joined {
    enum message_role role;
    struct buf text;
};

static void emit(json_t *messages, struct joined *joined)
{
    if (joined->text.len > 0) {
        json_t *message = json_object();

        jsonx_set_str(message, "role", joined->role == MESSAGE_ROLE_USER ? "user" : "assistant");
        jsonx_set_strn(message, "content", joined->text.data, joined->text.len);
        json_array_append_new(messages, message);
    }
    buf_clear(&joined->text);
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

json_t *context_messages(const struct state *state)
{
    json_t *messages = json_array();
    struct joined joined = {.role = MESSAGE_ROLE_USER};

    buf_init(&joined.text, CONTEXT_TEXT_MAX);
    for (size_t i = 0; i < state->message_count; i++) {
        const struct message *message = state->messages[i];
        char *text = message_text(message);
        bool first = json_array_size(messages) == 0 && joined.text.len == 0;

        if (message->status != MESSAGE_STREAMING && !is_blank(text) &&
            !(first && message->role == MESSAGE_ROLE_ASSISTANT)) {
            if (message->role != joined.role)
                emit(messages, &joined);
            joined.role = message->role;
            if (joined.text.len > 0)
                buf_puts(&joined.text, "\n\n");
            buf_puts(&joined.text, text);
        }
        free(text);
    }
    emit(messages, &joined);
    buf_free(&joined.text);
    return messages;
}

char *context_asked(const struct state *state)
{
    for (size_t i = state->message_count; i > 0; i--)
        if (state->messages[i - 1]->role == MESSAGE_ROLE_USER)
            return message_text(state->messages[i - 1]);
    return xstrdup("");
}
