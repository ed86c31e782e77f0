/* A file system of another kind, preloaded into stoa doctor: FS_TYPE is its number (statfs(2), hexadecimal),
 * FS_ROOM how many MB are free on it, and FS_READ_ONLY that nothing can be written. What is not set is as it
 * is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

int statfs(const char *path, struct statfs *fs)
{
    int (*real)(const char *, struct statfs *);
    const char *type = getenv("FS_TYPE");

    *(void **)&real = dlsym(RTLD_NEXT, "statfs");
    int result = real(path, fs);
    if (type)
        fs->f_type = (__fsword_t)strtoul(type, NULL, 16);
    return result;
}

int statvfs(const char *path, struct statvfs *fs)
{
    int (*real)(const char *, struct statvfs *);
    const char *room = getenv("FS_ROOM");

    *(void **)&real = dlsym(RTLD_NEXT, "statvfs");
    int result = real(path, fs);
    if (room)
        fs->f_bavail = strtoul(room, NULL, 10) * ((1 << 20) / fs->f_frsize);
    if (getenv("FS_READ_ONLY"))
        fs->f_flag |= ST_RDONLY;
    return result;
}
