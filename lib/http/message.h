// http/message.h: makes a head of decoded fields, by the rules of HTTP/2 and HTTP/3 (RFC 9113 §8.2, §8.3).
//
// The fields of one section go in one by one, as the decoder gives them; what breaks a rule makes the message
// malformed (§8.1.1), which is a stream error. The verdict stays: an engine decodes on to the end of the
// block, as it must, and asks once.
#ifndef WEFT_HTTP_MESSAGE_H
#define WEFT_HTTP_MESSAGE_H

#include "base/arena.h"
#include "http/head.h"
#include "http/limits.h"

/** The kinds of field section. */
enum weft_http_section {
    WEFT_HTTP_REQUEST_SECTION,
    WEFT_HTTP_RESPONSE_SECTION, // interim ones too
    WEFT_HTTP_TRAILER_SECTION,
    WEFT_HTTP_PROMISE_SECTION, // the request of a PUSH_PROMISE
};

enum weft_http_verdict {
    WEFT_HTTP_WELL_FORMED,
    WEFT_HTTP_MALFORMED, // stream error PROTOCOL_ERROR, §8.1.1 (HTTP/3: H3_MESSAGE_ERROR)
    WEFT_HTTP_TOO_LARGE, // a limit is passed: 431 or a stream error, §10.5.1
    WEFT_HTTP_OUT_OF_MEMORY,
};

/** A field section that is being read. */
struct weft_http_message {
    // To be read, and set between init and the first add.
    enum weft_http_section section;
    bool allows_protocol; // we have sent SETTINGS_ENABLE_CONNECT_PROTOCOL=1 (RFC 8441 §4)
    uint32_t counted;     // fields so far; those of trailers may go on from the head's count
    enum weft_http_verdict verdict;
    const char *reason; // static text that names the rule or the limit; NULL while all is well

    struct weft_arena *arena;
    const struct weft_http_limits *limits;
    struct weft_http_limit_counters *counters;
    struct weft_http_field *fields;
    size_t field_count;
    size_t capacity;
    size_t size;      // as SETTINGS_MAX_HEADER_LIST_SIZE counts, §6.5.2
    unsigned pseudo;  // which pseudo-fields came
    bool has_regular; // a regular field came
    bool has_expect;
    uint16_t status;
    int64_t content_length;
    uint32_t cookies;    // crumbs
    uint32_t priorities; // lines of the priority field
    struct weft_span method, scheme, authority, path, protocol, host;
};

/**
 * Starts a section.
 *
 * arena     where the head's field array and what is joined will live
 * limits    field_count, field_line_size and field_section_size hold; borrowed until finish
 * counters  counted up where a limit is reached; may be NULL
 */
void weft_http_message_init(struct weft_http_message *message, enum weft_http_section section,
                            struct weft_arena *arena, const struct weft_http_limits *limits,
                            struct weft_http_limit_counters *counters);

/**
 * Takes the next field, in the order of the wire, pseudo-fields with their colon.
 *
 * field    `id` is right or 0 (it is then looked up); name and value have to live as long as the head: they
 *          are not copied
 * returns  the verdict so far; once it is bad the field is not looked at
 */
enum weft_http_verdict weft_http_message_add(struct weft_http_message *message,
                                             const struct weft_http_field *field);

/**
 * Judges the section as a whole and makes the head.
 *
 * Cookie crumbs are joined by "; " into the first of them (§8.2.3). Equal content-length fields are reduced
 * to one. Host becomes the authority where :authority is missing. What may not stand in trailers
 * (RFC 9110 §6.5.1) is left out of them. The host and content-length fields stay among the others: who
 * forwards a head drops them, since an engine writes both itself.
 *
 * head     all set but `version` and `is_early`, where the verdict is WELL_FORMED; else left as it was
 */
enum weft_http_verdict weft_http_message_finish(struct weft_http_message *message,
                                                struct weft_http_head *head);

#endif
