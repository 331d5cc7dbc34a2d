// server/client_table_test.c
#include "server/client_table.h"

#include "check.h"

#include <arpa/inet.h>
#include <stdlib.h>

static struct weft_http_limit_counters counters;

static void begin(struct weft_client_table *table, struct weft_http_limits limits, unsigned threads)
{
    counters = (struct weft_http_limit_counters){0};
    CHECK(weft_client_table_init(table, &limits, threads, false, 7, &counters));
}

static struct weft_address v4(uint32_t number)
{
    struct weft_address address = {.size = sizeof(struct sockaddr_in)};
    struct sockaddr_in *in = (void *)&address.storage;
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(number);
    return address;
}

static struct weft_address v6(const char *text)
{
    struct weft_address address = {.size = sizeof(struct sockaddr_in6)};
    struct sockaddr_in6 *in = (void *)&address.storage;
    in->sin6_family = AF_INET6;
    CHECK_EQ(inet_pton(AF_INET6, text, &in->sin6_addr), 1);
    return address;
}

TEST(without_a_limit_nobody_is_counted_and_nothing_is_held)
{
    struct weft_client_table table;
    struct weft_client *client;
    struct weft_address address = v4(1);
    uint32_t after = 0;
    begin(&table, (struct weft_http_limits)WEFT_HTTP_LIMITS_INIT, 2);
    CHECK(table.clients == NULL);
    CHECK(weft_client_arrives(&table, &address, 1, &client));
    CHECK(client == NULL);
    CHECK_EQ(weft_client_asks(&table, client, 1, &after), 0);
    weft_client_is_answered(client);
    weft_client_leaves(client);
    weft_client_table_deinit(&table);
}

TEST(connections_of_a_client_are_bounded_for_its_address_or_its_64)
{
    struct weft_client_table table;
    struct weft_client *client[3];
    begin(&table, (struct weft_http_limits){.client_connections = 3, .client_table_size = 64}, 2);
    struct weft_address one = v6("2001:db8:0:1::1");
    struct weft_address sibling = v6("2001:db8:0:1:ffff::2");
    struct weft_address other = v6("2001:db8:0:2::1");
    CHECK(weft_client_arrives(&table, &one, 1, &client[0])); // its part of 3 is 2
    CHECK(weft_client_arrives(&table, &sibling, 1, &client[1]));
    CHECK(client[0] == client[1]);
    CHECK(!weft_client_arrives(&table, &one, 1, &client[2]));
    CHECK(client[2] == NULL);
    CHECK_EQ(counters.client_connections, 1);
    CHECK(weft_client_arrives(&table, &other, 1, &client[2]));
    weft_client_leaves(client[0]);
    CHECK(weft_client_arrives(&table, &sibling, 1, &client[0]));
    weft_client_table_deinit(&table);
}

TEST(an_ipv4_address_is_the_same_client_over_ipv6)
{
    struct weft_client_table table;
    struct weft_client *a, *b;
    begin(&table, (struct weft_http_limits){.client_connections = 9, .client_table_size = 64}, 1);
    struct weft_address plain = v4(0xc0000201);
    struct weft_address mapped = v6("::ffff:192.0.2.1");
    struct weft_address similar = v6("0:0:c000:201::");
    CHECK(weft_client_arrives(&table, &plain, 1, &a));
    CHECK(weft_client_arrives(&table, &mapped, 1, &b));
    CHECK(a == b);
    CHECK(weft_client_arrives(&table, &similar, 1, &b));
    CHECK(a != b);
    weft_client_table_deinit(&table);
}

TEST(requests_in_flight_of_a_client_are_bounded)
{
    struct weft_client_table table;
    struct weft_client *client;
    struct weft_address address = v4(1);
    uint32_t after = 0;
    begin(&table, (struct weft_http_limits){.client_requests = 2, .client_table_size = 8}, 1);
    CHECK(weft_client_arrives(&table, &address, 1, &client));
    CHECK_EQ(weft_client_asks(&table, client, 1, &after), 0);
    CHECK_EQ(weft_client_asks(&table, client, 1, &after), 0);
    CHECK_EQ(weft_client_asks(&table, client, 1, &after), 503);
    CHECK_EQ(after, 1);
    CHECK_EQ(counters.client_requests, 1);
    weft_client_is_answered(client);
    CHECK_EQ(weft_client_asks(&table, client, 1, &after), 0);
    weft_client_table_deinit(&table);
}

