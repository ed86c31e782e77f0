/* The file is people's own: comments and what they have put between the words stay. It is written under
 * another name and renamed, under a lock that all clients share, so that none loses what another adds. */
#include "tui/daemons.h"
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/paths.h"
#include "shared/sanitise.h"
#include "shared/writeall.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MAX = 512 << 10,
    LINE_SHOWN = 100,
    LOCK_MS = 2000,
    LOCK_STEP_MS = 5,
    WORDS_OF_LINE = 3,
    FREE_NAME_ROOM = 6 /* for "-1000" */
};

struct entry {
    struct known_daemon known;
    size_t from, to; /* its line in the text, with its end */
};

struct daemons {
    struct buf text;
    struct entry *entries;
    size_t count;
};

char *daemons_path(void)
{
    char *dir = paths_config_folder(), *path = dir ? paths_join(dir, "known_daemons") : NULL;

    free(dir);
    return path;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool daemon_name_valid(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        if (!is_word(name[i]) && !strchr(".-_", name[i]))
            return false;
    return len > 0 && len <= DAEMON_NAME_MAX && is_word(name[0]) && strcmp(name, DAEMON_LOCAL) != 0;
}

/* --- reading --- */

static bool read_entry(char *line, struct known_daemon *known, char why[256])
{
    char *save = NULL, *words[WORDS_OF_LINE + 1];
    int count = 0;

    for (char *word = strtok_r(line, " \t", &save); word && count <= WORDS_OF_LINE;
         word = strtok_r(NULL, " \t", &save))
        words[count++] = word;
    if (count != WORDS_OF_LINE) {
        snprintf(why, 256, "it must be NAME tcp://HOST:PORT KEY");
        return false;
    }
    if (!daemon_name_valid(words[0])) {
        snprintf(why, 256, "its name must be 1 to %d letters, digits, . _ and -, and not '%s'",
                 DAEMON_NAME_MAX, DAEMON_LOCAL);
        return false;
    }
    if (!join_address_parse(words[1], &known->address, why))
        return false;
    if (!key_parse(words[2], known->key)) {
        snprintf(why, 256, "its key must be %d letters, digits, - and _", KEY_TEXT_LEN);
        return false;
    }
    snprintf(known->name, sizeof known->name, "%s", words[0]);
    return true;
}

static enum err read_line(struct daemons *daemons, size_t from, size_t to, char why[256])
{
    char *line = xstrndup(daemons->text.data + from, to - from);
    struct known_daemon known;
    enum err code = ERR_OK;

    line[strcspn(line, "\r\n")] = '\0';
    const char *first = line + strspn(line, " \t");
    if (*first && *first != '#') {
        memset(&known, 0, sizeof known);
        if (!read_entry(line, &known, why)) {
            code = ERR_CONFIG;
        } else if (daemons->count == DAEMONS_MAX) {
            snprintf(why, 256, "there are more than %d daemons", DAEMONS_MAX);
            code = ERR_CONFIG;
        } else if (daemons_find(daemons, known.name)) {
            snprintf(why, 256, "the name '%s' was there before", known.name);
            code = ERR_CONFIG;
        } else {
            daemons->entries[daemons->count++] = (struct entry){known, from, to};
        }
    }
    free(line);
    return code;
}

static enum err read_text(struct daemons *daemons, const char *path, char error[DAEMONS_ERROR])
{
    const char *text = daemons->text.data;
    size_t from = 0, number = 1, len = daemons->text.len;
    enum err code = ERR_OK;
    char why[256];

    daemons->entries = xcalloc(DAEMONS_MAX, sizeof *daemons->entries);
    for (; from < len && code == ERR_OK; number++) {
        const char *end = memchr(text + from, '\n', len - from);
        size_t to = end ? (size_t)(end - text) + 1 : len;

        code = read_line(daemons, from, to, why);
        if (code != ERR_OK) {
            char *shown = sanitise_line(text + from, to - from, LINE_SHOWN);

            snprintf(error, DAEMONS_ERROR, "%s, line %zu is wrong: %s: %s", path, number, why, shown);
            free(shown);
        }
        from = to;
    }
    return code;
}

static enum err check_file(int fd, const char *path, char error[DAEMONS_ERROR])
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        snprintf(error, DAEMONS_ERROR, "%s is no regular file", path);
        return ERR_CONFIG;
    }
    if (st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
        snprintf(error, DAEMONS_ERROR,
                 "others may change %s, and so which daemon is believed; make it yours alone: chmod 600 %s",
                 path, path);
        return ERR_DENIED;
    }
    if (st.st_size > FILE_MAX) {
        snprintf(error, DAEMONS_ERROR, "%s is larger than %d bytes", path, FILE_MAX);
        return ERR_CONFIG;
    }
    return ERR_OK;
}

