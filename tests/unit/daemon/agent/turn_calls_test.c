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
    char questions[8][ID_MAX]; /* in the order of asking */
    int question_count;
    const char *steer; /* what a person says when the next step begins */
    int events;        /* that came */
    int stop_after;    /* so many events the turn is interrupted (or dropped); 0: never */
    bool drop;
    bool was_running; /* when it was interrupted */
};

static void interrupt(struct play *play)
{
    play->was_running = turn_running(play->turn);
    if (play->drop)
        turn_free(&play->turn);
    else
        turn_interrupt(play->turn, LINK_INTERRUPT_USER);
}

static void say(struct play *play, const char *text)
{
    json_t *data = json_object();

    json_object_set_new(data, "message",
                        message_user_json("m_01j8zq4k3n0000000000099999", "ann", 1, text, NULL));
    rig_event(&play->rig, EVENT_MESSAGE_ADDED, data);
    json_decref(data);
}

static void on_event(void *arg, const struct event *event)
{
    struct play *play = arg;
    const char *message = jsonx_str(event->data, "message", "");

    if (event->type == EVENT_QUESTION_ASKED)
        strcpy(play->questions[play->question_count++],
               jsonx_str(jsonx_obj(event->data, "question"), "id", "?"));
    if (!play->turn)
        return;
    turn_event(play->turn, event);
    if (++play->events == play->stop_after) {
        interrupt(play);
    } else if (event->type == EVENT_TOOL_STARTED) {
        strcpy(play->message, message);
        if (!play->hold)
            turn_go(play->turn, message, (int)jsonx_int(event->data, "block", -1));
    }
}

/* A person's answer, and what the daemon makes of it. */
static void answer(struct play *play, int number, const char *decision)
{
    const char *id = play->questions[number];
    const struct question *question = state_question(play->rig.state, id);
    json_t *data =
        json_pack("{s:s,s:s,s:s,s:s}", "question", id, "decision", decision, "cause", "person", "by", "ann");
    json_t *end;

    assert_non_null(question);
    end = json_pack("{s:s,s:i,s:s,s:s}", "message", question->message, "block", question->block, "state",
                    "denied", "result", "ann denied it.");
    rig_event(&play->rig, EVENT_QUESTION_ANSWERED, data);
    if (strcmp(decision, "deny") == 0)
        rig_event(&play->rig, EVENT_TOOL_ENDED, end);
    json_decref(data);
    json_decref(end);
}

