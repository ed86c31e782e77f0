/* What only the client can tell, since it sits at the terminal. */
#include "shared/paths.h"
#include "tui/cli/doctor.h"
#include "tui/settings.h"
#include "tui/terminal/screen_term.h"
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_LEAST = 40, ROWS_LEAST = 10 };

static void check_self(struct doctor *doctor)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

    self[len > 0 ? len : 0] = '\0';
    findings_add(&doctor->findings, FINDING_OK, "stoa", NULL, "stoa %s at %s", STOA_VERSION, self);
}

/* What the environment asks for; this program itself uses C.UTF-8 where that can't be had. */
static void check_locale(struct doctor *doctor)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    const char *name = getenv("LC_ALL");

    name = name && *name ? name : getenv("LC_CTYPE");
    name = name && *name ? name : getenv("LANG");
    name = name && *name ? name : "C";
    if (!locale)
        findings_add(&doctor->findings, FINDING_WARN, "locale",
                     "export LANG=C.UTF-8, or install that one (locale-gen)",
                     "the locale '%s' is not installed on this host", name);
    else if (strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") != 0)
        findings_add(
            &doctor->findings, FINDING_NOTE, "locale", "export LANG=C.UTF-8",
            "the locale '%s' is not UTF-8; stoa writes UTF-8 all the same, if your terminal shows it", name);
    else
        findings_add(&doctor->findings, FINDING_OK, "locale", NULL, "the locale '%s' is UTF-8", name);
    if (locale)
        freelocale(locale);
}

static void check_terminal(struct doctor *doctor)
{
    const char *type = getenv("TERM");
    struct winsize size;
    char why[256];

    if (!isatty(STDOUT_FILENO))
        return; /* this is a script's, or a pipe's */
    if (!screen_term_can_draw(type, why))
        findings_add(&doctor->findings, FINDING_WARN, "terminal",
                     "export TERM=xterm-256color, or use: stoa --plain", "%s", why);
    else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
             (size.ws_col < COLUMNS_LEAST || size.ws_row < ROWS_LEAST))
        findings_add(&doctor->findings, FINDING_WARN, "terminal", "make it larger, or use: stoa --plain",
                     "the terminal has %d x %d cells; %d x %d is the least for the full screen", size.ws_col,
                     size.ws_row, COLUMNS_LEAST, ROWS_LEAST);
    else
        findings_add(&doctor->findings, FINDING_OK, "terminal", NULL, "a terminal of type '%s'", type);
}

static void check_settings(struct doctor *doctor)
{
    char error[256];
    struct settings *settings = settings_load(error);

    if (!settings)
        findings_add(&doctor->findings, FINDING_BAD, "tui", "mend that; then: stoa config", "%s", error);
    settings_free(&settings);
}

void doctor_here(struct doctor *doctor)
{
    if (doctor_wants(doctor, "installation")) {
        doctor->findings.area = "installation";
        check_self(doctor);
        check_locale(doctor);
        check_terminal(doctor);
    }
    if (doctor_wants(doctor, "permissions")) {
        doctor->findings.area = "permissions";
        doctor_keys(doctor);
    }
    if (doctor_wants(doctor, "configuration")) {
        doctor->findings.area = "configuration";
        check_settings(doctor);
    }
}
