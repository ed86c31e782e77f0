/* What may be set for a user, in words that say what is wrong. */
#include "users_rig.h"

static void good_settings_are_taken(void **state)
{
    static const char *const table[] = {
        "{}",
        "{\"quota.agents\":0}",
        "{\"quota.agents\":10000,\"quota.requests\":1000000,\"quota.servers\":3}",
        "{\"quota.cost_day\":2.5,\"quota.tokens_day\":1000000000000}",
        "{\"quota.sessions\":\"any\",\"quota.cost_day\":\"any\"}",
        "{\"quota.sessions\":null,\"models\":null}",
        "{\"models\":[],\"servers\":[\"git*\",\"*\"]}",
        "{\"let_in_by\":\"ann\"}",
        "{\"let_in_by\":null}",
    };
    char error[256];
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        json_t *json = json_of(table[i]);
        assert_true(settings_check(json, error));
        json_decref(json);
    }
}

static void bad_settings_are_refused_by_name(void **state)
{
    static const struct {
        const char *settings, *says;
    } table[] = {
        {"{\"quota.session\":1}", "'quota.session' is no setting of a user; was quota.sessions meant?"},
        {"{\"x\\u001b[31m\":1}", "is no setting of a user"},
        {"{\"quota.sessions\":-1}",
         "quota.sessions (sessions that are not archived) takes a whole number from 0"},
        {"{\"quota.sessions\":1.5}", "takes a whole number from 0 to 1000000"},
        {"{\"quota.sessions\":true}", "takes a whole number"},
        {"{\"quota.sessions\":\"all\"}", "\"any\" for no limit"},
        {"{\"quota.agents\":10001}", "from 0 to 10000,"},
        {"{\"quota.cost_day\":1000001}", "takes a number from 0 to 1000000"},
        {"{\"quota.cost_day\":\"2\"}", "takes a number"},
        {"{\"models\":\"demo/*\"}", "models takes a list of at most 64 names"},
        {"{\"models\":[\"\"]}", "models takes a list"},
        {"{\"servers\":[1]}", "servers takes a list"},
        {"{\"let_in_by\":\"\"}", "let_in_by (whose tickets let them in) takes a user's name"},
        {"{\"let_in_by\":[\"ann\"]}", "takes a user's name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char error[256] = "";
        json_t *json = json_of(table[i].settings);
        assert_false(settings_check(json, error));
        if (!strstr(error, table[i].says) || strchr(error, '\033'))
            fail_msg("%s: %s", table[i].settings, error);
        json_decref(json);
    }
}

static void a_list_has_bounds(void **state)
{
    char error[256], text[SETTING_GLOB_MAX + 2];
    json_t *settings = json_object(), *list = json_array();
    (void)state;
    json_object_set(settings, "models", list);
    memset(text, 'a', sizeof text);
    text[SETTING_GLOB_MAX] = '\0';
    json_array_append_new(list, json_string(text));
    assert_true(settings_check(settings, error));
    text[SETTING_GLOB_MAX] = 'a';
    text[SETTING_GLOB_MAX + 1] = '\0';
    json_array_set_new(list, 0, json_string(text));
    assert_false(settings_check(settings, error));
    json_array_clear(list);
    for (int i = 0; i < SETTING_LIST_MAX; i++)
        json_array_append_new(list, json_string("a"));
    assert_true(settings_check(settings, error));
    json_array_append_new(list, json_string("a"));
    assert_false(settings_check(settings, error));
    json_decref(list);
    json_decref(settings);
}

static void limits_are_read_in_their_units(void **state)
{
    static const struct {
        const char *settings;
        enum quota quota;
        bool set;
        int64_t limit;
    } table[] = {
        {"{}", QUOTA_SESSIONS, false, 0},
        {"{\"quota.sessions\":3}", QUOTA_SESSIONS, true, 3},
        {"{\"quota.sessions\":3}", QUOTA_AGENTS, false, 0},
        {"{\"quota.sessions\":0}", QUOTA_SESSIONS, true, QUOTA_NOTHING},
        {"{\"quota.sessions\":\"any\"}", QUOTA_SESSIONS, true, 0},
        {"{\"quota.cost_day\":2.5}", QUOTA_COST_DAY, true, 2500000},
        {"{\"quota.cost_day\":0}", QUOTA_COST_DAY, true, QUOTA_NOTHING},
        {"{\"quota.cost_day\":1e-9}", QUOTA_COST_DAY, true, QUOTA_NOTHING},
        {"{\"quota.tokens_day\":1000000000000}", QUOTA_TOKENS_DAY, true, INT64_C(1000000000000)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        json_t *json = json_of(table[i].settings);
        int64_t limit = 0;
        assert_int_equal(settings_quota(json, table[i].quota, &limit), table[i].set);
        assert_int_equal(limit, table[i].limit);
        json_decref(json);
    }
}

static void lists_allow_what_they_match(void **state)
{
    static const struct {
        const char *settings, *list, *text;
        bool allowed;
    } table[] = {
        {"{}", "models", "demo/stoa", true},
        {"{\"servers\":[]}", "models", "demo/stoa", true},
        {"{\"models\":[]}", "models", "demo/stoa", false},
        {"{\"models\":[\"demo/stoa\"]}", "models", "demo/stoa", true},
        {"{\"models\":[\"demo/stoa\"]}", "models", "demo/stoa2", false},
        {"{\"models\":[\"demo/*\"]}", "models", "demo/stoa", true},
        {"{\"models\":[\"demo/*\"]}", "models", "xdemo/stoa", false},
        {"{\"models\":[\"*/small\",\"demo/*\"]}", "models", "local/small", true},
        {"{\"models\":[\"*a*b*c\"]}", "models", "xaxbxbxc", true},
        {"{\"models\":[\"*a*b*c\"]}", "models", "xaxbxbxcx", false},
        {"{\"models\":[\"*\"]}", "models", "", true},
        {"{\"models\":[\"**\"]}", "models", "a", true},
        {"{\"models\":[\"a?\"]}", "models", "ab", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        json_t *json = json_of(table[i].settings);
        if (settings_allow(json, table[i].list, table[i].text) != table[i].allowed)
            fail_msg("%s: %s", table[i].settings, table[i].text);
        json_decref(json);
    }
}

static void each_quota_has_a_setting_and_an_option_of_its_name(void **state)
{
    char name[64];
    (void)state;
    for (enum quota quota = 0; quota < QUOTA_COUNT; quota++) {
        snprintf(name, sizeof name, "quota.%s", quota_name(quota));
        assert_int_not_equal(option_find(name), OPTION_COUNT);
        json_t *json = json_pack("{s:i}", name, 7);
        int64_t limit = 0;
        assert_true(settings_quota(json, quota, &limit));
        assert_int_equal(limit, quota == QUOTA_COST_DAY ? 7000000 : 7);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_settings_are_taken),
        cmocka_unit_test(bad_settings_are_refused_by_name),
        cmocka_unit_test(a_list_has_bounds),
        cmocka_unit_test(limits_are_read_in_their_units),
        cmocka_unit_test(lists_allow_what_they_match),
        cmocka_unit_test(each_quota_has_a_setting_and_an_option_of_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
