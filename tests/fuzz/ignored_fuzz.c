/* A .gitignore: a path, a newline, the file. What it ignores is the same each time, ends in time, and is
 * taken back by a last line that names the path with "!". Nothing is ignored without a file. */
#include "tui/ignored.h"
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64], file[96];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void leave(void)
{
    unlink(file);
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    strcpy(folder, "/dev/shm/stoa-ignored-XXXXXX");
    assert(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/.gitignore", folder);
    atexit(leave);
    return 0;
}

static void write_file(const uint8_t *data, size_t size, const char *more)
{
    FILE *out = fopen(file, "w");

    assert(out && fwrite(data, 1, size, out) == size && fputs(more, out) >= 0 && fclose(out) == 0);
}

/* Whether the line means the path and nothing else. */
static bool is_plain(const char *path)
{
    return *path && strlen(path) < IGNORED_LINE_MAX - 4 && !strpbrk(path, "*?[]\\!#\r \t") &&
           path[strlen(path) - 1] != '/' && *path != '/';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = memchr(data, '\n', size);
    size_t len = newline ? (size_t)(newline - data) : size, rest = newline ? size - len - 1 : 0, lines = 0;
    char *path = strndup((const char *)data, len), again[512];

    for (size_t i = 0; i < rest; i++)
        lines += data[size - rest + i] == '\n';
    write_file(data + size - rest, rest, "");
    struct ignored *ignored = ignored_read(folder);
    bool is_file = ignored_has(ignored, path, false), is_folder = ignored_has(ignored, path, true);
    assert(ignored_has(ignored, path, false) == is_file && (ignored || (!is_file && !is_folder)));
    ignored_free(&ignored);
    if (is_plain(path) && lines + 3 < IGNORED_LINES_MAX && rest + len + 8 < IGNORED_BYTES_MAX) {
        snprintf(again, sizeof again, "\n!/%s\n", path);
        write_file(data + size - rest, rest, again);
        ignored = ignored_read(folder);
        assert(!ignored_has(ignored, path, false) && !ignored_has(ignored, path, true));
        ignored_free(&ignored);
    }
    free(path);
    return 0;
}