static void prepare(struct play *play, struct state *state, const char *rules)
{
    memset(play, 0, sizeof *play);
    rig_open(&play->rig, state);
    fake_init(&play->servers, tools, rules);
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

static void expect_state(struct play *play, enum run_state run)
{
    spin(play);
    assert_string_equal(run_state_name(play->rig.state->run), run_state_name(run));
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

static void what_a_rule_denies(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=I try.\n/demo tool=files__read",
          "[{\"origin\":\"config\",\"effect\":\"deny\",\"pattern\":\"files/*\"}]");
    expect(&play, REPLY "tool.ended " LAST);
    assert_int_equal(call_of(&play, 1, 0)->state, CALL_DENIED);
    assert_string_equal(call_of(&play, 1, 0)->result, "Not run: the configuration's rule files/* denies it.");
    assert_string_equal(call_of(&play, 1, 0)->server, "files");
    assert_string_equal(play.servers.log.data, "");
    finish(&play);
}

static void a_person_is_asked_and_allows(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=I write.\n/demo tool=files__write input={\"path\": \"a\"}", NONE);
    expect(&play, REPLY "question.asked awaiting_permission");
    const json_t *question = jsonx_obj(play.rig.last[EVENT_QUESTION_ASKED], "question");
    assert_string_equal(jsonx_str(question, "kind", ""), "permission");
    assert_string_equal(jsonx_str(question, "server", ""), "files");
    assert_string_equal(jsonx_str(question, "tool", ""), "write");
    assert_string_equal(jsonx_str(question, "arguments", ""), "{\"path\":\"a\"}");
    assert_string_equal(jsonx_str(question, "pattern", ""), "files/write");
    assert_string_equal(jsonx_str(question, "text", ""), "demo/demo wants to call write of files");
    assert_false(jsonx_bool(question, "destructive", true));
    assert_null(json_object_get(question, "cut"));
    answer(&play, 0, "allow");
    expect(&play, REPLY "question.asked awaiting_permission tool.started running_tools");
    expect_calls(&play, "call files/write {\"path\":\"a\"} 1; ");
    fake_answer(&play.servers, "write", DONE);
    expect(&play, REPLY "question.asked awaiting_permission tool.started running_tools tool.ended " LAST);
    finish(&play);
}

/* Allowed by ann, with her arguments. */
static void answer_changed(struct play *play, int number, const char *arguments)
{
    json_t *data =
        json_pack("{s:s,s:s,s:s,s:s,s:{s:o}}", "question", play->questions[number], "decision", "allow",
                  "cause", "person", "by", "ann", "content", "arguments", json_loads(arguments, 0, NULL));

    assert_non_null(data);
    rig_event(&play->rig, EVENT_QUESTION_ANSWERED, data);
    json_decref(data);
}

static void a_person_changes_the_arguments(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=I write.\n/demo tool=files__write input={\"path\": \"a\"}", NONE);
    expect(&play, REPLY "question.asked awaiting_permission");
    answer_changed(&play, 0, "{\"path\": \"b\"}");
    expect_calls(&play, "call files/write {\"path\":\"b\"} 1; ");
    fake_answer(&play.servers, "write", DONE);
    expect_state(&play, RUN_IDLE);
    assert_int_equal(call_of(&play, 1, 0)->state, CALL_DONE);
    assert_string_equal(call_of(&play, 1, 0)->arguments, "{\"path\":\"b\"}");
    assert_string_equal(call_of(&play, 1, 0)->result,
                        "[ann changed the arguments of this call to {\"path\":\"b\"}]\n\ndone");
    assert_string_equal(reply_of(&play, 1)->blocks[1].text.data, "{\"path\": \"a\"}");
    finish(&play);
}

static void changed_arguments_do_not_pass_a_rule_that_denies(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=I write.\n/demo tool=files__write input={\"path\": \"a\"}",
          "[{\"origin\":\"config\",\"effect\":\"deny\",\"pattern\":\"files/write(path=/etc/*)\"}]");
    expect(&play, REPLY "question.asked awaiting_permission");
    answer_changed(&play, 0, "{\"path\": \"/etc/x\"}");
    expect_state(&play, RUN_IDLE);
    assert_int_equal(call_of(&play, 1, 0)->state, CALL_DENIED);
    assert_string_equal(call_of(&play, 1, 0)->result,
                        "[ann changed the arguments of this call to {\"path\":\"/etc/x\"}]\n\n"
                        "Not run: the configuration's rule files/write(path=/etc/*) denies it.");
    assert_string_equal(play.servers.log.data, "");
    finish(&play);
}

static void giant_arguments_leave_room_for_the_result(void **state)
{
    struct play play;
    char *large = calloc(1, 50100), arguments[50200];

    (void)state;
    memset(large, 'x', 50000);
    snprintf(arguments, sizeof arguments, "{\"path\": \"%s\"}", large);
    prepare(&play, session_asked("/demo echo=I write.\n/demo tool=files__write"), NONE);
    order(&play, "{" DEMO ",\"result_max\":4096}");
    expect(&play, REPLY "question.asked awaiting_permission");
    answer_changed(&play, 0, arguments);
    spin(&play);
    fake_answer(&play.servers, "write", DONE);
    expect_state(&play, RUN_IDLE);
    const char *result = call_of(&play, 1, 0)->result;
    assert_in_range(strlen(result), 1024, 1200);
    assert_non_null(strstr(result, "xx (and more)]\n\ndone"));
    finish(&play);
    free(large);
}

static void a_person_is_asked_and_denies(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=I write.\n/demo tool=files__write", NONE);
    expect(&play, REPLY "question.asked awaiting_permission");
    answer(&play, 0, "deny");
    expect(&play, REPLY "question.asked awaiting_permission " LAST);
    assert_string_equal(call_of(&play, 1, 0)->by, "ann");
    assert_string_equal(reply_of(&play, 0)->blocks[0].text.data,
                        "The tool `files__write` failed:\n\n> ann denied it.\n\n");
    assert_string_equal(play.servers.log.data, "");
    finish(&play);
}

static void calls_run_side_by_side_and_questions_hold_up_nothing(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tools=files__write,files__read,get_session_info,slow__connect",
          "[{\"origin\":\"user\",\"effect\":\"allow\",\"pattern\":\"files/read\"}]");
    expect_calls(&play,
                 "call files/read {\"from\":\"demo\"} 2; call /get_session_info {\"from\":\"demo\"} 3; "
                 "call slow/connect {\"from\":\"demo\"} 4; ");
    expect_state(&play, RUN_AWAITING_PERMISSION);
    fake_answer(&play.servers, "connect", DONE);
    fake_answer(&play.servers, "get_session_info", DONE);
    fake_answer(&play.servers, "read", DONE);
    expect_state(&play, RUN_AWAITING_PERMISSION);
    answer(&play, 0, "allow");
    expect_state(&play, RUN_RUNNING_TOOLS);
    fake_answer(&play.servers, "write", DONE);
    expect_state(&play, RUN_IDLE);
    for (int i = 0; i < 4; i++)
        assert_int_equal(call_of(&play, 1, i)->state, CALL_DONE);
    finish(&play);
}

