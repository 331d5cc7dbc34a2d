// client/retry_test.c
#include "client/retry.h"

#include "check.h"

// RFC 9110 §9.2.2, RFC 9113 §8.7
TEST(only_what_is_safe_is_sent_again)
{
    static const struct {
        struct weft_retry_case it;
        enum weft_retry verdict;
    } rows[] = {
        {{.method = WEFT_HTTP_GET, .retries_most = 3}, WEFT_RETRY_AGAIN},
        {{.method = WEFT_HTTP_PUT, .retries_most = 3}, WEFT_RETRY_AGAIN},
        {{.method = WEFT_HTTP_POST, .retries_most = 3}, WEFT_RETRY_NOT_IDEMPOTENT},
        {{.method = WEFT_HTTP_OTHER_METHOD, .retries_most = 3}, WEFT_RETRY_NOT_IDEMPOTENT},
        {{.method = WEFT_HTTP_POST, .is_unprocessed = true, .retries_most = 3}, WEFT_RETRY_AGAIN},
        {{.method = WEFT_HTTP_GET, .has_answer_begun = true, .retries_most = 3}, WEFT_RETRY_NOT},
        {{.method = WEFT_HTTP_GET, .is_broken_rule = true, .retries_most = 3}, WEFT_RETRY_NOT},
        {{.method = WEFT_HTTP_GET, .retries = 1, .uncertain = 1, .retries_most = 3},
         WEFT_RETRY_TOO_OFTEN},
        {{.method = WEFT_HTTP_GET, .is_unprocessed = true, .retries = 3, .retries_most = 3},
         WEFT_RETRY_TOO_OFTEN},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK_EQ(weft_retry_judge(&rows[i].it), rows[i].verdict);
    }
}
