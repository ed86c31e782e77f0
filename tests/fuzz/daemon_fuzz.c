/* A whole daemon: requests of clients and what agents say, in any order. Each line of the input is one:
 *     a, b, o   a request of ann's two clients, or of somebody else's; of a changing one its id too matters
 *     0 ... 7   a FACT of that agent;  C  a chunk of agent 0's;  K, R, Q, N, X, E  its READY, REPLY, REQUEST,
 *               NOTE, CANCEL and end;  B  its bytes as a chunk's record
 * "@" stands for the newest session's id, "%" for the newest message's, "$" for the one before it.
 *
 * No crash, no leak. Each request of ann's is answered once, whatever agents do, and what is not an agent's
 * to answer at once. A client that follows from the beginning folds every event, and has in the end what the
 * daemon has; and so has a daemon that starts again. The store's own check finds nothing. */
#include "tests/fuzz/daemon_rig.h"
#include "tests/fuzz/lines.h"

#include "daemon/store/store_check.h"
#include "proto/reduce.h"
#include "shared/utf8.h"
#include <stdint.h>

enum { LINES_MAX = 64, SESSIONS_MAX = 16, IDS_MAX = 256 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    struct state *sessions[SESSIONS_MAX]; /* as the witness has them */
    size_t count;
    char newest[ID_MAX], message[ID_MAX], before[ID_MAX];
    char waits[ENVELOPE_ID_MAX + 1]; /* the request whose answer must come now; "" for none */
    json_t *pending;                 /* ids that agents were asked under: who asks by one again waits, too */
    int asked, answered;             /* by ann's clients */
} seen;

static struct state *witnessed(const char *session)
{
    for (size_t i = 0; i < seen.count; i++)
        if (strcmp(seen.sessions[i]->id, session) == 0)
            return seen.sessions[i];
    return NULL;
}

static void note_messages(const json_t *data)
{
    const char *id = jsonx_str(jsonx_obj(data, "message"), "id", NULL);
    if (!id)
        return;
    memcpy(seen.before, seen.message, ID_MAX);
    snprintf(seen.message, ID_MAX, "%s", id);
}

/* --- what clients get --- */

static void witness_event(json_t *json)
{
    char error[256];
    struct event event;
    struct state *state = witnessed(jsonx_str(json, "session", ""));

    rig_check(event_parse(json, &event, error));
    rig_check(event.type < EVENT_COUNT);
    note_messages(event.data);
    if (state) {
        enum fold fold = state_fold(state, &event);
        rig_check(fold == FOLD_OK || (fold == FOLD_OLD && !event_row(event.type)->durable));
    }
    event_clear(&event);
}

static void witness_snapshot(const json_t *snapshot)
{
    char error[256];
    struct state *state = state_from_snapshot(snapshot, error);

    rig_check(state != NULL && seen.count < SESSIONS_MAX);
    seen.sessions[seen.count++] = state;
}

static void rig_sent(int client, const char *text, size_t len)
{
    struct incoming in;

    envelope_incoming(text, len, &in);
    rig_check(in.kind != INCOMING_BAD && in.json);
    if (client == 'w' && in.kind == INCOMING_EVENT)
        witness_event(in.json);
    else if (client == 'w' && in.kind == INCOMING_OK && json_object_get(in.ok, "snapshot"))
        witness_snapshot(json_object_get(in.ok, "snapshot"));
    if (in.kind == INCOMING_OK || in.kind == INCOMING_ERROR) {
        rig_check(in.kind == INCOMING_OK || utf8_valid(in.text, strlen(in.text)));
        if (client == 'a' || client == 'b')
            seen.answered++;
        if (client != 'w' && strcmp(in.id, seen.waits) == 0)
            seen.waits[0] = '\0';
        const char *session = jsonx_str(in.ok, "session", NULL);
        if (client != 'w' && client != 'o' && session && strlen(session) < ID_MAX)
            snprintf(seen.newest, ID_MAX, "%s", session);
    }
    incoming_clear(&in);
}

