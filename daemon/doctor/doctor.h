/* What `stoad --doctor` does: checks what a daemon started here and now would find, and says what to do. It
 * opens no socket to serve on, takes no lock, starts no daemon and changes nothing; it may run beside one. */
#ifndef STOA_DAEMON_DOCTOR_DOCTOR_H
#define STOA_DAEMON_DOCTOR_DOCTOR_H

#include "daemon/server.h"
#include <stdio.h>

struct doctor_options {
    const struct server_options *server; /* which configuration */
    const char *areas;                   /* "store,providers"; NULL: all */
    bool online;                         /* servers on other hosts are asked too */
};

/* Writes one JSON object a line to out: {"version"} first, then findings as shared/finding.h has them, and
 * {"doing":"..."} before what may take a while; {"done":true} last. Returns a process exit code: EXIT_OK, or
 * EXIT_FAILED if something is bad, or EXIT_USAGE for an area that there is not (a sentence on stderr). */
int doctor_run(const struct doctor_options *options, FILE *out);

#endif
