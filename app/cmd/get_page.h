// cmd/get_page.h: weft get --page: what a page needs is asked for as its bytes come, in the order of a browser.
//
//     103 or Link -> HTML as it comes -> style sheets once they are whole -> what these name
//
// Urgencies are those that Chromium gives; the rule for each stands in get_page.c.
#ifndef WEFT_CMD_GET_PAGE_H
#define WEFT_CMD_GET_PAGE_H

#include "cmd/get_job.h"

enum { WEFT_GET_PAGE_FIELDS_MOST = 5, WEFT_GET_RESOURCES_MOST = 1000 };

/** Asks for a page; false with a complaint. */
bool weft_get_page_send(struct weft_get_job *job);

/** Is a resource of the origin that its page is of? */
bool weft_get_page_is_own(const struct weft_get_job *job);

/** Who made us ask: "navigation", "early-hints", "link", "html", "css". */
const char *weft_get_page_initiator(const struct weft_get_job *job);

// What the exchange of a job with a reader does

void weft_get_page_interim(struct weft_get_job *job, const struct weft_exchange *exchange,
                           const struct weft_http_head *head);
void weft_get_page_head(struct weft_get_job *job, const struct weft_exchange *exchange,
                        const struct weft_http_head *head);
void weft_get_page_content(struct weft_get_job *job, struct weft_span bytes);
void weft_get_page_done(struct weft_get_job *job);
/** Frees the reader. */
void weft_get_page_close(struct weft_get_job *job);

/** One line on standard error for each page: how many resources, how many bytes, where they came from. */
void weft_get_page_report(const struct weft_get_run *run);

#endif