static bool waits(void)
{
    return seen.waits[0] != '\0';
}

/* A session is followed from its beginning. */
static void witness_new(void)
{
    char text[256];

    if (!seen.newest[0] || witnessed(seen.newest) || seen.count == SESSIONS_MAX)
        return;
    snprintf(text, sizeof text,
             "{\"id\":\"w1\",\"method\":\"session.subscribe\",\"params\":{\"sessions\":[\"%s\"]}}",
             seen.newest);
    rig_message('w', text, strlen(text));
    snprintf(text, sizeof text, "{\"id\":\"w2\",\"method\":\"session.snapshot\",\"session\":\"%s\"}",
             seen.newest);
    rig_message('w', text, strlen(text));
}

/* --- what comes in --- */

/* Answered by an agent, or only when one answers. */
static bool is_agents(const struct request *request)
{
    bool pasted = request->method == METHOD_QUESTION_ANSWER &&
                  jsonx_str(jsonx_obj(request->params, "content"), "redirect", NULL);
    return strncmp(request_row(request->method)->name, "mcp.", 4) == 0 ||
           request->method == METHOD_SESSION_COMMAND || pasted;
}

static void send_request(int client, const char *text, size_t len)
{
    struct request request;
    char error[256];

    seen.asked += client != 'o';
    if (envelope_request(text, len, &request, error) == ERR_OK && client != 'o') {
        if (is_agents(&request))
            json_object_set_new(seen.pending, request.id, json_true());
        if (!json_object_get(seen.pending, request.id))
            snprintf(seen.waits, sizeof seen.waits, "%s", request.id);
    }
    request_clear(&request);
    rig_message(client, text, len);
}

/* The next chunk of what streams: the first byte of the line is the block, the rest its text. */
static void send_chunk(const char *text, size_t len)
{
    const struct state *state = witnessed(seen.newest);
    const struct message *message = state ? state_streaming(state) : NULL;
    struct buf out;

    if (!message || len < 2 || !utf8_valid(text + 1, len - 1))
        return;
    unsigned block = (unsigned)(text[0] - '0') % 8;
    struct chunk chunk = {.message = message->id,
                          .index = message->next_index,
                          .count = 1,
                          .block = block,
                          .kind = block % 2 ? CHUNK_REASONING : CHUNK_TEXT,
                          .delta = text + 1,
                          .delta_len = len - 1};
    buf_init(&out, SIZE_MAX);
    rig_check(link_put_chunk(&out, &chunk));
    rig_frame(0, LINK_CHUNK, out.data + 5, out.len - 5);
    buf_free(&out);
}

static void send_frame(int what, const char *text, size_t len)
{
    static const struct {
        char what;
        enum link_kind kind;
    } kinds[] = {{'K', LINK_READY}, {'R', LINK_REPLY},  {'Q', LINK_REQUEST},
                 {'N', LINK_NOTE},  {'X', LINK_CANCEL}, {'B', LINK_CHUNK}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].what == what)
            rig_frame(0, kinds[i].kind, text, len);
    if (what == 'E' && rig_procs[0])
        rig_doom(rig_procs[0], EXIT_CAUSE_CRASHED);
}

/* Agents are ready as soon as they are there. */
static void say_ready(void)
{
    static struct agentproc *ready[RIG_PROCS];
    char text[128];

    snprintf(text, sizeof text, "{\"link\":%d,\"version\":\"" STOA_VERSION "\",\"pid\":2}", LINK_VERSION);
    for (int i = 0; i < RIG_PROCS; i++) {
        if (rig_procs[i] && rig_procs[i] != ready[i])
            rig_frame(i, LINK_READY, text, strlen(text));
        ready[i] = rig_procs[i];
    }
}

