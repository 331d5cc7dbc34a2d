// process/program.h: the file that this program was started from, as whoever runs it knows it: a new version lies there.
#ifndef WEFT_PROCESS_PROGRAM_H
#define WEFT_PROCESS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Finds the file that a name on the command line stands for: with a slash a path, else in the folders of PATH.
 * Symbolic links are left as they are, since they may come to lead elsewhere.
 *
 * path     room for `size` bytes; an absolute path
 * returns  false where there is none
 */
bool weft_program_find(const char *name, char *path, size_t size);

#endif
