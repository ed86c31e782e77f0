/* stoa-agent as launcher: the process that is started for a server, sets limits, folder and what binds it to
 * its parent, and becomes the server, or stays above it as the first process of a PID namespace.
 *
 * Arguments: as in enum shim_argument, then the program and its arguments. Environment: the server's, each
 * variable with SHIM_PREFIX before its name, so that LD_LIBRARY_PATH and the like do not change the shim.
 * Descriptors: 0, 1, 2 are the server's, SHIM_REPORT is a pipe for one line of report. */
#ifndef STOA_AGENT_MCP_SHIM_H
#define STOA_AGENT_MCP_SHIM_H

enum { SHIM_REPORT = 3, SHIM_PREFIX = '_' };

enum shim_argument {
    SHIM_PARENT,  /* our pid, which must be its parent's */
    SHIM_ISOLATE, /* 1: PID namespace if it can be had; 0: none */
    SHIM_MEMORY,  /* limits as in struct launch; 0: none */
    SHIM_PROCESSES,
    SHIM_CPU_S,
    SHIM_FILES,
    SHIM_FILE_SIZE,
    SHIM_CGROUP, /* to enter first; "": none */
    SHIM_HIDE,   /* absolute paths of folders and files, a line each, that it does not see in a PID namespace;
                    "": none */
    SHIM_KEEP,   /* one below them that it does see, as it does SHIM_FOLDER; "": none */
    SHIM_FOLDER, /* its working folder; "": as it is */
    SHIM_PROGRAM
};

/* Each report is one byte, SHIM_FAILED is followed by the sentence. End of file with no SHIM_FAILED: the
 * program runs. */
enum shim_report {
    SHIM_ISOLATED = 'i', /* it has a PID namespace */
    SHIM_COUNTED = 'c',  /* and RLIMIT_NPROC counts only its own */
    SHIM_FAILED = 'f'
};

/* argv after "launch". Returns an exit code; only if the program could not be started, or in a namespace. */
int shim_main(int argc, char **argv);

#endif
