#define NCURSES_WIDECHAR 1
#include "tui/terminal/screen.h"
#include "shared/buf.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/terminal/screen_frame.h"
#include "tui/terminal/screen_looks.h"
#include "tui/terminal/screen_term.h"
#include "tui/terminal/tty.h"
#include "tui/text/wrap.h"
#include <errno.h>
#include <fcntl.h>
#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>

enum { FRAME_MAX = 4 << 20, LEAVE_MAX = 256, MARKS_MAX = CCHARW_MAX - 1 };

/* Title and icon name are kept on the terminal's stack. Where it has none, no title is better than ours. */
static const char title_push[] = "\033[22;2t", title_pop[] = "\033]2;\033\\\033[23;2t";
/* Where a shell goes on that gets the normal screen back with a frame on it. */
static const char last_row[] = "\033[999;1H";
static const char sync_begin[] = "\033[?2026h", sync_end[] = "\033[?2026l";

struct screen {
    struct tty *tty;
    SCREEN *curses;
    FILE *out, *in;
    bool mouse, no_alternate, entered, cursor_shown, titled;
    bool region; /* the next frame, which repaints all, sets the region that scrolls */
    int rows, cols;
    const char *alternate[2]; /* strings that are taken out of what is written; NULL: nothing is */
    char *title;              /* that the terminal shows; NULL: its own */
    char leave[LEAVE_MAX];    /* alternate screen and cursor back, for fatal signals */
    struct screen_looks looks;
    struct screen_frame *cells; /* of the frame that is drawn, and of the last one */
    struct buf frame;
    uint64_t frames, skipped;
    struct { /* the row that is being drawn: an element a character, also for those of two cells */
        cchar_t *cells;
        size_t count, room;
        int y, x, used, width;
        enum style fill;
    } row;
};

/* --- opening --- */

/* ncurses catches signals whose action is the default; the loop and tty.c want them for themselves. */
static SCREEN *new_terminal(const char *term, FILE *out, FILE *in)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
    enum { COUNT = sizeof caught / sizeof *caught };
    struct sigaction before[COUNT];

    for (size_t i = 0; i < COUNT; i++)
        sigaction(caught[i], NULL, &before[i]);
    SCREEN *curses = newterm(term, out, in);
    for (size_t i = 0; i < COUNT; i++)
        sigaction(caught[i], &before[i], NULL);
    return curses;
}

static const char *capability(const char *name)
{
    const char *value = tigetstr(name);

    return value && value != (char *)-1 ? value : "";
}

/* Terminals without a window print what they don't understand of it. */
static bool has_title(const char *term)
{
    static const char *const without[] = {"linux", "vt", "dumb", "cons", "eterm", "ansi"};

    for (size_t i = 0; i < sizeof without / sizeof *without; i++)
        if (!term || strncmp(term, without[i], strlen(without[i])) == 0)
            return false;
    return true;
}

static bool start_curses(struct screen *screen, const struct screen_options *options, char error[256])
{
    const char *term = options->term ? options->term : getenv("TERM");
    int frame = memfd_create("stoa-frame", MFD_CLOEXEC), nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    screen->out = frame >= 0 ? fdopen(frame, "w+") : NULL;
    screen->in = nothing >= 0 ? fdopen(nothing, "r") : NULL;
    if (!screen->out || !screen->in) {
        snprintf(error, 256, "no memory file for the screen: %s", strerror(errno));
        return false;
    }
    use_env(FALSE); /* $LINES and $COLUMNS are of the shell's terminal as it was */
    if (term && *term)
        screen->curses = new_terminal(term, screen->out, screen->in);
    if (!screen->curses && screen_term_substitute(term))
        screen->curses = new_terminal(screen_term_substitute(term), screen->out, screen->in);
    if (!screen->curses) {
        snprintf(error, 256, "the screen cannot be drawn on a terminal of type '%.60s'", term ? term : "");
        return false;
    }
    screen->titled = options->title && has_title(term);
    snprintf(screen->leave, sizeof screen->leave, "\033[0m%s%s%s\r\n", screen->titled ? title_pop : "",
             screen->no_alternate ? last_row : capability("rmcup"), capability("cnorm"));
    return true;
}

