// server/location.h: decoded paths as they stand in a Location (RFC 3986 §3.3).
#ifndef WEFT_SERVER_LOCATION_H
#define WEFT_SERVER_LOCATION_H

#include "base/span.h"

/** Writes a decoded path percent-encoded; `out` has room for three times its size. Returns where it ended. */
char *weft_location_encode(char *out, struct weft_span path);

#endif
