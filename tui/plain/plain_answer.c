/* Questions in line mode: each is printed whole, with nothing hidden in it, and a number. An answer names it,
 * or there is only one; and one that has only just been printed is not answered by what was typed before. */
#include "shared/clock.h"
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/panel_text.h"
#include "tui/plain/plain_private.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET_MS = 700 }; /* an answer that comes sooner was typed for something else */

static bool is_kind(const json_t *question, const char *kind)
{
    return strcmp(jsonx_str(question, "kind", ""), kind) == 0;
}

/* --- asking --- */

static struct plain_question *find(struct plain *plain, const char *id)
{
    for (size_t i = 0; i < plain->question_count; i++)
        if (strcmp(plain->questions[i].id, id) == 0)
            return &plain->questions[i];
    return NULL;
}

static struct plain_question *add(struct plain *plain, const char *id)
{
    if (plain->question_count == STATE_QUESTIONS_MAX)
        memmove(plain->questions, plain->questions + 1, --plain->question_count * sizeof *plain->questions);
    struct plain_question *question = &plain->questions[plain->question_count++];
    *question = (struct plain_question){.number = ++plain->question_numbers};
    snprintf(question->id, sizeof question->id, "%s", id);
    return question;
}

static void put_how(struct plain *plain, const json_t *json, int number)
{
    if (is_kind(json, "form"))
        plain_say(plain, "? /allow %d asks for the values one by one, /deny %d refuses", number, number);
    else if (is_kind(json, "url") || is_kind(json, "authorize"))
        plain_say(plain,
                  "? /allow %d when you have opened it (/allow %d redirect URL if the browser could not come "
                  "back), /deny %d refuses",
                  number, number, number);
    else
        plain_say(plain, "? /allow %d: once; /allow %d session: also from now on; /deny %d REASON: no",
                  number, number, number);
}

static void put_question(struct plain *plain, struct plain_question *question, const json_t *json)
{
    unsigned hidden;
    char *title = panel_title(json), *text = panel_text(json, NULL, &hidden);

    plain_say(plain, "? question %d: %s", question->number, title);
    out_text(plain->out, text, strlen(text));
    if (hidden > 0)
        plain_say(plain, "! %u control or invisible characters in it are shown as ^[ or <U+202E>", hidden);
    put_how(plain, json, question->number);
    question->printed = clock_steady_ms();
    question->open = true;
    free(title);
    free(text);
}

void plain_ask(struct plain *plain, const struct state *state, bool again)
{
    for (size_t i = 0; i < plain->question_count; i++)
        plain->questions[i].open = false;
    for (size_t i = 0; i < state->question_count; i++) {
        struct plain_question *question = find(plain, state->questions[i]->id);

        if (question && !again)
            question->open = true;
        else
            put_question(plain, question ? question : add(plain, state->questions[i]->id),
                         state->questions[i]->json);
    }
    if (again && state->question_count == 0)
        plain_say(plain, "* nothing is asked");
}

void plain_answered(struct plain *plain, const json_t *data)
{
    struct plain_question *question = find(plain, jsonx_str(data, "question", ""));
    const char *decision = jsonx_str(data, "decision", ""), *reason = jsonx_str(data, "reason", "");

    if (!question)
        return;
    question->open = false;
    plain_say(plain, "* question %d: %s, by %s%s%s", question->number, decision,
              jsonx_str(data, "by", jsonx_str(data, "cause", "nobody")), *reason ? ": " : "", reason);
    if (plain->form && strcmp(jsonx_str(plain->form, "id", ""), question->id) == 0)
        plain_drop_form(plain);
}

/* --- answering --- */

static void on_answered(void *arg, enum err code, const char *text, json_t *ok)
{
    (void)ok;
    plain_replied(arg);
    if (code != ERR_OK)
        plain_say(arg, "! not answered: %s", text);
}

static void answer(struct plain *plain, json_t *params)
{
    plain_request(plain, METHOD_QUESTION_ANSWER, params, PLAIN_ANSWER_MS, on_answered, plain);
}

/* The number at the beginning of *rest, which is moved behind it; 0: there is none. */
static int take_number(const char **rest)
{
    char *end;
    long number = isdigit((unsigned char)**rest) ? strtol(*rest, &end, 10) : 0;

    if (number <= 0 || number > 1000000 || (*end != '\0' && *end != ' '))
        return 0;
    *rest = end + strspn(end, " ");
    return (int)number;
}

