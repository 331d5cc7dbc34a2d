// process/process.h: the face of the room that knows what a process may do.
#ifndef WEFT_PROCESS_H
#define WEFT_PROCESS_H

#include "process/confine.h"
#include "process/reach.h"

#endif
