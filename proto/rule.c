/* Patterns of rules, and which rule decides. A pattern is never unescaped: it is cut into slices, and globs
 * are matched over these, so that an escaped character can't become a special one on the way. */
#include "proto/rule.h"

#include "proto/schema.h"
#include "shared/buf.h"
#include "shared/utf8.h"
#include "shared/xalloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slice { /* of a pattern, with its escapes */
    const char *at, *end;
};

struct pattern {
    struct slice server, tool;
    struct {
        struct slice name, glob;
    } arguments[RULE_ARGUMENTS_MAX];
    size_t count;
};

/* --- names --- */

static const char *const effect_names[RULE_EFFECT_COUNT] = {"allow", "ask", "deny"};

const char *rule_effect_name(enum rule_effect effect)
{
    return effect < RULE_EFFECT_COUNT ? effect_names[effect] : "ask";
}

enum rule_effect rule_effect_parse(const char *name)
{
    enum rule_effect effect = RULE_ALLOW;
    while (effect < RULE_EFFECT_COUNT && strcmp(effect_names[effect], name) != 0)
        effect++;
    return effect;
}

const char *rule_origin_name(enum rule_origin origin)
{
    static const char *const names[] = {"config", "user", "session"};
    return names[origin];
}

/* --- reading a pattern --- */

/* What a person does not see, and so did not judge. */
static bool is_hidden(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c || cp == 0x180e ||
           (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xe0000 && cp <= 0xe0fff);
}

static bool holds_hidden(const char *text, size_t len)
{
    uint32_t cp;
    for (size_t i = 0; i < len;) {
        i += utf8_decode(text + i, len - i, &cp);
        if (is_hidden(cp))
            return true;
    }
    return false;
}

/* Up to the first of stops that is not escaped, or to the end. False if a \ has nothing after it. */
static bool cut(const char **at, const char *end, const char *stops, struct slice *out)
{
    const char *from = *at;
    while (*at < end && !strchr(stops, **at))
        *at += **at == '\\' ? 2 : 1;
    *out = (struct slice){from, *at};
    return *at <= end;
}

/* A space at either end is more likely a slip than meant; "\ " says that it is meant. */
static const char *check_slice(const struct slice *slice, const char *what, char error[256])
{
    const char *wrong = NULL;
    size_t len = (size_t)(slice->end - slice->at);
    if (len == 0)
        wrong = "is empty";
    else if (slice->at[0] == ' ' || (slice->end[-1] == ' ' && (len == 1 || slice->end[-2] != '\\')))
        wrong = "begins or ends with a space; write '\\ ' if it is meant";
    if (wrong)
        snprintf(error, 256, "%s %s", what, wrong);
    return wrong;
}

static bool has_wildcard(const struct slice *slice)
{
    for (const char *at = slice->at; at < slice->end; at += *at == '\\' ? 2 : 1)
        if (*at == '*' || *at == '?')
            return true;
    return false;
}

static bool read_argument(struct pattern *out, const char **at, const char *end, char error[256])
{
    struct slice name, glob;
    if (out->count == RULE_ARGUMENTS_MAX) {
        snprintf(error, 256, "it names more than %d arguments", RULE_ARGUMENTS_MAX);
        return false;
    }
    while (*at < end && **at == ' ')
        (*at)++;
    if (!cut(at, end, "=,()", &name) || *at == end || **at != '=') {
        snprintf(error, 256, "between ( and ) it must be ARGUMENT=GLOB, ARGUMENT=GLOB, ...");
        return false;
    }
    (*at)++;
    if (!cut(at, end, ",()", &glob) || *at == end || **at == '(') {
        snprintf(error, 256,
                 "an argument's glob must be followed by , or ); write \\( \\) and \\, inside it");
        return false;
    }
    if (check_slice(&name, "an argument's name", error) || check_slice(&glob, "an argument's glob", error))
        return false;
    if (has_wildcard(&name)) {
        snprintf(error, 256,
                 "* and ? are not for an argument's name; write \\* or \\? if they are part of it");
        return false;
    }
    out->arguments[out->count].name = name;
    out->arguments[out->count++].glob = glob;
    return true;
}

