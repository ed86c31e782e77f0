/* The store when things go wrong: the disk is full, the process is killed, the writes are too many. */
#include "store_rig.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char filler[4096] = "{\"fill\":\"";

static void put_filler(struct rig *rig, uint32_t session, uint64_t seq)
{
    char json[sizeof filler];

    memset(json, 'x', sizeof json);
    memcpy(json, filler, strlen(filler));
    memcpy(json + sizeof json - 2, "\"}", 2);
    store_append_event(rig->store, session, seq, 5000, EVENT_MESSAGE_ADDED, json, sizeof json);
}

/* Runs the loop until health has been told that often. */
static void await_health(struct rig *rig, const int *count, int wanted)
{
    int64_t end = clock_steady_ms() + 20000;

    while (*count < wanted && clock_steady_ms() < end)
        uv_run(&rig->loop, UV_RUN_NOWAIT);
    assert_int_equal(*count, wanted);
}

/* --- a disk that is full, then free again --- */

struct disk { /* two ways to run out of it */
    void (*fill)(struct rig *rig);
    void (*release)(struct rig *rig);
    const char *why;
};

static struct rlimit limit_before;
static bool limited;

static void limit_files(struct rig *rig)
{
    struct rlimit limit = {128 << 10, RLIM_INFINITY};

    (void)rig;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit_before), 0);
    limit.rlim_max = limit_before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    limited = true;
}

static void unlimit_files(struct rig *rig)
{
    (void)rig;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit_before), 0);
    limited = false;
}

/* Whatever a test that failed has left. */
static int undo(void **state)
{
    struct rig *rig = *state;

    if (limited)
        unlimit_files(rig);
    umount2(rig->folder, MNT_DETACH);
    return rig_teardown(state);
}

static void fill_disk(struct rig *rig)
{
    char name[128], block[4096] = {1};
    int fd;

    snprintf(name, sizeof name, "%s/ballast", rig->folder);
    fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
}

static void free_disk(struct rig *rig)
{
    char name[128];

    snprintf(name, sizeof name, "%s/ballast", rig->folder);
    assert_int_equal(unlink(name), 0);
}

/* Acknowledges until it cannot, refuses meanwhile, and recovers by itself with nothing lost and all in order.
 */
