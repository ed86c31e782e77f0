/* The headers of a request. Ours win over those of the configuration, so that none is sent twice. */
#include "daemon/agent/mcp/streamable_parts.h"
#include "daemon/agent/secrets.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char sentinel[] = "=?base64?", sentinel_end[] = "?=";
static const char legacy_first[] = "2025-06-18"; /* the first legacy version that has the version's header */

/* --- a list that grows by one --- */

struct list {
    char **each;
    size_t count;
};

/* Takes header. */
static void list_add(struct list *list, char *header)
{
    list->each = xreallocarray(list->each, list->count + 2, sizeof *list->each);
    list->each[list->count++] = header;
    list->each[list->count] = NULL;
}

static void list_set(struct list *list, const char *name, const char *value)
{
    if (value && *value)
        list_add(list, xasprintf("%s: %s", name, value));
}

void streamable_headers_free(char **headers)
{
    for (char **header = headers; header && *header; header++) {
        explicit_bzero(*header, strlen(*header));
        free(*header);
    }
    free(headers);
}

char **streamable_headers_copy(char *const *headers)
{
    struct list list = {0};

    for (; headers && *headers; headers++)
        list_add(&list, xstrdup(*headers));
    return list.each;
}

/* --- values --- */

static char *base64(const char *value, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = (const unsigned char *)value;
    char *text = xmalloc(len / 3 * 4 + 5), *out = text;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        unsigned bits = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) |
                        (left > 2 ? (unsigned)in[i + 2] : 0);

        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        *out++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[bits & 63] : '=';
    }
    *out = '\0';
    return text;
}

static bool is_plain(const char *value, size_t len)
{
    size_t head = sizeof sentinel - 1, tail = sizeof sentinel_end - 1;

    for (size_t i = 0; i < len; i++)
        if (value[i] < ' ' || value[i] > '~')
            return false;
    if (len > 0 && (value[0] == ' ' || value[len - 1] == ' '))
        return false;
    return len < head || memcmp(value, sentinel, head) != 0 ||
           memcmp(value + len - tail, sentinel_end, tail) != 0;
}

char *streamable_header_value(const char *value, size_t len)
{
    if (is_plain(value, len))
        return xstrndup(value, len);
    char *encoded = base64(value, len), *text = xasprintf("%s%s%s", sentinel, encoded, sentinel_end);

    free(encoded);
    return text;
}

/* --- all of a request --- */

static bool is_ours(const struct streamable *owner, const char *header)
{
    static const char *const ours[] = {
        "accept",        "content-type",   "content-length",       "transfer-encoding", "connection",
        "last-event-id", "mcp-session-id", "mcp-protocol-version", "mcp-method",        "mcp-name"};
    size_t len = strcspn(header, ":");

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (len == strlen(ours[i]) && strncasecmp(header, ours[i], len) == 0)
            return true;
    return owner->bearer && len == strlen("authorization") && strncasecmp(header, "authorization", len) == 0;
}

static void add_post(struct list *list, const struct streamable *owner, const struct streamable_post *post)
{
    if (!post->initialize && post->meta_version)
        list_set(list, "MCP-Protocol-Version", post->meta_version);
    else if (!post->initialize && (owner->modern || strcmp(owner->version, legacy_first) >= 0))
        list_set(list, "MCP-Protocol-Version", owner->version);
    if (post->modern) {
        char *name = post->name ? streamable_header_value(post->name, strlen(post->name)) : NULL;

        list_set(list, "Mcp-Method", post->method);
        if (name)
            list_add(list, xasprintf("Mcp-Name: %s", name));
        free(name);
    }
    for (char *const *header = post->headers; header && *header; header++)
        list_add(list, xstrdup(*header));
}

/* One that is not there any more is left out: the server then says that it misses it. */
static void add_secret(struct list *list, const struct streamable *owner)
{
    char unused[256], **filled = secrets_fill(NULL, owner->secret_headers, ": ", unused);

    for (char **header = filled; header && *header; header++)
        if (!is_ours(owner, *header))
            list_add(list, xstrdup(*header));
    secrets_wipe(&filled);
}

char **streamable_headers(const struct streamable *owner, const struct streamable_headers *which)
{
    struct list list = {0};

    for (char *const *header = owner->headers; header && *header; header++)
        if (!is_ours(owner, *header))
            list_add(&list, xstrdup(*header));
    if (owner->secret_headers)
        add_secret(&list, owner);
    if (which->method == STREAMABLE_POST)
        list_set(&list, "Content-Type", "application/json");
    if (which->method == STREAMABLE_GET)
        list_set(&list, "Accept", "text/event-stream");
    else
        list_set(&list, "Accept", "application/json, text/event-stream");
    if (owner->bearer)
        list_add(&list, xasprintf("Authorization: Bearer %s", owner->bearer));
    list_set(&list, "Mcp-Session-Id", which->session);
    list_set(&list, "Last-Event-ID", which->last_id);
    if (which->post)
        add_post(&list, owner, which->post);
    else if (strcmp(owner->version, legacy_first) >= 0)
        list_set(&list, "MCP-Protocol-Version", owner->version);
    return list.each;
}
