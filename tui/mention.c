/* Files are opened without waiting (a FIFO must not stop the client), and looked at before they are read. */
#include "tui/mention.h"
#include "shared/buf.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_NAME_MAX = 120 };

struct mention {
    char *path, *token;
    int64_t size;
};

struct mentions {
    struct mention items[MENTION_COUNT_MAX];
    size_t count;
};

/* --- in a text --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static bool may_begin(const char *text, size_t at)
{
    return text[at] == '@' && (at == 0 || is_blank(text[at - 1]) || text[at - 1] == '(');
}

/* The end of a mention that begins at from; *name is where its path begins. */
static size_t end_of(const char *text, size_t len, size_t from, size_t *name)
{
    size_t at = from + 1;

    *name = at;
    if (at < len && text[at] == '"') {
        *name = ++at;
        while (at < len && text[at] != '"' && text[at] != '\n')
            at++;
        return at < len && text[at] == '"' ? at + 1 : at;
    }
    while (at < len && !is_blank(text[at]))
        at++;
    return at;
}

bool mention_word(const char *text, size_t len, size_t at, struct mention_word *word)
{
    for (size_t from = at; from-- > 0 && at - from <= MENTION_NAME_MAX + 3 && text[from] != '\n';) {
        if (!may_begin(text, from))
            continue;
        *word = (struct mention_word){.from = from};
        word->to = end_of(text, len, from, &word->name);
        return word->to >= at; /* else the word is another one, behind it */
    }
    return false;
}

char *mention_token(const char *path)
{
    bool blank = strpbrk(path, " \t") != NULL, quote = strchr(path, '"') != NULL;

    if (blank && quote)
        return NULL;
    return blank || path[0] == '"' ? xasprintf("@\"%s\"", path) : xasprintf("@%s", path);
}

/* "see @a.c, and": the comma is not the path's. */
static bool ends_there(const char *text, size_t len, size_t at)
{
    while (at < len && strchr(".,;:!?)\"'", text[at]))
        at++;
    return at == len || is_blank(text[at]);
}

static bool stands_in(const char *text, size_t len, const char *token)
{
    size_t size = strlen(token);

    for (size_t at = 0; at + size <= len; at++) {
        const char *found = memmem(text + at, len - at, token, size);

        if (!found)
            return false;
        at = (size_t)(found - text);
        if (may_begin(text, at) && ends_there(text, len, at + size))
            return true;
    }
    return false;
}

/* --- the list --- */

struct mentions *mentions_new(void)
{
    return xcalloc(1, sizeof(struct mentions));
}

static void drop(struct mentions *mentions, size_t index)
{
    free(mentions->items[index].path);
    free(mentions->items[index].token);
    mentions->count--;
    memmove(&mentions->items[index], &mentions->items[index + 1],
            (mentions->count - index) * sizeof *mentions->items);
}

void mentions_clear(struct mentions *mentions)
{
    while (mentions->count > 0)
        drop(mentions, mentions->count - 1);
}

void mentions_free(struct mentions **slot)
{
    if (!*slot)
        return;
    mentions_clear(*slot);
    free(*slot);
    *slot = NULL;
}

size_t mentions_count(const struct mentions *mentions)
{
    return mentions->count;
}

const char *mentions_name(const struct mentions *mentions, size_t index, int64_t *size)
{
    *size = mentions->items[index].size;
    return mentions->items[index].path;
}

/* --- files --- */

char *mention_path(const char *path)
{
    const char *home = getenv("HOME");

    return path[0] == '~' && path[1] == '/' && home ? xasprintf("%s%s", home, path + 1) : xstrdup(path);
}

static bool fail(char error[512], const char *path, const char *what)
{
    char *shown = sanitise_text(path, strlen(path), SANITISE_REVEAL, SHOWN_NAME_MAX);

    snprintf(error, 512, "%s %s", shown, what);
    free(shown);
    return false;
}

/* Names that a terminal cannot show as they are could be taken for others. */
static bool is_plain(const char *path)
{
    size_t len = strlen(path);
    char *clean = sanitise_line(path, len, MENTION_NAME_MAX + 1);
    bool plain = len > 0 && len <= MENTION_NAME_MAX && strcmp(clean, path) == 0;

    free(clean);
    return plain;
}

static bool is_file(const char *path, int64_t *size, char error[512])
{
    char *real = mention_path(path);
    struct stat st;
    bool there = stat(real, &st) == 0;
    int failure = errno;

    free(real);
    if (!there)
        return fail(error, path, strerror(failure));
    if (!S_ISREG(st.st_mode))
        return fail(error, path, S_ISDIR(st.st_mode) ? "is a folder" : "is not a regular file");
    *size = st.st_size;
    return true;
}

