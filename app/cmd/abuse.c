// cmd/abuse.c: weft abuse
#include "abuse/abuse.h"

#include "cmd/abuse_show.h"
#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/term.h"
#include "net/memory.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    COMPLAINT_SIZE = 512,
    ARENA_MOST = 65536,
    ADDRESSES_MOST = 8,
    PROGRESS_AFTER_MS = 2000,
    PID_MOST = 1 << 22,
    FILES_WANTED = 4096,
    PATH_MOST = 2048,
};

struct options {
    const char *only;
    const char *large;
    int pid;
    bool is_long;
    bool is_json;
    bool lists;
};

static const char *take_only(void *target, const char *value)
{
    ((struct options *)target)->only = value;
    return NULL;
}

static const char *take_large(void *target, const char *value)
{
    ((struct options *)target)->large = value;
    if (value[0] != '/' || strlen(value) > PATH_MOST) return "expected a path such as /large.bin";
    return strpbrk(value, " \t\r\n") ? "expected a path without blanks" : NULL;
}

static const char *take_pid(void *target, const char *value)
{
    uint64_t pid;
    if (!weft_args_number(value, 1, PID_MOST, &pid)) return "expected the number of a process";
    ((struct options *)target)->pid = (int)pid;
    return NULL;
}

static const char *take_short(void *target, const char *value)
{
    (void)value;
    ((struct options *)target)->is_long = false;
    return NULL;
}

static const char *take_long(void *target, const char *value)
{
    (void)value;
    ((struct options *)target)->is_long = true;
    return NULL;
}

static const char *take_json(void *target, const char *value)
{
    (void)value;
    ((struct options *)target)->is_json = true;
    return NULL;
}

static const char *take_list(void *target, const char *value)
{
    (void)value;
    ((struct options *)target)->lists = true;
    return NULL;
}

static const struct weft_args_option table[] = {
    {"list", 'l', NULL, "the attacks, without playing them", take_list},
    {"only", 'o', "PATTERN",
     "attacks whose id or class holds PATTERN, or matches it where it has a *", take_only},
    {"short", 's', NULL, "a fraction of a second each (the default)", take_short},
    {"long", 'L', NULL, "floods of 3 s; the server's time limits are awaited", take_long},
    {"pid", 'p', "PID", "the server's process; without it, who listens there", take_pid},
    {"large", 'g', "PATH", "a large file for slow readers; without it, the URL's path", take_large},
    {"json", 'j', NULL, "one JSON object in place of the table", take_json},
    {"help", 'h', NULL, "this text", NULL},
    {0},
};

void weft_abuse_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf(
        "Plays known attacks on HTTP/1, HTTP/2 and TLS against a server on this machine, and says\n"
        "whether it bounds each: its memory and its work, an answer on a fresh connection within "
        "a\n"
        "second meanwhile and after, and what it says to the attacker.\n\n"
        "%sUsage%s\n"
        "  weft abuse [OPTIONS] URL\n\n"
        "  URL has to be on a loopback address, and its path one that is answered with 200.\n"
        "\n%sOptions%s\n",
        term->bold, term->plain, term->bold, term->plain);
    for (size_t i = 0; table[i].name; i++) {
        char name[32];
        snprintf(name, sizeof(name), "-%c, --%s%s%s", table[i].letter, table[i].name,
                 table[i].argument ? " " : "", table[i].argument ? table[i].argument : "");
        printf("  %-22s %s\n", name, table[i].help);
    }
    printf("\n%sExamples%s\n"
           "  weft abuse https://localhost:8443/              all, in some seconds\n"
           "  weft abuse --only reset http://localhost:8080/  rapid reset and its kin\n"
           "  weft abuse --only 'h1/*' --json http://localhost:8080/\n"
           "  weft abuse --long --pid $(pgrep -o nginx) https://127.0.0.1:443/\n"
           "\nExit status: 0 all were bounded, 1 one was not, 2 wrong usage.\n",
           term->bold, term->plain);
}

static int wrong_usage(const char *text)
{
    weft_term_error(text);
    return WEFT_EXIT_USAGE;
}

// Is it the whole id of an attack?
static bool names_one(const char *pattern)
{
    const struct weft_abuse_case *which;
    for (size_t i = 0; (which = weft_abuse_case_at(i)); i++) {
        if (strcmp(which->id, pattern) == 0) return true;
    }
    return false;
}

static bool matches(const struct weft_abuse_case *which, const char *pattern)
{
    if (!pattern) return true;
    if (names_one(pattern)) return strcmp(which->id, pattern) == 0;
    if (strpbrk(pattern, "*?["))
        return fnmatch(pattern, which->id, 0) == 0 || fnmatch(pattern, which->name, 0) == 0;
    return strstr(which->id, pattern) || strcasestr(which->name, pattern) ||
           strstr(which->cve, pattern);
}

