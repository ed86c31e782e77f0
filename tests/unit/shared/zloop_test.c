/* ZeroMQ on the loop: nothing stalls, nothing spins, closing is safe at any moment. */
#include "shared/clock.h"
#include "shared/zloop.h"
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include <cmocka.h>

enum { MESSAGES = 10000, STALL_MS = 3000, WATCHDOG_MS = 60000, PUSHES = 20, QUIET_TICKS = 20 };

/* libzmq hands memory over by atomics that the thread sanitizer cannot see in a library built without it. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libzmq.so\nrace:libzmq.so\n";
}

/* A ROUTER on a loop that echoes what it gets and, from a timer, sends what nobody asked for. */
struct server {
    uv_loop_t loop;
    void *context, *router;
    struct zloop *z;
    uv_timer_t timer, watchdog;
    uv_check_t check;
    char peer[64];   /* routing id of the client */
    size_t peer_len; /* 0 until the client has written */
    int received, pushed, ticks;
    int turns, before_turn, most_in_a_turn;
    int close_after; /* the message in whose callback z is closed; 0 for none */
    int stop_after;  /* the message after which the loop stops; 0 for none */
    bool timed_out;
};

static void *new_socket(void *context, int type)
{
    void *socket = zmq_socket(context, type);
    int zero = 0, wait = STALL_MS;

    if (socket) {
        zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
        zmq_setsockopt(socket, ZMQ_SNDHWM, &zero, sizeof zero);
        zmq_setsockopt(socket, ZMQ_RCVHWM, &zero, sizeof zero);
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait, sizeof wait);
    }
    return socket;
}

static void on_watchdog(uv_timer_t *timer)
{
    struct server *s = timer->data;

    s->timed_out = true;
    uv_stop(&s->loop);
}

static void on_turn(uv_check_t *check)
{
    struct server *s = check->data;
    int read = s->received - s->before_turn;

    s->turns++;
    s->before_turn = s->received;
    if (read > s->most_in_a_turn)
        s->most_in_a_turn = read;
}

/* Neither the watchdog nor the counter of turns keeps the loop alive. */
static void start_server(struct server *s, const char *endpoint)
{
    memset(s, 0, sizeof *s);
    s->context = zmq_ctx_new();
    s->router = new_socket(s->context, ZMQ_ROUTER);
    assert_non_null(s->router);
    assert_int_equal(zmq_bind(s->router, endpoint), 0);
    assert_int_equal(uv_loop_init(&s->loop), 0);
    uv_timer_init(&s->loop, &s->timer);
    uv_timer_init(&s->loop, &s->watchdog);
    uv_check_init(&s->loop, &s->check);
    s->timer.data = s->watchdog.data = s->check.data = s;
    uv_timer_start(&s->watchdog, on_watchdog, WATCHDOG_MS, 0);
    uv_unref((uv_handle_t *)&s->watchdog);
    uv_check_start(&s->check, on_turn);
    uv_unref((uv_handle_t *)&s->check);
}

/* Fails where a handle of zloop is left over. */
static void stop_server(struct server *s)
{
    zloop_close(&s->z);
    uv_close((uv_handle_t *)&s->timer, NULL);
    uv_close((uv_handle_t *)&s->watchdog, NULL);
    uv_close((uv_handle_t *)&s->check, NULL);
    assert_int_equal(uv_run(&s->loop, UV_RUN_NOWAIT), 0);
    assert_int_equal(uv_loop_close(&s->loop), 0);
    zmq_close(s->router);
    zmq_ctx_term(s->context);
}

static bool echo(void *arg)
{
    struct server *s = arg;
    char body[64];
    int id_len = zmq_recv(s->router, s->peer, sizeof s->peer, ZMQ_DONTWAIT);

    if (id_len < 0)
        return false;
    int len = zmq_recv(s->router, body, sizeof body, ZMQ_DONTWAIT);
    zmq_send(s->router, s->peer, (size_t)id_len, ZMQ_SNDMORE | ZMQ_DONTWAIT);
    zmq_send(s->router, body, (size_t)len, ZMQ_DONTWAIT);
    s->peer_len = (size_t)id_len;
    s->received++;
    if (s->received == s->stop_after)
        uv_stop(&s->loop);
    if (s->received == s->close_after)
        zloop_close(&s->z);
    return true;
}