/* The part from the parenthesis on. */
static bool read_arguments(struct pattern *out, const char *at, const char *end, char error[256])
{
    if (at == end)
        return true;
    do {
        at++;
        if (!read_argument(out, &at, end, error))
            return false;
    } while (*at == ',');
    if (at + 1 == end)
        return true;
    snprintf(error, 256, "something follows its )");
    return false;
}

/* False with what is wrong, as the rest of a sentence that begins with the pattern. */
static bool read_pattern(const char *text, struct pattern *out, char error[256])
{
    static const char any[] = "*";
    size_t len = strlen(text);
    const char *at = text, *end = text + len;
    out->count = 0;
    if (len > RULE_PATTERN_MAX) {
        snprintf(error, 256, "it has %zu bytes; at most %d are taken", len, RULE_PATTERN_MAX);
        return false;
    }
    if (!utf8_valid(text, len) || holds_hidden(text, len)) {
        snprintf(error, 256, "it holds a control or hidden character");
        return false;
    }
    if (strcmp(text, any) == 0) {
        out->server = out->tool = (struct slice){any, any + 1};
        return true;
    }
    if (!cut(&at, end, "/(", &out->server) || at == end || *at != '/') {
        snprintf(error, 256, "write SERVER/TOOL (stoa/TOOL: built in) or SERVER/TOOL(ARGUMENT=GLOB, ...)");
        return false;
    }
    at++;
    if (!cut(&at, end, "()", &out->tool) || (at < end && *at != '(')) {
        snprintf(error, 256, "its tool's name ends wrongly; write \\\\ or \\) if it is part of it");
        return false;
    }
    return !check_slice(&out->server, "its server", error) && !check_slice(&out->tool, "its tool", error) &&
           read_arguments(out, at, end, error);
}

bool rule_check(const char *pattern, char error[256])
{
    struct pattern parsed;
    char why[256], shown[64];
    if (read_pattern(pattern, &parsed, why))
        return true;
    json_t *json = json_string(pattern);
    schema_show(json, shown);
    json_decref(json);
    snprintf(error, 256, "%s is no pattern of a rule: %.180s", shown, why);
    return false;
}

char *rule_exact(const char *server, const char *tool)
{
    const char *parts[] = {*server ? server : RULE_BUILTIN, tool};
    struct buf out;
    buf_init(&out, 2 * (strlen(parts[0]) + strlen(tool)) + 1);
    for (int i = 0; i < 2; i++) {
        if (i)
            buf_putc(&out, '/');
        for (const char *at = parts[i]; *at; at++) {
            bool edge = *at == ' ' && (at == parts[i] || !at[1]);
            if (edge || strchr("*?\\/()", *at))
                buf_putc(&out, '\\');
            buf_putc(&out, *at);
        }
    }
    return buf_take(&out);
}

/* --- matching --- */

static size_t char_len(const char *at, const char *end)
{
    uint32_t cp;
    return utf8_decode(at, (size_t)(end - at), &cp);
}

/* Whether the text's next character is what the glob's next is; both then go on. */
static bool match_one(const char **glob, const char *glob_end, const char **text, const char *text_end)
{
    const char *at = *glob;
    if (at == glob_end)
        return false;
    if (*at == '?') {
        *glob = at + 1;
        *text += char_len(*text, text_end);
        return true;
    }
    at += *at == '\\';
    if (*at != **text)
        return false;
    *glob = at + 1;
    (*text)++;
    return true;
}

