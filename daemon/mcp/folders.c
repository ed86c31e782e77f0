/* Folders are removed by libuv's worker threads, since there may be much in them; everything else here is
 * quick. A folder in which a server still writes while it is killed is not gone at the first attempt. */
#include "daemon/mcp/folders.h"

#include "daemon/registry.h"
#include "daemon/server.h"
#include "shared/log.h"
#include "shared/paths.h"
#include "shared/tree.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SWEEP_BURST = 64, SWEEP_PAUSE_MS = 5 };

struct removal {
    struct folders *folders;
    struct removal *next; /* of those that wait for another attempt */
    uv_work_t work;
    uv_timer_t again;
    char sid[ID_MAX];
    int attempts;
    bool gone;
};

struct folders {
    struct server *server;
    char *sessions, *hosts, *oauth;
    unsigned char key[FOLDERS_KEY_BYTES];
    bool have_key;
    atomic_bool stop; /* read by the workers */
    int references;   /* the owner's, one a removal, and the timer's */
    uv_timer_t sweep;
    struct removal *waiting;
    DIR *sweeping; /* of oauth or sessions */
    bool swept_oauth;
};

static void release(struct folders *folders)
{
    if (--folders->references > 0)
        return;
    free(folders->sessions);
    free(folders->hosts);
    free(folders->oauth);
    explicit_bzero(folders->key, sizeof folders->key);
    free(folders);
}

/* --- making --- */

static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* A name of any characters as a part of a path: what is not a letter, digit, - or _ becomes %XX. */
static void put_user(char out[FOLDERS_USER_BYTES], const char *user)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = 0;
    for (const char *at = user; *at; at++) {
        if (len + 4 >= FOLDERS_USER_BYTES) {
            snprintf(out, FOLDERS_USER_BYTES, "%%%016" PRIx64, hash_of(user));
            return;
        }
        len += (size_t)snprintf(out + len, FOLDERS_USER_BYTES - len, strchr(plain, *at) ? "%c" : "%%%02X",
                                (unsigned char)*at);
    }
    out[len] = '\0';
}

char *folders_name(const char *user, const char *server, const char *variant)
{
    char part[FOLDERS_USER_BYTES];
    put_user(part, user);
    return xasprintf("%s.%s.%s", part, server, variant);
}

bool folders_user_of(const char *name, char user[FOLDERS_USER_BYTES])
{
    char part[FOLDERS_USER_BYTES];
    const char *end = strchr(name, '.');
    unsigned code;
    size_t len = 0;
    if (!end || end == name || end - name >= FOLDERS_USER_BYTES)
        return false;
    for (const char *at = name; at < end; at++) {
        bool coded = *at == '%' && sscanf(at, "%%%2X", &code) == 1;
        user[len++] = coded ? (char)code : *at;
        at += coded ? 2 : 0;
    }
    user[len] = '\0';
    put_user(part, user);
    return utf8_valid(user, strlen(user)) && strlen(part) == (size_t)(end - name) &&
           strncmp(part, name, strlen(part)) == 0;
}

/* Takes path; NULL with a sentence if it can't be a folder of ours. */
static char *make(char *path, char error[256])
{
    struct stat st;
    enum err code = paths_make(path, error);
    if (code == ERR_OK && lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == getuid())
        return path;
    if (code == ERR_OK)
        snprintf(error, 256, "%.200s is no folder of this user's", path);
    free(path);
    return NULL;
}

const char *folders_sessions(const struct folders *folders)
{
    return folders->sessions;
}

const char *folders_hosts(const struct folders *folders)
{
    return folders->hosts;
}

char *folders_session(struct folders *folders, const char *sid, char error[256])
{
    return make(paths_join(folders->sessions, sid), error);
}

char *folders_host(struct folders *folders, const char *user, const char *server, const char *variant,
                   char error[256])
{
    char *name = folders_name(user, server, variant), *path = paths_join(folders->hosts, name);
    free(name);
    return make(path, error);
}

char *folders_tokens(struct folders *folders, const char *user, const char *server, const char *variant,
                     const char *sid, const char *url)
{
    char *name = folders_name(user, server, variant);
    char *path = xasprintf("%s/%s%s%s.%016" PRIx64, folders->oauth, name, sid ? "." : "", sid ? sid : "",
                           hash_of(url));
    free(name);
    return path;
}

/* --- the key --- */

static bool read_all(int fd, unsigned char *out, size_t size)
{
    size_t len = 0;
    ssize_t got;
    while (len < size && ((got = read(fd, out + len, size - len)) > 0 || (got < 0 && errno == EINTR)))
        len += got > 0 ? (size_t)got : 0;
    return len == size;
}

