/* The table of what terminals lend: who may speak for what, which run goes on, and how each end is told. The
 * rest of the daemon is this test: what clients, agents and sessions get is kept as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/config/config_server.h"
#include "daemon/lends.h"
#include "daemon/people/audit.h"
#include "daemon/registry.h"
#include "daemon/server.h"
#include "daemon/supervisor/supervisor.h"
#include "shared/buf.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 3, HEARD_MAX = 16384 };

struct frame { /* of a notice */
    struct buf text;
};

static struct {
    struct server server;
    struct session first, second;
    struct client clients[CLIENTS];
    bool may_write[CLIENTS];
    char client[CLIENTS][HEARD_MAX], agent[HEARD_MAX], events[HEARD_MAX];
    size_t agent_waits;
    int audits, defined, configured;
    struct client *drops; /* is dropped by the next notice to it */
} rig;

static void note(char *heard, const char *text)
{
    size_t len = strlen(heard);

    snprintf(heard + len, HEARD_MAX - len, "%s\n", text);
}

/* --- in the place of the rest --- */

struct frame *frame_new(struct buf *text)
{
    struct frame *frame = xcalloc(1, sizeof *frame);

    frame->text = *text;
    return frame;
}

void frame_free(struct frame **frame)
{
    buf_free(&(*frame)->text);
    free(*frame);
    *frame = NULL;
}

void clients_reply(struct clients *clients, const struct route *route, struct frame *frame)
{
    (void)clients;
    for (int i = 0; i < CLIENTS; i++) {
        if (rig.clients[i].route.id[0] != route->id[0])
            continue;
        note(rig.client[i], frame->text.data);
        if (rig.drops == &rig.clients[i]) {
            rig.drops = NULL;
            lends_end(rig.server.lends, &rig.clients[i], NULL, "gone");
        }
    }
}

bool supervisor_lent(struct session *session, json_t *json)
{
    size_t len;
    char *text = jsonx_dump(json, &len);

    (void)session;
    note(rig.agent, text);
    free(text);
    return true;
}

size_t supervisor_lent_waiting(const struct session *session)
{
    (void)session;
    return rig.agent_waits;
}

void supervisor_define(struct session *session)
{
    (void)session;
    rig.defined++;
}

bool session_emit(struct session *session, enum event_type type, json_t *data)
{
    size_t len;
    char *text = jsonx_dump(data, &len), line[512];

    snprintf(line, sizeof line, "%s %s %s", session->state->id, event_row(type)->name, text);
    note(rig.events, line);
    free(text);
    json_decref(data);
    return true;
}

void registry_release(struct registry *registry, struct session *session)
{
    (void)registry;
    (void)session;
}

void audit_record(struct server *server, const struct principal *who, const char *action, const char *object,
                  const char *format, ...)
{
    (void)server;
    (void)who;
    (void)object;
    (void)format;
    rig.audits += strcmp(action, "refused") == 0;
}

bool auth_may(const struct principal *principal, const struct state *session, enum role least)
{
    (void)session;
    (void)least;
    for (int i = 0; i < CLIENTS; i++)
        if (principal == &rig.clients[i].principal)
            return rig.may_write[i];
    return false;
}

const struct config_server *config_server_find(const struct config *config, const char *name)
{
    (void)config;
    return strcmp(name, "files") == 0 ? (const struct config_server *)&rig : NULL;
}

size_t config_server_count(const struct config *config)
{
    (void)config;
    return (size_t)rig.configured;
}

int64_t config_number(const struct config *config, enum option option)
{
    (void)config;
    return option == OPTION_MCP_START_TIMEOUT ? 1000 : 2000;
}

/* --- the rig --- */

