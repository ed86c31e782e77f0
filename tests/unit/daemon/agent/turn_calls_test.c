/* A turn with calls, as its daemon sees it: rules, questions, order, results, limits, interrupts, and going
 * on where another agent ended. The demo model plays; its servers are fakes. */
#include "daemon/agent/turn.h"
#include "shared/clock.h"
#include "tests/unit/daemon/agent/rig.h"
#include "tests/unit/daemon/agent/servers_fake.h"

#define DEMO                                                                                                 \
    "\"model\":\"demo\",\"provider\":{\"name\":\"demo\",\"api\":\"demo\"},\"demo\":{\"rate\":0},\"tools\":"  \
    "true"
#define DONE      "{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}"
#define ALLOW_ALL "[{\"origin\":\"config\",\"effect\":\"allow\",\"pattern\":\"*\"}]"
#define NONE      "[]"

static const struct servers_tool tools[] = {
    {.name = "files__read", .server = "files", .tool = "read", .description = "Reads.", .read_only = true},
    {.name = "files__write", .server = "files", .tool = "write", .description = "Writes."},
    {.name = "files__delete",
     .server = "files",
     .tool = "delete",
     .description = "Deletes.",
     .destructive = true},
    {.name = "slow__connect",
     .server = "slow",
     .tool = "connect",
     .description = "Connects.",
     .connects = true},
    {.name = "get_session_info",
     .server = "",
     .tool = "get_session_info",
     .description = "Tells.",
     .read_only = true},
    {0}};

struct play {
    struct rig rig;
    struct servers servers;
    struct turn *turn;
    bool hold; /* GO is not given by itself */
    char message[ID_MAX];
    struct buf asked; /* ids of questions in their order, each ended by a blank */
};

static void on_event(void *arg, const struct event *event)
{
    struct play *play = arg;
    const char *message = jsonx_str(event->data, "message", "");

    if (!play->turn)
        return;
    if (event->type == EVENT_QUESTION_ASKED)
        buf_printf(&play->asked, "%s ", jsonx_str(jsonx_obj(event->data, "question"), "id", "?"));
    turn_event(play->turn, event);
    if (event->type == EVENT_TOOL_STARTED && play->turn) {
        strcpy(play->message, message);
        if (!play->hold)
            turn_go(play->turn, message, (int)jsonx_int(event->data, "block", -1));
    }
}

static void prepare(struct play *play, struct state *state, const char *rules)
{
    memset(play, 0, sizeof *play);
    rig_open(&play->rig, state);
    fake_init(&play->servers, tools, rules);
    buf_init(&play->asked, 1 << 16);
    struct turn_options options = {.loop = &play->rig.loop,
                                   .link = play->rig.link,
                                   .http = play->rig.http,
                                   .servers = &play->servers,
                                   .state = &play->rig.state};
    play->turn = turn_new(&options);
    play->rig.event = on_event;
    play->rig.arg = play;
}

static void order(struct play *play, const char *text)
{
    json_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    turn_begin(play->turn, json);
    json_decref(json);
}

static void begin(struct play *play, const char *asked, const char *rules)
{
    prepare(play, session_asked(asked), rules);
    order(play, "{" DEMO "}");
}

/* What is due is done: the loop, and the way to the daemon and back. */
static void spin(struct play *play)
{
    for (int i = 0; i < 20; i++) {
        uv_run(&play->rig.loop, UV_RUN_NOWAIT);
        rig_read(&play->rig);
    }
}

/* Until the order of the facts is this one. */
static void expect(struct play *play, const char *facts)
{
    int64_t end = clock_steady_ms() + 5000;

    while (strcmp(play->rig.order.data, facts) != 0 && clock_steady_ms() < end)
        spin(play);
    assert_string_equal(play->rig.order.data, facts);
}

/* Until what was called is this; then nothing more is. */
static void expect_calls(struct play *play, const char *log)
{
    int64_t end = clock_steady_ms() + 5000;

    while (strcmp(play->servers.log.data, log) != 0 && clock_steady_ms() < end)
        spin(play);
    spin(play);
    assert_string_equal(play->servers.log.data, log);
}

static void finish(struct play *play)
{
    play->rig.event = NULL;
    turn_free(&play->turn);
    fake_clear(&play->servers);
    buf_free(&play->asked);
    rig_close(&play->rig);
}

static const struct message *reply_of(const struct play *play, size_t back)
{
    return play->rig.state->messages[play->rig.state->message_count - 1 - back];
}

static const struct tool_call *call_of(const struct play *play, size_t back, int number)
{
    const struct message *message = reply_of(play, back);

    for (size_t i = 0; i < message->block_count; i++)
        if (message->blocks[i].kind == BLOCK_TOOL_CALL && number-- == 0) {
            assert_non_null(message->blocks[i].call);
            return message->blocks[i].call;
        }
    fail();
    return NULL;
}

#define REPLY "message.added streaming chunk stream.completed "
#define LAST  "thinking message.added streaming chunk stream.completed idle"

static void a_call_that_a_rule_allows(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=I look.\n/demo tool=files__read input={\"path\":\"a\"}", ALLOW_ALL);
    expect_calls(&play, "call files/read {\"path\":\"a\"} 1; ");
    expect(&play, REPLY "tool.started running_tools");
    assert_string_equal(call_of(&play, 0, 0)->why, "the configuration's rule *");
    fake_answer(&play.servers, "read", DONE);
    expect(&play, REPLY "tool.started running_tools tool.ended " LAST);
    assert_int_equal(call_of(&play, 1, 0)->state, CALL_DONE);
    assert_string_equal(call_of(&play, 1, 0)->result, "done");
    assert_string_equal(reply_of(&play, 0)->blocks[0].text.data,
                        "The tool `files__read` answered:\n\n> done\n\n");
    assert_false(turn_running(play.turn));
    finish(&play);
}

int main(void)
{
    const struct CMUnitTest tests_[] = {
        cmocka_unit_test(a_call_that_a_rule_allows),
    };
    return cmocka_run_group_tests(tests_, NULL, NULL);
}
