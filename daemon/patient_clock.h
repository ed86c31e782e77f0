/* The wall clock for what must not happen too early: a jump ahead is believed only after a day, a jump back
 * at once. Between two looks it goes on as the machine's own time does, sleep included. */
#ifndef STOA_DAEMON_PATIENT_CLOCK_H
#define STOA_DAEMON_PATIENT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PATIENT_CLOCK_SLACK_MS = 60000,   /* ahead by no more than that it is no jump: clocks are adjusted */
    PATIENT_CLOCK_DOUBT_MS = 86400000 /* how long a jump ahead is not believed */
};

struct patient_clock {
    int64_t wall, boot;  /* at the last look that was believed */
    int64_t ahead_since; /* boot ms of the first look that was not; -1: there is none */
};

/* Times are of clock_wall_ms and clock_boot_ms. This first look is believed. */
void patient_clock_start(struct patient_clock *clock, int64_t wall, int64_t boot);
/* What time it is, as far as that is believed. */
int64_t patient_clock_look(struct patient_clock *clock, int64_t wall, int64_t boot);

#endif
