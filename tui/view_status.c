/* The status line: pieces from left to right, of which the least important ones are left out where there is
 * no room. */
#include "shared/buf.h"
#include "shared/clock.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/keymap.h"
#include "tui/text/wrap.h"
#include "tui/view_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECES_MAX = 16, /* view_status adds up to 15 */
    PIECE_BYTES = 512,
    SEPARATOR_CELLS = 3,
    SPINNER_MS = 250,
    CONTEXT_TIGHT = 80,
    NOTICE_ROWS_MAX = 4,
    NOTICE_SHARE = 5,
    NOTICE_FROM_ROWS = 10
};

struct piece {
    char text[PIECE_BYTES];
    enum style style;
    int rank; /* the highest goes first when there is no room */
};

struct line {
    struct piece pieces[PIECES_MAX];
    size_t count;
};

static struct piece *add(struct line *line, int rank, enum style style, const char *text)
{
    struct piece *piece = &line->pieces[line->count++];

    snprintf(piece->text, sizeof piece->text, "%s", text);
    piece->text[utf8_cut(piece->text, strlen(piece->text), sizeof piece->text - 1)] = '\0';
    piece->style = style;
    piece->rank = rank;
    return piece;
}

static void add_link(struct line *line, const struct ui *ui)
{
    char text[PIECE_BYTES];

    if (ui->link == CLIENT_AWAY && ui->daemon) {
        snprintf(text, sizeof text, "✗ %s away, reconnecting…", ui->daemon);
        add(line, 0, STYLE_BAR_ERROR, text);
    } else if (ui->link == CLIENT_AWAY) {
        add(line, 0, STYLE_BAR_ERROR, "✗ daemon away, reconnecting…");
        add(line, 2, STYLE_BAR_STRONG, "'stoa ls' starts one");
    } else if (ui->link == CLIENT_CONNECTING)
        add(line, 0, STYLE_BAR_WARNING, "~ connecting…");
    else if (ui->daemon) {
        snprintf(text, sizeof text, "@ %s", ui->daemon);
        add(line, 4, STYLE_BAR_STRONG, text);
    }
}

/* What comes goes on being shown, and would be lost with the daemon. */
static void add_failing(struct line *line, const struct ui *ui)
{
    char text[PIECE_BYTES];

    if (!ui->failing || ui->link != CLIENT_READY)
        return;
    snprintf(text, sizeof text, "! the store can't commit: %s", ui->failing);
    add(line, 0, STYLE_BAR_ERROR, text);
}

static void add_state(struct line *line, const struct ui *ui)
{
    static const char spinner[] = "|/-\\";
    static const char *const words[RUN_COUNT] = {
        [RUN_THINKING] = "thinking",         [RUN_STREAMING] = "streaming",
        [RUN_AWAITING_PERMISSION] = "asks",  [RUN_RUNNING_TOOLS] = "running tools",
        [RUN_INTERRUPTING] = "interrupting", [RUN_COMPACTING] = "compacting"};
    const struct state *state = ui->state;
    char text[80], elapsed[32];

    if (!state)
        return;
    if (state->run == RUN_IDLE) {
        bool error = state->error_text != NULL;
        add(line, 1, error ? STYLE_BAR_ERROR : STYLE_BAR_DIM, error ? "! error" : "· idle");
        return;
    }
    int64_t now = clock_wall_ms(), passed = state->turn_started ? now - state->turn_started : 0;
    view_clock(passed, elapsed);
    if (state->retry_why && state->retry_limit == 0) { /* nobody thinks yet */
        snprintf(text, sizeof text, "~ in line %s", elapsed);
        add(line, 1, STYLE_BAR_WARNING, text);
        return;
    }
    bool asks = state->run == RUN_AWAITING_PERMISSION;
    snprintf(text, sizeof text, "%c %s %s", asks ? '?' : spinner[now / SPINNER_MS % 4], words[state->run],
             elapsed);
    add(line, 1, asks ? STYLE_BAR_WARNING : STYLE_BAR_GOOD, text);
    if (state->retry_why) {
        snprintf(text, sizeof text, "~ retry %lld of %lld", (long long)state->retry_attempt,
                 (long long)state->retry_limit);
        add(line, 2, STYLE_BAR_WARNING, text);
    }
}

