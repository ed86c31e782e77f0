/* What the parts of the thorough check share; for store_check*.c alone. */
#ifndef STOA_DAEMON_STORE_STORE_CHECK_INTERNAL_H
#define STOA_DAEMON_STORE_STORE_CHECK_INTERNAL_H

#include "daemon/store/store_check.h"
#include "daemon/store/store_internal.h"

struct checking {
    const struct store_check *options;
    struct findings *findings;
    sqlite3 *db;
    int version; /* of the file's schema */
};

/* The check named what cannot go on, since a statement failed with code. */
void checking_failed(const struct checking *checking, const char *what, int code);
/* What the tables say of each other (store_check_rows.c). */
void checking_rows(const struct checking *checking);
/* The audit's chain (store_check_audit.c). */
void checking_audit(const struct checking *checking);
/* Whether search finds what is there (store_check_search.c). */
void checking_search(const struct checking *checking);
/* The sessions' folders (store_check_files.c); ends the transaction, and begins another one. */
void checking_files(const struct checking *checking);

#endif
