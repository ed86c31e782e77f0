/* A reference point of both clocks, which moves along while they agree. */
#include "daemon/patient_clock.h"

void patient_clock_start(struct patient_clock *clock, int64_t wall, int64_t boot)
{
    *clock = (struct patient_clock){wall, boot, -1};
}

int64_t patient_clock_look(struct patient_clock *clock, int64_t wall, int64_t boot)
{
    int64_t expected = clock->wall + (boot - clock->boot);
    bool ahead = wall > expected + PATIENT_CLOCK_SLACK_MS;
    if (ahead && clock->ahead_since < 0)
        clock->ahead_since = boot;
    if (ahead && boot - clock->ahead_since < PATIENT_CLOCK_DOUBT_MS)
        return expected;
    patient_clock_start(clock, wall, boot);
    return wall;
}
