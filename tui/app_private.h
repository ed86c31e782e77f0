/* What the files of the full-screen client share: app.c (loop and frames), app_client.c (what the client
 * tells), app_goodbye.c (what stays on the terminal at the end), app_keys.c (keys to actions),
 * app_session.c (requests and switching), app_panel.c (questions), app_picker.c (lists that are filtered),
 * app_complete.c (what is offered while one types), app_browse.c (the cursor among the messages),
 * app_find.c (searching there), app_copy.c (the clipboard), app_transcript.c (pager and scrollback),
 * app_confirm.c (what is asked before it is done), app_lend.c (/lend), app_page.c (what is shown as a page),
 * app_notify.c (bell, notifications, title) and app_outside.c (^Z and $EDITOR). Nobody else includes this. */
#ifndef STOA_TUI_APP_PRIVATE_H
#define STOA_TUI_APP_PRIVATE_H

#include "proto/slash.h"
#include "tui/client.h"
#include "tui/clipboard.h"
#include "tui/keep.h"
#include "tui/keymap.h"
#include "tui/preview.h"
#include "tui/spool.h"
#include "tui/tempfile.h"
#include "tui/terminal/front.h"
#include "tui/terminal/keys.h"
#include "tui/terminal/screen.h"
#include "tui/ui.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { APP_END_SIGNALS = 4, APP_NOTICE_BYTES = 300 };

struct app;
typedef void app_program_cb(struct app *app, bool well);

/* Why older messages are loaded, beside their being nearly seen. */
enum app_hunt {
    HUNT_NOTHING,
    HUNT_OLDEST,      /* to go to the oldest */
    HUNT_TEXT,        /* to find a text upwards */
    HUNT_TEXT_AROUND, /* to find it downwards from the oldest */
    HUNT_CURSOR,      /* the cursor's message is not loaded any more */
    HUNT_CHANGE       /* to show what a change would drop */
};

struct settings;

