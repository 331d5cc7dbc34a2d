// process/upgrade.h: another version of the program takes the supervisor's place, in the same process.
//
// It is tried first: a worker of the new version has to serve before the supervisor lets go of anything. Whatever is wrong
// with the new file, the old one is still there.
#ifndef WEFT_PROCESS_UPGRADE_H
#define WEFT_PROCESS_UPGRADE_H

#include "process/supervisor.h"

/** The environment as it is, for the next program; before anything of it is taken out. */
void weft_upgrade_begin(struct weft_supervisor *supervisor);
void weft_upgrade_end(struct weft_supervisor *supervisor);

/**
 * Becomes the program at supervisor->program.
 *
 * returns  only where that fails: a negative errno; all is then as before
 */
int weft_upgrade_become(struct weft_supervisor *supervisor);

/** Was this program started in the place of another one? Takes over what that has left.
 *
 *  returns  1 where it was, 0 where it is a first start, -EPROTO where what was left cannot be understood */
int weft_upgrade_take_over(struct weft_supervisor *supervisor);

#endif
