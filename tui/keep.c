/* A file is written under another name and renamed, under a lock that all clients share, so that none loses
 * what another has just added. Who holds it is in it: a client that was stopped is waited for only briefly.
 */
#include "tui/keep.h"
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/id.h"
#include "shared/jsonx.h"
#include "shared/paths.h"
#include "shared/sanitise.h"
#include "shared/writeall.h"
#include "shared/xalloc.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    VERSION = 1,
    DRAFT_MAX = 1 << 20,
    FILES_LIST_MAX = 32 << 10,
    LOCK_PAUSE_MS = 2,
    LOCK_TRIES = 50, /* while whoever holds it can't write */
    LOCK_MAX_MS = 2000,
    SIGNATURE = 20, /* bytes of who holds the lock */
    PROCESS_NAME_MAX = 32
};

struct keep {
    char *folder;
};

/* --- the content of a file --- */

static char *clean(const json_t *obj, const char *key, size_t max)
{
    const char *text = jsonx_str(obj, key, "");

    return sanitise_text(text, strlen(text), SANITISE_STRIP, max);
}

/* draft: whether it is wanted, too; a large one takes its time. */
static bool parse(const char *bytes, size_t len, bool draft, struct kept *kept)
{
    json_t *json = jsonx_parse(bytes, len, NULL), *item;
    size_t i;

    *kept = (struct kept){.draft = NULL};
    bool good = json_is_object(json) && jsonx_int(json, "version", 0) == VERSION;
    kept->draft = good && draft ? clean(json, "draft", DRAFT_MAX) : xstrdup("");
    kept->files = good && draft ? clean(json, "files", FILES_LIST_MAX) : xstrdup("");
    kept->writer = good ? (long)jsonx_int(json, "writer", 0) : 0;
    json_array_foreach(good ? jsonx_arr(json, "sent") : NULL, i, item)
    {
        char *text = clean(item, "text", DRAFT_MAX);
        kept_add(kept, text, jsonx_int(item, "ts", 0));
        free(text);
    }
    json_decref(json);
    return good;
}

bool kept_parse(const char *bytes, size_t len, struct kept *kept)
{
    return parse(bytes, len, true, kept);
}

char *kept_format(const struct kept *kept, size_t *len)
{
    json_t *json = json_object(), *sent = json_array();

    jsonx_set_int(json, "version", VERSION);
    jsonx_set_str(json, "draft", kept->draft);
    jsonx_set_str(json, "files", kept->files);
    jsonx_set_int(json, "writer", kept->writer);
    for (size_t i = 0; i < kept->sent_count; i++) {
        json_t *item = json_object();

        jsonx_set_int(item, "ts", kept->sent[i].ts);
        jsonx_set_str(item, "text", kept->sent[i].text);
        json_array_append_new(sent, item);
    }
    json_object_set_new(json, "sent", sent);
    char *text = jsonx_dump(json, len);
    json_decref(json);
    return text;
}

void kept_clear(struct kept *kept)
{
    free(kept->draft);
    free(kept->files);
    for (size_t i = 0; i < kept->sent_count; i++)
        free(kept->sent[i].text);
    free(kept->sent);
    *kept = (struct kept){.draft = NULL};
}

static void drop_oldest(struct kept *kept)
{
    free(kept->sent[0].text);
    memmove(kept->sent, kept->sent + 1, --kept->sent_count * sizeof *kept->sent);
}

void kept_add(struct kept *kept, const char *text, int64_t ts)
{
    size_t bytes = strlen(text);

    if (!*text || bytes > KEEP_SENT_BYTES_MAX ||
        (kept->sent_count > 0 && strcmp(kept->sent[kept->sent_count - 1].text, text) == 0))
        return;
    for (size_t i = 0; i < kept->sent_count; i++)
        bytes += strlen(kept->sent[i].text);
    while (kept->sent_count == KEEP_SENT_MAX || (kept->sent_count > 0 && bytes > KEEP_SENT_BYTES_MAX)) {
        bytes -= strlen(kept->sent[0].text);
        drop_oldest(kept);
    }
    if (!kept->sent)
        kept->sent = xcalloc(KEEP_SENT_MAX, sizeof *kept->sent);
    kept->sent[kept->sent_count++] = (struct kept_text){.text = xstrdup(text), .ts = ts};
}

