/* Who may read and write what the daemon keeps, and what it is kept on. */
#include "daemon/doctor/doctor_internal.h"
#include "daemon/mcp/folders.h"
#include "daemon/people/vault.h"
#include "shared/key.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { ROOM_WARN_MB = 500, ROOM_BAD_MB = 50 };

pid_t doctor_holder(const char *path)
{
    char line[256];
    struct stat st;
    pid_t found = 0;
    FILE *locks = stat(path, &st) == 0 ? fopen("/proc/locks", "re") : NULL;

    while (locks && found == 0 && fgets(line, sizeof line, locks)) {
        unsigned major, minor;
        unsigned long inode;
        int pid;

        if (sscanf(line, "%*s FLOCK %*s WRITE %d %x:%x:%lu", &pid, &major, &minor, &inode) == 4 &&
            inode == st.st_ino && major == major(st.st_dev) && minor == minor(st.st_dev))
            found = pid;
    }
    if (locks)
        fclose(locks);
    /* For a moment what a killed daemon had just forked still has its lock. */
    return found > 0 && (kill(found, 0) == 0 || errno != ESRCH) ? found : 0;
}

/* --- folders --- */

/* The folder itself, or the nearest one above it that is there. */
static char *nearest(const char *path)
{
    char *found = xstrdup(path), *slash;
    struct stat st;

    while (stat(found, &st) != 0 && (slash = strrchr(found, '/')) && slash > found)
        *slash = '\0';
    return found;
}

static bool is_makeable(const char *path)
{
    char *above = nearest(path);
    bool able = access(above, W_OK | X_OK) == 0;

    free(above);
    return able;
}

static void say_absent(struct doctor *doctor, const char *what, const char *path)
{
    char advice[DOCTOR_ADVICE_MAX];

    snprintf(advice, sizeof advice, "make it: mkdir -p -m 700 '%s'", path);
    if (is_makeable(path))
        findings_add(&doctor->findings, FINDING_OK, what, NULL, "%s is made when the daemon starts", path);
    else
        findings_add(&doctor->findings, FINDING_BAD, what, advice, "%s is not there, and cannot be made",
                     path);
}

static void check_runtime(struct doctor *doctor)
{
    char advice[DOCTOR_ADVICE_MAX], error[256];

    snprintf(advice, sizeof advice, "chmod 700 '%s', or name another folder in STOA_RUNTIME_DIR",
             doctor->runtime);
    if (access(doctor->runtime, F_OK) != 0 && errno == ENOENT)
        say_absent(doctor, "runtime", doctor->runtime);
    else if (paths_check_private(doctor->runtime, error) != ERR_OK)
        findings_add(&doctor->findings, FINDING_BAD, "runtime", advice, "the runtime folder %s", error);
    else if (access(doctor->runtime, W_OK) != 0)
        findings_add(&doctor->findings, FINDING_BAD, "runtime", advice,
                     "the runtime folder %s cannot be written", doctor->runtime);
    else
        findings_add(&doctor->findings, FINDING_OK, "runtime", NULL, "the runtime folder %s is yours alone",
                     doctor->runtime);
}

static void check_socket(struct doctor *doctor)
{
    char advice[DOCTOR_ADVICE_MAX];
    struct stat st;

    snprintf(advice, sizeof advice, "move it away: mv '%s' '%s.old'", doctor->socket_path,
             doctor->socket_path);
    if (strlen(doctor->socket_path) > PATHS_SOCKET_MAX)
        findings_add(&doctor->findings, FINDING_BAD, "socket", "set STOA_RUNTIME_DIR to a shorter folder",
                     "the socket's path has %zu bytes, the system takes %d: %s", strlen(doctor->socket_path),
                     PATHS_SOCKET_MAX, doctor->socket_path);
    else if (lstat(doctor->socket_path, &st) == 0 && !S_ISSOCK(st.st_mode))
        findings_add(&doctor->findings, FINDING_BAD, "socket", advice, "%s is there and is no socket",
                     doctor->socket_path);
}

/* The mode of what only its owner should read; false if it is not there. */
static bool check_private(struct doctor *doctor, const char *what, const char *path, int mode)
{
    char advice[DOCTOR_ADVICE_MAX];
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    snprintf(advice, sizeof advice, "chmod %o '%s'", (unsigned)mode, path);
    if (st.st_uid != geteuid())
        findings_add(&doctor->findings, FINDING_BAD, what,
                     "run the daemon as its owner, or give it to yourself with chown",
                     "%s belongs to user %u, not to you (%u)", path, (unsigned)st.st_uid,
                     (unsigned)geteuid());
    else if (st.st_mode & 077)
        findings_add(&doctor->findings, FINDING_WARN, what, advice, "%s is open to others (mode %04o)", path,
                     (unsigned)st.st_mode & 07777);
    return true;
}

