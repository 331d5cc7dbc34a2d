// net/secret_test.c
#include "net/secret.h"

#include "check.h"

// RFC 4231 §4.3, its key filled with zeroes to the block's size as HMAC does it
TEST(a_hash_is_that_of_the_rfc)
{
    static const uint8_t wanted[] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e,
                                     0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
                                     0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83,
                                     0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
    uint8_t key[WEFT_SECRET_SIZE] = "Jefe";
    uint8_t hash[WEFT_SECRET_SIZE];
    CHECK(weft_secret_hash(key, WEFT_SPAN("what do ya want for nothing?"), hash));
    CHECK(weft_secret_equal(hash, wanted, sizeof(hash)));
    key[31] = 1;
    CHECK(weft_secret_hash(key, WEFT_SPAN("what do ya want for nothing?"), hash));
    CHECK(!weft_secret_equal(hash, wanted, sizeof(hash)));
}

TEST(bytes_are_equal_where_none_differs)
{
    CHECK(weft_secret_equal("abc", "abc", 3));
    CHECK(!weft_secret_equal("abc", "abd", 3));
    CHECK(!weft_secret_equal("abc", "xbc", 3));
    CHECK(weft_secret_equal("abc", "xbc", 0));
}

TEST(a_secret_is_made_and_wiped)
{
    static const uint8_t nothing[WEFT_SECRET_SIZE];
    uint8_t secret[WEFT_SECRET_SIZE] = {0};
    CHECK(weft_secret_make(secret, sizeof(secret)));
    CHECK(!weft_secret_equal(secret, nothing, sizeof(secret)));
    weft_secret_wipe(secret, sizeof(secret));
    CHECK(weft_secret_equal(secret, nothing, sizeof(secret)));
}
