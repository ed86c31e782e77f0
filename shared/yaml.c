/* Builds the tree from libyaml's events. Every node counts against YAML_NODES_MAX and every level against
 * YAML_DEPTH_MAX, so the recursion is bounded; a half-built node is always a whole tree that yaml_free can
 * free. */
#include "shared/yaml.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

enum { ERROR_SIZE = 256 };

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one looked at; zeros when there is none */
    const char *text;
    size_t len;
    size_t nodes;
    char *error;
};

static bool complain(struct reader *r, size_t line, const char *what)
{
    snprintf(r->error, ERROR_SIZE, "line %zu: %s", line, what);
    return false;
}

static size_t event_line(const struct reader *r)
{
    return r->event.start_mark.line + 1;
}

/* The line that the byte is in. */
static size_t line_of(const struct reader *r, size_t offset)
{
    size_t line = 1;

    for (size_t i = 0; i < offset; i++)
        line += r->text[i] == '\n';
    return line;
}

/* Whether a line of the text, counted from 1, is indented with a tab: the commonest mistake, and the one that
 * libyaml says least of. */
static bool has_tab(const struct reader *r, size_t line)
{
    const char *at = r->text, *end = r->text + r->len;

    while (--line > 0 && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    while (at < end && *at == ' ')
        at++;
    return at < end && *at == '\t';
}

/* What libyaml found wrong. For bad bytes it knows only the offset, and for it the end is always on a
 * line of its own. */
static bool complain_parse(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    size_t line = p->problem_mark.line + 1, last = line_of(r, r->len);

    if (p->error == YAML_READER_ERROR)
        line = line_of(r, p->problem_offset);
    else if (line > last)
        line = last;
    if (p->error == YAML_SCANNER_ERROR && has_tab(r, line))
        return complain(r, line, "it is indented with a tab; YAML wants spaces");
    return complain(r, line, p->problem ? p->problem : "cannot be read");
}

/* Moves to the next event. */
static bool next(struct reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->parser, &r->event) ? true : complain_parse(r);
}

static struct yaml_node *new_node(enum yaml_kind kind, size_t line)
{
    struct yaml_node *node = xcalloc(1, sizeof *node);

    node->kind = kind;
    node->line = (int)line;
    return node;
}

/* Room for one more in arrays that hold count: they grow at powers of two. */
static bool is_full(size_t count)
{
    return (count & (count - 1)) == 0;
}

static void add_item(struct yaml_node *node, struct yaml_node *item)
{
    if (is_full(node->count))
        node->items = xreallocarray(node->items, node->count ? node->count * 2 : 1, sizeof *node->items);
    node->items[node->count++] = item;
}

/* Takes key. Its item must follow by add_item. */
static void add_key(struct yaml_node *map, char *key, size_t line)
{
    if (is_full(map->count)) {
        size_t room = map->count ? map->count * 2 : 1;

        map->keys = xreallocarray(map->keys, room, sizeof *map->keys);
        map->key_lines = xreallocarray(map->key_lines, room, sizeof *map->key_lines);
    }
    map->keys[map->count] = key;
    map->key_lines[map->count] = (int)line;
}

static struct yaml_node *build(struct reader *r, size_t depth);

/* What no node may carry. */
static bool check_plain(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        return complain(r, event_line(r), "anchors (&) are not allowed");
    if (tag)
        return complain(r, event_line(r), "tags (!) are not allowed");
    return true;
}

static bool check_text(struct reader *r)
{
    const yaml_event_t *e = &r->event;

    if (!check_plain(r, e->data.scalar.anchor, e->data.scalar.tag))
        return false;
    if (memchr(e->data.scalar.value, '\0', e->data.scalar.length))
        return complain(r, event_line(r), "a NUL character is not allowed");
    return true;
}

static struct yaml_node *build_scalar(struct reader *r)
{
    if (!check_text(r))
        return NULL;

    struct yaml_node *node = new_node(YAML_SCALAR, event_line(r));
    node->text = xstrdup((const char *)r->event.data.scalar.value);
    node->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return node;
}

static struct yaml_node *build_list(struct reader *r, size_t depth)
{
    struct yaml_node *list = new_node(YAML_LIST, event_line(r));

    if (!check_plain(r, r->event.data.sequence_start.anchor, r->event.data.sequence_start.tag))
        goto fail;
    for (;;) {
        if (!next(r))
            goto fail;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            return list;
        struct yaml_node *item = build(r, depth + 1);
        if (!item)
            goto fail;
        add_item(list, item);
    }
fail:
    yaml_free(&list);
    return NULL;
}

struct key {
    const char *text;
    int line;
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->text, right->text);

    return order ? order : left->line - right->line;
}

/* Sorted, because comparing each with each would take seconds for a hostile file. */
static bool check_unique(struct reader *r, const struct yaml_node *map)
{
    struct key *sorted = xreallocarray(NULL, map->count, sizeof *sorted);
    const struct key *twice = NULL;

    for (size_t i = 0; i < map->count; i++)
        sorted[i] = (struct key){map->keys[i], map->key_lines[i]};
    qsort(sorted, map->count, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < map->count && !twice; i++)
        if (strcmp(sorted[i - 1].text, sorted[i].text) == 0)
            twice = &sorted[i];
    if (twice)
        snprintf(r->error, ERROR_SIZE, "line %d: the key \"%.100s\" is here a second time (first on line %d)",
                 twice->line, twice->text, (twice - 1)->line);
    free(sorted);
    return !twice;
}

