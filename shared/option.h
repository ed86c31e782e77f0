/* One option of a configuration: its name, type and bounds, and how its value is read and written. The
 * daemon's are in daemon/config/options.c, the full-screen client's in tui/settings.c: one row each, from
 * which reading, checking, printing, config.example.yaml and stoa-config(5) follow. */
#ifndef STOA_SHARED_OPTION_H
#define STOA_SHARED_OPTION_H

#include <stdbool.h>
#include <stdint.h>

enum { OPTION_NAME_MAX = 64 }; /* bytes */

enum option_type {
    OPTION_TEXT,     /* min..max are bytes */
    OPTION_INTEGER,  /* min..max are values */
    OPTION_BOOL,     /* true or false */
    OPTION_ENUM,     /* the number is the position in choices */
    OPTION_DURATION, /* min..max are milliseconds; written 500ms, 10s, 5m, 2h */
    OPTION_SIZE,     /* min..max are bytes; written 4096, 64k, 1m, 2g */
    OPTION_TYPE_COUNT
};

struct option_spec {
    const char *name; /* dotted: "session.idle_timeout" */
    enum option_type type;
    int64_t min, max;
    const char *standard; /* the default, as it would be written in the file */
    const char *choices;  /* OPTION_ENUM: "error|warn|info" */
    const char *unit;     /* what the number counts, for people: "chunks per second"; never empty */
    const char *help;     /* a sentence or two */
    bool restart;         /* takes effect only when the daemon starts, not by a reload */
};

/* Reads a value as it is written in the file. *number for all types but text. False when it is not of the
 * spec's type or out of its bounds. */
bool option_read(const struct option_spec *spec, const char *text, int64_t *number);
/* Writes a number as one would write it in the file: "5m", "64k", "true", "info". */
void option_write(const struct option_spec *spec, int64_t number, char out[32]);
/* What would be right: "a duration such as 500ms, 10s, 5m, 2h or 1d, from 1s to 7d". */
void option_expects(const struct option_spec *spec, char out[128]);

/* Its name in the environment: STOA_SESSION_IDLE_TIMEOUT for "session.idle_timeout". */
void option_variable(const char *name, char out[OPTION_NAME_MAX + 6]);

#endif
