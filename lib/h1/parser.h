// h1/parser.h: the head of an HTTP/1 message: where it ends, its start line, its field lines (RFC 9112 §2 to §5).
#ifndef WEFT_H1_PARSER_H
#define WEFT_H1_PARSER_H

#include "base/arena.h"
#include "http/head.h"
#include "http/limits.h"

/** What is wrong with a message. */
struct weft_h1_error {
    uint16_t status;    // what a server answers; 0 where nothing is wrong
    const char *reason; // static text that names the rule or the limit
};

enum weft_h1_section {
    WEFT_H1_REQUEST_HEAD,
    WEFT_H1_RESPONSE_HEAD,
    WEFT_H1_REQUEST_TRAILERS,
    WEFT_H1_RESPONSE_TRAILERS,
};

/** How far the search for the end of a section has come. Every line is charged to the limits when it is seen, before
 *  anything is stored for it. */
struct weft_h1_scan {
    enum weft_h1_section section;
    size_t start;         // of the section: behind the empty line that may come before a request
    size_t line;          // where the line begins that is being looked at
    size_t at;            // the first byte that was not looked at
    size_t field_size;    // of the whole field lines, with 32 bytes a line on top
    uint32_t field_count; // whole field lines; those of a trailer section go on from its head's
    uint32_t counted;     // of them, before this section
    bool has_start_line;
};

enum weft_h1_scan_status {
    WEFT_H1_SCAN_MORE,  // the end has not come yet
    WEFT_H1_SCAN_WHOLE, // the section is the bytes from `start` to `at`, its empty line included
    WEFT_H1_SCAN_WRONG,
};

/** Starts a search. `counted` field lines are charged already (to trailers: those of the head). */
void weft_h1_scan_init(struct weft_h1_scan *scan, enum weft_h1_section section, uint32_t counted);

/**
 * Searches on for the empty line that ends a section.
 *
 * bytes     all that came since the section began; each call may have more of the same
 * counters  counted up where a limit is reached; may be NULL
 * error     set where the answer is WRONG: a line that does not end in CR LF (400), a request line above its
 *           limit (414), fields above theirs (431)
 */
enum weft_h1_scan_status weft_h1_scan_on(struct weft_h1_scan *scan, struct weft_span bytes,
                                         const struct weft_http_limits *limits,
                                         struct weft_http_limit_counters *counters,
                                         struct weft_h1_error *error);

/** What Transfer-Encoding says, all its lines together (RFC 9112 §6.1). */
enum weft_h1_coding {
    WEFT_H1_NO_CODING,
    WEFT_H1_CHUNKED_CODING, // exactly "chunked"
    WEFT_H1_OTHER_CODING,   // well-formed, ends in chunked, but names what we do not decode
    WEFT_H1_FAULTY_CODING, // chunked is not last, or twice, or what stands there is no list of codings
};

/** A head that was read, and what it says about the connection. */
struct weft_h1_message {
    struct weft_http_head head;
    enum weft_h1_coding coding;
    bool closes;          // Connection: close (§9.6)
    bool keeps;           // Connection: keep-alive (§9.3)
    bool expects_unknown; // Expect with something else than 100-continue (RFC 9110 §10.1.1)
};

/**
 * Reads a section that was found to be whole.
 *
 * bytes    the section, a copy that lives as long as the head and may be changed: names are made lower-case in
 *          place
 * arena    for the field array and a mended path
 * message  set; its spans are of `bytes` or of the arena
 * returns  status 0, or what is wrong. Fields that speak of framing are judged one by one; what they mean
 *          together is for h1/framing.h.
 */
struct weft_h1_error weft_h1_parse_request(const struct weft_h1_scan *scan, uint8_t *bytes,
                                           struct weft_arena *arena,
                                           struct weft_h1_message *message);
struct weft_h1_error weft_h1_parse_response(const struct weft_h1_scan *scan, uint8_t *bytes,
                                            struct weft_arena *arena,
                                            struct weft_h1_message *message);

/** The same for trailers: only fields are set. Fields that may not stand in trailers are left out (RFC 9110 §6.5.1). */
struct weft_h1_error weft_h1_parse_trailers(const struct weft_h1_scan *scan, uint8_t *bytes,
                                            struct weft_arena *arena, struct weft_http_head *head);

#endif
