// server/answered.h: the files that known requests were answered with.
//
// An engine tells of a request that came before on its connection, byte for byte (`known_as` of http/head.h). Where
// that was answered with the whole of a file, the next is so too, and its host, path and wishes need not be looked at
// again: until the file system is to be asked, or any path of the cache comes to name other files. Who has to be let in,
// and what goes ahead of an answer, is looked at each time.
#ifndef WEFT_SERVER_ANSWERED_H
#define WEFT_SERVER_ANSWERED_H

#include "server/site.h"

/** Of a thread. Where two requests share a slot, the newer has it. */
enum { WEFT_ANSWERED_SLOTS = 2048 };

/** A request, as it came on one connection, and what it got. */
struct weft_answered {
    uint64_t connection; // its number
    uint64_t known_as;   // 0: nothing is here
    struct weft_site *site;
    struct weft_file *file; // the cache's, as long as that has the same `changes`
    uint64_t changes;
    uint64_t until_us;
};

/** Notes the answer that a request got just now, where it is known and would get it again. */
void weft_answered_note(struct weft_site *site, uint64_t connection,
                        const struct weft_http_head *request, const struct weft_answer *answer);

/** What the request is to be answered with, weft_static_files_whole(). The file is lent until the next call on the cache.
 *  returns  NULL where that has to be found out */
const struct weft_answered *weft_answered_find(const struct weft_site_shared *shared,
                                               uint64_t connection,
                                               const struct weft_http_head *request);

#endif
