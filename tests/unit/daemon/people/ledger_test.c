/* What users have used: against a clock that the test turns, a store that only remembers, and quotas that are
 * set here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/people/audit.h"
#include "daemon/people/ledger.h"
#include "daemon/people/stored.h"
#include "daemon/people/users.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "shared/jsonx.h"
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY   (INT64_C(24) * 3600 * 1000)
#define TODAY INT64_C(20000)

enum { ROWS = 32, SAID = 16 };

static struct play {
    uv_loop_t loop;
    struct server server;
    struct state state;
    struct session session;
    char owner[8];
    int64_t now, quotas[QUOTA_COUNT];
    struct store_spent rows[ROWS];
    char users[ROWS][8];
    size_t row_count, puts;
    bool failing;
    char said[SAID][256];
    int percents[SAID];
    size_t said_count, audited;
    struct price price;
    bool priced;
} play;

/* --- what the ledger stands on --- */

static int64_t wall_ms(void)
{
    return play.now;
}

void store_put_spent(struct store *store, const struct store_spent *spent)
{
    (void)store;
    size_t i = 0;
    while (i < play.row_count && (strcmp(play.users[i], spent->user) != 0 || play.rows[i].day != spent->day))
        i++;
    assert_true(i < ROWS);
    play.row_count += i == play.row_count;
    snprintf(play.users[i], sizeof play.users[i], "%s", spent->user);
    play.rows[i] = *spent;
    play.rows[i].user = play.users[i];
    play.puts++;
}

enum err store_spents(struct store *store, int64_t day, store_spent_cb *each, void *arg)
{
    (void)store;
    for (size_t i = 0; i < play.row_count; i++)
        if (play.rows[i].day >= day)
            each(arg, &play.rows[i]);
    return ERR_OK;
}

const char *store_failing(const struct store *store)
{
    (void)store;
    return play.failing ? "disk full" : NULL;
}

bool store_queue_full(const struct store *store)
{
    (void)store;
    return false;
}

enum err stored_room(const struct server *server, const char *user, int64_t more, char error[256])
{
    (void)server;
    (void)user;
    (void)more;
    (void)error;
    return ERR_OK;
}

int64_t users_quota(const struct users *users, const char *name, enum quota quota)
{
    (void)users;
    (void)name;
    return play.quotas[quota];
}

const char *quota_name(enum quota quota)
{
    return quota == QUOTA_COST_DAY ? "cost_day" : "tokens_day";
}

void audit_record(struct server *server, const struct principal *who, const char *action, const char *object,
                  const char *format, ...)
{
    (void)server;
    (void)format;
    assert_null(who);
    assert_string_equal(action, "budget");
    assert_string_equal(object, play.owner);
    play.audited++;
}

bool session_emit(struct session *session, enum event_type type, json_t *data)
{
    assert_ptr_equal(session, &play.session);
    assert_int_equal(type, EVENT_BUDGET_REACHED);
    assert_true(play.said_count < SAID);
    snprintf(play.said[play.said_count], sizeof play.said[0], "%s", jsonx_str(data, "text", ""));
    play.percents[play.said_count++] = (int)jsonx_int(data, "percent", 0);
    json_decref(data);
    return true;
}

const struct price *config_price(const struct config *config, const char *model)
{
    (void)config;
    return play.priced && strcmp(model, "local/any") == 0 ? &play.price : NULL;
}

int64_t price_micros(const struct price *price, int64_t input, int64_t cached, int64_t output)
{
    return (input - cached) * price->input + cached * price->cached + output * price->output;
}

/* --- the play --- */

static void open_ledger(void)
{
    play.server.ledger = ledger_open_by(&play.server, wall_ms);
}

static void close_ledger(void)
{
    ledger_close(&play.server.ledger);
    uv_run(&play.loop, UV_RUN_DEFAULT);
}

static int begin(void **state)
{
    (void)state;
    memset(&play, 0, sizeof play);
    uv_loop_init(&play.loop);
    play.server.loop = &play.loop;
    play.now = TODAY * DAY + 12 * 3600 * 1000;
    strcpy(play.owner, "ann");
    play.state.owner = play.owner;
    strcpy(play.state.id, "s_1");
    play.session.server = &play.server;
    play.session.state = &play.state;
    open_ledger();
    return 0;
}

static int end(void **state)
{
    (void)state;
    close_ledger();
    return uv_loop_close(&play.loop);
}

static void use(int64_t input, int64_t output, int64_t cost)
{
    struct usage usage = {.input = input, .output = output, .cached = input / 2, .cost = cost};
    ledger_add(&play.session, &usage);
}

static int64_t used(const char *user, const char *what)
{
    json_t *json = ledger_today(&play.server, user);
    int64_t count = strcmp(what, "cost") == 0
                        ? (int64_t)(json_real_value(json_object_get(json, what)) * 1e6 + 0.5)
                        : jsonx_int(json, what, -1);
    json_decref(json);
    return count;
}

static bool allows(void)
{
    char error[256];
    return ledger_allows(&play.server, "ann", error);
}

