/* Forms: which fields a server's schema becomes, and which answers are taken. */
#include "daemon/agent/mcp/form.h"
#include "shared/jsonx.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    char error[160] = "";
    json_t *value = jsonx_parse(text, strlen(text), error);

    if (!value)
        fail_msg("%s: %s", text, error);
    return value;
}

static json_t *fields_of(const char *properties)
{
    json_t *schema = json_object(), *fields;
    char error[FORM_ERROR_MAX] = "";

    jsonx_set_str(schema, "type", "object");
    json_object_set_new(schema, "properties", parse(properties));
    json_object_set_new(schema, "required", parse("[\"name\"]"));
    fields = form_fields(schema, error);
    if (!fields)
        fail_msg("%s: %s", properties, error);
    json_decref(schema);
    return fields;
}

static void assert_fields(const char *properties, const char *expected)
{
    json_t *fields = fields_of(properties), *wanted = parse(expected);
    char *text = jsonx_dump(fields, NULL);

    if (!json_equal(fields, wanted))
        fail_msg("%s", text);
    free(text);
    json_decref(fields);
    json_decref(wanted);
}

static void fields_come_in_the_order_of_the_schema(void **state)
{
    (void)state;

    assert_fields(
        "{\"name\":{\"type\":\"string\",\"title\":\"Name\",\"description\":\"Yours\",\"minLength\":1,"
        "\"maxLength\":9},\"age\":{\"type\":\"integer\",\"minimum\":0,\"default\":7},"
        "\"mail\":{\"type\":\"string\",\"format\":\"email\"},\"ok\":{\"type\":\"boolean\",\"default\":false}"
        "}",
        "[{\"name\":\"name\",\"type\":\"text\",\"title\":\"Name\",\"text\":\"Yours\",\"required\":true,"
        "\"min\":1,\"max\":9},{\"name\":\"age\",\"type\":\"integer\",\"required\":false,\"min\":0,"
        "\"default\":7},{\"name\":\"mail\",\"type\":\"text\",\"format\":\"email\",\"required\":false},"
        "{\"name\":\"ok\",\"type\":\"boolean\",\"required\":false,\"default\":false}]");
}

