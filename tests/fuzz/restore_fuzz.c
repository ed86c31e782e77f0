/* A backup in which some bytes are others, or some files have other names, is restored wholly or refused with
 * nothing changed; and nothing is made beside the state folder.
 *
 *     'b' then (3 bytes: where, 1 byte: what)...      bytes of the file
 *     'f' then lines of a character for the kind (f: file, d: folder, else another), and a path */
#include "daemon/store/store_internal.h"
#include "daemon/store/store_restore.h"
#include "shared/tree.h"
#include "shared/xalloc.h"
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IDS_FROM = 1000 };

#define SHARED "/dev/shm"
#define PREFIX "stoa-restore-fuzz-"

static char top[64], state[96], copy[96];
static char *whole; /* a sound backup */
static size_t whole_len;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void write_file(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert(write(fd, bytes, len) == (ssize_t)len);
    close(fd);
}

/* A fuzzer ends without a word to its own code: what the last ones have left goes when the next begins. */
static void sweep(void)
{
    static const atomic_bool stop = false;
    DIR *dir = opendir(SHARED);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
            kill((pid_t)strtol(entry->d_name + strlen(PREFIX), NULL, 10), 0) != 0)
            tree_remove(SHARED, entry->d_name, &stop);
    if (dir)
        closedir(dir);
}

/* A state folder with one session and two files, and its backup. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct store_progress progress;
    struct store_content content;
    char error[256], path[160];
    enum err code;
    FILE *file;
    sqlite3 *db;

    (void)argc;
    (void)argv;
    sweep();
    snprintf(top, sizeof top, SHARED "/" PREFIX "%ld", (long)getpid());
    assert(mkdir(top, 0700) == 0);
    snprintf(state, sizeof state, "%s/state", top);
    snprintf(copy, sizeof copy, "%s/copy", top);
    assert(mkdir(state, 0700) == 0);
    snprintf(path, sizeof path, "%s/stoa.db", state);
    db = store_open_writer(path, error, &code);
    assert(db);
    assert(
        sqlite3_exec(
            db,
            "INSERT INTO sessions(key, sid, owner, title, run, model, created, activity, messages,"
            " archived, ended, seq, bytes) VALUES(1, 's_1', 'ann', 'one', 'idle', 'm', 1, 1, 0, 0, 0, 1, 66);"
            "INSERT INTO events VALUES(4294967297, 1, 'session.started', '{}')",
            NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    snprintf(path, sizeof path, "%s/oauth", state);
    assert(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/oauth/key", state);
    write_file(path, "secret", 6);
    assert(store_backup(state, copy, false, &progress, &content, error) == ERR_OK);
    whole = xmalloc(content.bytes);
    whole_len = content.bytes;
    file = fopen(copy, "rb");
    assert(fread(whole, 1, whole_len, file) == whole_len);
    fclose(file);
    return 0;
}

static void change_bytes(const uint8_t *data, size_t size)
{
    char *bytes = xmalloc(whole_len);

    memcpy(bytes, whole, whole_len);
    for (; size >= 4; data += 4, size -= 4)
        bytes[((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % whole_len] = (char)data[3];
    write_file(copy, bytes, whole_len);
    free(bytes);
}

static void add_files(const char *data, size_t size)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    int64_t id = IDS_FROM;

    write_file(copy, whole, whole_len);
    assert(sqlite3_open(copy, &db) == SQLITE_OK);
    assert(sqlite3_prepare_v2(db, "INSERT OR IGNORE INTO backup_files VALUES(?1, ?2, ?3, 0)", -1, &stmt,
                              NULL) == SQLITE_OK);
    while (size > 1) {
        const char *end = memchr(data, '\n', size);
        size_t len = end ? (size_t)(end - data) : size;

        if (len > 0) {
            sqlite3_bind_int64(stmt, 1, id++);
            sqlite3_bind_blob(stmt, 2, data + 1, (int)len - 1, SQLITE_STATIC);
            sqlite3_bind_int(stmt, 3, data[0] == 'f' ? 0100600 : data[0] == 'd' ? 0040700 : data[0]);
            sqlite3_step(stmt);
            sqlite3_reset(stmt);
        }
        data += len + (end != NULL);
        size -= len + (end != NULL);
    }
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    int count = 0;

    while (dir && (entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct store_progress progress;
    static const atomic_bool stop = false;
    struct store_content content;
    char error[256] = "", *before;
    enum err code;

    if (size == 0)
        return 0;
    if (data[0] == 'f')
        add_files((const char *)data + 1, size - 1);
    else
        change_bytes(data + 1, size - 1);
    assert(tree_remove(top, "state", &stop));
    code = store_restore(state, copy, &progress, &content, &before, error);
    assert(!before); /* there was nothing */
    assert(code == ERR_OK || *error);
    assert(count_entries(top) == 2);
    /* The store, its lock and five parts, of which the client's may be missing; or the lock alone. */
    assert(code == ERR_OK ? count_entries(state) >= 6 && count_entries(state) <= 7
                          : count_entries(state) == 1);
    return 0;
}
