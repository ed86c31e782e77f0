/* The JSON frame: every way in which a request can be wrong has a code and a sentence; replies and notices
 * come back as they were written. */
#include "page.h"
#include "proto/envelope.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"

#define SESSION "s_01j8zq4k3nw8x5t7v9r2m6p0qd"

/* Reads len bytes from memory that ends there, so that a sanitizer sees a read beyond. */
static enum err read_bytes(const void *bytes, size_t len, struct request *request, char error[256])
{
    char *exact = malloc(len ? len : 1);
    memcpy(exact, bytes, len);
    memset(request, 0x5a, sizeof *request);
    memset(error, 0, 256);
    enum err code = envelope_request(exact, len, request, error);
    free(exact);
    assert_int_equal(code == ERR_OK, error[0] == '\0');
    assert_int_equal(code == ERR_OK, request->params != NULL);
    assert_true(utf8_valid(error, strlen(error)));
    return code;
}

static enum err read_text(const char *text, struct request *request, char error[256])
{
    return read_bytes(text, strlen(text), request, error);
}

static void a_request_is_read_with_all_it_has(void **unused)
{
    (void)unused;
    struct request request;
    char error[256];

    assert_int_equal(read_text("{\"id\":\"r_1-A\",\"method\":\"message.send\",\"session\":\"" SESSION
                               "\",\"params\":{\"text\":\"hello\"},\"new\":[1]}",
                               &request, error),
                     ERR_OK);
    assert_string_equal(request.id, "r_1-A");
    assert_int_equal(request.method, METHOD_MESSAGE_SEND);
    assert_string_equal(request.session, SESSION);
    assert_string_equal(jsonx_str(request.params, "text", ""), "hello");
    request_clear(&request);
    assert_null(request.params);
    request_clear(&request);

    assert_int_equal(read_text("{\"id\":\"1\",\"method\":\"server.ping\"}", &request, error), ERR_OK);
    assert_string_equal(request.session, "");
    assert_int_equal(json_object_size(request.params), 0);
    request_clear(&request);
    assert_int_equal(read_text("{\"id\":\"1\",\"method\":\"server.ping\",\"session\":null}", &request, error),
                     ERR_OK);
    request_clear(&request);
}

#define ID64 "0123456789012345678901234567890123456789012345678901234567_-azAZ"
#define BAD(text, id, says)                                                                                  \
    {                                                                                                        \
        text, ERR_BAD_REQUEST, id, says                                                                      \
    }

