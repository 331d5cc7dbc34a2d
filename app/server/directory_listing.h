// server/directory_listing.h: a page that shows what a directory holds.
#ifndef WEFT_SERVER_DIRECTORY_LISTING_H
#define WEFT_SERVER_DIRECTORY_LISTING_H

#include "server/site.h"

/** Fills an answer with the page; `path` is decoded and ends with a slash. */
void weft_directory_listing(struct weft_site *site, struct weft_span path,
                            struct weft_answer *answer);

#endif
