// server/visitor_answer.h: from a request to its answer's head: who may ask, which site, what goes ahead.
#ifndef WEFT_SERVER_VISITOR_ANSWER_H
#define WEFT_SERVER_VISITOR_ANSWER_H

#include "server/worker_state.h"

/** A new exchange of the connection, started now; NULL without memory. */
struct weft_exchange *weft_visitor_take(struct weft_session *session, uint64_t stream_id,
                                        const struct weft_http_head *request);

/** Answers it, or has it wait until its password has been tried. */
void weft_visitor_answer(struct weft_session *session, struct weft_exchange *exchange);

/** What a request waited for is found out: struct weft_gate's `decided`. */
void weft_visitor_is_judged(struct weft_gate_wait *wait, enum weft_gate_verdict verdict,
                            const struct weft_password *user);

#endif
