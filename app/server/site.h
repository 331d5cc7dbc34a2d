// server/site.h: what one thread serves, and the handlers' common tools.
#ifndef WEFT_SERVER_SITE_H
#define WEFT_SERVER_SITE_H

#include "server/answer.h"
#include "server/clock.h"
#include "server/config.h"
#include "server/file_cache.h"

enum { WEFT_SITE_COMMON_FIELDS = 3 };

enum { WEFT_LISTINGS_KEPT = 4 };

/** The page of a folder, which all share who ask for it within a second. */
struct weft_listing {
    char *path; // NULL: none
    struct weft_file *page;
    uint64_t made_us;
};

/** The configuration and the root are shared and only read; all else is the thread's own. */
struct weft_site {
    const struct weft_server_config *config;
    const struct weft_root *root;
    struct weft_clock clock;
    struct weft_http_field common[WEFT_SITE_COMMON_FIELDS]; // of every answer
    struct weft_file_heads heads;
    struct weft_file_cache cache;
    struct weft_listing listings[WEFT_LISTINGS_KEPT];
    size_t listing_next;
    bool delivers;        // there are hints or pushes to think of
    bool hints_are_fresh; // what is hinted may be kept and used, so that it is fetched once
    uint64_t now_us;      // set for each turn, as the clock is
    uint64_t seed;        // moves on with each boundary
};

/**
 * Starts a site. It must not move: heads point into it.
 *
 * config, root  borrowed for its life
 * returns       false without memory
 */
WEFT_MUST_USE bool weft_site_init(struct weft_site *site, const struct weft_server_config *config,
                                  const struct weft_root *root, uint64_t seed);
void weft_site_deinit(struct weft_site *site);

/** Tells the time: monotonic, and in seconds from 1970. */
static inline void weft_site_set_time(struct weft_site *site, uint64_t now_us, int64_t seconds)
{
    site->now_us = now_us;
    weft_clock_set(&site->clock, seconds);
}

/** Adds the fields of every answer. */
void weft_site_add_common(struct weft_site *site, struct weft_answer *answer);

#endif
