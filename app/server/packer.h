// server/packer.h: compresses small files well, in a helper's thread, so that the next to ask gets them from memory.
#ifndef WEFT_SERVER_PACKER_H
#define WEFT_SERVER_PACKER_H

#include "net/helpers.h"
#include "server/file_cache.h"

/** One thread's. It must not move. */
struct weft_packer {
    struct weft_helper_desk desk;
    struct weft_file_cache *cache;
    bool is_open;
};

void weft_packer_open(struct weft_packer *packer, struct weft_helpers *helpers,
                      struct weft_loop *loop, struct weft_file_cache *cache);

/** To be called before the cache ends. A packer of zeroes is closed. */
void weft_packer_close(struct weft_packer *packer);

/**
 * Asks for a representation of a file in a coding. It stands beside the file in the cache once it is made; where it is
 * not smaller, the file is never asked for it again.
 *
 * plain    of a resource of the cache, under that path; nothing is done where it is not in memory, where it was asked
 *          already, or where too much waits (then a later request asks again)
 */
void weft_packer_ask(struct weft_packer *packer, const struct weft_file_place *place,
                     struct weft_span path, struct weft_file *plain, enum weft_http_coding coding);

#endif
