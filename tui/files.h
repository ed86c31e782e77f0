/* The files below a folder, read a slice at a time so that nobody waits for them: nearest folders first, each
 * in order of its names. Bounded in entries, bytes and depth; what cannot be read is left out. */
#ifndef STOA_TUI_FILES_H
#define STOA_TUI_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILES_MAX = 20000, FILES_DEPTH_MAX = 12, FILES_BYTES_MAX = 4 << 20 };

enum files_how {
    FILES_TREE,   /* all files below it but those of hidden folders, of folders of packages and of what its
                     .gitignore names; no folders */
    FILES_FOLDER, /* its files and folders, these with "/" at the end; no hidden ones */
    FILES_HIDDEN  /* the same with hidden ones */
};

struct files;

struct files *files_new(void);
void files_free(struct files **files);
/* Begins to read a folder: "" is the current one. What was read before is forgotten. */
void files_open(struct files *files, const char *folder, enum files_how how);
/* Whether it is that what was opened last. */
bool files_is(const struct files *files, const char *folder, enum files_how how);
/* Reads on for about so long. True if there is more to read. */
bool files_step(struct files *files, int64_t budget_us);
/* Whether all was read (or as much as is allowed). */
bool files_done(const struct files *files);

/* Those read so far, folders that are finished first. */
size_t files_count(const struct files *files);
/* The path below the folder, raw as the system has it; valid until the next files_step or files_open. */
const char *files_path(const struct files *files, size_t index);

#endif
