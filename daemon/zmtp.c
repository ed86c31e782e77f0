#include "daemon/zmtp.h"

#include <string.h>

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
    static const char *const why = "it speaks no ZMTP 3";
    bool good = zmtp->head_len < 1 || zmtp->head[0] == 0xff;
    good &= zmtp->head_len < VERSION_AT || (zmtp->head[VERSION_AT - 1] & 1);
    good &= zmtp->head_len <= VERSION_AT || zmtp->head[VERSION_AT] >= 3;
    return good ? NULL : why;
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
    if (zmtp->command || zmtp->more)
        return;
    zmtp->complete += zmtp->message;
    zmtp->message = zmtp->frames = 0;
}

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
        zmtp->skip -= part;
        at += part;
        if (zmtp->skip == 0)
            end_frame(zmtp);
    }
    return why;
}