/* ncurses writes these strings when it begins, ends and goes on; it has a copy of its own of them, which
 * cannot be changed. The one back moves the cursor, too. */
static void drop_alternate_screen(struct screen *screen)
{
    screen->alternate[0] = enter_ca_mode;
    screen->alternate[1] = exit_ca_mode;
}

struct screen *screen_open(const struct screen_options *options, char error[256])
{
    struct screen *screen = xcalloc(1, sizeof *screen);

    buf_init(&screen->frame, FRAME_MAX);
    screen->cells = screen_frame_new();
    screen->mouse = options->mouse;
    screen->no_alternate = options->no_alternate;
    screen->tty = tty_open(options->path, error);
    if (!screen->tty || !start_curses(screen, options, error)) {
        screen_close(&screen);
        return NULL;
    }
    if (screen->no_alternate)
        drop_alternate_screen(screen);
    nonl();
    intrflush(stdscr, FALSE);
    leaveok(stdscr, FALSE);
    screen_looks_set(&screen->looks, options->theme);
    screen->cursor_shown = true;
    screen_enter(screen);
    return screen;
}

/* --- shipping --- */

static void take_out(struct buf *buf, const char *text)
{
    size_t len = strlen(text);
    char *found = len > 0 ? memmem(buf->data, buf->len, text, len) : NULL;

    if (!found)
        return;
    memmove(found, found + len, (size_t)(buf->data + buf->len - found) - len);
    buf_truncate(buf, buf->len - len);
}

/* Behind a frame: what scrolls is the whole screen. ncurses begins with the size of the terminal's type, and
 * tells no terminal of another one; some edit no line outside of that region. The cursor goes home by it. */
static void scroll_all(struct screen *screen)
{
    int y, x;

    getyx(curscr, y, x);
    buf_printf(&screen->frame, "\033[r\033[%d;%dH", y + 1, x + 1);
    screen->region = false;
}

/* Takes what ncurses wrote into the memory file since the last time. */
static void ship(struct screen *screen, bool sync)
{
    int fd = fileno(screen->out);
    off_t len = lseek(fd, 0, SEEK_CUR);
    char piece[8192];

    buf_clear(&screen->frame);
    if (len <= 0)
        return;
    if (sync)
        buf_put(&screen->frame, sync_begin, sizeof sync_begin - 1);
    for (off_t at = 0; at < len;) {
        size_t want = len - at < (off_t)sizeof piece ? (size_t)(len - at) : sizeof piece;
        ssize_t got = pread(fd, piece, want, at);
        if (got <= 0)
            break;
        buf_put(&screen->frame, piece, (size_t)got);
        at += got;
    }
    for (size_t i = 0; i < 2; i++)
        if (screen->alternate[i])
            take_out(&screen->frame, screen->alternate[i]);
    if (sync && screen->region)
        scroll_all(screen);
    if (sync)
        buf_put(&screen->frame, sync_end, sizeof sync_end - 1);
    lseek(fd, 0, SEEK_SET);
    tty_put(screen->tty, screen->frame.data, screen->frame.len);
}

void screen_leave(struct screen *screen)
{
    if (!screen->entered)
        return;
    curs_set(1);
    screen->cursor_shown = true;
    endwin();
    ship(screen, false);
    if (screen->titled)
        tty_put(screen->tty, title_pop, sizeof title_pop - 1);
    free(screen->title);
    screen->title = NULL;
    if (screen->no_alternate)
        tty_put(screen->tty, "\r\n", 2); /* the cursor stands in the last row */
    tty_leave(screen->tty);
    screen->entered = false;
}

/* What the normal screen shows goes into the scrollback; the first frame would clear it. */
static void scroll_away(struct screen *screen)
{
    tty_put(screen->tty, last_row, sizeof last_row - 1);
    for (int i = 0; i < screen->rows; i++)
        tty_put(screen->tty, "\n", 1);
}

void screen_enter(struct screen *screen)
{
    bool again = screen->entered;

    tty_enter(screen->tty, screen->mouse, screen->leave);
    screen->entered = true;
    screen_resize(screen);
    if (screen->titled && !again)
        tty_put(screen->tty, title_push, sizeof title_push - 1);
    if (screen->no_alternate && !again)
        scroll_away(screen);
}

