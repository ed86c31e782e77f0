/* What can be done about a question, by its kind and by who looks at it: the same table says which keys mean
 * something, and which the hint names. */
#include "shared/jsonx.h"
#include "shared/sanitise.h"
#include "shared/xalloc.h"
#include "tui/panel_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the hint. */
struct offer {
    const char *kind;
    enum action action;
    const char *word;
};
static const struct offer offers[] = {
    {"permission", ACTION_PANEL_ONCE, "once"},
    {"permission", ACTION_PANEL_SESSION, "session"},
    {"permission", ACTION_PANEL_ALWAYS, "always"},
    {"permission", ACTION_PANEL_EDIT, "edit"},
    {"permission", ACTION_PANEL_DENY, "no"},
    {"permission", ACTION_PANEL_DENY_WHY, "no + why"},
    {"form", ACTION_PANEL_ONCE, "send"},
    {"form", ACTION_PANEL_FILL, "fill in"},
    {"form", ACTION_PANEL_DENY, "decline"},
    {"url", ACTION_PANEL_ONCE, "opened"},
    {"url", ACTION_PANEL_DENY, "decline"},
    {"sampling", ACTION_PANEL_ONCE, "allow"},
    {"sampling", ACTION_PANEL_DENY, "refuse"},
    {"authorize", ACTION_PANEL_REDIRECT, "paste where the browser went"},
    {"authorize", ACTION_PANEL_DENY, "give up"},
};

/* What takes two persons is allowed as it is, and once. */
static bool is_for_two(const struct panel *panel)
{
    return jsonx_bool(panel->question, "two_person", false);
}

/* Whether this person was the first of the two. */
static bool was_first(const struct panel *panel)
{
    return *panel->user && strcmp(jsonx_str(panel->question, "approved_by", ""), panel->user) == 0;
}

static bool is_ones_own(const struct panel *panel, enum action action)
{
    bool more =
        action == ACTION_PANEL_SESSION || action == ACTION_PANEL_ALWAYS || action == ACTION_PANEL_EDIT;
    if (panel->role < ROLE_APPROVER || (more && is_for_two(panel)))
        return false;
    if (action == ACTION_PANEL_ALWAYS && panel->role < ROLE_OWNER) /* a rule of theirs counts elsewhere */
        return false;
    return action != ACTION_PANEL_ONCE || !was_first(panel);
}

/* A form is sent once it is filled in, and only arguments that are known can be edited. */
static bool is_offered(const struct panel *panel, const struct offer *offer)
{
    if (!panel_is(panel, offer->kind) || (offer->action == ACTION_PANEL_EDIT && !panel->arguments) ||
        !is_ones_own(panel, offer->action))
        return false;
    return panel->content || !panel_is(panel, "form") || offer->action != ACTION_PANEL_ONCE;
}

bool panel_offers(const struct panel *panel, enum action action)
{
    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++)
        if (offers[i].action == action && is_offered(panel, &offers[i]))
            return true;
    return false;
}

/* --- in words --- */

static void put_key(struct buf *out, enum action action, const char *word, const char *more)
{
    char name[KEYMAP_NAME_MAX];

    if (*keymap_key_of(CONTEXT_PANEL, action, name))
        buf_printf(out, "%s[%s] %s%s", out->len ? " " : "", name, word, more);
}

void panel_offer_keys(const struct panel *panel, struct buf *out)
{
    bool again = panel->content != NULL;

    for (size_t i = 0; i < sizeof offers / sizeof offers[0]; i++)
        if (is_offered(panel, &offers[i]))
            put_key(out, offers[i].action, offers[i].word,
                    again && offers[i].action == ACTION_PANEL_FILL ? " again" : "");
    put_key(out, ACTION_PANEL_LATER, "later", "");
}

void panel_offer_persons(const struct panel *panel, char note[PANEL_NOTE_BYTES])
{
    const char *first = jsonx_str(panel->question, "approved_by", NULL);

    note[0] = '\0';
    if (first) {
        char *name = was_first(panel) ? xstrdup("you") : sanitise_line(first, strlen(first), 64);
        snprintf(note, PANEL_NOTE_BYTES, "%s approved; a second person is needed ", name);
        free(name);
    } else if (is_for_two(panel)) {
        snprintf(note, PANEL_NOTE_BYTES, "two persons must allow it ");
    }
    size_t len = strlen(note);
    if (panel->role < ROLE_APPROVER)
        snprintf(note + len, PANEL_NOTE_BYTES - len, "approvers answer this, you are a %s  ",
                 role_name(panel->role));
}
