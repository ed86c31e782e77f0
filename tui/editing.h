/* What the actions of writing do to an editor: the same in the draft and in all other inputs. */
#ifndef STOA_TUI_EDITING_H
#define STOA_TUI_EDITING_H

#include "tui/editor.h"
#include "tui/keymap.h"

enum editing {
    EDITING_NOTHING, /* no action that moves or deletes: nothing was done */
    EDITING_MOVED,
    EDITING_DELETED,
    EDITING_KILLED /* deleted, and kept for editor_yank */
};

/* lines: it may have several, so that up and down are its own. */
enum editing editing_act(struct editor *editor, enum action action, bool lines);

#endif
