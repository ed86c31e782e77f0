#include "daemon/notify.h"

#include "shared/log.h"
#include "shared/xalloc.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct notify {
    int fd; /* -1: nobody to tell */
    struct sockaddr_un address;
    socklen_t address_len;
    uv_timer_t *watchdog;
};

static void on_watchdog(uv_timer_t *timer)
{
    notify_say(timer->data, "WATCHDOG=1");
}

static void watch(struct notify *notify, uv_loop_t *loop)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t period = usec ? strtoull(usec, NULL, 10) / 2000 : 0;
    if (period == 0 || (pid && strtol(pid, NULL, 10) != getpid()))
        return;
    notify->watchdog = xcalloc(1, sizeof *notify->watchdog);
    uv_timer_init(loop, notify->watchdog);
    notify->watchdog->data = notify;
    uv_timer_start(notify->watchdog, on_watchdog, period, period);
}

struct notify *notify_open(uv_loop_t *loop)
{
    struct notify *notify = xcalloc(1, sizeof *notify);
    const char *path = getenv("NOTIFY_SOCKET");
    notify->fd = -1;
    if (path && (path[0] == '/' || path[0] == '@') && strlen(path) < sizeof notify->address.sun_path) {
        notify->address.sun_family = AF_UNIX;
        strcpy(notify->address.sun_path, path);
        notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
        if (path[0] == '@')
            notify->address.sun_path[0] = '\0'; /* the abstract namespace */
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        watch(notify, loop);
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return notify;
}

void notify_say(struct notify *notify, const char *format, ...)
{
    char text[512];
    if (notify->fd < 0)
        return;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof text)
        return;
    if (sendto(notify->fd, text, (size_t)len, MSG_NOSIGNAL, (struct sockaddr *)&notify->address,
               notify->address_len) < 0)
        log_debug("notify", "the process manager can't be told");
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void notify_close(struct notify **slot)
{
    struct notify *notify = *slot;
    if (!notify)
        return;
    if (notify->watchdog)
        uv_close((uv_handle_t *)notify->watchdog, free_handle);
    if (notify->fd >= 0)
        close(notify->fd);
    free(notify);
    *slot = NULL;
}
