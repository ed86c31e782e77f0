#include "tui/text/tool_text.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include "tui/text/code.h"
#include "tui/text/wrap.h"
#include <stdlib.h>
#include <string.h>

enum {
    TITLE_MAX = 160,
    NAME_PART = 64,        /* bytes of a server's name, a person's, and the like in a title */
    PRETTY_MAX = 64 << 10, /* bytes of a result that is set out as JSON */
    TEXT_MAX = 4 << 20
};

/* --- the title --- */

/* A glyph and a word for each state: no meaning by colour or glyph alone. */
static const struct {
    const char *glyph, *word;
} call_looks[CALL_STATE_COUNT] = {
    [CALL_NONE] = {"·", ""},
    [CALL_ASKED] = {"?", "waits for permission"},
    [CALL_ALLOWED] = {"·", "allowed"},
    [CALL_RUNNING] = {"»", "running"},
    [CALL_DONE] = {"✓", "done"},
    [CALL_FAILED] = {"✗", "failed"},
    [CALL_DENIED] = {"⊘", "denied"},
    [CALL_CANCELLED] = {"■", "cancelled"},
    [CALL_UNKNOWN] = {"!", "outcome unknown"},
};

static char *clean_part(const char *text, size_t max)
{
    return sanitise_line(text ? text : "", text ? utf8_cut(text, strlen(text), max) : 0, max * 3);
}

/* How far it has come: "running 40% fetching", "done 1.2 s", "denied by ann". free() it. */
static char *call_progress(const struct tool_call *call)
{
    char *text = clean_part(call->text, NAME_PART), *by = clean_part(call->by, NAME_PART), *out;
    const char *word = call_looks[call->state].word;

    if (call->state == CALL_RUNNING && call->progress >= 0 && call->total > 0)
        out = xasprintf("%s %.0f%% %s", word, 100 * call->progress / call->total, text);
    else if (call->state == CALL_RUNNING)
        out = xasprintf("%s %s", word, text);
    else if (*by && (call->state == CALL_DENIED || call->state == CALL_ALLOWED))
        out = xasprintf("%s by %s", word, by);
    else if (call->ms >= 0)
        out = xasprintf("%s %.1f s", word, (double)call->ms / 1000);
    else
        out = xstrdup(word);
    free(text);
    free(by);
    return out;
}

char *tool_text_title(const struct block *block, bool folded)
{
    const struct tool_call *call = block->call;
    const char *mark = folded ? "▸" : "▾";
    char *server = clean_part(call ? call->server : NULL, NAME_PART);
    char *tool = clean_part(call && *call->tool ? call->tool : block->name, TITLE_MAX);
    char *input = sanitise_line(block->text.data, utf8_cut(block->text.data, block->text.len, TITLE_MAX),
                                TITLE_MAX * 3);
    char *progress = call ? call_progress(call) : xstrdup("");
    char *title =
        xasprintf("%s tool  %s %s%s%s%s%s  %s", mark, call_looks[call ? call->state : CALL_NONE].glyph,
                  server, *server ? "/" : "", tool, *progress ? "  " : "", progress, input);

    free(server);
    free(tool);
    free(input);
    free(progress);
    return title;
}

/* --- unfolded --- */

struct sheet {
    struct canvas *canvas;
    size_t width, source; /* source: rises with what is written; what stands here is in no source */
    const char *prompt;   /* before the first line; "" once it is written */
    size_t indent;        /* of the others */
};

static void begin_line(void *owner, size_t source)
{
    struct sheet *sheet = owner;

    (void)source;
    canvas_line(sheet->canvas, 0, *sheet->prompt ? 0 : sheet->indent, STYLE_TEXT);
    canvas_puts(sheet->canvas, sheet->prompt, STYLE_MARK);
    sheet->prompt = "";
}

/* Text from outside as a code block that can be copied, of which only shown bytes are seen. */
static void put_code(struct canvas *canvas, const char *clean, size_t len, size_t shown, struct code code,
                     const char *prompt, size_t width)
{
    size_t indent = utf8_width(prompt, strlen(prompt));
    struct sheet sheet = {.canvas = canvas, .prompt = prompt, .indent = indent};
    const struct flow_margin margin = {.begin = begin_line, .owner = &sheet};
    size_t inner = width > indent ? width - indent : 1;

    canvas_code_keep(canvas, clean, len);
    size_t used = code_lines(&code, clean, shown, 0, canvas, &margin, inner);
    code_rest(&code, clean + used, shown - used, 0, canvas, &margin, inner);
    canvas_code_end(canvas);
}

static void put_text(struct canvas *canvas, const char *text, const struct language *language,
                     const char *prompt, size_t width)
{
    char *clean = sanitise_text(text, strlen(text), SANITISE_STRIP, TEXT_MAX);
    struct code code;

    code_init(&code, language);
    put_code(canvas, clean, strlen(clean), strlen(clean), code, prompt, width);
    free(clean);
}