/* Goes back only to the last *: at most the product of both lengths. */
static bool match_glob(const struct slice *glob, const char *text, size_t len)
{
    const char *at = glob->at, *end = text + len, *star = NULL, *mark = NULL;
    while (text < end) {
        if (at < glob->end && *at == '*') {
            star = ++at;
            mark = text;
        } else if (!match_one(&at, glob->end, &text, end)) {
            if (!star)
                return false;
            mark += char_len(mark, end);
            at = star;
            text = mark;
        }
    }
    while (at < glob->end && *at == '*')
        at++;
    return at == glob->end;
}

static bool is_star(const struct slice *glob)
{
    return glob->end - glob->at == 1 && *glob->at == '*';
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

/* How often it leads up, read as a path: what it begins with is then not where it ends. */
static size_t climbs(const char *text, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i + 1 < len; i++)
        if (text[i] == '.' && text[i + 1] == '.' && (i == 0 || is_separator(text[i - 1])) &&
            (i + 2 == len || is_separator(text[i + 2])))
            count++;
    return count;
}

/* Also within what JSON escapes. ups: how often it may lead up. */
static bool value_misleads(const json_t *value, size_t ups)
{
    size_t i, len = json_string_length(value);
    const char *key, *text = json_string_value(value);
    json_t *member;
    if (text)
        return holds_hidden(text, len) || climbs(text, len) > ups;
    json_array_foreach(value, i, member)
    {
        if (value_misleads(member, ups))
            return true;
    }
    json_object_foreach((json_t *)value, key, member)
    {
        if (holds_hidden(key, strlen(key)) || value_misleads(member, ups))
            return true;
    }
    return false;
}

/* The path without what changes nothing: "//", "/./", "x/../". */
static char *plain_path(const char *text, size_t len)
{
    char *out = xmalloc(len + 2);
    size_t at = 0, end, root = len > 0 && text[0] == '/';
    if (root)
        out[at++] = '/';
    for (size_t i = 0; i < len; i = end + 1) {
        for (end = i; end < len && text[end] != '/'; end++)
            ;
        size_t size = end - i, last = at;
        bool up = size == 2 && text[i] == '.' && text[i + 1] == '.';
        if (size == 0 || (size == 1 && text[i] == '.'))
            continue;
        while (last > root && out[last - 1] != '/')
            last--;
        if (up && at > root && !(at - last == 2 && out[last] == '.' && out[last + 1] == '.')) {
            at = last > root ? last - 1 : root;
            continue;
        }
        if (up && root)
            continue;
        if (at > root)
            out[at++] = '/';
        memcpy(out + at, text + i, size);
        at += size;
    }
    out[at] = '\0';
    return out;
}

static bool match_text(const struct slice *glob, const json_t *value, bool strict)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (match_glob(glob, text, len))
        return true;
    if (strict || !memchr(text, '/', len))
        return false;
    char *plain = plain_path(text, len);
    bool matches = match_glob(glob, plain, strlen(plain));
    free(plain);
    return matches;
}

static bool match_value(const struct slice *glob, const json_t *value, bool strict)
{
    if (is_star(glob))
        return true;
    if (strict && value_misleads(value, climbs(glob->at, (size_t)(glob->end - glob->at))))
        return false;
    if (json_is_string(value))
        return match_text(glob, value, strict);
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    bool matches = text && match_glob(glob, text, strlen(text));
    free(text);
    return matches;
}

/* The argument of that name; NULL if it is not there. */
static const json_t *argument(const json_t *arguments, const struct slice *name)
{
    char plain[RULE_PATTERN_MAX + 1];
    size_t len = 0;
    for (const char *at = name->at; at < name->end; at++) {
        at += *at == '\\';
        plain[len++] = *at;
    }
    plain[len] = '\0';
    return json_object_get(arguments, plain);
}

