#include "tui/completion.h"
#include "shared/xalloc.h"
#include <stdlib.h>

struct completion {
    size_t count;
};

struct completion *completion_new(void)
{
    return xcalloc(1, sizeof(struct completion));
}

void completion_free(struct completion **completion)
{
    free(*completion);
    *completion = NULL;
}

bool completion_open(const struct completion *completion)
{
    return completion->count > 0;
}
