/* All as IPv6: an IPv4 address is ::ffff:a.b.c.d there, which is also how a socket for both shows it. */
#include "daemon/socket/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum { NETWORK_BYTES = 8, SITE_BYTES = 6, IPV4_BYTES = 4 };

static const unsigned char ipv4_head[ADDRESS_BYTES - IPV4_BYTES] = {[10] = 0xff, [11] = 0xff};

static void set(struct address *address, const struct in6_addr *from)
{
    memset(address, 0, sizeof *address);
    memcpy(address->bytes, from, IN6_IS_ADDR_V4MAPPED(from) ? ADDRESS_BYTES : NETWORK_BYTES);
}

static void set_ipv4(struct address *address, const struct in_addr *from)
{
    memcpy(address->bytes, ipv4_head, sizeof ipv4_head);
    memcpy(address->bytes + sizeof ipv4_head, from, sizeof *from);
}

bool address_of_socket(const struct sockaddr_storage *socket, struct address *address)
{
    if (socket->ss_family == AF_INET6)
        set(address, &((const struct sockaddr_in6 *)socket)->sin6_addr);
    else if (socket->ss_family == AF_INET)
        set_ipv4(address, &((const struct sockaddr_in *)socket)->sin_addr);
    return socket->ss_family == AF_INET6 || socket->ss_family == AF_INET;
}

bool address_of_text(const char *text, struct address *address)
{
    char bare[INET6_ADDRSTRLEN];
    struct in6_addr six;
    struct in_addr four;
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(text, "%"), text);
    if (inet_pton(AF_INET6, bare, &six) == 1) {
        set(address, &six);
        return true;
    }
    if (inet_pton(AF_INET, bare, &four) != 1)
        return false;
    set_ipv4(address, &four);
    return true;
}

void address_around(const struct address *address, struct address *around)
{
    bool four = memcmp(address->bytes, ipv4_head, sizeof ipv4_head) == 0;
    memset(around, 0, sizeof *around);
    memcpy(around->bytes, address->bytes, four ? ADDRESS_BYTES - 1 : SITE_BYTES);
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, ADDRESS_BYTES) == 0;
}
