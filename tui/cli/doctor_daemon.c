/* The daemon that runs, as it answers. It may hang, or be of another version: every question has a deadline,
 * and no answer is a finding. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/paths.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/cli/choose.h"
#include "tui/cli/doctor.h"
#include "tui/cli/start.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ANSWER_MS = 3000,
    SLOW_MS = 200,       /* an answer that takes longer is slow */
    QUEUED_MANY = 10000, /* writes that wait */
    REFUSAL_MAX = 256,
    LOG_TAIL = 256 << 10,
    LOG_LINES = 1000,
    LOG_SHOWN = 300 /* bytes of a line */
};

struct answer {
    bool done;
    enum err code;
    char text[256];
    json_t *ok;
};

static void on_notice(void *arg, const char *notice, enum err code, const char *text)
{
    char *refusal = arg;

    if (strcmp(notice, "refused") == 0 || code == ERR_DENIED)
        snprintf(refusal, REFUSAL_MAX, "%s", text);
}

static void on_reply(void *arg, enum err code, const char *text, json_t *ok)
{
    struct answer *answer = arg;

    answer->done = true;
    answer->code = code;
    snprintf(answer->text, sizeof answer->text, "%s", text ? text : "");
    answer->ok = json_incref(ok);
}

/* As cli_call, but what goes wrong is left to the caller to say. */
static enum err ask(struct cli *cli, enum method method, struct answer *answer)
{
    *answer = (struct answer){.code = ERR_UNAVAILABLE};
    if (!cli->client)
        return ERR_UNAVAILABLE;
    client_request(cli->client, method, NULL, NULL, ANSWER_MS, on_reply, answer);
    while (!answer->done && cli->fatal == ERR_OK)
        uv_run(&cli->loop, UV_RUN_ONCE);
    if (answer->done)
        return answer->code;
    client_close(&cli->client); /* the reply points into the caller's frame */
    return answer->code = cli->fatal;
}

/* --- what it says of itself --- */

static void check_version(struct doctor *doctor, const json_t *stats)
{
    const char *version = jsonx_str(stats, "version", "");

    if (strcmp(version, STOA_VERSION) != 0)
        findings_add(&doctor->findings, FINDING_WARN, "version",
                     "stoa stop; the next stoa starts the new one",
                     "the daemon that runs is stoad %s, and this is stoa %s", version, STOA_VERSION);
}

static void check_store(struct doctor *doctor, const json_t *stats)
{
    const json_t *store = jsonx_obj(stats, "store");
    const char *failing = jsonx_str(store, "failing", NULL);
    int64_t queued = jsonx_int(store, "queued", 0), failed = jsonx_int(store, "failed", 0);

    if (failing)
        findings_add(&doctor->findings, FINDING_BAD, "failing",
                     "take away the cause (stoa doctor permissions); the daemon recovers by itself",
                     "the daemon can't commit to its store: %s", failing);
    else if (failed > 0)
        findings_add(&doctor->findings, FINDING_NOTE, "failed", NULL,
                     "%lld commits have failed since the daemon started, and were made good",
                     (long long)failed);
    if (queued > QUEUED_MANY)
        findings_add(&doctor->findings, FINDING_WARN, "queued", "look at what else uses that disk",
                     "%lld writes wait for the disk", (long long)queued);
}

static void check_counters(struct doctor *doctor, const json_t *stats)
{
    int64_t crashes = jsonx_int(stats, "agent_crashes", 0), resyncs = jsonx_int(stats, "resyncs", 0);
    int64_t cut = jsonx_int(stats, "cut", 0);

    if (crashes > 0)
        findings_add(&doctor->findings, FINDING_NOTE, "crashes", "the log says when and how",
                     "%lld agents have crashed or were killed since the daemon started", (long long)crashes);
    if (resyncs > 0 || cut > 0)
        findings_add(&doctor->findings, FINDING_NOTE, "slow", NULL,
                     "clients were too slow %lld times since the daemon started, and caught up by a "
                     "snapshot; %lld were cut off",
                     (long long)resyncs, (long long)cut);
}