static void a_destructive_call_runs_alone(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tools=files__read,files__delete,files__write", ALLOW_ALL);
    expect_calls(&play, "call files/read {\"from\":\"demo\"} 1; ");
    fake_answer(&play.servers, "read", DONE);
    expect_calls(&play, "call files/read {\"from\":\"demo\"} 1; call files/delete {\"from\":\"demo\"} 2; ");
    fake_answer(&play.servers, "delete", DONE);
    expect_calls(&play, "call files/read {\"from\":\"demo\"} 1; call files/delete {\"from\":\"demo\"} 2; "
                        "call files/write {\"from\":\"demo\"} 3; ");
    fake_answer(&play.servers, "write", DONE);
    expect_state(&play, RUN_IDLE);
    finish(&play);
}

static void an_allowed_destructive_call_waits_for_those_before_it(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tools=files__write,files__delete", NONE);
    expect(&play, REPLY "question.asked question.asked awaiting_permission");
    answer(&play, 1, "allow");
    expect_calls(&play, "");
    expect_state(&play, RUN_AWAITING_PERMISSION);
    answer(&play, 0, "deny");
    expect_calls(&play, "call files/delete {\"from\":\"demo\"} 2; ");
    fake_answer(&play.servers, "delete", DONE);
    expect_state(&play, RUN_IDLE);
    finish(&play);
}

static void what_was_allowed_is_not_run_by_a_server_that_is_another_one_now(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tools=files__write,files__delete", NONE);
    expect(&play, REPLY "question.asked question.asked awaiting_permission");
    answer(&play, 1, "allow"); /* it waits for the first */
    play.servers.definition++;
    answer(&play, 0, "deny");
    expect_calls(&play, "");
    assert_int_equal(call_of(&play, 1, 1)->state, CALL_CANCELLED);
    expect_state(&play, RUN_IDLE);
    finish(&play);
}

static void calls_that_cannot_run(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tool=files__reed", ALLOW_ALL);
    expect(&play, REPLY "tool.ended " LAST);
    assert_int_equal(call_of(&play, 1, 0)->state, CALL_FAILED);
    assert_string_equal(
        call_of(&play, 1, 0)->result,
        "There is no tool 'files__reed'. There are: files__read, files__write, files__delete, "
        "slow__connect, get_session_info");
    finish(&play);

    begin(&play, "/demo echo=x\n/demo tool=files__read input=[1]", ALLOW_ALL);
    expect(&play, REPLY "tool.ended " LAST);
    assert_string_equal(call_of(&play, 1, 0)->result,
                        "Not run: the input is no JSON object. It must be one JSON object.");
    finish(&play);

    begin(&play, "/demo echo=x\n/demo tool=files__read input={\"a\":", ALLOW_ALL);
    expect(&play, REPLY "tool.ended " LAST);
    assert_non_null(strstr(call_of(&play, 1, 0)->result, "Not run: the input is not JSON: line 1"));
    finish(&play);

    begin(&play, "/demo echo=x\n/demo tool=files__read input=", ALLOW_ALL);
    expect_calls(&play, "call files/read {} 1; ");
    fake_fail(&play.servers, "read", ERR_UNAVAILABLE, "the server files is gone", true);
    expect_state(&play, RUN_IDLE);
    assert_int_equal(call_of(&play, 1, 0)->state, CALL_FAILED);
    assert_string_equal(call_of(&play, 1, 0)->result,
                        "The call failed: the server files is gone (it may have had its effect)");
    finish(&play);
}

