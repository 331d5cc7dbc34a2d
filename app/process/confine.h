// process/confine.h: the worker's walls: who it is, what it can open, what it can ask of the kernel.
//
// Called once its sockets, certificates and logs are open and before its threads start, which inherit the walls.
// docs/sandbox.md says what stands where.
#ifndef WEFT_PROCESS_CONFINE_H
#define WEFT_PROCESS_CONFINE_H

#include "process/reach.h"

struct weft_confine {
    const char
        *user; // NAME[:GROUP]; NULL: root becomes the usual user where that can read what is served
    enum weft_sandbox sandbox;
    const struct weft_reaches *reaches;
    void (*tell)(const char *line); // one line for people, without its end: what could not be done
};

/**
 * Gives up what the process does not need any more, for good.
 *
 * returns  false with one line in `error`; the process has to end then, since it may be half confined
 */
bool weft_confine(const struct weft_confine *confine, char *error, size_t error_size);

#endif