/* --- sums --- */

static void what_is_used_is_summed_by_user_and_day(void **state)
{
    (void)state;
    use(100, 10, 7);
    ledger_turn(&play.session);
    strcpy(play.owner, "bo");
    use(1, 2, 0);
    strcpy(play.owner, "ann");
    use(50, 5, 3);
    assert_int_equal(used("ann", "input"), 150);
    assert_int_equal(used("ann", "output"), 15);
    assert_int_equal(used("ann", "cached"), 75);
    assert_int_equal(used("ann", "cost"), 10);
    assert_int_equal(used("ann", "turns"), 1);
    assert_int_equal(used("bo", "input"), 1);
    assert_int_equal(used("cy", "input"), 0);
    json_t *json = ledger_today(&play.server, "ann");
    assert_string_equal(jsonx_str(json, "day", ""), "2024-10-04");
    assert_int_equal(jsonx_int(json, "until", 0), (TODAY + 1) * DAY);
    json_decref(json);
}

static void a_day_begins_with_nothing_and_the_clock_may_come_back(void **state)
{
    (void)state;
    play.quotas[QUOTA_TOKENS_DAY] = 100;
    use(100, 10, 0);
    assert_false(allows());
    play.now = (TODAY + 1) * DAY - 1;
    assert_false(allows());
    play.now++;
    assert_true(allows());
    assert_int_equal(used("ann", "input"), 0);
    use(5, 0, 0);
    play.now = TODAY * DAY; /* somebody sets it back */
    assert_false(allows());
    assert_int_equal(used("ann", "input"), 100);
    use(1, 0, 0);
    play.now += DAY;
    assert_int_equal(used("ann", "input"), 5);
}

static void a_restart_keeps_it(void **state)
{
    (void)state;
    use(100, 10, 7);
    assert_int_equal(play.puts, 1); /* with the event that says it: a kill loses nothing */
    close_ledger();
    assert_int_equal(play.puts, 1);
    open_ledger();
    assert_int_equal(used("ann", "input"), 100);
    use(1, 1, 1);
    close_ledger();
    assert_int_equal(play.row_count, 1);
    assert_int_equal(play.rows[0].input, 101);
    assert_int_equal(play.rows[0].micros, 8);
    play.now += DAY;
    open_ledger();
    assert_int_equal(used("ann", "input"), 0);
}

static void it_is_written_in_time_once_the_store_takes_it(void **state)
{
    (void)state;
    play.failing = true;
    use(1, 1, 0);
    use(1, 1, 0);
    while (play.loop.time < uv_now(&play.loop) + 1 && uv_backend_timeout(&play.loop) >= 0 && play.failing) {
        uv_run(&play.loop, UV_RUN_ONCE); /* the timer */
        assert_int_equal(play.puts, 0);
        play.failing = false;
    }
    uv_run(&play.loop, UV_RUN_DEFAULT);
    assert_int_equal(play.puts, 1);
    assert_int_equal(play.rows[0].input, 2);
}

static void sums_end_before_they_overflow(void **state)
{
    (void)state;
    play.quotas[QUOTA_TOKENS_DAY] = INT64_C(1000000000000);
    for (int i = 0; i < 1000; i++)
        use(INT64_C(1) << 48, INT64_C(1) << 48, INT64_C(1) << 48);
    assert_int_equal(used("ann", "input"), INT64_C(1) << 56);
    assert_false(allows());
    use(-5, 10, -7);
    assert_int_equal(used("ann", "input"), INT64_C(1) << 56);
}

/* --- budgets --- */

static void what_is_used_up_is_said_with_what_and_when(void **state)
{
    char error[256];
    (void)state;
    play.quotas[QUOTA_TOKENS_DAY] = 1000;
    use(900, 99, 0);
    assert_true(allows());
    use(1, 0, 0);
    assert_false(ledger_allows(&play.server, "ann", error));
    assert_string_equal(error,
                        "ann has used 1000 of 1000 tokens of today's budget (quota.tokens_day); it begins "
                        "anew on 2024-10-05 at 00:00 UTC");
    assert_true(ledger_allows(&play.server, "bo", error));
    play.quotas[QUOTA_TOKENS_DAY] = 0;
    play.quotas[QUOTA_COST_DAY] = 1500000;
    assert_true(allows());
    use(1, 0, 1620000);
    assert_false(ledger_allows(&play.server, "ann", error));
    assert_string_equal(error,
                        "ann has used 1.62 of 1.50 of today's budget (quota.cost_day); it begins anew on "
                        "2024-10-05 at 00:00 UTC");
    play.quotas[QUOTA_COST_DAY] = -1; /* nothing at all */
    assert_false(ledger_allows(&play.server, "cy", error));
}

