// server/answer.h: what a handler says to a request, whatever the version of HTTP.
//
// One answer of a thread is filled, sent and cleared before the next; the head is borrowed for the sending only, and
// the body moves on to the exchange.
#ifndef WEFT_SERVER_ANSWER_H
#define WEFT_SERVER_ANSWER_H

#include "server/body.h"

enum {
    WEFT_ANSWER_FIELDS_MOST = 48 + WEFT_HEADER_FIELDS_MOST,
    WEFT_ANSWER_TEXT_SIZE = 128,
};

struct weft_answer {
    struct weft_http_head head; // status, fields, content_length
    struct weft_body body;
    uint64_t content_most;     // bytes, where content_length is not known
    uint64_t repeats_until_us; // up to then the same request gets `body.file` again
    bool may_be_coded;         // it is a page made here, which may be compressed
    bool is_own_page;          // weft_error_page_own() of its status
    struct weft_http_field made[WEFT_ANSWER_FIELDS_MOST]; // where the head is made for it alone
    char text[WEFT_ANSWER_TEXT_SIZE];                     // for values
    char *owned;                                          // a longer value; freed with the answer
};

/** An answer that says nothing yet. */
void weft_answer_init(struct weft_answer *answer);

/** An answer that has a head and nothing else; what was in `answer` is not looked at. */
void weft_answer_start(struct weft_answer *answer, const struct weft_http_head *head);

/** Lets go what it holds. */
void weft_answer_deinit(struct weft_answer *answer);

/** Adds a field to `made`, which becomes the head's. */
void weft_answer_add(struct weft_answer *answer, struct weft_http_field field);
void weft_answer_add_all(struct weft_answer *answer, const struct weft_http_field *fields,
                         size_t count);

#endif