/* Nobody is asked about what can't be run anyway. */
static void calls_of_a_server_that_cannot_be_used(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tool=files__write", NONE);
    play.servers.unusable = "files";
    expect(&play, REPLY "tool.ended " LAST);
    assert_int_equal(call_of(&play, 1, 0)->state, CALL_FAILED);
    assert_string_equal(call_of(&play, 1, 0)->result, "Not run: MCP server 'files' can't be used here.");
    assert_string_equal(play.servers.log.data, "");
    finish(&play);
}

static void without_servers_there_are_no_tools(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, session_asked("/demo echo=x\n/demo tool=look"), NONE);
    struct turn_options options = {
        .loop = &play.rig.loop, .link = play.rig.link, .http = play.rig.http, .state = &play.rig.state};
    turn_free(&play.turn);
    play.turn = turn_new(&options);
    order(&play, "{" DEMO "}");
    expect(&play, REPLY "tool.ended " LAST);
    assert_string_equal(call_of(&play, 1, 0)->result, "There is no tool 'look': this session has no tools.");
    finish(&play);
}

static void progress_is_passed_on_but_not_all_of_it(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tool=files__read", ALLOW_ALL);
    expect_calls(&play, "call files/read {\"from\":\"demo\"} 1; ");
    const struct servers_call_handler *handler = &play.servers.calls->handler;
    handler->progress(handler->arg, -1, 0, NULL);
    handler->progress(handler->arg, 1, 4, "a quarter");
    handler->progress(handler->arg, 2, 4, "dropped: too soon");
    spin(&play);
    assert_true(call_of(&play, 0, 0)->progress == 1 && call_of(&play, 0, 0)->total == 4);
    assert_string_equal(call_of(&play, 0, 0)->text, "a quarter");
    fake_answer(&play.servers, "read", DONE);
    expect_state(&play, RUN_IDLE);
    finish(&play);
}

static void nothing_runs_before_go(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tool=files__read", ALLOW_ALL);
    play.hold = true;
    expect(&play, REPLY "tool.started running_tools");
    expect_calls(&play, "");
    turn_go(play.turn, play.message, 0);  /* no call */
    turn_go(play.turn, play.message, 77); /* no block */
    turn_go(play.turn, "m_01j8zq4k3n0000000000077777", 1);
    expect_calls(&play, "");
    turn_go(play.turn, play.message, 1);
    turn_go(play.turn, play.message, 1); /* once */
    expect_calls(&play, "call files/read {\"from\":\"demo\"} 1; ");
    fake_answer(&play.servers, "read", DONE);
    expect_state(&play, RUN_IDLE);
    finish(&play);
}

static void what_steers_is_in_the_next_step(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tool=files__read", ALLOW_ALL);
    expect_calls(&play, "call files/read {\"from\":\"demo\"} 1; ");
    fake_answer(&play.servers, "read", DONE);
    while (!strstr(play.rig.order.data, "tool.ended")) {
        uv_run(&play.rig.loop, UV_RUN_NOWAIT);
        play.rig.event = NULL; /* the fact of thinking is not made yet */
        rig_read(&play.rig);
    }
    play.rig.event = on_event;
    say(&play, "faster");
    expect_state(&play, RUN_IDLE);
    assert_string_equal(reply_of(&play, 0)->blocks[0].text.data,
                        "The tool `files__read` answered:\n\n> done\n\nYou also wrote:\n\n> faster\n\n");
    finish(&play);
}

/* --- sizes --- */

static char *long_result(size_t len)
{
    char *text = malloc(len + 64), *end = stpcpy(text, "{\"content\":[{\"type\":\"text\",\"text\":\"");

    memset(end, 'y', len);
    strcpy(end + len, "\"}]}");
    return text;
}

