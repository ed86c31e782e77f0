#include "tui/plain/overdue.h"
#include <signal.h>
#include <unistd.h>

enum { OVERDUE_S = 2 };

static struct sigaction handled[NSIG];
static volatile sig_atomic_t last;

static void on_alarm(int number)
{
    (void)number;
    signal(last, SIG_DFL);
    raise(last);
}

static void on_signal(int number)
{
    last = number;
    alarm(OVERDUE_S);
    handled[number].sa_handler(number);
}

void overdue_watch(int number)
{
    struct sigaction action, at_last = {.sa_handler = on_alarm};

    sigaction(number, NULL, &handled[number]);
    action = handled[number];
    action.sa_handler = on_signal;
    sigaction(SIGALRM, &at_last, NULL);
    sigaction(number, &action, NULL);
}