static char *fill_in(const char *line, size_t len, size_t *out_len)
{
    struct buf out;

    buf_init(&out, SIZE_MAX);
    for (size_t i = 0; i < len; i++) {
        if (line[i] == '@')
            buf_puts(&out, seen.newest);
        else if (line[i] == '%')
            buf_puts(&out, seen.message);
        else if (line[i] == '$')
            buf_puts(&out, seen.before);
        else
            buf_putc(&out, line[i]);
    }
    *out_len = out.len;
    return buf_take(&out);
}

static void take_line(const char *line, size_t len)
{
    char *text = fill_in(line + 1, len - 1, &len);

    if (line[0] == 'a' || line[0] == 'b' || line[0] == 'o')
        send_request(line[0], text, len);
    else if (line[0] >= '0' && line[0] <= '7')
        rig_frame(line[0] - '0', LINK_FACT, text, len);
    else if (line[0] == 'C')
        send_chunk(text, len);
    else
        send_frame(line[0], text, len);
    free(text);
    rig_settle(waits);
    say_ready();
    witness_new();
    rig_settle(waits);
}

/* --- the end --- */

static char *dump(const struct state *state)
{
    json_t *json = state_snapshot(state, SIZE_MAX, SIZE_MAX);
    char *text = jsonx_dump(json, NULL);

    json_decref(json);
    return text;
}

static void compare(const struct state *a, const struct state *b)
{
    char *left = dump(a), *right = dump(b);

    rig_check(strcmp(left, right) == 0);
    free(left);
    free(right);
}

/* What it says of its state now is what those who folded its events have. */
static void check_witness(void)
{
    char error[256];

    for (size_t i = 0; i < seen.count; i++) {
        struct session *session = NULL;
        if (registry_get(rig.server.registry, seen.sessions[i]->id, &session, error) == ERR_OK)
            compare(seen.sessions[i], session->state);
    }
}

static void on_finding(void *arg, const struct finding *finding)
{
    (void)arg;
    if (finding->state < FINDING_WARN)
        return;
    fprintf(stderr, "%s: %s\n", finding->what, finding->text);
    abort();
}

/* The same sessions are there with the same messages, all of them at rest. */
static void check_restart(char ids[SESSIONS_MAX][ID_MAX], const uint64_t *totals, size_t count)
{
    char error[256], *path = rig_path();
    struct store_check check = {.path = path};
    struct findings findings = {.found = on_finding};

    rig_check(store_check(&check, &findings) == ERR_OK);
    free(path);
    rig_open(true);
    for (size_t i = 0; i < count; i++) {
        struct session *session;
        rig_check(registry_get(rig.server.registry, ids[i], &session, error) == ERR_OK);
        rig_check(session->state->messages_total == totals[i]);
        rig_check(session->state->run == RUN_IDLE || session->state->run == RUN_AWAITING_PERMISSION ||
                  session_turn_due(session));
    }
    rig_settle(NULL);
    rig_close();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    rig_begin();
    return utf8_locale() ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char first[] = "{\"id\":\"first\",\"method\":\"session.create\",\"params\":{}}";
    const char *at = (const char *)data, *end = at + size;
    char ids[SESSIONS_MAX][ID_MAX];
    uint64_t totals[SESSIONS_MAX];
    size_t count = 0;

    memset(&seen, 0, sizeof seen);
    seen.pending = json_object();
    rig_open(false);
    send_request('a', first, strlen(first));
    rig_settle(waits);
    witness_new();
    for (int lines = 0; at < end && lines < LINES_MAX; lines++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline : end) - at);
        if (len > 0)
            take_line(at, len);
        at += len + 1;
    }
    check_witness();
    rig_check(seen.answered <= seen.asked);
    for (size_t i = 0; i < seen.count; i++)
        if (registry_knows(rig.server.registry, seen.sessions[i]->id)) {
            totals[count] = seen.sessions[i]->messages_total;
            memcpy(ids[count++], seen.sessions[i]->id, ID_MAX);
        }
    rig_close();
    check_restart(ids, totals, count);
    rig_remove();
    json_decref(seen.pending);
    for (size_t i = 0; i < seen.count; i++)
        state_free(&seen.sessions[i]);
    return 0;
}
