// server/early_hints.h: 103 Early Hints (RFC 8297): what to fetch while the answer is not there yet.
#ifndef WEFT_SERVER_EARLY_HINTS_H
#define WEFT_SERVER_EARLY_HINTS_H

#include "conn/conn.h"
#include "server/manifest.h"
#include "server/site.h"

/** Does somebody look at the answer as a page: a browser's navigation (Sec-Fetch-Mode, Sec-Fetch-Dest), or where these
 *  are not sent, whoever accepts text/html by name? */
bool weft_request_is_navigation(const struct weft_http_head *request);

/** Are hints of use ahead of an answer that is complete, but not sent yet? docs/delivery.md has the measurements behind
 *  it. */
bool weft_early_hints_pay(const struct weft_site *site, const struct weft_http_head *request,
                          const struct weft_manifest_page *page);

/** Sends the hints of a page, before the final head. */
void weft_early_hints_send(const struct weft_site *site, struct weft_conn *conn, uint64_t stream_id,
                           struct weft_span link);

#endif
