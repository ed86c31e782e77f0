/* A shell's ">&-" starts a program without them. What is opened next would then be written to by whoever says
 * something, and libuv gives up when it is told to close one of the three. */
#include "shared/standard.h"
#include <fcntl.h>
#include <unistd.h>

bool standard_hold(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) != fd)
            return false;
    return true;
}
