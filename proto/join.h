/* How a terminal is told of a daemon: its address, and the link of a ticket, which has the daemon's open key
 * and a secret that lets a new key in:
 *     stoa://HOST:PORT/SESSION#k=KEY&t=SECRET&r=ROLE
 * SESSION and r= may be missing. An IPv6 address stands in brackets. */
#ifndef STOA_PROTO_JOIN_H
#define STOA_PROTO_JOIN_H

#include "proto/request.h"
#include "shared/id.h"
#include "shared/key.h"
#include <stdbool.h>

enum {
    JOIN_PORT = 7117, /* where none is given */
    JOIN_HOST_MAX = 253,
    JOIN_ADDRESS_MAX = JOIN_HOST_MAX + 16, /* "tcp://[HOST]:65535" with its NUL */
    JOIN_SECRET_MAX = 64,
    JOIN_LINK_MAX = 512 /* with its NUL: the longest that join_text makes */
};

struct join_address {
    char host[JOIN_HOST_MAX + 1]; /* in small letters, without brackets */
    int port;
};

struct join_link { /* wipe it: join_wipe */
    struct join_address address;
    char session[ID_MAX]; /* "": the link does not say */
    unsigned char key[KEY_BYTES];
    char secret[JOIN_SECRET_MAX + 1];
    enum role role; /* ROLE_NONE: the link does not say. For people: the daemon knows better */
};

/* Whether it looks like a link at all. */
bool join_is_link(const char *text);
/* False with a sentence, which never shows the secret. */
bool join_parse(const char *text, struct join_link *link, char error[256]);
/* The link's text, JOIN_LINK_MAX bytes at most. */
void join_text(const struct join_link *link, char text[JOIN_LINK_MAX]);
void join_wipe(struct join_link *link);

/* "tcp://HOST" or "tcp://HOST:PORT"; false with a sentence. */
bool join_address_parse(const char *text, struct join_address *address, char error[256]);
/* "tcp://HOST:PORT", the same for the same address. */
void join_address_text(const struct join_address *address, char text[JOIN_ADDRESS_MAX]);

#endif
