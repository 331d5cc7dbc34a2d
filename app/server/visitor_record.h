// server/visitor_record.h: what is counted, logged and told of a connection and its exchanges.
#ifndef WEFT_SERVER_VISITOR_RECORD_H
#define WEFT_SERVER_VISITOR_RECORD_H

#include "server/worker_state.h"

/** Counts and logs an exchange that is over. */
void weft_visitor_record(struct weft_session *session, const struct weft_exchange *exchange,
                         const struct weft_http_error *error);

/** Counts a connection that is over, and tells of a handshake that failed. */
void weft_visitor_record_connection(struct weft_session *session);

/** Tells those who run the server why a connection or one of its streams came to a bad end, where that is theirs to
 *  know: what we found wrong, and limits.
 *
 *  stream_id  0: the connection */
void weft_visitor_tell(struct weft_session *session, uint64_t stream_id,
                       const struct weft_http_error *error);

/** Tells that an answer's content could not be read: an errno value. */
void weft_visitor_tell_unreadable(struct weft_session *session,
                                  const struct weft_exchange *exchange, int error);

#endif