static void every_malformed_request_has_its_code_and_names_the_value(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        enum err code;
        const char *id, *says;
    } cases[] = {
        BAD("", "", "not a JSON object"),
        BAD(" ", "", "not a JSON object"),
        BAD("hello", "", "not a JSON object: line 1"),
        BAD("{\"id\":\"1\"", "", "not a JSON object: line 1"),
        BAD("{\"id\":\"1\"}x", "", "not a JSON object"),
        BAD("{\"id\":\"1\",\"id\":\"2\"}", "", "duplicate"),
        BAD("[]", "", "another kind of value"),
        BAD("[{\"id\":\"1\"}]", "", "another kind of value"),
        BAD("null", "", "another kind of value"),
        BAD("\"x\"", "", "another kind of value"),
        BAD("5", "", "another kind of value"),
        BAD("{\"id\":\"\xff\"}", "", "not a JSON object"),
        BAD("{\"id\":\"\xed\xa0\x80\"}", "", "not a JSON object"),
        BAD("{\"id\":\"\xc0\x80\"}", "", "not a JSON object"),
        BAD("{\"id\":\"a\\u0000b\"}", "", "not a JSON object"),
        BAD("{}", "", "'id' is missing"),
        BAD("{\"id\":null}", "", "'id' is null"),
        BAD("{\"id\":5}", "", "'id' is 5"),
        BAD("{\"id\":\"\"}", "", "'id' is \"\""),
        BAD("{\"id\":[\"a\"]}", "", "'id' is [\"a\"]"),
        BAD("{\"id\":\"a b\"}", "", "'id' is \"a b\""),
        BAD("{\"id\":\"a.b\"}", "", "'id' is \"a.b\""),
        BAD("{\"id\":\"\xc3\xbc\"}", "", "'id' is \"\\u00FC\""),
        BAD("{\"id\":\"a\\nb\"}", "", "'id' is \"a\\nb\""),
        BAD("{\"id\":\"" ID64 "0\"}", "", "1 to 64 characters"),
        BAD("{\"id\":\"1\"}", "1", "'method' is missing"),
        BAD("{\"id\":\"1\",\"method\":null}", "1", "'method' is null"),
        BAD("{\"id\":\"1\",\"method\":7}", "1", "'method' is 7"),
        {"{\"id\":\"1\",\"method\":\"\"}", ERR_NOT_FOUND, "1", "unknown method ''"},
        {"{\"id\":\"1\",\"method\":\"server.pong\"}", ERR_NOT_FOUND, "1", "unknown method 'server.pong'"},
        {"{\"id\":\"1\",\"method\":\"Server.Ping\"}", ERR_NOT_FOUND, "1", "unknown method 'Server.Ping'"},
        {"{\"id\":\"" ID64 "\",\"method\":\"x\"}", ERR_NOT_FOUND, ID64, "unknown method 'x'"},
        BAD("{\"id\":\"1\",\"method\":\"session.info\"}", "1", "session.info needs 'session'"),
        BAD("{\"id\":\"1\",\"method\":\"session.info\",\"session\":5}", "1", "it is 5"),
        BAD("{\"id\":\"1\",\"method\":\"session.info\",\"session\":\"s_01j\"}", "1", "it is \"s_01j\""),
        BAD("{\"id\":\"1\",\"method\":\"session.info\",\"session\":\"m_01j8zq4k3nw8x5t7v9r2m6p0qd\"}", "1",
            "it is \"m_01j8zq4k3nw8x5t7v9r2m6p0qd\""),
        BAD("{\"id\":\"1\",\"method\":\"session.info\",\"session\":\"" SESSION "0\"}", "1", SESSION "0"),
        BAD("{\"id\":\"1\",\"method\":\"session.info\",\"session\":\"s_01J8ZQ4K3NW8X5T7V9R2M6P0QD\"}", "1",
            "full id"),
        BAD("{\"id\":\"1\",\"method\":\"server.ping\",\"session\":\"" SESSION "\"}", "1",
            "server.ping takes no 'session'; it is \"" SESSION "\""),
        BAD("{\"id\":\"1\",\"method\":\"server.ping\",\"session\":[]}", "1", "takes no 'session'; it is []"),
        BAD("{\"id\":\"1\",\"method\":\"server.ping\",\"params\":null}", "1", "the parameters are null"),
        BAD("{\"id\":\"1\",\"method\":\"server.ping\",\"params\":[]}", "1", "the parameters are []"),
        BAD("{\"id\":\"1\",\"method\":\"server.ping\",\"params\":\"x\"}", "1", "the parameters are \"x\""),
        BAD("{\"id\":\"1\",\"method\":\"server.ping\",\"params\":{\"loud\":true}}", "1",
            "unknown parameter 'loud'"),
        BAD("{\"id\":\"1\",\"method\":\"message.search\",\"params\":{}}", "1", "parameter 'text' is missing"),
        BAD("{\"id\":\"1\",\"method\":\"message.search\",\"params\":{\"text\":5}}", "1",
            "parameter 'text' is 5"),
        BAD("{\"id\":\"1\",\"method\":\"message.search\",\"params\":{\"text\":\"x\",\"limit\":0}}", "1",
            "'limit' is 0; it must be an integer from 1 to 200"),
        BAD("{\"id\":\"1\",\"method\":\"message.search\",\"params\":{\"text\":\"x\",\"limit\":201}}", "1",
            "'limit' is 201; it must be an integer from 1 to 200"),
        BAD("{\"id\":\"1\",\"method\":\"message.search\",\"params\":{\"text\":\"x\",\"limit\":1.5}}", "1",
            "'limit' is 1.5"),
        BAD("{\"id\":\"1\",\"method\":\"message.search\",\"params\":{\"text\":\"x\",\"limit\":"
            "99999999999999999999}}",
            "", "not a JSON object"),
        BAD("{\"id\":\"1\",\"method\":\"message.send\",\"session\":\"" SESSION
            "\",\"params\":{\"text\":\"x\",\"mode\":\"shout\"}}",
            "1", "'mode' is \"shout\"; it must be one of queue|steer"),
    };
    struct request request;
    char error[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum err code = read_text(cases[i].text, &request, error);
        if (code != cases[i].code || !strstr(error, cases[i].says))
            fail_msg("%s: %s: %s", cases[i].text, err_name(code), error);
        assert_string_equal(request.id, cases[i].id);
        request_clear(&request);
        request_clear(&request);
    }
}