static void results_share_what_one_message_holds(void **state)
{
    struct play play;
    char folder[] = "/tmp/stoa-turn-XXXXXX", command[64];
    char *result = long_result(1 << 20);

    (void)state;
    assert_non_null(mkdtemp(folder));
    prepare(
        &play,
        session_asked("/demo chunks=20 bytes=50000\n/demo tools=files__read,files__write,get_session_info"),
        ALLOW_ALL);
    play.servers.folder = folder;
    order(&play, "{" DEMO ",\"result_max\":1000000}");
    while (!play.servers.calls || !play.servers.calls->next || !play.servers.calls->next->next)
        spin(&play);
    fake_answer(&play.servers, "read", result);
    fake_answer(&play.servers, "write", result);
    fake_answer(&play.servers, "get_session_info", result);
    expect_state(&play, RUN_IDLE);
    const struct message *message = reply_of(&play, 1);
    assert_true(message->bytes <= STATE_MESSAGE_BYTES);
    size_t first = strlen(call_of(&play, 1, 0)->result), second = strlen(call_of(&play, 1, 1)->result);
    assert_in_range(first, 90000, 110000); /* a third, then a half of the rest, then the rest */
    assert_in_range(second, 90000, 110000);
    assert_in_range(strlen(call_of(&play, 1, 2)->result), 90000, 110000);
    assert_non_null(strstr(call_of(&play, 1, 0)->result, " of 1048576 bytes; the whole is in results/m_"));
    finish(&play);
    free(result);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void questions_that_do_not_fit_wait(void **state)
{
    struct play play;
    size_t len = 300000;
    char *asked = malloc(len + 200),
         *end = stpcpy(asked, "/demo echo=x\n/demo tools=files__write,files__write,"
                              "files__write,files__write,files__write,files__write,"
                              "files__write,files__write,files__write input={\"a\":\"");

    (void)state;
    len = 32768;
    memset(end, 'x', len);
    strcpy(end + len, "\"}");
    begin(&play, asked, NONE);
    while (play.rig.state->question_count == 0)
        spin(&play);
    spin(&play);
    assert_int_equal(play.rig.state->question_count, 7); /* of 33 KiB each: 256 KiB */
    assert_true(jsonx_bool(jsonx_obj(play.rig.last[EVENT_QUESTION_ASKED], "question"), "cut", false));
    answer(&play, 0, "deny");
    answer(&play, 1, "deny");
    spin(&play);
    assert_int_equal(play.rig.state->question_count, 7);
    turn_interrupt(play.turn, LINK_INTERRUPT_USER);
    expect_state(&play, RUN_IDLE);
    assert_int_equal(play.rig.state->question_count, 0);
    finish(&play);
    free(asked);
}

static void calls_of_a_reply_that_was_cut_are_not_run(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, session_asked("/demo chunks=1 bytes=80\n/demo tools=files__read,files__read"), ALLOW_ALL);
    order(&play, "{" DEMO ",\"reply_max\":100}");
    expect(&play, REPLY "tool.ended tool.ended idle");
    assert_string_equal(reply_of(&play, 0)->stop_reason, "size_limit");
    assert_int_equal(call_of(&play, 0, 0)->state, CALL_CANCELLED);
    assert_string_equal(call_of(&play, 0, 1)->result, "The reply was cut at its size limit. It was not run.");
    assert_null(state_open_calls(play.rig.state));
    finish(&play);
}

/* --- limits --- */

static void a_limit_of_steps(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, session_asked("/demo echo=x\n/demo tool=files__read times=9"), ALLOW_ALL);
    order(&play, "{" DEMO ",\"max_steps\":2}");
    expect_calls(&play, "call files/read {\"from\":\"demo\"} 1; ");
    fake_answer(&play.servers, "read", DONE);
    expect(&play,
           REPLY "tool.started running_tools tool.ended thinking " REPLY "tool.ended error.occurred idle");
    assert_int_equal(call_of(&play, 0, 0)->state, CALL_CANCELLED);
    assert_string_equal(call_of(&play, 0, 0)->result, "The turn reached its limit. It was not run.");
    assert_string_equal(play.rig.state->error_kind, "limit");
    assert_string_equal(play.rig.state->error_text,
                        "The turn reached its limit of 2 steps (turn.max_steps); send a message to go on.");
    finish(&play);
}

static void a_limit_of_tokens(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, session_asked("/demo echo=x\n/demo tool=files__read"), ALLOW_ALL);
    order(&play, "{" DEMO ",\"max_tokens_turn\":9}");
    expect(&play, REPLY "tool.ended error.occurred idle");
    assert_non_null(strstr(play.rig.state->error_text, "limit of 9 tokens (turn.max_tokens)"));
    finish(&play);
}

