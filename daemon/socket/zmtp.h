/* Follows the framing of what a peer sends, without keeping any of it: ZeroMQ caps the size of a frame, but
 * neither their number nor the size of a message, and hands out whole messages only. ZMTP 3.0 and 3.1,
 * RFC 23 and 37. */
#ifndef STOA_DAEMON_SOCKET_ZMTP_H
#define STOA_DAEMON_SOCKET_ZMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ZMTP_FRAMES_MAX = 16,        /* of a message; requests have two, and one more from a REQ socket */
    ZMTP_COMMAND_MAX = 64 << 10, /* bytes: READY with its metadata, PING */
    ZMTP_HEAD_KEPT = 12          /* bytes of a head that are looked at together */
};

/* What of the peer's READY comes next. */
enum zmtp_reading {
    ZMTP_COMMAND_NAME,
    ZMTP_NAME_SIZE,
    ZMTP_NAME,
    ZMTP_VALUE_SIZE,
    ZMTP_VALUE,
    ZMTP_NOTHING /* it is another command, which libzmq refuses */
};

struct zmtp {      /* of one connection; zeroed at its beginning */
    uint64_t skip; /* bytes of a frame's body that are still to come */
    uint64_t
        message; /* bytes of the message that has begun, heads included, and those that are still to come */
    uint64_t complete; /* bytes of whole messages; for who counts them, to be set back to 0 */
    uint32_t messages; /* whole ones so far */
    uint16_t frames;   /* of the message that has begun */
    bool greeted, ready, more, command;
    uint8_t head_len;
    uint8_t head[ZMTP_HEAD_KEPT];
    enum zmtp_reading reading;
    bool is_identity; /* the property that is being read */
    uint8_t at;       /* bytes read of a name, or of a size */
    uint32_t left;    /* bytes to come of a name or value */
};

/* Takes bytes as they came. NULL, or why the peer is to be cut: it speaks no ZMTP 3, or its message has more
 * frames, or more bytes than max, or it brings a routing id of its own. */
const char *zmtp_take(struct zmtp *zmtp, const void *bytes, size_t len, uint64_t max);

#endif
