// server/representation.h: which representation of a file, or of a page that was made, a request gets (RFC 9110 §12.5.3).
//
// What lies beside a file as .br, .zst or .gz wins. Else it is compressed here: sent from memory where that was done
// already, compressed while it is sent where it was not.
#ifndef WEFT_SERVER_REPRESENTATION_H
#define WEFT_SERVER_REPRESENTATION_H

#include "server/site.h"

struct weft_representation {
    struct weft_file *file; // lent as the resource is
    enum weft_http_coding
        coding; // that the file is to be coded in while it is sent; identity: it is sent as it is
    bool is_makeshift; // a coded one would be better, once there is room for it or it is made
};

/**
 * Chooses among what there is and what can be made.
 *
 * path  as it was when the resource was found
 */
struct weft_representation weft_representation_choose(struct weft_site *site,
                                                      const struct weft_http_head *request,
                                                      const struct weft_resource *resource,
                                                      struct weft_span path);

/** Compresses the content of an answer that was made here (`may_be_coded`), where the request and the site want that. */
void weft_representation_code_made(struct weft_site *site, const struct weft_http_head *request,
                                   struct weft_answer *answer);

#endif
