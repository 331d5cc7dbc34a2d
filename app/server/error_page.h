// server/error_page.h: answers that say what went wrong, in the site's own words or in ours.
#ifndef WEFT_SERVER_ERROR_PAGE_H
#define WEFT_SERVER_ERROR_PAGE_H

#include "server/site.h"

enum { WEFT_ERROR_PATH_SIZE = 16 };

/** The site's own page for a status: what the configuration names, else /404.html and the like. NULL where there is none.
 *
 *  path  set to where it is, in `room` or in the configuration */
const struct weft_resource *weft_error_page_own(struct weft_site *site, uint16_t status,
                                                char room[WEFT_ERROR_PATH_SIZE],
                                                struct weft_span *path);

/** Fills an answer that is only initialised: the status, and /STATUS.html of the root where there is one, else a small page. */
void weft_error_page(struct weft_site *site, uint16_t status, struct weft_answer *answer);

/** A redirect to `location`, which malloc() gave and the answer takes over; NULL makes it a 500. */
void weft_redirect(struct weft_site *site, uint16_t status, char *location,
                   struct weft_answer *answer);

#endif
