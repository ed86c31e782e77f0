/* Any bytes are either a tree within its bounds or an error that names a line; nothing leaks on either way.
 */
#include "shared/yaml.h"
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns the number of nodes. */
static size_t check(const struct yaml_node *node, int depth)
{
    size_t nodes = 1;

    assert(depth <= YAML_DEPTH_MAX && node->line >= 1);
    assert((node->kind == YAML_SCALAR) == (node->text != NULL));
    assert(node->count == 0 || node->kind != YAML_SCALAR);
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_MAP)
            assert(yaml_get(node, node->keys[i]) == node->items[i]); /* the only one of that name */
        assert(node->items[i]->line >= node->line);
        nodes += check(node->items[i], depth + 1);
    }
    return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256];

    memset(error, 'x', sizeof error);
    struct yaml_node *root = yaml_parse((const char *)data, size, error);
    if (root)
        assert(check(root, 1) <= YAML_NODES_MAX);
    else
        assert(memchr(error, '\0', sizeof error) && strncmp(error, "line ", 5) == 0 && error[5] != '0');
    yaml_free(&root);
    assert(!root);
    return 0;
}
