/* Frames go to the socket at once; what it does not take waits in one buffer, of which one part at a time is
 * under way. */
#include "daemon/agent/agent_link.h"
#include "shared/buf.h"
#include "shared/xalloc.h"
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    LINK_READ = 64 << 10, /* bytes read at once */
    LINK_IN_MAX = LINK_FRAME_MAX + 5 + LINK_READ,
    LINK_OUT_MAX = 64 << 20, /* bytes that wait for the daemon; more means that it is lost */
    LINK_BEHIND = 128 << 10,
    KIND_AT = 4,            /* in a frame */
    LINK_IN_KEPT = 64 << 10 /* a read buffer larger than this is given back when it is empty */
};

struct agent_link {
    uv_pipe_t pipe;
    uv_write_t write;
    struct agent_link_handler handler;
    struct buf in, out;
    char *writing; /* under way; NULL if nothing is */
    size_t writing_len;
    bool closing;
    const char *broken; /* why nothing can be written any more; NULL if it can */
    char *read;
};

static void closed(uv_handle_t *handle)
{
    struct agent_link *link = handle->data;

    buf_free(&link->in);
    buf_free(&link->out);
    free(link->writing);
    free(link->read);
    free(link);
}

static void lose(struct agent_link *link, const char *why)
{
    uv_read_stop((uv_stream_t *)&link->pipe);
    if (!link->closing)
        link->handler.lost(link->handler.arg, why);
}

/* --- writing --- */

static void flush(struct agent_link *link);

static void written(uv_write_t *write, int status)
{
    struct agent_link *link = write->data;

    free(link->writing);
    link->writing = NULL;
    if (status < 0)
        buf_clear(&link->out);
    else
        flush(link);
    if (link->closing && !link->writing && !uv_is_closing((uv_handle_t *)&link->pipe))
        uv_close((uv_handle_t *)&link->pipe, closed);
}

static void flush(struct agent_link *link)
{
    if (link->writing || link->out.len == 0)
        return;

    uv_buf_t bytes = uv_buf_init(link->out.data, (unsigned)link->out.len);
    int count = uv_try_write((uv_stream_t *)&link->pipe, &bytes, 1);
    if (count == (int)link->out.len) {
        buf_clear(&link->out);
        return;
    }
    if (count > 0)
        buf_drop(&link->out, (size_t)count);
    link->writing_len = link->out.len;
    link->writing = buf_take(&link->out);
    bytes = uv_buf_init(link->writing, (unsigned)link->writing_len);
    if (uv_write(&link->write, (uv_stream_t *)&link->pipe, &bytes, 1, written) < 0) {
        free(link->writing);
        link->writing = NULL;
    }
}

/* Who writes may be deep within libcurl, where nothing may be torn down: a link that breaks here ends as if
 * the daemon had gone, in the next turn of the loop. */
static void put(struct agent_link *link, bool fits)
{
    int fd;

    if (link->closing || link->broken)
        return;
    if (fits) {
        flush(link);
    } else {
        link->broken = "the daemon does not read, or a frame is too large";
        if (uv_fileno((uv_handle_t *)&link->pipe, &fd) == 0)
            shutdown(fd, SHUT_RDWR);
    }
}

void agent_link_json(struct agent_link *link, enum link_kind kind, json_t *json)
{
    put(link, link_put_json(&link->out, kind, json));
    json_decref(json);
}

void agent_link_fact(struct agent_link *link, enum event_type type, json_t *data)
{
    json_t *fact = json_object();

    json_object_set_new(fact, "type", json_string(event_row(type)->name));
    json_object_set_new(fact, "data", data);
    agent_link_json(link, LINK_FACT, fact);
}

void agent_link_chunk(struct agent_link *link, const struct chunk *chunk)
{
    put(link, link_put_chunk(&link->out, chunk));
}

bool agent_link_behind(const struct agent_link *link)
{
    return link->writing && link->writing_len + link->out.len > LINK_BEHIND;
}

/* --- reading --- */

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct agent_link *link = handle->data;

    (void)suggested;
    *room = uv_buf_init(link->read, LINK_READ);
}

/* Whether a frame that is not whole yet holds secrets: what follows of it may move the buffer. */
static bool is_secret(const struct agent_link *link)
{
    return link->in.len >= KIND_AT + 1 && (unsigned char)link->in.data[KIND_AT] == LINK_SECRETS;
}

/* Whether one of them brought secrets. */
static bool take_frames(struct agent_link *link)
{
    bool secret = link->in.wipes;

    enum link_kind kind;
    const char *payload;
    size_t len, at = 0;
    int found = 0;

    while (!link->closing && (found = link_next(&link->in, &at, &kind, &payload, &len)) > 0) {
        link->handler.frame(link->handler.arg, kind, payload, len);
        if (kind == LINK_SECRETS)
            explicit_bzero((char *)payload, len);
        secret |= kind == LINK_SECRETS;
    }
    buf_drop(&link->in, at);
    link->in.wipes = is_secret(link);
    if (link->in.len == 0 && link->in.cap > LINK_IN_KEPT)
        buf_free(&link->in);
    if (found < 0)
        lose(link, "the daemon sent a frame that is too large");
    return secret || link->in.wipes;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes)
{
    struct agent_link *link = stream->data;

    if (count < 0)
        lose(link, link->broken);
    else if (!buf_put(&link->in, bytes->base, (size_t)count))
        lose(link, "the daemon sent a frame that is too large");
    else if (take_frames(link))
        explicit_bzero(bytes->base, (size_t)count);
}

struct agent_link *agent_link_open(uv_loop_t *loop, int fd, const struct agent_link_handler *handler)
{
    struct agent_link *link = xcalloc(1, sizeof *link);

    link->handler = *handler;
    link->read = xmalloc(LINK_READ);
    buf_init(&link->in, LINK_IN_MAX);
    buf_init(&link->out, LINK_OUT_MAX);
    uv_pipe_init(loop, &link->pipe, 0);
    link->pipe.data = link;
    link->write.data = link;
    if (uv_pipe_open(&link->pipe, fd) < 0 ||
        uv_read_start((uv_stream_t *)&link->pipe, give_room, on_read) < 0) {
        uv_close((uv_handle_t *)&link->pipe, closed);
        return NULL;
    }
    return link;
}

void agent_link_close(struct agent_link **link)
{
    struct agent_link *closing = *link;

    *link = NULL;
    if (!closing)
        return;
    closing->closing = true;
    uv_read_stop((uv_stream_t *)&closing->pipe);
    if (!closing->writing)
        uv_close((uv_handle_t *)&closing->pipe, closed);
}
