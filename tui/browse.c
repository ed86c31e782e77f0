#include "tui/browse.h"
#include "shared/xalloc.h"
#include <stdlib.h>

struct browse {
    bool on;
    struct editor *input;
};

struct browse *browse_new(void)
{
    return xcalloc(1, sizeof(struct browse));
}

void browse_free(struct browse **browse)
{
    if (!*browse)
        return;
    editor_free(&(*browse)->input);
    free(*browse);
    *browse = NULL;
}

bool browse_on(const struct browse *browse)
{
    return browse->on;
}

struct editor *browse_input(struct browse *browse)
{
    return browse->on ? browse->input : NULL;
}