static int set_up(void **unused)
{
    static const char *const users[CLIENTS] = {"ann", "ann", "bo"};

    (void)unused;
    memset(&rig, 0, sizeof rig);
    rig.server.lends = lends_open(&rig.server);
    rig.configured = 1;
    rig.first.server = rig.second.server = &rig.server;
    rig.first.key = 1;
    rig.second.key = 2;
    rig.first.state = state_new("s_1", "e_1");
    rig.second.state = state_new("s_2", "e_1");
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(rig.clients[i].id, ID_MAX, "c_%d", i);
        snprintf(rig.clients[i].principal.user, 64, "%s", users[i]);
        snprintf(rig.clients[i].terminal, 65, "pts/%d", i);
        rig.clients[i].route.len = 1;
        rig.clients[i].route.id[0] = (unsigned char)(i + 1);
        rig.may_write[i] = true;
    }
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    lends_end(rig.server.lends, NULL, NULL, "gone");
    assert_int_equal(rig.first.holds + rig.second.holds, 0);
    lends_close(&rig.server.lends);
    state_free(&rig.first.state);
    state_free(&rig.second.state);
    return 0;
}

static enum err offer(int client, struct session *session, const char *name)
{
    char run[ID_MAX], error[256] = "";
    enum err code = lends_offer(rig.server.lends, &rig.clients[client], session, name, "cmd", run, error);

    assert_int_equal(code == ERR_OK, error[0] == '\0');
    return code;
}

static bool agent_says(struct session *session, const char *text)
{
    json_t *json = jsonx_parse(text, strlen(text), NULL);
    bool good = lends_agent(rig.server.lends, session, json);

    json_decref(json);
    return good;
}

/* The run that the client was told last. */
static void run_of(int client, char run[ID_MAX])
{
    const char *at = NULL, *next = rig.client[client];

    while ((next = strstr(next, "\"run\":\"")))
        at = next += strlen("\"run\":\"");
    assert_non_null(at);
    snprintf(run, ID_MAX, "%.*s", (int)strcspn(at, "\""), at);
}

static enum err say(int client, struct session *session, const char *run, const char *messages,
                    const char *end)
{
    char error[256];
    json_t *json = messages ? jsonx_parse(messages, strlen(messages), NULL) : NULL;
    enum err code =
        lends_message(rig.server.lends, &rig.clients[client], session, "notes", run, json, end, true, error);

    json_decref(json);
    return code;
}

#define START "{\"server\":\"notes\",\"run\":1,\"start\":true}"

/* --- tests --- */

static void an_offer_is_told_and_held(void **unused)
{
    (void)unused;
    assert_int_equal(offer(0, &rig.first, "notes"), ERR_OK);
    assert_non_null(strstr(rig.events, "s_1 tools.lent"));
    assert_non_null(strstr(rig.events, "\"terminal\":\"pts/0\""));
    assert_int_equal(rig.first.holds, 1);
    assert_int_equal(rig.defined, 1);
    assert_int_equal(offer(0, &rig.first, "notes"), ERR_OK); /* it goes on */
    assert_int_equal(rig.first.holds, 1);
}

static void names_and_limits(void **unused)
{
    char name[8];

    (void)unused;
    assert_int_equal(offer(0, &rig.first, "Notes"), ERR_BAD_REQUEST);
    assert_int_equal(offer(0, &rig.first, "files"), ERR_CONFLICT);
    for (int i = 0; i < STATE_LENT_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(offer(0, &rig.first, name), ERR_OK);
    }
    assert_int_equal(offer(0, &rig.first, "more"), ERR_LIMIT);
    assert_int_equal(offer(2, &rig.first, "more"), ERR_LIMIT);
    assert_int_equal(offer(0, &rig.second, "more"), ERR_OK);
    lends_end(rig.server.lends, NULL, NULL, "gone");
    rig.configured = STATE_SERVERS_MAX;
    assert_int_equal(offer(0, &rig.first, "more"), ERR_LIMIT);
}

static void messages_go_to_that_client_and_that_agent_alone(void **unused)
{
    char run[ID_MAX];

    (void)unused;
    offer(0, &rig.first, "notes");
    offer(2, &rig.second, "notes");
    assert_true(agent_says(&rig.first, START));
    assert_true(agent_says(&rig.first, "{\"server\":\"notes\",\"run\":1,\"message\":{\"for\":\"ann\"}}"));
    assert_non_null(strstr(rig.client[0], "{\"for\":\"ann\"}"));
    assert_string_equal(rig.client[2], "");
    run_of(0, run);
    assert_int_equal(say(0, &rig.first, run, "[{\"of\":\"ann\"}]", NULL), ERR_OK);
    assert_non_null(strstr(rig.agent, "{\"server\":\"notes\",\"run\":1,\"message\":{\"of\":\"ann\"}}"));
    assert_int_equal(say(2, &rig.first, run, "[{}]", NULL), ERR_DENIED);
    assert_int_equal(rig.audits, 1);
    assert_int_equal(say(2, &rig.second, run, "[{}]", NULL), ERR_CONFLICT); /* another's run */
    assert_int_equal(say(0, &rig.second, run, "[{}]", NULL), ERR_DENIED);
}

