/* Structured lines on stderr: "TIME program LEVEL area: text key=value ...", where the journal, which knows
 * the time, gets its <N> priorities instead. What comes from outside is sanitised to one line of printable
 * text before it is written. */
#ifndef STOA_SHARED_LOG_H
#define STOA_SHARED_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* program: shown in each line. Level from $STOA_LOG (error|warn|info|debug|trace), else info. Looks at
 * $JOURNAL_STREAM. */
void log_init(const char *program);
void log_set_level(enum log_level level);
/* False for an unknown name; *level is then untouched. */
bool log_level_parse(const char *name, enum log_level *level);
bool log_enabled(enum log_level level);
/* One line; area is the noun ("session", "store"). Longer than 4 KiB is cut with "...". Keeps errno. */
void log_line(enum log_level level, const char *area, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* For what strangers can make happen many times a second: at most a line in LOG_SELDOM_MS. Zeroed at the
 * beginning. */
enum { LOG_SELDOM_MS = 60000 };
struct log_seldom {
    uint64_t told; /* of how many the log knows */
    int64_t at;    /* steady ms of the last line; 0 for never */
};
/* count: of all so far. How many a line shall tell of now; 0 if there shall be none yet. */
uint64_t log_seldom(struct log_seldom *seldom, uint64_t count);
/* The first 10 characters of an id ("s_01j8zq4k"), for log lines. "-" for NULL. Valid for 8 further calls. */
const char *log_id(const char *id);

#define log_error(area, ...) log_line(LOG_ERROR, area, __VA_ARGS__)
#define log_warn(area, ...)  log_line(LOG_WARN, area, __VA_ARGS__)
#define log_info(area, ...)  log_line(LOG_INFO, area, __VA_ARGS__)
#define log_debug(area, ...)                                                                                 \
    do {                                                                                                     \
        if (log_enabled(LOG_DEBUG))                                                                          \
            log_line(LOG_DEBUG, area, __VA_ARGS__);                                                          \
    } while (0)
#define log_trace(area, ...)                                                                                 \
    do {                                                                                                     \
        if (log_enabled(LOG_TRACE))                                                                          \
            log_line(LOG_TRACE, area, __VA_ARGS__);                                                          \
    } while (0)

#endif
