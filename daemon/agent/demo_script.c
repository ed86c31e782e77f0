/* Nothing here looks at a clock or at chance: tests and documentation rely on what the demo model says. */
#include "daemon/agent/demo_script.h"
#include "shared/jsonx.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    SCRIPT_CHUNKS = 100,
    SCRIPT_CHUNKS_MAX = 100000000,
    SCRIPT_BYTES = 24,
    SCRIPT_BYTES_MAX = 60000,
    SCRIPT_RATE_MAX = 1000000,
    SCRIPT_SLOW_MAX = 3600000,
    SCRIPT_QUOTE_MAX = 160, /* bytes of the question that the answer repeats */
    SCRIPT_WORDS = 3,       /* of a piece */
    SCRIPT_TIMES_MAX = 1000,
    SCRIPT_SAYS_MAX = 64 << 10 /* bytes that are said about results */
};

static const char answer_before[] =
    "Hello! I am the **demo** model, built into stoa: I need no key and no network, and I always say the "
    "same.\n"
    "\n"
    "You wrote:\n"
    "\n"
    "> ";

static const char answer_after[] =
    "\n"
    "\n"
    "Here is what I can show you:\n"
    "\n"
    "- text that *streams* as it is made\n"
    "- lists, such as this one, and `code`\n"
    "- tables and code blocks\n"
    "\n"
    "| to use | do this |\n"
    "|---|---|\n"
    "| a model on this machine | start Ollama, llama.cpp or another server with an OpenAI API |\n"
    "| OpenAI | set `OPENAI_API_KEY` |\n"
    "| Anthropic | set `ANTHROPIC_API_KEY` |\n"
    "\n"
    "Any other server goes into `~/.config/stoa/config.yaml`:\n"
    "\n"
    "```yaml\n"
    "providers:\n"
    "  mine:\n"
    "    api: openai\n"
    "    base_url: http://127.0.0.1:8000/v1\n"
    "```\n"
    "\n"
    "`stoa models` lists what is there; a model is named like `mine/small`.\n";

/* --- reading --- */

static int64_t number(const char *text, int64_t fallback, int64_t max)
{
    char *end;
    long long value = strtoll(text, &end, 10);

    if (end == text || *end != '\0' || value < 0)
        return fallback;
    return value > max ? max : value;
}

static void set_chunks(struct demo_script *script, int64_t chunks, int64_t bytes)
{
    script->chunks = chunks > 0 ? chunks : script->chunks > 0 ? script->chunks : SCRIPT_CHUNKS;
    script->bytes = bytes > 0 ? bytes : script->bytes;
}

static void set(char **slot, const char *value)
{
    free(*slot);
    *slot = xstrdup(value);
}

static void read_word(struct demo_script *script, const char *key, const char *value)
{
    if (strcmp(key, "rate") == 0)
        script->rate = number(value, script->rate, SCRIPT_RATE_MAX);
    else if (strcmp(key, "chunks") == 0)
        set_chunks(script, number(value, 0, SCRIPT_CHUNKS_MAX), 0);
    else if (strcmp(key, "bytes") == 0)
        set_chunks(script, 0, number(value, 0, SCRIPT_BYTES_MAX));
    else if (strcmp(key, "seed") == 0)
        script->seed = (uint64_t)number(value, 0, INT64_MAX);
    else if (strcmp(key, "slow") == 0)
        script->slow_ms = number(value, 0, SCRIPT_SLOW_MAX);
    else if (strcmp(key, "reasoning") == 0)
        script->reasoning = strcmp(value, "1") == 0;
    else if (strcmp(key, "hang") == 0)
        script->hang = strcmp(value, "1") == 0;
    else if (strcmp(key, "fail") == 0)
        script->fail = strcmp(value, "start") == 0 ? DEMO_FAIL_START
                       : strcmp(value, "mid") == 0 ? DEMO_FAIL_MID
                                                   : DEMO_FAIL_NOT;
    else if (strcmp(key, "crash") == 0)
        script->crash = strcmp(value, "segv") == 0 ? SIGSEGV : strcmp(value, "abort") == 0 ? SIGABRT : 0;
    else if (strcmp(key, "times") == 0)
        script->times = number(value, 1, SCRIPT_TIMES_MAX);
    else if (strcmp(key, "tool") == 0 || strcmp(key, "tools") == 0)
        set(&script->tools, value);
}

/* line: what follows "/demo", which is torn to words. */
static void read_line(struct demo_script *script, char *line)
{
    while (*(line += strspn(line, " \t\r"))) {
        char *value, *key = line;

        if (strncmp(line, "echo=", 5) == 0) {
            set(&script->text, line + 5);
            return;
        }
        if (strncmp(line, "input=", 6) == 0) {
            set(&script->input, line + 6);
            return;
        }
        line += strcspn(line, " \t\r");
        if (*line)
            *line++ = '\0';
        if ((value = strchr(key, '='))) {
            *value++ = '\0';
            read_word(script, key, value);
        }
    }
}

