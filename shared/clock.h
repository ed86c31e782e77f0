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

#endif