static void bytes_that_are_no_text_are_refused(void **unused)
{
    (void)unused;
    static const char nul[] = "{\"id\":\"1\",\"method\":\"server.ping\"}\0";
    struct request request;
    char error[256], byte;

    assert_int_equal(read_bytes(nul, sizeof nul - 1, &request, error), ERR_BAD_REQUEST);
    assert_non_null(strstr(error, "NUL"));
    request_clear(&request);
    for (int i = 0; i < 256; i++) {
        byte = (char)i;
        assert_int_equal(read_bytes(&byte, 1, &request, error), ERR_BAD_REQUEST);
        request_clear(&request);
    }
    for (size_t cut = 0; cut < strlen(nul); cut++) {
        assert_int_equal(read_bytes(nul, cut, &request, error), ERR_BAD_REQUEST);
        request_clear(&request);
    }
}

static void nesting_is_bounded(void **unused)
{
    (void)unused;
    static const char *const open[] = {"[", "{\"a\":", "{\"id\":[", "[[["};
    struct request request;
    char error[256];
    struct buf text;

    buf_init(&text, SIZE_MAX);
    for (size_t kind = 0; kind < 4; kind++) {
        buf_clear(&text);
        for (int i = 0; i < 100000; i++)
            buf_puts(&text, open[kind]);
        assert_int_equal(read_bytes(text.data, text.len, &request, error), ERR_BAD_REQUEST);
        assert_non_null(strstr(error, "nested deeper than 64"));
        request_clear(&request);
    }
    for (int depth = 63; depth <= 64; depth++) { /* the object itself is one */
        buf_clear(&text);
        buf_puts(&text, "{\"id\":\"1\",\"method\":\"server.ping\",\"new\":");
        for (int i = 0; i < depth; i++)
            buf_puts(&text, "[");
        for (int i = 0; i < depth; i++)
            buf_puts(&text, "]");
        buf_puts(&text, "}");
        assert_int_equal(read_bytes(text.data, text.len, &request, error),
                         depth == 63 ? ERR_OK : ERR_BAD_REQUEST);
        request_clear(&request);
    }
    buf_free(&text);
}

/* --- bounds of every parameter of every method --- */

static json_t *text_of(int64_t len)
{
    char *text = malloc((size_t)len + 1);
    memset(text, 'x', (size_t)len);
    json_t *json = json_stringn(text, (size_t)len);
    free(text);
    return json;
}

static json_t *strings_of(int64_t count)
{
    json_t *array = json_array();
    for (int64_t i = 0; i < count; i++)
        json_array_append_new(array, json_string("x"));
    return array;
}

/* A value of that size: of the bound itself, or what lies just beyond it. NULL if there is none. */
static json_t *sized(const struct field *field, int64_t size)
{
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_SECRET:
        return size < 0 ? NULL : text_of(size);
    case FIELD_INT:
    case FIELD_REAL:
        return json_integer(size);
    case FIELD_STRINGS:
        return size < 0 ? NULL : strings_of(size);
    default:
        return NULL;
    }
}

/* One less than the least, one more than the most; NULL where no number is. */
static json_t *below(const struct field *field)
{
    return field->min == INT64_MIN ? NULL : sized(field, field->min - 1);
}

static json_t *above(const struct field *field)
{
    return field->max == INT64_MAX ? NULL : sized(field, field->max + 1);
}

