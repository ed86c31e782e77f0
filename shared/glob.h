/* Globs in which * stands for any text, and nothing else for anything but itself: names of models and
 * servers. Patterns of rules have more, and are proto/rule.h's. */
#ifndef STOA_SHARED_GLOB_H
#define STOA_SHARED_GLOB_H

#include <stdbool.h>

/* Takes no longer than text times glob, whatever they are. */
bool glob_matches(const char *glob, const char *text);

#endif
