/* What the client is measured against: the least that a full-screen program on ncurses can do. Keys are shown
 * on the last row; with a rate, a word a beat is added to the text above, which scrolls.
 *
 *     echo-loop [WORDS-A-SECOND]      ^D ends it */
#define NCURSES_WIDECHAR 1
#include <locale.h>
#include <ncurses.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { END = 4, CLEAR = 21, WORDS = 7 };

static long long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void add_word(WINDOW *text)
{
    static const char *const words[WORDS] = {"small ",  "agents ", "stream ", "to ",
                                             "others ", "and ",    "wait.\n"};
    static unsigned number;

    waddstr(text, words[number++ % WORDS]);
    wnoutrefresh(text);
}

/* False at the end. */
static bool take_keys(WINDOW *line)
{
    wint_t key;

    while (wget_wch(line, &key) != ERR) {
        wchar_t shown[2] = {(wchar_t)key, 0};
        if (key == END)
            return false;
        if (key == CLEAR)
            wmove(line, 0, 0), wclrtoeol(line);
        else
            waddwstr(line, shown);
    }
    wnoutrefresh(line);
    return true;
}

int main(int count, char **words)
{
    long rate = count > 1 ? atol(words[1]) : 0;
    long long beat = rate > 0 ? 1000000000LL / rate : 0, due = now_ns();

    setlocale(LC_ALL, "C.UTF-8");
    initscr();
    raw();
    noecho();
    WINDOW *text = newwin(LINES - 1, COLS, 0, 0), *line = newwin(1, COLS, LINES - 1, 0);
    scrollok(text, TRUE);
    nodelay(line, TRUE);
    waddstr(line, "ready ");
    wnoutrefresh(line);
    for (;;) {
        doupdate();
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        struct timespec wait = {0};
        long long left = due - now_ns();
        if (left > 0)
            wait.tv_sec = left / 1000000000LL, wait.tv_nsec = left % 1000000000LL;
        if (ppoll(&input, 1, beat ? &wait : NULL, NULL) > 0 && !take_keys(line))
            break;
        while (beat && due <= now_ns()) {
            add_word(text);
            due += beat;
        }
    }
    endwin();
    return 0;
}
