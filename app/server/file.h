// server/file.h: one representation of a file, as it was when it was looked at.
//
// It holds either the bytes or an open descriptor, and the head of its answers, made once. Whoever sends from it holds
// a reference, so that it lives on when the cache has let it go. One thread's alone: the references are plain numbers.
#ifndef WEFT_SERVER_FILE_H
#define WEFT_SERVER_FILE_H

#include "http/conditional.h"
#include "server/header_rules.h"

#include <sys/stat.h>

enum {
    WEFT_FILE_IN_MEMORY_MOST = 65536, // larger files are read as they are sent
    WEFT_FILE_KEPT_MOST = 1048576, // but those up to this are kept once they have been sent twice
    WEFT_ETAG_SIZE = 14,           // quotes, eleven letters of a hash, one for the coding
};

/** What tells that a file is still the same one. */
struct weft_file_mark {
    dev_t device;
    ino_t inode;
    uint64_t size;
    struct timespec modified;
    struct timespec changed;
};

struct weft_file {
    unsigned references;
    unsigned sent;  // bodies made of it
    int fd;         // -1 where `bytes` holds all
    uint8_t *bytes; // NULL where it is read as it is sent
    uint8_t *kept;  // `bytes`, where they are not behind the struct
    uint64_t size;
    struct weft_file_mark mark;
    struct weft_http_validators validators; // `date` is left for the moment of asking
    struct weft_http_head head; // of a 200, but for stamp and length; `date` is the thread's text
    const struct weft_http_field *unchanged_fields; // of a 304
    size_t unchanged_count;
    uint8_t codable; // codings that may be made of it, an OR of enum weft_http_coding
    uint8_t coding;  // those of them that are being made, to be kept
    uint32_t serial; // of this version; never 0, and no other file of the thread has it
    char etag[WEFT_ETAG_SIZE];
    size_t etag_size;
    uint8_t last_modified[29];
    size_t held;   // bytes of memory, this struct included
    size_t *alive; // where `held` is added for as long as it lives; NULL for nowhere
};

/** What is the same for all heads: lent for the life of the files made with it. */
struct weft_file_heads {
    const struct weft_http_field *common; // server, date, ...: in every answer
    size_t common_count;
    const struct weft_http_field *extra; // set by the configuration; may replace cache-control
    size_t extra_count;
    const int64_t *now;                    // seconds from 1970
    const struct weft_header_rules *rules; // by path; NULL for none
};

/** How a file is to be described. */
struct weft_file_traits {
    struct weft_span path; // that it was asked for by, decoded; only where there are rules
    struct weft_span content_type;
    struct weft_span coding; // content-encoding; empty for none
    bool varies;             // there are other encodings: vary
    uint64_t made;           // coded by us: weft_encoder_mark(); 0 for what lies in a file
};

struct weft_file_mark weft_file_mark_of(const struct stat *status);
bool weft_file_mark_equal(const struct weft_file_mark *a, const struct weft_file_mark *b);

/**
 * Makes a file of an open descriptor, reads it into memory where it is small, and writes its heads.
 *
 * fd       taken: closed here once the bytes are in memory, or where this fails
 * traits   spans are borrowed for the file's life
 * returns  one with one reference, or NULL without memory
 */
struct weft_file *weft_file_new(int fd, const struct stat *status,
                                const struct weft_file_heads *heads,
                                const struct weft_file_traits *traits);

/**
 * Makes a coded representation of a file.
 *
 * plain    the file, which is described but not held
 * bytes    its coded content, from malloc(): taken
 * traits   without content_type: it is the file's
 * returns  one with one reference, or NULL without memory: then the bytes are freed
 */
struct weft_file *weft_file_of_coded(const struct weft_file *plain, uint8_t *bytes, size_t size,
                                     const struct weft_file_heads *heads,
                                     const struct weft_file_traits *traits);

enum { WEFT_WEAK_ETAG_SIZE = WEFT_ETAG_SIZE + 2 };

/** The entity-tag of what is coded while it is sent: that of weft_file_of_coded(), but weak, since the bytes differ
 *  (RFC 9110 §8.8.1). */
struct weft_span weft_file_weak_etag(const struct weft_file *plain,
                                     const struct weft_file_traits *traits,
                                     char room[WEFT_WEAK_ETAG_SIZE]);

/** Reads a file that was read as it is sent into memory, for the bodies to come and those that are being sent.
 *  returns  false where it has changed since it was looked at, or there is no memory; it is then as it was */
bool weft_file_keep(struct weft_file *file);

/** Makes a file of bytes in memory from malloc(), which are taken; it has no head. NULL without memory, then they are
 *  freed. What it holds is added to `alive` until it is let go by all. */
struct weft_file *weft_file_of_bytes(uint8_t *bytes, size_t size, size_t *alive);

static inline struct weft_file *weft_file_hold(struct weft_file *file)
{
    file->references++;
    return file;
}

/** Gives a reference back; the last frees it. NULL does nothing. */
void weft_file_release(struct weft_file *file);

#endif
