/* Requests and what a client receives: an error is a sentence in UTF-8, and what is taken is within its row.
 */
#include "proto/envelope.h"
#include "shared/utf8.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check(int good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request, again;
    struct incoming in;
    struct buf text;
    char error[256] = "";
    const char *bytes = (const char *)data;

    if (envelope_request(bytes, size, &request, error) == ERR_OK) {
        check(request.method < METHOD_COUNT && request.id[0] && request.params != NULL);
        check(request_row(request.method)->session == (request.session[0] != '\0'));
        buf_init(&text, SIZE_MAX);
        check(envelope_put_request(&text, request.id, request.method,
                                   request.session[0] ? request.session : NULL, request.params));
        check(envelope_request(text.data, text.len, &again, error) == ERR_OK);
        check(strcmp(again.id, request.id) == 0 && json_equal(again.params, request.params));
        request_clear(&again);
        check(!envelope_peek(bytes, size, &again) ||
              (again.method == request.method && strcmp(again.id, request.id) == 0));
        buf_free(&text);
    } else {
        check(error[0] && strlen(error) < sizeof error && utf8_valid(error, strlen(error)));
        check(request.params == NULL);
    }
    request_clear(&request);
    if (envelope_peek(bytes, size, &again))
        check(envelope_is_id(again.id) && again.params == NULL);

    envelope_incoming(bytes, size, &in);
    check(in.kind != INCOMING_ERROR || (in.code != ERR_OK && in.text));
    check(in.kind != INCOMING_OK || (in.ok && in.id));
    check(in.kind != INCOMING_NOTICE || in.notice);
    incoming_clear(&in);

    if (envelope_version(bytes, size, error) != ERR_OK)
        check(utf8_valid(error, strlen(error)));
    return 0;
}