struct app {
    uv_loop_t loop;
    struct client *client;
    struct screen *screen;
    struct keys *keys;
    struct ui ui;
    uv_poll_t terminal;
    uv_timer_t frame, tick, escape, typing;
    uv_signal_t resized, stop, resumed;
    struct keeping *keeping;           /* of app_keep.c */
    struct offering *offering;         /* of app_complete.c */
    struct lists *lists;               /* of app_lists.c */
    int ended_by;                      /* the signal that ends it; 0: none */
    uv_signal_t ends[APP_END_SIGNALS]; /* what others end the client with */
    bool polling_output;               /* the terminal did not take all */
    bool dirty;                        /* something is not shown yet */
    int64_t last_frame;                /* steady ms */
    int64_t notice_at;                 /* steady ms */
    bool notice_stopping;              /* it says that the daemon stops: until there is one again */
    int64_t last_cancel;               /* steady ms of the last ^C; 0 if another key came since */
    bool cancelled;                    /* it cleared a draft */
    bool says_typing;                  /* the others were told so */
    bool loading_older, no_older;
    bool loading_sessions; /* more of them */
    int64_t learned_at;    /* steady ms of the last list for the sake of a session without a title; or 0 */
    char older_session[ID_MAX]; /* whose older messages are loading */
    char *trouble_key;          /* what ui.trouble was made of */
    bool outside;               /* the terminal is the shell's or the editor's */
    struct front front;         /* for the way back */
    uv_process_t program;       /* that has it; with its terminal, its file, and what follows it */
    int program_tty;
    char program_path[TEMPFILE_PATH_MAX];
    app_program_cb *program_over;
    char edited_session[ID_MAX]; /* whose draft the editor has */
    struct clipboard *clipboard; /* NULL before the first copy */
    char *copied;                /* what is being copied: "12 lines of c" */
    struct spool *spool;         /* NULL before the first transcript */
    bool dumps;                  /* the transcript is for the scrollback, not for the pager */
    enum app_hunt hunt;
    int64_t work_at;         /* steady ms when a hunt or a transcript began */
    char confirm_id[ID_MAX]; /* of app_ask_*: the message; "" for none */
    enum preview_change change;
    uint64_t confirm_seq; /* what the page was made of */
    size_t confirm_width;
    int64_t confirm_at;           /* steady ms when it changed under the reader; 0: it did not */
    char confirm_session[ID_MAX]; /* what is rewound */
    char *confirm_draft;          /* becomes the draft when the rewind is done; NULL: nothing does */
    struct notify *notify;
    struct asked *asked;    /* commands that the daemon has not answered */
    struct app_lend *lends; /* of app_lend.c */
    struct export *export;  /* NULL: none is under way */
    const struct client_address *address;
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

/* --- app_client.c --- */
/* With the app as their argument. */
extern const struct client_callbacks app_callbacks;

/* --- app_goodbye.c --- */
/* On the normal screen: the last answer, unless the last frame is still there; how to come back, and what was
 * typed and may not have arrived. */
void app_say_goodbye(const struct app *app, int cols, bool frame_stays);

/* --- app_keys.c --- */
/* Does what the action's key would do. */
void app_act(struct app *app, enum action action);
/* Handles all that was typed so far. waited: of keys_next. */
void app_keys(struct app *app, bool waited);

void app_toggle_mouse(struct app *app);

/* --- app_command.c --- */
/* Whether a draft is a command, not a message. */
bool app_is_command(const char *text);
/* False if the draft shall stay: what is wrong was said. */
bool app_run_command(struct app *app, const char *text);
/* What the daemon has not answered is forgotten: after the client is closed. */
void app_command_close(struct app *app);

/* --- app_session.c --- */
void app_switch(struct app *app, const char *session);
void app_new_session(struct app *app, const char *title);
void app_send(struct app *app);
/* With the files that the draft mentions. False if nothing was sent: what is wrong was said. steer: it enters
 * at the next step of the turn that runs, else it waits for its end. */
bool app_send_text(struct app *app, const char *text, bool steer);
void app_interrupt(struct app *app);
/* Tells the others, unless they know. */
void app_tell_typing(struct app *app, bool typing);
void app_load_sessions(struct app *app);
/* Asks for those that follow the ones that are listed, if there are any. */
void app_load_more_sessions(struct app *app);
void app_load_older(struct app *app);
/* Whether the session has older messages than those that are loaded. */
bool app_has_older(const struct app *app);
/* Asks for a page of them, unless one is on its way: app_older_loaded follows. False if there are none. */
bool app_fetch_older(struct app *app);
/* The session looked at is gone. */
void app_session_lost(struct app *app, const char *text);

/* --- app_panel.c --- */
/* Brings the panel up to date with the state. */
void app_sync_panel(struct app *app);
/* A key was not for the panel: it takes none for a moment. */
void app_panel_wait(struct app *app);
/* True if the key was for the panel. */
bool app_panel_key(struct app *app, const struct key_event *event);
/* To what waits for an answer: here, else in another session. */
void app_go_asking(struct app *app);

/* --- app_picker.c --- */
void app_open_picker(struct app *app, enum picker_kind kind);
/* Part of app_sync: what an open picker lists is what there is now. */
void app_sync_picker(struct app *app);
/* The daemon has listed its models. */
void app_picker_models(struct app *app);
/* A key while the picker is shown: all are its own. */
void app_picker_key(struct app *app, const struct key_event *event, enum action action);

/* --- app_keep.c --- */
void app_keep_open(struct app *app);
/* After the loop is closed. */
void app_keep_close(struct app *app);
/* The session looked at is left: its draft is kept. seen: its last message. */
void app_keep_leave(struct app *app, const char *seen);
/* Another one is looked at: its draft, files and history come. */
void app_keep_begin(struct app *app);
/* Something may have changed: it is kept within a second. */
void app_keep_look(struct app *app);
/* A text was sent from the session looked at. */
void app_keep_sent(struct app *app, const char *text);
/* Something that was sent to a session was acknowledged, or came back into its draft. */
void app_keep_settled(struct app *app, const char *session);
/* The session is no more. */
void app_keep_forget(struct app *app, const char *session);
/* What is on disk, the latest included; NULL if nothing can be kept. */
const struct keep *app_kept(struct app *app);

/* --- app_complete.c --- */
void app_complete_open(struct app *app);
/* After the loop is closed. */
void app_complete_close(struct app *app);
/* A character was typed into the draft by hand (0: one or more were deleted); before app_complete. */
void app_complete_typed(struct app *app, uint32_t code);
/* Enter: true if it took what is offered, so that nothing is to be sent. */
bool app_complete_enter(struct app *app);
/* All commands, the daemon's and the client's own, in the order of their names. */
void app_each_command(struct app *app, void (*each)(struct app *app, const struct slash_row *row));
/* What the daemon lists has come: it may be offered. */
void app_complete_again(struct app *app);

/* --- app_lists.c --- */
void app_lists_open(struct app *app);
/* After the loop is closed. */
void app_lists_close(struct app *app);
/* The models and MCP servers as the daemon said last; asks anew if that was long ago. NULL before the first
 * answer. */
const json_t *app_models(struct app *app);
const json_t *app_servers(struct app *app);
/* The draft or its cursor has changed: what is offered may have, too. */
void app_complete(struct app *app);
/* True if the action, of CONTEXT_COMPLETION, was for what is offered. */
bool app_complete_act(struct app *app, enum action action);

/* --- app_browse.c --- */
void app_browse(struct app *app);
/* Back to writing. */
void app_browse_end(struct app *app);
/* A key while browsing: all are its own. action: of CONTEXT_BROWSE. */
void app_browse_key(struct app *app, const struct key_event *event, enum action action);
/* What works on messages also while one writes: copying, pager, scrollback. False for another action. */
bool app_browse_act(struct app *app, enum action action);
/* True if the click was on the messages. */
bool app_browse_click(struct app *app, const struct key_event *event);
/* Part of app_sync. */
void app_sync_browse(struct app *app);
/* What app_browse.c and its like hold is let go: after the client is closed, before the loop ends. */
void app_browse_close(struct app *app);

/* --- app_find.c --- */
/* Loads older messages until what is hunted for is there. */
void app_hunt(struct app *app, enum app_hunt hunt);
/* Stops loading, and stops making a transcript. False if nothing was under way, or only for so short a time
 * that the key was meant for something else. */
bool app_stop_work(struct app *app);
void app_older_loaded(struct app *app);
/* To the next hit. */
void app_find(struct app *app, bool down);
/* A key while a search is typed. */
void app_find_key(struct app *app, const struct key_event *event);

/* --- app_copy.c --- */
void app_copy_code(struct app *app);
void app_copy_message(struct app *app);

/* --- app_transcript.c --- */
/* The whole session in $PAGER, or printed into the terminal's own scrollback. */
void app_transcript(struct app *app, bool dump);
/* The client ends: its file goes, also while it is read; before the loop ends. */
void app_transcript_close(struct app *app);

/* --- app_export.c --- */
/* /export [FILE] */
void app_export(struct app *app, const char *rest);
/* Gives up what is under way; before the loop ends. */
void app_export_close(struct app *app);

/* --- app_confirm.c --- */
/* Shows what forking, rewinding to, or compacting would drop, and asks. message: the last one kept; NULL for
 * none. edit: the text of the message after it becomes the draft. */
void app_ask_fork(struct app *app, const char *message);
void app_ask_rewind(struct app *app, const char *message, bool edit);
void app_ask_compact(struct app *app);
/* The messages that were missing to ask are there. */
void app_ask_again(struct app *app);
/* What was asked is wanted. */
void app_confirmed(struct app *app);
/* Part of app_sync: the page shows what is so now, or closes. */
void app_sync_confirm(struct app *app);

/* --- app_notify.c --- */
void app_notify_open(struct app *app, const struct settings *settings);
void app_notify_close(struct app *app);
/* A key was pressed: somebody is there. */
void app_notify_key(struct app *app);
/* The terminal said so. */
void app_focus(struct app *app, bool focused);
/* A listed or followed event: a turn has ended, a question waits... */
void app_notify_event(struct app *app, const struct event *event);
/* The terminal's title, if it should be another. */
void app_sync_title(struct app *app);

/* --- app_lend.c --- */
/* /lend, and what is after it. */
void app_lend(struct app *app, const char *rest);
/* The client's callbacks. */
void app_lend_link(struct app *app, enum client_link link);
void app_lend_notice(struct app *app, const json_t *notice);
/* Ends all that is lent, while the client is open. */
void app_lend_close(struct app *app);

/* --- app_page.c --- */
/* Shows clean lines, the first one a heading; takes text. */
void app_show_page(struct app *app, char *text);

/* --- app_outside.c --- */
void app_outside_open(struct app *app);
/* Somebody else stopped and continued the process: the shell has changed the terminal meanwhile. */
void app_resumed(struct app *app);
void app_suspend(struct app *app);
void app_edit_outside(struct app *app);
/* Gives the terminal to a shell script, whose $1 is app->program_path. over: it has ended, well or not; it is
 * not called if false is returned after saying why. */
bool app_run_outside(struct app *app, const char *script, app_program_cb *over);

#endif
