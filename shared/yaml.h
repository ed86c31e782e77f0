/* A YAML file as a tree of nodes that know their line, over libyaml. Anchors, aliases, tags and several
 * documents are refused: a configuration needs none, and they make small files big. */
#ifndef STOA_SHARED_YAML_H
#define STOA_SHARED_YAML_H

#include <stddef.h>

enum { YAML_SIZE_MAX = 1 << 20, YAML_DEPTH_MAX = 16, YAML_NODES_MAX = 20000 };

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    int line;                 /* from 1 */
    int quoted;               /* a scalar written in quotes, or as a | or > block, is always a string */
    char *text;               /* scalar's text; NULL for the others */
    char **keys;              /* map: count keys, unique */
    int *key_lines;           /* map: line of each key */
    struct yaml_node **items; /* list and map: count nodes */
    size_t count;
};

/* Parses len bytes. NULL on error, with "line N: what was wrong" in error. An empty text is an empty map. */
struct yaml_node *yaml_parse(const char *text, size_t len, char error[256]);
/* Reads and parses a file of at most YAML_SIZE_MAX bytes. error as above, or the system's reason. */
struct yaml_node *yaml_read(const char *path, char error[256]);
/* Hidden, because libyaml has a yaml_free of its own and would call this one instead. */
void yaml_free(struct yaml_node **node) __attribute__((visibility("hidden")));
/* Borrowed; NULL when the map has no such key. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

#endif
