/* A name without a hash is split at its first "__", which is exact because the server's part has none, and
 * does not end in "_". */
#include "daemon/agent/tool_name.h"
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { HASH_LEN = 8 };

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static uint64_t hash_add(uint64_t hash, const char *text)
{
    do /* the NUL too, so that what is before and after it is told apart */
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    while (*text++);
    return hash;
}

/* Puts text with its other characters replaced; false if it was cut or replaced. */
static bool put(char *name, size_t *at, const char *text)
{
    bool exact = true;

    for (; *text; text++) {
        if (*at == TOOL_NAME_MAX)
            return false;
        name[(*at)++] = is_plain(*text) ? *text : '_';
        exact &= is_plain(*text);
    }
    return exact;
}

void tool_name_make(const char *server, const char *tool, unsigned twin, char name[TOOL_NAME_MAX + 1])
{
    size_t at = 0, len = strlen(server);
    bool exact = twin == 0 && !strstr(server, "__") && (len == 0 || server[len - 1] != '_');

    if (len > 0) {
        exact &= put(name, &at, server);
        exact &= put(name, &at, "__");
    }
    exact &= put(name, &at, tool);
    if (!exact) {
        uint64_t hash = hash_add(hash_add(UINT64_C(0xcbf29ce484222325) + twin, server), tool);
        if (at > TOOL_NAME_MAX - HASH_LEN - 1)
            at = TOOL_NAME_MAX - HASH_LEN - 1;
        snprintf(name + at, HASH_LEN + 2, "_%08" PRIx32, (uint32_t)(hash ^ hash >> 32));
        at += HASH_LEN + 1;
    }
    name[at] = '\0';
}

const char *tool_name_of_server(const char *server, const char *name)
{
    char made[TOOL_NAME_MAX + 1];
    size_t len = strlen(server);

    if (len == 0 || strncmp(name, server, len) != 0 || strncmp(name + len, "__", 2) != 0 || !name[len + 2])
        return NULL;
    tool_name_make(server, name + len + 2, 0, made);
    return strcmp(made, name) == 0 ? name + len + 2 : NULL;
}