static void eighty_percent_and_the_end_are_said_once_each(void **state)
{
    static const struct {
        int64_t limit, steps[6];
        int percents[6];
    } table[] = {
        {1000, {799, 1, 1, 198, 1, 500}, {0, 80, 0, 0, 100, 0}},
        {1000, {1000, 1}, {100, 0}},
        {1000, {5000}, {100}},
        {1000, {850, 150}, {80, 100}},
        {1, {1, 1}, {100, 0}},
        {3, {1, 1, 1}, {0, 80, 100}},
        {0, {1000000}, {0}},
        {-1, {1000000}, {0}},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(end(state), 0);
        begin(state);
        for (int day = 0; day < 2; day++) {
            play.quotas[QUOTA_TOKENS_DAY] = table[i].limit;
            for (size_t k = 0; k < 6 && table[i].steps[k] > 0; k++) {
                play.said_count = 0;
                use(table[i].steps[k], 0, 0);
                int percent = play.said_count ? play.percents[0] : 0;
                if (percent != table[i].percents[k] || play.said_count > 1)
                    fail_msg("row %zu step %zu: said %d", i, k, percent);
            }
            play.now += DAY; /* and so again */
        }
    }
}

static void each_budget_is_said_for_itself(void **state)
{
    (void)state;
    play.quotas[QUOTA_TOKENS_DAY] = 1000;
    play.quotas[QUOTA_COST_DAY] = 1000000;
    use(850, 0, 900000);
    assert_int_equal(play.said_count, 2);
    assert_int_equal(play.audited, 2);
    assert_string_equal(play.said[0],
                        "ann has used 850 of 1000 tokens of today's budget (quota.tokens_day); it "
                        "begins anew on 2024-10-05 at 00:00 UTC");
    assert_string_equal(play.said[1],
                        "ann has used 0.90 of 1.00 of today's budget (quota.cost_day); it begins "
                        "anew on 2024-10-05 at 00:00 UTC");
    json_t *json = ledger_today(&play.server, "ann"), *budgets = jsonx_obj(json, "budgets");
    assert_int_equal(jsonx_int(budgets, "tokens_day", 0), 1000);
    assert_true(json_real_value(json_object_get(budgets, "cost_day")) == 1.0);
    json_decref(json);
    use(150, 0, 0);
    assert_non_null(
        strstr(play.said[2], "1000 of 1000 tokens of today's budget (quota.tokens_day), which is all"));
}

static void after_a_restart_it_is_not_said_again(void **state)
{
    (void)state;
    play.quotas[QUOTA_TOKENS_DAY] = 1000;
    use(850, 0, 0);
    assert_int_equal(play.said_count, 1);
    close_ledger();
    open_ledger();
    use(10, 0, 0);
    assert_int_equal(play.said_count, 1);
    play.quotas[QUOTA_TOKENS_DAY] = 2000; /* more is given: its own 80% are yet to come */
    use(700, 0, 0);
    assert_int_equal(play.said_count, 1);
    use(50, 0, 0);
    assert_int_equal(play.said_count, 2);
}

/* --- cost --- */

static void the_cost_is_put_into_the_usage_whatever_it_says_itself(void **state)
{
    json_t *usage = json_pack("{s:i,s:i,s:i,s:i}", "input", 100, "output", 10, "cached", 40, "cost", 999999);
    (void)state;
    play.priced = true;
    play.price = (struct price){"*", 3, 15, 1};
    ledger_price(&play.server, "local/any", usage);
    assert_int_equal(jsonx_int(usage, "cost", 0), 60 * 3 + 40 + 150);
    ledger_price(&play.server, "local/other", usage);
    assert_null(json_object_get(usage, "cost"));
    ledger_price(&play.server, "local/any", NULL);
    json_decref(usage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static void what_was_asked_counts_if_nothing_is_answered(void **state)
{
    (void)state;
    play.priced = true;
    play.price = (struct price){.input = 2, .output = 10, .cached = 1};
    play.state.model = (char *)"local/any";
    play.state.context_tokens = 0;
    play.state.bytes = 4000; /* nothing was counted yet: by what is there */
    ledger_add_unanswered(&play.session);
    assert_int_equal(used("ann", "input"), 4000 / LEDGER_TOKEN_BYTES);
    play.state.context_tokens = 300; /* as the server counted last */
    ledger_add_unanswered(&play.session);
    assert_int_equal(used("ann", "input"), 4000 / LEDGER_TOKEN_BYTES + 300);
    assert_int_equal(used("ann", "output"), 0);
    assert_int_equal(play.rows[0].micros, 2 * (4000 / LEDGER_TOKEN_BYTES + 300));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_used_is_summed_by_user_and_day),
        TEST(a_day_begins_with_nothing_and_the_clock_may_come_back),
        TEST(a_restart_keeps_it),
        TEST(what_was_asked_counts_if_nothing_is_answered),
        TEST(it_is_written_in_time_once_the_store_takes_it),
        TEST(sums_end_before_they_overflow),
        TEST(what_is_used_up_is_said_with_what_and_when),
        TEST(eighty_percent_and_the_end_are_said_once_each),
        TEST(each_budget_is_said_for_itself),
        TEST(after_a_restart_it_is_not_said_again),
        TEST(the_cost_is_put_into_the_usage_whatever_it_says_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
