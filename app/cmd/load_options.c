// cmd/load_options.c: the names are h2load's where it has the same thing
#include "cmd/load_options.h"

#include "cmd/commands.h"
#include "cmd/term.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LANES_MOST = 1000000,
    STREAMS_MOST = 100000,
    THREADS_MOST = 256,
    QUEUE_MOST = 10000000,
    QUEUE_USUAL = 100000,
    WINDOW_BITS_LEAST = 16,
    WINDOW_BITS_MOST = 30,
    NAME_COLUMN = 34,
};

#define DURATION_US   ((uint64_t)10 * 1000000)
#define GRACE_US      ((uint64_t)5 * 1000000)
#define TIMEOUT_US    ((uint64_t)30 * 1000000)
#define REQUESTS_MOST ((uint64_t)1000000000000)
#define RATE_MOST     1e8

#define TAKE_FLAG(name, member)                                     \
    static const char *take_##name(void *target, const char *value) \
    {                                                               \
        struct weft_load_options *options = target;                 \
        (void)value;                                                \
        options->member = true;                                     \
        return NULL;                                                \
    }

#define TAKE_TEXT(name, member)                                     \
    static const char *take_##name(void *target, const char *value) \
    {                                                               \
        struct weft_load_options *options = target;                 \
        options->member = value;                                    \
        return NULL;                                                \
    }

#define TAKE_COUNT(name, member, most)                                           \
    static const char *take_##name(void *target, const char *value)              \
    {                                                                            \
        struct weft_load_options *options = target;                              \
        uint64_t number;                                                         \
        if (!weft_args_number(value, 1, (most), &number)) return count_expected; \
        options->config.member = number;                                         \
        return NULL;                                                             \
    }

#define TAKE_TIME(name, member)                                     \
    static const char *take_##name(void *target, const char *value) \
    {                                                               \
        struct weft_load_options *options = target;                 \
        return take_time(value, &options->config.member);           \
    }

// h2load has it, and weft load has something else: say what.
#define REFUSE(name, why)                                             \
    static const char *refuse_##name(void *target, const char *value) \
    {                                                                 \
        (void)target;                                                 \
        (void)value;                                                  \
        return why;                                                   \
    }

static const char count_expected[] = "a number of at least 1 was expected, and not that many";

static const char *take_time(const char *value, uint64_t *time_us)
{
    uint64_t time_ms;
    if (!weft_args_duration_ms(value, &time_ms)) return "a time was expected: 10, 500ms, 2m";
    *time_us = time_ms * 1000;
    return NULL;
}

TAKE_COUNT(requests, requests, REQUESTS_MOST)
TAKE_COUNT(clients, lanes, LANES_MOST)
TAKE_COUNT(streams, streams, STREAMS_MOST)
TAKE_COUNT(threads, threads, THREADS_MOST)
TAKE_TIME(duration, duration_us)
TAKE_TIME(warm_up, warm_up_us)
TAKE_TIME(grace, grace_us)
TAKE_TIME(timeout, timeout_us)
TAKE_FLAG(poisson, config.is_poisson)
TAKE_FLAG(new_connection, config.makes_new)
TAKE_FLAG(resume, config.resumes)
TAKE_FLAG(insecure, config.skips_verification)
TAKE_FLAG(plain, is_plain)
TAKE_FLAG(quiet, is_quiet)
TAKE_FLAG(own, owns_host)
TAKE_TEXT(cacert, config.ca_file)
TAKE_TEXT(ciphers, config.ciphers)
TAKE_TEXT(method, method)
TAKE_TEXT(data, data_file)
TAKE_TEXT(list, list_file)
TAKE_TEXT(script, script_file)
TAKE_TEXT(json, json_file)
TAKE_TEXT(csv, csv_file)
TAKE_TEXT(connect_to, connect_to)
REFUSE(connection_rate,
       "h2load's -r opens connections at a rate, which is not done here; --rate R starts R "
       "requests a second, and with --new-connection as many connections")