// RFC 6585 §4
TEST(requests_come_in_a_burst_and_then_at_a_rate)
{
    struct weft_client_table table;
    struct weft_client *client;
    struct weft_address address = v4(1);
    uint32_t after = 0;
    begin(&table,
          (struct weft_http_limits){
              .client_request_burst = 3, .client_request_rate = 10, .client_table_size = 8},
          1);
    CHECK(weft_client_arrives(&table, &address, 1000, &client));
    for (int i = 0; i < 3; i++)
        CHECK_EQ(weft_client_asks(&table, client, 1000, &after), 0);
    CHECK_EQ(weft_client_asks(&table, client, 1000, &after), 429);
    CHECK_EQ(weft_client_asks(&table, client, 1000 + 99999, &after), 429);
    CHECK_EQ(counters.client_request_burst, 2);
    CHECK_EQ(weft_client_asks(&table, client, 1000 + 100000, &after), 0);
    CHECK_EQ(weft_client_asks(&table, client, 1000 + 100001, &after), 429);
    uint64_t later = UINT64_C(3600) * 1000000000; // the bucket holds no more than its burst
    for (int i = 0; i < 3; i++)
        CHECK_EQ(weft_client_asks(&table, client, later, &after), 0);
    CHECK_EQ(weft_client_asks(&table, client, later, &after), 429);
    weft_client_table_deinit(&table);
}

TEST(a_million_addresses_take_no_more_room_and_drive_nobody_out_who_is_connected)
{
    struct weft_client_table table;
    struct weft_client *kept, *client;
    struct weft_address me = v4(0x7f000001);
    begin(&table, (struct weft_http_limits){.client_connections = 2, .client_table_size = 1024}, 1);
    size_t set_count = table.set_count;
    CHECK_EQ(set_count, 128);
    CHECK(weft_client_arrives(&table, &me, 1, &kept));
    for (uint32_t i = 0; i < 1000000; i++) {
        struct weft_address address = v4(i);
        CHECK(weft_client_arrives(&table, &address, i, &client));
        weft_client_leaves(client);
    }
    CHECK_EQ(table.set_count, set_count);
    CHECK_EQ(counters.client_table_size, 0);
    CHECK(weft_client_arrives(&table, &me, 1000001, &client));
    CHECK(client == kept);
    CHECK(!weft_client_arrives(&table, &me, 1000001, &client));

    size_t uncounted = 0; // all of them connected at once
    for (uint32_t i = 0; i < 100000; i++) {
        struct weft_address address = v4(0x0a000000 + i);
        CHECK(weft_client_arrives(&table, &address, i, &client));
        uncounted += client == NULL;
    }
    CHECK_EQ(counters.client_table_size, uncounted);
    CHECK(uncounted >= 100000 - 1024);
    weft_client_table_deinit(&table);
}

TEST(logins_that_fail_come_in_a_burst_and_then_at_a_rate)
{
    struct weft_client_table table;
    struct weft_client *client;
    struct weft_address address = v4(1);
    struct weft_http_limits limits = {
        .failed_login_burst = 4, .failed_login_rate = 12, .client_table_size = 64};
    uint32_t after = 0;
    counters = (struct weft_http_limit_counters){0};
    CHECK(weft_client_table_init(&table, &limits, 2, true, 7, &counters)); // its part: 2, and 6
    CHECK(weft_client_arrives(&table, &address, 1, &client));
    for (unsigned i = 0; i < 100; i++) { // those that are right cost nothing
        CHECK(weft_client_may_log_in(&table, client, 1, &after));
        weft_client_logs_in(&table, client);
    }
    CHECK(weft_client_may_log_in(&table, client, 1, &after));
    CHECK(weft_client_may_log_in(&table, client, 1, &after));
    CHECK(!weft_client_may_log_in(&table, client, 1, &after));
    CHECK_EQ(after, 11); // one each ten seconds
    CHECK_EQ(counters.failed_login_burst, 1);
    weft_client_leaves(client); // who comes again is still the same
    CHECK(weft_client_arrives(&table, &address, 5000001, &client));
    CHECK(!weft_client_may_log_in(&table, client, 5000001, &after));
    CHECK_EQ(after, 6);
    CHECK(weft_client_may_log_in(&table, client, 10000001, &after));
    CHECK(!weft_client_may_log_in(&table, client, 10000001, &after));
    CHECK(weft_client_may_log_in(&table, client, 3600000000, &after)); // an hour later it is full
    CHECK(weft_client_may_log_in(&table, client, 3600000000, &after));
    CHECK(!weft_client_may_log_in(&table, client, 3600000000, &after));
    weft_client_table_deinit(&table);
}

TEST(without_a_rate_logins_may_fail_at_will)
{
    struct weft_client_table table;
    struct weft_client *client;
    struct weft_address address = v4(1);
    struct weft_http_limits limits = {.failed_login_burst = 1, .client_connections = 9};
    uint32_t after = 0;
    CHECK(weft_client_table_init(&table, &limits, 1, true, 7, &counters));
    CHECK(weft_client_arrives(&table, &address, 1, &client));
    for (unsigned i = 0; i < 100; i++)
        CHECK(weft_client_may_log_in(&table, client, 1, &after));
    weft_client_logs_in(&table, client);
    weft_client_logs_in(&table, NULL);
    CHECK(weft_client_may_log_in(&table, NULL, 1, &after));
    weft_client_table_deinit(&table);
}
