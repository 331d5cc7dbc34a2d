// server/client_table.c
#include "server/client_table.h"

#include "base/hash.h"

#include <stdlib.h>

enum {
    WAYS = 8, // places that a client may have
    TOKEN = 1000000,
    LOGIN = 60 * TOKEN,
    BUSY_RETRY_S = 1,
};

static uint32_t part_of(uint32_t limit, unsigned thread_count)
{
    return limit / thread_count + (limit % thread_count > 0);
}

bool weft_client_table_init(struct weft_client_table *table, const struct weft_http_limits *limits,
                            unsigned thread_count, bool logins, uint64_t seed,
                            struct weft_http_limit_counters *counters)
{
    *table = (struct weft_client_table){
        .seed = seed,
        .connections = part_of(limits->client_connections, thread_count),
        .requests = part_of(limits->client_requests, thread_count),
        .burst = part_of(limits->client_request_burst, thread_count),
        .rate = part_of(limits->client_request_rate, thread_count),
        .counters = counters,
    };
    if (logins) {
        table->login_burst = part_of(limits->failed_login_burst, thread_count);
        table->login_rate = part_of(limits->failed_login_rate, thread_count);
    }
    if (table->burst == 0) table->burst = 1; // of none nobody would ever be given any
    if (table->login_burst == 0) table->login_burst = 1;
    if (!table->connections && !table->requests && !table->rate && !table->login_rate) return true;
    size_t wanted = part_of(limits->client_table_size, thread_count);
    for (table->set_count = 1; table->set_count * WAYS < wanted;)
        table->set_count *= 2;
    table->clients = calloc(table->set_count * WAYS, sizeof(*table->clients));
    return table->clients != NULL;
}

void weft_client_table_deinit(struct weft_client_table *table)
{
    free(table->clients);
    table->clients = NULL;
}

static uint64_t number_of(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

// Who it is; an IPv4 address that came over IPv6 (RFC 4291 §2.5.5.2) is that IPv4 address.
static bool identify(const struct weft_address *peer, uint64_t *address, bool *is_v6)
{
    *is_v6 = false;
    if (peer->storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)&peer->storage;
        *address = ntohl(v4->sin_addr.s_addr);
        return true;
    }
    if (peer->storage.ss_family != AF_INET6) return false;
    const struct in6_addr *v6 =
        &((const struct sockaddr_in6 *)(const void *)&peer->storage)->sin6_addr;
    *is_v6 = !IN6_IS_ADDR_V4MAPPED(v6);
    *address = *is_v6 ? number_of(v6->s6_addr, 8) : number_of(v6->s6_addr + 12, 4);
    return true;
}

// Its place: where it is, or where nobody connected is, seen longest ago; NULL where all are connected.
static struct weft_client *find(struct weft_client_table *table, uint64_t address, bool is_v6)
{
    uint64_t hash = weft_hash_mix(weft_hash_mix(table->seed, address), is_v6);
    struct weft_client *set = table->clients + (hash & (table->set_count - 1)) * WAYS;
    struct weft_client *oldest = NULL;
    for (struct weft_client *client = set; client < set + WAYS; client++) {
        if (client->is_used && client->address == address && client->is_v6 == is_v6) return client;
        if (client->connections > 0) continue;
        if (!oldest || client->seen_us < oldest->seen_us) oldest = client;
    }
    if (!oldest) return NULL;
    *oldest = (struct weft_client){.address = address, .is_v6 = is_v6};
    return oldest;
}

bool weft_client_arrives(struct weft_client_table *table, const struct weft_address *peer,
                         uint64_t now_us, struct weft_client **client)
{
    uint64_t address;
    bool is_v6;
    *client = NULL;
    if (!table->clients || !identify(peer, &address, &is_v6)) return true;
    struct weft_client *found = find(table, address, is_v6);
    if (!found) { // so many are connected at once that this one is let in uncounted
        WEFT_HTTP_COUNT(table->counters, client_table_size);
        return true;
    }
    if (!found->is_used) {
        found->is_used = true;
        found->tokens = (uint64_t)table->burst * TOKEN;
        found->filled_us = now_us;
        found->logins = (uint64_t)table->login_burst * LOGIN;
        found->logins_filled_us = now_us;
    }
    found->seen_us = now_us;
    if (table->connections > 0 && found->connections >= table->connections) {
        WEFT_HTTP_COUNT(table->counters, client_connections);
        return false;
    }
    found->connections++;
    *client = found;
    return true;
}

void weft_client_leaves(struct weft_client *client)
{
    if (client) client->connections--;
}

// A microsecond at so many requests a second is so many millionths of one; at so many a minute, sixty-millionths.
static void fill(uint64_t *tokens, uint64_t *filled_us, uint64_t most, uint32_t rate,
                 uint64_t now_us)
{
    uint64_t passed_us = now_us - *filled_us;
    uint64_t room = most - *tokens;
    *filled_us = now_us;
    *tokens = passed_us > room / rate ? most : *tokens + passed_us * rate;
}

uint16_t weft_client_asks(const struct weft_client_table *table, struct weft_client *client,
                          uint64_t now_us, uint32_t *retry_after_s)
{
    if (!client) return 0;
    client->seen_us = now_us;
    if (table->requests > 0 && client->requests >= table->requests) {
        WEFT_HTTP_COUNT(table->counters, client_requests);
        *retry_after_s = BUSY_RETRY_S;
        return 503;
    }
    if (table->rate > 0) {
        fill(&client->tokens, &client->filled_us, (uint64_t)table->burst * TOKEN, table->rate,
             now_us);
        if (client->tokens < TOKEN) {
            WEFT_HTTP_COUNT(table->counters, client_request_burst);
            *retry_after_s = 1; // at least one a second is given
            return 429;
        }
        client->tokens -= TOKEN;
    }
    client->requests++;
    return 0;
}

void weft_client_is_answered(struct weft_client *client)
{
    if (client) client->requests--;
}

bool weft_client_may_log_in(const struct weft_client_table *table, struct weft_client *client,
                            uint64_t now_us, uint32_t *retry_after_s)
{
    if (!client || table->login_rate == 0) return true;
    uint64_t most = (uint64_t)table->login_burst * LOGIN;
    fill(&client->logins, &client->logins_filled_us, most, table->login_rate, now_us);
    if (client->logins >= LOGIN) {
        client->logins -= LOGIN;
        return true;
    }
    WEFT_HTTP_COUNT(table->counters, failed_login_burst);
    uint64_t wait_us = (LOGIN - client->logins) / table->login_rate;
    *retry_after_s = (uint32_t)(wait_us / 1000000 + 1);
    return false;
}

void weft_client_logs_in(const struct weft_client_table *table, struct weft_client *client)
{
    uint64_t most = (uint64_t)table->login_burst * LOGIN;
    if (!client || table->login_rate == 0) return;
    client->logins = most - client->logins < LOGIN ? most : client->logins + LOGIN;
}
