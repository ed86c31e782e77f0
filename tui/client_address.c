/* libzmq says that it can't connect, but not why; so what it tried is tried once more here when people are to
 * be told. */
#include "tui/client_address.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 3000 };

void client_address_clear(struct client_address *address)
{
    if (address->token)
        explicit_bzero(address->token, strlen(address->token));
    free(address->token);
    free(address->token_file);
    free(address->path);
    explicit_bzero(address, sizeof *address);
}

const char *client_address_said(const struct client_address *address, char said[CLIENT_SAID_MAX])
{
    char where[JOIN_ADDRESS_MAX];

    if (!client_address_is_remote(address))
        return "the daemon";
    join_address_text(&address->remote, where);
    snprintf(said, CLIENT_SAID_MAX, "%s (%s)", address->name, where);
    return said;
}

static int resolve(const struct join_address *remote, struct addrinfo **found)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char port[16];

    *found = NULL;
    snprintf(port, sizeof port, "%d", remote->port);
    return getaddrinfo(remote->host, port, &hints, found);
}

unsigned client_address_families(const struct join_address *remote)
{
    struct addrinfo *found;
    unsigned families = 0;

    resolve(remote, &found);
    for (const struct addrinfo *a = found; a; a = a->ai_next)
        families |= a->ai_family == AF_INET ? CLIENT_IPV4 : a->ai_family == AF_INET6 ? CLIENT_IPV6 : 0;
    if (found)
        freeaddrinfo(found);
    return families;
}

/* 0, or an errno. */
static int try_one(const struct addrinfo *to)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), failure = 0;
    socklen_t size = sizeof failure;
    struct pollfd ready = {.fd = fd, .events = POLLOUT};

    if (fd < 0)
        return errno;
    if (connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
        failure = errno;
        if (failure == EINPROGRESS) {
            failure = ETIMEDOUT;
            if (poll(&ready, 1, CONNECT_MS) > 0)
                getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
        }
    }
    close(fd);
    return failure;
}

bool client_address_explain(const struct join_address *remote, char why[256])
{
    struct addrinfo *found;
    int code = resolve(remote, &found), failure = EHOSTUNREACH;

    if (code != 0) {
        snprintf(why, 256, "the name '%.100s' can't be resolved: %s", remote->host, gai_strerror(code));
        return true;
    }
    for (const struct addrinfo *a = found; a && failure != 0; a = a->ai_next)
        failure = try_one(a);
    freeaddrinfo(found);
    snprintf(why, 256, "%s", strerror(failure));
    return failure != 0;
}