/* The name of a process that lives, and the letter for what it does; "" and 0 if it does not live: one that
 * was killed and not waited for is still listed. */
static char look_at(const char *pid, char name[PROCESS_NAME_MAX])
{
    char path[64], stat[512];

    name[0] = '\0';
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, stat, sizeof stat - 1);
    close(fd);
    stat[got > 0 ? got : 0] = '\0';
    const char *begin = strchr(stat, '('), *end = strrchr(stat, ')'); /* "12 (stoa) S ..." */
    if (!begin || !end || end < begin || end[1] != ' ' || end[2] == 'Z' || end[2] == 'X')
        return 0;
    snprintf(name, PROCESS_NAME_MAX, "%.*s", (int)(end - begin - 1), begin + 1);
    return end[2];
}

bool kept_elsewhere(const struct kept *kept)
{
    char pid[32], name[PROCESS_NAME_MAX], own[PROCESS_NAME_MAX];

    if (kept->writer <= 0 || kept->writer == (long)getpid())
        return false;
    snprintf(pid, sizeof pid, "%ld", kept->writer);
    look_at(pid, name);
    look_at("self", own);
    return *name && strcmp(name, own) == 0; /* another program may have that number by now */
}

/* --- the folder --- */

struct keep *keep_open(char error[256])
{
    char *state = paths_state();
    struct keep *keep;

    if (!state) {
        snprintf(error, 256, "drafts are not kept: HOME is not set");
        return NULL;
    }
    keep = xcalloc(1, sizeof *keep);
    keep->folder = paths_join(state, "client");
    free(state);
    if (paths_make(keep->folder, error) != ERR_OK || paths_check_private(keep->folder, error) != ERR_OK)
        keep_free(&keep);
    return keep;
}

void keep_free(struct keep **keep)
{
    if (!*keep)
        return;
    free((*keep)->folder);
    free(*keep);
    *keep = NULL;
}

static char *path_of(const struct keep *keep, const char *session)
{
    return xasprintf("%s/%s.json", keep->folder, session);
}

/* Whether who holds the lock will give it back, however busy the machine is. */
static bool is_running(int fd)
{
    char pid[SIGNATURE + 1] = "", name[PROCESS_NAME_MAX];

    if (pread(fd, pid, SIGNATURE, 0) <= 0)
        return false;
    snprintf(pid, sizeof pid, "%ld", strtol(pid, NULL, 10));
    char does = look_at(pid, name);
    return does != 0 && does != 'T' && does != 't';
}

/* At once, for those who look meanwhile. */
static void sign(int fd)
{
    char pid[SIGNATURE + 1];
    snprintf(pid, sizeof pid, "%-*ld", SIGNATURE, (long)getpid());
    bool is_known = pwrite(fd, pid, SIGNATURE, 0) == SIGNATURE;
    (void)is_known; /* else it is waited for briefly */
}