static enum err read_file(int fd, const char *path, struct buf *text, char error[DAEMONS_ERROR])
{
    enum err code = check_file(fd, path, error);
    char block[16384];
    ssize_t len = 0;

    while (code == ERR_OK && (len = read(fd, block, sizeof block)) > 0)
        if (!buf_put(text, block, (size_t)len))
            break;
    if (code == ERR_OK && len != 0) {
        snprintf(error, DAEMONS_ERROR, "%s can't be read: %s", path, strerror(len < 0 ? errno : EFBIG));
        code = ERR_UNAVAILABLE;
    }
    return code;
}

enum err daemons_load(const char *path, struct daemons **slot, char error[DAEMONS_ERROR])
{
    struct daemons *daemons = xcalloc(1, sizeof *daemons);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum err code = ERR_OK;

    *error = '\0';
    buf_init(&daemons->text, FILE_MAX);
    if (fd >= 0) {
        code = read_file(fd, path, &daemons->text, error);
        close(fd);
    } else if (errno != ENOENT && errno != ENOTDIR) {
        snprintf(error, DAEMONS_ERROR, "%s can't be read: %s", path, strerror(errno));
        code = ERR_UNAVAILABLE;
    }
    if (code == ERR_OK)
        code = read_text(daemons, path, error);
    if (code != ERR_OK)
        daemons_free(&daemons);
    *slot = daemons;
    return code;
}

void daemons_free(struct daemons **slot)
{
    struct daemons *daemons = *slot;

    *slot = NULL;
    if (!daemons)
        return;
    buf_free(&daemons->text);
    free(daemons->entries);
    free(daemons);
}

/* --- looking --- */

const struct known_daemon *daemons_get(const struct daemons *daemons, size_t at)
{
    return at < daemons->count ? &daemons->entries[at].known : NULL;
}

const struct known_daemon *daemons_find(const struct daemons *daemons, const char *name)
{
    for (size_t i = 0; i < daemons->count; i++)
        if (strcmp(daemons->entries[i].known.name, name) == 0)
            return &daemons->entries[i].known;
    return NULL;
}

static bool same_address(const struct join_address *a, const struct join_address *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}

const struct known_daemon *daemons_find_address(const struct daemons *daemons,
                                                const struct join_address *address)
{
    for (size_t i = 0; i < daemons->count; i++)
        if (same_address(&daemons->entries[i].known.address, address))
            return &daemons->entries[i].known;
    return NULL;
}

void daemons_free_name(const struct daemons *daemons, const char *host, char name[DAEMON_NAME_MAX + 1])
{
    char base[DAEMON_NAME_MAX + 1 - FREE_NAME_ROOM] = "";
    size_t len = 0;

    for (; *host && len < sizeof base - 1; host++)
        if (is_word(*host) || (len > 0 && strchr(".-_", *host)))
            base[len++] = *host;
        else if (len > 0)
            base[len++] = '-';
    snprintf(name, DAEMON_NAME_MAX + 1, "%s", len > 0 ? base : "daemon");
    for (int i = 2; !daemon_name_valid(name) || daemons_find(daemons, name); i++)
        snprintf(name, DAEMON_NAME_MAX + 1, "%s-%d", len > 0 ? base : "daemon", i);
}

/* --- changing --- */

static enum err refuse_key(const struct known_daemon *known, const struct known_daemon *one,
                           char error[DAEMONS_ERROR])
{
    char address[JOIN_ADDRESS_MAX], prints[2][KEY_FINGERPRINT_LEN + 1], words[2][KEY_WORDS_MAX];

    join_address_text(&known->address, address);
    key_fingerprint(known->key, prints[0]);
    key_fingerprint(one->key, prints[1]);
    key_words(known->key, words[0]);
    key_words(one->key, words[1]);
    snprintf(error, DAEMONS_ERROR,
             "THIS IS NOT THE KEY THAT IS KNOWN OF '%s' (%s)\n"
             "  known here: %s  %s\n"
             "  now given:  %s  %s\n"
             "Either the daemon was given a new key, or somebody else wants to be taken for it. Nothing was "
             "sent. Ask who runs it which key is right; only if it is the new one: stoa daemon rm %s",
             known->name, address, prints[0], words[0], prints[1], words[1], known->name);
    return ERR_DENIED;
}

enum err daemons_check(const struct daemons *daemons, const struct known_daemon *one,
                       char error[DAEMONS_ERROR])
{
    const struct known_daemon *namesake = daemons_find(daemons, one->name);
    char address[JOIN_ADDRESS_MAX];

    if (!daemon_name_valid(one->name)) {
        snprintf(error, DAEMONS_ERROR,
                 "a daemon's name must be 1 to %d letters, digits, . _ and -, and not '%s': '%.80s'",
                 DAEMON_NAME_MAX, DAEMON_LOCAL, one->name);
        return ERR_BAD_REQUEST;
    }
    for (size_t i = 0; i < daemons->count; i++) {
        const struct known_daemon *known = &daemons->entries[i].known;

        if ((known == namesake || same_address(&known->address, &one->address)) &&
            memcmp(known->key, one->key, KEY_BYTES) != 0)
            return refuse_key(known, one, error);
    }
    if (!namesake || same_address(&namesake->address, &one->address))
        return ERR_OK;
    join_address_text(&namesake->address, address);
    snprintf(error, DAEMONS_ERROR, "'%s' is %s already; choose another name, or first: stoa daemon rm %s",
             one->name, address, one->name);
    return ERR_CONFLICT;
}