static void what_is_of_an_old_run_is_refused_or_dropped(void **unused)
{
    char first[ID_MAX], second[ID_MAX];

    (void)unused;
    offer(0, &rig.first, "notes");
    agent_says(&rig.first, START);
    run_of(0, first);
    agent_says(&rig.first, "{\"server\":\"notes\",\"run\":2,\"start\":true}"); /* without an end */
    run_of(0, second);
    assert_string_not_equal(first, second);
    assert_non_null(strstr(rig.client[0], "\"end\":true"));
    assert_int_equal(say(0, &rig.first, first, "[{}]", NULL), ERR_CONFLICT);
    rig.client[0][0] = '\0';
    assert_true(agent_says(&rig.first, "{\"server\":\"notes\",\"run\":1,\"message\":{}}"));
    assert_true(agent_says(&rig.first, "{\"server\":\"notes\",\"run\":1,\"end\":\"\"}"));
    assert_string_equal(rig.client[0], "");
    assert_int_equal(say(0, &rig.first, second, NULL, "exit code 3"), ERR_OK);
    assert_non_null(strstr(rig.agent, "\"run\":2,\"end\":\"exit code 3\",\"cause\":\"crashed\""));
    assert_int_equal(say(0, &rig.first, second, "[{}]", NULL), ERR_CONFLICT);
}

static void its_end_is_told_to_agent_and_session(void **unused)
{
    (void)unused;
    offer(0, &rig.first, "notes");
    agent_says(&rig.first, START);
    lends_end(rig.server.lends, &rig.clients[0], NULL, "gone");
    assert_non_null(strstr(rig.agent, "the terminal that lent it has gone"));
    assert_non_null(strstr(rig.events, "tools.returned {\"server\":\"notes\",\"why\":\"gone\"}"));
    json_t *servers = json_array();
    lends_define(rig.server.lends, &rig.first, servers);
    assert_string_equal(jsonx_str(json_array_get(servers, 0), "error", ""), "no terminal lends 'notes' now");
    json_array_clear(servers);
    lends_define(rig.server.lends, &rig.second, servers);
    assert_int_equal(json_array_size(servers), 0);
    json_decref(servers);
    rig.agent[0] = '\0';
    assert_true(agent_says(&rig.first, START)); /* it crossed the end */
    assert_non_null(strstr(rig.agent, "no terminal lends it now"));
}

static void one_s_own_other_terminal_takes_over_and_another_s_does_not(void **unused)
{
    (void)unused;
    offer(0, &rig.first, "notes");
    agent_says(&rig.first, START);
    assert_int_equal(offer(2, &rig.first, "notes"), ERR_CONFLICT);
    assert_int_equal(offer(1, &rig.first, "notes"), ERR_OK);
    assert_non_null(strstr(rig.client[0], "\"over\":\"replaced\""));
    assert_non_null(strstr(rig.agent, "has begun anew"));
    assert_false(lends_withdraw(rig.server.lends, &rig.clients[0], &rig.first, "notes", "withdrawn"));
    assert_true(lends_withdraw(rig.server.lends, &rig.clients[1], &rig.first, "notes", "withdrawn"));
}

static void who_may_not_write_any_more_lends_no_more(void **unused)
{
    (void)unused;
    offer(0, &rig.first, "notes");
    offer(2, &rig.first, "other");
    rig.may_write[2] = false;
    lends_recheck(rig.server.lends, NULL);
    assert_non_null(strstr(rig.client[2], "\"over\":\"revoked\""));
    assert_null(strstr(rig.events, "tools.returned {\"server\":\"notes\""));
    assert_int_equal(rig.first.holds, 1);
}