static const char *write_age(int64_t ms, char out[32])
{
    int64_t minutes = ms / 60000;

    if (minutes < 120)
        snprintf(out, 32, "%lld min", (long long)minutes);
    else if (minutes < 48 * 60)
        snprintf(out, 32, "%lld h", (long long)minutes / 60);
    else
        snprintf(out, 32, "%lld days", (long long)minutes / 1440);
    return out;
}

static void say_runs(struct doctor *doctor, const json_t *stats, int64_t us)
{
    bool slow = us > (int64_t)SLOW_MS * 1000;
    char age[32];

    findings_add(&doctor->findings, slow ? FINDING_WARN : FINDING_OK, "runs",
                 slow ? "look at what this host is busy with: top" : NULL,
                 "stoad runs with pid %lld for %s, and answers in %.1f ms; sessions: %lld, agents: %lld, "
                 "clients: %lld, memory: %.1f MB",
                 (long long)jsonx_int(stats, "pid", 0), write_age(jsonx_int(stats, "uptime_ms", 0), age),
                 (double)us / 1000, (long long)jsonx_int(stats, "sessions", 0),
                 (long long)jsonx_int(stats, "agents", 0), (long long)jsonx_int(stats, "clients", 0),
                 (double)jsonx_int(stats, "memory_bytes", 0) / 1e6);
}

/* Variables that are set here, and which the daemon says are not set where it runs: the most common reason
 * for a key that "does not work". */
static void check_keys(struct doctor *doctor)
{
    static const char unset[] = " is not set";
    struct answer answer;
    json_t *model;
    size_t i;

    ask(doctor->cli, METHOD_MODEL_LIST, &answer);
    json_array_foreach(jsonx_arr(answer.ok, "models"), i, model)
    {
        const char *why = jsonx_str(model, "why", ""), *end = strstr(why, unset);
        char *name = end ? xstrndup(why, (size_t)(end - why)) : NULL;
        const char *value = name ? getenv(name) : NULL;

        if (!jsonx_bool(model, "ready", true) && value && *value)
            findings_add(&doctor->findings, FINDING_WARN, "key",
                         "stoa stop, and start it from here (under systemd: use api_key_file)",
                         "%s is set here, but the daemon that runs was started without it", name);
        free(name);
    }
    json_decref(answer.ok);
}

static void say_hangs(struct doctor *doctor, const char *why)
{
    const char *path = doctor->cli->socket_path, *slash = strrchr(path, '/');
    char advice[FINDING_TEXT_MAX];

    snprintf(advice, sizeof advice, "kill -9 $(cat '%.*s/stoad.lock'); what was acknowledged is kept",
             slash ? (int)(slash - path) : 1, slash ? path : ".");
    findings_add(&doctor->findings, FINDING_BAD, "hangs", advice,
                 "a daemon has %s open, but gave no answer within %d s%s%s", path, ANSWER_MS / 1000,
                 *why ? ": " : "", why);
}

/* It answers, but takes no client more. */
static void say_refused(struct doctor *doctor, const char *why)
{
    findings_add(&doctor->findings, FINDING_BAD, "refused",
                 "mend that; a daemon that was told to reload (kill -HUP) takes its new limits at once",
                 "the daemon that runs refuses this client: %s", why);
}

