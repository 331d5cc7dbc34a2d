// server/file_cache.h: what paths name, remembered for a second at a time.
//
// A path that was found is answered from memory; once a second at most the file system is asked whether it still holds.
// One thread's alone. What it may keep is bounded in entries, bytes and descriptors; what was used longest ago goes
// first. What does not exist is remembered apart, so that asking for nonsense cannot push out what is served.
#ifndef WEFT_SERVER_FILE_CACHE_H
#define WEFT_SERVER_FILE_CACHE_H

#include "base/list.h"
#include "http/encoding.h"
#include "server/compression.h"
#include "server/file.h"
#include "server/root.h"

enum {
    WEFT_CACHE_CHECK_US = 1000000, // how long what was seen is trusted
    WEFT_CACHE_NOTHING_MOST = 256, // paths remembered that name nothing
    WEFT_CACHE_CODINGS = 4,
    WEFT_PATH_SIZE = 4096, // longest path, with the slash and NUL
};

enum weft_resource_kind {
    WEFT_RESOURCE_NOTHING,
    WEFT_RESOURCE_FILE,
    WEFT_RESOURCE_DIRECTORY, // without an index file, or asked for without its slash
    WEFT_RESOURCE_FORBIDDEN, // it is there but may not be read
    WEFT_RESOURCE_FAILED,    // no memory, no descriptors: not remembered
};

/** What a path names; lent until the next call on the cache. */
struct weft_resource {
    enum weft_resource_kind kind;
    unsigned codings;                            // an OR of enum weft_http_coding: what there is
    unsigned made;                               // those of them that we have made
    uint64_t checked_us;                         // when the file system was asked
    struct weft_file *files[WEFT_CACHE_CODINGS]; // see weft_resource_file()
};

/** The representation in one coding, which has to be among `codings`. */
static inline struct weft_file *weft_resource_file(const struct weft_resource *resource,
                                                   enum weft_http_coding coding)
{
    return resource->files[__builtin_ctz((unsigned)coding)];
}

/** Where paths lead, and what is said of the files there. One cache may serve many. */
struct weft_file_place {
    const struct weft_root *root;        // NULL: nothing is there
    const struct weft_file_heads *heads; // for the files' answers
    const char *const *index_names;
    size_t index_count;
    const struct weft_compression *compression; // what may be made of files; NULL for nothing
};

struct weft_file_cache_config {
    size_t bytes_most;
    size_t entries_most;
    size_t descriptors_most;
    uint64_t seed; // random, so that nobody can aim paths at one bucket
};

struct weft_file_cache {
    struct weft_file_cache_config config;
    struct weft_cache_entry **buckets;
    size_t bucket_count;    // a power of two
    struct weft_list found; // least recently used first
    struct weft_list nothing;
    size_t found_count;
    size_t nothing_count;
    size_t bytes;
    size_t descriptors;
    uint64_t hits;
    uint64_t loads;     // times that files were opened
    uint64_t evictions; // paths that made room for others
    uint32_t serial;    // of the newest file
    uint64_t changes;   // times that files were let go, or came beside others
};

/** returns  false without memory */
WEFT_MUST_USE bool weft_file_cache_init(struct weft_file_cache *cache,
                                        const struct weft_file_cache_config *config);
void weft_file_cache_deinit(struct weft_file_cache *cache);

/**
 * What does a path name?
 *
 * place   borrowed for the cache's life
 * path    decoded and without dot segments (weft_http_path_decode()), shorter than WEFT_PATH_SIZE
 * now_us  the monotonic clock
 */
const struct weft_resource *weft_file_cache_find(struct weft_file_cache *cache,
                                                 const struct weft_file_place *place,
                                                 struct weft_span path, uint64_t now_us);

/**
 * The file that a path names as it came from a client: one that decoding leaves as it is, without a name
 * that begins with a dot. It is only found where it was found before, less than a second ago.
 *
 * returns  NULL where that has to be found out: the path is to be decoded, judged, and looked for
 */
const struct weft_resource *weft_file_cache_find_plain(struct weft_file_cache *cache,
                                                       const struct weft_file_place *place,
                                                       struct weft_span path, uint64_t now_us);

/**
 * Puts a representation that was made of a file beside it.
 *
 * path     as it was when the file was found
 * plain    what it was made of
 * coded    taken
 * returns  false where the path names that file no more: what was made is let go
 */
bool weft_file_cache_add(struct weft_file_cache *cache, const struct weft_file_place *place,
                         struct weft_span path, const struct weft_file *plain,
                         enum weft_http_coding coding, struct weft_file *coded);

#endif