static void a_client_that_is_lost_while_it_is_told_harms_nothing(void **unused)
{
    (void)unused;
    offer(0, &rig.first, "notes");
    rig.drops = &rig.clients[0];
    assert_true(agent_says(&rig.first, START));
    assert_int_equal(rig.first.holds, 0);
    offer(0, &rig.first, "notes");
    agent_says(&rig.first, START);
    rig.drops = &rig.clients[0];
    assert_true(agent_says(&rig.first, "{\"server\":\"notes\",\"run\":2,\"start\":true}"));
    assert_int_equal(rig.first.holds, 0);
    offer(0, &rig.first, "notes");
    agent_says(&rig.first, START);
    rig.drops = &rig.clients[0];
    lends_agent_gone(rig.server.lends, &rig.first);
    assert_int_equal(rig.first.holds, 0);
    offer(0, &rig.first, "notes");
    rig.drops = &rig.clients[0];
    assert_int_equal(offer(1, &rig.first, "notes"), ERR_OK);
    assert_int_equal(rig.first.holds, 1);
}

static void what_is_known_of_it_is_the_same_user_s_alone(void **unused)
{
    json_t *learned =
        json_pack("{s:s,s:s,s:[{s:s}]}", "server", "notes", "era", "2025-11-25", "tools", "name", "read");
    json_t *servers = json_array();

    (void)unused;
    offer(0, &rig.first, "notes");
    assert_true(lends_remember(rig.server.lends, &rig.first, learned));
    assert_false(lends_remember(rig.server.lends, &rig.second, learned));
    lends_end(rig.server.lends, NULL, NULL, "gone");
    offer(1, &rig.first, "notes");
    lends_define(rig.server.lends, &rig.first, servers);
    assert_non_null(json_object_get(json_array_get(servers, 0), "known"));
    assert_string_equal(jsonx_str(json_array_get(servers, 0), "lender", ""), "ann");
    lends_end(rig.server.lends, NULL, NULL, "gone");
    offer(2, &rig.first, "notes");
    json_array_clear(servers);
    lends_define(rig.server.lends, &rig.first, servers);
    assert_null(json_object_get(json_array_get(servers, 0), "known"));
    json_decref(servers);
    json_decref(learned);
}

static void an_agent_that_is_behind_is_waited_for(void **unused)
{
    char run[ID_MAX];

    (void)unused;
    offer(0, &rig.first, "notes");
    agent_says(&rig.first, START);
    run_of(0, run);
    rig.agent_waits = LENDS_WAITING_MAX + 1;
    assert_int_equal(say(0, &rig.first, run, "[{}]", NULL), ERR_BUSY);
    rig.agent_waits = 0;
    assert_int_equal(say(0, &rig.first, run, "[{},7]", NULL), ERR_BAD_REQUEST);
    assert_int_equal(say(0, &rig.first, run, "[{}]", NULL), ERR_OK);
}

static void frames_of_agents_that_are_none(void **unused)
{
    static const char *const wrong[] = {"{}", "{\"server\":\"notes\",\"run\":0,\"start\":true}",
                                        "{\"server\":\"No\",\"run\":1,\"start\":true}",
                                        "{\"server\":\"notes\",\"run\":1}",
                                        "{\"server\":\"notes\",\"run\":1,\"start\":true,\"message\":{}}"};

    (void)unused;
    offer(0, &rig.first, "notes");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(agent_says(&rig.first, wrong[i]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_offer_is_told_and_held),
        TEST(names_and_limits),
        TEST(messages_go_to_that_client_and_that_agent_alone),
        TEST(what_is_of_an_old_run_is_refused_or_dropped),
        TEST(its_end_is_told_to_agent_and_session),
        TEST(one_s_own_other_terminal_takes_over_and_another_s_does_not),
        TEST(who_may_not_write_any_more_lends_no_more),
        TEST(a_client_that_is_lost_while_it_is_told_harms_nothing),
        TEST(what_is_known_of_it_is_the_same_user_s_alone),
        TEST(an_agent_that_is_behind_is_waited_for),
        TEST(frames_of_agents_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
