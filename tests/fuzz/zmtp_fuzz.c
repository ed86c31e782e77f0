/* What peers send before libzmq reads it: however it is cut into pieces, the same is found. */
#include "daemon/socket/zmtp.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MAX = 5000 };
    struct zmtp whole = {0}, pieces = {0};
    const char *why = zmtp_take(&whole, data, size, MAX), *why_pieces = NULL;
    size_t step = size ? 1 + data[size - 1] % 7 : 1;
    for (size_t at = 0; at < size && !why_pieces; at += step)
        why_pieces = zmtp_take(&pieces, data + at, step < size - at ? step : size - at, MAX);
    if (why != why_pieces || whole.complete != pieces.complete || whole.message != pieces.message ||
        whole.message > MAX)
        abort();
    return 0;
}