static void meet_full_disk(struct rig *rig, const struct disk *disk)
{
    uint64_t seq = 0, acknowledged;
    struct store_stats stats;
    struct events events;
    uint32_t key;
    enum err code;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    assert_int_equal(commit(rig), ERR_OK);
    disk->fill(rig);
    do {
        acknowledged = seq;
        put_filler(rig, key, ++seq);
        code = commit(rig);
    } while (code == ERR_OK && seq < 5000);

    assert_int_equal(code, ERR_STORE);
    assert_int_equal(rig->sick, 1);
    assert_non_null(strstr(rig->why, disk->why));
    assert_string_equal(store_failing(rig->store), rig->why);
    assert_int_equal(load_events(rig, key, 0).count, acknowledged); /* reads go on */

    for (int i = 0; i < 20; i++)
        put_filler(rig, key, ++seq);
    store_put_partial(rig->store, key, "m_1", "{}", 2);
    store_put_snapshot(rig->store, key, seq, "{}", 2);
    store_stats(rig->store, &stats);
    assert_int_equal(stats.queued, seq - acknowledged); /* neither partial nor snapshot */
    assert_int_equal(commit(rig), ERR_STORE);           /* the next attempt fails too */
    store_stats(rig->store, &stats);
    assert_true(stats.failed >= 2);

    disk->release(rig);
    await_health(rig, &rig->well, 1);
    assert_int_equal(rig->sick, 1); /* told once, not each second */
    assert_null(store_failing(rig->store));
    events = load_events(rig, key, 0);
    assert_int_equal(events.count, seq);
    assert_true(events.rising);
    put_filler(rig, key, ++seq);
    assert_int_equal(commit(rig), ERR_OK);
    assert_true(rig_close(rig));
    assert_int_equal(
        raw_number(rig, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
}

static void it_recovers_when_its_files_may_grow_again(void **state)
{
    static const struct disk disk = {limit_files, unlimit_files, "File too large"};

    meet_full_disk(*state, &disk);
}

static void it_recovers_when_a_full_disk_is_freed(void **state)
{
    static const struct disk disk = {fill_disk, free_disk, "the disk is full"};
    struct rig *rig = *state;

    if (mount("tmpfs", rig->folder, "tmpfs", MS_NOSUID | MS_NODEV, "size=2m,mode=0700") != 0) {
        print_message("skipped: mounting a small file system needs root (%s)\n", strerror(errno));
        skip();
    }
    meet_full_disk(rig, &disk);
}

static void closing_while_commits_fail_says_so_and_keeps_what_was_acknowledged(void **state)
{
    struct rig *rig = *state;
    struct answer answer = {0};
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    put_filler(rig, key, 1);
    assert_int_equal(commit(rig), ERR_OK);
    limit_files(rig);
    for (uint64_t seq = 2; seq < 100; seq++)
        put_filler(rig, key, seq);
    assert_int_equal(commit(rig), ERR_STORE);
    store_commit(rig->store, answer_commit, &answer);
    assert_false(rig_close(rig));
    unlimit_files(rig);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.code, ERR_STORE);
    assert_non_null(rig_open(rig));
    assert_int_equal(load_events(rig, key, 0).count, 1);
}

static void too_much_that_waits_is_said(void **state)
{
    enum { SIZE = 1 << 20 };
    struct rig *rig = *state;
    char *json = malloc(SIZE);
    uint32_t key;
    uint64_t seq = 0;

    memset(json, 'x', SIZE);
    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    assert_int_equal(commit(rig), ERR_OK);
    limit_files(rig);
    while (!store_queue_full(rig->store) && seq < 100)
        store_append_event(rig->store, key, ++seq, 1, EVENT_MESSAGE_ADDED, json, SIZE);
    assert_true(seq >= STORE_QUEUE_BYTES / SIZE - 1 && seq <= STORE_QUEUE_BYTES / SIZE + 1);
    assert_int_equal(commit(rig), ERR_STORE);
    unlimit_files(rig);
    await_health(rig, &rig->well, 1);
    assert_false(store_queue_full(rig->store));
    assert_int_equal(load_events(rig, key, 0).count, seq);
    free(json);
}

/* --- the process is killed --- */

/* The child's life: events of four sessions without end; after each commit the seq is written to the pipe. */
struct killed {
    struct rig *rig;
    int pipe;
    uint64_t seq;
};

static void write_on(void *arg, enum err code);

static void write_more(struct killed *killed)
{
    killed->seq++;
    for (uint32_t session = 1; session <= 4; session++)
        put_event(killed->rig, session, killed->seq, "{\"some\":\"event\"}");
    store_commit(killed->rig->store, write_on, killed);
}

static void write_on(void *arg, enum err code)
{
    struct killed *killed = arg;

    if (code != ERR_OK || write(killed->pipe, &killed->seq, sizeof killed->seq) != sizeof killed->seq)
        _exit(2);
    write_more(killed);
}

static void write_until_killed(struct rig *rig, int fd)
{
    struct killed killed = {rig, fd, 0};

    uv_loop_init(&rig->loop);
    if (!rig_open(rig))
        _exit(3);
    killed.seq = load_events(rig, 4, 0).last;
    write_more(&killed);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    _exit(4);
}

/* Gives the last seq that the child was told is on disk. */
static uint64_t kill_a_writer(struct rig *rig, unsigned round)
{
    uint64_t acknowledged = 0, seq;
    struct pollfd poll_fd;
    int fds[2], status;
    int64_t end;
    pid_t child;

    assert_int_equal(pipe(fds), 0);
    child = fork();
    if (child == 0) {
        close(fds[0]);
        write_until_killed(rig, fds[1]);
    }
    close(fds[1]);
    /* some time after its first commit, different each round */
    assert_int_equal(read(fds[0], &acknowledged, sizeof acknowledged), sizeof acknowledged);
    end = clock_steady_ms() + 5 + (round * 37) % 60;
    poll_fd = (struct pollfd){.fd = fds[0], .events = POLLIN};
    while (clock_steady_ms() < end && poll(&poll_fd, 1, 5) >= 0)
        if (poll_fd.revents & POLLIN)
            assert_int_equal(read(fds[0], &acknowledged, sizeof acknowledged), sizeof acknowledged);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    while (read(fds[0], &seq, sizeof seq) == sizeof seq)
        acknowledged = seq;
    close(fds[0]);
    return acknowledged;
}

static void a_killed_process_loses_nothing_that_was_acknowledged(void **state)
{
    enum { ROUNDS = 20 };
    struct rig *rig = *state;
    uint64_t acknowledged = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        acknowledged = kill_a_writer(rig, round);
        assert_non_null(rig_open(rig));
        for (uint32_t session = 1; session <= 4; session++) {
            struct events events = load_events(rig, session, 0);

            assert_true(events.last >= acknowledged);
            assert_int_equal(events.count, events.last); /* no hole */
        }
        assert_true(rig_close(rig));
    }
    assert_int_equal(
        raw_number(rig, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    print_message("%d kills, %llu commits acknowledged\n", ROUNDS, (unsigned long long)acknowledged);
}

/* --- the write-ahead log --- */

static off_t wal_size(struct rig *rig)
{
    char name[128];
    struct stat st;

    snprintf(name, sizeof name, "%s-wal", rig->path);
    return stat(name, &st) == 0 ? st.st_size : -1;
}

static void a_large_log_is_folded_into_the_file_when_idle(void **state)
{
    struct rig *rig = *state;
    int64_t end = clock_steady_ms() + 20000;
    uint32_t key;

    assert_non_null(rig_open(rig));
    key = put_session(rig, "s_a", "ann", 1);
    for (uint64_t seq = 1; seq <= 500; seq++)
        put_filler(rig, key, seq);
    assert_int_equal(commit(rig), ERR_OK);
    assert_true(wal_size(rig) > 1 << 20);
    while (wal_size(rig) > 0 && clock_steady_ms() < end) {
        uv_run(&rig->loop, UV_RUN_NOWAIT);
        usleep(20000);
    }
    assert_int_equal(wal_size(rig), 0);
    assert_int_equal(load_events(rig, key, 0).count, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, undo)
        TEST(it_recovers_when_its_files_may_grow_again),
        TEST(it_recovers_when_a_full_disk_is_freed),
        TEST(closing_while_commits_fail_says_so_and_keeps_what_was_acknowledged),
        TEST(too_much_that_waits_is_said),
        TEST(a_killed_process_loses_nothing_that_was_acknowledged),
        TEST(a_large_log_is_folded_into_the_file_when_idle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
