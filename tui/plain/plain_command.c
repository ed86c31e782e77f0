/* What is typed after "/" in line mode: what concerns this terminal is done here, all else by the daemon. */
#include "proto/slash.h"
#include "shared/err.h"
#include "shared/jsonx.h"
#include "shared/xalloc.h"
#include "tui/cli/resolve.h"
#include "tui/plain/plain_private.h"
#include <stdlib.h>
#include <string.h>

enum { COMMAND_MS = 90000, LIST_LIMIT = 1000, LIST_SHOWN = 50 };

/* --- /switch --- */

static void put_sessions(struct plain *plain, const json_t *sessions)
{
    const json_t *row;
    size_t i;

    json_array_foreach(sessions, i, row)
    {
        if (i < LIST_SHOWN)
            plain_say(plain, "  %.12s  %s  %s", jsonx_str(row, "id", ""), jsonx_str(row, "state", ""),
                      jsonx_str(row, "title", ""));
    }
    if (json_array_size(sessions) > LIST_SHOWN)
        plain_say(plain, "  and %zu more", json_array_size(sessions) - LIST_SHOWN);
}

static void on_sessions(void *arg, enum err code, const char *text, json_t *ok)
{
    struct plain *plain = arg;
    json_t *sessions = jsonx_arr(ok, "sessions"), *candidates = NULL;
    char id[ID_MAX];

    plain_replied(plain);
    if (code != ERR_OK) {
        plain_say(plain, "! %s", text);
    } else if (!*plain->wanted) {
        plain_say(plain, "* sessions, the newest activity first; /switch NAME or ID goes there");
        put_sessions(plain, sessions);
    } else {
        switch (resolve_session(sessions, plain->wanted, id, &candidates)) {
        case RESOLVE_ONE:
            plain_switch(plain, id);
            break;
        case RESOLVE_NONE:
            plain_say(plain, "! no session is called '%s'", plain->wanted);
            break;
        case RESOLVE_MANY:
            plain_say(plain, "! '%s' may mean any of these:", plain->wanted);
            put_sessions(plain, candidates);
            break;
        }
    }
    json_decref(candidates);
}

static void command_switch(struct plain *plain, const char *rest)
{
    free(plain->wanted);
    plain->wanted = xstrdup(rest);
    plain_request(plain, METHOD_SESSION_LIST, json_pack("{s:i}", "limit", LIST_LIMIT), PLAIN_ANSWER_MS,
                  on_sessions, plain);
}

/* --- others of this terminal --- */

static void command_quit(struct plain *plain, const char *rest)
{
    (void)rest;
    plain_quit(plain, EXIT_OK);
}

static void command_questions(struct plain *plain, const char *rest)
{
    const struct state *state = client_state(plain->client, plain->session);

    (void)rest;
    if (state)
        plain_ask(plain, state, true);
}

static void command_interrupt(struct plain *plain, const char *rest)
{
    (void)rest;
    plain_interrupt(plain);
}

static void command_help(struct plain *plain, const char *rest);

static const struct {
    const char *name, *arguments, *summary;
    void (*run)(struct plain *plain, const char *rest);
} commands[] = {
    {"allow", "[NUMBER] [once|session|redirect URL]", "answer a question with yes", plain_allow},
    {"deny", "[NUMBER] [REASON]", "answer a question with no", plain_deny},
    {"help", "", "this list", command_help},
    {"interrupt", "", "end the turn that runs, as ^C does", command_interrupt},
    {"questions", "", "print again what is asked", command_questions},
    {"quit", "", "leave, as ^D does; the session stays", command_quit},
    {"switch", "[SESSION]", "go to another session, by title or id; without: list them", command_switch},
};
enum { COUNT = sizeof commands / sizeof *commands };

static bool is_own(const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strlen(commands[i].name) == len && memcmp(commands[i].name, name, len) == 0)
            return true;
    return false;
}

static void put_command(struct plain *plain, const char *name, const char *arguments, const char *summary)
{
    plain_say(plain, "  /%s%s%s: %s", name, *arguments ? " " : "", arguments, summary);
}

static void command_help(struct plain *plain, const char *rest)
{
    size_t count;
    const struct slash_row *rows = slash_rows(&count);

    (void)rest;
    plain_say(plain,
              "* A line is sent as a message. One that ends in \"\\\" goes on in the next; so do all lines\n"
              "  between two lines of \"\"\". A space before / sends it as a message. ^C interrupts the\n"
              "  turn, and quits when it comes twice; ^D quits. Commands of this terminal:");
    for (size_t i = 0; i < COUNT; i++)
        put_command(plain, commands[i].name, commands[i].arguments, commands[i].summary);
    plain_say(plain, "* Commands of the session:");
    for (size_t i = 0; i < count; i++)
        if (!is_own(rows[i].name, strlen(rows[i].name)))
            put_command(plain, rows[i].name, rows[i].arguments, rows[i].summary);
}

/* --- those of the session --- */

static void on_done(void *arg, enum err code, const char *text, json_t *ok)
{
    struct plain *plain = arg;
    const char *session = jsonx_str(ok, "session", NULL);

    plain_replied(plain);
    if (code != ERR_OK) {
        plain_say(plain, "! %s", text);
        return;
    }
    plain_say(plain, "* %s", jsonx_str(ok, "text", "done"));
    if (session)
        plain_switch(plain, session);
}

void plain_command(struct plain *plain, const char *text)
{
    size_t word = strcspn(text + 1, " ");
    const char *rest = text + 1 + word + strspn(text + 1 + word, " ");

    for (size_t i = 0; i < COUNT; i++) {
        if (strlen(commands[i].name) == word && memcmp(commands[i].name, text + 1, word) == 0) {
            commands[i].run(plain, rest);
            return;
        }
    }
    json_t *params = json_object();
    jsonx_set_str(params, "text", text);
    plain_request(plain, METHOD_SESSION_COMMAND, params, COMMAND_MS, on_done, plain);
}