bool mentions_add(struct mentions *mentions, const char *path, char error[512])
{
    int64_t size;
    char *token;

    for (size_t i = 0; i < mentions->count; i++)
        if (strcmp(mentions->items[i].path, path) == 0)
            return true;
    if (!is_plain(path))
        return fail(error, path, "has a name that cannot be attached");
    if (!is_file(path, &size, error))
        return false;
    if (mentions->count == MENTION_COUNT_MAX) {
        snprintf(error, 512, "%d files are attached: more are not possible", MENTION_COUNT_MAX);
        return false;
    }
    token = mention_token(path);
    if (!token)
        return fail(error, path, "has a name that cannot be written in a message");
    mentions->items[mentions->count++] =
        (struct mention){.path = xstrdup(path), .token = token, .size = size};
    return true;
}

bool mentions_typed(struct mentions *mentions, const char *text, size_t len, size_t at)
{
    struct mention_word word;
    char error[512];

    if (!mention_word(text, len, at, &word) || word.to != at)
        return false;
    size_t end = at > word.name && text[at - 1] == '"' ? at - 1 : at;
    for (; end > word.name; end--) {
        char *path = xstrndup(text + word.name, end - word.name);
        bool added = mentions_add(mentions, path, error);

        free(path);
        if (added)
            return true;
        if (!strchr(".,;:!?)\"'", text[end - 1]))
            return false;
    }
    return false;
}

bool mentions_sync(struct mentions *mentions, const char *text, size_t len)
{
    size_t before = mentions->count;

    for (size_t i = mentions->count; i-- > 0;)
        if (!stands_in(text, len, mentions->items[i].token))
            drop(mentions, i);
    return mentions->count < before;
}

char *mentions_list(const struct mentions *mentions)
{
    struct buf list;

    buf_init(&list, (size_t)MENTION_COUNT_MAX * (MENTION_NAME_MAX + 1));
    for (size_t i = 0; i < mentions->count; i++)
        buf_printf(&list, "%s\n", mentions->items[i].path);
    return buf_take(&list);
}

void mentions_restore(struct mentions *mentions, const char *list)
{
    char error[512];

    mentions_clear(mentions);
    while (*list) {
        size_t len = strcspn(list, "\n");
        char *path = xstrndup(list, len);

        mentions_add(mentions, path, error);
        free(path);
        list += len + (list[len] == '\n');
    }
}

/* --- contents --- */

static bool read_all(int fd, struct buf *out)
{
    char piece[65536];
    ssize_t got;

    do {
        got = read(fd, piece, sizeof piece);
        if (got > 0 && !buf_put(out, piece, (size_t)got))
            return true; /* too much: the caller sees it at the length */
    } while (got > 0 || (got < 0 && errno == EINTR));
    return got == 0;
}

static bool too_large(char error[512], const char *path, int64_t size)
{
    char what[200];

    snprintf(what, sizeof what, "has %lld KiB; at most %d KiB can be attached",
             (long long)(size + 1023) >> 10, MENTION_FILE_MAX >> 10);
    return fail(error, path, what);
}

static bool read_file(const char *path, struct buf *out, char error[512])
{
    char *real = mention_path(path);
    int fd = open(real, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), failure = errno;
    struct stat st;
    bool good = false;

    free(real);
    if (fd < 0)
        return fail(error, path, strerror(failure));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        fail(error, path, "is not a regular file");
    else if (st.st_size > MENTION_FILE_MAX)
        too_large(error, path, st.st_size);
    else if (!read_all(fd, out))
        fail(error, path, strerror(errno));
    else if (out->len > MENTION_FILE_MAX) /* it has grown, or does not say its size */
        too_large(error, path, (int64_t)out->len);
    else if (!utf8_valid(out->data, out->len) || memchr(out->data, '\0', out->len))
        fail(error, path, "is not text in UTF-8");
    else
        good = true;
    close(fd);
    return good;
}

json_t *mentions_read(const struct mentions *mentions, size_t text_len, char error[512])
{
    json_t *list = json_array();
    size_t total = text_len;

    for (size_t i = 0; i < mentions->count; i++) {
        const char *path = mentions->items[i].path;
        struct buf content;

        buf_init(&content, MENTION_FILE_MAX + 65536);
        bool good = read_file(path, &content, error);
        total += content.len;
        if (good && total > MENTION_TOTAL_MAX) {
            snprintf(error, 512,
                     "message and files have more than %d KiB, which is all that can be sent at once",
                     MENTION_TOTAL_MAX >> 10);
            good = false;
        }
        if (good)
            json_array_append_new(list,
                                  json_pack("{s:s,s:s%}", "name", path, "text", content.data, content.len));
        buf_free(&content);
        if (!good) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}
