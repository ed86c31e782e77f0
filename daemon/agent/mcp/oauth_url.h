/* URLs and forms, as OAuth uses them: taken apart, compared, well-known ones made. Nothing here asks anything
 * of the network. */
#ifndef STOA_AGENT_MCP_OAUTH_URL_H
#define STOA_AGENT_MCP_OAUTH_URL_H

#include "shared/buf.h"
#include <stdbool.h>
#include <stddef.h>

enum { OAUTH_URL_MAX = 2048 /* bytes of any URL */ };

struct oauth_url {
    bool https;       /* else http */
    char host[256];   /* lower case; an IPv6 address with its brackets */
    int port;         /* never 0 */
    const char *path; /* from its slash on, or where it would be; points into the text */
    size_t path_len;  /* without query */
    bool has_query;
};

/* False for what is no absolute http or https URL: also with a user, a fragment, spaces or control
 * characters, or beyond OAUTH_URL_MAX. */
bool oauth_url_parse(const char *text, struct oauth_url *url);
/* Whether the host is this machine: localhost, 127.0.0.0/8, [::1]. */
bool oauth_url_is_loopback(const struct oauth_url *url);
/* From where such a host can be reached, as far as its text tells: nothing is resolved. */
enum oauth_reach {
    OAUTH_PUBLIC,  /* a name, or an address of the internet */
    OAUTH_NETWORK, /* an address of some private network, or of one link (RFC 1918, 3927, 4193, 6598) */
    OAUTH_HOST     /* this machine, also in spellings that oauth_url_is_loopback does not know */
};
enum oauth_reach oauth_url_reach(const struct oauth_url *url);
/* Same scheme, host and port. */
bool oauth_url_same_origin(const struct oauth_url *a, const struct oauth_url *b);
/* Whether a server at this URL belongs to the resource: same origin, and the resource's path is the server's
 * or above it. */
bool oauth_url_belongs(const struct oauth_url *server, const struct oauth_url *resource);
/* "https://host:port", the port only if it is not the usual one. The caller frees it. */
char *oauth_url_origin(const struct oauth_url *url);
/* origin + "/.well-known/" + name + path; with after: origin + path + "/.well-known/" + name. A slash at the
 * path's end, and a query, are left out. The caller frees it. */
char *oauth_url_well_known(const struct oauth_url *url, const char *name, bool with_path, bool after);
/* Up to the query or fragment, at most 200 bytes, for messages. Valid until the next call. */
const char *oauth_url_shown(const char *text);

/* Appends "key=value" in form encoding, after an "&" if something is there that does not end with "?" or "&".
 * False when out is full. */
bool oauth_form_put(struct buf *out, const char *key, const char *value);
/* Appends value in form encoding. */
bool oauth_form_encode(struct buf *out, const char *value);
/* The decoded value of key in a form; the caller wipes and frees it. NULL if it is missing, there twice, not
 * UTF-8, or has a NUL; *times (may be NULL): how often it is there. */
char *oauth_form_get(const char *form, const char *key, int *times);

#endif
