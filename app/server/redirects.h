// server/redirects.h: paths of a site that are found elsewhere (RFC 9110 §15.4).
#ifndef WEFT_SERVER_REDIRECTS_H
#define WEFT_SERVER_REDIRECTS_H

#include "base/arena.h"
#include "server/pattern.h"

enum {
    WEFT_REDIRECTS_MOST = 1024,
    WEFT_REDIRECT_TARGET_MOST = 2048, // bytes
};

struct weft_redirect {
    const char *from_text; // as written
    const char *to_text;
    uint16_t status; // 301, 302, 303, 307 or 308
    struct weft_pattern from;
    struct weft_span
        before; // of the target: what stands before the star; all of it where there is none
    struct weft_span after;
    bool to_has_star;
    bool to_has_query; // otherwise the request's is passed on
};

/** All of a site. Paths without a star are looked up first, by a search; then patterns in order. */
struct weft_redirects {
    struct weft_redirect **list; // as they were added
    size_t count;
    struct weft_redirect **exact; // without a star, in order of their paths
    size_t exact_count;
};

/** Room for one more, with status 301; NULL where there is none. */
struct weft_redirect *weft_redirects_begin(struct weft_redirects *redirects,
                                           struct weft_arena *arena);

/**
 * Reads the texts of the redirect that was begun last, and takes it in.
 *
 * returns  NULL, or what was expected: static text
 */
const char *weft_redirects_finish(struct weft_redirects *redirects);

/** The redirect for a decoded path, or NULL; `rest` is what its star stands for. */
const struct weft_redirect *weft_redirects_find(const struct weft_redirects *redirects,
                                                struct weft_span path, struct weft_span *rest);

/** Where it leads, from malloc(); NULL without memory. It names another host only where the target does. */
char *weft_redirect_location(const struct weft_redirect *redirect, struct weft_span rest,
                             struct weft_span query, bool has_query);

#endif
