#include "daemon/socket/zmtp.h"

#include <ctype.h>
#include <string.h>

#define NO_ZMTP "it speaks no ZMTP 3"

enum { GREETING = 64, VERSION_AT = 10, FLAG_MORE = 1, FLAG_LONG = 2, FLAG_COMMAND = 4 };

/* How long the head is, as far as its first bytes tell. */
static size_t head_size(const struct zmtp *zmtp)
{
    if (!zmtp->greeted)
        return GREETING;
    return zmtp->head_len == 0 || !(zmtp->head[0] & FLAG_LONG) ? 2 : 9;
}

/* A peer of ZMTP 2 or 1 is known by less than a greeting of ours, and would wait for its answer. */
static const char *check_greeting(const struct zmtp *zmtp)
{
    bool good = zmtp->head_len < 1 || zmtp->head[0] == 0xff;
    good &= zmtp->head_len < VERSION_AT || (zmtp->head[VERSION_AT - 1] & 1);
    good &= zmtp->head_len <= VERSION_AT || zmtp->head[VERSION_AT] >= 3;
    return good ? NULL : NO_ZMTP;
}

static uint64_t frame_size(const struct zmtp *zmtp)
{
    uint64_t size = 0;
    if (!(zmtp->head[0] & FLAG_LONG))
        return zmtp->head[1];
    for (int i = 1; i < 9; i++)
        size = size << 8 | zmtp->head[i];
    return size;
}

static const char *begin_frame(struct zmtp *zmtp, uint64_t max)
{
    zmtp->skip = frame_size(zmtp);
    zmtp->command = zmtp->head[0] & FLAG_COMMAND;
    zmtp->more = zmtp->head[0] & FLAG_MORE;
    if (!zmtp->command && !zmtp->ready) /* libzmq would wait for all of it, and then refuse it */
        return NO_ZMTP;
    if (zmtp->command)
        return zmtp->skip > ZMTP_COMMAND_MAX ? "its command is too large" : NULL;
    zmtp->frames++;
    if (zmtp->frames > ZMTP_FRAMES_MAX)
        return "its message has too many frames";
    if (zmtp->skip > max || zmtp->message + zmtp->head_len + zmtp->skip > max)
        return "its message is too large";
    zmtp->message += zmtp->head_len + zmtp->skip;
    return NULL;
}

static void end_frame(struct zmtp *zmtp)
{
    zmtp->ready = true;
    if (zmtp->command || zmtp->more)
        return;
    zmtp->complete += zmtp->message;
    zmtp->messages++;
    zmtp->message = zmtp->frames = 0;
}

/* --- READY: its name, then properties, each of name and value --- */

static const char command_name[] = "\5READY", identity_name[] = "identity";
enum { SIZE_BYTES = 4 };

static void read_next(struct zmtp *zmtp, enum zmtp_reading reading)
{
    zmtp->reading = reading;
    zmtp->at = 0;
}

static const char *take_ready(struct zmtp *zmtp, uint8_t byte)
{
    switch (zmtp->reading) {
    case ZMTP_COMMAND_NAME:
        if (byte != (uint8_t)command_name[zmtp->at++])
            read_next(zmtp, ZMTP_NOTHING);
        else if (zmtp->at == sizeof command_name - 1)
            read_next(zmtp, ZMTP_NAME_SIZE);
        break;
    case ZMTP_NAME_SIZE:
        zmtp->left = byte;
        zmtp->is_identity = byte == sizeof identity_name - 1;
        read_next(zmtp, byte > 0 ? ZMTP_NAME : ZMTP_VALUE_SIZE);
        break;
    case ZMTP_NAME:
        if (zmtp->is_identity)
            zmtp->is_identity = tolower(byte) == identity_name[zmtp->at++];
        if (--zmtp->left == 0)
            read_next(zmtp, ZMTP_VALUE_SIZE);
        break;
    case ZMTP_VALUE_SIZE:
        zmtp->left = zmtp->left << 8 | byte;
        if (++zmtp->at == SIZE_BYTES)
            read_next(zmtp, zmtp->left > 0 ? ZMTP_VALUE : ZMTP_NAME_SIZE);
        break;
    case ZMTP_VALUE:
        if (zmtp->is_identity)
            return "it brings a routing id of its own";
        if (--zmtp->left == 0)
            read_next(zmtp, ZMTP_NAME_SIZE);
        break;
    case ZMTP_NOTHING:
        break;
    }
    return NULL;
}

static const char *take_body(struct zmtp *zmtp, const uint8_t *bytes, size_t len)
{
    const char *why = NULL;
    for (size_t i = 0; i < len && !zmtp->ready && !why; i++)
        why = take_ready(zmtp, bytes[i]);
    zmtp->skip -= len;
    if (zmtp->skip == 0)
        end_frame(zmtp);
    return why;
}

/* --- frames --- */

/* One byte of a head. */
static const char *take_head(struct zmtp *zmtp, uint8_t byte, uint64_t max)
{
    const char *why = NULL;
    if (zmtp->head_len < ZMTP_HEAD_KEPT)
        zmtp->head[zmtp->head_len] = byte;
    zmtp->head_len++;
    if (!zmtp->greeted)
        why = check_greeting(zmtp);
    if (why || zmtp->head_len < head_size(zmtp))
        return why;
    if (zmtp->greeted)
        why = begin_frame(zmtp, max);
    bool frame = zmtp->greeted;
    zmtp->greeted = true;
    zmtp->head_len = 0;
    if (frame && !why && zmtp->skip == 0)
        end_frame(zmtp);
    return why;
}

const char *zmtp_take(struct zmtp *zmtp, const void *bytes, size_t len, uint64_t max)
{
    const uint8_t *at = bytes, *end = at + len;
    const char *why = NULL;
    while (at < end && !why) {
        if (zmtp->skip == 0) {
            why = take_head(zmtp, *at++, max);
            continue;
        }
        size_t part = (size_t)(end - at) < zmtp->skip ? (size_t)(end - at) : (size_t)zmtp->skip;
        why = take_body(zmtp, at, part);
        at += part;
    }
    return why;
}
