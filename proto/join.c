/* Links come from chats and cameras: whatever is not exactly one is refused, and said why, without showing
 * what may be secret in it. */
#include "proto/join.h"
#include "shared/sanitise.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERROR_SIZE = 256, PORT_MAX = 65535, SHOWN_MAX = 80 };

static const char link_head[] = "stoa://", address_head[] = "tcp://";
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

struct reader {
    const char *at;
    char *error;
};

/* What is wrong, and with which part of the text. */
static bool refuse(const struct reader *r, const char *what, const char *part, size_t len)
{
    char *shown = sanitise_line(part, len < SHOWN_MAX ? len : SHOWN_MAX, SHOWN_MAX);

    snprintf(r->error, ERROR_SIZE, "%s: '%s'", what, shown);
    free(shown);
    return false;
}

static bool starts_with(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

static bool is_of(const char *text, size_t len, const char *more)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr(letters, text[i]) && !strchr(digits, text[i]) && !strchr(more, text[i]))
            return false;
    return true;
}

/* --- host and port --- */

static bool is_ipv6(const char *text, size_t len)
{
    const char *zone = memchr(text, '%', len);
    size_t bare = zone ? (size_t)(zone - text) : len;

    for (size_t i = 0; i < bare; i++)
        if (!strchr("0123456789abcdefABCDEF:.", text[i]))
            return false;
    if (zone && (len - bare < 2 || !is_of(zone + 1, len - bare - 1, "-_.")))
        return false;
    return bare >= 2 && memchr(text, ':', bare);
}

static bool is_name(const char *text, size_t len)
{
    return len > 0 && text[0] != '-' && text[0] != '.' && is_of(text, len, ".-_");
}

