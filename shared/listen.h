/* The addresses that a daemon listens at, as options have them: "tcp://HOST:PORT", several separated by
 * spaces or commas. HOST is an IPv4 address, an IPv6 address in brackets, or * for all of this host's. */
#ifndef STOA_SHARED_LISTEN_H
#define STOA_SHARED_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

enum {
    LISTEN_MAX = 8,       /* addresses */
    LISTEN_TEXT_MAX = 64, /* bytes of one, with its NUL */
    LISTEN_PORT = 7117,   /* where none is given */
    LISTEN_PORT_TEXT = 8  /* bytes of a port as text, with its NUL */
};

struct listen_address {
    char text[LISTEN_TEXT_MAX]; /* "tcp://127.0.0.1:7117"; port 0: any that is free */
    bool ipv6;                  /* also for *, which is both */
};

/* Returns how many there are, 0 for an empty text; -1 with a sentence that names the one that is none. */
int listen_parse(const char *text, struct listen_address addresses[LISTEN_MAX], char error[256]);

/* Parts of HOST:PORT, [IPv6]:PORT or :PORT, whose host is ""; false if it is none. size: that of host. */
bool listen_split(const char *address, char *host, size_t size, char port[LISTEN_PORT_TEXT]);

#endif
