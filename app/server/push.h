// server/push.h: answers that are sent before they are asked for (RFC 9113 §8.4).
#ifndef WEFT_SERVER_PUSH_H
#define WEFT_SERVER_PUSH_H

#include "conn/conn.h"
#include "server/cache_digest.h"
#include "server/manifest.h"
#include "server/site.h"

enum {
    WEFT_PUSHES_MOST = 32,            // for a page
    WEFT_PUSH_SIZE_MOST = 256 << 10,  // bytes of one resource
    WEFT_PUSH_SIZES_MOST = 1024 << 10 // and of all that a page gets
};

/** A request that was promised an answer: as if the client had sent it. From malloc(), with its texts. */
struct weft_promise {
    struct weft_promise *next;
    uint64_t stream_id;
    struct weft_http_head head;
    struct weft_http_field accept_encoding;
    struct weft_span page;  // what it goes with, as that was asked for
    struct weft_span agent; // what the client calls itself; may be empty
    uint8_t text[];
};

/** The pushes that go with one page. */
struct weft_push {
    struct weft_site *site;
    struct weft_conn *conn;
    uint64_t stream_id; // of the page
    const struct weft_http_head *request;
    struct weft_cache_digest *given;    // to the connection so far; grows
    struct weft_cache_digest held;      // by the client, as its cookie says
    struct weft_cache_digest will_hold; // with what is pushed now; grows
    struct weft_promise *promises;      // made, in order; to be answered by whoever asked for them
    struct weft_promise **last;
    size_t count;
    uint64_t size; // bytes promised
    bool is_over;  // the client takes no more
};

/** Starts the pushes of a page. */
void weft_push_init(struct weft_push *push, struct weft_site *site, struct weft_conn *conn,
                    uint64_t stream_id, const struct weft_http_head *request,
                    struct weft_cache_digest *given);

/** Promises what the manifest names, where it is ours, may be kept, and the client is not known to have it. */
void weft_push_page(struct weft_push *push, const struct weft_manifest_page *page);

/** Promises what a Link value of the answer asks to preload, but for `nopush`. */
void weft_push_links(struct weft_push *push, struct weft_span value);

#endif
