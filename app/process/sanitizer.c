// process/sanitizer.c
#include "process/sanitizer.h"

#include <seccomp.h>

#if WEFT_IS_SANITIZED

const char *const weft_sanitizer_reads[] = {"/proc/self/exe", "/usr/lib", "/etc/ld.so.cache",
                                            "/proc/sys/vm"};
const size_t weft_sanitizer_read_count =
    sizeof(weft_sanitizer_reads) / sizeof(weft_sanitizer_reads[0]);

// The leak check stops the process by a thread of its own, which is no thread of the process: clone and ptrace.
const int weft_sanitizer_calls[] = {
    SCMP_SYS(clone),       SCMP_SYS(ptrace),   SCMP_SYS(wait4),     SCMP_SYS(waitid),
    SCMP_SYS(prctl),       SCMP_SYS(access),   SCMP_SYS(kill),      SCMP_SYS(arch_prctl),
    SCMP_SYS(personality), SCMP_SYS(getdents), SCMP_SYS(prlimit64),
};
const size_t weft_sanitizer_call_count =
    sizeof(weft_sanitizer_calls) / sizeof(weft_sanitizer_calls[0]);

#else

const char *const weft_sanitizer_reads[] = {""};
const size_t weft_sanitizer_read_count = 0;
const int weft_sanitizer_calls[] = {-1};
const size_t weft_sanitizer_call_count = 0;

#endif
