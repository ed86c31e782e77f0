/* Nothing here knows the time: a second lasts from one talk_next_second to the next. */
#include "daemon/agent/mcp/talk.h"
#include <stdio.h>

void talk_init(struct talk *talk, void (*said)(void *arg, const char *line, size_t len), void *arg)
{
    *talk = (struct talk){.said = said, .arg = arg};
    lines_init(&talk->lines, TALK_LINE_BYTES, true);
}

void talk_free(struct talk *talk)
{
    lines_free(&talk->lines);
}

void talk_line(struct talk *talk, const char *line, size_t len)
{
    if (len == 0)
        return;
    if (talk->count == TALK_LINES) {
        talk->left_out++;
        return;
    }
    talk->count++;
    talk->said(talk->arg, line, len < TALK_LINE_BYTES ? len : TALK_LINE_BYTES);
}

void talk_take(struct talk *talk, char *bytes, size_t len)
{
    char *line;
    size_t line_len;

    talk->bytes += len;
    while (lines_next(&talk->lines, &bytes, &len, &line, &line_len) == LINES_LINE)
        talk_line(talk, line, line_len);
}

bool talk_is_full(const struct talk *talk)
{
    return talk->bytes >= TALK_SECOND_BYTES;
}

static void tell_left_out(struct talk *talk)
{
    char text[96];
    int len =
        snprintf(text, sizeof text, "(%u more lines were left out: it writes too fast)", talk->left_out);

    if (talk->left_out > 0)
        talk->said(talk->arg, text, (size_t)len);
    talk->left_out = 0;
}

bool talk_next_second(struct talk *talk)
{
    bool busy = talk->count > 0 || talk->bytes > 0;

    tell_left_out(talk);
    talk->count = 0;
    talk->bytes = 0;
    return busy;
}

void talk_end(struct talk *talk)
{
    char *line;
    size_t len;

    if (lines_last(&talk->lines, &line, &len))
        talk_line(talk, line, len);
    tell_left_out(talk);
}
