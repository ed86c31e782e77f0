/* After the greeting there are frames: flags, size (one byte or eight), body. A message is the frames up to
 * one without MORE. Of a command only the length of its name is looked at: no DEALER subscribes, and libzmq
 * would hand that on as a message. */
#include "daemon/zmtp.h"

enum { GREETING = 64, MORE = 1, LONG = 2, COMMAND = 4, SUBSCRIBE_LEN = 9, CANCEL_LEN = 6 };
enum step { STEP_GREETING, STEP_HEAD, STEP_COMMAND, STEP_BODY };

static uint64_t size_of(const struct zmtp *zmtp)
{
    uint64_t size = 0;
    for (int i = 1; i < zmtp->head_len; i++)
        size = size << 8 | zmtp->head[i];
    return size;
}

static void end_frame(struct zmtp *zmtp, size_t *whole)
{
    zmtp->step = STEP_HEAD;
    zmtp->head_len = 0;
    if (zmtp->head[0] & (COMMAND | MORE))
        return;
    *whole += zmtp->bytes + ZMTP_MESSAGE_COST;
    zmtp->bytes = zmtp->frames = 0;
}

/* The head of a frame is there. */
static bool begin_frame(struct zmtp *zmtp, size_t *whole)
{
    uint64_t size = size_of(zmtp);
    zmtp->skip = size;
    if (zmtp->head[0] & COMMAND) {
        zmtp->step = STEP_COMMAND;
        return size > 0 && size <= ZMTP_COMMAND_MAX;
    }
    if (size > ZMTP_BYTES_MAX - zmtp->bytes || ++zmtp->frames > ZMTP_FRAMES_MAX)
        return false;
    zmtp->bytes += (size_t)size;
    zmtp->step = STEP_BODY;
    if (size == 0)
        end_frame(zmtp, whole);
    return true;
}

static bool take_head(struct zmtp *zmtp, unsigned char byte, size_t *whole)
{
    zmtp->head[zmtp->head_len++] = byte;
    return zmtp->head_len < (zmtp->head[0] & LONG ? 9 : 2) || begin_frame(zmtp, whole);
}

bool zmtp_follow(struct zmtp *zmtp, const unsigned char *bytes, size_t len, size_t *whole)
{
    if (zmtp->step == STEP_GREETING && zmtp->skip == 0)
        zmtp->skip = GREETING;
    for (size_t at = 0; at < len;) {
        if (zmtp->step == STEP_HEAD) {
            if (!take_head(zmtp, bytes[at++], whole))
                return false;
            continue;
        }
        if (zmtp->step == STEP_COMMAND) {
            if (bytes[at] == SUBSCRIBE_LEN || bytes[at] == CANCEL_LEN)
                return false;
            zmtp->step = STEP_BODY;
        }
        size_t skip = len - at < zmtp->skip ? len - at : (size_t)zmtp->skip;
        at += skip;
        zmtp->skip -= skip;
        if (zmtp->skip > 0)
            return true;
        if (zmtp->step == STEP_GREETING)
            zmtp->step = STEP_HEAD;
        else
            end_frame(zmtp, whole);
    }
    return true;
}
