// process/landlock.h: the worker sees only the files that it serves, and makes no connections (landlock(7)).
#ifndef WEFT_PROCESS_LANDLOCK_H
#define WEFT_PROCESS_LANDLOCK_H

#include "process/reach.h"

/** The version of Landlock that this kernel has, 1 and up; 0 where it has none, or where it is switched off. */
int weft_landlock_version(void);

/**
 * Closes the file system to this thread and those it starts, but for `reaches`: what is written may also be made anew in
 * its folder, all else is only read. Files that are open stay so. From version 4 on no TCP socket is bound or connected,
 * from 6 on no signal leaves and no abstract socket is reached. The thread has to have no_new_privs, and root's rights do
 * not open anything again.
 *
 * returns  0; -ENOSYS where the kernel has no Landlock; another negative errno with one line in `error`
 */
int weft_landlock_restrict(const struct weft_reaches *reaches, char *error, size_t error_size);

#endif
