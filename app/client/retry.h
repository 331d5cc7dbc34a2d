// client/retry.h: may a request that failed be sent again (RFC 9110 §9.2.2, RFC 9112 §9.3.1, RFC 9113 §8.7)?
#ifndef WEFT_CLIENT_RETRY_H
#define WEFT_CLIENT_RETRY_H

#include "http/event.h"

struct weft_retry_case {
    enum weft_http_method method;
    bool is_unprocessed;   // the server surely has not acted on it
    bool is_broken_rule;   // it ended because the server broke a rule: it would again
    bool has_answer_begun; // the final head has come
    unsigned retries;      // of this request so far
    unsigned uncertain;    // those of them where the server may have acted
    unsigned retries_most;
};

enum weft_retry {
    WEFT_RETRY_AGAIN,
    WEFT_RETRY_NOT, // the same would happen again, or the answer had begun
    WEFT_RETRY_NOT_IDEMPOTENT,
    WEFT_RETRY_TOO_OFTEN,
};

/** A request that was surely not processed is sent again whatever its method is; one that may have been only where its
 *  method is idempotent, and only once (RFC 9110 §9.2.2: no retry of a failed automatic retry). */
enum weft_retry weft_retry_judge(const struct weft_retry_case *it);

#endif