/* The first of the choices. */
static json_t *choice(const struct field *field)
{
    return json_stringn(field->choices, strcspn(field->choices, "|"));
}

/* What fits. */
static json_t *plain(const struct field *field)
{
    return field->type == FIELD_BOOL     ? json_true()
           : field->type == FIELD_OBJECT ? json_object()
           : field->type == FIELD_ENUM   ? choice(field)
                                         : sized(field, field->min);
}

static enum err send_with(enum method method, const struct field *changed, json_t *value, char error[256])
{
    const struct request_row *row = request_row(method);
    json_t *params = json_object();
    struct request request;
    struct buf text;

    for (const struct field *field = row->fields; field->name; field++)
        if (field->required && field != changed)
            json_object_set_new(params, field->name, plain(field));
    if (value)
        json_object_set_new(params, changed->name, value);
    buf_init(&text, SIZE_MAX);
    assert_true(envelope_put_request(&text, "1", method, row->session ? SESSION : NULL, params));
    enum err code = read_bytes(text.data, text.len, &request, error);
    assert_string_equal(request.id, "1");
    request_clear(&request);
    buf_free(&text);
    json_decref(params);
    return code;
}

static void each_parameter_is_taken_at_its_bounds_and_refused_beyond(void **unused)
{
    (void)unused;
    char error[256], named[80];

    for (enum method method = 0; method < METHOD_COUNT; method++) {
        for (const struct field *field = request_row(method)->fields; field->name; field++) {
            const struct {
                json_t *value;
                bool good;
            } tries[] = {
                {sized(field, field->min), true},
                {sized(field, field->max), true},
                {below(field), false},
                {above(field), false},
                {json_null(), field->nullable},
                {field->type == FIELD_OBJECT ? json_array() : json_object(), false},
                {field->type == FIELD_BOOL ? json_integer(1) : json_true(), false},
            };
            for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
                if (!tries[i].value)
                    continue;
                enum err code = send_with(method, field, tries[i].value, error);
                if ((code == ERR_OK) != tries[i].good)
                    fail_msg("%s %s, try %zu: %s", request_row(method)->name, field->name, i, error);
                snprintf(named, sizeof named, "parameter '%s' is ", field->name);
                assert_true(tries[i].good || (code == ERR_BAD_REQUEST && strstr(error, named)));
            }
            assert_int_equal(send_with(method, field, NULL, error),
                             field->required ? ERR_BAD_REQUEST : ERR_OK);
        }
    }
}

/* --- version --- */

static void another_version_is_refused_by_both_names(void **unused)
{
    (void)unused;
    static const char *const others[] = {"stoa/2", "stoa/", "stoa/10", "STOA/1", "stoa/1 ", "http/1.1"};
    char error[256];

    assert_int_equal(envelope_version("stoa/1", 6, error), ERR_OK);
    assert_int_equal(envelope_version("stoa/1stoa/1", 6, error), ERR_OK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(envelope_version(others[i], strlen(others[i]), error), ERR_VERSION);
        assert_non_null(strstr(error, "stoa/1,"));
        if (!strchr(others[i], ' '))
            assert_non_null(strstr(error, others[i]));
    }
    assert_int_equal(envelope_version("", 0, error), ERR_VERSION);
    assert_int_equal(envelope_version("\x1b[31m\xff\0\n", 8, error), ERR_VERSION);
    assert_non_null(strstr(error, "the other end '?[31m"));
    char *big = malloc(1000);
    memset(big, 'x', 1000);
    assert_int_equal(envelope_version(big, 1000, error), ERR_VERSION);
    assert_true(strlen(error) < 150);
    free(big);
}

/* --- what the daemon says --- */

static void take(const struct buf *text, struct incoming *in)
{
    char *exact = malloc(text->len);
    memcpy(exact, text->data, text->len);
    envelope_incoming(exact, text->len, in);
    free(exact);
}

