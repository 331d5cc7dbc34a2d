// test/main.c: runs every TEST of one binary and closes with 'NAME: N passed, N failed'.
// With an argument it runs only the tests whose names hold it: test_lib_h2 window.
#include "check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    print_error("%s:%d: %s\n", file, line, what);
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

// The tests to run, in the order of their files; sets *count. Exits where there are none.
static struct CMUnitTest *tests_to_run(const char *wanted, size_t *count)
{
    struct CMUnitTest *list = calloc(test_count + 1, sizeof(*list));
    if (!list) abort();
    size_t first = test_count; // the newest is the first in the list, so it is filled from the end
    for (struct test *test = tests; test; test = test->next) {
        if (!strstr(test->name, wanted)) continue;
        list[--first] = (struct CMUnitTest){test->name, run_one, NULL, NULL, test};
    }
    *count = test_count - first;
    if (*count == 0) {
        fprintf(stderr, "no test has '%s' in its name\n", wanted);
        exit(2);
    }
    memmove(list, list + first, *count * sizeof(*list));
    return list;
}

int main(int argc, char **argv)
{
    size_t count;
    struct CMUnitTest *list = tests_to_run(argc > 1 ? argv[1] : "", &count);
    const char *slash = strrchr(argv[0], '/');
    const char *name = slash ? slash + 1 : argv[0];

    setvbuf(stdout, NULL, _IOLBF, 0); // so that what a test prints stays in order with stderr
    (void)_cmocka_run_group_tests(name, list, count, NULL, NULL);
    free(list);

    size_t failed = count - passed_count - skipped_count;
    printf("%s: %zu passed, %zu failed", name, passed_count, failed);
    if (skipped_count) printf(", %zu skipped", skipped_count);
    printf("\n");
    return failed > 0;
}
