// server/body.h: where the content of an answer comes from.
//
// The connection says when and how much may leave; the body is read just then. What it holds (a file, memory) is let go
// when it is closed. A zeroed body is one without content.
#ifndef WEFT_SERVER_BODY_H
#define WEFT_SERVER_BODY_H

#include "http/range.h"
#include "server/file.h"

#include <sys/types.h>

struct weft_body;

/** One kind of source. A handler may bring its own. */
struct weft_body_kind {
    /**
     * Puts the next bytes into `room`.
     *
     * ends     set to true where the content ends with them
     * returns  how many; 0 that do not end: nothing yet; a negative errno where the source is broken
     */
    ssize_t (*read)(struct weft_body *body, uint8_t *room, size_t size, bool *ends);
    void (*close)(struct weft_body *body);
};

struct weft_multipart;

struct weft_body {
    const struct weft_body_kind *kind; // NULL: no content
    struct weft_file *file;            // held
    uint64_t at;                       // the next byte, of the file or of `bytes`
    uint64_t end;                      // the byte after the last
    const uint8_t *bytes;              // in memory
    void *owned;                       // freed with the body
    size_t held;                       // its bytes, which count as the connection's
    bool is_cold;                      // of the file, something was not in the page cache
};

ssize_t weft_body_read(struct weft_body *body, uint8_t *room, size_t size, bool *ends);

/** Lets go what it holds; it is then without content. */
void weft_body_close(struct weft_body *body);

/** Bytes that outlive the answer. */
struct weft_body weft_body_of_bytes(struct weft_span bytes);

/** Bytes from malloc(), freed with the body. */
struct weft_body weft_body_of_owned(uint8_t *bytes, size_t size);

/** The bytes that are left, where all of them lie in memory. returns false where they do not */
bool weft_body_in_memory(const struct weft_body *body, struct weft_span *bytes);

/** Bytes `from` to `end` (not included) of a file, which it holds. What was in `body` is not looked at. */
void weft_body_of_file(struct weft_body *body, struct weft_file *file, uint64_t from, uint64_t end);

enum { WEFT_MULTIPART_TYPE_SIZE = 64 };

/**
 * Several ranges of a file as multipart/byteranges (RFC 9110 §14.6).
 *
 * type      room for the content-type of the whole, with its boundary
 * size      set to the bytes that it will give
 * returns   a body without kind where there is no memory
 */
struct weft_body weft_body_of_ranges(struct weft_file *file, const struct weft_http_ranges *ranges,
                                     struct weft_span content_type, uint64_t seed,
                                     char type[WEFT_MULTIPART_TYPE_SIZE], uint64_t *size);

#endif