static void check_state(struct doctor *doctor)
{
    char advice[DOCTOR_ADVICE_MAX];
    struct stat st;

    if (!doctor->state) {
        findings_add(&doctor->findings, FINDING_BAD, "state", "set HOME, or STOA_STATE_DIR",
                     "HOME is not set, so there is no place for the sessions");
        return;
    }
    snprintf(advice, sizeof advice, "chmod u+rwx '%s'", doctor->state);
    if (!check_private(doctor, "state", doctor->state, 0700))
        say_absent(doctor, "state", doctor->state);
    else if (stat(doctor->state, &st) == 0 && st.st_uid != geteuid())
        return; /* told already */
    else if (access(doctor->state, R_OK | W_OK | X_OK) != 0)
        findings_add(&doctor->findings, FINDING_BAD, "state", advice,
                     "the state folder %s cannot be written: %s", doctor->state, strerror(errno));
    else
        findings_add(&doctor->findings, FINDING_OK, "state", NULL, "the state folder is %s", doctor->state);
}

static void check_state_files(struct doctor *doctor)
{
    static const char *const names[] = {"stoa.db",   "stoa.db-wal", "stoa.db-shm", "stoa.db.lock", "oauth",
                                        "oauth/key", "sessions",    "hosts",       "vault.key"};

    for (size_t i = 0; doctor->state && i < sizeof names / sizeof *names; i++) {
        char *path = paths_join(doctor->state, names[i]);
        struct stat st;

        check_private(doctor, "state_file", path, stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0700 : 0600);
        free(path);
    }
}

/* What is in them, as a daemon would read it. One that is not there is made when it is needed. */
static void check_daemon_keys(struct doctor *doctor)
{
    static const char advice[] = "put the right one back from a backup, yours alone: chmod 600";
    struct server nothing = {.store = NULL};
    char *path = paths_join(doctor->state, "daemon.key"), error[256];
    struct vault *vault = vault_open(&nothing, doctor->state);
    struct key_pair pair;
    enum err code = key_load(path, &pair, error);

    if (code == ERR_OK)
        key_wipe(&pair);
    else if (code != ERR_NOT_FOUND)
        findings_add(&doctor->findings, FINDING_BAD, "daemon_key", advice, "%s", error);
    if (!vault_check(vault, error))
        findings_add(&doctor->findings, FINDING_BAD, "vault_key", advice, "%s", error);
    vault_close(&vault);
    free(path);
}

/* --- the file system --- */

/* Those where what one host writes another may see late, or where locks and shared memory are not what SQLite
 * needs for its log. */
static const char *network_of(const char *path)
{
    static const struct {
        unsigned long type;
        const char *name;
    } types[] = {{0x6969, "NFS"},      {0xFF534D42, "CIFS"},  {0xFE534D42, "SMB"},  {0x517B, "SMB"},
                 {0x01021997, "9p"},   {0x5346414F, "AFS"},   {0x00C36400, "Ceph"}, {0x65735546, "FUSE"},
                 {0x73757245, "Coda"}, {0x0BD00BD0, "Lustre"}};
    struct statfs fs;

    if (statfs(path, &fs) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (((unsigned long)fs.f_type & 0xFFFFFFFF) == types[i].type)
            return types[i].name;
    return NULL;
}

static void check_room(struct doctor *doctor, const char *path)
{
    struct statvfs fs;
    int64_t room;

    if (statvfs(path, &fs) != 0)
        return;
    room = (int64_t)((uint64_t)fs.f_bavail * fs.f_frsize >> 20);
    if (fs.f_flag & ST_RDONLY)
        findings_add(&doctor->findings, FINDING_BAD, "read_only",
                     "mount it for writing, or set STOA_STATE_DIR to another place",
                     "the file system of %s is read-only", path);
    else if (fs.f_files > 0 && fs.f_favail == 0) /* some file systems do not count them */
        findings_add(&doctor->findings, FINDING_BAD, "inodes",
                     "remove files there, or set STOA_STATE_DIR to another place",
                     "the file system of %s has no inode left: no further file can be made", path);
    else if (room < ROOM_WARN_MB)
        findings_add(&doctor->findings, room < ROOM_BAD_MB ? FINDING_BAD : FINDING_WARN, "room",
                     "make room, or set STOA_STATE_DIR to another place: without room nothing new is taken",
                     "%" PRId64 " MB are free for the state in %s", room, path);
    else
        findings_add(&doctor->findings, FINDING_OK, "room", NULL, "%" PRId64 " MB are free for the state",
                     room);
}

/* What restores have left in the state folder takes room that nobody may know of. */
static void check_leftovers(struct doctor *doctor)
{
    DIR *folder = opendir(doctor->state);
    const struct dirent *entry;
    size_t replaced = 0;
    bool part = false;

    while (folder && (entry = readdir(folder))) {
        replaced += strncmp(entry->d_name, "before-", strlen("before-")) == 0;
        part = part || strcmp(entry->d_name, "restore.part") == 0;
    }
    if (folder)
        closedir(folder);
    if (replaced > 0)
        findings_add(&doctor->findings, FINDING_NOTE, "replaced", "remove those that are no longer wanted",
                     "what restores have replaced is kept; folders %s/before-*: %zu", doctor->state,
                     replaced);
    if (part)
        findings_add(&doctor->findings, FINDING_NOTE, "restore",
                     "run it again, or remove that folder while no restore runs",
                     "a restore runs, or was killed and has changed nothing: %s/restore.part", doctor->state);
}

static void check_file_system(struct doctor *doctor)
{
    char *path = doctor->state ? nearest(doctor->state) : NULL;
    const char *network = path ? network_of(path) : NULL;

    if (network)
        findings_add(&doctor->findings, FINDING_WARN, "network",
                     "set STOA_STATE_DIR to a folder on a local disk, with the daemon stopped",
                     "%s is on a network file system (%s): the store's log may not be safe there", path,
                     network);
    if (path)
        check_room(doctor, path);
    free(path);
    if (doctor->state)
        check_leftovers(doctor);
}

/* --- configuration and keys --- */

static bool is_secret_name(const char *name)
{
    static const char *const parts[] = {"auth", "key", "token", "secret", "password", "cookie"};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcasestr(name, parts[i]))
            return true;
    return false;
}

