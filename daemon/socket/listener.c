/* Addresses were checked when they were read (listen.h), so what is taken apart here is whole. */
#include "daemon/socket/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* --- the local socket --- */

/* A socket that nobody serves refuses. */
static bool is_dead(int fd, const struct sockaddr_un *address)
{
    return connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno == ECONNREFUSED;
}

/* libzmq would remove whatever is at the path, when it binds and when it ends. */
int listener_local(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strnlen(path, sizeof address.sun_path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t old = umask(0177);
    int rc = bind(fd, (struct sockaddr *)&address, sizeof address);
    if (rc != 0 && errno == EADDRINUSE) {
        if (is_dead(fd, &address) && unlink(path) == 0)
            rc = bind(fd, (struct sockaddr *)&address, sizeof address);
        else
            errno = EADDRINUSE;
    }
    umask(old);
    if (rc == 0 && listen(fd, LISTENER_BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* --- over tcp --- */

static int port_of(const struct listen_address *address)
{
    return atoi(strrchr(address->text, ':') + 1);
}

/* "127.0.0.1", "::1" or "*" */
static void host_of(const struct listen_address *address, char host[LISTEN_TEXT_MAX])
{
    const char *from = address->text + strlen("tcp://");
    size_t len = (size_t)(strrchr(from, ':') - from), bracket = from[0] == '[';
    snprintf(host, LISTEN_TEXT_MAX, "%.*s", (int)(len - 2 * bracket), from + bracket);
}

static int bind_tcp(int family, const struct sockaddr *address, socklen_t size, bool only_six)
{
    int one = 1, six = only_six, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &six, sizeof six);
    if (bind(fd, address, size) == 0 && listen(fd, LISTENER_BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int listener_tcp(const struct listen_address *address)
{
    char host[LISTEN_TEXT_MAX];
    uint16_t port = htons((uint16_t)port_of(address));
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = port};
    host_of(address, host);
    bool any = strcmp(host, "*") == 0;
    if (address->ipv6) {
        if (!any)
            inet_pton(AF_INET6, host, &six.sin6_addr);
        int fd = bind_tcp(AF_INET6, (struct sockaddr *)&six, sizeof six, !any);
        if (fd >= 0 || !any || errno != EAFNOSUPPORT) /* a kernel without IPv6 */
            return fd;
    } else {
        inet_pton(AF_INET, host, &four.sin_addr);
    }
    return bind_tcp(AF_INET, (struct sockaddr *)&four, sizeof four, false);
}

void listener_name(int fd, const struct listen_address *address, char bound[LISTEN_TEXT_MAX])
{
    struct sockaddr_in6 name = {0}; /* an IPv4 one has its port at the same place */
    socklen_t size = sizeof name;
    int port = port_of(address);
    if (getsockname(fd, (struct sockaddr *)&name, &size) == 0)
        port = ntohs(name.sin6_port);
    snprintf(bound, LISTEN_TEXT_MAX, "%.*s:%d", (int)(strrchr(address->text, ':') - address->text),
             address->text, port);
}
