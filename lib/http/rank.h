// http/rank.h: how urgent an answer is likely to be, where the client says nothing of it. As browsers rank: what a page
// cannot be painted without first, what plays or is only kept last; what can be shown in part is incremental.
#ifndef WEFT_HTTP_RANK_H
#define WEFT_HTTP_RANK_H

#include "http/head.h"

/**
 * Ranks by what the request is for: Sec-Fetch-Dest (W3C Fetch Metadata).
 *
 * returns  false where the request does not tell; `priority` is then left as it was
 */
bool weft_http_rank_request(const struct weft_http_head *request,
                            struct weft_http_priority *priority);

/** The same by what the answer is: its media type. */
bool weft_http_rank_response(const struct weft_http_head *response,
                             struct weft_http_priority *priority);

/** Notes in a response how it ranks, so that it is not looked for again as long as its media type is the same. */
void weft_http_rank_note(struct weft_http_head *response);

/** Is the answer of use only once it is complete: a style sheet, a script, a font? Its media type tells. */
bool weft_http_is_whole(const struct weft_http_head *response);

#endif