static void each_way_to_write_a_choice_is_known(void **state)
{
    static const char *const options =
        "[{\"value\":\"r\",\"title\":\"Red\"},{\"value\":\"g\",\"title\":\"Green\"}]";
    static const struct {
        const char *schema, *type;
    } cases[] = {
        {"{\"type\":\"string\",\"enum\":[\"r\",\"g\"],\"enumNames\":[\"Red\",\"Green\"]}", "choice"},
        {"{\"type\":\"string\",\"oneOf\":[{\"const\":\"r\",\"title\":\"Red\"},{\"const\":\"g\",\"title\":"
         "\"Green\"}]}",
         "choice"},
        {"{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[{\"const\":\"r\",\"title\":\"Red\"},"
         "{\"const\":\"g\",\"title\":\"Green\"}]}}",
         "choices"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *properties = strcat(strcat(strcpy(malloc(512), "{\"c\":"), cases[i].schema), "}");
        json_t *fields = fields_of(properties), *wanted = parse(options);
        json_t *field = json_array_get(fields, 0);

        assert_string_equal(jsonx_str(field, "type", ""), cases[i].type);
        assert_true(json_equal(json_object_get(field, "options"), wanted));
        json_decref(fields);
        json_decref(wanted);
        free(properties);
    }
    assert_fields(
        "{\"c\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"r\"]},\"default\":[\"r\"],"
        "\"maxItems\":1}}",
        "[{\"name\":\"c\",\"type\":\"choices\",\"required\":false,\"max\":1,\"default\":[\"r\"],"
        "\"options\":[{\"value\":\"r\",\"title\":\"r\"}]}]");
}

static void what_a_form_cannot_ask_for_is_refused_by_name(void **state)
{
    static const struct {
        const char *schema, *error;
    } cases[] = {
        {"{\"type\":\"object\",\"properties\":{\"deep\":{\"type\":\"object\"}}}",
         "the field deep is of the type object, which a form can't ask for"},
        {"{\"type\":\"object\",\"properties\":{\"a\":{}}}", "(none)"},
        {"{\"type\":\"object\",\"properties\":{\"list\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}"
         "}",
         "no options"},
        {"{\"type\":\"object\",\"properties\":{\"e\":{\"type\":\"string\",\"enum\":[]}}}", "no options"},
        {"{\"type\":\"object\",\"properties\":{\"e\":{\"type\":\"string\",\"enum\":[1]}}}", "no string"},
        {"{\"type\":\"object\",\"properties\":{\"e\":7}}", "no schema"},
        {"{\"type\":\"array\"}", "no object"},
        {"7", "no object"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *schema = parse(cases[i].schema);
        char error[FORM_ERROR_MAX] = "";
        json_t *fields = form_fields(schema, error);

        if (fields || !strstr(error, cases[i].error))
            fail_msg("%s: %s", cases[i].schema, error);
        json_decref(schema);
    }
}

static void a_hostile_form_is_bounded(void **state)
{
    json_t *schema = json_object(), *properties = json_object(), *field = json_object();
    char *long_text = malloc(5000), name[16], error[FORM_ERROR_MAX];
    json_t *fields;
    (void)state;

    memset(long_text, 'x', 4999);
    long_text[4999] = '\0';
    jsonx_set_str(field, "type", "string");
    jsonx_set_str(field, "title", long_text);
    json_object_set_new(schema, "properties", properties);
    for (int i = 0; i < FORM_FIELDS_MAX; i++) {
        snprintf(name, sizeof name, "f%d", i);
        json_object_set(properties, name, field);
    }
    fields = form_fields(schema, error);
    assert_int_equal(json_array_size(fields), FORM_FIELDS_MAX);
    assert_int_equal(strlen(jsonx_str(json_array_get(fields, 0), "title", "")), FORM_TEXT_MAX);
    json_decref(fields);
    json_object_set(properties, "more", field);
    assert_null(form_fields(schema, error));
    assert_non_null(strstr(error, "more than 64 fields"));
    json_decref(field);
    json_decref(schema);
    free(long_text);
}

#define ANSWER_FIELDS                                                                                        \
    "{\"name\":{\"type\":\"string\",\"maxLength\":4},\"n\":{\"type\":\"number\",\"minimum\":0,\"maximum\":"  \
    "9},"                                                                                                    \
    "\"i\":{\"type\":\"integer\",\"default\":3},\"b\":{\"type\":\"boolean\"},"                               \
    "\"c\":{\"type\":\"string\",\"enum\":[\"x\",\"y\"]},\"p\":{\"type\":\"string\",\"pattern\":\"^a+$\"},"   \
    "\"m\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"string\",\"enum\":[\"x\",\"y\"]}}}"

static void an_answer_is_checked_by_field(void **state)
{
    static const struct {
        const char *content, *error; /* NULL: taken */
    } cases[] = {
        {"{\"name\":\"Ann\"}", NULL},
        {"{\"name\":\"\",\"n\":0,\"i\":5.0,\"b\":true,\"c\":\"y\",\"m\":[\"x\",\"y\"],\"p\":\"aa\"}", NULL},
        {"{\"name\":\"Ann\",\"b\":null}", NULL},
        {"{}", "name is missing; the form needs it"},
        {"{\"name\":7}", "name is 7; it must be a text"},
        {"{\"name\":\"Annie\"}", "name is \"Annie\"; it must be at most 4 characters long"},
        {"{\"name\":\"A\",\"n\":-1}", "n is -1; it must be at least 0"},
        {"{\"name\":\"A\",\"n\":9.5}", "n is 9.5; it must be at most 9"},
        {"{\"name\":\"A\",\"n\":\"1\"}", "n is \"1\"; it must be a number"},
        {"{\"name\":\"A\",\"i\":1.5}", "i is 1.5; it must be a whole number"},
        {"{\"name\":\"A\",\"b\":\"yes\"}", "b is \"yes\"; it must be true or false"},
        {"{\"name\":\"A\",\"c\":\"z\"}", "c is \"z\"; it must be one of the options"},
        {"{\"name\":\"A\",\"p\":\"b\"}", "p is \"b\"; it must be like the pattern ^a+$"},
        {"{\"name\":\"A\",\"m\":[\"z\"]}", "m is \"z\"; it must be one of the options"},
        {"{\"name\":\"A\",\"m\":[]}", "m is []; it must be at least 1 options"},
        {"{\"name\":\"A\",\"z\":1}", "the form has no field z"},
        {"[]", "the answer to a form is an object"},
    };
    json_t *fields = fields_of(ANSWER_FIELDS);
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *content = parse(cases[i].content);
        char error[FORM_ERROR_MAX] = "";
        bool ok = form_check(fields, content, error);

        if (ok != !cases[i].error || strcmp(error, cases[i].error ? cases[i].error : "") != 0)
            fail_msg("%s: %s", cases[i].content, error);
        if (ok)
            assert_true(json_is_number(json_object_get(content, "i"))); /* its default */
        json_decref(content);
    }
    json_decref(fields);
}

static void formats_are_checked(void **state)
{
    static const struct {
        const char *format, *good[4], *bad[8];
    } cases[] = {
        {"email",
         {"a@b.org", "first.last+x@mail.example.org", "\xc3\xa4@\xc3\xa4.de"},
         {"a", "@b", "a@", "a b@c.de", "a@-b.de", "a@b..de", ".a@b.de"}},
        {"uri",
         {"https://example.org/a?b=c#d", "mailto:a@b.org", "urn:x:y"},
         {"example.org", "https:", "http://a b", "1a:b", "a:%zz", "a:<b>", ":a"}},
        {"date",
         {"2025-12-31", "2024-02-29", "2000-02-29"},
         {"2025-02-29", "1900-02-29", "2025-13-01", "2025-1-1", "2025-12-31T"}},
        {"date-time",
         {"2025-12-31T23:59:60Z", "2025-01-01T00:00:00.5+02:00", "2025-01-01t00:00:00z"},
         {"2025-12-31", "2025-12-31 10:00:00Z", "2025-12-31T24:00:00Z", "2025-12-31T10:00:00",
          "2025-12-31T10:00:00.Z", "2025-12-31T10:00:00+2:00"}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[FORM_ERROR_MAX];
        json_t *fields = json_pack("[{s:s,s:s,s:s}]", "name", "f", "type", "text", "format", cases[i].format);

        for (int j = 0; j < 4 && cases[i].good[j]; j++) {
            json_t *content = json_pack("{s:s}", "f", cases[i].good[j]);

            if (!form_check(fields, content, error))
                fail_msg("%s", error);
            json_decref(content);
        }
        for (int j = 0; j < 8 && cases[i].bad[j]; j++) {
            json_t *content = json_pack("{s:s}", "f", cases[i].bad[j]);

            if (form_check(fields, content, error))
                fail_msg("%s taken as %s", cases[i].bad[j], cases[i].format);
            assert_non_null(strstr(error, "such as"));
            json_decref(content);
        }
        json_decref(fields);
    }
}

static void a_default_that_does_not_answer_its_field_is_left_out(void **state)
{
    (void)state;

    assert_fields(
        "{\"a\":{\"type\":\"integer\",\"default\":\"x\"},\"b\":{\"type\":\"string\",\"enum\":[\"y\"],"
        "\"default\":\"z\"}}",
        "[{\"name\":\"a\",\"type\":\"integer\",\"required\":false},{\"name\":\"b\",\"type\":\"choice\","
        "\"required\":false,\"options\":[{\"value\":\"y\",\"title\":\"y\"}]}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_in_the_order_of_the_schema),
        cmocka_unit_test(each_way_to_write_a_choice_is_known),
        cmocka_unit_test(what_a_form_cannot_ask_for_is_refused_by_name),
        cmocka_unit_test(a_hostile_form_is_bounded),
        cmocka_unit_test(an_answer_is_checked_by_field),
        cmocka_unit_test(formats_are_checked),
        cmocka_unit_test(a_default_that_does_not_answer_its_field_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