static void ask_all(struct doctor *doctor)
{
    char refusal[REFUSAL_MAX] = "";
    struct answer answer;

    doctor->cli->callbacks.notice = on_notice;
    doctor->cli->arg = refusal;
    int64_t since;
    enum err code = ask(doctor->cli, METHOD_SERVER_PING, &answer); /* hello is behind us then */

    json_decref(answer.ok);
    since = clock_steady_us();
    if (code == ERR_OK)
        code = ask(doctor->cli, METHOD_ADMIN_STATS, &answer);
    if (code == ERR_VERSION) {
        findings_add(&doctor->findings, FINDING_BAD, "version",
                     "stop it with the stoa that it came with, or kill its process",
                     "the daemon that runs speaks another version of the protocol than this stoa");
    } else if (code != ERR_OK && *refusal) {
        say_refused(doctor, refusal);
    } else if (code == ERR_DENIED) { /* by a token, for one: it answers, and is well as far as that goes */
        findings_add(&doctor->findings, FINDING_NOTE, "denied",
                     "without a token (STOA_TOKEN), on the daemon's own host",
                     "a daemon runs and answers, but not to this: %s", answer.text);
    } else if (code != ERR_OK) {
        say_hangs(doctor, answer.text);
    } else {
        say_runs(doctor, answer.ok, clock_steady_us() - since);
        check_version(doctor, answer.ok);
        check_store(doctor, answer.ok);
        check_counters(doctor, answer.ok);
        json_decref(answer.ok);
        check_keys(doctor);
    }
    doctor->cli->callbacks.notice = NULL;
    doctor->cli->arg = NULL;
}

/* --- its log --- */

/* The last bytes of a file, whole lines; free() them. NULL if there are none. */
static char *read_tail(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    char *text = NULL;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        off_t from = st.st_size > LOG_TAIL ? st.st_size - LOG_TAIL : 0;

        text = xcalloc(1, LOG_TAIL + 1);
        ssize_t len = pread(fd, text, LOG_TAIL, from);
        text[len > 0 ? len : 0] = '\0';
        const char *first = from > 0 ? strchr(text, '\n') : NULL;
        if (first)
            memmove(text, first + 1, strlen(first + 1) + 1);
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static void check_log(struct doctor *doctor)
{
    char *state = paths_state(), *path = state ? paths_join(state, "stoad.log") : NULL;
    char *text = path ? read_tail(path) : NULL, *last = NULL, *end;
    size_t errors = 0, lines = 0;

    for (char *line = text ? text + strlen(text) : NULL; line && line > text && lines < LOG_LINES; lines++) {
        *--line = '\0';
        end = memrchr(text, '\n', (size_t)(line - text));
        line = end ? end + 1 : text;
        if (strstr(line, " ERROR ") && errors++ == 0)
            last = sanitise_line(line, strlen(line), LOG_SHOWN);
    }
    if (errors > 0) {
        char advice[FINDING_TEXT_MAX];

        snprintf(advice, sizeof advice, "read them: grep ERROR '%s'", path);
        findings_add(&doctor->findings, FINDING_NOTE, "log", advice,
                     "errors in the last %zu lines of the daemon's log: %zu, the last one: %s", lines, errors,
                     last);
    }
    free(last);
    free(text);
    free(path);
    free(state);
}

/* --- the area --- */

void doctor_daemon(struct doctor *doctor)
{
    struct cli *cli = doctor->cli;
    char error[512];
    enum err code;
    int exit_code;

    doctor->findings.area = "daemon";
    findings_doing(&doctor->findings, "asking the daemon");
    cli->may_start = false;
    if (choose_name(cli->args)) {
        if (cli_open(cli, &exit_code) == ERR_OK)
            ask_all(doctor);
        return;
    }
    code = start_ensure(cli->socket_path, false, error);
    if (code == ERR_DENIED)
        findings_add(&doctor->findings, FINDING_BAD, "unsafe", "see: stoa doctor permissions", "%s", error);
    else if (code != ERR_OK)
        findings_add(&doctor->findings, FINDING_OK, "runs", NULL,
                     "no daemon serves on %s; the next stoa that needs one starts it", cli->socket_path);
    else if (cli_open(cli, &exit_code) == ERR_OK)
        ask_all(doctor);
    check_log(doctor);
}
