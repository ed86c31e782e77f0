/* An answer of a model's server: header lines, an empty line, a body. What is kept of it is bounded and
 * plain; what is said of it is one clean line without the key; a redirect goes to http or https; a wait lies
 * within its bounds. */
#include "daemon/agent/dialect.h"
#include "daemon/agent/failure.h"
#include "daemon/agent/http_response.h"
#include "daemon/agent/retry.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KEY "sk-0123456789"

enum { DELAY_MIN = 10, DELAY_MAX = 60000, SENTENCE_MAX = 2048 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_plain(const char *text, size_t max)
{
    assert(memchr(text, '\0', max));
    for (; *text; text++)
        assert(*text >= 0x20 && *text < 0x7f);
}

static void check_sentence(char *text)
{
    char *clean = sanitise_line(text, strlen(text), SIZE_MAX);

    assert(*text && strlen(text) <= SENTENCE_MAX && strcmp(clean, text) == 0 && !strstr(text, KEY));
    free(clean);
    free(text);
}

static void check_url(const char *base, const char *reference)
{
    char *joined = http_url_join(base, reference), *shown = http_url_show(reference);

    assert(!joined || strncmp(joined, "http://", 7) == 0 || strncmp(joined, "https://", 8) == 0);
    if (joined) {
        char *again = http_url_show(joined);
        assert(http_url_same_origin(joined, joined) && http_url_same_origin(again, joined));
        free(again);
    }
    free(joined);
    free(shown);
}

static void check_response(const struct http_response *response)
{
    assert(response->status == 0 || (response->status >= 100 && response->status <= 999));
    check_plain(response->reason, sizeof response->reason);
    check_plain(response->session, sizeof response->session);
    assert(memchr(response->challenge, '\0', sizeof response->challenge));
    assert(memchr(response->content_type, '\0', sizeof response->content_type));
    assert(memchr(response->location, '\0', sizeof response->location));
    check_url("https://ann:secret@h.test:81/v1/x", response->location);
    for (int attempt = 0; attempt < 12; attempt++) {
        int64_t delay = retry_delay_ms(response, DELAY_MIN, DELAY_MAX, attempt, 0.999);
        assert(delay >= 0 && delay <= DELAY_MAX);
    }
}

static void check_words(const struct http_result *result, const char *text)
{
    struct failure_server server;

    failure_server_init(&server, "mine", "http://ann:secret@h.test:81/v1", KEY);
    server.tools = true;
    check_sentence(failure_answer(&server, result));
    check_sentence(failure_type(&server, result->response->content_type, result->body, result->body_len));
    check_sentence(failure_stream(&server, text));
    check_sentence(failure_cut(&server, result));
    failure_answer_too_long(result);
    failure_key_usable(text);
    failure_server_clear(&server);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return utf8_locale() ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_response response;
    const char *at = (const char *)data, *end = at + size;

    http_response_reset(&response);
    while (at < end && !response.complete) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((newline ? newline + 1 : end) - at);
        http_response_line(&response, at, len);
        at += len;
    }
    check_response(&response);
    char *text = strndup(at, (size_t)(end - at)), *said = dialect_error_of(at, (size_t)(end - at));
    struct http_result result = {.end = HTTP_WHOLE, .response = &response, .why = "", .body = at};
    result.body_len = (size_t)(end - at);
    check_words(&result, text);
    result.end = response.status ? HTTP_CUT : HTTP_UNREACHABLE;
    result.why = "it is gone";
    check_words(&result, text);
    http_retry_after(text, 1763750000000);
    free(said);
    free(text);
    return 0;
}