// Every address of the name has to be of a loopback interface; there is no way around it.
static bool find_address(const struct weft_url *url, struct weft_address *address, char *error,
                         size_t error_size)
{
    struct weft_address found[ADDRESSES_MOST];
    int count =
        weft_address_resolve(url->host, url->port, found, ADDRESSES_MOST, error, error_size);
    if (count <= 0) return false;
    for (int i = 0; i < count; i++) {
        char text[64];
        if (weft_address_is_loopback(&found[i])) continue;
        weft_address_text(&found[i], false, text, sizeof(text));
        snprintf(error, error_size,
                 "'%s' is %s: attacks are played on loopback addresses of this machine only "
                 "(127.0.0.1, ::1, localhost)",
                 url->host, text);
        return false;
    }
    for (int i = 0; i < count;
         i++) { // the first where somebody listens; of localhost that may be either
        int fd = weft_socket_connect(&found[i]);
        *address = found[i];
        if (fd < 0) continue;
        struct sockaddr_storage peer;
        socklen_t size = sizeof(peer);
        usleep(1000);
        bool is_there = getpeername(fd, (struct sockaddr *)&peer, &size) == 0;
        close(fd);
        if (is_there) break;
    }
    return true;
}

static void show_progress(const struct weft_abuse_case *which, size_t index, size_t count,
                          uint64_t elapsed_ms)
{
    if (!isatty(STDERR_FILENO) || elapsed_ms < PROGRESS_AFTER_MS) return;
    fprintf(stderr, "\r\033[K%zu of %zu  %s", index + 1, count, which->id);
    fflush(stderr);
}

static int play_all(struct weft_abuse_run *run, const struct options *options,
                    const struct weft_url *url)
{
    size_t count = 0;
    const struct weft_abuse_case *which;
    for (size_t i = 0; (which = weft_abuse_case_at(i)); i++) {
        count += matches(which, options->only);
    }
    struct weft_abuse_tally tally = {0};
    weft_abuse_show_start(options->is_json, url, weft_abuse_process_count(run));
    size_t index = 0;
    for (size_t i = 0; (which = weft_abuse_case_at(i)); i++) {
        struct weft_abuse_result result;
        if (!matches(which, options->only)) continue;
        show_progress(which, index++, count, tally.elapsed_us / 1000);
        weft_abuse_run_case(run, which, &result);
        if (isatty(STDERR_FILENO) && tally.elapsed_us / 1000 >= PROGRESS_AFTER_MS)
            fputs("\r\033[K", stderr);
        weft_abuse_show(options->is_json, &result, &tally);
        fflush(stdout);
    }
    weft_abuse_show_end(options->is_json, &tally);
    return tally.unbounded == 0 ? WEFT_EXIT_DONE : WEFT_EXIT_FAILED;
}

static int meet_and_play(const struct options *options, const struct weft_url *url)
{
    char error[COMPLAINT_SIZE];
    struct weft_address address;
    if (!find_address(url, &address, error, sizeof(error))) return wrong_usage(error);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < FILES_WANTED) {
        files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max : FILES_WANTED;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    struct weft_abuse_options all = {
        .url = url, .address = &address, .pid = options->pid, .is_long = options->is_long};
    if (options->large) all.large = weft_span_of(options->large);
    struct weft_abuse_run *run = weft_abuse_run_new(&all, error, sizeof(error));
    if (!run) {
        weft_term_error(error);
        return WEFT_EXIT_FAILED;
    }
    int code = play_all(run, options, url);
    weft_abuse_run_free(run);
    return code;
}

static int list(const struct options *options)
{
    const struct weft_abuse_case *which;
    for (size_t i = 0; (which = weft_abuse_case_at(i)); i++) {
        if (matches(which, options->only)) weft_abuse_show_case(which);
    }
    return WEFT_EXIT_DONE;
}

static bool some_match(const struct options *options)
{
    const struct weft_abuse_case *which;
    for (size_t i = 0; (which = weft_abuse_case_at(i)); i++) {
        if (matches(which, options->only)) return true;
    }
    return false;
}

int weft_abuse(int argc, char **argv)
{
    struct options options = {0};
    struct weft_args_outcome outcome;
    struct weft_url url;
    char text[COMPLAINT_SIZE];
    int first = 0;
    if (!weft_args_read(argc, argv, table, &options, &first, &outcome)) {
        if (!outcome.wants_help) return wrong_usage(outcome.complaint);
        weft_abuse_help();
        return WEFT_EXIT_DONE;
    }
    if (!some_match(&options)) {
        snprintf(text, sizeof(text), "no attack matches '%s': 'weft abuse --list' names them",
                 options.only);
        return wrong_usage(text);
    }
    if (options.lists) return list(&options);
    if (first + 1 != argc)
        return wrong_usage("expected one URL of this machine: weft abuse https://localhost:8443/");
    struct weft_arena arena;
    weft_arena_init(&arena, weft_heap_alloc(), ARENA_MOST);
    const char *wrong = weft_url_parse(weft_span_of(argv[first]), &arena, &url);
    int code;
    if (wrong || url.path.size > PATH_MOST) {
        snprintf(text, sizeof(text), "'%s': %s", argv[first],
                 wrong ? wrong : "the path is too long");
        code = wrong_usage(text);
    } else {
        code = meet_and_play(&options, &url);
    }
    weft_arena_deinit(&arena);
    return code;
}
