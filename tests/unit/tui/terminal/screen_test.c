/* The whole view on a pseudo-terminal, shown by libvterm: each cell that was meant against each cell that is
 * shown, over random keys, streams and resizes; frames that cost one write; modes that are off at the end. */
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/local.h"
#include "tui/terminal/screen.h"
#include "tui/ui.h"
#include "tui/view.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#include <cmocka.h>

enum { MOST = 400 };

struct fixture {
    int master, slave;
    struct screen *screen;
    VTerm *vterm;
    VTermScreen *shown;
    struct buf raw; /* all bytes since the last raw_clear */
    struct ui ui;
    struct state *state;
};

static void set_size(struct fixture *f, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};

    ioctl(f->master, TIOCSWINSZ, &size);
}

/* Reads what the terminal got, until the client has nothing more to write. */
static void pump(struct fixture *f)
{
    char bytes[65536];
    ssize_t got;
    bool pending;

    do {
        pending = f->screen && screen_flush(f->screen);
        while ((got = read(f->master, bytes, sizeof bytes)) > 0) {
            vterm_input_write(f->vterm, bytes, (size_t)got);
            buf_put(&f->raw, bytes, (size_t)got);
        }
    } while (pending);
}

static struct fixture *open_screen(int rows, int cols)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    char error[256];

    f->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    assert_true(f->master >= 0 && grantpt(f->master) == 0 && unlockpt(f->master) == 0);
    f->slave = open(ptsname(f->master), O_RDWR | O_NOCTTY); /* kept open, or the master would report an end */
    set_size(f, rows, cols);
    f->vterm = vterm_new(rows, cols);
    vterm_set_utf8(f->vterm, 1);
    f->shown = vterm_obtain_screen(f->vterm);
    vterm_screen_enable_altscreen(f->shown, 1);
    vterm_screen_reset(f->shown, 1);
    buf_init(&f->raw, 64 << 20);
    struct screen_options options = {.path = ptsname(f->master), .term = "xterm-256color", .mouse = true};
    f->screen = screen_open(&options, error);
    if (!f->screen)
        fail_msg("%s", error);
    f->ui = (struct ui){.link = CLIENT_READY,
                        .sessions = sessions_new(),
                        .list = list_new(),
                        .editor = editor_new(),
                        .outbox = outbox_new(),
                        .panel = panel_new(),
                        .completion = completion_new(),
                        .mentions = mentions_new(),
                        .browse = browse_new(),
                        .picker = picker_new()};
    snprintf(f->ui.session, sizeof f->ui.session, "s_00000000000000000000000000");
    f->state = state_new(f->ui.session, "e_1");
    f->ui.state = f->state;
    return f;
}

static void close_screen(struct fixture *f)
{
    screen_close(&f->screen);
    pump(f);
    state_free(&f->state);
    sessions_free(&f->ui.sessions);
    list_free(&f->ui.list);
    editor_free(&f->ui.editor);
    outbox_free(&f->ui.outbox);
    panel_free(&f->ui.panel);
    completion_free(&f->ui.completion);
    mentions_free(&f->ui.mentions);
    browse_free(&f->ui.browse);
    picker_free(&f->ui.picker);
    vterm_free(f->vterm);
    buf_free(&f->raw);
    close(f->master);
    close(f->slave);
    free(f);
}

static void draw(struct fixture *f)
{
    sessions_look(f->ui.sessions, f->state);
    view_arrange(&f->ui, screen_rows(f->screen), screen_cols(f->screen));
    view_draw(&f->ui, f->screen);
}

static struct message *say(struct fixture *f, enum message_role role, const char *text)
{
    struct state *state = f->state;
    struct message *message = local_message(role == MESSAGE_ROLE_USER ? "ann" : "demo/stoa", text);

    message->role = role;
    state->messages = xreallocarray(state->messages, state->message_count + 1, sizeof *state->messages);
    state->messages[state->message_count++] = message;
    return message;
}

