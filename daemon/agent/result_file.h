/* Files in the session's folder that hold what a model is not told in full: FOLDER/results/NAME. */
#ifndef STOA_AGENT_RESULT_FILE_H
#define STOA_AGENT_RESULT_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum { RESULT_FILE_MAX = 32 << 20 /* bytes of one */ };

/* Writes a new file, mode 0600; no link is followed, nothing that is there is touched. False with a part of a
 * sentence in error. folder NULL: there is none. */
bool result_file_save(const char *folder, const char *name, const void *data, size_t len, char error[128]);
/* The same for what base64 text stands for; *len is how many bytes that were (also when it can't be written;
 * 0 if it is no base64). */
bool result_file_save_base64(const char *folder, const char *name, const char *text, size_t *len,
                             char error[128]);

#endif