void screen_close(struct screen **slot)
{
    struct screen *screen = *slot;

    if (!screen)
        return;
    if (screen->curses) {
        screen_leave(screen);
        delscreen(screen->curses);
    }
    tty_close(&screen->tty);
    if (screen->out)
        fclose(screen->out);
    if (screen->in)
        fclose(screen->in);
    buf_free(&screen->frame);
    free(screen->row.cells);
    screen_frame_free(&screen->cells);
    free(screen);
    *slot = NULL;
}

int screen_fd(const struct screen *screen)
{
    return tty_fd(screen->tty);
}

int screen_rows(const struct screen *screen)
{
    return screen->rows;
}

int screen_cols(const struct screen *screen)
{
    return screen->cols;
}

void screen_resize(struct screen *screen)
{
    int rows = 24, cols = 80;

    tty_size(screen->tty, &rows, &cols);
    resize_term(rows, cols);
    getmaxyx(stdscr, screen->rows, screen->cols);
    screen->region = true;
    screen_redraw(screen);
}

void screen_redraw(struct screen *screen)
{
    screen_frame_forget(screen->cells);
    clearok(curscr, TRUE);
}

void screen_set_theme(struct screen *screen, enum theme theme)
{
    screen_looks_set(&screen->looks, theme);
    screen_redraw(screen);
}

void screen_set_mouse(struct screen *screen, bool mouse)
{
    screen->mouse = mouse;
    tty_set_mouse(screen->tty, mouse);
}

bool screen_send(struct screen *screen, const char *bytes, size_t len)
{
    if (!screen->entered || tty_pending(screen->tty))
        return false;
    tty_put(screen->tty, bytes, len);
    return true;
}

void screen_set_title(struct screen *screen, const char *title)
{
    if (!screen->titled || (screen->title && strcmp(screen->title, title) == 0))
        return;
    char *sequence = xasprintf("\033]2;%s\033\\", title);
    if (screen_send(screen, sequence, strlen(sequence))) {
        free(screen->title);
        screen->title = xstrdup(title);
    }
    free(sequence);
}

bool screen_begin(struct screen *screen)
{
    if (!screen->entered)
        return false;
    if (tty_pending(screen->tty)) {
        screen->skipped++;
        return false;
    }
    screen_frame_begin(screen->cells, screen->rows);
    return true;
}

void screen_end(struct screen *screen, int y, int x)
{
    bool shown = y >= 0 && y < screen->rows && x < screen->cols;

    screen_frame_end(screen->cells);
    if (shown)
        move(y, x);
    wnoutrefresh(stdscr);
    doupdate();
    if (shown != screen->cursor_shown)
        curs_set(shown);
    screen->cursor_shown = shown;
    screen->frames++;
    ship(screen, true);
}

bool screen_flush(struct screen *screen)
{
    return tty_flush(screen->tty);
}

/* --- rows --- */

static cchar_t *add_cell(struct screen *screen, int width, enum style style)
{
    if (screen->row.count == screen->row.room) {
        screen->row.room = screen->row.room ? screen->row.room * 2 : 256;
        screen->row.cells = xreallocarray(screen->row.cells, screen->row.room, sizeof *screen->row.cells);
    }
    cchar_t *cell = &screen->row.cells[screen->row.count++];
    *cell = screen->looks.blanks[style];
    screen->row.used += width;
    return cell;
}

static void put_cell(struct screen *screen, const wchar_t *text, int width, enum style style)
{
    wmemcpy(add_cell(screen, width, style)->chars, text, wcslen(text));
}

/* A character that has one column, and no mark after it: nearly all of a frame. */
static bool is_simple(const char *text, size_t len)
{
    return text[0] >= ' ' && text[0] < 0x7f && (len == 1 || (unsigned char)text[1] < 0x80);
}

void screen_row(struct screen *screen, int y, int x, int width, enum style fill)
{
    screen->row.count = 0;
    screen->row.used = 0;
    screen->row.y = y;
    screen->row.x = x;
    screen->row.width = width < screen->cols - x ? width : screen->cols - x;
    screen->row.fill = fill;
}

int screen_left(const struct screen *screen)
{
    return screen->row.width - screen->row.used;
}

