/* What the files of the full-screen client share: app.c (loop and frames), app_keys.c (keys to actions),
 * app_session.c (requests and switching), app_panel.c (questions), app_page.c (what is shown as a page) and
 * app_outside.c (^Z and $EDITOR). Nobody else includes this. */
#ifndef STOA_TUI_APP_PRIVATE_H
#define STOA_TUI_APP_PRIVATE_H

#include "tui/client.h"
#include "tui/keymap.h"
#include "tui/keys.h"
#include "tui/screen.h"
#include "tui/ui.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { APP_HANDLES = 8 };

struct app {
    uv_loop_t loop;
    struct client *client;
    struct screen *screen;
    struct keys *keys;
    struct ui ui;
    uv_poll_t terminal;
    uv_timer_t frame, tick, escape, typing;
    uv_signal_t resized, stop, resumed;
    bool polling_output; /* the terminal did not take all */
    bool dirty;          /* something is not shown yet */
    int64_t last_frame;  /* steady ms */
    int64_t notice_at;   /* steady ms */
    int64_t last_cancel; /* steady ms of the last ^C; 0 if another key came since */
    bool says_typing;    /* the others were told so */
    bool loading_older, no_older;
    char *trouble_key; /* what ui.trouble was made of */
    bool outside;      /* the terminal is the shell's or the editor's */
    uv_process_t editor;
    char editor_path[64];
    int editor_tty;
    bool quit;
    int exit_code;
    char *last_words; /* said on stderr at the end; NULL: nothing */
};

/* --- app.c --- */
/* Brings ui up to date with the client's state. Before ui.state or the list are used, since both change under
 * the loop. */
void app_sync(struct app *app);
/* Something that is shown has changed: a frame follows soon. */
void app_changed(struct app *app);
/* Shows it now. */
void app_draw(struct app *app);
/* A sentence for the status line, which is sanitised. */
void app_say(struct app *app, bool bad, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Ends the loop. words: for stderr, or NULL. */
void app_quit(struct app *app, int exit_code, const char *words);
/* Starts and stops reading the terminal. */
void app_listen(struct app *app);
void app_deafen(struct app *app);

/* --- app_keys.c --- */
/* Handles all that was typed so far. waited: of keys_next. */
void app_keys(struct app *app, bool waited);

/* --- app_session.c --- */
void app_switch(struct app *app, const char *session);
void app_new_session(struct app *app, const char *title);
void app_send(struct app *app);
void app_interrupt(struct app *app);
/* Tells the others, unless they know. */
void app_tell_typing(struct app *app, bool typing);
void app_load_sessions(struct app *app);
void app_load_older(struct app *app);
/* The session looked at is gone. */
void app_session_lost(struct app *app, const char *text);

/* --- app_panel.c --- */
/* Brings the panel up to date with the state. */
void app_sync_panel(struct app *app);
/* True if the key was for the panel. */
bool app_panel_key(struct app *app, const struct key_event *event);
/* To what waits for an answer: here, else in another session. */
void app_go_asking(struct app *app);

/* --- app_page.c --- */
/* /mcp and /rules: their answers are shown as a page. */
void app_command_mcp(struct app *app, const char *rest);
void app_command_rules(struct app *app, const char *rest);

/* --- app_outside.c --- */
void app_suspend(struct app *app);
void app_edit_outside(struct app *app);

#endif