/* Asks for permission to run a command, and brings the panel up to date. */
static void ask(struct fixture *f, const char *command)
{
    static int number;
    char id[ID_MAX], *said;
    json_t *arguments = json_pack("{s:s}", "command", command);
    char *text = json_dumps(arguments, JSON_COMPACT);

    snprintf(id, sizeof id, "q_%026d", ++number);
    json_t *json =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "id", id, "kind", "permission", "server", "odd\033]0;x\a",
                  "tool", "run\033[2J", "text", command, "arguments", text, "asked", (json_int_t)1);
    struct question *question = question_from_json(json);
    assert_non_null(question);
    f->state->questions =
        xreallocarray(f->state->questions, f->state->question_count + 1, sizeof f->state->questions[0]);
    f->state->questions[f->state->question_count++] = question;
    panel_sync(f->ui.panel, f->state, 0, &said);
    free(said);
    json_decref(json);
    json_decref(arguments);
    free(text);
}

static void unask(struct fixture *f)
{
    char *said;

    if (f->state->question_count > 0)
        question_free(&f->state->questions[--f->state->question_count]);
    panel_sync(f->ui.panel, f->state, 0, &said);
    free(said);
}

/* --- comparing --- */

static void compare_cell(struct fixture *f, int y, int x, const char *when)
{
    struct screen_cell meant;
    VTermScreenCell shown = {0}; /* the library writes up to the first 0 only */
    uint32_t expected[VTERM_MAX_CHARS_PER_CELL] = {0};

    vterm_screen_get_cell(f->shown, (VTermPos){y, x}, &shown);
    if (shown.chars[0] == (uint32_t)-1)
        return; /* the second cell of a wide character */
    assert_true(screen_cell(f->screen, y, x, &meant));
    if (shown.chars[0] == 0)
        shown.chars[0] = ' ';
    for (size_t i = 0; i < 5 && meant.text[i]; i++)
        expected[i] = (uint32_t)meant.text[i];
    for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && (expected[i] || shown.chars[i]); i++)
        if (expected[i] != shown.chars[i])
            fail_msg("%s: cell %d,%d shows %X %X %X, meant %X %X %X", when, y, x, shown.chars[0],
                     shown.chars[1], shown.chars[2], expected[0], expected[1], expected[2]);
    if (meant.bold != shown.attrs.bold || meant.reverse != shown.attrs.reverse)
        fail_msg("%s: cell %d,%d has other attributes", when, y, x);
}

static void compare(struct fixture *f, const char *when)
{
    int rows, cols;

    vterm_get_size(f->vterm, &rows, &cols);
    assert_int_equal(rows, screen_rows(f->screen));
    assert_int_equal(cols, screen_cols(f->screen));
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < cols; x++)
            compare_cell(f, y, x, when);
}

static void row_text(struct fixture *f, int y, char *out, size_t size)
{
    VTermRect rect = {.start_row = y, .end_row = y + 1, .start_col = 0, .end_col = screen_cols(f->screen)};
    size_t len = vterm_screen_get_text(f->shown, out, size - 1, rect);

    out[len] = '\0';
}

/* --- tests --- */