static void a_limit_of_time(void **state)
{
    struct play play;

    (void)state;
    prepare(&play, session_asked("/demo echo=x\n/demo tool=files__read"), ALLOW_ALL);
    order(&play, "{" DEMO ",\"max_ms\":100}");
    expect(&play, REPLY "tool.started running_tools tool.ended error.occurred idle");
    assert_string_equal(play.servers.log.data, "call files/read {\"from\":\"demo\"} 1; cancel read; ");
    assert_string_equal(call_of(&play, 0, 0)->result,
                        "The turn reached its limit. It was under way, and may have had its effect.");
    assert_non_null(strstr(play.rig.state->error_text, "(turn.timeout)"));
    finish(&play);

    prepare(&play, session_asked("/demo chunks=1000000"), ALLOW_ALL);
    order(&play, "{" DEMO ",\"max_ms\":50}");
    expect(&play, REPLY "error.occurred idle");
    assert_int_equal(reply_of(&play, 0)->status, MESSAGE_INTERRUPTED);
    finish(&play);

    prepare(&play, session_asked("/demo echo=x\n/demo tool=files__read"), NONE); /* people take their time */
    order(&play, "{" DEMO ",\"max_ms\":100}");
    expect(&play, REPLY "question.asked awaiting_permission");
    int64_t end = clock_steady_ms() + 200;
    while (clock_steady_ms() < end)
        uv_run(&play.rig.loop, UV_RUN_NOWAIT);
    expect_state(&play, RUN_AWAITING_PERMISSION);
    answer(&play, 0, "deny");
    expect(&play, REPLY "question.asked awaiting_permission " LAST);
    finish(&play);
}

/* --- interrupts, and going on: at each event of a turn with everything in it --- */

#define BUSY                                                                                                 \
    "/demo reasoning=1 echo=x\n/demo tools=files__read,files__write,files__delete,nothing,get_session_info"
#define BUSY_RULES "[{\"origin\":\"config\",\"effect\":\"allow\",\"pattern\":\"files/read\"}]"

/* People allow what they are asked, servers answer: until the turn has ended, or nothing happens any more. */
static void live(struct play *play)
{
    for (int idle = 0; idle < 3; idle++) {
        int events = play->events;
        for (int i = 0; i < play->question_count; i++)
            if (play->turn && state_question(play->rig.state, play->questions[i]))
                answer(play, i, i % 3 == 2 ? "deny" : "allow");
        while (play->turn && play->servers.calls)
            fake_answer(&play->servers, play->servers.calls->tool, DONE);
        spin(play);
        if (play->events != events)
            idle = 0;
    }
}

static void expect_whole(const struct play *play)
{
    const struct state *state = play->rig.state;

    assert_int_equal(state->run, RUN_IDLE);
    assert_null(state_open_calls(state));
    assert_int_equal(state->question_count, 0);
    assert_null(play->servers.calls);
    assert_false(turn_running(play->turn));
    for (size_t i = 0; i < state->message_count; i++)
        for (size_t k = 0; k < state->messages[i]->block_count; k++) {
            const struct block *block = &state->messages[i]->blocks[k];
            if (block->kind == BLOCK_TOOL_CALL && state->messages[i]->status == MESSAGE_COMPLETE)
                assert_true(block->call && call_ended(block->call->state) && block->call->result);
        }
}

static int events_of_a_whole_turn(void)
{
    struct play play;

    begin(&play, BUSY, BUSY_RULES);
    live(&play);
    expect_whole(&play);
    assert_int_equal(call_of(&play, 1, 0)->state, CALL_DONE);
    assert_int_equal(call_of(&play, 1, 1)->state, CALL_DONE);
    assert_int_equal(call_of(&play, 1, 2)->state, CALL_DONE);
    assert_int_equal(call_of(&play, 1, 3)->state, CALL_FAILED);
    assert_int_equal(call_of(&play, 1, 4)->state, CALL_DONE);
    int events = play.events;
    finish(&play);
    return events;
}

static void interrupted_at_each_event(void **state)
{
    int events = events_of_a_whole_turn();

    (void)state;
    assert_true(events > 20);
    for (int at = 1; at <= events; at++) {
        struct play play;
        begin(&play, BUSY, BUSY_RULES);
        play.stop_after = at;
        live(&play);
        expect_whole(&play);
        assert_true(play.was_running || at >= events - 1);
        if (play.was_running)
            assert_string_equal(jsonx_str(play.rig.last[EVENT_STATE_CHANGED], "reason", ""), "interrupted");
        finish(&play);
    }
}

