// client/resolve.h: names into addresses without waiting, by c-ares (/etc/hosts, then DNS).
#ifndef WEFT_CLIENT_RESOLVE_H
#define WEFT_CLIENT_RESOLVE_H

#include "base/alloc.h"
#include "net/loop.h"
#include "net/socket.h"

enum { WEFT_RESOLVE_ADDRESSES_MOST = 16 };

/** Asks for the names of one loop. */
struct weft_resolver;

/** One question; the caller's until it is answered or cancelled. */
struct weft_lookup;

/** What came of it.
 *
 * addresses  in the order of preference of RFC 6724, lent for the call
 * count      0 where there is none; `error` then says why: static text
 */
typedef void weft_lookup_found(void *context, const struct weft_address *addresses, size_t count,
                               const char *error);

/** returns NULL without memory, or where the system's configuration cannot be read */
struct weft_resolver *weft_resolver_new(struct weft_loop *loop, const struct weft_alloc *alloc);
/** Forgets what was not answered. NULL does nothing. */
void weft_resolver_free(struct weft_resolver *resolver);

/**
 * Looks a name up; numbers are taken as they are.
 *
 * found    called once, never inside of this call
 * returns  NULL without memory
 */
struct weft_lookup *weft_resolver_look_up(struct weft_resolver *resolver, const char *host,
                                          uint16_t port, weft_lookup_found *found, void *context);

/** The answer is not wanted any more: `found` will not be called. */
void weft_lookup_cancel(struct weft_lookup *lookup);

#endif