static void put_note(struct canvas *canvas, const char *text)
{
    canvas_line(canvas, 0, 0, STYLE_DIM);
    canvas_puts(canvas, text, STYLE_DIM);
}

static void put_json(struct canvas *canvas, const json_t *value, size_t width)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);

    if (text)
        put_text(canvas, text, highlight_language("json", 4), "", width);
    free(text);
}

/* --- arguments --- */

/* Arguments that are real text, which JSON would make unreadable. */
static const struct {
    const char *name, *language, *prompt;
} plain_arguments[] = {
    {"command", "sh", "$ "}, {"cmd", "sh", "$ "},   {"code", "", ""},
    {"diff", "diff", ""},    {"patch", "diff", ""},
};

/* The language that a call says its code is in; Python, which most such tools run, where it does not. */
static const struct language *code_language(const json_t *arguments)
{
    const char *name = jsonx_str(arguments, "language", "python");

    return highlight_language(name, strlen(name));
}

static void put_arguments(struct canvas *canvas, const json_t *arguments, size_t width)
{
    json_t *rest = json_copy((json_t *)arguments);

    for (size_t i = 0; i < sizeof plain_arguments / sizeof *plain_arguments; i++) {
        const char *text = jsonx_str(arguments, plain_arguments[i].name, NULL);
        const char *name = plain_arguments[i].language;
        if (!text)
            continue;
        if (!*plain_arguments[i].prompt) {
            canvas_line(canvas, 0, 0, STYLE_DIM);
            canvas_puts(canvas, plain_arguments[i].name, STYLE_DIM);
        }
        put_text(canvas, text, *name ? highlight_language(name, strlen(name)) : code_language(arguments),
                 plain_arguments[i].prompt, width);
        json_object_del(rest, plain_arguments[i].name);
    }
    if (json_object_size(rest) > 0)
        put_json(canvas, rest, width);
    json_decref(rest);
}

/* --- the result --- */

/* Bytes of the text up to what is shown of it; *more: lines after that. */
static size_t result_shown(const char *text, size_t len, size_t *more)
{
    size_t at = 0, lines = 0;

    *more = 0;
    while (at < len && lines < TOOL_RESULT_LINES && at < TOOL_RESULT_BYTES) {
        const char *newline = memchr(text + at, '\n', len - at);
        at = newline ? (size_t)(newline - text) + 1 : len;
        lines++;
    }
    if (at >= TOOL_RESULT_BYTES + WRAP_CUT_SLACK)
        at = wrap_cut(text, TOOL_RESULT_BYTES);
    for (size_t i = at; i < len; i++)
        *more += text[i] == '\n';
    *more += at < len && text[len - 1] != '\n';
    return at;
}

static void put_result(struct canvas *canvas, const char *result, size_t width)
{
    char *clean = sanitise_text(result, strlen(result), SANITISE_STRIP, TEXT_MAX);
    size_t len = strlen(clean), more, shown;
    json_t *json =
        (*clean == '{' || *clean == '[') && len <= PRETTY_MAX ? jsonx_parse(clean, len, NULL) : NULL;
    bool decided;
    struct code code;

    if (json) {
        free(clean);
        clean = json_dumps(json, JSON_INDENT(2));
        json_decref(json);
        result = clean ? clean : "";
        char *again = sanitise_text(result, strlen(result), SANITISE_STRIP, TEXT_MAX);
        free(clean);
        clean = again;
        len = strlen(clean);
    }
    code_init(&code, json ? highlight_language("json", 4) : highlight_guess(clean, len, &decided));
    code.plain = STYLE_TEXT;
    shown = result_shown(clean, len, &more);
    put_code(canvas, clean, len, shown, code, "", width);
    if (more > 0) {
        char *note = xasprintf("… %zu more line%s, v shows all", more, more == 1 ? "" : "s");
        put_note(canvas, note);
        free(note);
    }
    free(clean);
}

void tool_text_lines(const struct block *block, struct canvas *canvas, size_t width)
{
    const struct tool_call *call = block->call;
    const char *text = call && call->arguments ? call->arguments : block->text.data;
    json_t *arguments = jsonx_parse(text, strlen(text), NULL);

    if (call && call->arguments)
        put_note(canvas, "arguments as they were changed:");
    if (json_is_object(arguments))
        put_arguments(canvas, arguments, width);
    else if (*text)
        put_text(canvas, text, NULL, "", width);
    json_decref(arguments);
    if (!call || !call->result || !*call->result)
        return;
    if (canvas->count > 0)
        canvas_gap(canvas, 0);
    put_result(canvas, call->result, width);
    if (call->file) {
        char *name = sanitise_line(call->file, strlen(call->file), TITLE_MAX);
        char *note = xasprintf("the whole of it: %s", name);
        put_note(canvas, note);
        free(note);
        free(name);
    }
}
