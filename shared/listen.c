/* Hosts are addresses, not names: what a name means may change, and with it who can connect. */
#include "shared/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_MAX = INET6_ADDRSTRLEN, PORT_MAX = 65535 };

static const char separators[] = " ,\t\r\n";

/* The port's text; -1 if it is none. */
static int read_port(const char *text)
{
    size_t len = strlen(text);
    int port = len > 0 && len <= 5 && strspn(text, "0123456789") == len ? atoi(text) : -1;
    return port <= PORT_MAX ? port : -1;
}

static bool read_host(const char *host, struct listen_address *address)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    char bare[HOST_MAX];
    size_t len = strlen(host);

    address->ipv6 = host[0] == '[' || strcmp(host, "*") == 0;
    if (host[0] != '[')
        return address->ipv6 || inet_pton(AF_INET, host, bytes) == 1;
    if (len < 3 || host[len - 1] != ']')
        return false;
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return inet_pton(AF_INET6, bare, bytes) == 1;
}

/* len < LISTEN_TEXT_MAX */
static bool read_one(const char *text, size_t len, struct listen_address *address)
{
    static const char head[] = "tcp://";
    const size_t head_len = sizeof head - 1;
    char host[LISTEN_TEXT_MAX];
    int port = LISTEN_PORT;

    if (len <= head_len || strncmp(text, head, head_len) != 0)
        return false;
    memcpy(host, text + head_len, len - head_len);
    host[len - head_len] = '\0';
    char *bracket = strchr(host, ']'), *colon = strrchr(host, ':');
    if (colon && (!bracket || colon > bracket)) {
        *colon = '\0';
        port = read_port(colon + 1);
    }
    if (port < 0 || strlen(host) >= HOST_MAX || !read_host(host, address))
        return false;
    snprintf(address->text, sizeof address->text, "%s%.*s:%d", head, HOST_MAX, host, port);
    return true;
}

int listen_parse(const char *text, struct listen_address addresses[LISTEN_MAX], char error[256])
{
    int count = 0;

    for (;;) {
        text += strspn(text, separators);
        size_t len = strcspn(text, separators);
        if (len == 0)
            return count;
        if (count == LISTEN_MAX) {
            snprintf(error, 256, "there are more than %d addresses; one tcp://*:PORT is all of this host's",
                     LISTEN_MAX);
            return -1;
        }
        if (len >= LISTEN_TEXT_MAX || !read_one(text, len, &addresses[count])) {
            snprintf(error, 256,
                     "'%.*s' is no address to listen at; it must be tcp://HOST:PORT, where HOST is an IPv4 "
                     "address, an IPv6 address in brackets, or *",
                     len < LISTEN_TEXT_MAX ? (int)len : LISTEN_TEXT_MAX, text);
            return -1;
        }
        count++;
        text += len;
    }
}

bool listen_split(const char *address, char *host, size_t size, char port[LISTEN_PORT_TEXT])
{
    const char *colon = strrchr(address, ':');

    if (!colon || !colon[1] || strlen(colon + 1) > 5 || colon[1 + strspn(colon + 1, "0123456789")] ||
        atoi(colon + 1) > PORT_MAX || (size_t)(colon - address) >= size)
        return false;
    size_t len = (size_t)(colon - address);
    bool brackets = len >= 2 && address[0] == '[' && colon[-1] == ']';

    snprintf(host, size, "%.*s", (int)(brackets ? len - 2 : len), address + brackets);
    snprintf(port, LISTEN_PORT_TEXT, "%s", colon + 1);
    return true;
}