REFUSE(rps, "each client has no rate of its own here: --rate R is that of all together")
REFUSE(timing,
       "there are no timing scripts here: --rate R with --poisson, or --script FILE for pages")
REFUSE(base, "there is no base here: give the first URL whole, and paths behind it")
REFUSE(activity, "there is no such time here: --timeout TIME is that of a request")
REFUSE(log, "there is no log of requests here: --json FILE has percentiles, --csv FILE each second")
REFUSE(tables, "the tables of HPACK have 4096 bytes here")
REFUSE(not_here, "only HTTP/1.1 and HTTP/2 over TCP are spoken here")

static const char *take_queue(void *target, const char *value)
{
    struct weft_load_options *options = target;
    uint64_t number;
    if (!weft_args_number(value, 0, QUEUE_MOST, &number))
        return "a number up to 10000000 was expected";
    options->config.queue_most = number;
    options->has_queue = true;
    return NULL;
}

static const char *take_seed(void *target, const char *value)
{
    struct weft_load_options *options = target;
    return weft_args_number(value, 0, UINT64_MAX, &options->config.seed) ? NULL
                                                                         : "a number was expected";
}

static const char *take_rate(void *target, const char *value)
{
    struct weft_load_options *options = target;
    char *end = NULL;
    double rate = strtod(value, &end);
    bool is_number = end != value && *end == '\0' && isfinite(rate);
    if (!is_number || rate <= 0 || rate > RATE_MOST) {
        return "requests a second were expected: 1000, or 0.5";
    }
    options->config.rate = rate;
    return NULL;
}

static const char *take_bits(const char *value, unsigned *bits)
{
    uint64_t number;
    if (!weft_args_number(value, WINDOW_BITS_LEAST, WINDOW_BITS_MOST, &number)) {
        return "a number of bits from 16 to 30 was expected";
    }
    *bits = (unsigned)number;
    return NULL;
}

static const char *take_window(void *target, const char *value)
{
    struct weft_load_options *options = target;
    return take_bits(value, &options->config.window_bits);
}

static const char *take_connection_window(void *target, const char *value)
{
    struct weft_load_options *options = target;
    return take_bits(value, &options->config.connection_window_bits);
}

static const char *take_header(void *target, const char *value)
{
    struct weft_load_options *options = target;
    return weft_field_options_take(&options->sent, value);
}

static const char *take_h1(void *target, const char *value)
{
    struct weft_load_options *options = target;
    (void)value;
    options->config.version = WEFT_LOAD_H1;
    return NULL;
}

static const char *take_no_tls_proto(void *target, const char *value)
{
    struct weft_load_options *options = target;
    struct weft_span text = weft_span_of(value);
    options->clear_is_h1 = weft_span_is(text, "http/1.1");
    return options->clear_is_h1 || weft_span_is(text, "h2c") ? NULL
                                                             : "h2c or http/1.1 was expected";
}

// The list's first protocol that is ours; "h2,http/1.1" lets the server choose.
static const char *take_alpn(void *target, const char *value)
{
    struct weft_load_options *options = target;
    struct weft_span text = weft_span_of(value);
    if (weft_span_is(text, "h2")) {
        options->config.version = WEFT_LOAD_H2;
    } else if (weft_span_is(text, "http/1.1")) {
        options->config.version = WEFT_LOAD_H1;
    } else if (weft_span_is(text, "h2,http/1.1")) {
        options->config.version = WEFT_LOAD_BEST;
    } else {
        return "h2, http/1.1 or h2,http/1.1 was expected";
    }
    return NULL;
}