/* What the daemon does when an agent is gone in a turn. */
static void recover(struct play *play)
{
    struct state *state = play->rig.state;
    struct message *message = state_streaming(state);
    bool waits = false;

    if (message) {
        json_t *data = json_pack("{s:s,s:s,s:o}", "message", message->id, "status", "interrupted", "content",
                                 message_content(message));
        rig_event(&play->rig, EVENT_STREAM_COMPLETED, data);
        json_decref(data);
    }
    if ((message = state_open_calls(state)))
        for (int i = 0; i < (int)message->block_count; i++) {
            enum call_state call = state_call(state, message->id, i);
            waits |= call == CALL_ASKED || call == CALL_ALLOWED;
        }
    for (int i = 0; message && i < (int)message->block_count; i++) {
        enum call_state call = state_call(state, message->id, i);
        if (call != CALL_RUNNING && !(call == CALL_NONE && !waits))
            continue;
        json_t *data =
            json_pack("{s:s,s:i,s:s,s:s}", "message", message->id, "block", i, "state",
                      call == CALL_RUNNING ? "unknown" : "cancelled", "result", "The agent ended.");
        rig_event(&play->rig, EVENT_TOOL_ENDED, data);
        json_decref(data);
    }
    enum run_state to = waits ? RUN_AWAITING_PERMISSION : RUN_IDLE;
    if (state->run != to) {
        json_t *data = json_pack("{s:s}", "new", run_state_name(to));
        rig_event(&play->rig, EVENT_STATE_CHANGED, data);
        json_decref(data);
    }
}

static int count(const char *text, const char *what)
{
    int found = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        found++;
    return found;
}

static void another_agent_goes_on_at_each_event(void **state)
{
    int events = events_of_a_whole_turn(), resumed = 0;

    (void)state;
    for (int at = 1; at <= events; at++) {
        struct play play;
        begin(&play, BUSY, BUSY_RULES);
        play.stop_after = at;
        play.drop = true;
        live(&play);
        assert_null(play.turn);
        rig_read(&play.rig);
        recover(&play);
        struct turn_options options = {.loop = &play.rig.loop,
                                       .link = play.rig.link,
                                       .http = play.rig.http,
                                       .servers = &play.servers,
                                       .state = &play.rig.state};
        play.turn = turn_new(&options);
        if (play.rig.state->run == RUN_AWAITING_PERMISSION) {
            order(&play, "{" DEMO ",\"resume\":true}");
            live(&play);
            resumed++;
        }
        expect_whole(&play);
        assert_in_range(count(play.servers.log.data, "call files/read"), 0, 1);
        assert_in_range(count(play.servers.log.data, "call files/write"), 0, 1);
        assert_in_range(count(play.servers.log.data, "call files/delete"), 0, 1);
        finish(&play);
    }
    assert_true(resumed > 5);
}

static void resumed_calls_that_nobody_asks_about(void **state)
{
    struct play play;
    static const char *const orphan[] = {"asked", "running"};
    static const enum call_state expected[] = {CALL_DENIED, CALL_UNKNOWN};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct session_message messages[] = {{"user", "complete", "x"}, {NULL, NULL, NULL}};
        struct state *session = session_make(messages, "awaiting_permission");
        json_t *reply =
            json_pack("{s:s,s:s,s:s,s:i,s:s,s:[{s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s}}]}", "id",
                      "m_01j8zq4k3n0000000000055555", "role", "assistant", "author", "demo/demo", "ts", 1,
                      "status", "complete", "content", "type", "tool_call", "id", "c", "name", "files__read",
                      "input", "{}", "call", "state", orphan[i], "server", "files", "tool", "read");
        json_t *data = json_pack("{s:o}", "message", reply);
        prepare(&play, session, ALLOW_ALL);
        rig_event(&play.rig, EVENT_MESSAGE_ADDED, data);
        json_decref(data);
        order(&play, "{" DEMO ",\"resume\":true}");
        expect(&play, "tool.ended " LAST);
        assert_int_equal(call_of(&play, 1, 0)->state, expected[i]);
        assert_string_equal(play.servers.log.data, "");
        finish(&play);
    }
}

/* The end of the message is on its way when the interrupt comes: its calls are not known to the state yet. */
static void interrupted_before_the_calls_are_known(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tools=files__read,files__write", ALLOW_ALL);
    for (int i = 0; i < 50; i++)
        uv_run(&play.rig.loop, UV_RUN_NOWAIT); /* the daemon reads nothing */
    turn_interrupt(play.turn, LINK_INTERRUPT_USER);
    turn_interrupt(play.turn, LINK_INTERRUPT_USER);
    assert_true(turn_running(play.turn));
    expect(&play, REPLY "tool.ended tool.ended idle");
    expect_whole(&play);
    assert_string_equal(call_of(&play, 0, 1)->result, "The user interrupted the turn. It was not run.");
    finish(&play);
}

