/* The audit on a real store: what is written holds, few records come of a flood, old ones go. */
#include "../store/store_rig.h"

#include "daemon/people/audit.h"
#include "daemon/server.h"
#include "daemon/store/store_people.h"
#include "proto/chain.h"
#include "shared/jsonx.h"

static const struct principal ann = {.user = "ann", .most = ROLE_ADMIN};
static const struct principal stranger = {.key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};

struct daemon {
    struct rig *rig;
    struct server server;
};

static void begin(struct daemon *daemon, struct rig *rig)
{
    char error[256];
    static const char text[] = "audit:\n  keep: 1000\n";

    *daemon = (struct daemon){.rig = rig, .server = {.loop = &rig->loop}};
    daemon->server.config = config_parse(text, strlen(text), "test.yaml", NULL, 0, false, error);
    assert_non_null(daemon->server.config);
    daemon->server.store = rig_open(rig);
    assert_non_null(daemon->server.store);
    daemon->server.audit = audit_open(&daemon->server);
}

static void end(struct daemon *daemon)
{
    audit_close(&daemon->server.audit);
    assert_true(rig_close(daemon->rig));
    config_free(&daemon->server.config);
}

/* All pages of what is on disk. */
static json_t *records(struct daemon *daemon)
{
    json_t *all = json_array(), *page = NULL;
    int64_t after = 0;

    assert_int_equal(commit(daemon->rig), ERR_OK);
    do {
        struct answer answer = {0};
        json_decref(page);
        page = read_result(
            daemon->rig, &answer,
            store_audit_page(daemon->rig->store, 0, after, 300, NULL, NULL, answer_read, &answer));
        json_array_extend(all, jsonx_arr(page, "records"));
        if (json_array_size(all) > 0)
            after = jsonx_int(json_array_get(all, json_array_size(all) - 1), "n", 0);
    } while (jsonx_bool(page, "more", false));
    json_decref(page);
    return all;
}

static struct chain_record record_of(const json_t *json)
{
    return (struct chain_record){jsonx_int(json, "n", 0),       jsonx_int(json, "ts", 0),
                                 jsonx_str(json, "user", ""),   jsonx_str(json, "action", ""),
                                 jsonx_str(json, "object", ""), jsonx_str(json, "detail", ""),
                                 jsonx_str(json, "hash", "")};
}

static void assert_holds(struct daemon *daemon, const json_t *all)
{
    struct chain_check *check = chain_check_new();
    char error[256] = "";
    const char *hash;
    size_t i;
    json_t *json;

    json_array_foreach(all, i, json)
    {
        struct chain_record record = record_of(json);
        if (!chain_check_next(check, &record, error))
            fail_msg("%s", error);
    }
    if (!chain_check_end(check, error))
        fail_msg("%s", error);
    assert_int_equal(chain_check_n(check), audit_head(daemon->server.audit, &hash));
    assert_string_equal(chain_check_hash(check), hash);
    chain_check_free(&check);
}

static void test_records_say_who_did_what_and_hold(void **state)
{
    struct daemon daemon;
    begin(&daemon, *state);
    struct principal by_token = ann;
    strcpy(by_token.token, "k_1");

    audit_record(&daemon.server, &ann, "user.create", "bo", "%s", "member\x1b[31m\nof \xc2\x9bmall");
    audit_record(&daemon.server, NULL, "budget", "ann", NULL);
    audit_record(&daemon.server, &by_token, "session.share", "s_1", "bo");
    audit_record(&daemon.server, &stranger, "refused", "ticket.redeem", NULL);
    json_t *all = records(&daemon);
    assert_int_equal(json_array_size(all), 4);
    assert_string_equal(record_of(json_array_get(all, 0)).user, "ann");
    assert_string_equal(record_of(json_array_get(all, 0)).object, "bo");
    assert_string_equal(record_of(json_array_get(all, 0)).detail, "member of all");
    assert_string_equal(record_of(json_array_get(all, 1)).user, "");
    assert_string_equal(record_of(json_array_get(all, 2)).detail, "bo [token k_1]");
    assert_int_equal(strncmp(record_of(json_array_get(all, 3)).user, "stoa:", 5), 0);
    assert_holds(&daemon, all);
    json_decref(all);
    end(&daemon);
}

static void test_the_chain_goes_on_after_a_restart(void **state)
{
    struct daemon daemon;

    for (int start = 0; start < 3; start++) {
        begin(&daemon, *state);
        audit_record(&daemon.server, &ann, "admin.reload", "", NULL);
        json_t *all = records(&daemon);
        assert_int_equal(json_array_size(all), start + 1);
        assert_holds(&daemon, all);
        json_decref(all);
        end(&daemon);
    }
}