// clang-format off
static const struct weft_args_option table[] = {
    {"requests",               'n', "N",    "requests in all", take_requests},
    {"duration",               'D', "TIME", "measure for so long (10 s where there is no -n either)", take_duration},
    {"warm-up-time",           0,   "TIME", "before measuring; needs a duration", take_warm_up},
    {"clients",                'c', "N",    "connections at once (1)", take_clients},
    {"max-concurrent-streams", 'm', "N",    "requests in flight on each; over HTTP/1.1 pipelined (1)", take_streams},
    {"threads",                't', "N",    "threads of ours (1)", take_threads},
    {"rate",                   0,   "R",    "open loop: start R requests a second, whatever becomes of them", take_rate},
    {"poisson",                0,   NULL,   "with --rate: as many independent users would, not evenly", take_poisson},
    {"seed",                   0,   "N",    "of --poisson: the same seed, the same arrivals", take_seed},
    {"queue",                  0,   "N",    "with --rate: so many wait for a connection, the rest fail (100000)", take_queue},
    {"timeout",                0,   "TIME", "for a request (30 s)", take_timeout},
    {"grace",                  0,   "TIME", "for what is in flight at the end of the duration (5 s)", take_grace},
    {"h1",                     0,   NULL,   "speak HTTP/1.1", take_h1},
    {"no-tls-proto",           'p', "NAME", "over http: h2c (prior knowledge), the default, or http/1.1", take_no_tls_proto},
    {"alpn-list",              0,   "LIST", "over https: h2, http/1.1, or h2,http/1.1, the default", take_alpn},
    {"npn-list",               0,   "LIST", "the same", take_alpn},
    {"new-connection",         0,   NULL,   "a connection of its own for each request", take_new_connection},
    {"resume",                 0,   NULL,   "resume TLS sessions where connections are made anew", take_resume},
    {"input-file",             'i', "FILE", "URLs in turns, one a line; - is standard input", take_list},
    {"script",                 0,   "FILE", "pages with what they need, as users load them", take_script},
    {"request",                'X', "NAME", "ask with this method", take_method},
    {"header",                 'H', "FIELD", "send this field: 'name: value'; may be repeated", take_header},
    {"data",                   'd', "FILE", "send the file's content, with POST where no -X is", take_data},
    {"window-bits",            'w', "N",    "a stream's window is 2^N-1 bytes (30)", take_window},
    {"connection-window-bits", 'W', "N",    "a connection's window is 2^N-1 bytes (30)", take_connection_window},
    {"insecure",               'k', NULL,   "take any certificate", take_insecure},
    {"cacert",                 0,   "FILE", "trust the certificates in this PEM file", take_cacert},
    {"ciphers",                0,   "LIST", "a priority string of GnuTLS", take_ciphers},
    {"connect-to",             0,   "H:P",  "connect there, whatever the URL says", take_connect_to},
    {"json",                   0,   "FILE", "write all that was measured as JSON; - is standard output", take_json},
    {"csv",                    0,   "FILE", "write each second as CSV; - is standard output", take_csv},
    {"plain",                  0,   NULL,   "with letters where others have blocks", take_plain},
    {"quiet",                  'q', NULL,   "no progress", take_quiet},
    {"i-own-this-host",        0,   NULL,   "also where it is not this machine's loopback", take_own},
    {"help",                   'h', NULL,   "this text", NULL},
    {"connection-rate",        'r', "N",    NULL, refuse_connection_rate},
    {"rate-period",            0,   "TIME", NULL, refuse_connection_rate},
    {"rps",                    0,   "N",    NULL, refuse_rps},
    {"timing-script-file",     0,   "FILE", NULL, refuse_timing},
    {"base-uri",               'B', "URI",  NULL, refuse_base},
    {"connection-active-timeout", 'T', "TIME", NULL, refuse_activity},
    {"connection-inactivity-timeout", 'N', "TIME", NULL, refuse_activity},
    {"log-file",               0,   "FILE", NULL, refuse_log},
    {"header-table-size",      0,   "SIZE", NULL, refuse_tables},
    {"encoder-header-table-size", 0, "SIZE", NULL, refuse_tables},
    {"qlog-file-base",         0,   "FILE", NULL, refuse_not_here},
    {"h3",                     0,   NULL,   NULL, refuse_not_here},
    {0},
};
// clang-format on

const struct weft_args_option *weft_load_options_table(void)
{
    return table;
}

