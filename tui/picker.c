#include "tui/picker.h"
#include "shared/xalloc.h"
#include <stdlib.h>

struct picker {
    enum picker_kind kind;
};

struct picker *picker_new(void)
{
    return xcalloc(1, sizeof(struct picker));
}

void picker_free(struct picker **picker)
{
    free(*picker);
    *picker = NULL;
}
