// process/process.h: the processes of a server: a supervisor, which holds what outlives a worker, and a worker, which serves.
//
// The supervisor (supervise.h) starts its own program again as a worker, with the same command line, and gives it a
// channel (channel.h). Through it come the listening sockets and the ticket secret (work.h); the worker reads its configuration,
// says that it is ready, and serves until it is told otherwise (run.h). A process without a supervisor serves by run.h alone.
// Whoever serves stands behind walls (confine.h).
#ifndef WEFT_PROCESS_H
#define WEFT_PROCESS_H

#include "process/confine.h"
#include "process/reach.h"
#include "process/run.h"
#include "process/supervise.h"
#include "process/work.h"

#endif