void weft_load_options_init(struct weft_load_options *options)
{
    const char *key_log = getenv("SSLKEYLOGFILE");
    *options = (struct weft_load_options){
        .config =
            {
                .lanes = 1,
                .streams = 1,
                .threads = 1,
                .queue_most = QUEUE_USUAL,
                .timeout_us = TIMEOUT_US,
                .grace_us = GRACE_US,
                .window_bits = WINDOW_BITS_MOST,
                .connection_window_bits = WINDOW_BITS_MOST,
                .seed = 1,
                .key_log_file = key_log && *key_log ? key_log : NULL,
            },
    };
}

static const char *contradiction(const struct weft_load_options *options)
{
    const struct weft_load_config *config = &options->config;
    bool is_open = config->rate > 0;
    if (config->warm_up_us > 0 && config->requests > 0 && config->duration_us == 0) {
        return "--warm-up-time needs --duration: with -n the end is not a time";
    }
    if (config->requests > 0 && config->duration_us > 0) {
        return "-n and --duration are two ends of one run: give one of them";
    }
    if (config->is_poisson && !is_open) return "--poisson needs --rate";
    if (options->has_queue && !is_open) return "--queue needs --rate: a closed loop has no queue";
    if (options->script_file && is_open) {
        return "--script goes with a closed loop: its pages have their own times ('wait 200ms')";
    }
    if (options->script_file && options->list_file) return "--script and -i both say what to ask";
    if (options->script_file && config->makes_new) {
        return "--script and --new-connection do not go together: a page's connection is kept";
    }
    if (config->makes_new && config->streams > 1) {
        return "--new-connection has one request on each: -m has to be 1";
    }
    if (config->threads > config->lanes) return "each thread needs a connection: -t is above -c";
    if (config->timeout_us == 0) return "--timeout has to be above 0";
    return NULL;
}

const char *weft_load_options_settle(struct weft_load_options *options)
{
    struct weft_load_config *config = &options->config;
    const char *wrong = contradiction(options);
    if (wrong) return wrong;
    if (config->requests == 0 && config->duration_us == 0) config->duration_us = DURATION_US;
    return NULL;
}

static void print_option(const struct weft_args_option *option, const struct weft_term *term)
{
    char name[64];
    char letter[8] = "   ";
    if (!option->help) return;
    if (option->letter) snprintf(letter, sizeof(letter), "-%c,", option->letter);
    snprintf(name, sizeof(name), "%s --%s%s%s", letter, option->name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    printf("  %s%-*s%s %s\n", term->bold, NAME_COLUMN, name, term->plain, option->help);
}

void weft_load_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("Asks a server for much over HTTP/2 or HTTP/1.1, and says what it was like.\n\n"
           "%sUsage%s\n  weft load [OPTIONS] URL...        several are asked for in turns\n\n"
           "%sOptions%s, named as h2load's where it has the same\n",
           term->bold, term->plain, term->bold, term->plain);
    for (const struct weft_args_option *option = table; option->name; option++) {
        print_option(option, term);
    }
    printf("\n%sExamples%s\n"
           "  weft load -k -n 100000 -c 10 -m 10 https://localhost:8443/\n"
           "      closed loop: as fast as it goes, 100 requests in flight\n"
           "  weft load --h1 -D 5 --warm-up-time 1 -c 100 http://localhost:8080/a.html /b.css\n"
           "      HTTP/1.1 over 100 connections, two files in turns, for five seconds\n"
           "  weft load -k --rate 2000 --poisson -D 30 -c 20 -m 100 https://localhost:8443/\n"
           "      open loop: 2000 requests a second, timed from when they should have started\n"
           "  weft load -k --new-connection --resume -n 1000 -c 4 https://localhost:8443/\n"
           "      resumed handshakes\n"
           "  weft load -k --script pages.txt -c 50 -m 100 -D 60 --json - > run.json\n"
           "\n%sExit codes%s\n"
           "  0  every request was answered    1  some failed, were given up or not measured    2  "
           "wrong usage\n",
           term->bold, term->plain, term->bold, term->plain);
}
