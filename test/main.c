// test/main.c: runs every TEST of one binary and closes with 'NAME: N passed, N failed'.
#include "check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct test *tests;
static size_t test_count;
static size_t passed_count;
static size_t skipped_count;

void test_add(struct test *test)
{
    test->next = tests;
    tests = test;
    test_count++;
}

_Noreturn void check_failed(const char *file, int line, const char *what)
{
    print_error("%s:%d: %s does not hold\n", file, line, what);
    _fail(file, line);
    abort(); // _fail has jumped out
}

void check_eq(long long is, long long should, const char *file, int line, const char *what)
{
    if (is == should) return;
    print_error("%s:%d: %s is %lld, should be %lld\n", file, line, what, is, should);
    _fail(file, line);
}

static void print_span(const char *label, struct weft_span span)
{
    print_error("  %s (%zu bytes) \"", label, span.size);
    for (size_t i = 0; i < span.size && i < 512; i++) {
        uint8_t byte = span.data[i];
        if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
            print_error("%c", byte);
        } else {
            print_error("\\x%02x", byte);
        }
    }
    print_error("\"\n");
}

void check_span(struct weft_span is, struct weft_span should, const char *file, int line,
                const char *what)
{
    if (weft_span_equal(is, should)) return;
    print_error("%s:%d: %s\n", file, line, what);
    print_span("is", is);
    print_span("should be", should);
    _fail(file, line);
}

_Noreturn void skip_test(const char *why)
{
    print_message("skipped: %s\n", why);
    skipped_count++;
    skip();
    abort(); // skip() has jumped out
}

static void run_one(void **state)
{
    struct test *test = *state;
    test->run();
    passed_count++;
}

int main(int argc, char **argv)
{
    (void)argc;
    struct CMUnitTest *list = calloc(test_count + 1, sizeof(*list));
    if (!list) return 1;
    size_t at = test_count;
    for (struct test *test = tests; test; test = test->next) { // the newest is first
        list[--at] = (struct CMUnitTest){test->name, run_one, NULL, NULL, test};
    }
    (void)_cmocka_run_group_tests(argv[0], list, test_count, NULL, NULL);
    free(list);

    size_t failed = test_count - passed_count - skipped_count;
    const char *name = argv[0];
    for (const char *c = argv[0]; *c; c++) {
        if (*c == '/') name = c + 1;
    }
    printf("%s: %zu passed, %zu failed", name, passed_count, failed);
    if (skipped_count) printf(", %zu skipped", skipped_count);
    printf("\n");
    return failed > 0;
}