static void replies_and_notices_come_back_as_they_were_written(void **unused)
{
    (void)unused;
    struct incoming in;
    struct buf text;
    json_t *ok = json_pack("{s:i}", "seq", 12), *detail = json_pack("{s:s}", "a", "b");

    buf_init(&text, 4096);
    assert_true(envelope_put_ok(&text, "r_1", ok));
    assert_string_equal(text.data, "{\"id\":\"r_1\",\"ok\":{\"seq\":12}}");
    take(&text, &in);
    assert_int_equal(in.kind, INCOMING_OK);
    assert_string_equal(in.id, "r_1");
    assert_true(json_equal(in.ok, ok));
    incoming_clear(&in);
    incoming_clear(&in);

    buf_clear(&text);
    assert_true(envelope_put_ok(&text, "r_1", NULL));
    assert_string_equal(text.data, "{\"id\":\"r_1\",\"ok\":{}}");

    for (enum err code = ERR_BAD_REQUEST; code < ERR_COUNT; code++) {
        buf_clear(&text);
        assert_true(
            envelope_put_error(&text, "r_1", code, code % 2 ? "no \"such\" \xff thing" : NULL, detail));
        take(&text, &in);
        assert_int_equal(in.kind, INCOMING_ERROR);
        assert_int_equal(in.code, code);
        assert_string_equal(in.text, code % 2 ? "no \"such\" \xef\xbf\xbd thing" : err_text(code));
        assert_true(json_equal(json_object_get(json_object_get(in.json, "error"), "detail"), detail));
        incoming_clear(&in);
    }

    buf_clear(&text);
    assert_true(envelope_put_resync(&text, SESSION, "behind"));
    assert_string_equal(text.data, "{\"notice\":\"resync\",\"session\":\"" SESSION "\",\"why\":\"behind\"}");
    take(&text, &in);
    assert_int_equal(in.kind, INCOMING_NOTICE);
    assert_string_equal(in.notice, "resync");
    assert_string_equal(in.session, SESSION);
    incoming_clear(&in);

    buf_clear(&text);
    assert_true(envelope_put_bye(&text, "shutting_down", 100));
    assert_string_equal(text.data, "{\"notice\":\"bye\",\"why\":\"shutting_down\",\"retry_after_ms\":100}");
    take(&text, &in);
    assert_int_equal(in.kind, INCOMING_NOTICE);
    assert_null(in.session);
    incoming_clear(&in);

    buf_clear(&text);
    assert_true(envelope_put_config(&text, "a.yaml:1: wrong"));
    assert_string_equal(text.data, "{\"notice\":\"config\",\"text\":\"a.yaml:1: wrong\"}");
    buf_free(&text);
    json_decref(ok);
    json_decref(detail);
}

static void what_is_none_of_these_is_bad(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        enum incoming_kind kind;
    } cases[] = {
        {"", INCOMING_BAD},
        {"[]", INCOMING_BAD},
        {"{}", INCOMING_BAD},
        {"{\"id\":\"1\"}", INCOMING_BAD},
        {"{\"id\":\"1\",\"ok\":5}", INCOMING_BAD},
        {"{\"id\":\"1\",\"error\":\"x\"}", INCOMING_BAD},
        {"{\"id\":\"1\",\"error\":{}}", INCOMING_ERROR},
        {"{\"id\":\"1\",\"error\":{\"code\":5,\"text\":6}}", INCOMING_ERROR},
        {"{\"type\":5}", INCOMING_BAD},
        {"{\"type\":\"x\"}", INCOMING_EVENT},
        {"{\"notice\":\"x\"}", INCOMING_NOTICE},
        {"{\"notice\":1}", INCOMING_BAD},
        {"{\"id\":\"1\",\"ok\":{}}\xff", INCOMING_BAD},
    };
    struct incoming in;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        envelope_incoming(cases[i].text, strlen(cases[i].text), &in);
        if (in.kind != cases[i].kind)
            fail_msg("%s is %d", cases[i].text, (int)in.kind);
        if (in.kind == INCOMING_ERROR)
            assert_string_equal(in.text, err_text(ERR_INTERNAL));
        incoming_clear(&in);
    }
}

