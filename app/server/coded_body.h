// server/coded_body.h: content that is compressed while it is sent.
//
// A turn takes a slice of the content and no more, so that no other connection waits long for it. What encoders take is
// bounded twice: so many for a thread, so many bytes for a connection.
#ifndef WEFT_SERVER_CODED_BODY_H
#define WEFT_SERVER_CODED_BODY_H

#include "http/limits.h"
#include "server/body.h"
#include "server/encoder.h"

/** What is spent on encoders; one thread's. */
struct weft_coding_ledger {
    const struct weft_http_limits *limits;
    struct weft_http_limit_counters *counters; // NULL: nobody counts
    size_t count;                              // encoders alive
    size_t *client_held; // bytes held for the connection whose answer is made; NULL: nobody's
};

/** May there be one encoder more? Counts the limit that forbids it. */
bool weft_coding_has_room(struct weft_coding_ledger *ledger, enum weft_http_coding coding);

/**
 * Content in a coding.
 *
 * plain    the content: taken where this succeeds
 * size     of it, in bytes
 * returns  a body without kind where there is no memory; it is not looked whether there is room. What it holds is on the
 *          ledger, and on the account of the connection, until it is closed
 */
struct weft_body weft_body_coded(struct weft_body *plain, enum weft_http_coding coding,
                                 uint64_t size, struct weft_coding_ledger *ledger);

#endif