/* Characters without a width that are no marks: they reorder or hide text. */
static bool is_invisible(uint32_t cp)
{
    return (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x202a && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xfeff || cp >= 0xe0000;
}

/* One character and the marks on it; bytes used. A cell holds one character with a width, whatever grapheme
 * clusters say. Nothing that ncurses would execute or a terminal would obey comes through, even if a caller
 * forgot to sanitise. */
static size_t take_cell(const char *text, size_t len, wchar_t cell[CCHARW_MAX + 1], int *width)
{
    uint32_t cp;
    size_t used = utf8_decode(text, len, &cp);
    int marks = 0;

    *width = cp < 0x300 ? 1 : wcwidth((wchar_t)cp);
    if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || *width < 0) {
        cp = 0xFFFD;
        *width = 1;
    }
    cell[0] = (wchar_t)cp;
    while (*width > 0 && used < len && (unsigned char)text[used] >= 0x80) {
        size_t more = utf8_decode(text + used, len - used, &cp);
        if (cp < 0x300 || wcwidth((wchar_t)cp) != 0)
            break;
        if (marks < MARKS_MAX && !is_invisible(cp))
            cell[++marks] = (wchar_t)cp;
        used += more;
    }
    cell[marks + 1] = L'\0';
    return used;
}

void screen_put(struct screen *screen, const char *text, size_t len, enum style style)
{
    wchar_t cell[CCHARW_MAX + 1];
    int width;

    for (size_t at = 0; at < len;) {
        if (text[at] == '\t') {
            screen_repeat(screen, " ", WRAP_TAB_CELLS, style);
            at++;
            continue;
        }
        if (is_simple(text + at, len - at)) {
            if (screen_left(screen) < 1)
                return;
            add_cell(screen, 1, style)->chars[0] = (wchar_t)text[at++];
            continue;
        }
        at += take_cell(text + at, len - at, cell, &width);
        if (width > screen_left(screen))
            return;
        if (width > 0)
            put_cell(screen, cell, width, style);
    }
}

void screen_puts(struct screen *screen, const char *text, enum style style)
{
    screen_put(screen, text, strlen(text), style);
}

void screen_repeat(struct screen *screen, const char *character, int count, enum style style)
{
    size_t len = strlen(character);

    while (count-- > 0 && screen_left(screen) > 0)
        screen_put(screen, character, len, style);
}

void screen_row_end(struct screen *screen)
{
    while (screen->row.fill != STYLE_TEXT && screen_left(screen) > 0) /* the frame began with plain blanks */
        put_cell(screen, L" ", 1, screen->row.fill);
    screen_frame_put(screen->cells, screen->row.y, screen->row.x, screen->row.cells, screen->row.count);
}

/* --- for tests --- */

bool screen_cell(struct screen *screen, int y, int x, struct screen_cell *cell)
{
    wchar_t text[CCHARW_MAX + 1] = {0};
    cchar_t content;
    attr_t attrs;
    short pair;
    int extended = 0, cursor_y, cursor_x;

    (void)screen;
    getyx(stdscr, cursor_y, cursor_x);
    bool found = mvin_wch(y, x, &content) != ERR;
    wmove(stdscr, cursor_y, cursor_x);
    if (!found || getcchar(&content, text, &attrs, &pair, &extended) == ERR)
        return false;
    wmemcpy(cell->text, text, sizeof cell->text / sizeof *cell->text);
    cell->bold = attrs & A_BOLD;
    cell->reverse = attrs & A_REVERSE;
    cell->underline = attrs & A_UNDERLINE;
    cell->italic = attrs & A_ITALIC;
    cell->fg = cell->bg = LOOK_DEFAULT;
    if (extended > 0)
        extended_pair_content(extended, &cell->fg, &cell->bg);
    return true;
}

bool screen_cursor(const struct screen *screen, int *y, int *x)
{
    getyx(stdscr, *y, *x);
    return screen->cursor_shown;
}

struct screen_stats screen_stats(const struct screen *screen)
{
    return (struct screen_stats){.frames = screen->frames,
                                 .skipped = screen->skipped,
                                 .writes = tty_writes(screen->tty),
                                 .bytes = tty_bytes(screen->tty)};
}
