// RFC 9112 §6.3 and §9.3
#include "h1/framing.h"

#include "http/status.h"

static const struct weft_h1_error fine = {0, NULL};

static struct weft_h1_error refuse(uint16_t status, const char *reason)
{
    return (struct weft_h1_error){status, reason};
}

// What makes any message's framing doubtful.
static struct weft_h1_error judge_coding(const struct weft_h1_message *message)
{
    if (message->coding == WEFT_H1_NO_CODING) return fine;
    if (message->head.version == WEFT_HTTP_1_0) { // §6.1
        return refuse(400, "transfer-encoding in a message of HTTP/1.0");
    }
    if (message->head.content_length != WEFT_HTTP_LENGTH_UNKNOWN) { // §6.3, rule 3
        return refuse(400, "content-length beside transfer-encoding");
    }
    if (message->coding == WEFT_H1_OTHER_CODING) { // §6.1
        return refuse(501, "a transfer coding other than chunked");
    }
    if (message->coding == WEFT_H1_FAULTY_CODING) { // §6.3, rule 4
        return refuse(400, "transfer-encoding is not chunked");
    }
    return fine;
}

struct weft_h1_error weft_h1_request_framing(const struct weft_h1_message *message,
                                             enum weft_h1_framing *framing)
{
    *framing = WEFT_H1_NO_CONTENT; // rule 7
    if (message->coding != WEFT_H1_NO_CODING) *framing = WEFT_H1_BY_CHUNKS;
    if (message->head.content_length > 0) *framing = WEFT_H1_BY_LENGTH; // rule 6
    return judge_coding(message);
}

bool weft_h1_is_bodiless(enum weft_http_method method, uint16_t status)
{
    return method == WEFT_HTTP_HEAD || !weft_http_status_allows_content(status);
}

struct weft_h1_error weft_h1_response_framing(const struct weft_h1_message *message,
                                              enum weft_http_method method,
                                              enum weft_h1_framing *framing)
{
    *framing = WEFT_H1_NO_CONTENT;
    if (weft_h1_is_bodiless(method, message->head.status)) return fine; // rule 1

    *framing = WEFT_H1_UNTIL_CLOSE; // rule 8
    if (message->coding != WEFT_H1_NO_CODING) *framing = WEFT_H1_BY_CHUNKS;
    if (message->head.content_length == 0) *framing = WEFT_H1_NO_CONTENT;
    if (message->head.content_length > 0) *framing = WEFT_H1_BY_LENGTH; // rule 6
    return judge_coding(message);
}

enum weft_h1_framing weft_h1_answer_framing(const struct weft_http_head *head,
                                            enum weft_http_method method,
                                            enum weft_http_version version, bool ends)
{
    if (ends || weft_h1_is_bodiless(method, head->status)) return WEFT_H1_NO_CONTENT;
    if (head->content_length == 0) return WEFT_H1_NO_CONTENT;
    if (head->content_length > 0) return WEFT_H1_BY_LENGTH;
    return version == WEFT_HTTP_1_0 ? WEFT_H1_UNTIL_CLOSE : WEFT_H1_BY_CHUNKS; // §6.1
}

bool weft_h1_persists(const struct weft_h1_message *message)
{
    if (message->closes) return false;
    return message->head.version != WEFT_HTTP_1_0 || message->keeps;
}
