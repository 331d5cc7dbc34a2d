// server/overseer_pages.h: what the overseer says.
#ifndef WEFT_SERVER_OVERSEER_PAGES_H
#define WEFT_SERVER_OVERSEER_PAGES_H

#include "server/metrics_text.h"

#include "http/head.h"

enum weft_overseer_page {
    WEFT_OVERSEER_INDEX,
    WEFT_OVERSEER_METRICS,
    WEFT_OVERSEER_HEALTH,
    WEFT_OVERSEER_READY,
    WEFT_OVERSEER_STATUS,
    WEFT_OVERSEER_DELIVERY,
    WEFT_OVERSEER_NOT_FOUND,
    WEFT_OVERSEER_NOT_ALLOWED,
    WEFT_OVERSEER_MISDIRECTED,
};

/** A text that several answers may share; counted. */
struct weft_overseer_text {
    size_t references;
    uint16_t status;
    struct weft_span type;
    size_t size;
    char *bytes; // from malloc()
};

/**
 * Which page does a request ask for? Nothing but GET and HEAD is answered; and only for who came by an address, by
 * `localhost`, or by the listener's own name: a page of the web that has had its name resolved to this machine gets nothing.
 */
enum weft_overseer_page weft_overseer_page_of(const struct weft_http_head *request,
                                              const char *own_host);

/** Does the page tell figures? */
bool weft_overseer_page_needs_figures(enum weft_overseer_page page);

/** Writes a page; one reference is the caller's. NULL without memory. */
struct weft_overseer_text *weft_overseer_text_new(enum weft_overseer_page page,
                                                  const struct weft_metrics *metrics);

/** Lets one reference go. NULL does nothing. */
void weft_overseer_text_release(struct weft_overseer_text *text);

#endif
