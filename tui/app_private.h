/* What the files of the full-screen client share: app.c (loop and frames), app_keys.c (keys to actions),
 * app_session.c (requests and switching), app_panel.c (questions), app_picker.c (lists that are filtered),
 * app_complete.c (what is offered while one types), app_browse.c (the cursor among the messages),
 * app_confirm.c (what is asked before it is done), app_page.c (what is shown as a page), app_notify.c (bell,
 * notifications, title) and app_outside.c (^Z and $EDITOR). Nobody else includes this. */
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

void app_toggle_mouse(struct app *app);

/* --- app_command.c --- */
/* Whether a draft is a command, not a message. */
bool app_is_command(const char *text);
/* False if the draft shall stay: what is wrong was said. */
bool app_run_command(struct app *app, const char *text);

/* --- app_session.c --- */
void app_switch(struct app *app, const char *session);
void app_new_session(struct app *app, const char *title);
void app_send(struct app *app);
/* steer: it enters at the next step of the turn that runs, else it waits for its end. */
void app_send_text(struct app *app, const char *text, bool steer);
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

/* --- app_picker.c --- */
void app_open_picker(struct app *app, enum picker_kind kind);
/* A key while the picker is shown: all are its own. */
void app_picker_key(struct app *app, const struct key_event *event, enum action action);

/* --- app_complete.c --- */
/* The draft or its cursor has changed: what is offered may have, too. */
void app_complete(struct app *app);
/* True if the action, of CONTEXT_COMPLETION, was for what is offered. */
bool app_complete_act(struct app *app, enum action action);

/* --- app_browse.c --- */
void app_browse(struct app *app);
/* A key while browsing: all are its own. action: of CONTEXT_BROWSE. */
void app_browse_key(struct app *app, const struct key_event *event, enum action action);

/* --- app_confirm.c --- */
/* Shows what forking, rewinding to, or compacting would drop, and asks. message: the last one kept; NULL for
 * none. edit: the text of the message after it becomes the draft. */
void app_ask_fork(struct app *app, const char *message);
void app_ask_rewind(struct app *app, const char *message, bool edit);
void app_ask_compact(struct app *app);
/* What was asked is wanted. */
void app_confirmed(struct app *app);

/* --- app_notify.c --- */
/* The terminal said so. */
void app_focus(struct app *app, bool focused);
/* A listed or followed event: a turn has ended, a question waits... */
void app_notify_event(struct app *app, const struct event *event);
/* The terminal's title, if it should be another. */
void app_sync_title(struct app *app);

/* --- app_page.c --- */
/* Shows clean lines, the first one a heading; takes text. */
void app_show_page(struct app *app, char *text);

/* --- app_outside.c --- */
void app_suspend(struct app *app);
void app_edit_outside(struct app *app);

#endif
