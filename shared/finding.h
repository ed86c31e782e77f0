/* What a check of the installation found: one thing, how bad it is, and what to do. Checks add findings to
 * wherever they go; between programs each is one JSON object. */
#ifndef STOA_SHARED_FINDING_H
#define STOA_SHARED_FINDING_H

#include <jansson.h>
#include <stdbool.h>

enum finding_state {
    FINDING_OK,   /* as it should be */
    FINDING_NOTE, /* worth knowing; nothing to do */
    FINDING_WARN, /* works, but not well, or not for ever */
    FINDING_BAD,  /* does not work */
    FINDING_STATES
};
/* "ok", "note", "warn", "bad". */
const char *finding_state_name(enum finding_state state);

enum { FINDING_TEXT_MAX = 2048 }; /* bytes of a text, and of an advice; more is cut */

struct finding {
    const char *area; /* "store" */
    const char *what; /* which check it was, as one word that never changes: "log_holes" */
    enum finding_state state;
    const char *text;   /* a sentence without full stop, with the value */
    const char *advice; /* what to do, with the command where there is one; NULL where nothing is to do */
};

struct findings {
    void (*found)(void *arg, const struct finding *finding); /* all in finding is borrowed */
    /* Something that may take a while begins: "reading the store, 12 MB". May be NULL. */
    void (*doing)(void *arg, const char *text);
    void *arg;
    const char *area;         /* of what is added next */
    enum finding_state worst; /* of what was added so far */
};

/* advice may be NULL. */
void findings_add(struct findings *findings, enum finding_state state, const char *what, const char *advice,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
void findings_doing(const struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* {"area","what","state","text","advice"?}: a new reference. */
json_t *finding_to_json(const struct finding *finding);
/* Texts are borrowed from json. False if it is none. */
bool finding_from_json(const json_t *json, struct finding *finding);

#endif
