/* Where a connection comes from, as far as limits tell addresses apart: an IPv4 address, or the /64 network
 * of an IPv6 one, since who has one such address has all of that network. */
#ifndef STOA_DAEMON_SOCKET_ADDRESS_H
#define STOA_DAEMON_SOCKET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum { ADDRESS_BYTES = 16 };

struct address {
    unsigned char bytes[ADDRESS_BYTES];
};

/* False if it is no internet address. */
bool address_of_socket(const struct sockaddr_storage *socket, struct address *address);
/* From a text such as "10.0.0.1", "::ffff:10.0.0.1" or "fe80::1%eth0". */
bool address_of_text(const char *text, struct address *address);
/* What one owner may well have all of: 256 IPv4 addresses, or an IPv6 /48 network. */
void address_around(const struct address *address, struct address *around);
bool address_equal(const struct address *a, const struct address *b);

#endif
