/* The program is this one, and says its version: it is there, whatever else is not. */
#include "daemon/agent/mcp/isolation.h"
#include "daemon/agent/mcp/launch.h"
#include <poll.h>
#include <signal.h>
#include <stddef.h>

enum { PATIENCE_MS = 1500 };

int isolation_main(void)
{
    char *argv[] = {(char *)"/proc/self/exe", (char *)"--version", NULL}, *environment[] = {NULL}, error[256];
    const struct launch launch = {.argv = argv, .environment = environment};
    struct launched launched;

    signal(SIGPIPE, SIG_IGN);
    if (!launch_start(&launch, &launched, error))
        return 1;
    struct pollfd ended = {.fd = launched.pidfd, .events = POLLIN};
    if (poll(&ended, 1, PATIENCE_MS) != 1)
        launch_signal(&launched, SIGKILL);
    launch_reap(&launched);
    launch_report(&launched, error);
    launch_clear(&launched);
    return launched.isolated ? 0 : 1;
}
