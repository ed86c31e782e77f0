/* What stays on the normal screen when the full-screen client ends: the last answer, what may be lost, and
 * how to come back. */
#include "shared/buf.h"
#include "tui/app_private.h"
#include "tui/record.h"
#include "tui/terminal/tty.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    ATTACH_ID_MIN = 10, /* characters of a session's id in the resume command */
    ANSWER_LINES = 20,  /* of the last answer, on the normal screen */
    ANSWER_BYTES_MAX = 16 << 20
};

/* As much of the id as tells it from those of the other sessions. */
static int attach_length(const struct ui *ui)
{
    size_t len = ATTACH_ID_MIN;

    for (size_t i = 0; i < sessions_count(ui->sessions); i++) {
        const char *other = sessions_at(ui->sessions, i)->id;
        while (strcmp(other, ui->session) != 0 && ui->session[len] && strncmp(other, ui->session, len) == 0)
            len++;
    }
    return (int)len;
}

/* The end of the last answer, as it was laid out. */
static void put_last_answer(const struct app *app, int cols, struct buf *out)
{
    const struct state *state = client_state(app->client, app->ui.session);
    const struct record_look look = {.width = (size_t)cols};
    const struct message *last = NULL;
    struct buf text;

    for (size_t i = state ? state->message_count : 0; i > 0 && !last; i--)
        if (state->messages[i - 1]->role == MESSAGE_ROLE_ASSISTANT)
            last = state->messages[i - 1];
    if (!last)
        return;
    buf_init(&text, ANSWER_BYTES_MAX);
    record_message(&text, last, &look);
    size_t at = text.len;
    for (int lines = 0; at > 0 && lines <= ANSWER_LINES; lines += at > 0 && text.data[at - 1] == '\n')
        at--;
    buf_printf(out, "%s%s\n", at > 0 ? "…\n" : "", text.data + at + (at > 0));
    buf_free(&text);
}

void app_say_goodbye(const struct app *app, int cols, bool frame_stays)
{
    const struct ui *ui = &app->ui;
    struct buf text;

    buf_init(&text, 2 * (size_t)ANSWER_BYTES_MAX);
    if (!frame_stays)
        put_last_answer(app, cols, &text);
    for (const struct outbox_entry *entry = outbox_first(ui->outbox); entry; entry = entry->next)
        if (!entry->arrived)
            buf_printf(&text, "not acknowledged by the daemon:\n%s\n\n", entry->text);
    for (const struct draft *draft = outbox_drafts(ui->outbox); draft; draft = draft->next)
        if (*draft->text && strcmp(draft->session, ui->session) != 0 && !draft->kept)
            buf_printf(&text, "draft for session %.*s:\n%s\n\n", ATTACH_ID_MIN, draft->session, draft->text);
    buf_printf(&text, "stoa %s%s%sattach %.*s\n", ui->daemon ? "-d " : "", ui->daemon ? ui->daemon : "",
               ui->daemon ? " " : "", attach_length(ui), ui->session);
    tty_say(STDOUT_FILENO, text.data, text.len);
    buf_clear(&text);
    if (app->last_words && buf_printf(&text, "stoa: %s\n", app->last_words))
        tty_say(STDERR_FILENO, text.data, text.len);
    buf_free(&text);
}
