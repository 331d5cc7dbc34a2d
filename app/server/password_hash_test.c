// server/password_hash_test.c: hashes are those that crypt_gensalt(3) begins, so that it says what they cost.
#include "server/password_hash.h"

#include "check.h"

#include <crypt.h>
#include <stdio.h>

static char fault[256];

static bool is_taken(const char *hash)
{
    fault[0] = 0;
    bool is_fine = weft_password_hash_is_taken(hash, fault, sizeof(fault));
    CHECK_EQ(is_fine, fault[0] == 0);
    return is_fine;
}

// A hash of that cost, as long as it has to be, of no password.
static const char *hash_of(const char *prefix, unsigned long cost, const char *separator,
                           int tail_size)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz0123456789"
                                  "0123456789abcdefghijklmnopqrstuvwxyz0123456789";
    static char hash[CRYPT_OUTPUT_SIZE];
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    CHECK(crypt_gensalt_rn(prefix, cost, "0123456789abcdef", 16, setting, sizeof(setting)));
    snprintf(hash, sizeof(hash), "%s%s%.*s", setting, separator, tail_size, letters);
    return hash;
}

TEST(a_hash_is_taken_up_to_a_cost_and_what_it_costs_is_told)
{
    static const struct {
        const char *prefix, *separator;
        int tail_size; // that the setting lacks
        unsigned long most, too_much;
        const char *told;
    } rows[] = {
        {"$2b$", "", 31, 15, 16, "bcrypt, a cost of 16; expected at most 15"},
        {"$2y$", "", 31, 15, 31, "bcrypt, a cost of 31; expected at most 15"},
        {"$6$", "$", 86, 1000000, 1000001, "1000001 rounds; expected at most 1000000 rounds"},
        {"$6$", "$", 86, 5000, 999999999, "sha512crypt, a cost of 999999999 rounds"},
        {"$y$", "$", 43, 9, 10, "yescrypt, a cost of 512 MiB; expected at most 256 MiB"},
        {"$y$", "$", 43, 1, 11, "yescrypt, a cost of 1024 MiB; expected at most 256 MiB"},
        {"$gy$", "$", 43, 9, 10, "gost-yescrypt, a cost of 512 MiB; expected at most 256 MiB"},
        {"$7$", "$", 43, 9, 10, "scrypt, a cost of 512 MiB; expected at most 256 MiB"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK(
            is_taken(hash_of(rows[i].prefix, rows[i].most, rows[i].separator, rows[i].tail_size)));
        CHECK(!is_taken(
            hash_of(rows[i].prefix, rows[i].too_much, rows[i].separator, rows[i].tail_size)));
        CHECK(strstr(fault, rows[i].told) != NULL);
    }
}

#define TAIL "$saltsalt$0123456789abcdefghijklmnopqrstuvwxyz0123456"

// Parameters that crypt_gensalt(3) never sets: t is how often the memory is gone through, p in how many parts.
TEST(the_other_parameters_of_yescrypt_count)
{
    static const struct {
        const char *hash, *told; // NULL: it is taken
    } rows[] = {
        {"$y$j9T" TAIL, NULL}, // 16 MiB
        {"$y$j9T/D" TAIL, NULL},
        {"$y$j9T/E" TAIL, "a cost of 272 MiB"},
        {"$y$j9T/u./" TAIL, "a cost of 140064 MiB"}, // t is 8754, in three digits
        {"$y$j9T.C" TAIL, NULL},
        {"$y$j9T.D" TAIL, "a cost of 272 MiB"},
        {"$y$j9T0.5" TAIL, NULL},
        {"$y$j9T0.C" TAIL, "a cost of 480 MiB"},
        {"$7$zzzzzzzzzzz" TAIL, "scrypt, a cost of 17592186044416 MiB"},
        {"$y$j9T1." TAIL, "none that this system can check"},
        {"$y$j9T/" TAIL, "none that this system can check"},
        {"$y$j9T." TAIL, "none that this system can check"},
        {"$y$j9T/DD" TAIL, "none that this system can check"},
        {"$y$jt/T" TAIL, "none that this system can check"}, // N of 2^67
        {"$y$j" TAIL, "none that this system can check"},
        {"$7$D5..../..." TAIL, "none that this system can check"},
    };
    for (size_t i = 0; i < WEFT_COUNT(rows); i++) {
        CHECK_EQ(is_taken(rows[i].hash), rows[i].told == NULL);
        CHECK(!rows[i].told || strstr(fault, rows[i].told) != NULL);
    }
}

TEST(numbers_in_a_hash_do_not_wrap)
{
    CHECK(!is_taken("$y$jbzzzzzz" TAIL));
    CHECK(!is_taken("$6$rounds=99999999999999999999999$saltsalt$"
                    "0123456789abcdefghijklmnopqrstuvwxyz0123456789"
                    "0123456789abcdefghijklmnopqrstuvwxyz0123"));
}
