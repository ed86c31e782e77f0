/* One enum of error codes with one table of names and texts: the same on the wire, in logs and exit codes. */
#ifndef STOA_SHARED_ERR_H
#define STOA_SHARED_ERR_H

enum err {
    ERR_OK = 0,
    ERR_BAD_REQUEST,   /* the envelope or a parameter is malformed or out of bounds */
    ERR_BUSY,          /* a limit of now: queue full, too many waiting */
    ERR_CONFIG,        /* configuration is wrong */
    ERR_CONFLICT,      /* the thing's state does not allow it */
    ERR_DENIED,        /* the principal has not the right */
    ERR_INTERNAL,      /* a defect of ours; logged */
    ERR_LIMIT,         /* a configured limit is reached */
    ERR_NOT_FOUND,     /* no such session, message, method, model */
    ERR_PROTOCOL,      /* the peer broke the protocol */
    ERR_PROVIDER,      /* the model's server failed */
    ERR_SHUTTING_DOWN, /* the daemon is stopping */
    ERR_STORE,         /* the store cannot commit (disk full, read-only, damaged) */
    ERR_TIMEOUT,       /* not done within its deadline */
    ERR_TOO_LARGE,     /* over a size cap */
    ERR_UNAVAILABLE,   /* no daemon, no agent: may be tried again */
    ERR_VERSION,       /* the peer speaks another protocol version */
    ERR_COUNT
};

/* The name on the wire: "not_found". Never NULL. */
const char *err_name(enum err code);
/* A general sentence for people, used where nothing more exact is known. Never NULL. */
const char *err_text(enum err code);
/* The code of a name from the wire; ERR_INTERNAL for a name that is unknown. */
enum err err_from_name(const char *name);

/* Exit codes of all three programs (sysexits where one fits). */
enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,           /* the request or turn failed */
    EXIT_USAGE = 64,           /* command line wrong */
    EXIT_NO_DAEMON = 69,       /* daemon not reachable and not started */
    EXIT_SOFTWARE = 70,        /* internal defect */
    EXIT_ADDRESS = 71,         /* an address of the option listen can't be had */
    EXIT_STORE = 74,           /* store damaged, newer than this daemon, or unusable */
    EXIT_ALREADY_RUNNING = 75, /* another daemon holds the lock */
    EXIT_PROTOCOL = 76,        /* versions of client and daemon differ */
    EXIT_UNSAFE = 77,          /* socket folder or path unsafe */
    EXIT_CONFIG = 78           /* configuration wrong */
};

#endif