static void sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Under the lock, so that the other name is nobody else's. */
static enum err write_file(const char *path, const char *dir, const struct buf *text,
                           char error[DAEMONS_ERROR])
{
    char *fresh = xasprintf("%s.new", path);
    unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && write_all(fd, text->data, text->len) && fsync(fd) == 0;

    good = good && rename(fresh, path) == 0;
    if (good)
        sync_folder(dir);
    else
        snprintf(error, DAEMONS_ERROR, "%s can't be written: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (!good)
        unlink(fresh);
    free(fresh);
    return good ? ERR_OK : ERR_UNAVAILABLE;
}

/* The descriptor that holds the lock, or -1 with a sentence. */
static int lock(const char *path, char error[DAEMONS_ERROR])
{
    char *name = xasprintf("%s.lock", path);
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int64_t end = clock_steady_ms() + LOCK_MS;

    if (fd < 0)
        snprintf(error, DAEMONS_ERROR, "%s can't be made: %s", name, strerror(errno));
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR && clock_steady_ms() >= end) {
            snprintf(error, DAEMONS_ERROR, "another stoa is changing %s for more than %d s; try again", path,
                     LOCK_MS / 1000);
            close(fd);
            fd = -1;
        } else {
            poll(NULL, 0, LOCK_STEP_MS);
        }
    }
    free(name);
    return fd;
}

typedef enum err change_fn(struct daemons *daemons, const void *what, bool *changed,
                           char error[DAEMONS_ERROR]);

static enum err change_file(const char *path, change_fn *change, const void *what, char error[DAEMONS_ERROR])
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? xstrndup(path, (size_t)(slash - path) + (slash == path)) : xstrdup(".");
    struct daemons *daemons = NULL;
    enum err code = paths_make(dir, error);
    int fd = code == ERR_OK ? lock(path, error) : -1;
    bool changed = false;

    if (code == ERR_OK && fd < 0)
        code = ERR_UNAVAILABLE;
    if (code == ERR_OK)
        code = daemons_load(path, &daemons, error);
    if (code == ERR_OK)
        code = change(daemons, what, &changed, error);
    if (code == ERR_OK && changed)
        code = write_file(path, dir, &daemons->text, error);
    daemons_free(&daemons);
    if (fd >= 0)
        close(fd);
    free(dir);
    return code;
}

static enum err add(struct daemons *daemons, const void *what, bool *changed, char error[DAEMONS_ERROR])
{
    const struct known_daemon *one = what;
    enum err code = daemons_check(daemons, one, error);
    char address[JOIN_ADDRESS_MAX], key[KEY_TEXT_LEN + 1];
    struct buf *text = &daemons->text;

    if (code != ERR_OK || daemons_find(daemons, one->name))
        return code;
    join_address_text(&one->address, address);
    key_text(one->key, key);
    if (text->len > 0 && text->data[text->len - 1] != '\n')
        buf_putc(text, '\n');
    *changed = daemons->count < DAEMONS_MAX && buf_printf(text, "%s %s %s\n", one->name, address, key);
    if (*changed)
        return ERR_OK;
    snprintf(error, DAEMONS_ERROR, "there are %zu known daemons already; take one away: stoa daemon rm NAME",
             daemons->count);
    return ERR_LIMIT;
}

enum err daemons_add(const char *path, const struct known_daemon *one, char error[DAEMONS_ERROR])
{
    return change_file(path, add, one, error);
}

static enum err take_away(struct daemons *daemons, const void *what, bool *changed, char error[DAEMONS_ERROR])
{
    const char *name = what;

    for (size_t i = 0; i < daemons->count; i++) {
        const struct entry *entry = &daemons->entries[i];
        struct buf *text = &daemons->text;

        if (strcmp(entry->known.name, name) != 0)
            continue;
        memmove(text->data + entry->from, text->data + entry->to, text->len - entry->to);
        buf_truncate(text, text->len - (entry->to - entry->from));
        *changed = true;
        return ERR_OK;
    }
    snprintf(error, DAEMONS_ERROR, "no daemon is called '%.80s'; stoa daemon ls shows them", name);
    return ERR_NOT_FOUND;
}

enum err daemons_remove(const char *path, const char *name, char error[DAEMONS_ERROR])
{
    return change_file(path, take_away, name, error);
}