/* What was asked, on one line and cut. */
static char *quote(const char *message)
{
    size_t len = strlen(message), cut = utf8_cut(message, len, SCRIPT_QUOTE_MAX);
    char *text = xasprintf("%.*s%s", (int)cut, message, cut < len ? "…" : "");

    for (char *c = text; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            *c = ' ';
    return text;
}

static char *answer(const char *message)
{
    char *quoted = quote(message), *text = xasprintf("%s%s%s", answer_before, quoted, answer_after);

    free(quoted);
    return text;
}

static void read_if_directives(struct demo_script *script, const char *line, size_t len)
{
    for (; len > 0 && *line == ' '; len--)
        line++;
    if (len < 5 || strncmp(line, "/demo", 5) != 0 || (len > 5 && !strchr(" \t\r", line[5])))
        return;
    char *words = xstrndup(line + 5, len - 5);
    read_line(script, words);
    free(words);
}

void demo_script_read(struct demo_script *script, const char *message, int64_t rate)
{
    const char *line = message, *end;

    *script = (struct demo_script){.rate = rate, .bytes = SCRIPT_BYTES, .times = 1};
    for (; (end = strchr(line, '\n')); line = end + 1)
        read_if_directives(script, line, (size_t)(end - line));
    read_if_directives(script, line, strlen(line));
    script->greets = !script->text;
    if (script->greets)
        script->text = answer(message);
    if (!script->input)
        script->input = xstrdup("{\"from\":\"demo\"}");
}

void demo_script_clear(struct demo_script *script)
{
    free(script->tools);
    free(script->input);
    free(script->text);
    *script = (struct demo_script){0};
}

/* --- what is said --- */

void demo_script_files(struct demo_script *script, const json_t *content)
{
    struct buf says;
    const json_t *block;
    size_t i;

    if (!script->greets)
        return;
    buf_init(&says, SCRIPT_SAYS_MAX);
    json_array_foreach(content, i, block)
    {
        const char *name = jsonx_str(block, "file", NULL);
        if (name)
            buf_printf(&says, "I got the file %s of %lld bytes.\n\n", name,
                       (long long)jsonx_int(block, "bytes", 0));
    }
    buf_puts(&says, script->text);
    free(script->text);
    script->text = buf_take(&says);
}

void demo_script_title(struct demo_script *script, const char *message, int words)
{
    const char *from = strstr(message, "\n> "), *demo = "/demo ";
    struct buf title;

    buf_init(&title, SCRIPT_QUOTE_MAX);
    from = from ? from + 3 : message;
    if (strncmp(from, demo, strlen(demo)) == 0)
        from += strlen(demo);
    for (const char *end; words-- > 0 && *from && *from != '\n'; from = end) {
        end = from + strcspn(from, " \n");
        buf_printf(&title, "%s%.*s", title.len ? " " : "", (int)(end - from), from);
        end += strspn(end, " ");
    }
    free(script->text);
    script->text = buf_take(&title);
    script->chunks = 0;
}

void demo_script_results(struct demo_script *script, const json_t *content, int64_t round)
{
    struct buf says;
    const json_t *block;
    size_t i;

    buf_init(&says, SCRIPT_SAYS_MAX);
    json_array_foreach(content, i, block)
    {
        char *text = quote(jsonx_str(block, "text", ""));
        if (strcmp(jsonx_str(block, "type", ""), "result") != 0)
            buf_printf(&says, "You also wrote:\n\n> %s\n\n", text);
        else
            buf_printf(&says, "The tool `%s` %s:\n\n> %s\n\n", jsonx_str(block, "name", ""),
                       jsonx_bool(block, "failed", false) ? "failed" : "answered", text);
        free(text);
    }
    free(script->text);
    script->text = buf_take(&says);
    script->chunks = 0;
    script->fail = DEMO_FAIL_NOT;
    script->crash = 0;
    script->hang = script->reasoning = false;
    script->slow_ms = 0;
    if (round >= script->times) {
        free(script->tools);
        script->tools = NULL;
    }
}

char *demo_script_tool(const struct demo_script *script, size_t at)
{
    const char *name = script->tools;

    for (; name && at > 0; at--)
        name = (name = strchr(name, ',')) ? name + 1 : NULL;
    return name ? xstrndup(name, strcspn(name, ",")) : NULL;
}

size_t demo_script_piece(const char *text)
{
    size_t len = 0;

    for (int words = 0; words < SCRIPT_WORDS && text[len]; words++) {
        len += strcspn(text + len, " \n");
        len += strspn(text + len, " \n");
    }
    return len;
}

/* Knuth's MMIX generator; its high bits are the good ones. */
static unsigned next(uint64_t *random, unsigned below)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((*random >> 33) % below);
}

void demo_script_invent(struct demo_words *words, size_t count, struct buf *out)
{
    static const char *const vocabulary[] = {
        "the ",   "a ",     "stream ",   "flows ",  "and ",  "every ",    "session ", "has ",   "its ",
        "own ",   "agent ", "which ",    "speaks ", "with ", "one ",      "model ",   "while ", "others ",
        "wait. ", "Then ",  "*again* ",  "`code` ", "of ",   "small ",    "parts ",   "makes ", "sense. ",
        "It ",    "is ",    "**bold** ", "to ",     "say ",  "less.\n\n", "Once ",    "more ",  "words ",
    };

    while (count > 0) {
        if (!words->rest || !*words->rest)
            words->rest = vocabulary[next(&words->random, sizeof vocabulary / sizeof *vocabulary)];
        size_t len = strnlen(words->rest, count);
        buf_put(out, words->rest, len);
        words->rest += len;
        count -= len;
    }
}
