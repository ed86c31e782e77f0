/* How far readers have come, in memory that writer and readers share (a file): a writer that goes as fast as
 * it can waits for the slowest, since one that did not would measure what happens to clients that are behind.
 */
#ifndef STOA_BENCH_PACE_H
#define STOA_BENCH_PACE_H

#include <stdint.h>

enum { PACE_READERS = 16, PACE_WINDOW = 4000 /* frames; well below limits.client_backlog */ };

struct pace;

/* NULL for a path of NULL. Never fails otherwise. */
struct pace *pace_open(const char *path);
/* How many threads read, before any of them does. */
void pace_readers(struct pace *pace, unsigned count);
/* A reader has got so many frames in all. */
void pace_set(struct pace *pace, unsigned reader, uint64_t frames);
/* Waits until no reader is more than the window behind. */
void pace_wait(struct pace *pace, uint64_t sent);

#endif
