// server/client_table.h: what each client has open and has asked for, so that one cannot take what is for all.
//
// A client is an IPv4 address, or the /64 of an IPv6 address. The table is one thread's, and of a fixed size: whoever has
// no connection open is forgotten when room is needed, the one seen longest ago first. Each thread holds its clients to its
// part of the limits, rounded up: the kernel spreads connections over the threads.
#ifndef WEFT_SERVER_CLIENT_TABLE_H
#define WEFT_SERVER_CLIENT_TABLE_H

#include "base/alloc.h"
#include "http/limits.h"
#include "net/socket.h"

/** A client; it stays where it is for as long as it has a connection. */
struct weft_client {
    uint64_t address; // IPv4, or the first half of IPv6
    bool is_v6;
    bool is_used;
    uint32_t connections;
    uint32_t requests;  // in flight
    uint64_t tokens;    // of the bucket, in millionths of a request
    uint64_t seen_us;   // when it came last, or asked last
    uint64_t filled_us; // when the bucket was filled last
    uint64_t logins;    // of the other bucket, in sixty-millionths of a login
    uint64_t logins_filled_us;
};

/** Starts as {0}: nobody is counted. */
struct weft_client_table {
    struct weft_client *clients;
    size_t set_count; // a power of two
    uint64_t seed;
    uint32_t connections, requests, burst, rate; // this thread's part; 0: no limit
    uint32_t login_burst, login_rate;            // the same, of logins that fail; a minute
    struct weft_http_limit_counters *counters;
};

/**
 * Starts a table where any limit is set; else it stays empty.
 *
 * logins   there are passwords to guess, so logins that fail are counted
 * seed     random, so that nobody can aim addresses at one place
 * returns  false without memory
 */
WEFT_MUST_USE bool weft_client_table_init(struct weft_client_table *table,
                                          const struct weft_http_limits *limits,
                                          unsigned thread_count, bool logins, uint64_t seed,
                                          struct weft_http_limit_counters *counters);
void weft_client_table_deinit(struct weft_client_table *table);

/**
 * A connection has come.
 *
 * client   set to who it is of; NULL where nobody counts, or where the table is full of others that are connected
 * returns  false where it is one too many: it is not counted then
 */
bool weft_client_arrives(struct weft_client_table *table, const struct weft_address *peer,
                         uint64_t now_us, struct weft_client **client);

/** It has gone. NULL does nothing. */
void weft_client_leaves(struct weft_client *client);

/**
 * A request has come.
 *
 * client         may be NULL
 * retry_after_s  set where it is refused
 * returns        0; or 429 where they come too fast (RFC 6585 §4), 503 where too many are in flight: not counted then
 */
uint16_t weft_client_asks(const struct weft_client_table *table, struct weft_client *client,
                          uint64_t now_us, uint32_t *retry_after_s);

/** An answer is over. NULL does nothing. */
void weft_client_is_answered(struct weft_client *client);

/**
 * A password is about to be tried: that is charged before it is known whether it is wrong.
 *
 * client         may be NULL
 * retry_after_s  set where it may not
 */
bool weft_client_may_log_in(const struct weft_client_table *table, struct weft_client *client,
                            uint64_t now_us, uint32_t *retry_after_s);

/** It was right, or could not be tried: that is given back. */
void weft_client_logs_in(const struct weft_client_table *table, struct weft_client *client);

#endif
