// server/route.h: which handler answers a request.
#ifndef WEFT_SERVER_ROUTE_H
#define WEFT_SERVER_ROUTE_H

#include "server/site.h"

/** Fills an answer that is only initialised. */
void weft_route(struct weft_site *site, const struct weft_http_head *request,
                struct weft_answer *answer);

#endif
