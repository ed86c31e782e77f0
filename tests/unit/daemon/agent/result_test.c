/* What a model is told of what a tool gave, and what is kept of it in the session's folder. */
#include "daemon/agent/result.h"
#include "daemon/agent/result_file.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[32];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/stoa-result-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static struct result read_result(const char *mcp, size_t max)
{
    json_t *json = json_loads(mcp, 0, NULL);
    struct result_place place = {.folder = folder, .name = "m_1-0", .max = max};
    struct result result;

    if (!json)
        fail_msg("the test's own JSON is broken: %s", mcp);
    result_read(json, &place, &result);
    json_decref(json);
    return result;
}

static void expect(const char *mcp, const char *text)
{
    struct result result = read_result(mcp, 65536);

    assert_string_equal(result.text, text);
    assert_null(result.file);
    result_clear(&result);
}

/* The bytes of a file of the session's folder; free() them. */
static char *kept(const char *name, size_t *len)
{
    char path[128], *bytes = calloc(1, 1 << 20);
    struct stat about;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    *len = (size_t)read(fd, bytes, (1 << 20) - 1);
    close(fd);
    return bytes;
}

#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"

static void text_is_said_as_it_is(void **state)
{
    (void)state;
    expect("{\"content\":[" TEXT("a\\u001b[1m\\nb") "]}", "a\x1b[1m\nb");
    expect("{\"content\":[" TEXT("a") "," TEXT("b") "]}", "a\n\nb");
    expect("{\"content\":[]}", "(it gave no output)");
    expect("{}", "(it gave no output)");
    expect("{\"content\":[" TEXT(" \\n") "]}", "(it gave no output)");
}

static void a_tool_may_fail(void **state)
{
    struct result result = read_result("{\"isError\":true,\"content\":[" TEXT("no such file") "]}", 1000);

    (void)state;
    assert_int_equal(result.state, CALL_FAILED);
    assert_string_equal(result.text, "no such file");
    result_clear(&result);
    result = read_result("{\"isError\":true}", 1000);
    assert_string_equal(result.text, "(it failed, and does not say why)");
    result_clear(&result);
    result = read_result("{\"content\":[" TEXT("x") "]}", 1000);
    assert_int_equal(result.state, CALL_DONE);
    result_clear(&result);
}

static void images_are_described_and_kept(void **state)
{
    size_t len;

    (void)state;
    expect("{\"content\":[" TEXT(
               "see:") ",{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"iVBORw0KGgo=\"}]}",
           "see:\n\n[image image/png, 8 bytes, saved as results/m_1-0-1.png]");
    char *bytes = kept("results/m_1-0-1.png", &len);
    assert_int_equal(len, 8);
    assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
    free(bytes);
    expect("{\"content\":[{\"type\":\"audio\",\"mimeType\":\"audio/odd\",\"data\":\"YQ\"}]}",
           "[audio audio/odd, 1 bytes, saved as results/m_1-0-1.bin]");
}

static void base64_in_all_its_lengths(void **state)
{
    static const struct {
        const char *text, *bytes;
    } cases[] = {{"", ""},           {"YQ==", "a"},     {"YWI=", "ab"},           {"YWJj", "abc"},
                 {"YWJjZA", "abcd"}, {"YW\nJj", "abc"}, {"-_-_", "\xfb\xff\xbf"}, {"+/+/", "\xfb\xff\xbf"}};
    static const char *const bad[] = {"Y", "Y===", "YQ==x", "Y*Q=", "\xc3\xa9\xc3\xa9"};
    char name[16], error[128], path[64];
    size_t len;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(name, sizeof name, "f%zu", i);
        assert_true(result_file_save_base64(folder, name, cases[i].text, &len, error));
        assert_int_equal(len, strlen(cases[i].bytes));
        snprintf(path, sizeof path, "results/%s", name);
        char *bytes = kept(path, &len);
        assert_string_equal(bytes, cases[i].bytes);
        free(bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(result_file_save_base64(folder, "bad", bad[i], &len, error));
        assert_string_equal(error, "it is no base64");
    }
    expect("{\"content\":[{\"type\":\"image\",\"mimeType\":\"image/png\",\"data\":\"?\"}]}",
           "[image image/png, 0 bytes, not saved: it is no base64]");
}

static void resources_and_links(void **state)
{
    (void)state;
    expect("{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///a\",\"text\":\"inside\"}}]}",
           "[resource file:///a]\ninside");
    expect("{\"content\":[{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///"
           "b\",\"mimeType\":\"application/pdf\","
           "\"blob\":\"YWJj\"}}]}",
           "[resource file:///b application/pdf, 3 bytes, saved as results/m_1-0-1.pdf]");
    expect("{\"content\":[{\"type\":\"resource_link\",\"uri\":\"file:///"
           "c\",\"name\":\"c\",\"description\":\"the sea\","
           "\"mimeType\":\"text/plain\",\"size\":20000}]}",
           "[link c file:///c, text/plain, 20 KiB: the sea]");
    expect("{\"content\":[{\"type\":\"telepathy\"},7,{\"type\":\"resource\"}]}",
           "[content of an unknown kind]\n\n[content of an unknown kind]\n\n[resource, 0 bytes, saved as "
           "results/m_1-0-1.bin]");
}