/* What waits for an answer while its panel is put off. */
static void add_questions(struct line *line, const struct ui *ui)
{
    char text[64], key[KEYMAP_NAME_MAX];

    if (!ui->state || ui->state->question_count == 0 || panel_open(ui->panel))
        return;
    keymap_key_of(CONTEXT_CHAT, ACTION_ASKING, key);
    snprintf(text, sizeof text, "? %zu to answer%s%s", ui->state->question_count, *key ? ": " : "", key);
    add(line, 0, STYLE_BAR_WARNING, text);
}

static void add_presence(struct line *line, const struct ui *ui)
{
    char names[PIECE_BYTES] = "";
    size_t at = 0;

    if (!ui->state || ui->state->participant_count < 2)
        return; /* alone */
    for (size_t i = 0; i < ui->state->participant_count; i++) {
        const struct participant *who = &ui->state->participants[i];
        char *name = view_participant_name(ui, who);
        if (strcmp(name, "you") != 0 && at + strlen(name) + 10 < sizeof names)
            at += (size_t)snprintf(names + at, sizeof names - at, "%s%s%s", at ? ", " : "with ", name,
                                   who->typing ? " typing" : "");
        free(name);
    }
    if (at > 0)
        add(line, 5, STYLE_BAR, names);
}

static void add_follow(struct line *line, const struct ui *ui)
{
    size_t unread = list_unread(ui->list);
    char text[64];

    if (list_following(ui->list)) {
        add(line, 3, STYLE_BAR_DIM, "follow");
        return;
    }
    if (unread > 0)
        snprintf(text, sizeof text, "↓ %zu new, End follows", unread);
    else
        snprintf(text, sizeof text, "↓ more below, End follows");
    add(line, 3, STYLE_BAR_WARNING, text);
}

static void add_model(struct line *line, const struct ui *ui)
{
    char text[80];

    if (!ui->state)
        return;
    if (ui->state->queue_count > 0) {
        snprintf(text, sizeof text, "%zu queued", ui->state->queue_count);
        add(line, 4, STYLE_BAR_WARNING, text);
    }
    if (!*ui->state->model) {
        add(line, 4, STYLE_BAR_ERROR, "! no model: /model NAME");
        return;
    }
    char *model = sanitise_line(ui->state->model, strlen(ui->state->model), sizeof text - 1);
    add(line, 6, STYLE_BAR, model);
    free(model);
}

/* How full the model's window was when it was asked last. */
static void add_context(struct line *line, const struct ui *ui)
{
    int64_t tokens = ui->state ? ui->state->context_tokens : 0, window = ui->hello ? ui->hello->context : 0;
    char text[32];

    if (tokens <= 0 || window <= 0)
        return;
    int percent = (int)(tokens >= window ? 100 : tokens * 100 / window);
    snprintf(text, sizeof text, "ctx %d%%", percent);
    add(line, 6, percent >= CONTEXT_TIGHT ? STYLE_BAR_WARNING : STYLE_BAR_DIM, text);
}

static int cells_of(const struct line *line)
{
    int cells = 1;

    for (size_t i = 0; i < line->count; i++)
        cells +=
            (int)utf8_width(line->pieces[i].text, strlen(line->pieces[i].text)) + (i ? SEPARATOR_CELLS : 0);
    return cells;
}

static void drop_until_fits(struct line *line, int cols)
{
    while (line->count > 1 && cells_of(line) > cols) {
        size_t worst = 0;
        for (size_t i = 1; i < line->count; i++)
            if (line->pieces[i].rank >= line->pieces[worst].rank)
                worst = i;
        line->count--;
        memmove(&line->pieces[worst], &line->pieces[worst + 1],
                (line->count - worst) * sizeof line->pieces[0]);
    }
}

/* --- notices --- */

static bool is_long(const struct ui *ui, int cols)
{
    return (int)utf8_width(ui->notice, strlen(ui->notice)) + 2 > cols;
}

/* The next row of it; false at its end. */
static bool next_notice(const char **left, int cols, const char **row, size_t *len)
{
    size_t next;

    if (!**left)
        return false;
    *row = *left;
    *len = wrap_next(*left, strlen(*left), (size_t)(cols - 2), WRAP_WORDS, &next);
    *left += next;
    return true;
}

