#include "tui/terminal/tty.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
    QUEUE_MAX = 4 << 20,
    LEAVE_TRIES = 20, /* of LEAVE_WAIT_MS each, for a terminal that does not take the last bytes */
    LEAVE_WAIT_MS = 25
};

/* Bracketed paste, focus, modifyOtherKeys, kitty's disambiguation. Off also ends synchronized output, in case
 * a frame was cut short. */
static const char modes_on[] = "\033[?2004h\033[?1004h\033[>4;2m\033[>1u";
/* The cursor: some terminals take its being hidden for a part of what they save and restore with the screen.
 */
static const char modes_off[] =
    "\033[?2026l\033[<u\033[>4m\033[?1006l\033[?1000l\033[?1004l\033[?2004l\033[?25h";
static const char mouse_on[] = "\033[?1000h\033[?1006h";
static const char mouse_off[] = "\033[?1006l\033[?1000l";

struct tty {
    int fd;
    bool entered;
    struct termios shell, raw;
    struct buf queue;
    uint64_t writes, bytes;
};

/* --- fatal signals --- */

/* Those that end the process by default; the first ones, of a defect, are caught even if somebody else does.
 */
static const int fatal_signals[] = {SIGSEGV, SIGABRT, SIGBUS,    SIGFPE,  SIGILL,  SIGSYS,
                                    SIGTRAP, SIGTERM, SIGHUP,    SIGINT,  SIGQUIT, SIGUSR1,
                                    SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ};
enum {
    FATAL_COUNT = sizeof fatal_signals / sizeof *fatal_signals,
    DEFECT_COUNT = 7,
    RESET_MAX = 512,
    STACK_SIZE = 64 << 10
};

/* All that the handler needs, prepared beforehand: it may call nothing but write, poll, tcgetpgrp, tcsetattr
 * and sigaction. */
static struct {
    volatile sig_atomic_t armed;
    int fd;
    struct termios shell;
    char reset[RESET_MAX];
    size_t reset_len;
    bool caught[FATAL_COUNT];
    struct sigaction before[FATAL_COUNT];
} rescue;

/* The handler's own: a stack that has overflowed cannot be used. */
static char rescue_stack[STACK_SIZE];