/* Whole or not at all: a key that was half written would make all tokens unreadable. */
static bool write_key(struct folders *folders, const char *path)
{
    char *fresh = xasprintf("%s.new", path);
    size_t size = sizeof folders->key;
    bool good = getrandom(folders->key, size, 0) == (ssize_t)size;
    int fd = good ? open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    good = fd >= 0 && write(fd, folders->key, size) == (ssize_t)size && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    good = good && rename(fresh, path) == 0;
    free(fresh);
    return good;
}

const unsigned char *folders_key(struct folders *folders, char error[256])
{
    if (folders->have_key)
        return folders->key;
    char *folder = make(xstrdup(folders->oauth), error);
    if (!folder)
        return NULL;
    char *path = paths_join(folder, "key");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool missing = fd < 0 && errno == ENOENT;
    bool good =
        missing ? write_key(folders, path) : fd >= 0 && read_all(fd, folders->key, sizeof folders->key);
    if (!good)
        snprintf(error, 256, "the key of the sealed tokens, %.120s, can't be %s: %s", path,
                 missing ? "written" : "read", fd >= 0 ? "it is too short" : strerror(errno));
    if (fd >= 0)
        close(fd);
    free(path);
    free(folder);
    folders->have_key = good;
    return good ? folders->key : NULL;
}

/* --- removing --- */

static void start_removal(struct removal *removal);

static void again_closed(uv_handle_t *handle)
{
    struct removal *removal = handle->data;
    release(removal->folders);
    free(removal);
}

/* Whatever happens then, it waits no more. */
static void take_off(struct removal *removal)
{
    struct removal **at = &removal->folders->waiting;
    while (*at != removal)
        at = &(*at)->next;
    *at = removal->next;
}

static void on_again(uv_timer_t *timer)
{
    take_off(timer->data);
    start_removal(timer->data);
}

static void wait_again(struct removal *removal)
{
    struct folders *folders = removal->folders;
    removal->next = folders->waiting;
    folders->waiting = removal;
    uv_timer_start(&removal->again, on_again, FOLDERS_RETRY_MS, 0);
}

static void remove_session(uv_work_t *work)
{
    struct removal *removal = work->data;
    removal->gone = tree_remove(removal->folders->sessions, removal->sid, &removal->folders->stop);
}

static void removed(uv_work_t *work, int status)
{
    struct removal *removal = work->data;
    bool again = !removal->gone && status == 0 && !atomic_load(&removal->folders->stop) &&
                 ++removal->attempts < FOLDERS_RETRIES;
    if (again) {
        wait_again(removal);
        return;
    }
    if (!removal->gone)
        log_warn("folders", "the folder of a deleted session is not wholly removed session=%s",
                 log_id(removal->sid));
    uv_close((uv_handle_t *)&removal->again, again_closed);
}

/* libuv's threads, which begin with the first work, leave the process's signals to the main thread. */
static bool queue_removal(struct removal *removal)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = uv_queue_work(removal->folders->server->loop, &removal->work, remove_session, removed);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

static void start_removal(struct removal *removal)
{
    if (atomic_load(&removal->folders->stop) || !queue_removal(removal))
        uv_close((uv_handle_t *)&removal->again, again_closed);
}

static bool is_there(const char *folder, const char *name)
{
    struct stat st;
    char *path = paths_join(folder, name);
    bool there = lstat(path, &st) == 0;
    free(path);
    return there;
}

static void remove_folder(struct folders *folders, const char *sid)
{
    if (!is_there(folders->sessions, sid))
        return;
    struct removal *removal = xcalloc(1, sizeof *removal);
    removal->folders = folders;
    folders->references++;
    snprintf(removal->sid, sizeof removal->sid, "%s", sid);
    uv_timer_init(folders->server->loop, &removal->again);
    uv_unref((uv_handle_t *)&removal->again);
    removal->again.data = removal->work.data = removal;
    start_removal(removal);
}

/* The session of a name in oauth/, or false. */
static bool session_of(const char *name, char sid[ID_MAX])
{
    const char *end = strrchr(name, '.'), *from = end;
    while (from && from > name && from[-1] != '.')
        from--;
    if (!from || end - from >= ID_MAX)
        return false;
    snprintf(sid, ID_MAX, "%.*s", (int)(end - from), from);
    return id_valid(sid, "s_");
}

