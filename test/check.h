// test/check.h: cmocka, made brief. A test's name is the rule, its comment the section.
#ifndef CHECK_H
#define CHECK_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
    const char *name;
    void (*run)(void);
    struct test *next;
};

void test_add(struct test *test);

/** Each ends the running test as failed, with a text that says what was expected where. */
_Noreturn void check_failed(const char *file, int line, const char *what);
void check_eq(long long is, long long should, const char *file, int line, const char *what);
void check_span(struct weft_span is, struct weft_span should, const char *file, int line,
                const char *what);

/** Ends the running test as skipped and says why. */
_Noreturn void skip_test(const char *why);

#define TEST(id)                                            \
    static void id(void);                                   \
    static struct test test_##id = {#id, id, 0};            \
    __attribute__((constructor)) static void add_##id(void) \
    {                                                       \
        test_add(&test_##id);                               \
    }                                                       \
    static void id(void)

#define CHECK(holds)            ((holds) ? (void)0 : check_failed(__FILE__, __LINE__, #holds " does not hold"))
#define CHECK_NEVER(why)        check_failed(__FILE__, __LINE__, "" why)
#define CHECK_EQ(is, should)    check_eq((long long)(is), (long long)(should), __FILE__, __LINE__, #is)
#define CHECK_SPAN(is, literal) check_span((is), WEFT_SPAN(literal), __FILE__, __LINE__, #is)
#define CHECK_SAME(is, should)  check_span((is), (should), __FILE__, __LINE__, #is)

/** A span over bytes, as an initialiser. */
#define BYTES(...)                                                             \
    {                                                                          \
        (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}) \
    }

#endif