int view_notice_rows(const struct ui *ui, int rows, int all, int cols)
{
    const char *left = ui->notice, *row;
    int count = 0, most = rows / NOTICE_SHARE < NOTICE_ROWS_MAX ? rows / NOTICE_SHARE : NOTICE_ROWS_MAX;
    size_t len;

    if (!ui->notice || ui->prefix || rows < NOTICE_FROM_ROWS || !is_long(ui, all))
        return 0;
    while (count < most && next_notice(&left, cols, &row, &len))
        count++;
    return count;
}

void view_notice(const struct ui *ui, struct screen *screen, struct area area)
{
    const char *left = ui->notice, *row;
    enum style style = ui->notice_bad ? STYLE_BAR_ERROR : STYLE_BAR_STRONG;
    size_t len;

    for (int i = 0; i < area.rows && next_notice(&left, area.cols, &row, &len); i++) {
        screen_row(screen, area.y + i, area.x, area.cols, STYLE_BAR);
        screen_puts(screen, " ", STYLE_BAR);
        screen_put(screen, row, len, style);
        screen_row_end(screen);
    }
}

/* --- the line --- */

/* What may follow the prefix. */
static void add_prefix(struct line *line)
{
    char text[128], prefix[KEYMAP_NAME_MAX], list[KEYMAP_NAME_MAX], fresh[KEYMAP_NAME_MAX];

    snprintf(text, sizeof text, "%s  %s list of sessions  %s new session",
             keymap_key_of(CONTEXT_CHAT, ACTION_PREFIX, prefix),
             keymap_key_of(CONTEXT_PREFIX, ACTION_SWITCHER, list),
             keymap_key_of(CONTEXT_PREFIX, ACTION_NEW, fresh));
    add(line, 0, STYLE_BAR_WARNING, text);
}

/* How one comes back from what is shown; how one finds out, where nothing is. */
static void add_help(struct line *line, const struct ui *ui, size_t below)
{
    static const enum context contexts[] = {[OVERLAY_NONE] = CONTEXT_CHAT,
                                            [OVERLAY_PICKER] = CONTEXT_PICKER,
                                            [OVERLAY_HELP] = CONTEXT_PAGE,
                                            [OVERLAY_PAGE] = CONTEXT_PAGE,
                                            [OVERLAY_CONFIRM] = CONTEXT_CONFIRM};
    bool help = ui->overlay == OVERLAY_NONE;
    char text[64], key[KEYMAP_NAME_MAX];

    keymap_key_of(contexts[ui->overlay], help ? ACTION_HELP : ACTION_CLOSE, key);
    snprintf(text, sizeof text, "%s %s", key, help ? "help" : "back");
    if (*key)
        add(line, help ? 7 : 0, help ? STYLE_BAR_DIM : STYLE_BAR_STRONG, text);
    if (below == 0 || !*keymap_key_of(contexts[ui->overlay], ACTION_PAGE_DOWN, key))
        return;
    snprintf(text, sizeof text, "↓ %zu more line%s: %s", below, below == 1 ? "" : "s", key);
    add(line, 0, STYLE_BAR_WARNING, text);
}

void view_status(const struct ui *ui, struct screen *screen, int y, size_t below)
{
    static struct line line; /* too large for the stack's taste */

    line.count = 0;
    if (ui->prefix)
        add_prefix(&line);
    else if (ui->notice &&
             view_notice_rows(ui, screen_rows(screen), screen_cols(screen), screen_cols(screen)) == 0)
        add(&line, 0, ui->notice_bad ? STYLE_BAR_ERROR : STYLE_BAR_STRONG, ui->notice);
    if (ui->overlay != OVERLAY_NONE)
        add_help(&line, ui, below);
    add_link(&line, ui);
    add_failing(&line, ui);
    add_questions(&line, ui);
    add_state(&line, ui);
    add_presence(&line, ui);
    add_follow(&line, ui);
    add_model(&line, ui);
    add_context(&line, ui);
    if (ui->overlay == OVERLAY_NONE)
        add_help(&line, ui, 0);
    drop_until_fits(&line, screen_cols(screen));
    screen_row(screen, y, 0, screen_cols(screen), STYLE_BAR);
    for (size_t i = 0; i < line.count; i++) {
        screen_puts(screen, i ? " │ " : " ", STYLE_BAR_DIM);
        screen_puts(screen, line.pieces[i].text, line.pieces[i].style);
    }
    screen_row_end(screen);
}
