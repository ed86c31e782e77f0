/* What the programs of the bench are told: options of their command lines, and orders in messages. */
#ifndef STOA_BENCH_ARGS_H
#define STOA_BENCH_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sentence to stderr, and exit code 1. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The argument after `name`, or the fallback. */
const char *arg_text(char **argv, const char *name, const char *fallback);
int64_t arg_number(char **argv, const char *name, int64_t fallback);
/* The same for one that must be there. */
const char *arg_needed(char **argv, const char *name);

/* A message "bench COUNT RATE" orders so many chunks, so many a second; rate 0: as fast as they are taken.
 * COUNT 0: a turn without an end. */
struct order {
    int64_t count, rate;
};
/* Reads the last such text in it; false, with nothing changed, if there is none. */
bool order_find(const char *text, size_t len, struct order *order);

#endif
