/* The side bar: sessions, and who is present in the one looked at. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/text/wrap.h"
#include "tui/view.h"
#include "tui/view_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 120, HEADINGS = 3 }; /* HEADINGS: two of them, and a blank row */

static char *clean(const char *text)
{
    return sanitise_line(text ? text : "", text ? strlen(text) : 0, NAME_BYTES_MAX);
}

static const char *base_name(const char *path)
{
    const char *slash = strstr(path, "pts/") ? strstr(path, "pts/") : strrchr(path, '/');

    return !slash ? path : *slash == '/' ? slash + 1 : slash;
}

char *view_participant_name(const struct ui *ui, const struct participant *participant)
{
    if (ui->hello && strcmp(participant->id, ui->hello->participant) == 0)
        return xstrdup("you");
    if (!ui->hello || strcmp(participant->user, ui->hello->user) != 0)
        return clean(participant->user);
    char *terminal = clean(participant->terminal); /* one's own: it tells them apart */
    char *name = clean(*terminal ? base_name(terminal) : participant->kind);
    free(terminal);
    return name;
}

/* Rows of the area for sessions and for participants. */
static void share_rows(const struct ui *ui, int rows, int *sessions, int *present)
{
    int room = rows - HEADINGS, want = ui->state ? (int)ui->state->participant_count : 0;
    int most = room / 3 > 1 ? room / 3 : 1;

    *present = want < most ? want : most;
    *sessions = room - *present;
    if (*sessions > (int)sessions_count(ui->sessions))
        *sessions = (int)sessions_count(ui->sessions);
}

static void border(struct screen *screen, int y, int x)
{
    screen_row(screen, y, x, 1, STYLE_RULE);
    screen_puts(screen, "│", STYLE_RULE);
    screen_row_end(screen);
}

static void heading(struct screen *screen, struct area area, int y, const char *text, size_t above)
{
    char more[32] = "";

    if (above > 0)
        snprintf(more, sizeof more, "%zu", above);
    screen_row(screen, y, area.x, area.cols - 1, STYLE_DIM);
    screen_puts(screen, " ", STYLE_DIM);
    screen_puts(screen, text, STYLE_DIM);
    screen_repeat(screen, " ", screen_left(screen) - (int)strlen(more) - 1, STYLE_DIM);
    screen_puts(screen, more, STYLE_DIM);
    screen_row_end(screen);
}

static void session_line(const struct ui *ui, struct screen *screen, struct area area, int y, size_t index)
{
    const struct session_row *row = sessions_at(ui->sessions, index);
    struct session_look look = session_row_look(row);
    bool here = strcmp(row->id, ui->session) == 0;
    char number[8] = "  ";
    int word = *look.word ? (int)strlen(look.word) + 1 : 0;

    if (index < 9)
        snprintf(number, sizeof number, "%zu ", index + 1);
    screen_row(screen, y, area.x, area.cols - 1, STYLE_TEXT);
    screen_puts(screen, here ? "▌" : " ", STYLE_MARK);
    screen_puts(screen, look.glyph, look.style);
    screen_puts(screen, " ", STYLE_TEXT);
    screen_puts(screen, number, STYLE_DIM);
    int room = screen_left(screen) - word - 1, wide = (int)utf8_width(row->title, strlen(row->title));
    size_t next, shown = wide > room && room > 1
                             ? wrap_next(row->title, strlen(row->title), (size_t)room - 1, WRAP_HARD, &next)
                             : strlen(row->title);
    screen_put(screen, row->title, shown, here ? STYLE_STRONG : STYLE_TEXT);
    if (wide > room)
        screen_puts(screen, "…", STYLE_DIM);
    screen_repeat(screen, " ", screen_left(screen) - word, STYLE_TEXT);
    screen_puts(screen, look.word, look.style);
    screen_row_end(screen);
}

static void participant_line(const struct ui *ui, struct screen *screen, struct area area, int y,
                             const struct participant *participant)
{
    char *name = view_participant_name(ui, participant);
    bool you = strcmp(name, "you") == 0;
    bool own = ui->hello && strcmp(participant->user, ui->hello->user) == 0;
    const char *role = own ? "viewing" : role_name(state_role(ui->state, participant->user));
    const char *mine = ui->hello ? role_name(state_role(ui->state, ui->hello->user)) : "here";
    const char *word = participant->typing ? "typing"
                       : you               ? (ui->state->member_count > 0 ? mine : "here")
                                           : role;

    screen_row(screen, y, area.x, area.cols - 1, STYLE_TEXT);
    screen_puts(screen, participant->typing ? " … " : " ○ ", participant->typing ? STYLE_GOOD : STYLE_DIM);
    size_t next, len = strlen(name);
    size_t room = (size_t)(area.cols - 1 - 3 - 10);
    screen_put(screen, name, len > 0 ? wrap_next(name, len, room, WRAP_HARD, &next) : 0,
               you ? STYLE_YOU : STYLE_PERSON);
    screen_puts(screen, "  ", STYLE_TEXT);
    screen_puts(screen, word, participant->typing ? STYLE_GOOD : STYLE_DIM);
    screen_row_end(screen);
    free(name);
}

void view_side(const struct ui *ui, struct screen *screen, struct area area)
{
    int sessions, present, y = area.y;
    size_t count = sessions_count(ui->sessions);

    share_rows(ui, area.rows, &sessions, &present);
    for (int i = 0; i < area.rows; i++)
        border(screen, area.y + i, area.x + area.cols - 1);
    heading(screen, area, y++, "sessions", count > (size_t)sessions ? count : 0);
    size_t first = view_first_shown(sessions_find(ui->sessions, ui->session), count, (size_t)sessions);
    for (int i = 0; i < sessions; i++)
        session_line(ui, screen, area, y++, first + (size_t)i);
    if (present == 0)
        return;
    y++;
    size_t all = ui->state->participant_count;
    heading(screen, area, y++, "present", all > (size_t)present ? all : 0);
    for (int i = 0; i < present; i++)
        participant_line(ui, screen, area, y++, &ui->state->participants[i]);
}

size_t view_session_at(const struct ui *ui, int rows, int cols, int y, int x)
{
    int sessions, present;
    size_t count = sessions_count(ui->sessions);

    share_rows(ui, rows - 2, &sessions, &present);
    if (cols < SIDE_FROM_COLS || x >= SIDE_COLS || y < 2 || y - 2 >= sessions)
        return count;
    return view_first_shown(sessions_find(ui->sessions, ui->session), count, (size_t)sessions) +
           (size_t)(y - 2);
}