static void set_host(struct join_address *address, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        address->host[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    address->host[len] = '\0';
}

static bool read_host(struct reader *r, struct join_address *address)
{
    bool brackets = *r->at == '[';
    const char *from = r->at + brackets;
    size_t len = strcspn(from, brackets ? "]" : ":/#");

    if (brackets && from[len] != ']')
        return refuse(r, "the address has no ']' after the IPv6 address", r->at, strlen(r->at));
    if (len == 0 || len > JOIN_HOST_MAX || !(brackets ? is_ipv6(from, len) : is_name(from, len)))
        return refuse(r, "that is no host's name or address (IPv6 stands in brackets)", from, len);
    set_host(address, from, len);
    r->at = from + len + brackets;
    return true;
}

static bool read_port(struct reader *r, struct join_address *address, bool needed)
{
    const char *from = r->at + 1;
    size_t len;

    if (*r->at != ':') {
        address->port = JOIN_PORT;
        return needed ? refuse(r, "there is no port after the host, as in host:7117", address->host,
                               strlen(address->host))
                      : true;
    }
    len = strcspn(from, "/#");
    address->port = len > 0 && len <= 5 && strspn(from, digits) >= len ? atoi(from) : 0;
    if (address->port < 1 || address->port > PORT_MAX || *from == '0')
        return refuse(r, "the port must be a number from 1 to 65535", from, len);
    r->at = from + len;
    return true;
}

bool join_address_parse(const char *text, struct join_address *address, char error[ERROR_SIZE])
{
    struct reader r = {text, error};

    memset(address, 0, sizeof *address);
    if (!starts_with(text, address_head))
        return refuse(&r, "an address is tcp://HOST:PORT, not", text, strlen(text));
    r.at += strlen(address_head);
    if (!read_host(&r, address) || !read_port(&r, address, false))
        return false;
    return *r.at == '\0' || refuse(&r, "there is more after the address", r.at, strlen(r.at));
}

static int put_address(char *text, size_t size, const char *head, const struct join_address *address)
{
    bool ipv6 = strchr(address->host, ':') != NULL;

    return snprintf(text, size, "%s%s%s%s:%d", head, ipv6 ? "[" : "", address->host, ipv6 ? "]" : "",
                    address->port);
}

void join_address_text(const struct join_address *address, char text[JOIN_ADDRESS_MAX])
{
    put_address(text, JOIN_ADDRESS_MAX, address_head, address);
}

/* --- the link --- */

static bool read_session(struct reader *r, struct join_link *link)
{
    size_t len;

    if (*r->at == '/')
        r->at++;
    len = strcspn(r->at, "#");
    if (len == 0)
        return true;
    if (len < sizeof link->session) {
        memcpy(link->session, r->at, len);
        link->session[len] = '\0';
    }
    if (len >= sizeof link->session || !id_valid(link->session, "s_"))
        return refuse(r, "the link does not name a session, as s_...", r->at, len);
    r->at += len;
    return true;
}

static bool read_key(struct reader *r, struct join_link *link, const char *value)
{
    if (key_parse(value, link->key))
        return true;
    snprintf(r->error, ERROR_SIZE,
             "the daemon's key (k=) in the link is not one: %d letters, digits, - and _; was all of the link "
             "copied?",
             KEY_TEXT_LEN);
    return false;
}

static bool read_secret(struct reader *r, struct join_link *link, const char *value)
{
    size_t len = strlen(value);

    if (len < 1 || len > JOIN_SECRET_MAX || !is_of(value, len, "-_")) {
        snprintf(r->error, ERROR_SIZE,
                 "the ticket (t=) in the link is not one: 1 to %d letters, digits, - and _; was all of the "
                 "link copied?",
                 JOIN_SECRET_MAX);
        return false;
    }
    memcpy(link->secret, value, len + 1);
    return true;
}

static bool read_role(struct reader *r, struct join_link *link, const char *value)
{
    link->role = role_parse(value);
    if (link->role >= ROLE_VIEWER && link->role <= ROLE_APPROVER)
        return true;
    return refuse(r, "the role (r=) in the link must be viewer, writer or approver", value, strlen(value));
}

/* One "x=value", which the caller has copied. */
static bool read_part(struct reader *r, struct join_link *link, const char *part, unsigned *seen)
{
    static const char names[] = "ktr";
    static bool (*const readers[])(struct reader *, struct join_link *,
                                   const char *) = {read_key, read_secret, read_role};
    const char *name = *part && part[1] == '=' ? strchr(names, *part) : NULL;
    unsigned bit = name ? 1u << (name - names) : 0;

    if (!name) {
        snprintf(r->error, ERROR_SIZE, "the link has a part after '#' that is none of k=, t= and r=");
        return false;
    }
    if (*seen & bit) {
        snprintf(r->error, ERROR_SIZE, "the link has %c= twice", *name);
        return false;
    }
    *seen |= bit;
    return readers[name - names](r, link, part + 2);
}

static bool read_parts(struct reader *r, struct join_link *link)
{
    char part[JOIN_LINK_MAX];
    unsigned seen = 0;
    bool good = true;

    while (good && *r->at) {
        size_t len = strcspn(r->at + 1, "&");

        memcpy(part, r->at + 1, len); /* the whole is shorter than that */
        part[len] = '\0';
        good = read_part(r, link, part, &seen);
        r->at += 1 + len;
    }
    if (good && (seen & 3) != 3) {
        snprintf(r->error, ERROR_SIZE,
                 "the link has no %s; was all of it copied? In a shell it needs quotes: '...'",
                 seen & 1 ? "ticket (t=)" : "key of the daemon (k=)");
        good = false;
    }
    explicit_bzero(part, sizeof part);
    return good;
}

static bool read_link(struct reader *r, struct join_link *link)
{
    if (!read_host(r, &link->address) || !read_port(r, &link->address, true) || !read_session(r, link))
        return false;
    return read_parts(r, link);
}

bool join_is_link(const char *text)
{
    return starts_with(text, link_head);
}

bool join_parse(const char *text, struct join_link *link, char error[ERROR_SIZE])
{
    struct reader r = {text, error};

    memset(link, 0, sizeof *link);
    if (!join_is_link(text)) {
        snprintf(error, ERROR_SIZE, "that is no link of a ticket: it must begin with %s", link_head);
        return false;
    }
    if (strlen(text) >= JOIN_LINK_MAX) {
        snprintf(error, ERROR_SIZE, "the link is longer than %d characters", JOIN_LINK_MAX - 1);
        return false;
    }
    r.at += strlen(link_head);
    if (read_link(&r, link))
        return true;
    join_wipe(link);
    return false;
}

void join_text(const struct join_link *link, char text[JOIN_LINK_MAX])
{
    char key[KEY_TEXT_LEN + 1];
    int len = put_address(text, JOIN_LINK_MAX, link_head, &link->address);

    key_text(link->key, key);
    snprintf(text + len, JOIN_LINK_MAX - (size_t)len, "/%s#k=%s&t=%s%s%s", link->session, key, link->secret,
             link->role != ROLE_NONE ? "&r=" : "", link->role != ROLE_NONE ? role_name(link->role) : "");
}

void join_wipe(struct join_link *link)
{
    explicit_bzero(link, sizeof *link);
}
