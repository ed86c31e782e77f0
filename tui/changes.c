#include "tui/changes.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>

struct stack {
    struct change change[CHANGES_MAX];
    size_t count;
};

struct changes {
    struct stack made, undone;
    size_t bytes; /* of both */
};

struct changes *changes_new(void)
{
    return xcalloc(1, sizeof(struct changes));
}

static void drop(struct changes *changes, struct stack *stack, size_t index)
{
    changes->bytes -= stack->change[index].old_len;
    free(stack->change[index].old);
    stack->count--;
    memmove(stack->change + index, stack->change + index + 1, (stack->count - index) * sizeof *stack->change);
}

static void clear(struct changes *changes, struct stack *stack)
{
    while (stack->count > 0)
        drop(changes, stack, stack->count - 1);
}

void changes_free(struct changes **slot)
{
    if (!*slot)
        return;
    clear(*slot, &(*slot)->made);
    clear(*slot, &(*slot)->undone);
    free(*slot);
    *slot = NULL;
}

static void push(struct changes *changes, struct stack *stack, struct change change, const char *old)
{
    while (changes->bytes + change.old_len > CHANGES_BYTES_MAX &&
           changes->made.count + changes->undone.count > 0)
        drop(changes, changes->made.count > 0 ? &changes->made : &changes->undone, 0);
    if (stack->count == CHANGES_MAX)
        drop(changes, stack, 0);
    change.old = xmalloc(change.old_len + 1);
    if (change.old_len > 0)
        memcpy(change.old, old, change.old_len);
    changes->bytes += change.old_len;
    stack->change[stack->count++] = change;
}

void changes_add(struct changes *changes, struct change change)
{
    clear(changes, &changes->undone);
    push(changes, &changes->made, change, change.old);
}

void changes_join(struct changes *changes, size_t len)
{
    struct change *last = &changes->made.change[changes->made.count - 1];

    last->new_len += len;
    last->after += len;
}

bool changes_take(struct changes *changes, bool again, struct change *change)
{
    struct stack *stack = again ? &changes->undone : &changes->made;

    if (stack->count == 0)
        return false;
    *change = stack->change[--stack->count];
    changes->bytes -= change->old_len;
    return true;
}

void changes_turned(struct changes *changes, bool again, const struct change *change, const char *taken)
{
    struct change turned = {.at = change->at,
                            .new_len = change->old_len,
                            .old_len = change->new_len,
                            .before = change->after,
                            .after = change->before};

    push(changes, again ? &changes->made : &changes->undone, turned, taken);
}
