/* Environments of programs that are started. */
#include "shared/environment.h"

#include "shared/xalloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

static size_t length(char *const *list)
{
    size_t count = 0;
    while (list[count])
        count++;
    return count;
}

char **environment_only(const char *const names[])
{
    char **list = xcalloc(1, sizeof *list);
    for (; *names; names++) {
        const char *value = getenv(*names);
        if (value)
            environment_add(&list, *names, value);
    }
    return list;
}

static bool is_named(const char *variable, const char *const names[])
{
    size_t len = strcspn(variable, "=");
    while (*names && (strncmp(*names, variable, len) != 0 || (*names)[len]))
        names++;
    return *names != NULL;
}

char **environment_without(const char *const names[])
{
    char **list = xcalloc(length(environ) + 1, sizeof *list), **end = list;
    for (char **at = environ; *at; at++)
        if (!is_named(*at, names))
            *end++ = xstrdup(*at);
    return list;
}

void environment_add(char ***list, const char *name, const char *value)
{
    size_t count = length(*list);
    *list = xreallocarray(*list, count + 2, sizeof **list);
    (*list)[count] = xasprintf("%s=%s", name, value);
    (*list)[count + 1] = NULL;
}

void environment_free(char ***slot)
{
    for (char **at = *slot; at && *at; at++)
        free(*at);
    free(*slot);
    *slot = NULL;
}
