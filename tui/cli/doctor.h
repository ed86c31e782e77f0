/* The parts of `stoa doctor`: each adds findings (shared/finding.h). What the client sees itself is here; the
 * rest is found by `stoad --doctor`, which stands where a daemon would. */
#ifndef STOA_TUI_CLI_DOCTOR_H
#define STOA_TUI_CLI_DOCTOR_H

#include "shared/finding.h"
#include "tui/cli/cli.h"
#include <jansson.h>
#include <stdbool.h>

struct doctor {
    struct cli *cli;
    struct findings findings;
    json_t *found;     /* all findings, in order */
    const char *areas; /* "store,providers"; NULL: all */
    bool online;       /* servers on other hosts are asked too */
    bool shows_doing;  /* on a terminal */
};

/* The areas, in the order in which they are shown; a NULL ends them. */
extern const char *const doctor_areas[];
/* Whether the area was asked for. */
bool doctor_wants(const struct doctor *doctor, const char *area);

/* Areas installation and configuration, as far as they are the client's: program, locale, terminal, section
 * tui. */
void doctor_here(struct doctor *doctor);
/* Area permissions: the client's own key, and those of daemons that it knows. */
void doctor_keys(struct doctor *doctor);
/* Runs `stoad --doctor`, and adds what it finds. */
void doctor_stoad(struct doctor *doctor);
/* Area daemon: asks the one that runs, if one does, and reads its log. Never starts one. */
void doctor_daemon(struct doctor *doctor);

/* All findings as a page, by area. */
void doctor_page(struct out *out, const json_t *found);

#endif
