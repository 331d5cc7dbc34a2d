#include "base/hash.h"

#include "check.h"

// One bit flipped anywhere, or one byte more, makes another hash: also in the bits that small tables take.
TEST(every_byte_of_what_is_hashed_counts)
{
    uint8_t bytes[33] = {0};
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        struct weft_span span = {bytes, size};
        uint64_t hash = weft_hash_bytes(7, span);
        CHECK(hash != weft_hash_bytes(8, span));
        CHECK(size == 0 || hash != weft_hash_bytes(7, weft_span_skip(span, 1)));
        for (size_t bit = 0; bit < size * 8; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            CHECK((uint32_t)weft_hash_bytes(7, span) != (uint32_t)hash);
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

// Numbers in a row, as ids and stamps are, fall evenly into a small table: no slot gets thrice its share.
TEST(numbers_in_a_row_spread_over_a_small_table)
{
    unsigned slots[64] = {0};
    for (uint64_t i = 0; i < 4096; i++)
        slots[weft_hash_mix(0, 2 * i + 1) % 64]++;
    for (size_t i = 0; i < 64; i++)
        CHECK(slots[i] > 0 && slots[i] < 3 * 64);
}
