#include "tui/notify.h"
#include "shared/buf.h"
#include "shared/id.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SESSIONS_MAX = 64 }; /* that are remembered; the one that was silent the longest is forgotten */

struct said {
    char session[ID_MAX];
    int64_t at;
};

struct notify {
    struct notify_options options;
    bool reported, focused; /* by the terminal */
    int64_t key_at;
    struct said said[SESSIONS_MAX];
    size_t said_count;
};

/* --- the terminal --- */

static bool begins(const char *text, const char *with)
{
    return text && strncmp(text, with, strlen(with)) == 0;
}

/* Only what is known to understand it: others print the text, or take "9;4" for a progress bar. */
enum notify_desktop notify_desktop_of(enum notify_desktop desktop, const char *term, const char *program,
                                      const char *tmux, const char *sty)
{
    static const char *const osc9[] = {"iTerm.app", "WezTerm", "ghostty"}, *const osc9_terms[] = {
                                                                               "xterm-kitty",
                                                                               "xterm-ghostty"};

    if (desktop != NOTIFY_AUTO)
        return desktop;
    if ((tmux && *tmux) || (sty && *sty))
        return NOTIFY_OFF;
    for (size_t i = 0; i < sizeof osc9 / sizeof *osc9; i++)
        if (program && strcmp(program, osc9[i]) == 0)
            return NOTIFY_OSC9;
    for (size_t i = 0; i < sizeof osc9_terms / sizeof *osc9_terms; i++)
        if (begins(term, osc9_terms[i]))
            return NOTIFY_OSC9;
    return begins(term, "foot") || begins(term, "contour") ? NOTIFY_OSC777 : NOTIFY_OFF;
}

/* --- focus --- */

struct notify *notify_new(const struct notify_options *options, int64_t now)
{
    struct notify *notify = xcalloc(1, sizeof *notify);

    notify->options = *options;
    notify->focused = true;
    notify->key_at = now; /* the client was started by a person */
    return notify;
}

void notify_free(struct notify **notify)
{
    free(*notify);
    *notify = NULL;
}

void notify_focus(struct notify *notify, bool focused)
{
    notify->reported = true;
    notify->focused = focused;
}

void notify_key(struct notify *notify, int64_t now)
{
    notify->key_at = now;
}

bool notify_focused(const struct notify *notify, int64_t now)
{
    return notify->reported ? notify->focused : now - notify->key_at < NOTIFY_AWAY_MS;
}

/* --- what is said --- */

/* False if the session has said something just now; else remembers that it has. */
static bool may_say(struct notify *notify, const char *session, int64_t now)
{
    struct said *slot = NULL;

    for (size_t i = 0; i < notify->said_count; i++)
        if (strcmp(notify->said[i].session, session) == 0)
            slot = &notify->said[i];
    if (slot && now - slot->at < NOTIFY_EVERY_MS)
        return false;
    if (!slot && notify->said_count < SESSIONS_MAX)
        slot = &notify->said[notify->said_count++];
    for (size_t i = 0; !slot && i < SESSIONS_MAX; i++)
        if (i == 0 || notify->said[i].at < slot->at)
            slot = &notify->said[i];
    snprintf(slot->session, sizeof slot->session, "%s", session);
    slot->at = now;
    return true;
}

/* One clean line that fits a sequence: ';' parts the members of OSC 777, and a number before one makes OSC 9
 * something else. */
static char *clean(const char *text)
{
    char *line = sanitise_line(text, strlen(text), NOTIFY_TEXT_MAX);

    for (char *at = line; *at; at++)
        if (*at == ';')
            *at = ',';
    return line;
}

/* tmux lets what is wrapped so pass to the terminal around it, if its allow-passthrough is on. */
static void put_sequence(struct buf *out, const char *sequence, bool tmux)
{
    if (!tmux) {
        buf_printf(out, "\033]%s\033\\", sequence);
        return;
    }
    buf_printf(out, "\033Ptmux;\033\033]%s\033\033\\\033\\", sequence);
}

static void put_desktop(const struct notify_options *options, const char *title, const char *words,
                        struct buf *out)
{
    char *name = clean(title), *sequence = NULL;

    if (options->desktop == NOTIFY_OSC9)
        sequence = xasprintf("9;stoa: %s %s", name, words);
    else if (options->desktop == NOTIFY_OSC777)
        sequence = xasprintf("777;notify;stoa: %s;%s", name, words);
    if (sequence)
        put_sequence(out, sequence, options->tmux);
    free(sequence);
    free(name);
}

size_t notify_event(struct notify *notify, const char *session, enum notify_what what, const char *title,
                    int64_t now, char out[NOTIFY_BYTES_MAX])
{
    static const char *const words[] = {"is done", "has failed", "waits for an answer"};
    const struct notify_options *options = &notify->options;
    struct buf bytes;

    if (options->when == NOTIFY_NEVER || (options->when == NOTIFY_UNFOCUSED && notify_focused(notify, now)) ||
        !may_say(notify, session, now))
        return 0;
    buf_init(&bytes, NOTIFY_BYTES_MAX);
    put_desktop(options, title, words[what], &bytes);
    if (options->bell)
        buf_put(&bytes, "\a", 1);
    size_t len = bytes.len;
    memcpy(out, bytes.data, len);
    buf_free(&bytes);
    return len;
}

char *notify_title(const char *glyph, const char *title)
{
    char *line = sanitise_line(title, strlen(title), NOTIFY_TEXT_MAX);
    char *text = xasprintf("%s %s – stoa", glyph, line);

    free(line);
    return text;
}
