/* Texts may hold anything that a file or a server said: who shows them sanitises them. */
#include "shared/finding.h"
#include "shared/jsonx.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[FINDING_STATES] = {"ok", "note", "warn", "bad"};

const char *finding_state_name(enum finding_state state)
{
    return names[state];
}

void findings_add(struct findings *findings, enum finding_state state, const char *what, const char *advice,
                  const char *format, ...)
{
    char text[FINDING_TEXT_MAX];
    struct finding finding = {findings->area, what, state, text, advice};
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (state > findings->worst)
        findings->worst = state;
    findings->found(findings->arg, &finding);
}

void findings_doing(const struct findings *findings, const char *format, ...)
{
    char text[FINDING_TEXT_MAX];
    va_list args;

    if (!findings->doing)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    findings->doing(findings->arg, text);
}

json_t *finding_to_json(const struct finding *finding)
{
    json_t *json = json_object();

    jsonx_set_str(json, "area", finding->area);
    jsonx_set_str(json, "what", finding->what);
    jsonx_set_str(json, "state", names[finding->state]);
    jsonx_set_str(json, "text", finding->text);
    jsonx_set_str(json, "advice", finding->advice);
    return json;
}

bool finding_from_json(const json_t *json, struct finding *finding)
{
    const char *state = jsonx_str(json, "state", "");
    int known = 0;

    while (known < FINDING_STATES && strcmp(names[known], state) != 0)
        known++;
    *finding = (struct finding){.area = jsonx_str(json, "area", NULL),
                                .what = jsonx_str(json, "what", NULL),
                                .state = (enum finding_state)known,
                                .text = jsonx_str(json, "text", NULL),
                                .advice = jsonx_str(json, "advice", NULL)};
    return known < FINDING_STATES && finding->area && finding->what && finding->text;
}
