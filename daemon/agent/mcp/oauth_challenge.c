/* RFC 9110's grammar makes the end of one challenge and the begin of the next look alike: "a=b, Bearer c=d".
 * A word that no "=" follows begins a challenge. */
#include "daemon/agent/mcp/oauth_challenge.h"
#include "daemon/agent/mcp/oauth_scope.h"
#include "shared/buf.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VALUE_MAX = 4096 };

static size_t token_len(const char *text)
{
    return strspn(text, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

static const char *skip(const char *at, const char *what)
{
    return at + strspn(at, what);
}

/* A quoted string or a token, into a new string; moves *at behind it. */
static char *take_value(const char **at)
{
    struct buf value;

    buf_init(&value, VALUE_MAX);
    if (**at != '"') {
        size_t len = strcspn(*at, ", \t");

        buf_put(&value, *at, len);
        *at += len;
        return buf_take(&value);
    }
    for ((*at)++; **at && **at != '"'; (*at)++) {
        if (**at == '\\' && (*at)[1])
            (*at)++;
        buf_putc(&value, **at);
    }
    *at += **at == '"';
    return buf_take(&value);
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7F)
            return false;
    return true;
}

/* Takes value. */
static void take_parameter(struct oauth_challenge *challenge, const char *name, size_t len, char *value)
{
    static const char *const names[] = {"error", "scope", "resource_metadata"};
    char **places[] = {&challenge->error, &challenge->scope, &challenge->resource_metadata};

    for (int i = 0; i < 3; i++)
        if (strlen(names[i]) == len && strncasecmp(name, names[i], len) == 0 && !*places[i] && *value &&
            is_plain(value)) {
            *places[i] = value;
            return;
        }
    free(value);
}

void oauth_challenge_read(const char *header, struct oauth_challenge *challenge)
{
    const char *at = header ? header : "";
    bool bearer = false;

    *challenge = (struct oauth_challenge){0};
    while (*(at = skip(at, ", \t"))) {
        size_t len = token_len(at);
        const char *next = skip(at + len, " \t");

        if (len == 0) { /* nothing of the grammar */
            at += 1;
        } else if (*next == '=' && next[1] != '=') {
            const char *name = at;
            char *value;

            at = skip(next + 1, " \t");
            value = take_value(&at);
            if (bearer)
                take_parameter(challenge, name, len, value);
            else
                free(value);
        } else {
            bearer = len == 6 && strncasecmp(at, "bearer", 6) == 0 && !challenge->is_bearer;
            challenge->is_bearer |= bearer;
            at += len + strspn(at + len, "="); /* the padding of a token68 */
        }
    }
    if (challenge->scope) {
        char *scope = oauth_scope_union(challenge->scope, NULL);

        free(challenge->scope);
        challenge->scope = scope;
    }
}

void oauth_challenge_free(struct oauth_challenge *challenge)
{
    free(challenge->error);
    free(challenge->scope);
    free(challenge->resource_metadata);
    *challenge = (struct oauth_challenge){0};
}