/* Makes libzmq look into its mailbox, as sending does now and then. */
static void eat_edge(void *socket)
{
    int events;
    size_t size = sizeof events;

    assert_int_equal(zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size), 0);
}

/* Sends when a message has just come in, so that its edge is eaten before the loop can see it. */
static void on_push(uv_timer_t *timer)
{
    struct server *s = timer->data;
    struct pollfd edge = {.events = POLLIN};
    size_t size = sizeof edge.fd;

    assert_int_equal(zmq_getsockopt(s->router, ZMQ_FD, &edge.fd, &size), 0);
    poll(&edge, 1, 2);
    for (int i = 0; s->peer_len && i < PUSHES; i++) {
        zmq_send(s->router, s->peer, s->peer_len, ZMQ_SNDMORE | ZMQ_DONTWAIT);
        zmq_send(s->router, "t", 1, ZMQ_DONTWAIT);
        s->pushed++;
    }
    eat_edge(s->router);
    if (s->received == MESSAGES)
        uv_stop(&s->loop);
}

struct client {
    void *dealer;
    int window; /* requests under way at once */
    int echoed, pushed;
    bool stalled;
};

static void *run_client(void *arg)
{
    struct client *c = arg;
    int64_t progress = clock_steady_ms();
    int sent = 0;

    while (c->echoed < MESSAGES && !c->stalled) {
        char body[64];

        for (; sent < MESSAGES && sent - c->echoed < c->window; sent++)
            zmq_send(c->dealer, "request", 7, 0);
        int len = zmq_recv(c->dealer, body, sizeof body, 0);
        if (len == 7) {
            c->echoed++;
            progress = clock_steady_ms();
        } else if (len == 1) {
            c->pushed++;
        }
        c->stalled = clock_steady_ms() - progress > STALL_MS; /* pushes come on even where answers do not */
    }
    return NULL;
}

static void exchange(const char *endpoint, int window, bool private)
{
    struct server s;
    pthread_t thread;
    start_server(&s, endpoint);
    struct client c = {.dealer = new_socket(s.context, ZMQ_DEALER), .window = window};
    assert_int_equal(zmq_connect(c.dealer, endpoint), 0);
    s.z = zloop_open(&s.loop, s.router, echo, &s);
    assert_non_null(s.z);
    if (private) {
        zloop_private(s.z);
        s.stop_after = MESSAGES;
    } else {
        uv_timer_start(&s.timer, on_push, 5, 5);
    }

    assert_int_equal(pthread_create(&thread, NULL, run_client, &c), 0);
    uv_run(&s.loop, UV_RUN_DEFAULT);
    pthread_join(thread, NULL);

    assert_false(s.timed_out);
    assert_false(c.stalled);
    assert_int_equal(c.echoed, MESSAGES);
    assert_int_equal(s.pushed > 0, !private);
    zmq_close(c.dealer);
    stop_server(&s);
}

static void ten_thousand_messages_pass(bool private)
{
    char dir[] = "/tmp/stoa-zloop-XXXXXX", path[64], ipc[80];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s", dir);
    snprintf(ipc, sizeof ipc, "ipc://%s", path);

    exchange("inproc://server", 1, private);
    exchange("inproc://server", 100, private);
    exchange("inproc://server", MESSAGES, private);
    exchange(ipc, 1, private);
    exchange(ipc, 100, private);
    exchange(ipc, MESSAGES, private);

    unlink(path);
    rmdir(dir);
}

static void ten_thousand_messages_pass_while_a_timer_sends(void **state)
{
    (void)state;
    ten_thousand_messages_pass(false);
}

