// server/cache_digest_test.c
#include "server/cache_digest.h"

#include "check.h"

#include <stdio.h>

static uint64_t key_of(int number)
{
    char path[32];
    snprintf(path, sizeof(path), "/file-%d.css", number);
    return weft_cache_digest_key(weft_span_of(path), WEFT_SPAN("\"tag\""));
}

TEST(what_was_added_is_there_and_little_else)
{
    struct weft_cache_digest digest;
    int wrong = 0;
    weft_cache_digest_init(&digest, WEFT_CACHE_DIGEST_COOKIE_BITS);
    for (int i = 0; i < 64; i++)
        weft_cache_digest_add(&digest, key_of(i));
    for (int i = 0; i < 64; i++)
        CHECK(weft_cache_digest_has(&digest, key_of(i)));
    for (int i = 64; i < 1064; i++)
        wrong += weft_cache_digest_has(&digest, key_of(i));
    CHECK(wrong < 60); // 24 are to be expected
    CHECK(!weft_cache_digest_is_full(&digest));
}

TEST(a_digest_says_when_it_is_full)
{
    struct weft_cache_digest digest;
    int count = 0;
    weft_cache_digest_init(&digest, WEFT_CACHE_DIGEST_CONNECTION_BITS);
    while (!weft_cache_digest_is_full(&digest))
        weft_cache_digest_add(&digest, key_of(count++));
    CHECK(count > 300 && count < 420); // ln 2 * 2048 / 4 = 355
}

TEST(another_version_is_another_resource)
{
    struct weft_span path = WEFT_SPAN("/a.css");
    CHECK(weft_cache_digest_key(path, WEFT_SPAN("\"1\"")) !=
          weft_cache_digest_key(path, WEFT_SPAN("\"2\"")));
}

TEST(a_digest_comes_back_from_its_cookie)
{
    struct weft_cache_digest digest;
    struct weft_cache_digest again;
    char set[WEFT_CACHE_DIGEST_SET_COOKIE_SIZE];
    char cookie[400];
    weft_cache_digest_init(&digest, WEFT_CACHE_DIGEST_COOKIE_BITS);
    for (int i = 0; i < 40; i++)
        weft_cache_digest_add(&digest, key_of(i));

    struct weft_span value = {(const uint8_t *)set, weft_cache_digest_set_cookie(&digest, set)};
    CHECK(value.size < sizeof(set));
    struct weft_span attributes = weft_span_skip(value, weft_span_find(value, ';'));
    CHECK_SPAN(attributes, "; Path=/; Max-Age=86400; Secure; HttpOnly; SameSite=Lax");
    snprintf(cookie, sizeof(cookie), "a=b; %.*s;c=d", (int)weft_span_find(value, ';'), set);
    CHECK(weft_cache_digest_from_cookie(weft_span_of(cookie), &again));
    CHECK_EQ(memcmp(digest.bits, again.bits, sizeof(digest.bits)), 0);
}

TEST(a_cookie_that_is_none_of_ours_is_an_empty_digest)
{
    static const char *const rows[] = {"",
                                       "a=b",
                                       ";;",
                                       "__Host-weft-held",
                                       "__Host-weft-held=",
                                       "__Host-weft-held=AAAA",
                                       "x__Host-weft-held=AAAA"};
    struct weft_cache_digest digest;
    char text[128];
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(!weft_cache_digest_from_cookie(weft_span_of(rows[i]), &digest));
        CHECK(!weft_cache_digest_has(&digest, key_of(1)));
    }
    snprintf(text, sizeof(text), "__Host-weft-held=%085d!", 0);
    CHECK(!weft_cache_digest_from_cookie(weft_span_of(text), &digest));
    CHECK(!weft_cache_digest_has(&digest, key_of(1)));
}
