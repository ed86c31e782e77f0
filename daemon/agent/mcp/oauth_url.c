/* Only what OAuth allows is taken: no user names, no fragments. Comparison is exact but for the case of
 * scheme and host and for the usual ports, which name the same place in every spelling. */
#include "daemon/agent/mcp/oauth_url.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_MAX = 200 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_host_char(char c, bool bracketed)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '.' || c == '_' ||
           (bracketed && c == ':');
}

/* The authority: host and port. False if it is malformed. */
static bool take_authority(const char *text, size_t len, struct oauth_url *url)
{
    size_t host = 0, at = 0;
    bool bracketed = len > 0 && text[0] == '[';

    if (bracketed) {
        for (at = 1; at < len && text[at] != ']'; at++)
            if (!is_host_char(text[at], true))
                return false;
        if (at++ >= len)
            return false;
    } else {
        while (at < len && is_host_char(text[at], false))
            at++;
    }
    host = at;
    if (host == 0 || host >= sizeof url->host)
        return false;
    for (size_t i = 0; i < host; i++)
        url->host[i] = lower(text[i]);
    url->host[host] = '\0';
    url->port = url->https ? 443 : 80;
    if (at == len)
        return true;
    if (text[at++] != ':' || at == len || len - at > 5)
        return false;
    url->port = 0;
    for (; at < len; at++) {
        if (!is_digit(text[at]))
            return false;
        url->port = url->port * 10 + (text[at] - '0');
    }
    return url->port > 0 && url->port <= 65535;
}

bool oauth_url_parse(const char *text, struct oauth_url *url)
{
    size_t len = strlen(text), authority;

    *url = (struct oauth_url){0};
    if (len > OAUTH_URL_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7F ||
            strchr("\"<>\\^`{|}#", text[i]))
            return false;
    url->https = strncasecmp(text, "https://", 8) == 0;
    if (!url->https && strncasecmp(text, "http://", 7) != 0)
        return false;
    text += url->https ? 8 : 7;
    authority = strcspn(text, "/?");
    if (!take_authority(text, authority, url))
        return false;
    url->path = text + authority;
    url->path_len = strcspn(url->path, "?");
    url->has_query = url->path[url->path_len] == '?';
    return true;
}

bool oauth_url_is_loopback(const struct oauth_url *url)
{
    const char *host = url->host;
    int dots = 0;

    if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    if (strncmp(host, "127.", 4) != 0)
        return false;
    for (; *host; host++) { /* 127.evil.example is a name, not an address */
        if (*host != '.' && !is_digit(*host))
            return false;
        dots += *host == '.';
    }
    return dots == 3;
}

static enum oauth_reach reach_of_ip4(uint32_t address)
{
    static const struct {
        uint32_t net;
        int bits;
        enum oauth_reach reach;
    } nets[] = {{0x00000000, 8, OAUTH_HOST},     {0x7F000000, 8, OAUTH_HOST},
                {0x0A000000, 8, OAUTH_NETWORK},  {0x64400000, 10, OAUTH_NETWORK},
                {0xA9FE0000, 16, OAUTH_NETWORK}, {0xAC100000, 12, OAUTH_NETWORK},
                {0xC0A80000, 16, OAUTH_NETWORK}, {0xE0000000, 3, OAUTH_NETWORK}};

    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
        if ((address ^ nets[i].net) >> (32 - nets[i].bits) == 0)
            return nets[i].reach;
    return OAUTH_PUBLIC;
}

static enum oauth_reach reach_of_ip6(const struct in6_addr *address)
{
    const uint8_t *at = address->s6_addr;

    if (IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address))
        return OAUTH_HOST;
    if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address))
        return reach_of_ip4((uint32_t)at[12] << 24 | (uint32_t)at[13] << 16 | (uint32_t)at[14] << 8 | at[15]);
    return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_SITELOCAL(address) || (at[0] & 0xFE) == 0xFC ||
                   IN6_IS_ADDR_MULTICAST(address)
               ? OAUTH_NETWORK
               : OAUTH_PUBLIC;
}

/* Whether it is "localhost" or ends with ".localhost"; a dot at the end makes no difference. */
static bool is_local_name(const char *host, size_t len)
{
    static const char name[] = "localhost";
    size_t own = sizeof name - 1;

    return len >= own && strncmp(host + len - own, name, own) == 0 &&
           (len == own || host[len - own - 1] == '.');
}

/* inet_aton knows what libcurl does of 2130706433, 0x7f.1 and 0177.0.0.1. */
enum oauth_reach oauth_url_reach(const struct oauth_url *url)
{
    char host[sizeof url->host];
    struct in6_addr ip6;
    struct in_addr ip4;
    size_t len = strlen(url->host);

