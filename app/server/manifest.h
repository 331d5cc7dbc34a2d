// server/manifest.h: what pages need, so that it can be hinted or pushed before it is asked for.
//
// A manifest is read once (manifest_read.h) and then only asked, from any thread.
#ifndef WEFT_SERVER_MANIFEST_H
#define WEFT_SERVER_MANIFEST_H

#include "base/arena.h"

enum {
    WEFT_MANIFEST_RESOURCES_MOST = 64, // of a page
    WEFT_MANIFEST_PAGES_MOST = 16384,
    WEFT_MANIFEST_LINK_MOST = 8192, // bytes of the Link field of a page
};

/** What a resource is to the page: the `as` of a preload link. */
enum weft_manifest_as {
    WEFT_MANIFEST_STYLE,
    WEFT_MANIFEST_SCRIPT,
    WEFT_MANIFEST_MODULE, // a script that is a module: rel=modulepreload
    WEFT_MANIFEST_FONT,
    WEFT_MANIFEST_IMAGE,
    WEFT_MANIFEST_FETCH,
    WEFT_MANIFEST_TRACK,
    WEFT_MANIFEST_ORIGIN, // none: an origin to connect to (rel=preconnect)
    WEFT_MANIFEST_AS_COUNT,
};

/** How the page's request for it is made, which decides whether a preload can be used for it. */
enum weft_manifest_crossorigin {
    WEFT_MANIFEST_NO_CORS,
    WEFT_MANIFEST_ANONYMOUS,
    WEFT_MANIFEST_USE_CREDENTIALS,
    WEFT_MANIFEST_CROSSORIGIN_COUNT,
};

/** What is said of its urgency: the `fetchpriority` of a preload link. */
enum weft_manifest_priority {
    WEFT_MANIFEST_AUTO, // the browser's own choice
    WEFT_MANIFEST_HIGH,
    WEFT_MANIFEST_LOW,
    WEFT_MANIFEST_PRIORITY_COUNT,
};

enum weft_manifest_mode {
    WEFT_MANIFEST_BOTH, // pushed to whoever takes pushes, hinted to the others
    WEFT_MANIFEST_HINT,
    WEFT_MANIFEST_PUSH,
    WEFT_MANIFEST_NONE, // only counted
    WEFT_MANIFEST_MODE_COUNT,
};

/** What a server that learns has counted of a resource on a page. */
enum weft_manifest_count {
    WEFT_MANIFEST_SEEN, // views of networks that asked for it without having been told; halved as they age
    WEFT_MANIFEST_OF,     // among so many views
    WEFT_MANIFEST_HINTED, // times, by a 103 or the Link of the page
    WEFT_MANIFEST_ASKED,  // views that asked for it after that
    WEFT_MANIFEST_PUSHED,
    WEFT_MANIFEST_CANCELLED, // pushes that the client gave up
    WEFT_MANIFEST_WASTED, // bytes sent that were not wanted: of given-up pushes, or a second time
    WEFT_MANIFEST_COUNTS,
};

struct weft_manifest_tally {
    uint64_t counts[WEFT_MANIFEST_COUNTS];
};

struct weft_manifest_resource {
    struct weft_span target; // path and query as on the wire; for ORIGIN scheme://host[:port]
    struct weft_span type;   // media type; may be empty
    uint64_t size;           // bytes; 0 where not known
    uint8_t as;              // enum weft_manifest_as
    uint8_t crossorigin;     // enum weft_manifest_crossorigin
    uint8_t mode;            // enum weft_manifest_mode
    uint8_t priority;        // enum weft_manifest_priority
    struct weft_manifest_tally tally; // zeroes where nothing was counted
    uint8_t depth; // 1: named by the page itself, 2: by what it names, ...; 0 where not known
    uint32_t line; // in the file, for complaints
};

struct weft_manifest_page {
    struct weft_span path; // as weft_http_path_decode() gives it
    struct weft_manifest_resource *resources;
    size_t resource_count;
    struct weft_span link; // the Link value of all that is hinted; may be empty
    bool
        hints_images; // among it is what browsers withhold while they wait for style sheets and scripts
    uint32_t line; // in the file
    uint32_t column;
};

struct weft_manifest {
    struct weft_arena arena; // holds all of it
    struct weft_manifest_page *pages;
    size_t page_count;
};

/** An empty one, or NULL without memory. */
struct weft_manifest *weft_manifest_new(void);

/** NULL does nothing. */
void weft_manifest_free(struct weft_manifest *manifest);

/** Puts the pages in order, which weft_manifest_find() needs. */
void weft_manifest_sort(struct weft_manifest *manifest);

/** The page with that decoded path, or NULL. */
const struct weft_manifest_page *weft_manifest_find(const struct weft_manifest *manifest,
                                                    struct weft_span path);

enum weft_manifest_link_result {
    WEFT_MANIFEST_LINK_MADE,
    WEFT_MANIFEST_LINK_TOO_LONG, // past WEFT_MANIFEST_LINK_MOST
    WEFT_MANIFEST_LINK_NO_MEMORY,
};

/** Makes `link` of a page from its resources. */
enum weft_manifest_link_result weft_manifest_make_link(struct weft_manifest *manifest,
                                                       struct weft_manifest_page *page);

/** The words of the file, each list ended by NULL. */
extern const char *const weft_manifest_as_words[WEFT_MANIFEST_AS_COUNT]; // ORIGIN has none
extern const char *const weft_manifest_crossorigin_words[WEFT_MANIFEST_CROSSORIGIN_COUNT + 1];
extern const char *const weft_manifest_priority_words[WEFT_MANIFEST_PRIORITY_COUNT + 1];
extern const char *const weft_manifest_count_words[WEFT_MANIFEST_COUNTS + 1];
extern const char *const weft_manifest_mode_words[WEFT_MANIFEST_MODE_COUNT + 1];

/** What a file is by its name, where nothing says it: by its media type; FETCH for what is none of the others. */
enum weft_manifest_as weft_manifest_as_of(struct weft_span path);

/** How a browser asks for such a thing where the page does not say: fonts always in CORS mode. */
enum weft_manifest_crossorigin weft_manifest_crossorigin_of(enum weft_manifest_as as);

#endif
