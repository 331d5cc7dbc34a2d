#include "check.h"

#include "load/ledger.h"

#include <string.h>

TEST(ledger_adds_up_only_where_every_request_is_accounted_for)
{
    struct weft_ledger ledger = {.started = 10, .finished = 4, .unfinished = 1};
    ledger.failed[WEFT_LOAD_CONNECT] = 2;
    ledger.failed[WEFT_LOAD_OWN] = 3;

    CHECK(weft_ledger_adds_up(&ledger));
    CHECK_EQ(weft_ledger_failed(&ledger), 5);
    ledger.failed[WEFT_LOAD_TIMEOUT]++;
    CHECK(!weft_ledger_adds_up(&ledger));
    ledger.started++;
    CHECK(weft_ledger_adds_up(&ledger));
    ledger.unfinished = 0;
    CHECK(!weft_ledger_adds_up(&ledger));
}

TEST(ledger_of_two_threads_is_their_sum)
{
    struct weft_ledger one = {.started = 3, .finished = 2, .unfinished = 1};
    struct weft_ledger two = {.started = 5, .finished = 1};
    two.failed[WEFT_LOAD_LOST] = 4;

    weft_ledger_add(&one, &two);

    CHECK_EQ(one.started, 8);
    CHECK_EQ(one.finished, 3);
    CHECK_EQ(one.failed[WEFT_LOAD_LOST], 4);
    CHECK(weft_ledger_adds_up(&one));
}

TEST(ledger_has_a_name_for_each_failure)
{
    CHECK(strcmp(weft_load_failure_name(WEFT_LOAD_CONNECT), "connect") == 0);
    CHECK(strcmp(weft_load_failure_name(WEFT_LOAD_OWN), "own") == 0);
    CHECK(*weft_load_failure_help(WEFT_LOAD_OVERFLOW));
}
