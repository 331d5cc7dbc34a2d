// client/retry.c
#include "client/retry.h"

enum weft_retry weft_retry_judge(const struct weft_retry_case *it)
{
    if (it->is_broken_rule || it->has_answer_begun) return WEFT_RETRY_NOT;
    if (it->retries >= it->retries_most) return WEFT_RETRY_TOO_OFTEN;
    if (it->is_unprocessed) return WEFT_RETRY_AGAIN; // RFC 9113 §8.7
    if (!weft_http_method_is_idempotent(it->method)) return WEFT_RETRY_NOT_IDEMPOTENT;
    return it->uncertain == 0 ? WEFT_RETRY_AGAIN : WEFT_RETRY_TOO_OFTEN;
}
