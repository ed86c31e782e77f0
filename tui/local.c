#include "tui/local.h"
#include "shared/clock.h"

struct message *local_message(const char *author, const char *text)
{
    return local_message_with(author, text, NULL);
}

struct message *local_message_with(const char *author, const char *text, const json_t *attachments)
{
    char id[ID_MAX];

    id_make(id, "m_");
    json_t *json = message_user_json(id, author, clock_wall_ms(), text, attachments);
    struct message *message = message_from_json(json);
    json_decref(json);
    return message;
}