static void random_step(struct fixture *f, int step)
{
    static const char *const typed[] = {"a", "漢", "e\u0301", " ", "\n", "word ", "ü"};
    static const char *const streamed[] = {
        "some words ", "漢字 ",       "\n",     "\n```c\n", "a\u0301\u0302 ",    "- item\n",
        "# head\n",    "\033[31mred", "\u202e", "\t",       "long-unbroken-word"};
    struct ui *ui = &f->ui;

    switch (rand() % 14) {
    case 0:
    case 1:
    case 2:
    case 3: {
        struct message *last =
            f->state->message_count ? f->state->messages[f->state->message_count - 1] : NULL;
        if (!last || last->status != MESSAGE_STREAMING) {
            last = say(f, MESSAGE_ROLE_ASSISTANT, "x");
            last->status = MESSAGE_STREAMING;
        }
        for (int i = rand() % 20; i >= 0; i--)
            buf_puts(&last->blocks[0].text, streamed[rand() % 11]);
        last->version++;
        if (rand() % 10 == 0)
            last->status = MESSAGE_COMPLETE;
        break;
    }
    case 4:
        if (f->state->message_count < MOST)
            say(f, MESSAGE_ROLE_USER, "a question of some words, 漢字 too");
        break;
    case 5:
    case 6: {
        const char *text = typed[rand() % 7];
        editor_insert(ui->editor, text, strlen(text));
        break;
    }
    case 7:
        editor_delete(ui->editor, rand() % 2 ? EDITOR_LEFT : EDITOR_LINE_START, false);
        break;
    case 8:
        list_scroll(ui->list, rand() % 20 - 12);
        break;
    case 9:
        rand() % 3 ? list_page(ui->list, -1) : list_follow(ui->list);
        break;
    case 11:
        if (rand() % 2 && f->state->question_count < 4)
            ask(f, typed[rand() % 7]);
        else
            unask(f);
        break;
    case 12: {
        struct key_event event = {.code = (uint32_t) "vjkyNp\r"[rand() % 7]};
        json_t *params;
        char *said;
        panel_key(ui->panel, &event, true, step * 1000, &params, &said);
        panel_refused(ui->panel);
        json_decref(params);
        free(said);
        break;
    }
    case 10:
        ui->overlay = rand() % 3 == 0 ? (enum overlay)(rand() % 3) : OVERLAY_NONE;
        f->state->run = step % 2 ? RUN_STREAMING : RUN_IDLE;
        break;
    default:
        if (rand() % 3 == 0) {
            int rows = rand() % 45 + 4, cols = rand() % 150 + 16;
            set_size(f, rows, cols);
            vterm_set_size(f->vterm, rows, cols);
            screen_resize(f->screen);
        }
        break;
    }
}

static void every_cell_is_shown_as_meant(void **arg)
{
    struct fixture *f = open_screen(30, 100);
    char when[32];

    (void)arg;
    srand(1);
    for (int step = 0; step < 900; step++) {
        view_arrange(&f->ui, screen_rows(f->screen), screen_cols(f->screen));
        random_step(f, step);
        draw(f);
        pump(f);
        snprintf(when, sizeof when, "step %d", step);
        compare(f, when);
    }
    close_screen(f);
}

static void a_frame_is_one_write(void **arg)
{
    struct fixture *f = open_screen(30, 100);

    (void)arg;
    draw(f);
    pump(f);
    for (int i = 0; i < 50; i++) {
        struct screen_stats before = screen_stats(f->screen);
        editor_insert(f->ui.editor, "x", 1);
        buf_clear(&f->raw);
        draw(f);
        pump(f);
        struct screen_stats after = screen_stats(f->screen);
        assert_int_equal(after.writes - before.writes, 1);
        assert_true(after.bytes - before.bytes < 60); /* a keystroke costs a keystroke */
        assert_memory_equal(f->raw.data, "\033[?2026h", 8);
        assert_memory_equal(f->raw.data + f->raw.len - 8, "\033[?2026l", 8);
    }
    struct screen_stats before = screen_stats(f->screen);
    draw(f); /* nothing has changed */
    assert_int_equal(screen_stats(f->screen).bytes, before.bytes);
    close_screen(f);
}

static void a_stalled_terminal_skips_frames(void **arg)
{
    struct fixture *f = open_screen(50, 200);
    char text[400];

    (void)arg;
    draw(f);
    for (int i = 0; i < 300; i++) { /* nobody reads */
        memset(text, 'a' + i % 26, sizeof text - 1);
        text[sizeof text - 1] = '\0';
        for (int k = 0; k < 20 && f->state->message_count < MOST; k++)
            say(f, MESSAGE_ROLE_USER, text);
        view_arrange(&f->ui, screen_rows(f->screen), screen_cols(f->screen));
        list_scroll(f->ui.list, i % 2 ? 7 : -9);
        screen_redraw(f->screen);
        draw(f);
    }
    assert_true(screen_stats(f->screen).skipped > 100);
    pump(f);
    draw(f);
    pump(f);
    compare(f, "after the stall");
    close_screen(f);
}