/* The model reads later whose doing it was, and so does a person, of the reply. */
static void an_interrupt_says_why(void **state)
{
    static const struct {
        enum link_interrupt why;
        const char *of_call, *of_reply;
    } rows[] = {{LINK_INTERRUPT_USER, "The user interrupted the turn. It was not run.", NULL},
                {LINK_INTERRUPT_STOP,
                 "The turn was ended because the program it runs in was stopped. It was not run.",
                 "stoad was stopped"},
                {LINK_INTERRUPT_STORE,
                 "The turn was ended because what it does could not be stored. It was not run.",
                 "stoad could not keep what this turn does"},
                {LINK_INTERRUPT_BUDGET,
                 "The turn was ended because the budget of the session's owner is used up. It was not run.",
                 "the owner's budget is used up"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct play play;

        begin(&play, "/demo tools=files__write", NONE);
        expect(&play, REPLY "question.asked awaiting_permission");
        turn_interrupt(play.turn, rows[i].why);
        expect_state(&play, RUN_IDLE);
        assert_string_equal(call_of(&play, 0, 0)->result, rows[i].of_call);
        finish(&play);

        begin(&play, "/demo chunks=1000 rate=100", NONE);
        expect_state(&play, RUN_STREAMING);
        turn_interrupt(play.turn, rows[i].why);
        expect_state(&play, RUN_IDLE);
        assert_int_equal(reply_of(&play, 0)->status, MESSAGE_INTERRUPTED);
        if (rows[i].of_reply)
            assert_string_equal(reply_of(&play, 0)->error, rows[i].of_reply);
        else
            assert_null(reply_of(&play, 0)->error);
        finish(&play);
    }
}

static void a_late_answer_after_the_interrupt(void **state)
{
    struct play play;

    (void)state;
    begin(&play, "/demo echo=x\n/demo tools=files__write,files__delete", NONE);
    expect(&play, REPLY "question.asked question.asked awaiting_permission");
    int64_t start = clock_steady_ms();
    turn_interrupt(play.turn, LINK_INTERRUPT_USER);
    assert_false(turn_running(play.turn));
    expect(&play, REPLY "question.asked question.asked awaiting_permission question.answered tool.ended "
                        "question.answered tool.ended idle");
    assert_true(clock_steady_ms() - start < 100);
    assert_string_equal(jsonx_str(play.rig.last[EVENT_QUESTION_ANSWERED], "decision", ""), "cancel");
    assert_string_equal(jsonx_str(play.rig.last[EVENT_QUESTION_ANSWERED], "cause", ""), "interrupted");
    turn_go(play.turn, play.message, 1);
    expect_whole(&play);
    finish(&play);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_a_rule_allows),
        cmocka_unit_test(what_a_rule_denies),
        cmocka_unit_test(a_person_is_asked_and_allows),
        cmocka_unit_test(a_person_changes_the_arguments),
        cmocka_unit_test(changed_arguments_do_not_pass_a_rule_that_denies),
        cmocka_unit_test(giant_arguments_leave_room_for_the_result),
        cmocka_unit_test(a_person_is_asked_and_denies),
        cmocka_unit_test(calls_run_side_by_side_and_questions_hold_up_nothing),
        cmocka_unit_test(a_destructive_call_runs_alone),
        cmocka_unit_test(an_allowed_destructive_call_waits_for_those_before_it),
        cmocka_unit_test(what_was_allowed_is_not_run_by_a_server_that_is_another_one_now),
        cmocka_unit_test(calls_that_cannot_run),
        cmocka_unit_test(calls_of_a_server_that_cannot_be_used),
        cmocka_unit_test(without_servers_there_are_no_tools),
        cmocka_unit_test(progress_is_passed_on_but_not_all_of_it),
        cmocka_unit_test(nothing_runs_before_go),
        cmocka_unit_test(what_steers_is_in_the_next_step),
        cmocka_unit_test(results_share_what_one_message_holds),
        cmocka_unit_test(questions_that_do_not_fit_wait),
        cmocka_unit_test(calls_of_a_reply_that_was_cut_are_not_run),
        cmocka_unit_test(a_limit_of_steps),
        cmocka_unit_test(a_limit_of_tokens),
        cmocka_unit_test(a_limit_of_time),
        cmocka_unit_test(interrupted_at_each_event),
        cmocka_unit_test(another_agent_goes_on_at_each_event),
        cmocka_unit_test(resumed_calls_that_nobody_asks_about),
        cmocka_unit_test(interrupted_before_the_calls_are_known),
        cmocka_unit_test(an_interrupt_says_why),
        cmocka_unit_test(a_late_answer_after_the_interrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
