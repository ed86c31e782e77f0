/* The clocks. Deadlines and time-outs use the steady one; only what people read uses the wall. */
#ifndef STOA_SHARED_CLOCK_H
#define STOA_SHARED_CLOCK_H

#include <stdint.h>

/* Milliseconds since some fixed moment (CLOCK_MONOTONIC). */
int64_t clock_steady_ms(void);
/* Microseconds of the same clock. */
int64_t clock_steady_us(void);
/* Milliseconds of a steady clock that goes on while the machine sleeps (CLOCK_BOOTTIME). */
int64_t clock_boot_ms(void);
/* Milliseconds since 1970-01-01 UTC. */
int64_t clock_wall_ms(void);

enum { CLOCK_TEXT = 32 };
enum clock_form {
    CLOCK_DAY,         /* 2026-01-31 */
    CLOCK_MINUTE,      /* 2026-01-31 23:59 */
    CLOCK_SECOND,      /* 2026-01-31 23:59:58 */
    CLOCK_TODAY,       /* 23:59 */
    CLOCK_TODAY_SECOND /* 23:59:58 */
};
/* A moment of the wall clock as local time; "?" where the calendar does not have it. Returns text. */
const char *clock_local(int64_t wall_ms, enum clock_form form, char text[CLOCK_TEXT]);

#endif