static void remove_tokens(struct folders *folders, const char *sid)
{
    DIR *dir = opendir(folders->oauth);
    const struct dirent *entry;
    char found[ID_MAX];
    while (dir && (entry = readdir(dir)))
        if (session_of(entry->d_name, found) && strcmp(found, sid) == 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

void folders_remove(struct folders *folders, const char *sid)
{
    if (!folders || !id_valid(sid, "s_"))
        return;
    remove_tokens(folders, sid);
    remove_folder(folders, sid);
}

/* --- what users who are removed had --- */

/* Whether the name begins with the user's part. */
static bool is_of_user(const char *name, const char *user)
{
    char part[FOLDERS_USER_BYTES];
    put_user(part, user);
    size_t len = strlen(part);
    return strncmp(name, part, len) == 0 && name[len] == '.';
}

void folders_unlink(const char *folder, const char *user)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (user[0] && is_of_user(entry->d_name, user))
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}

/* The next of that name may begin at once: so it is renamed to what a session would be that is no more, and
 * removed as one. */
static void put_aside(struct folders *folders, const char *name)
{
    char sid[ID_MAX], error[256], *from = paths_join(folders->hosts, name);
    id_make(sid, "s_");
    char *to = paths_join(folders->sessions, sid);
    if (paths_make(folders->sessions, error) == ERR_OK && rename(from, to) == 0)
        remove_folder(folders, sid);
    else
        log_error("folders", "the folder %s of a removed user stays: %s", from, strerror(errno));
    free(from);
    free(to);
}

void folders_forget_user(struct folders *folders, const char *user)
{
    DIR *dir = opendir(folders->hosts);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (user[0] && is_of_user(entry->d_name, user))
            put_aside(folders, entry->d_name);
    if (dir)
        closedir(dir);
    folders_unlink(folders->oauth, user);
}

/* --- what deleted sessions left --- */

/* False at the end of the folder. */
static bool sweep_some(struct folders *folders)
{
    const struct dirent *entry = NULL;
    char sid[ID_MAX] = "";
    for (int i = 0; i < SWEEP_BURST && (entry = readdir(folders->sweeping)); i++) {
        if (folders->swept_oauth)
            snprintf(sid, sizeof sid, "%.*s", ID_MAX - 1, entry->d_name);
        else if (!session_of(entry->d_name, sid))
            continue;
        if (!id_valid(sid, "s_") || registry_knows(folders->server->registry, sid))
            continue;
        log_info("folders", "removed, of a session that is no more session=%s", log_id(sid));
        if (folders->swept_oauth)
            remove_folder(folders, sid);
        else
            unlinkat(dirfd(folders->sweeping), entry->d_name, 0);
    }
    return entry != NULL;
}

static void on_sweep(uv_timer_t *timer)
{
    struct folders *folders = timer->data;
    if (!folders->sweeping)
        folders->sweeping = opendir(folders->swept_oauth ? folders->sessions : folders->oauth);
    if (folders->sweeping && sweep_some(folders)) {
        uv_timer_start(timer, on_sweep, SWEEP_PAUSE_MS, 0);
        return;
    }
    if (folders->sweeping)
        closedir(folders->sweeping);
    folders->sweeping = NULL;
    if (folders->swept_oauth)
        return;
    folders->swept_oauth = true;
    uv_timer_start(timer, on_sweep, SWEEP_PAUSE_MS, 0);
}

/* --- start and end --- */

struct folders *folders_open(struct server *server, const char *state)
{
    struct folders *folders = xcalloc(1, sizeof *folders);
    folders->server = server;
    folders->sessions = paths_join(state, "sessions");
    folders->hosts = paths_join(state, "hosts");
    folders->oauth = paths_join(state, "oauth");
    folders->references = 2;
    uv_timer_init(server->loop, &folders->sweep);
    uv_unref((uv_handle_t *)&folders->sweep);
    folders->sweep.data = folders;
    uv_timer_start(&folders->sweep, on_sweep, FOLDERS_SWEEP_MS, 0);
    return folders;
}

static void sweep_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void folders_close(struct folders **slot)
{
    struct folders *folders = *slot;
    if (!folders)
        return;
    *slot = NULL;
    atomic_store(&folders->stop, true);
    if (folders->sweeping)
        closedir(folders->sweeping);
    folders->sweeping = NULL;
    while (folders->waiting) {
        struct removal *removal = folders->waiting;
        take_off(removal);
        uv_close((uv_handle_t *)&removal->again, again_closed);
    }
    uv_close((uv_handle_t *)&folders->sweep, sweep_closed);
    release(folders);
}
