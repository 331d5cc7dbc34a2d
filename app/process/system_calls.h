// process/system_calls.h: the worker makes only those system calls that a server of files makes (seccomp(2)).
//
//     allowed            what it needs while it runs
//     refused, EACCES    sockets of its own: libraries may ask, and take no for an answer
//     ended, SIGSYS      what only an intruder asks for: to run a program, to look into others, to mount ...
//     all else, ENOSYS   as on a kernel that has no such call, so that the C library takes its other way
#ifndef WEFT_PROCESS_SYSTEM_CALLS_H
#define WEFT_PROCESS_SYSTEM_CALLS_H

#include <stddef.h>

/**
 * Restricts the whole process, for good.
 *
 * returns  0; -ENOSYS where the kernel has no seccomp filters; another negative errno with one line in `error`
 */
int weft_system_calls_restrict(char *error, size_t error_size);

#endif
