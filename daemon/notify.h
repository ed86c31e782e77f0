/* What a process manager is told, by the sd_notify protocol: datagrams to $NOTIFY_SOCKET. Without it, nothing
 * happens. */
#ifndef STOA_DAEMON_NOTIFY_H
#define STOA_DAEMON_NOTIFY_H

#include <uv.h>

struct notify;

/* Takes $NOTIFY_SOCKET and $WATCHDOG_USEC out of the environment, so that no child finds them. While a
 * watchdog is asked for, the loop itself says WATCHDOG=1 at half its time. */
struct notify *notify_open(uv_loop_t *loop);
void notify_close(struct notify **notify);
/* "READY=1", "STOPPING=1", "STATUS=...", "RELOADING=1\nMONOTONIC_USEC=..." */
void notify_say(struct notify *notify, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