    if (url->host[0] == '[' && len > 2) {
        snprintf(host, sizeof host, "%.*s", (int)strcspn(url->host + 1, "]%"), url->host + 1);
        return inet_pton(AF_INET6, host, &ip6) == 1 ? reach_of_ip6(&ip6) : OAUTH_NETWORK;
    }
    len -= len > 0 && url->host[len - 1] == '.';
    snprintf(host, sizeof host, "%.*s", (int)len, url->host);
    if (is_local_name(host, len))
        return OAUTH_HOST;
    return inet_aton(host, &ip4) ? reach_of_ip4(ntohl(ip4.s_addr)) : OAUTH_PUBLIC;
}

bool oauth_url_same_origin(const struct oauth_url *a, const struct oauth_url *b)
{
    return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

/* Without a slash at its end. */
static size_t bare_path(const struct oauth_url *url)
{
    size_t len = url->path_len;

    while (len > 0 && url->path[len - 1] == '/')
        len--;
    return len;
}

bool oauth_url_belongs(const struct oauth_url *server, const struct oauth_url *resource)
{
    size_t own = bare_path(server), above = bare_path(resource);

    return oauth_url_same_origin(server, resource) && !resource->has_query && above <= own &&
           strncmp(server->path, resource->path, above) == 0 && (above == own || server->path[above] == '/');
}

char *oauth_url_origin(const struct oauth_url *url)
{
    if (url->port == (url->https ? 443 : 80))
        return xasprintf("http%s://%s", url->https ? "s" : "", url->host);
    return xasprintf("http%s://%s:%d", url->https ? "s" : "", url->host, url->port);
}

char *oauth_url_well_known(const struct oauth_url *url, const char *name, bool with_path, bool after)
{
    char *origin = oauth_url_origin(url), *result;
    int path = with_path ? (int)bare_path(url) : 0;

    if (after)
        result = xasprintf("%s%.*s/.well-known/%s", origin, path, url->path, name);
    else
        result = xasprintf("%s/.well-known/%s%.*s", origin, name, path, url->path);
    free(origin);
    return result;
}

const char *oauth_url_shown(const char *text)
{
    static char shown[SHOWN_MAX + 1];
    size_t len = strcspn(text, "?#");

    len = utf8_cut(text, len, len < SHOWN_MAX ? len : SHOWN_MAX);
    memcpy(shown, text, len);
    shown[len] = '\0';
    return shown;
}

/* --- forms --- */

bool oauth_form_encode(struct buf *out, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    bool ok = true;

    for (; ok && *value; value++) {
        unsigned char c = (unsigned char)*value;
        char bytes[3] = {'%', hex[c >> 4], hex[c & 15]};

        if (is_digit(*value) || (lower(*value) >= 'a' && lower(*value) <= 'z') || strchr("-._~", *value))
            ok = buf_putc(out, *value);
        else
            ok = buf_put(out, bytes, 3);
    }
    return ok;
}

bool oauth_form_put(struct buf *out, const char *key, const char *value)
{
    char last = out->len > 0 ? out->data[out->len - 1] : '&';

    return (last == '&' || last == '?' || buf_putc(out, '&')) && oauth_form_encode(out, key) &&
           buf_putc(out, '=') && oauth_form_encode(out, value);
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Into a new string; NULL if it is malformed. */
static char *decode(const char *text, size_t len)
{
    char *out = xmalloc(len + 1);
    size_t at = 0;

    for (size_t i = 0; i < len; i++) {
        int value = (unsigned char)text[i];

        if (text[i] == '+') {
            value = ' ';
        } else if (text[i] == '%') {
            value = i + 2 < len && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0
                        ? hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])
                        : 0;
            i += 2;
        }
        if (value == 0) {
            free(out);
            return NULL;
        }
        out[at++] = (char)value;
    }
    out[at] = '\0';
    if (utf8_valid(out, at))
        return out;
    free(out);
    return NULL;
}

char *oauth_form_get(const char *form, const char *key, int *times)
{
    char *found = NULL;
    int count = 0;

    while (*form) {
        size_t len = strcspn(form, "&"), name_len = strcspn(form, "=&");
        char *name = decode(form, name_len);

        if (name && strcmp(name, key) == 0 && count++ == 0 && name_len < len)
            found = decode(form + name_len + 1, len - name_len - 1);
        free(name);
        form += len + (form[len] == '&');
    }
    if (times)
        *times = count;
    if (count > 1) {
        free(found);
        found = NULL;
    }
    return found;
}