static void an_error_is_never_ok(void **unused)
{
    (void)unused;
    static const char text[] = "{\"id\":\"1\",\"error\":{\"code\":\"ok\",\"text\":\"\"}}";
    struct incoming in;

    envelope_incoming(text, strlen(text), &in);
    assert_int_equal(in.kind, INCOMING_ERROR);
    assert_int_equal(in.code, ERR_INTERNAL);
    incoming_clear(&in);
}

static void what_does_not_fit_leaves_the_buffer_as_it_was(void **unused)
{
    (void)unused;
    struct buf out;

    for (size_t max = 3; max < 40; max++) {
        buf_init(&out, max);
        buf_puts(&out, "abc");
        bool fits = envelope_put_ok(&out, "r_1", NULL);
        assert_int_equal(fits, max >= 3 + strlen("{\"id\":\"r_1\",\"ok\":{}}"));
        assert_true(fits || out.len == 3);
        buf_free(&out);
    }
}

static void the_page_has_each_error_code_and_no_other(void **unused)
{
    (void)unused;
    char *section = page_section("### Error codes"), word[64];
    const char *at = section, *after, *end = strstr(section, "`text` is a sentence");
    bool optional, seen[ERR_COUNT] = {0};

    assert_non_null(end);
    while (page_next_word(&at, word, &optional, &after) && at <= end) {
        enum err code = err_from_name(word);
        if (code == ERR_OK || strcmp(err_name(code), word) != 0)
            fail_msg("the page has '%s', the table does not", word);
        assert_false(seen[code]);
        seen[code] = true;
    }
    for (enum err code = ERR_BAD_REQUEST; code < ERR_COUNT; code++)
        if (!seen[code])
            fail_msg("the page does not have '%s'", err_name(code));
    free(section);
}

static void what_is_refused_is_read_no_further_than_its_id_and_method(void **unused)
{
    static const struct {
        const char *text, *id;
        enum method method;
    } known[] = {
        {"{\"id\":\"a1\",\"method\":\"server.ping\",\"params\":{ no json any more", "a1", METHOD_SERVER_PING},
        {" { \"method\" : \"session.list\" ,\n\"id\" : \"b-2\" } ", "b-2", METHOD_SESSION_LIST},
        {"{\"params\":{\"id\":\"no\",\"x\":[\"}\\\"]\",1e3,null]},\"session\":\"s_\",\"id\":\"c\",\"method\":"
         "\"x\"}",
         "c", METHOD_COUNT},
    };
    static const char *const unusual[] = {
        "",
        "{",
        "{}",
        "[]",
        "{\"id\":\"a\"}",
        "{\"id\":1,\"method\":\"server.ping\"}",
        "{\"id\":\"\\u0061\",\"method\":\"server.ping\"}",
        "{\"id\":\"a b\",\"method\":\"server.ping\"}",
        "{\"id\":\"a\",\"method\":\"server.ping",
        "{\"a\":\"\\",
        "{\"a\":[[[",
        "{\"params\":{}}",
        "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"method\":\"server."
        "ping\"}"};
    struct request request;

    (void)unused;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_true(envelope_peek(known[i].text, strlen(known[i].text), &request));
        assert_string_equal(request.id, known[i].id);
        assert_int_equal(request.method, known[i].method);
    }
    for (size_t i = 0; i < sizeof unusual / sizeof unusual[0]; i++)
        if (envelope_peek(unusual[i], strlen(unusual[i]), &request))
            fail_msg("taken: %s", unusual[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_with_all_it_has),
        cmocka_unit_test(every_malformed_request_has_its_code_and_names_the_value),
        cmocka_unit_test(what_is_refused_is_read_no_further_than_its_id_and_method),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(each_parameter_is_taken_at_its_bounds_and_refused_beyond),
        cmocka_unit_test(another_version_is_refused_by_both_names),
        cmocka_unit_test(replies_and_notices_come_back_as_they_were_written),
        cmocka_unit_test(what_is_none_of_these_is_bad),
        cmocka_unit_test(an_error_is_never_ok),
        cmocka_unit_test(what_does_not_fit_leaves_the_buffer_as_it_was),
        cmocka_unit_test(the_page_has_each_error_code_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
