/* Who waits for an agent process, and who is next: of the owners that may have one more, the one that has
 * fewest processes; of equals the one that was served longest ago; of each owner's, who came first. So nobody
 * waits for another's hundred. It knows sessions and processes only by what it is told. */
#ifndef STOA_DAEMON_SUPERVISOR_LINE_H
#define STOA_DAEMON_SUPERVISOR_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line;

struct line_owner { /* open to read; one that waits for nothing and has nothing is forgotten */
    char *name;
    size_t waiting;  /* of its places */
    size_t held;     /* processes, those that leave too */
    size_t leaving;  /* of these */
    int64_t may;     /* processes that it may have; 0: any number, below 0: none */
    uint64_t served; /* rises with each time that anybody is; 0: it was not yet */
    struct line_place *first, *last;
    struct line_owner *next;
};

struct line_place {           /* in the line, or a process; its holder's, zeroed at first */
    struct line_owner *owner; /* NULL: neither */
    struct line_place *behind;
    bool waits, leaves;
};

struct line_handler {
    void *arg;
    int64_t (*may)(void *arg, const char *owner); /* as in line_owner */
};

struct line *line_open(const struct line_handler *handler);
/* Nothing may be in it. Sets *line to NULL; accepts NULL. */
void line_close(struct line **line);

/* At the end of its owner's. */
void line_join(struct line *line, struct line_place *place, const char *owner);
/* It is a process from now on; not one that waits. */
void line_hold(struct line *line, struct line_place *place, const char *owner);
/* Its process was told to leave. */
void line_leaves(struct line *line, struct line_place *place);
/* It waits no more, or its process is no more. Nothing if it is neither. */
void line_out(struct line *line, struct line_place *place);

/* Who is next, or NULL: nobody waits, or only those that have as many as they may. */
struct line_place *line_next(struct line *line);
/* Whether the owner may have one more process than now, whoever else waits. */
bool line_may(struct line *line, const char *owner);
/* All of them; any function that changes the line may change the list. */
const struct line_owner *line_owners(const struct line *line);
size_t line_waiting(const struct line *line);
size_t line_held(const struct line *line);
/* How many processes are wanted, with more places of that owner (or NULL): those that do not leave, and for
 * whoever waits and may have one, one each. */
size_t line_wanted(struct line *line, const char *owner, size_t more);
/* How many of the owner's processes have to leave before all that wait could be served by its own number,
 * with more places of it. At most as many as wait. */
size_t line_over(struct line *line, const char *owner, size_t more);
/* Reads anew how many each may have. */
void line_renew(struct line *line);

#endif
