/* Each line is made whole and written at once, so that lines of several threads and programs do not mix. */
#include "shared/log.h"
#include "shared/clock.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 4096, /* a line with its newline */
    RAW_MAX = 8192,        /* of the text before it is sanitised, which may make it shorter */
    SHORT_ID = 10,
    SHORT_ID_RING = 9,
};

static const struct {
    const char *name, *shown;
    int priority; /* syslog's */
} levels[] = {
    [LOG_ERROR] = {"error", "ERROR", 3}, [LOG_WARN] = {"warn", "WARN", 4},
    [LOG_INFO] = {"info", "INFO", 6},    [LOG_DEBUG] = {"debug", "DEBUG", 7},
    [LOG_TRACE] = {"trace", "TRACE", 7},
};

static const char *program = "stoa";
static bool under_journal;
static atomic_int limit = LOG_INFO;

/* The journal names the stream that it reads; stderr may since have been sent elsewhere. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
           st.st_dev == device && st.st_ino == inode;
}

void log_init(const char *name)
{
    const char *wanted = getenv("STOA_LOG");
    enum log_level level = LOG_INFO;

    program = name;
    under_journal = stderr_is_journal();
    bool known = !wanted || !*wanted || log_level_parse(wanted, &level);
    log_set_level(level);
    if (!known)
        log_warn("log", "STOA_LOG=%s is not error, warn, info, debug or trace; info is used", wanted);
}

void log_set_level(enum log_level level)
{
    atomic_store(&limit, (int)level);
}

bool log_level_parse(const char *name, enum log_level *level)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(levels[i].name, name) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    return false;
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load_explicit(&limit, memory_order_relaxed);
}

/* What stands before the text: the priority for the journal, which knows the time itself; else the time. */
static size_t put_head(char *line, size_t size, enum log_level level, const char *area)
{
    char when[40] = "";
    int len;

    if (under_journal) {
        snprintf(when, sizeof when, "<%d>", levels[level].priority);
    } else {
        int64_t now = clock_wall_ms();
        time_t seconds = (time_t)(now / 1000);
        struct tm tm;
        size_t used = strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));

        snprintf(when + used, sizeof when - used, ".%03dZ ", (int)(now % 1000));
    }
    len = snprintf(line, size, "%s%s %s %s: ", when, program, levels[level].shown, area);
    return len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}

/* The text of a line, clean and cut to max bytes with "..." where something is left out. */
static size_t put_text(char *line, size_t max, const char *format, va_list args)
{
    static const char more[] = "...";
    char raw[RAW_MAX];
    int wanted = vsnprintf(raw, sizeof raw, format, args);
    size_t len = wanted < 0 ? 0 : (size_t)wanted;
    bool cut = len >= sizeof raw;

    if (cut)
        len = utf8_cut(raw, sizeof raw - 1, sizeof raw - 5); /* vsnprintf may have split a character */
    char *clean = sanitise_line(raw, len, SIZE_MAX);
    len = strlen(clean);
    cut = cut || len > max;
    if (cut)
        len = utf8_cut(clean, len, max - strlen(more));
    memcpy(line, clean, len);
    free(clean);
    if (cut) {
        memcpy(line + len, more, strlen(more));
        len += strlen(more);
    }
    return len;
}

void log_line(enum log_level level, const char *area, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    int saved = errno;
    va_list args;

    if (!log_enabled(level))
        return;
    size_t len = put_head(line, sizeof line / 2, level, area);
    va_start(args, format);
    errno = saved; /* for %m */
    len += put_text(line + len, sizeof line - len - 1, format, args);
    va_end(args);
    line[len++] = '\n';
    while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
        ;
    errno = saved;
}

const char *log_id(const char *id)
{
    static _Thread_local char ring[SHORT_ID_RING][SHORT_ID + 1];
    static _Thread_local unsigned turn;
    char *slot = ring[turn++ % SHORT_ID_RING];

    snprintf(slot, SHORT_ID + 1, "%s", id ? id : "-");
    return slot;
}

uint64_t log_seldom(struct log_seldom *seldom, uint64_t count)
{
    int64_t now = clock_steady_ms();
    uint64_t since = count - seldom->told;

    if (since == 0 || (seldom->at && now - seldom->at < LOG_SELDOM_MS))
        return 0;
    seldom->told = count;
    seldom->at = now;
    return since;
}