static void ten_thousand_messages_pass_where_only_the_reader_sends(void **state)
{
    (void)state;
    ten_thousand_messages_pass(true);
}

/* A server with messages already waiting in its socket, from a client of the same thread. */
static void *start_with_backlog(struct server *s, int count)
{
    start_server(s, "inproc://server");
    void *dealer = new_socket(s->context, ZMQ_DEALER);

    assert_int_equal(zmq_connect(dealer, "inproc://server"), 0);
    for (int i = 0; i < count; i++)
        assert_int_equal(zmq_send(dealer, "request", 7, 0), 7);
    return dealer;
}

static void a_backlog_is_read_to_its_end_in_bursts(void **state)
{
    struct server s;
    void *dealer = start_with_backlog(&s, 1000);
    (void)state;
    s.stop_after = 1000;

    s.z = zloop_open(&s.loop, s.router, echo, &s);
    uv_run(&s.loop, UV_RUN_DEFAULT);

    assert_false(s.timed_out);
    assert_int_equal(s.received, 1000);
    assert_in_range(s.most_in_a_turn, 1, ZLOOP_BURST);
    zmq_close(dealer);
    stop_server(&s);
}

static void on_open(uv_prepare_t *prepare)
{
    struct server *s = prepare->data;

    s->z = zloop_open(&s->loop, s->router, echo, s);
    uv_prepare_stop(prepare);
}

/* Opened by another uv_prepare, a zloop has its own first turn only after the loop has blocked once. */
static void a_backlog_whose_edge_is_gone_is_read_too(void **state)
{
    struct server s;
    uv_prepare_t prepare;
    void *dealer = start_with_backlog(&s, 10);
    (void)state;
    s.stop_after = 10;
    uv_prepare_init(&s.loop, &prepare);
    prepare.data = &s;
    uv_prepare_start(&prepare, on_open);

    eat_edge(s.router);
    uv_run(&s.loop, UV_RUN_DEFAULT);

    assert_false(s.timed_out);
    assert_int_equal(s.received, 10);
    uv_close((uv_handle_t *)&prepare, NULL);
    zmq_close(dealer);
    stop_server(&s);
}

/* Two sockets of one loop: the handler of the second makes a message arrive at the server and then, as any
 * send on the server's socket may, eats its edge. */
struct meddler {
    struct server *server;
    void *socket, *peer, *dealer;
    struct zloop *z;
};

static bool meddle(void *arg)
{
    struct meddler *m = arg;
    char body[8];

    if (zmq_recv(m->socket, body, sizeof body, ZMQ_DONTWAIT) < 0)
        return false;
    zmq_send(m->dealer, "request", 7, 0);
    eat_edge(m->server->router);
    return true;
}

static void on_poke(uv_timer_t *timer)
{
    struct server *s = timer->data;

    zmq_send(((struct meddler *)s->loop.data)->peer, "poke", 4, 0);
}

static void a_handler_that_uses_another_socket_does_not_stall_that_one(void **state)
{
    (void)state;
    for (int server_first = 0; server_first < 2; server_first++) {
        struct server s;
        struct meddler m = {.server = &s, .dealer = start_with_backlog(&s, 0)};
        m.socket = new_socket(s.context, ZMQ_PAIR);
        m.peer = new_socket(s.context, ZMQ_PAIR);
        assert_int_equal(zmq_bind(m.socket, "inproc://meddler"), 0);
        assert_int_equal(zmq_connect(m.peer, "inproc://meddler"), 0);
        s.loop.data = &m;
        s.stop_after = 1;

        if (server_first)
            s.z = zloop_open(&s.loop, s.router, echo, &s);
        m.z = zloop_open(&s.loop, m.socket, meddle, &m);
        if (!server_first)
            s.z = zloop_open(&s.loop, s.router, echo, &s);
        uv_timer_start(&s.timer, on_poke, 20, 0); /* when the loop has come to rest */
        uv_run(&s.loop, UV_RUN_DEFAULT);

        assert_false(s.timed_out);
        assert_int_equal(s.received, 1);
        zloop_close(&m.z);
        uv_run(&s.loop, UV_RUN_NOWAIT);
        zmq_close(m.dealer);
        zmq_close(m.socket);
        zmq_close(m.peer);
        stop_server(&s);
    }
}

