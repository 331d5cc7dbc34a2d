// cmd/manifest.c: weft manifest make, check and report
#include "base/nearest.h"
#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/term.h"
#include "http/target.h"
#include "server/server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096, LINE_SIZE = 1024 };

void weft_manifest_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("Makes and judges manifests: what pages need, for hints and pushes of 'weft serve "
           "--manifest'.\n\n"
           "%sUsage%s\n"
           "  weft manifest make DIR           reads the HTML and CSS of a site and prints its "
           "manifest\n"
           "  weft manifest check FILE [DIR]   says what is wrong, with line and column;\n"
           "                                   with DIR also which files are not there\n"
           "  weft manifest report FILE        shows what 'weft serve --learn --learned FILE' has\n"
           "                                   learned, hinted and pushed, and what came of it\n"
           "\n%sA manifest%s\n"
           "  pages:\n"
           "    /:\n"
           "      - /css/page.css\n"
           "      - path: /font/text.woff2\n"
           "        type: font/woff2\n"
           "        mode: hint               both (the default), hint or push\n"
           "      - preconnect: https://api.example.com\n",
           term->bold, term->plain, term->bold, term->plain);
}

static void complain(void *context, const struct weft_manifest_complaint *complaint)
{
    const char *file = context;
    if (complaint->line > 0) {
        fprintf(stderr, "%s:%u:%u: %s\n", file, complaint->line, complaint->column,
                complaint->text);
    } else {
        fprintf(stderr, "%s: %s\n", file, complaint->text);
    }
}

// Is there a file (or, for a page, a folder) of that name?
static bool is_there(const char *dir, struct weft_span wire_path)
{
    char name[PATH_SIZE + PATH_SIZE];
    uint8_t room[PATH_SIZE];
    struct weft_http_path path;
    struct stat status;
    if (weft_http_path_decode(wire_path, room, sizeof(room), &path) != WEFT_HTTP_PATH_FINE) {
        return false;
    }
    snprintf(name, sizeof(name), "%s%.*s", dir, (int)path.path.size, (const char *)path.path.data);
    return stat(name, &status) == 0;
}

// Tells what is not in the folder; returns how much that was.
static unsigned missing(const char *file, const char *dir, const struct weft_manifest_page *page)
{
    unsigned count = 0;
    for (size_t i = 0; i < page->resource_count; i++) {
        const struct weft_manifest_resource *resource = &page->resources[i];
        if (resource->as == WEFT_MANIFEST_ORIGIN || is_there(dir, resource->target)) continue;
        fprintf(stderr, "%s:%u: %.*s is not in %s\n", file, resource->line,
                (int)resource->target.size, (const char *)resource->target.data, dir);
        count++;
    }
    return count;
}

static int check(const char *file, const char *dir)
{
    char name[PATH_SIZE];
    snprintf(name, sizeof(name), "%s", file);
    struct weft_manifest_listener listener = {.complain = complain, .context = name};
    struct weft_manifest *manifest = weft_manifest_read(file, &listener);
    if (!manifest) return WEFT_EXIT_FAILED;
    size_t resources = 0;
    unsigned faults = 0;
    for (size_t i = 0; i < manifest->page_count; i++) {
        resources += manifest->pages[i].resource_count;
        if (dir) faults += missing(file, dir, &manifest->pages[i]);
    }
    if (faults == 0) {
        printf("%s: %zu page%s, %zu resource%s: fine\n", file, manifest->page_count,
               manifest->page_count == 1 ? "" : "s", resources, resources == 1 ? "" : "s");
    }
    weft_manifest_free(manifest);
    return faults == 0 ? WEFT_EXIT_DONE : WEFT_EXIT_FAILED;
}

static uint64_t count_of(const struct weft_manifest_resource *resource,
                         enum weft_manifest_count which)
{
    return resource->tally.counts[which];
}

// A count of bytes or of times; a dash for none, so that what there is stands out.
static void print_count(uint64_t count, int width)
{
    char text[32] = "-";
    if (count > 0) snprintf(text, sizeof(text), "%" PRIu64, count);
    printf(" %*s", width, text);
}

static void report_resource(const struct weft_manifest_resource *resource,
                            const struct weft_term *term)
{
    uint64_t of = count_of(resource, WEFT_MANIFEST_OF);
    char needed[32] = "-";
    if (of > 0) {
        snprintf(needed, sizeof(needed), "%" PRIu64 "%%",
                 count_of(resource, WEFT_MANIFEST_SEEN) * 100 / of);
    }
    bool is_wasted = count_of(resource, WEFT_MANIFEST_WASTED) > 0;
    printf("  %-36.*s %-6s %-4s %9" PRIu64 " %7s", (int)resource->target.size,
           (const char *)resource->target.data, weft_manifest_as_words[resource->as],
           weft_manifest_mode_words[resource->mode], resource->size, needed);
    for (unsigned which = WEFT_MANIFEST_HINTED; which <= WEFT_MANIFEST_CANCELLED; which++)
        print_count(count_of(resource, (enum weft_manifest_count)which), 9);
    fputs(is_wasted ? term->bold : "", stdout);
    print_count(count_of(resource, WEFT_MANIFEST_WASTED), 10);
    printf("%s\n", is_wasted ? term->plain : "");
}

