/* The only place that asks the kernel what time it is, and for people the only one that says it. */
#include "shared/clock.h"
#include <string.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_steady_ms(void)
{
    return clock_steady_us() / 1000;
}

int64_t clock_steady_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
    return read_us(CLOCK_BOOTTIME) / 1000;
}

int64_t clock_wall_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

static size_t put(const struct tm *tm, enum clock_form form, char text[CLOCK_TEXT])
{
    switch (form) {
    case CLOCK_DAY:
        return strftime(text, CLOCK_TEXT, "%Y-%m-%d", tm);
    case CLOCK_MINUTE:
        return strftime(text, CLOCK_TEXT, "%Y-%m-%d %H:%M", tm);
    case CLOCK_SECOND:
        return strftime(text, CLOCK_TEXT, "%Y-%m-%d %H:%M:%S", tm);
    case CLOCK_TODAY:
        return strftime(text, CLOCK_TEXT, "%H:%M", tm);
    case CLOCK_TODAY_SECOND:
        return strftime(text, CLOCK_TEXT, "%H:%M:%S", tm);
    }
    return 0;
}

const char *clock_local(int64_t wall_ms, enum clock_form form, char text[CLOCK_TEXT])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;

    if (!localtime_r(&seconds, &tm) || put(&tm, form, text) == 0)
        strcpy(text, "?");
    return text;
}