static bool matches(const struct pattern *pattern, bool strict, const char *server, const char *tool,
                    const json_t *arguments)
{
    if (!*server)
        server = RULE_BUILTIN;
    if (!match_glob(&pattern->server, server, strlen(server)) ||
        !match_glob(&pattern->tool, tool, strlen(tool)))
        return false;
    for (size_t i = 0; i < pattern->count; i++) {
        const json_t *value = argument(arguments, &pattern->arguments[i].name);
        if (!value || !match_value(&pattern->arguments[i].glob, value, strict))
            return false;
    }
    return true;
}

bool rule_matches(const char *pattern, enum rule_effect effect, const char *server, const char *tool,
                  const json_t *arguments)
{
    struct pattern parsed;
    char error[256];
    return read_pattern(pattern, &parsed, error) &&
           matches(&parsed, effect == RULE_ALLOW, server, tool, arguments);
}

/* --- lists of patterns --- */

/* The next pattern of the list, to be freed, and *list after it; NULL at the end. An empty one is left out.
 */
static char *next_of_list(const char **list)
{
    static const char blanks[] = " \t\r\n";
    const char *from = *list + strspn(*list, " \t\r\n;"), *at = from, *end = from;
    int depth = 0;
    if (!*from)
        return NULL;
    for (; *at && (*at != ';' || depth > 0); at++) {
        bool escapes = *at == '\\' && at[1];
        depth += *at == '(' ? 1 : *at == ')' && depth > 0 ? -1 : 0;
        at += escapes;
        if (escapes || !strchr(blanks, *at))
            end = at + 1;
    }
    *list = at;
    return xstrndup(from, (size_t)(end - from));
}

bool rule_list_check(const char *list, char error[256])
{
    bool good = true;
    for (char *pattern; good && (pattern = next_of_list(&list)) != NULL; free(pattern))
        good = rule_check(pattern, error);
    return good;
}

bool rule_list_matches(const char *list, const char *server, const char *tool, const json_t *arguments)
{
    bool found = false;
    for (char *pattern; !found && (pattern = next_of_list(&list)) != NULL; free(pattern))
        found = rule_matches(pattern, RULE_ASK, server, tool, arguments);
    return found;
}

/* --- deciding --- */

enum { MEASURES = 6 };
struct weight { /* the first difference counts, more wins */
    int64_t of[MEASURES];
};

static int64_t literals(const struct slice *slice)
{
    int64_t count = 0;
    for (const char *at = slice->at; at < slice->end;) {
        bool escaped = *at == '\\';
        count += escaped || (*at != '*' && *at != '?');
        at += escaped;
        at += char_len(at, slice->end);
    }
    return count;
}

static struct weight weigh(const struct pattern *pattern, const struct rule_line *rule)
{
    struct weight weight = {{(int64_t)pattern->count, literals(&pattern->tool), literals(&pattern->server), 0,
                             rule->origin, rule->effect}};
    for (size_t i = 0; i < pattern->count; i++)
        weight.of[3] += literals(&pattern->arguments[i].glob);
    return weight;
}

static bool outweighs(const struct weight *a, const struct weight *b)
{
    int i = 0;
    while (i < MEASURES - 1 && a->of[i] == b->of[i])
        i++;
    return a->of[i] > b->of[i];
}

const struct rule_line *rule_decide(const struct rule_line *rules, size_t count, const char *server,
                                    const char *tool, const json_t *arguments)
{
    const struct rule_line *best = NULL;
    struct weight best_weight;
    for (size_t i = 0; i < count; i++) {
        struct pattern parsed;
        char error[256];
        if (!read_pattern(rules[i].pattern, &parsed, error) ||
            !matches(&parsed, rules[i].effect == RULE_ALLOW, server, tool, arguments))
            continue;
        if (rules[i].origin == RULE_CONFIG && rules[i].effect == RULE_DENY)
            return &rules[i];
        struct weight weight = weigh(&parsed, &rules[i]);
        if (!best || outweighs(&weight, &best_weight)) {
            best = &rules[i];
            best_weight = weight;
        }
    }
    return best;
}
