#include "tui/ignored.h"
#include "shared/paths.h"
#include "shared/xalloc.h"
#include <fcntl.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct line {
    const char *pattern; /* into the text */
    bool back, folders, anchored;
};

struct ignored {
    size_t count;
    char text[IGNORED_BYTES_MAX + 1];
    struct line lines[IGNORED_LINES_MAX];
};

/* Patterns with many stars take time without bound. */
static bool is_plain(const char *pattern)
{
    size_t stars = 0;

    for (const char *at = pattern; *at; at++) {
        stars += *at == '*';
        if (*at == '[' || *at == '\\' || (at[0] == '*' && at[1] == '*'))
            return false;
    }
    return *pattern && stars <= IGNORED_STARS_MAX && strlen(pattern) <= IGNORED_LINE_MAX;
}

static void add(struct ignored *ignored, char *text)
{
    struct line line = {.back = *text == '!'};
    size_t len;

    text += line.back;
    len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\r'))
        text[--len] = '\0';
    line.folders = len > 0 && text[len - 1] == '/';
    if (line.folders)
        text[--len] = '\0';
    line.anchored = strchr(text, '/') != NULL;
    line.pattern = text + (*text == '/');
    if (*text != '#' && is_plain(line.pattern) && ignored->count < IGNORED_LINES_MAX)
        ignored->lines[ignored->count++] = line;
}

/* False if it names nothing. */
static bool read_lines(struct ignored *ignored, int fd)
{
    struct stat st;
    ssize_t got = -1;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= IGNORED_BYTES_MAX)
        got = read(fd, ignored->text, IGNORED_BYTES_MAX);
    for (size_t at = 0; got > 0 && at < (size_t)got;) {
        char *line = ignored->text + at;

        at += strcspn(line, "\n");
        ignored->text[at++] = '\0';
        add(ignored, line);
    }
    return ignored->count > 0;
}

struct ignored *ignored_read(const char *folder)
{
    char *path = *folder ? paths_join(folder, ".gitignore") : xstrdup(".gitignore");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    free(path);
    if (fd < 0)
        return NULL;
    struct ignored *ignored = xcalloc(1, sizeof *ignored);
    if (!read_lines(ignored, fd))
        ignored_free(&ignored);
    close(fd);
    return ignored;
}

void ignored_free(struct ignored **slot)
{
    free(*slot);
    *slot = NULL;
}

bool ignored_has(const struct ignored *ignored, const char *path, bool is_folder)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    for (size_t i = ignored ? ignored->count : 0; i-- > 0;) { /* the last one that matches decides */
        const struct line *line = &ignored->lines[i];

        if ((is_folder || !line->folders) &&
            fnmatch(line->pattern, line->anchored ? path : name, FNM_PATHNAME) == 0)
            return !line->back;
    }
    return false;
}
