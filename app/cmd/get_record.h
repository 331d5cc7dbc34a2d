// cmd/get_record.h: what happened in a run of weft get, kept for those who show it: waterfall, HTML, HAR, JSON.
#ifndef WEFT_CMD_GET_RECORD_H
#define WEFT_CMD_GET_RECORD_H

#include "client/client.h"

enum { WEFT_GET_ENTRIES_MOST = 10000, WEFT_GET_CONNECTIONS_MOST = 1000 };

/** Fields of a head, copied. */
struct weft_get_head {
    const struct weft_http_field *fields;
    size_t count;
};

/** One request with its answer; a redirection or a retry begins another. Times are of the loop's clock. */
struct weft_get_entry {
    struct weft_exchange_report report; // `url` is copied into `url_text`
    const char *url_text;
    struct weft_span method;
    struct weft_get_head request;
    struct weft_get_head response;
    uint64_t interim_us; // the first 1xx; 0: none came
    uint16_t interim_status;
    struct weft_get_head interim;
    const char *failure;   // NULL: none
    const char *initiator; // who made us ask, of --page: static text; NULL: the command line
    const char
        *unasked; // a pushed answer that no request took: what became of it; NULL: it was asked for
};

/** A connection as it was when it was last told of. */
struct weft_get_connection {
    struct weft_client_connection_info info; // `origin` is copied, `totals` NULL
    struct weft_http_totals totals;
};

struct weft_get_record {
    struct weft_arena arena;
    struct weft_get_entry *entries;
    size_t entry_count;
    size_t entry_room;
    struct weft_get_connection *connections; // in the order of their ids
    size_t connection_count;
    size_t connection_room;
    uint64_t left_out;     // entries and connections for which there was no room
    uint64_t start_us;     // of the loop's clock
    int64_t start_wall_us; // the same moment, since 1970
};

void weft_get_record_init(struct weft_get_record *record, uint64_t now_us);
void weft_get_record_deinit(struct weft_get_record *record);

/** An interim head came. */
void weft_get_record_interim(struct weft_get_record *record, const struct weft_exchange *exchange,
                             const struct weft_http_head *head);
/** The final head of an exchange came, also one that redirects. */
void weft_get_record_head(struct weft_get_record *record, const struct weft_exchange *exchange,
                          const struct weft_http_head *head);
/** Who made us ask: static text. */
void weft_get_record_initiator(struct weft_get_record *record, const struct weft_exchange *exchange,
                               const char *initiator);
/** An attempt is over; `failure` is copied, NULL for none. */
void weft_get_record_end(struct weft_get_record *record, const struct weft_exchange *exchange,
                         const char *failure);
/** What became of a pushed answer: where a request took it, that is its entry; else it gets one. */
void weft_get_record_push(struct weft_get_record *record,
                          const struct weft_client_push_report *push);
void weft_get_record_connection(struct weft_get_record *record,
                                const struct weft_client_connection_info *info);

/** The last attempt of the exchange with that id, or NULL. */
const struct weft_get_entry *weft_get_record_last(const struct weft_get_record *record,
                                                  uint64_t exchange_id);
/** When the exchange with that id was first asked for; 0 where it is not known. */
uint64_t weft_get_record_born_us(const struct weft_get_record *record, uint64_t exchange_id);

/** The connection with that id, or NULL. */
const struct weft_get_connection *weft_get_record_find(const struct weft_get_record *record,
                                                       uint64_t id);

/** From one moment to another in milliseconds; 0 where one of them did not come. */
double weft_get_ms(uint64_t from_us, uint64_t to_us);

/** "1.0", "1.1" or "2"; "0" where it is not known. */
const char *weft_get_version_text(unsigned version);

/** When the last thing happened, since the start. */
uint64_t weft_get_record_span_us(const struct weft_get_record *record);

#endif
