/* A mutator for inputs whose lines are steps: beside what libFuzzer does to bytes, lines are left out, done
 * twice, moved, and taken from another input, so that long stories stay possible ones. Include once a
 * program. */
#ifndef STOA_TESTS_FUZZ_LINES_H
#define STOA_TESTS_FUZZ_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two, size_t two_size,
                                 uint8_t *out, size_t out_max, unsigned seed);

struct lines_piece {
    size_t at, len; /* its newline included */
};

static inline unsigned lines_random(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* The line that a random byte is in. */
static inline struct lines_piece lines_pick(const uint8_t *data, size_t size, unsigned *seed)
{
    struct lines_piece piece = {.at = size ? lines_random(seed) % size : 0};

    while (piece.at > 0 && data[piece.at - 1] != '\n')
        piece.at--;
    const uint8_t *newline = size ? memchr(data + piece.at, '\n', size - piece.at) : NULL;
    piece.len = (newline ? (size_t)(newline - data) + 1 : size) - piece.at;
    return piece;
}

/* Puts the line, which is elsewhere in memory, before data[at]. Returns the new size. */
static inline size_t lines_put(uint8_t *data, size_t size, size_t max_size, size_t at, const uint8_t *line,
                               size_t len)
{
    if (size + len > max_size)
        return size;
    memmove(data + at + len, data + at, size - at);
    memcpy(data + at, line, len);
    return size + len;
}

static inline size_t lines_cut(uint8_t *data, size_t size, struct lines_piece piece)
{
    memmove(data + piece.at, data + piece.at + piece.len, size - piece.at - piece.len);
    return size - piece.len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static uint8_t kept[1 << 20];
    unsigned what = lines_random(&seed) % 8;
    struct lines_piece piece = lines_pick(data, size, &seed);

    if (what < 4 || size == 0 || piece.len > sizeof kept)
        return LLVMFuzzerMutate(data, size, max_size);
    memcpy(kept, data + piece.at, piece.len);
    if (what < 6) /* left out, or moved */
        size = lines_cut(data, size, piece);
    if (what > 4) /* moved, or done twice */
        size = lines_put(data, size, max_size, lines_pick(data, size, &seed).at, kept, piece.len);
    return size;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *two, size_t two_size,
                                 uint8_t *out, size_t out_max, unsigned seed)
{
    size_t size = one_size < out_max ? one_size : out_max;

    if (size > 0) /* of nothing there may be no pointer either */
        memcpy(out, one, size);
    for (unsigned i = lines_random(&seed) % 4 + 1; i > 0 && two_size > 0; i--) {
        struct lines_piece piece = lines_pick(two, two_size, &seed);
        size = lines_put(out, size, out_max, lines_pick(out, size, &seed).at, two + piece.at, piece.len);
    }
    return size;
}

#endif
