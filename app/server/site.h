// server/site.h: one site as one thread serves it, and the handlers' common tools.
#ifndef WEFT_SERVER_SITE_H
#define WEFT_SERVER_SITE_H

#include "http/target.h"
#include "server/answer.h"
#include "server/clock.h"
#include "server/coded_body.h"
#include "server/config.h"
#include "server/file_cache.h"
#include "server/learned.h"
#include "server/packer.h"

enum { WEFT_SITE_COMMON_FIELDS = 3 };

enum { WEFT_LISTINGS_KEPT = 4, WEFT_CODED_PAGES_MOST = 51 };

struct weft_answered;
struct weft_site;

/** The page of a folder, which all share who ask for it within a second. */
struct weft_listing {
    const struct weft_site *site;
    char *path; // NULL: none
    struct weft_file *page;
    uint64_t made_us;
};

/** A page that is built in, coded. */
struct weft_coded_page {
    const uint8_t *text; // of the page
    enum weft_http_coding coding;
    struct weft_file *file; // NULL: it does not pay
};

/** What the sites of a thread share; nobody else touches it. */
struct weft_site_shared {
    struct weft_clock clock;
    struct weft_http_field common[WEFT_SITE_COMMON_FIELDS]; // of every answer
    struct weft_file_cache cache;
    struct weft_answered *answered; // slots of server/answered.h
    struct weft_listing listings[WEFT_LISTINGS_KEPT];
    size_t listing_next;
    size_t listings_alive; // bytes of pages of folders, those that are still being sent included
    struct weft_packer *packer; // NULL: nothing is compressed to be kept
    struct weft_coding_ledger coding;
    struct weft_coded_page coded_pages[WEFT_CODED_PAGES_MOST];
    size_t coded_page_count;
    size_t coded_page_size; // bytes of all of them
    uint64_t now_us;        // set for each turn, as the clock is
    uint64_t seed;          // of tables; told to nobody
    uint64_t boundary;      // of the last answer of several parts
    bool is_secure;         // the request at hand came over TLS; set for each turn too
    uint16_t https_port;    // where https_only sends to
    const struct weft_http_head *request; // at hand; only for sites with rules
    bool path_is_decoded;
    struct weft_http_path path; // of that request, in the room
    uint8_t path_room[WEFT_PATH_SIZE];
};

/** The configuration and the root are the server's and only read; all else is the thread's own. */
struct weft_site {
    const struct weft_site_config *config;
    struct weft_site_shared *shared;
    struct weft_file_heads heads;
    struct weft_file_place place;     // its root, and how its files are described
    size_t index;                     // among the sites of the configuration
    bool delivers;                    // there are hints or pushes to think of
    struct weft_learned_copy learned; // the manifest that is learned
    unsigned told_count;              // pages of it, so that some are left out
    bool hints_are_fresh; // what is hinted may be kept and used, so that it is fetched once
};

/**
 * Starts what the sites of a thread share. It must not move: heads point into it.
 *
 * returns  false without memory or random bytes
 */
WEFT_MUST_USE bool weft_site_shared_init(struct weft_site_shared *shared,
                                         const struct weft_server_config *config, uint64_t seed);
void weft_site_shared_deinit(struct weft_site_shared *shared);

/**
 * Starts a site. It must not move: heads point into it.
 *
 * config, root, shared  borrowed for its life; without a root it has no files
 */
void weft_site_init(struct weft_site *site, const struct weft_site_config *config,
                    const struct weft_root *root, struct weft_site_shared *shared);

/** Tells the time: monotonic, and in seconds from 1970. */
static inline void weft_site_shared_set_time(struct weft_site_shared *shared, uint64_t now_us,
                                             int64_t seconds)
{
    shared->now_us = now_us;
    weft_clock_set(&shared->clock, seconds);
}

/** Tells which request is at hand: rules of a site go by its path. Borrowed until its answer is made. */
static inline void weft_site_shared_set_request(struct weft_site_shared *shared,
                                                const struct weft_http_head *request)
{
    shared->request = request;
    shared->path_is_decoded = false;
}

/** What does a decoded path of the site name? */
static inline const struct weft_resource *weft_site_find(struct weft_site *site,
                                                         struct weft_span path)
{
    return weft_file_cache_find(&site->shared->cache, &site->place, path, site->shared->now_us);
}

/** The file that a request's path names just as it came, where that is known; else NULL, and it is to be decoded. */
static inline const struct weft_resource *weft_site_find_plain(struct weft_site *site,
                                                               struct weft_span path)
{
    return weft_file_cache_find_plain(&site->shared->cache, &site->place, path,
                                      site->shared->now_us);
}

/** The path of the request at hand, of a site with rules: decoded once, when it is first asked for. Empty where it is no
 *  path of a file. */
const struct weft_http_path *weft_site_path(struct weft_site_shared *shared);

/** Adds the fields of every answer, to one that has a status but no fields yet. */
void weft_site_add_common(struct weft_site *site, struct weft_answer *answer);

#endif