/* -1 if it can't be had soon. */
static int lock(const struct keep *keep)
{
    char *path = paths_join(keep->folder, "lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    int64_t begun = clock_steady_ms();
    int tries = 0;

    free(path);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        bool waits = errno == EWOULDBLOCK;

        tries = is_running(fd) ? 0 : tries + 1;
        if (!waits || tries == LOCK_TRIES || clock_steady_ms() - begun >= LOCK_MAX_MS) {
            close(fd);
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    if (fd >= 0)
        sign(fd);
    return fd;
}

/* False if there is nothing, or what is there is not ours: error is "" in the first case. */
static bool read_file(const char *path, struct buf *out, char error[256])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    char piece[65536];
    struct stat st;
    ssize_t got = -1;

    *error = '\0';
    if (fd < 0) {
        if (errno != ENOENT)
            snprintf(error, 256, "the draft that was kept can't be read: %s", strerror(errno));
        return false;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
        while ((got = read(fd, piece, sizeof piece)) > 0 && buf_put(out, piece, (size_t)got))
            ;
    close(fd);
    if (got != 0)
        snprintf(error, 256, "%s is no draft of ours, and is left aside", path);
    return got == 0;
}

static bool load(const struct keep *keep, const char *session, bool draft, struct kept *kept, char error[256])
{
    char *path = path_of(keep, session);
    struct buf bytes;

    buf_init(&bytes, KEEP_FILE_MAX);
    bool there = read_file(path, &bytes, error);
    bool good = parse(there ? bytes.data : "", there ? bytes.len : 0, draft, kept);
    if (there && !good)
        snprintf(error, 256, "%s is damaged, and is left aside", path);
    buf_free(&bytes);
    free(path);
    return good || !*error;
}

bool keep_load(const struct keep *keep, const char *session, struct kept *kept, char error[256])
{
    return load(keep, session, true, kept, error);
}

/* --- writing --- */

static bool replace(const char *path, const char *bytes, size_t len)
{
    char *fresh = xasprintf("%s.%ld", path, (long)getpid());
    bool good = false;

    unlink(fresh); /* of a process that had this number and was killed */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        good = write_all(fd, bytes, len);
        good = close(fd) == 0 && good && rename(fresh, path) == 0;
        if (!good)
            unlink(fresh);
    }
    free(fresh);
    return good;
}

bool keep_save(const struct keep *keep, const char *session, const struct kept *change, char error[256])
{
    char *path = path_of(keep, session), ignored[256];
    int locked = lock(keep);
    struct kept all;
    size_t len;
    bool good;

    bool empty = !*change->draft;
    load(keep, session, empty, &all, ignored);
    if (!empty || !kept_elsewhere(&all)) {
        free(all.draft);
        free(all.files);
        all.draft = xstrdup(change->draft);
        all.files = xstrdup(change->files);
        all.writer = change->writer;
    }
    for (size_t i = 0; i < change->sent_count; i++)
        kept_add(&all, change->sent[i].text, change->sent[i].ts);
    if (!*all.draft && all.sent_count == 0) {
        good = unlink(path) == 0 || errno == ENOENT;
    } else {
        char *bytes = kept_format(&all, &len);

        good = replace(path, bytes, len);
        free(bytes);
    }
    if (!good)
        snprintf(error, 256, "the draft is not kept: %s", strerror(errno));
    if (locked >= 0)
        close(locked);
    kept_clear(&all);
    free(path);
    return good;
}

void keep_forget(const struct keep *keep, const char *session)
{
    char *path = path_of(keep, session);

    unlink(path);
    free(path);
}

/* --- all sessions --- */

struct found {
    char session[ID_MAX];
    off_t size;
    struct timespec written;
};

static int newest_first(const void *a, const void *b)
{
    const struct timespec *one = &((const struct found *)a)->written,
                          *two = &((const struct found *)b)->written;

    if (one->tv_sec != two->tv_sec)
        return one->tv_sec < two->tv_sec ? 1 : -1;
    return one->tv_nsec < two->tv_nsec ? 1 : one->tv_nsec > two->tv_nsec ? -1 : 0;
}

/* "s_....json" as a session's id. */
static bool session_of(const char *name, char id[ID_MAX])
{
    const char *dot = strrchr(name, '.');

    if (!dot || strcmp(dot, ".json") != 0 || dot - name >= ID_MAX)
        return false;
    memcpy(id, name, (size_t)(dot - name));
    id[dot - name] = '\0';
    return id_valid(id, "s_");
}

static struct found *find_all(const struct keep *keep, size_t *count)
{
    DIR *dir = opendir(keep->folder);
    struct found *list = NULL, one;
    struct stat st;

    *count = 0;
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!session_of(entry->d_name, one.session) || fstatat(dirfd(dir), entry->d_name, &st, 0) != 0)
            continue;
        one.written = st.st_mtim;
        one.size = st.st_size;
        if ((*count & (*count + 1)) == 0 || !list)
            list = xreallocarray(list, (*count + 1) * 2, sizeof *list);
        list[(*count)++] = one;
    }
    if (dir)
        closedir(dir);
    return list;
}

void keep_all(const struct keep *keep, void (*each)(void *arg, const char *session, const struct kept *kept),
              void *arg)
{
    size_t count;
    struct found *list = find_all(keep, &count);
    off_t size = 0;

    if (count > 0)
        qsort(list, count, sizeof *list, newest_first);
    for (size_t i = 0; i < count && i < KEEP_SESSIONS_MAX; i++) {
        struct kept kept;
        char error[256];

        if (list[i].size > KEEP_ALL_MAX - size)
            continue;
        size += list[i].size;
        load(keep, list[i].session, false, &kept, error);
        each(arg, list[i].session, &kept);
        kept_clear(&kept);
    }
    free(list);
}