static void structured_content_is_said_once(void **state)
{
    (void)state;
    expect("{\"content\":[],\"structuredContent\":{\"a\":1}}", "{\"a\":1}");
    expect("{\"content\":[" TEXT("{ \\\"a\\\": 1 }") "],\"structuredContent\":{\"a\":1}}", "{ \"a\": 1 }");
    expect("{\"content\":[" TEXT("one") "],\"structuredContent\":{\"a\":1}}", "one\n\n{\"a\":1}");
    expect("{\"content\":[" TEXT("one") "],\"structuredContent\":{\"content\":\"one\"}}", "one");
    expect("{\"content\":[" TEXT("one") "],\"structuredContent\":{\"content\":\"two\"}}",
           "one\n\n{\"content\":\"two\"}");
    expect("{\"content\":[" TEXT("one") "],\"structuredContent\":[1]}", "one\n\n[1]");
    expect("{\"content\":[" TEXT("one") "],\"structuredContent\":null}", "one");
}

static char *long_mcp(size_t count)
{
    char *mcp = malloc(count * 2 + 64), *end = stpcpy(mcp, "{\"content\":[{\"type\":\"text\",\"text\":\"");

    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, "\xC3\xA9");
    strcpy(end, "\"}]}");
    return mcp;
}

static void what_is_too_long_is_cut_and_kept(void **state)
{
    char *mcp = long_mcp(5001), *bytes;
    struct result result = read_result(mcp, 1001); /* an odd number would cut a character */
    size_t len;

    (void)state;
    assert_true(strlen(result.text) <= 1001);
    assert_true(utf8_valid(result.text, strlen(result.text)));
    assert_non_null(strstr(result.text, "\n[cut: 800 of 10002 bytes; the whole is in results/m_1-0.txt]"));
    assert_string_equal(result.file, "results/m_1-0.txt");
    bytes = kept(result.file, &len);
    assert_int_equal(len, 10002);
    free(bytes);
    result_clear(&result);

    result = read_result(mcp, STATE_NOTE_MAX); /* the same name again: what is there is not touched */
    assert_null(result.file);
    assert_true(strlen(result.text) <= STATE_NOTE_MAX);
    assert_non_null(strstr(result.text, "; the whole could not be kept: File exists]"));
    result_clear(&result);
    free(mcp);
}

static void without_a_folder_it_is_said_that_nothing_is_kept(void **state)
{
    char *mcp = long_mcp(500);
    json_t *json = json_loads(mcp, 0, NULL);
    struct result_place place = {.folder = NULL, .name = "x", .max = 500};
    struct result result;

    (void)state;
    result_read(json, &place, &result);
    assert_non_null(strstr(result.text, "the whole could not be kept: the session has no folder]"));
    result_clear(&result);
    result_read_text("short", CALL_FAILED, &place, &result);
    assert_string_equal(result.text, "short");
    assert_int_equal(result.state, CALL_FAILED);
    result_clear(&result);
    json_decref(json);
    free(mcp);
}

/* A server that has the session's folder for its own can't lead the agent astray. */
static void links_are_not_followed(void **state)
{
    char path[128], error[128], target[] = "/tmp/stoa-target-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(target));
    snprintf(path, sizeof path, "%s/results", folder);
    assert_int_equal(symlink(target, path), 0);
    assert_false(result_file_save(folder, "a", "x", 1, error));
    assert_int_equal(unlink(path), 0);

    assert_true(result_file_save(folder, "a", "x", 1, error));
    snprintf(path, sizeof path, "%s/results/b", folder);
    assert_int_equal(symlink("/tmp/nowhere-at-all", path), 0);
    assert_false(result_file_save(folder, "b", "x", 1, error));
    assert_string_equal(error, "File exists");
    assert_int_equal(rmdir(target), 0); /* still empty */
}

static void many_parts_and_files_are_bounded(void **state)
{
    json_t *parts = json_array(), *mcp = json_pack("{s:o}", "content", parts);
    struct result_place place = {.folder = folder, .name = "n", .max = 1 << 20};
    struct result result;

    (void)state;
    for (int i = 0; i < 5000; i++)
        json_array_append_new(
            parts, json_pack("{s:s,s:s,s:s}", "type", "image", "mimeType", "image/gif", "data", "YQ=="));
    result_read(mcp, &place, &result);
    assert_non_null(strstr(result.text, "saved as results/n-32.gif]"));
    assert_non_null(strstr(result.text, "[image image/gif, 3 bytes, not saved: there are too many]"));
    assert_true(strlen(result.text) < 100000);
    result_clear(&result);
    json_decref(mcp);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static void what_the_owner_has_no_room_for_is_not_kept(void **state)
{
    int64_t left = 3000;
    struct result_place place = {.folder = folder, .name = "full", .max = 1000, .left = &left};
    struct result result;
    char text[2001] = "";

    (void)state;
    memset(text, 'x', sizeof text - 1);
    result_read_text(text, CALL_DONE, &place, &result);
    assert_non_null(result.file);
    assert_int_equal(left, 1000);
    result_clear(&result);
    place.name = "fuller";
    result_read_text(text, CALL_DONE, &place, &result);
    assert_null(result.file);
    assert_int_equal(left, 1000);
    assert_non_null(strstr(result.text, "of 2000 bytes; the whole could not be kept: the session's owner may"
                                        " store no more (quota.stored)]"));
    result_clear(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(text_is_said_as_it_is),
        CASE(a_tool_may_fail),
        CASE(images_are_described_and_kept),
        CASE(base64_in_all_its_lengths),
        CASE(resources_and_links),
        CASE(structured_content_is_said_once),
        CASE(what_is_too_long_is_cut_and_kept),
        CASE(without_a_folder_it_is_said_that_nothing_is_kept),
        CASE(links_are_not_followed),
        CASE(many_parts_and_files_are_bounded),
        CASE(what_the_owner_has_no_room_for_is_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
