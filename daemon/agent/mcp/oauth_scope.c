/* A scope's names are compared byte by byte, as RFC 6749 says. */
#include "daemon/agent/mcp/oauth_scope.h"
#include "shared/buf.h"
#include <stddef.h>
#include <string.h>

static bool has(const char *scope, const char *name, size_t len)
{
    while (scope && *scope) {
        size_t own = strcspn(scope, " ");

        if (own == len && strncmp(scope, name, len) == 0)
            return true;
        scope += own + strspn(scope + own, " ");
    }
    return false;
}

static bool is_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (name[i] <= 0x20 || name[i] >= 0x7F || name[i] == '"' || name[i] == '\\')
            return false;
    return len > 0;
}

static void add(struct buf *out, const char *scope, const char *but)
{
    while (scope && *scope) {
        size_t len = strcspn(scope, " ");

        if (is_name(scope, len) && !has(out->data, scope, len) && !(but && has(but, scope, len)) &&
            out->len + len + 1 <= out->max) {
            if (out->len)
                buf_putc(out, ' ');
            buf_put(out, scope, len);
        }
        scope += len + strspn(scope + len, " ");
    }
}

static char *finish(struct buf *out)
{
    if (out->len)
        return buf_take(out);
    buf_free(out);
    return NULL;
}

char *oauth_scope_union(const char *a, const char *b)
{
    struct buf out;

    buf_init(&out, OAUTH_SCOPE_MAX);
    add(&out, a, NULL);
    add(&out, b, NULL);
    return finish(&out);
}

bool oauth_scope_has(const char *scope, const char *name)
{
    return has(scope, name, strlen(name));
}

bool oauth_scope_covers(const char *scope, const char *other)
{
    while (other && *other) {
        size_t len = strcspn(other, " ");

        if (len > 0 && !has(scope, other, len))
            return false;
        other += len + strspn(other + len, " ");
    }
    return true;
}

char *oauth_scope_without(const char *scope, const char *name)
{
    struct buf out;

    buf_init(&out, OAUTH_SCOPE_MAX);
    add(&out, scope, name);
    return finish(&out);
}