static void test_a_flood_of_strangers_makes_few_records(void **state)
{
    struct daemon daemon;
    begin(&daemon, *state);
    struct principal other = stranger;

    for (int i = 0; i < 100000; i++) { /* with keys of every kind */
        other.key[i % 40] = (char)('A' + i % 26);
        audit_record(&daemon.server, &other, "refused", "ticket.redeem", "no such ticket");
    }
    /* what anybody can do again and again, and what changes something, are told apart */
    for (int i = 0; i < 100; i++)
        audit_record(&daemon.server, &ann, "login", "local", "cli");
    for (int i = 0; i < 100; i++)
        audit_record(&daemon.server, &ann, "session.share", "s_1", "bo");
    audit_close(&daemon.server.audit);
    daemon.server.audit = audit_open(&daemon.server);
    json_t *all = records(&daemon);
    assert_int_equal(json_array_size(all), AUDIT_BURST + AUDIT_BURST + 100 + 2);
    const json_t *last = json_array_get(all, json_array_size(all) - 2);
    assert_string_equal(record_of(last).action, "refused");
    assert_non_null(strstr(record_of(last).detail, "99990 more"));
    json_decref(all);
    end(&daemon);
}

static void test_old_records_are_dropped_and_the_rest_holds(void **state)
{
    struct daemon daemon;
    begin(&daemon, *state);
    json_t *all = NULL;

    for (int i = 0; i < 40; i++) {
        for (int k = 0; k < 100; k++)
            audit_record(&daemon.server, &ann, "session.share", "s_1", "%d", k);
        json_decref(all);
        all = records(&daemon);
        assert_holds(&daemon, all);
        assert_in_range(json_array_size(all), 1, 1000 + 256 + 100);
    }
    assert_true(record_of(json_array_get(all, 0)).n > 2500);
    json_decref(all);
    end(&daemon);
    /* and again after a restart */
    begin(&daemon, *state);
    all = records(&daemon);
    assert_holds(&daemon, all);
    json_decref(all);
    end(&daemon);
}

static void test_a_record_that_was_changed_on_disk_is_found(void **state)
{
    struct daemon daemon;
    begin(&daemon, *state);
    char error[256] = "";
    size_t i;
    json_t *json;

    for (int k = 0; k < 10; k++)
        audit_record(&daemon.server, &ann, "session.share", "s_1", "bo: viewer");
    assert_int_equal(commit(daemon.rig), ERR_OK);
    raw_exec(daemon.rig, "UPDATE audit SET detail = 'bo: approver' WHERE n = 7");
    json_t *all = records(&daemon);
    struct chain_check *check = chain_check_new();
    json_array_foreach(all, i, json)
    {
        struct chain_record record = record_of(json);
        if (!chain_check_next(check, &record, error))
            break;
    }
    assert_int_equal(chain_check_n(check), 6);
    assert_non_null(strstr(error, "record 7 was changed"));
    chain_check_free(&check);
    json_decref(all);
    end(&daemon);
}

static void test_pages_go_both_ways_and_are_filtered(void **state)
{
    struct daemon daemon;
    begin(&daemon, *state);
    struct principal bo = {.user = "bo", .most = ROLE_ADMIN};

    for (int i = 0; i < 20; i++)
        audit_record(&daemon.server, i % 2 ? &ann : &bo, i % 4 ? "user.create" : "userx", "", NULL);
    assert_int_equal(commit(daemon.rig), ERR_OK);
    static const struct {
        int64_t before, after;
        int limit;
        const char *user, *action;
        size_t count;
        int64_t first;
        bool more;
    } cases[] = {
        {INT64_MAX, -1, 5, NULL, NULL, 5, 16, true},
        {6, -1, 5, NULL, NULL, 5, 1, false},
        {0, 0, 20, NULL, NULL, 20, 1, false},
        {0, 18, 20, NULL, NULL, 2, 19, false},
        {INT64_MAX, -1, 100, "ann", NULL, 10, 2, false},
        {INT64_MAX, -1, 100, NULL, "user", 15, 2, false},
        {INT64_MAX, -1, 100, NULL, "userx", 5, 1, false},
        {INT64_MAX, -1, 100, "cy", NULL, 0, 0, false},
        {0, 20, 100, NULL, NULL, 0, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct answer answer = {0};
        json_t *page =
            read_result(daemon.rig, &answer,
                        store_audit_page(daemon.rig->store, cases[i].before, cases[i].after, cases[i].limit,
                                         cases[i].user, cases[i].action, answer_read, &answer));
        const json_t *array = jsonx_arr(page, "records");
        assert_int_equal(json_array_size(array), cases[i].count);
        assert_int_equal(record_of(json_array_get(array, 0)).n, cases[i].first);
        assert_int_equal(jsonx_bool(page, "more", false), cases[i].more);
        json_decref(page);
    }
    end(&daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_records_say_who_did_what_and_hold, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_the_chain_goes_on_after_a_restart, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_flood_of_strangers_makes_few_records, rig_setup, rig_teardown),
        cmocka_unit_test_setup_teardown(test_old_records_are_dropped_and_the_rest_holds, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(test_a_record_that_was_changed_on_disk_is_found, rig_setup,
                                        rig_teardown),
        cmocka_unit_test_setup_teardown(test_pages_go_both_ways_and_are_filtered, rig_setup, rig_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
