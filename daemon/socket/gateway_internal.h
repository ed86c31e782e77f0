/* What gateway.c (the ROUTER) and gateway_frames.c (bodies, and how much of them waits) share; for those
 * alone. */
#ifndef STOA_DAEMON_SOCKET_GATEWAY_INTERNAL_H
#define STOA_DAEMON_SOCKET_GATEWAY_INTERNAL_H

#include "daemon/socket/gateway.h"
#include <zmq.h>

/* --- gateway_frames.c --- */
/* Makes copy a message with the frame's bytes, which are not copied; meter (or NULL) counts them as given to
 * libzmq. Send or close it. */
void frame_share(zmq_msg_t *copy, struct frame *frame, struct meter *meter);

#endif
