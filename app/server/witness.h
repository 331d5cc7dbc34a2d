// server/witness.h: what a request and its answer tell of how pages are loaded, as notes for the one that learns.
#ifndef WEFT_SERVER_WITNESS_H
#define WEFT_SERVER_WITNESS_H

#include "net/socket.h"
#include "server/note.h"
#include "server/push.h"
#include "server/site.h"

/** Somebody who looks at one connection's requests. */
struct weft_witness {
    struct weft_notebook *notebook; // NULL: nobody learns
    uint64_t seed;                  // the learner's
    uint64_t address;               // the client's, hashed
    uint64_t network;               // the same for all of a /24 (IPv4) or a /48 (IPv6)
};

/** Starts one for a client. */
void weft_witness_init(struct weft_witness *witness, struct weft_notebook *notebook, uint64_t seed,
                       const struct weft_address *client);

/**
 * Notes a page that is looked at, or what a page has asked for.
 *
 * answer   its final head
 * is_told  what the page needs goes out with it
 */
void weft_witness_answer(const struct weft_witness *witness, struct weft_site *site,
                         const struct weft_http_head *request, const struct weft_http_head *answer,
                         bool is_told);

/** Notes a push; or, with is_over, that the client gave it up once `size` bytes were sent. */
void weft_witness_push(const struct weft_witness *witness, struct weft_site *site,
                       const struct weft_promise *promise, bool is_over, uint64_t size);

#endif
