/* The environment of a program that is started: a list of NAME=VALUE that ends with NULL, as exec takes it,
 * made of this process's own. Whoever gets one frees it by environment_free. */
#ifndef STOA_SHARED_ENVIRONMENT_H
#define STOA_SHARED_ENVIRONMENT_H

/* Those of the named variables that are set here. names ends with NULL. */
char **environment_only(const char *const names[]);
/* All that are set here, but the named ones. */
char **environment_without(const char *const names[]);
/* Adds a variable, which is not in it yet. */
void environment_add(char ***list, const char *name, const char *value);
/* Sets *list to NULL; accepts NULL there. */
void environment_free(char ***list);

#endif
