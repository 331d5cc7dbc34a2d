// process/sanitizer.h: what a build with a sanitizer needs besides, at the leak check and to name places in its
// reports. Other builds have none of it.
#ifndef WEFT_PROCESS_SANITIZER_H
#define WEFT_PROCESS_SANITIZER_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEFT_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEFT_IS_SANITIZED 1
#endif
#endif
#ifndef WEFT_IS_SANITIZED
#define WEFT_IS_SANITIZED 0
#endif

/** Paths that it reads. */
extern const char *const weft_sanitizer_reads[];
extern const size_t weft_sanitizer_read_count;

/** System calls that it makes, by libseccomp's numbers. */
extern const int weft_sanitizer_calls[];
extern const size_t weft_sanitizer_call_count;

#endif
