/* What stands in place of the messages: the list of sessions, and the help page made from the key table. */
#include "shared/clock.h"
#include "shared/utf8.h"
#include "tui/keymap.h"
#include "tui/view.h"
#include "tui/view_parts.h"
#include "tui/wrap.h"
#include <stdio.h>
#include <string.h>

enum { KEYS_CELLS = 30, HELP_LINES_MAX = 160, KEYS_BYTES = 160 };

struct help_line {
    char keys[KEYS_BYTES];
    const char *text;
    enum style style;
};

static const struct help_line commands[] = {
    {"", "", STYLE_TEXT},
    {"Commands, typed as a message", "", STYLE_HEADING},
    {"  /new [TITLE]", "new session", STYLE_TEXT},
    {"  /rename TITLE", "rename this session", STYLE_TEXT},
    {"  /model NAME", "use another model in this session", STYLE_TEXT},
    {"  /interrupt", "interrupt the turn", STYLE_TEXT},
    {"  /steer MESSAGE", "say it at the next step of the turn that runs", STYLE_TEXT},
    {"  /unqueue", "take back the newest message that waits", STYLE_TEXT},
    {"  /compact", "let the model sum up what was said", STYLE_TEXT},
    {"  /mcp [tools [SERVER]]", "MCP servers of this session, or their tools", STYLE_TEXT},
    {"  /mcp connect SERVER", "start one; also: disconnect", STYLE_TEXT},
    {"  /mcp select SERVER [VARIANT]", "use another variant here", STYLE_TEXT},
    {"  /rules", "which tool calls are allowed, asked or denied", STYLE_TEXT},
    {"  /help", "this page", STYLE_TEXT},
    {"  /quit", "quit", STYLE_TEXT},
};

static void add_key(struct help_line *line, const struct binding *row)
{
    char name[24];
    size_t len = strlen(line->keys);

    keymap_name(row->code, row->mods, name);
    if (strstr(line->keys, name))
        return; /* both directions of the wheel */
    snprintf(line->keys + len, sizeof line->keys - len, "%s%s", len > 2 ? " " : "", name);
}

/* One line for all the keys of an action. */
static size_t help_lines(struct help_line lines[HELP_LINES_MAX])
{
    size_t rows, count = 0;
    const struct binding *table = keymap_rows(&rows);
    enum context context = CONTEXT_COUNT;

    for (enum context want = CONTEXT_CHAT; want < CONTEXT_COUNT; want++) {
        for (size_t i = 0; i < rows && count + 3 < HELP_LINES_MAX; i++) {
            if (table[i].context != want || table[i].action == ACTION_PREFIX)
                continue;
            if (context != want) {
                if (count > 0)
                    lines[count++] = (struct help_line){"", "", STYLE_TEXT};
                lines[count] = (struct help_line){"", "", STYLE_HEADING};
                snprintf(lines[count++].keys, KEYS_BYTES, "%s", keymap_context_name(want));
                context = want;
            }
            if (table[i].help)
                lines[count++] = (struct help_line){"  ", table[i].help, STYLE_TEXT};
            if (table[i].action != ACTION_SWITCH)
                add_key(&lines[count - 1], &table[i]);
            else if (table[i].help) /* nine keys in a row */
                snprintf(lines[count - 1].keys, KEYS_BYTES, "  Alt+1 to Alt+9");
        }
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands && count < HELP_LINES_MAX; i++)
        lines[count++] = commands[i];
    return count;
}

void view_help(const struct ui *ui, struct screen *screen, struct area area)
{
    static struct help_line lines[HELP_LINES_MAX];
    size_t count = help_lines(lines);

    for (int i = 0; i < area.rows; i++) {
        size_t at = ui->scroll + (size_t)i;
        screen_row(screen, area.y + i, area.x, area.cols, STYLE_TEXT);
        if (at < count) {
            bool heading = lines[at].style == STYLE_HEADING;
            screen_puts(screen, " ", STYLE_TEXT);
            int cells = (int)utf8_width(lines[at].keys, strlen(lines[at].keys));
            screen_puts(screen, lines[at].keys, heading ? STYLE_HEADING : STYLE_STRONG);
            screen_repeat(screen, " ", cells < KEYS_CELLS ? KEYS_CELLS - cells : 2, STYLE_TEXT);
            screen_puts(screen, lines[at].text, STYLE_TEXT);
        }
        screen_row_end(screen);
    }
}

/* --- a page of text --- */

static size_t page_lines(const char *page)
{
    size_t lines = 0;

    for (const char *at = page; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
        lines++;
    return lines;
}

void view_page(const struct ui *ui, struct screen *screen, struct area area)
{
    const char *at = ui->page ? ui->page : "";
    size_t heading = strcspn(at, "\n");

    screen_row(screen, area.y, area.x, area.cols, STYLE_TEXT);
    screen_puts(screen, " ", STYLE_TEXT);
    screen_put(screen, at, heading, STYLE_HEADING);
    screen_row_end(screen);
    at += heading + (at[heading] == '\n');
    for (size_t skip = ui->scroll; skip > 0 && *at; skip--) {
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    for (int i = 1; i < area.rows; i++) {
        size_t len = strcspn(at, "\n");

        screen_row(screen, area.y + i, area.x, area.cols, STYLE_TEXT);
        screen_puts(screen, " ", STYLE_TEXT);
        screen_put(screen, at, len, STYLE_TEXT);
        screen_row_end(screen);
        at += len + (at[len] == '\n');
    }
}

size_t view_page_overflow(const struct ui *ui, int rows, int cols)
{
    size_t count = page_lines(ui->page), shown = rows > 5 ? (size_t)rows - 4 : 1;

    (void)cols;
    return count > shown ? count - shown : 0;
}

size_t view_help_overflow(int rows, int cols)
{
    static struct help_line lines[HELP_LINES_MAX];
    size_t count = help_lines(lines), shown = rows > 4 ? (size_t)rows - 4 : 1;

    (void)cols;
    return count > shown ? count - shown : 0;
}
