/* The draft, whatever keys are pressed and texts pasted: it is what a plain string would be; the cursor never
 * stands within a cluster; what is on the screen is what a new editor shows of the same text; and all that
 * was done can be taken back, and made again. Bytes are keys; those of letters insert themselves. */
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "tui/editor.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTHS = 40, ROWS = 6, CHANGES = 1000, KEYS_MAX = 2000, LONG = 32 << 10 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cursor(const char *text, size_t len, size_t cursor)
{
    size_t start = cursor, at;

    assert(cursor <= len && utf8_valid(text, len));
    while (start > 0 && text[start - 1] != '\n')
        start--;
    for (at = start; at < cursor;) {
        int width;
        at += utf8_cluster(text + at, len - at, &width);
    }
    assert(at == cursor);
}

static void check_window(struct editor *editor, struct editor *fresh, size_t width)
{
    struct editor_window window;
    size_t len, at = 0;
    const char *text = editor_text(editor, &len);

    editor_set_width(fresh, width);
    assert(editor_begin(fresh, text, len));
    assert(editor_height(editor, 1000) == editor_height(fresh, 1000));
    editor_window(editor, ROWS, &window);
    assert(window.count >= 1 && window.count <= ROWS && window.cursor_line < window.count);
    assert(window.cursor_cell <= width);
    for (size_t i = 0; i < window.count; i++) {
        const struct visual_line *line = &window.lines[i];
        assert(line->at + line->len <= len && (i == 0 || line->at >= at));
        assert(!memchr(text + line->at, '\n', line->len));
        int cell;
        size_t first = line->len ? utf8_cluster(text + line->at, line->len, &cell) : 0, seen = line->len;
        while (seen > 0 && strchr(" \t", text[line->at + seen - 1])) /* blanks may hang over */
            seen--;
        assert(utf8_width(text + line->at, seen) <= width || first >= seen);
        at = line->at + line->len;
    }
}

/* A paste: the bytes up to the next 0xFF, cleaned as those of a terminal are. */
static size_t paste(struct editor *editor, const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, 0xff, size);
    size_t len = end ? (size_t)(end - data) : size;
    char *clean = sanitise_text((const char *)data, len, SANITISE_STRIP, 4096);
    size_t before, after;

    editor_text(editor, &before);
    assert(editor_insert(editor, clean, strlen(clean)));
    editor_text(editor, &after);
    assert(after == before + strlen(clean));
    free(clean);
    return len;
}

static void press(struct editor *editor, uint8_t key)
{
    enum editor_move move = (enum editor_move)(key & 7);

    switch (key >> 4) {
    case 8:
        editor_move(editor, move);
        break;
    case 9:
        editor_delete(editor, move % 6, key & 8);
        break;
    case 10:
        editor_yank(editor);
        break;
    case 11:
        editor_undo(editor);
        break;
    case 12:
        editor_redo(editor);
        break;
    case 13:
        editor_remember(editor, editor_text(editor, NULL));
        break;
    default:
        editor_insert(editor, (const char *)&key, 1);
    }
}

static void check_undo(struct editor *editor)
{
    size_t len;
    char *last;

    for (int i = 0; i < CHANGES; i++)
        editor_redo(editor);
    last = strdup(editor_text(editor, &len));
    for (int i = 0; i < CHANGES; i++)
        editor_undo(editor);
    for (int i = 0; i < CHANGES; i++)
        editor_redo(editor);
    assert(strcmp(last, editor_text(editor, &len)) == 0 && len == strlen(last));
    free(last);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return utf8_locale() ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct editor *editor = editor_new(), *fresh = editor_new();
    size_t width = size ? data[0] % WIDTHS + 2u : 2, len;

    editor_set_width(editor, width);
    for (size_t i = 1; i < size && i < KEYS_MAX; i++) {
        if (data[i] == 0xff)
            i += paste(editor, data + i + 1, size - i - 1);
        else if (data[i] >= 0xe0)
            editor_set_width(editor, width = data[i] % WIDTHS + 2u);
        else if (data[i] >= 0x80 || data[i] == '\n' || (data[i] >= ' ' && data[i] < 0x7f))
            press(editor, data[i]);
        const char *text = editor_text(editor, &len);
        if (len > LONG) /* killed and yanked over and over: what is checked would take too long */
            break;
        check_cursor(text, len, editor_cursor(editor));
        if (i % 4 == 0)
            check_window(editor, fresh, width);
    }
    check_undo(editor);
    editor_free(&editor);
    editor_free(&fresh);
    return 0;
}