static void write_all(int fd, const char *bytes, size_t len)
{
    for (int tries = 0; len > 0 && tries < LEAVE_TRIES;) {
        ssize_t written = write(fd, bytes, len);
        if (written >= 0) {
            bytes += written;
            len -= (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            tries++;
            poll(&ready, 1, LEAVE_WAIT_MS);
        } else if (errno != EINTR) {
            return;
        }
    }
}

/* Gives the terminal back, then lets the signal do what it would have done. */
static void on_fatal(int number)
{
    int saved = errno;

    if (rescue.armed) {
        rescue.armed = 0;
        write_all(rescue.fd, rescue.reset, rescue.reset_len);
        if (tty_in_front(rescue.fd))
            tcsetattr(rescue.fd, TCSANOW, &rescue.shell);
    }
    for (size_t i = 0; i < FATAL_COUNT; i++)
        if (fatal_signals[i] == number && rescue.caught[i])
            sigaction(number, &rescue.before[i], NULL);
    raise(number);
    errno = saved;
}

static void rescue_disarm(void)
{
    if (!rescue.armed)
        return;
    rescue.armed = 0;
    for (size_t i = 0; i < FATAL_COUNT; i++)
        if (rescue.caught[i])
            sigaction(fatal_signals[i], &rescue.before[i], NULL);
}

static void rescue_arm(const struct tty *tty, const char *leave)
{
    struct sigaction action = {.sa_handler = on_fatal, .sa_flags = SA_ONSTACK};
    stack_t stack = {.ss_sp = rescue_stack, .ss_size = sizeof rescue_stack};

    rescue_disarm(); /* or the handler would be its own predecessor */
    rescue.fd = tty->fd;
    rescue.shell = tty->shell;
    rescue.reset_len = (size_t)snprintf(rescue.reset, sizeof rescue.reset, "%s%s", modes_off, leave);
    if (rescue.reset_len >= sizeof rescue.reset)
        rescue.reset_len = sizeof rescue.reset - 1;
    sigfillset(&action.sa_mask);
    sigaltstack(&stack, NULL);
    rescue.armed = 1;
    for (size_t i = 0; i < FATAL_COUNT; i++) {
        sigaction(fatal_signals[i], NULL, &rescue.before[i]);
        rescue.caught[i] = i < DEFECT_COUNT || rescue.before[i].sa_handler == SIG_DFL;
        if (rescue.caught[i])
            sigaction(fatal_signals[i], &action, NULL);
    }
}

/* --- life --- */

struct tty *tty_open(const char *path, char error[256])
{
    struct tty *tty = xcalloc(1, sizeof *tty);

    tty->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (tty->fd < 0 || tcgetattr(tty->fd, &tty->shell) != 0) {
        snprintf(error, 256, "%s is no terminal that can be used: %s", path, strerror(errno));
        if (tty->fd >= 0)
            close(tty->fd);
        free(tty);
        return NULL;
    }
    tty->raw = tty->shell;
    cfmakeraw(&tty->raw);
    tty->raw.c_cc[VMIN] = 1;
    tty->raw.c_cc[VTIME] = 0;
    buf_init(&tty->queue, QUEUE_MAX);
    return tty;
}

void tty_close(struct tty **slot)
{
    struct tty *tty = *slot;

    if (!tty)
        return;
    tty_leave(tty);
    close(tty->fd);
    buf_free(&tty->queue);
    free(tty);
    *slot = NULL;
}

int tty_fd(const struct tty *tty)
{
    return tty->fd;
}

bool tty_size(const struct tty *tty, int *rows, int *cols)
{
    struct winsize size;

    if (ioctl(tty->fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return false;
    *rows = size.ws_row;
    *cols = size.ws_col;
    return true;
}

/* --- modes --- */

void tty_enter(struct tty *tty, bool mouse, const char *leave)
{
    if (!tty->entered)
        rescue_arm(tty, leave);
    else
        tty_put(tty, modes_off, sizeof modes_off - 1); /* some of them are stacked by the terminal */
    tty->entered = true;
    tcsetattr(tty->fd, TCSANOW, &tty->raw);
    tty_put(tty, modes_on, sizeof modes_on - 1);
    tty_set_mouse(tty, mouse);
}

void tty_leave(struct tty *tty)
{
    if (!tty->entered)
        return;
    tty_put(tty, modes_off, sizeof modes_off - 1);
    write_all(tty->fd, tty->queue.data, tty->queue.len);
    buf_clear(&tty->queue);
    /* Not TCSADRAIN: a stopped terminal must not keep the client from ending. Input is dropped, so that
     * answers of the terminal don't land on the shell's command line. */
    if (tty_in_front(tty->fd)) {
        tcflush(tty->fd, TCIFLUSH);
        tcsetattr(tty->fd, TCSANOW, &tty->shell);
    }
    tty->entered = false;
    rescue_disarm();
}

bool tty_in_front(int fd)
{
    pid_t front = tcgetpgrp(fd);

    return front < 0 || front == getpgrp();
}

bool tty_entered(const struct tty *tty)
{
    return tty->entered;
}

void tty_set_mouse(struct tty *tty, bool mouse)
{
    if (tty->entered)
        tty_put(tty, mouse ? mouse_on : mouse_off, mouse ? sizeof mouse_on - 1 : sizeof mouse_off - 1);
}

/* --- output --- */

void tty_put(struct tty *tty, const void *bytes, size_t len)
{
    buf_put(&tty->queue, bytes, len);
    tty_flush(tty);
}

bool tty_flush(struct tty *tty)
{
    while (tty->queue.len > 0) {
        ssize_t written = write(tty->fd, tty->queue.data, tty->queue.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno != EAGAIN)
            buf_clear(&tty->queue); /* the terminal is gone; reading from it says so too */
        if (written <= 0)
            break;
        tty->writes++;
        tty->bytes += (uint64_t)written;
        buf_drop(&tty->queue, (size_t)written);
    }
    return tty->queue.len > 0;
}

bool tty_pending(const struct tty *tty)
{
    return tty->queue.len > 0;
}

/* Through an own descriptor: making somebody else's non-blocking would leak, and one that is not may block
 * for good although poll says that it is ready. */
void tty_say(int fd, const char *bytes, size_t len)
{
    const char *name = isatty(fd) ? ttyname(fd) : NULL;
    int own = isatty(fd) ? open(name ? name : "/dev/tty", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) : -1;

    write_all(own >= 0 ? own : fd, bytes, len);
    if (own >= 0)
        close(own);
}

uint64_t tty_writes(const struct tty *tty)
{
    return tty->writes;
}

uint64_t tty_bytes(const struct tty *tty)
{
    return tty->bytes;
}