/* Values that are not taken from elsewhere by a template. */
static const char *secret_in(const struct config_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (is_secret_name(pairs->items[i].name) && pairs->items[i].value[0] &&
            !strchr(pairs->items[i].value, '{'))
            return pairs->items[i].name;
    return NULL;
}

/* A header or variable with a secret in the file itself; NULL if there is none. */
static const char *secret_of(const struct config *config, const char **server)
{
    for (size_t i = 0; config && i < config_server_count(config); i++) {
        const struct config_server *row = config_server(config, i);

        *server = row->name;
        for (size_t k = 0; k < row->variant_count; k++) {
            const char *name = secret_in(&row->variants[k].headers);

            if (name || (name = secret_in(&row->variants[k].env)))
                return name;
        }
    }
    return NULL;
}

static void check_config_file(struct doctor *doctor)
{
    const char *path = doctor->config_path, *server = NULL, *secret = secret_of(doctor->config, &server);
    char advice[DOCTOR_ADVICE_MAX];
    struct stat st;

    if (!path || stat(path, &st) != 0)
        return;
    snprintf(advice, sizeof advice, "chmod %s '%s'", st.st_mode & 022 ? "go-w" : "go-rwx", path);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        findings_add(&doctor->findings, FINDING_WARN, "config_owner", "use a file of your own",
                     "%s belongs to user %u, who so says which programs run as you", path,
                     (unsigned)st.st_uid);
    if (st.st_mode & 022)
        findings_add(&doctor->findings, FINDING_BAD, "config_mode", advice,
                     "%s can be changed by others (mode %04o), who so say which programs run as you", path,
                     (unsigned)st.st_mode & 07777);
    else if ((st.st_mode & 044) && secret)
        findings_add(&doctor->findings, FINDING_WARN, "config_mode", advice,
                     "%s can be read by others (mode %04o), and has %s of MCP server '%s' in it", path,
                     (unsigned)st.st_mode & 07777, secret, server);
}

static void check_keys(struct doctor *doctor)
{
    for (size_t i = 0; doctor->config && i < config_provider_count(doctor->config); i++) {
        const struct provider *provider = config_provider(doctor->config, i);

        if (provider->api_key_file)
            check_private(doctor, "key_file", provider->api_key_file, 0600);
    }
    for (size_t i = 0; doctor->config && i < config_server_count(doctor->config); i++) {
        const struct config_server *server = config_server(doctor->config, i);

        for (size_t k = 0; k < server->variant_count; k++)
            if (server->variants[k].oauth.client_secret_file)
                check_private(doctor, "key_file", server->variants[k].oauth.client_secret_file, 0600);
    }
}

void doctor_permissions(struct doctor *doctor)
{
    check_runtime(doctor);
    check_socket(doctor);
    check_state(doctor);
    check_state_files(doctor);
    if (doctor->state)
        check_daemon_keys(doctor);
    check_file_system(doctor);
    check_config_file(doctor);
    check_keys(doctor);
}