/* Which question is meant; NULL after saying why none is. */
static struct plain_question *choose(struct plain *plain, const char **rest)
{
    int number = take_number(rest);
    struct plain_question *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < plain->question_count; i++) {
        struct plain_question *one = &plain->questions[i];
        if (one->open && (number == 0 || one->number == number)) {
            found = one;
            count++;
        }
    }
    if (count == 0 && number > 0)
        plain_say(plain, "! question %d does not wait for an answer", number);
    else if (count == 0)
        plain_say(plain, "! nothing is asked");
    else if (count > 1)
        plain_say(plain, "! %zu questions wait: say which by its number, as in /allow %d", count,
                  found->number);
    else if (clock_steady_ms() - found->printed < QUIET_MS)
        plain_say(plain, "! question %d has only just come: read it, then answer", found->number);
    else
        return found;
    return NULL;
}

static const struct question *question_of(struct plain *plain, const struct plain_question *question)
{
    const struct state *state = client_state(plain->client, plain->session);

    return state ? state_question(state, question->id) : NULL;
}

static json_t *params_of(const struct plain_question *question, const char *decision)
{
    json_t *params = json_object();

    jsonx_set_str(params, "question", question->id);
    jsonx_set_str(params, "decision", decision);
    return params;
}

void plain_deny(struct plain *plain, const char *rest)
{
    struct plain_question *question = choose(plain, &rest);

    if (!question)
        return;
    json_t *params = params_of(question, "deny");
    jsonx_set_str(params, "reason", *rest ? rest : NULL);
    answer(plain, params);
}

void plain_allow(struct plain *plain, const char *rest)
{
    struct plain_question *chosen = choose(plain, &rest);
    const struct question *question = chosen ? question_of(plain, chosen) : NULL;

    if (!question)
        return;
    if (question->kind == QUESTION_FORM && json_array_size(jsonx_arr(question->json, "fields")) > 0) {
        plain_drop_form(plain);
        plain->form = json_incref(question->json);
        plain->content = json_object();
        return;
    }
    bool redirect = strncmp(rest, "redirect ", 9) == 0;
    bool scope = strcmp(rest, "once") == 0 || strcmp(rest, "session") == 0;
    if (*rest && !redirect && !scope) {
        plain_say(plain, "! /allow takes once or session, not '%s'", rest);
        return;
    }
    json_t *params = params_of(chosen, "allow");
    jsonx_set_str(params, "scope", scope ? rest : NULL);
    if (redirect)
        json_object_set_new(params, "content", json_pack("{s:s}", "redirect", rest + 9));
    answer(plain, params);
}

/* --- forms --- */

void plain_drop_form(struct plain *plain)
{
    json_decref(plain->form);
    json_decref(plain->content);
    plain->form = plain->content = NULL;
    plain->field = 0;
}

/* An empty line takes the default. */
void plain_fill(struct plain *plain, const char *line)
{
    const json_t *fields = jsonx_arr(plain->form, "fields"), *field = json_array_get(fields, plain->field);
    char error[256], *text = *line ? xstrdup(line) : panel_field_default(field);
    json_t *value = panel_field_value(field, text, error);

    free(text);
    if (!value && *error) {
        plain_say(plain, "! %s", error);
        return;
    }
    if (value)
        json_object_set_new(plain->content, jsonx_str(field, "name", ""), value);
    if (++plain->field < json_array_size(fields))
        return;
    json_t *params = json_pack("{s:s, s:s, s:O}", "question", jsonx_str(plain->form, "id", ""), "decision",
                               "allow", "content", plain->content);
    answer(plain, params);
    plain_drop_form(plain);
}

/* Of a field: what is asked, and its default. */
static const char *field_prompt(const struct plain *plain)
{
    static char text[512];
    const json_t *field = json_array_get(jsonx_arr(plain->form, "fields"), plain->field);
    char *label = panel_field_label(field), *value = panel_field_default(field);
    char *line = xasprintf("%s%s%s%s ", label, *value ? " [" : "", value, *value ? "]:" : ":");
    char *clean = sanitise_line(line, strlen(line), sizeof text - 1);

    snprintf(text, sizeof text, "%s", clean);
    free(clean);
    free(line);
    free(value);
    free(label);
    return text;
}

const char *plain_prompt_text(const struct plain *plain)
{
    return plain->form ? field_prompt(plain) : typed_began(plain->typed) ? "... " : "> ";
}
