#include "tui/editing.h"
#include <stddef.h>

static const struct {
    enum action action;
    enum editing does;
    enum editor_move move;
} rows[] = {
    {ACTION_LEFT, EDITING_MOVED, EDITOR_LEFT},
    {ACTION_RIGHT, EDITING_MOVED, EDITOR_RIGHT},
    {ACTION_UP, EDITING_MOVED, EDITOR_UP},
    {ACTION_DOWN, EDITING_MOVED, EDITOR_DOWN},
    {ACTION_WORD_LEFT, EDITING_MOVED, EDITOR_WORD_LEFT},
    {ACTION_WORD_RIGHT, EDITING_MOVED, EDITOR_WORD_RIGHT},
    {ACTION_LINE_START, EDITING_MOVED, EDITOR_LINE_START},
    {ACTION_LINE_OR_TOP, EDITING_MOVED, EDITOR_LINE_START},
    {ACTION_LINE_END, EDITING_MOVED, EDITOR_LINE_END},
    {ACTION_LINE_OR_FOLLOW, EDITING_MOVED, EDITOR_LINE_END},
    {ACTION_DELETE_LEFT, EDITING_DELETED, EDITOR_LEFT},
    {ACTION_DELETE_RIGHT, EDITING_DELETED, EDITOR_RIGHT},
    {ACTION_KILL_WORD, EDITING_KILLED, EDITOR_WORD_LEFT},
    {ACTION_KILL_WORD_RIGHT, EDITING_KILLED, EDITOR_WORD_RIGHT},
    {ACTION_KILL_START, EDITING_KILLED, EDITOR_LINE_START},
    {ACTION_KILL_END, EDITING_KILLED, EDITOR_LINE_END},
};

enum editing editing_act(struct editor *editor, enum action action, bool lines)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].action != action || (!lines && (action == ACTION_UP || action == ACTION_DOWN)))
            continue;
        if (rows[i].does == EDITING_MOVED)
            editor_move(editor, rows[i].move);
        else
            editor_delete(editor, rows[i].move, rows[i].does == EDITING_KILLED);
        return rows[i].does;
    }
    return EDITING_NOTHING;
}