/* A key and its value; the event is the key. */
static bool build_pair(struct reader *r, struct yaml_node *map, size_t depth)
{
    if (r->event.type == YAML_ALIAS_EVENT)
        return complain(r, event_line(r), "aliases (*) are not allowed");
    if (r->event.type != YAML_SCALAR_EVENT)
        return complain(r, event_line(r), "a key must be plain text, not a list or a map");
    if (!check_text(r))
        return false;

    size_t line = event_line(r);
    char *key = xstrdup((const char *)r->event.data.scalar.value);
    struct yaml_node *item = next(r) ? build(r, depth + 1) : NULL;
    if (!item) {
        free(key);
        return false;
    }
    add_key(map, key, line);
    add_item(map, item);
    return true;
}

static struct yaml_node *build_map(struct reader *r, size_t depth)
{
    struct yaml_node *map = new_node(YAML_MAP, event_line(r));

    if (!check_plain(r, r->event.data.mapping_start.anchor, r->event.data.mapping_start.tag))
        goto fail;
    for (;;) {
        if (!next(r))
            goto fail;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            break;
        if (!build_pair(r, map, depth))
            goto fail;
    }
    if (check_unique(r, map))
        return map;
fail:
    yaml_free(&map);
    return NULL;
}

/* The node that begins with the event; depth is 1 for the root. NULL with the error told. */
static struct yaml_node *build(struct reader *r, size_t depth)
{
    const char *wrong = NULL;

    if (++r->nodes > YAML_NODES_MAX)
        wrong = "too many values";
    else if (depth > YAML_DEPTH_MAX)
        wrong = "nested too deep";
    else if (r->event.type == YAML_SCALAR_EVENT)
        return build_scalar(r);
    else if (r->event.type == YAML_SEQUENCE_START_EVENT)
        return build_list(r, depth);
    else if (r->event.type == YAML_MAPPING_START_EVENT)
        return build_map(r, depth);
    else
        wrong = r->event.type == YAML_ALIAS_EVENT ? "aliases (*) are not allowed" : "a value is missing";
    complain(r, event_line(r), wrong);
    return NULL;
}

/* "---" and nothing after it is as empty as nothing at all. */
static bool is_blank(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && !node->quoted && !*node->text;
}

/* Goes two events on: past the two that open, or close, a stream and its document. */
static bool next_two(struct reader *r)
{
    return next(r) ? next(r) : false;
}

static struct yaml_node *build_document(struct reader *r)
{
    struct yaml_node *root = NULL;

    if (!next_two(r))
        return NULL;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return new_node(YAML_MAP, 1);
    if (!next(r) || !(root = build(r, 1)) || !next_two(r))
        goto fail;
    if (r->event.type != YAML_STREAM_END_EVENT) {
        complain(r, event_line(r), "a second document begins (---); only one is allowed");
        goto fail;
    }
    if (is_blank(root)) {
        yaml_free(&root);
        root = new_node(YAML_MAP, 1);
    }
    return root;
fail:
    yaml_free(&root);
    return NULL;
}

struct yaml_node *yaml_parse(const char *text, size_t len, char error[ERROR_SIZE])
{
    struct reader r = {.text = text, .len = len, .error = error};
    struct yaml_node *root = NULL;

    if (len > YAML_SIZE_MAX) {
        complain(&r, 1, "the text is larger than 1 MiB");
        return NULL;
    }
    if (!yaml_parser_initialize(&r.parser)) {
        complain(&r, 1, "out of memory");
        return NULL;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
    root = build_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return root;
}

/* Never waits: for the other end of a pipe it might be for ever. */
static FILE *open_file(const char *path, char error[ERROR_SIZE])
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool readable = fd >= 0 && fstat(fd, &st) == 0;
    FILE *file = NULL;

    if (readable && !S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) {
        readable = false;
        errno = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
    }
    if (readable)
        file = fdopen(fd, "r");
    if (!file)
        snprintf(error, ERROR_SIZE, "%s", errno == ESPIPE ? "Is a pipe, not a file" : strerror(errno));
    if (!file && fd >= 0)
        close(fd);
    return file;
}

struct yaml_node *yaml_read(const char *path, char error[ERROR_SIZE])
{
    struct yaml_node *root = NULL;
    struct buf text;
    char chunk[8192];
    size_t got;
    FILE *file = open_file(path, error);

    buf_init(&text, YAML_SIZE_MAX);
    if (!file)
        return NULL;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        if (!buf_put(&text, chunk, got)) {
            snprintf(error, ERROR_SIZE, "the file is larger than 1 MiB");
            goto out;
        }
    if (ferror(file))
        snprintf(error, ERROR_SIZE, "%s", strerror(errno));
    else
        root = yaml_parse(text.data, text.len, error);
out:
    buf_free(&text);
    fclose(file);
    return root;
}

void yaml_free(struct yaml_node **node)
{
    struct yaml_node *n = *node;

    *node = NULL;
    if (!n)
        return;
    for (size_t i = 0; i < n->count; i++) {
        yaml_free(&n->items[i]);
        if (n->keys)
            free(n->keys[i]);
    }
    free(n->text);
    free(n->keys);
    free(n->key_lines);
    free(n->items);
    free(n);
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->count; i++)
        if (strcmp(map->keys[i], key) == 0)
            return map->items[i];
    return NULL;
}
