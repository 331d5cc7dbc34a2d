// server/sites.h: all sites of one thread, and which of them a request is for.
#ifndef WEFT_SERVER_SITES_H
#define WEFT_SERVER_SITES_H

#include "server/site.h"

enum { WEFT_SITES_HOST_SIZE = 256 };

/** A host as it is looked up: in lower case, without port and without a dot behind it; empty where none was named. */
struct weft_sites_host {
    size_t size;
    char name[WEFT_SITES_HOST_SIZE]; // with a NUL behind it
};

/** A name of a site. */
struct weft_sites_row {
    const char *name; // NULL: empty
    size_t size;
    struct weft_site *site;
};

struct weft_sites {
    struct weft_site_shared shared;
    struct weft_site *list;
    size_t count;
    struct weft_site *usual;     // for names that are no site's; NULL: they are refused
    struct weft_site nobody;     // whose words a refusal has
    struct weft_sites_row *rows; // names, hashed; NULL where no site has one
    size_t row_count;            // a power of two
    bool has_wildcards;
};

/**
 * Starts the sites of a configuration. It must not move.
 *
 * roots    one for each site, in order; borrowed as the configuration is
 * returns  false without memory
 */
WEFT_MUST_USE bool weft_sites_init(struct weft_sites *sites,
                                   const struct weft_server_config *config,
                                   const struct weft_root *roots, uint64_t seed);
void weft_sites_deinit(struct weft_sites *sites);

/** Is there only one, which serves whatever name is asked for? It is `usual` then, and nothing has to be looked up. */
static inline bool weft_sites_are_one(const struct weft_sites *sites)
{
    return !sites->rows;
}

/** Reads the host of an authority; false where it is longer than any name. */
bool weft_sites_host_of(struct weft_span authority, struct weft_sites_host *host);

/**
 * The site with a name: the name itself first, then with a wildcard as its first label, then the default.
 *
 * returns  NULL where the name is not ours: 421 (RFC 9110 §15.5.20)
 */
struct weft_site *weft_sites_find(const struct weft_sites *sites,
                                  const struct weft_sites_host *host);

#endif
