#include "tui/local.h"
#include "shared/clock.h"

struct message *local_message(const char *author, const char *text)
{
    char id[ID_MAX];

    id_make(id, "m_");
    json_t *json = message_user_json(id, author, clock_wall_ms(), text, NULL);
    struct message *message = message_from_json(json);
    json_decref(json);
    return message;
}
