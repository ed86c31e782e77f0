/* The thorough check of a store's file, for `stoad --doctor`. It changes nothing, may run while a daemon
 * writes (one read transaction sees one moment), and takes about as long as reading the file does. */
#ifndef STOA_DAEMON_STORE_STORE_CHECK_H
#define STOA_DAEMON_STORE_STORE_CHECK_H

#include "shared/err.h"
#include "shared/finding.h"
#include <stdbool.h>

enum {
    STORE_CHECK_SEARCH_MAX = 256 << 20, /* bytes of an index of search that is held against the texts */
    STORE_CHECK_SHOWN = 3,              /* findings of one kind that are told one by one */
    STORE_CHECK_WAL_LARGE = 64 << 20,  /* bytes of a write-ahead log that something keeps from being folded */
    STORE_CHECK_FREE_LARGE = 64 << 20, /* bytes of free pages that are worth a VACUUM ... */
    STORE_CHECK_FREE_PERCENT = 40      /* ... if they are so much of the file */
};

struct store_check {
    const char *path;     /* of the store's file */
    const char *sessions; /* the folder of the sessions' own folders; NULL: not looked at */
    bool served;          /* a daemon has the file open */
};

/* Adds what it found to findings, in area "store". ERR_OK if nothing is damaged (notes and warnings do not
 * count), ERR_NOT_FOUND if there is no file, ERR_VERSION if it is of a newer schema, else ERR_STORE. */
/* The version of SQLite in use. */
const char *store_check_library(void);
enum err store_check(const struct store_check *check, struct findings *findings);

#endif
