/* This person's key, and the keys of the daemons that they know: whether they can be used, and by nobody
 * else. */
#include "shared/key.h"
#include "tui/cli/doctor.h"
#include "tui/client_key.h"
#include "tui/daemons.h"
#include <stdio.h>
#include <stdlib.h>

static void check_own(struct doctor *doctor, const char *path)
{
    char error[256], advice[FINDING_TEXT_MAX], text[KEY_FINGERPRINT_LEN + 1];
    struct key_pair pair;
    enum err code = key_load(path, &pair, error);

    if (code == ERR_OK) {
        key_fingerprint(pair.open, text);
        findings_add(&doctor->findings, FINDING_OK, "client_key", NULL,
                     "your key for remote daemons is %s, and yours alone", text);
        key_wipe(&pair);
        return;
    }
    if (code == ERR_DENIED)
        snprintf(advice, sizeof advice, "chown \"$(id -u)\" '%s'; chmod 600 '%s'", path, path);
    else if (code == ERR_CONFIG)
        snprintf(advice, sizeof advice, "put the right one back, or: mv '%s' '%s.old'; stoa keygen", path,
                 path);
    else
        snprintf(advice, sizeof advice, "make it readable: chmod 600 '%s'", path);
    if (code != ERR_NOT_FOUND) /* who has none needs none yet */
        findings_add(&doctor->findings, FINDING_BAD, "client_key", advice, "%s", error);
}

static void check_known(struct doctor *doctor, const char *path)
{
    char error[DAEMONS_ERROR], advice[FINDING_TEXT_MAX];
    struct daemons *daemons = NULL;
    enum err code = daemons_load(path, &daemons, error);
    size_t count = 0;

    if (code == ERR_CONFIG)
        snprintf(advice, sizeof advice, "mend that line of '%s'", path);
    else
        snprintf(advice, sizeof advice, "chmod 600 '%s'", path);
    while (code == ERR_OK && daemons_get(daemons, count))
        count++;
    if (code != ERR_OK)
        findings_add(&doctor->findings, FINDING_BAD, "known_daemons", advice, "%s", error);
    else if (count > 0)
        findings_add(&doctor->findings, FINDING_OK, "known_daemons", NULL,
                     "remote daemons that you know: %zu", count);
    daemons_free(&daemons);
}

void doctor_keys(struct doctor *doctor)
{
    char *own = client_key_path(), *known = daemons_path();

    if (own)
        check_own(doctor, own);
    if (known)
        check_known(doctor, known);
    free(own);
    free(known);
}
