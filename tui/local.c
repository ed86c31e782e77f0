#include "tui/local.h"
#include "shared/clock.h"
#include "shared/jsonx.h"

struct message *local_message(const char *author, const char *text)
{
    char id[ID_MAX];
    json_t *block = json_object(), *json = json_object(), *content = json_array();

    id_make(id, "m_");
    jsonx_set_str(block, "type", "text");
    jsonx_set_str(block, "text", text);
    json_array_append_new(content, block);
    jsonx_set_str(json, "id", id);
    jsonx_set_str(json, "role", "user");
    jsonx_set_str(json, "author", author);
    jsonx_set_int(json, "ts", clock_wall_ms());
    jsonx_set_str(json, "status", "complete");
    json_object_set_new(json, "content", content);
    struct message *message = message_from_json(json);
    json_decref(json);
    return message;
}
