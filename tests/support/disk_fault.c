/* A bad disk, preloaded into the daemon: what DISK_FAULT (a file) says is done to each write and sync of the
 * store's files:
 *
 *     write ERRNO   fails so          sync ERRNO   fails so          slow MS   a sync takes so long
 *
 * DISK_LOG (a file) gets a line for each write and each sync that was done, so that a test can take back what
 * a power cut would: "W OFFSET BYTES PATH" and "S PATH"; it may be left away. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int is_store(int fd, char path[4096])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, 4095);
    path[len > 0 ? len : 0] = '\0';
    return strstr(path, "stoa.db") != NULL && !strstr(path, "-shm") && !strstr(path, ".lock");
}

/* The number behind that word; 0 without. */
static int fault(const char *word)
{
    char text[256] = "", *at;
    int fd = open(getenv("DISK_FAULT"), O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read(fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    if (fd >= 0)
        close(fd);
    at = strstr(text, word);
    return at ? atoi(at + strlen(word)) : 0;
}

static void note(const char *line)
{
    if (!getenv("DISK_LOG"))
        return;
    int fd = open(getenv("DISK_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && syscall(SYS_write, fd, line, strlen(line)) < 0)
        abort();
    close(fd);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
    char path[4096], line[4200];
    int wrong = 0, ours = is_store(fd, path);
    if (ours && (wrong = fault("write ")) != 0) {
        errno = wrong;
        return -1;
    }
    ssize_t done = syscall(SYS_pwrite64, fd, data, len, offset);
    if (ours && done > 0) {
        snprintf(line, sizeof line, "W %lld %zd %s\n", (long long)offset, done, path);
        note(line);
    }
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
    return pwrite64(fd, data, len, offset);
}

static int synced(int fd, long call)
{
    char path[4096], line[4200];
    int wrong = 0, ours = is_store(fd, path);
    if (ours && fault("slow "))
        usleep((useconds_t)fault("slow ") * 1000);
    if (ours && (wrong = fault("sync ")) != 0) {
        errno = wrong;
        return -1;
    }
    int rc = (int)syscall(call, fd);
    if (ours && rc == 0) {
        snprintf(line, sizeof line, "S %s\n", path);
        note(line);
    }
    return rc;
}

int fsync(int fd)
{
    return synced(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return synced(fd, SYS_fdatasync);
}