static void all_modes_are_off_at_the_end(void **arg)
{
    static const char *const off[] = {"\033[?2004l", "\033[?1004l", "\033[?1000l", "\033[?1006l",
                                      "\033[>4m",    "\033[<u",     "\033[?1049l", "\033[?2026l"};
    struct fixture *f = open_screen(24, 80);
    struct termios before, after;

    (void)arg;
    tcgetattr(f->slave, &after);
    assert_false(after.c_lflag & ICANON);
    draw(f);
    pump(f);
    buf_clear(&f->raw);
    screen_leave(f->screen);
    pump(f);
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        if (!memmem(f->raw.data, f->raw.len, off[i], strlen(off[i])))
            fail_msg("mode %zu stays on", i);
    tcgetattr(f->slave, &before);
    assert_true(before.c_lflag & ICANON);
    screen_enter(f->screen); /* and back, with all that was there */
    draw(f);
    pump(f);
    compare(f, "after coming back");
    close_screen(f);
}

static void it_fits_every_size(void **arg)
{
    static const int sizes[][2] = {{30, 100}, {24, 80}, {16, 60}, {10, 40},
                                   {6, 20},   {5, 19},  {1, 1},   {60, 250}};
    char title[1024], status[1024];

    (void)arg;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct fixture *f = open_screen(sizes[i][0], sizes[i][1]);
        say(f, MESSAGE_ROLE_USER, "hello");
        draw(f);
        pump(f);
        compare(f, "size");
        row_text(f, 0, title, sizeof title);
        row_text(f, sizes[i][0] - 1, status, sizeof status);
        ask(f, "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine");
        draw(f);
        pump(f);
        compare(f, "size, with a question");
        if (sizes[i][0] >= 6 && sizes[i][1] >= 20)
            assert_non_null(strstr(status, "idle"));
        else if (sizes[i][1] >= 16)
            assert_non_null(strstr(title, "needs 20x6"));
        close_screen(f);
    }
}

/* Whatever stands in a title, a name or a text: the terminal gets nothing from it but characters. */
static void injected_sequences_do_not_arrive(void **arg)
{
    static const char evil[] = "x\033]0;owned\a\033]52;c;b3duZWQ=\a\033[2J\x9b"
                               "31m\xc2\x9b"
                               "31m\033P1$r\033\\\u202e\u2028y";
    struct fixture *f = open_screen(24, 100);

    (void)arg;
    free(f->state->title);
    free(f->state->model);
    f->state->title = xstrdup(evil);
    f->state->model = xstrdup(evil);
    f->ui.notice = xstrdup(evil); /* as if somebody forgot to sanitise it */
    struct message *message = say(f, MESSAGE_ROLE_ASSISTANT, "x");
    buf_puts(&message->blocks[0].text, evil);
    free(message->author);
    message->author = xstrdup(evil);
    message->status = MESSAGE_FAILED;
    message->error = xstrdup(evil);
    ask(f, "x\033]0;owned\a\033[2J\xc2\x9b"
           "31m\033P1$r\033\\\u202e\u2028y");
    draw(f);
    pump(f);
    compare(f, "injection");
    assert_null(memmem(f->raw.data, f->raw.len, "\033]", 2));
    assert_null(memmem(f->raw.data, f->raw.len, "\033P", 2));
    assert_null(memmem(f->raw.data, f->raw.len, "\u202e", 3));
    assert_null(memmem(f->raw.data, f->raw.len, "\xc2\x9b", 2));
    assert_null(memchr(f->raw.data, '\a', f->raw.len));
    free(f->ui.notice);
    f->ui.notice = NULL;
    close_screen(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_is_shown_as_meant),
        cmocka_unit_test(a_frame_is_one_write),
        cmocka_unit_test(a_stalled_terminal_skips_frames),
        cmocka_unit_test(all_modes_are_off_at_the_end),
        cmocka_unit_test(it_fits_every_size),
        cmocka_unit_test(injected_sequences_do_not_arrive),
    };

    utf8_locale();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