static void on_quiet_tick(uv_timer_t *timer)
{
    struct server *s = timer->data;

    if (++s->ticks == QUIET_TICKS)
        uv_stop(&s->loop);
}

static void a_loop_with_nothing_to_do_rests(void **state)
{
    struct server s;
    void *dealer = start_with_backlog(&s, 300);
    (void)state;
    s.stop_after = 300;
    s.z = zloop_open(&s.loop, s.router, echo, &s);
    uv_run(&s.loop, UV_RUN_DEFAULT);
    assert_int_equal(s.received, 300);

    s.turns = 0;
    uv_timer_start(&s.timer, on_quiet_tick, 5, 5);
    uv_run(&s.loop, UV_RUN_DEFAULT);

    assert_in_range(s.turns, QUIET_TICKS, 2 * QUIET_TICKS + 5);
    zmq_close(dealer);
    stop_server(&s);
}

static void a_handler_may_close_its_own_zloop(void **state)
{
    struct server s;
    void *dealer = start_with_backlog(&s, 10);
    (void)state;
    s.close_after = 3;

    s.z = zloop_open(&s.loop, s.router, echo, &s);
    int left = uv_run(&s.loop, UV_RUN_DEFAULT); /* ends by itself, for nothing keeps it alive */

    assert_int_equal(left, 0);
    assert_false(s.timed_out);
    assert_int_equal(s.received, 3);
    assert_null(s.z);
    zmq_close(dealer);
    stop_server(&s);
}

static void closing_before_the_first_turn_reads_nothing(void **state)
{
    struct server s;
    void *dealer = start_with_backlog(&s, 10);
    (void)state;

    s.z = zloop_open(&s.loop, s.router, echo, &s);
    zloop_close(&s.z);
    zloop_close(&s.z);
    uv_run(&s.loop, UV_RUN_DEFAULT);

    assert_int_equal(s.received, 0);
    zmq_close(dealer);
    stop_server(&s);
}

static void a_socket_can_be_watched_again_after_closing(void **state)
{
    struct server s;
    void *dealer = start_with_backlog(&s, 10);
    (void)state;
    s.close_after = 3;
    s.z = zloop_open(&s.loop, s.router, echo, &s);
    uv_run(&s.loop, UV_RUN_DEFAULT);

    s.close_after = 10;
    s.z = zloop_open(&s.loop, s.router, echo, &s);
    uv_run(&s.loop, UV_RUN_DEFAULT);

    assert_int_equal(s.received, 10);
    zmq_close(dealer);
    stop_server(&s);
}

static void what_is_no_socket_is_refused(void **state)
{
    struct server s;
    (void)state;
    start_server(&s, "inproc://server");

    assert_null(zloop_open(&s.loop, NULL, echo, &s));

    stop_server(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_messages_pass_while_a_timer_sends),
        cmocka_unit_test(ten_thousand_messages_pass_where_only_the_reader_sends),
        cmocka_unit_test(a_backlog_is_read_to_its_end_in_bursts),
        cmocka_unit_test(a_backlog_whose_edge_is_gone_is_read_too),
        cmocka_unit_test(a_handler_that_uses_another_socket_does_not_stall_that_one),
        cmocka_unit_test(a_loop_with_nothing_to_do_rests),
        cmocka_unit_test(a_handler_may_close_its_own_zloop),
        cmocka_unit_test(closing_before_the_first_turn_reads_nothing),
        cmocka_unit_test(a_socket_can_be_watched_again_after_closing),
        cmocka_unit_test(what_is_no_socket_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
