/* Whatever a message says and whatever is searched in it: pieces of hits lie within their lines, in order,
 * and a line where a hit begins is found from both sides. The first byte is the width, the next line is the
 * needle, the rest the message. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/local.h"
#include "tui/text/find.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return utf8_locale() ? 0 : -1;
}

static bool check_line(const struct needle *needle, const struct message *message,
                       const struct layout *layout, size_t line)
{
    struct find_piece pieces[FIND_PIECES_MAX];
    size_t count = find_pieces(needle, message, layout, line, pieces), at = 0;
    struct layout_line text = layout_line(layout, line);

    for (size_t i = 0; i < count; i++) {
        assert(pieces[i].len > 0 && pieces[i].at >= at);
        at = pieces[i].at + pieces[i].len;
        assert(at <= text.len && utf8_valid(text.text + pieces[i].at, pieces[i].len));
    }
    return count > 0;
}

static void check(const struct needle *needle, const struct message *message, const struct layout *layout)
{
    size_t lines = layout_lines(layout), first = 0, last = 0;
    bool any = false;

    for (size_t line = 0; line < lines; line++)
        any = check_line(needle, message, layout, line) || any;
    bool down = find_line(needle, message, layout, 0, true, &first);
    bool up = find_line(needle, message, layout, lines - 1, false, &last);
    assert(down == up && (!any || down) && (!down || first <= last));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
    struct folds folds = {.unfolded = true};

    if (!end)
        return 0;
    char *typed = sanitise_line((const char *)data + 1, (size_t)(end - data) - 1, 200);
    char *said = sanitise_text((const char *)end + 1, size - (size_t)(end + 1 - data), SANITISE_STRIP, 65536);
    struct needle *needle = needle_new(typed, strlen(typed));
    struct message *message = local_message("ann", said);
    struct layout *layout = layout_new();

    if (needle && message) {
        message->role = data[0] & 1 ? MESSAGE_ROLE_ASSISTANT : MESSAGE_ROLE_USER;
        layout_update(layout, message, data[0] / 2 + 4, &folds);
        check(needle, message, layout);
    }
    layout_free(&layout);
    message_free(&message);
    needle_free(&needle);
    free(typed);
    free(said);
    return 0;
}
