// server/delivery.h: what goes out with a page beside the page: hints, pushes, links.
//
// One source, the manifest (and Link fields of the answer), and three ways out: a client that takes pushes is promised
// what it is not known to have; a browser's navigation gets 103 Early Hints where they win time; everyone gets the Link
// field in the final head.
#ifndef WEFT_SERVER_DELIVERY_H
#define WEFT_SERVER_DELIVERY_H

#include "server/push.h"

/** A request and its answer, of which the head has not been sent. */
struct weft_delivery {
    struct weft_site *site;
    struct weft_conn *conn;
    uint64_t stream_id;
    const struct weft_http_head *request;
    struct weft_answer *answer;
    uint64_t *hint_count; // where 103 Early Hints are counted
    struct weft_cache_digest *
        *given;   // the connection's record, made when it is first needed; to be freed with it
    bool is_told; // set: what the page needs goes out with it
};

/**
 * Sends what goes ahead of the answer's head, and adds to that head. Only to be called where weft_site_delivers().
 *
 * returns  promises to be answered once the head has been sent, each by the caller's from now on; NULL for none
 */
struct weft_promise *weft_delivery_start(struct weft_delivery *delivery);

/** Of so many views of a page that was learned, one is told nothing. */
enum { WEFT_DELIVERY_LEFT_OUT = 8 };

/**
 * The page that a path on the wire stands for, as manifests name it: decoded, without query and index file.
 *
 * returns  a part of the room; empty where the path means nothing
 */
struct weft_span weft_delivery_page_path(const struct weft_site *site, struct weft_span path,
                                         uint8_t room[WEFT_PATH_SIZE]);

/** Is the answer a page? */
bool weft_delivery_is_html(const struct weft_http_head *answer);

/** The stream of a push was closed: frees it. */
void weft_promise_free(struct weft_promise *promise);

#endif
