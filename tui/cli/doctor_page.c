/* Findings as people read them: by area, a mark, a sentence, and below it what to do. */
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/cli/doctor.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { INDENT = 6, COLUMNS_LEAST = 40, COLUMNS_MOST = 120 };

static const struct {
    const char *mark, *colour;
} looks[FINDING_STATES] = {
    [FINDING_OK] = {"ok", "32"},
    [FINDING_NOTE] = {"-", "36"},
    [FINDING_WARN] = {"!", "33"},
    [FINDING_BAD] = {"x", "31;1"},
};

struct page {
    struct out *out;
    bool coloured;
    size_t columns; /* 0: lines are not broken */
};

/* The sanitiser takes escape sequences out of all text, ours too; these go past it. */
static void put_colour(const struct page *page, const char *colour)
{
    if (page->coloured && !page->out->broken)
        fprintf(page->out->file, "\033[%sm", colour);
}

static void put_indent(const struct page *page)
{
    out_printf(page->out, "%*s", INDENT, "");
}

/* Breaks at spaces. The cursor stands after the indent. */
static void put_wrapped(const struct page *page, const char *text)
{
    size_t used = 0; /* after the indent */
    char *clean = sanitise_line(text, strlen(text), FINDING_TEXT_MAX);

    for (const char *at = clean + strspn(clean, " "); *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " "), width = utf8_width(at, len);

        if (page->columns && used && INDENT + used + 1 + width > page->columns) {
            out_printf(page->out, "\n");
            put_indent(page);
            used = 0;
        }
        out_printf(page->out, "%s%.*s", used ? " " : "", (int)len, at);
        used += width + (used ? 1 : 0);
        at += len;
    }
    out_printf(page->out, "\n");
    free(clean);
}

static void put_finding(const struct page *page, const struct finding *finding)
{
    out_printf(page->out, "  ");
    put_colour(page, looks[finding->state].colour);
    out_printf(page->out, "%-2s", looks[finding->state].mark);
    put_colour(page, "0");
    out_printf(page->out, "  ");
    put_wrapped(page, finding->text);
    if (finding->advice) {
        char *advice = xasprintf("-> %s", finding->advice);

        put_indent(page);
        put_wrapped(page, advice);
        free(advice);
    }
}

static void put_area(const struct page *page, const char *area, const json_t *found,
                     size_t counts[FINDING_STATES])
{
    const json_t *json;
    bool begun = false;
    size_t i;

    json_array_foreach(found, i, json)
    {
        struct finding finding;

        if (!finding_from_json(json, &finding) || strcmp(finding.area, area) != 0)
            continue;
        if (!begun) {
            put_colour(page, "1");
            out_printf(page->out, "%s", area);
            put_colour(page, "0");
            out_printf(page->out, "\n");
        }
        begun = true;
        counts[finding.state]++;
        put_finding(page, &finding);
    }
}

static void put_sum(const struct page *page, const size_t counts[FINDING_STATES])
{
    size_t bad = counts[FINDING_BAD], warn = counts[FINDING_WARN];

    if (bad + warn == 0)
        out_printf(page->out, "All is well.\n");
    else if (bad == 0)
        out_printf(page->out, "It works; %zu %s a look (marked !).\n", warn,
                   warn == 1 ? "thing deserves" : "things deserve");
    else
        out_printf(page->out, "%zu %s (marked x)%s", bad, bad == 1 ? "thing is wrong" : "things are wrong",
                   warn ? "" : ".\n");
    if (bad && warn)
        out_printf(page->out, ", and %zu %s a look (marked !).\n", warn, warn == 1 ? "deserves" : "deserve");
}

static void find_looks(struct page *page)
{
    const char *no_colour = getenv("NO_COLOR"), *type = getenv("TERM");
    struct winsize size;

    if (!isatty(fileno(page->out->file)))
        return;
    page->coloured = !(no_colour && *no_colour) && type && *type && strcmp(type, "dumb") != 0;
    if (ioctl(fileno(page->out->file), TIOCGWINSZ, &size) == 0 && size.ws_col >= COLUMNS_LEAST)
        page->columns = size.ws_col < COLUMNS_MOST ? size.ws_col : COLUMNS_MOST;
}

void doctor_page(struct out *out, const json_t *found)
{
    struct page page = {.out = out};
    size_t counts[FINDING_STATES] = {0};

    find_looks(&page);
    for (const char *const *area = doctor_areas; *area; area++)
        put_area(&page, *area, found, counts);
    put_sum(&page, counts);
    out_flush(out);
}
