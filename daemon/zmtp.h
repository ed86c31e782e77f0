/* Follows the frames of a connection (ZMTP 3.0 and 3.1) as their bytes come in, without keeping any. Pure: it
 * opens nothing. */
#ifndef STOA_DAEMON_ZMTP_H
#define STOA_DAEMON_ZMTP_H

#include "proto/envelope.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ZMTP_FRAMES_MAX = 16,                           /* of a message; a request has two */
    ZMTP_BYTES_MAX = ENVELOPE_REQUEST_MAX + 0x1000, /* of a message, in all its frames */
    ZMTP_COMMAND_MAX = 1024,
    ZMTP_MESSAGE_COST = 512 /* of a message beside its bytes, about */
};

struct zmtp {           /* zeros at the connection's begin */
    uint64_t skip;      /* bytes to come that do not matter, of the greeting or a frame */
    unsigned char step; /* what comes next */
    unsigned char head[9], head_len;
    unsigned frames; /* of the message so far */
    size_t bytes;    /* ... and what they take, whether they have come whole or not */
};

/* False: no honest peer sends that; end the connection. Adds to *whole what the messages take that have
 * become whole: their bytes, and ZMTP_MESSAGE_COST each. */
bool zmtp_follow(struct zmtp *zmtp, const unsigned char *bytes, size_t len, size_t *whole);

#endif