static int report(const char *file)
{
    char name[PATH_SIZE];
    uint64_t wasted = 0;
    const struct weft_term *term = weft_term_of(stdout);
    snprintf(name, sizeof(name), "%s", file);
    struct weft_manifest_listener listener = {.complain = complain, .context = name};
    struct weft_manifest *manifest = weft_manifest_read(file, &listener);
    if (!manifest) return WEFT_EXIT_FAILED;
    printf("%s  %-36s %-6s %-4s %9s %7s %9s %9s %9s %9s %10s%s\n", term->dim, "", "as", "mode",
           "bytes", "needed", "hinted", "asked", "pushed", "given up", "wasted", term->plain);
    for (size_t i = 0; i < manifest->page_count; i++) {
        const struct weft_manifest_page *page = &manifest->pages[i];
        printf("%s%.*s%s\n", term->bold, (int)page->path.size, (const char *)page->path.data,
               term->plain);
        for (size_t k = 0; k < page->resource_count; k++) {
            if (page->resources[k].as == WEFT_MANIFEST_ORIGIN) continue;
            report_resource(&page->resources[k], term);
            wasted += count_of(&page->resources[k], WEFT_MANIFEST_WASTED);
        }
    }
    printf("%zu page%s, %" PRIu64 " bytes wasted\n", manifest->page_count,
           manifest->page_count == 1 ? "" : "s", wasted);
    weft_manifest_free(manifest);
    return WEFT_EXIT_DONE;
}

static int make(const char *dir)
{
    struct weft_manifest_made made;
    int result = weft_manifest_make(dir, stdout, stderr, &made);
    if (result < 0 || fflush(stdout) != 0) {
        char text[LINE_SIZE];
        snprintf(text, sizeof(text), "cannot make a manifest of '%s': %s", dir,
                 strerror(result < 0 ? -result : errno));
        weft_term_error(text);
        return WEFT_EXIT_FAILED;
    }
    fprintf(stderr, "%zu page%s read, %zu resource%s found, %zu missing\n", made.page_count,
            made.page_count == 1 ? "" : "s", made.resource_count,
            made.resource_count == 1 ? "" : "s", made.missing_count);
    return WEFT_EXIT_DONE;
}

static int wrong_usage(const char *format, const char *word, const char *nearest)
{
    char text[LINE_SIZE];
    snprintf(text, sizeof(text), format, word, nearest);
    weft_term_error(text);
    return WEFT_EXIT_USAGE;
}

int weft_manifest(int argc, char **argv)
{
    static const char *const verbs[] = {"make", "check", "report", NULL};
    static const struct weft_args_option options[] = {{"help", 'h', NULL, "this text", NULL}, {0}};
    struct weft_args_outcome outcome;
    int first = 0;
    if (!weft_args_read(argc, argv, options, NULL, &first, &outcome)) {
        if (!outcome.wants_help) return wrong_usage("%s%s", outcome.complaint, "");
        weft_manifest_help();
        return WEFT_EXIT_DONE;
    }
    int count = argc - first;
    const char *verb = count > 0 ? argv[first] : "";
    if (strcmp(verb, "check") == 0) {
        if (count == 2 || count == 3) return check(argv[first + 1], argv[first + 2]);
        return wrong_usage("expected %s: 'weft manifest check site.yaml'%s", "one FILE", "");
    }
    if (strcmp(verb, "report") == 0) {
        if (count == 2) return report(argv[first + 1]);
        return wrong_usage("expected %s: 'weft manifest report learned.yaml'%s", "one FILE", "");
    }
    if (strcmp(verb, "make") == 0) {
        if (count == 2) return make(argv[first + 1]);
        return wrong_usage("expected %s: 'weft manifest make site > site.yaml'%s", "one DIR", "");
    }
    const char *nearest = weft_nearest(verb, verbs);
    if (*verb == 0) return wrong_usage("what about manifests? 'weft manifest --help'%s%s", "", "");
    if (nearest) return wrong_usage("unknown word '%s': did you mean '%s'?", verb, nearest);
    return wrong_usage("unknown word '%s': 'weft manifest --help' lists them%s", verb, "");
}
