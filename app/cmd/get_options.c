// cmd/get_options.c
#include "cmd/get_options.h"

#include "cmd/commands.h"
#include "cmd/get_write_out.h"
#include "cmd/term.h"
#include "http/field_rules.h"

#include <stdio.h>
#include <stdlib.h>

#define TAKE_FLAG(name, member)                                     \
    static const char *take_##name(void *target, const char *value) \
    {                                                               \
        struct weft_get_options *options = target;                  \
        (void)value;                                                \
        options->member = true;                                     \
        return NULL;                                                \
    }

#define TAKE_TEXT(name, member)                                     \
    static const char *take_##name(void *target, const char *value) \
    {                                                               \
        struct weft_get_options *options = target;                  \
        options->member = value;                                    \
        return NULL;                                                \
    }

#define TAKE_VERSION(name, which)                                   \
    static const char *take_##name(void *target, const char *value) \
    {                                                               \
        struct weft_get_options *options = target;                  \
        (void)value;                                                \
        options->client.version = (which);                          \
        return NULL;                                                \
    }

TAKE_FLAG(remote_name, output_by_name)
TAKE_FLAG(include, shows_heads)
TAKE_FLAG(head, asks_head)
TAKE_FLAG(location, follows)
TAKE_FLAG(compressed, decodes)
TAKE_FLAG(silent, is_silent)
TAKE_FLAG(verbose, is_verbose)
TAKE_FLAG(stats, shows_stats)
TAKE_FLAG(fail, fails_on_status)
TAKE_FLAG(waterfall, shows_waterfall)
TAKE_FLAG(plain, is_plain)
TAKE_FLAG(json, shows_json)
TAKE_FLAG(page, takes_page)
TAKE_FLAG(push, client.accepts_push)
TAKE_FLAG(insecure, client.skips_verification)
TAKE_TEXT(output, output)
TAKE_TEXT(html, html)
TAKE_TEXT(har, har)
TAKE_TEXT(qlog, qlog)
TAKE_TEXT(request, method)
TAKE_TEXT(user, user)
TAKE_TEXT(cacert, client.ca_file)
TAKE_VERSION(http1_0, WEFT_CLIENT_1_0)
TAKE_VERSION(http1_1, WEFT_CLIENT_1_1)
TAKE_VERSION(http2, WEFT_CLIENT_2)
TAKE_VERSION(http2_prior, WEFT_CLIENT_2_PRIOR_KNOWLEDGE)

static const char *take_write_out(void *target, const char *value)
{
    struct weft_get_options *options = target;
    options->write_out = value;
    if (!weft_get_write_out_check(value)) return NULL;
    return "%{http_code}, %{time_total}, %header{etag} and the like were expected: weft-get(1) has "
           "them all";
}

static const char *take_data(void *target, const char *value)
{
    struct weft_get_options *options = target;
    if (options->data) return "only one of -d and --data-binary, once";
    options->data = value;
    return NULL;
}

static const char *take_data_binary(void *target, const char *value)
{
    struct weft_get_options *options = target;
    options->data_is_binary = true;
    return take_data(target, value);
}

static const char *take_header(void *target, const char *value)
{
    struct weft_get_options *options = target;
    return weft_field_options_take(&options->sent, value);
}

static const char *add_field(struct weft_get_options *options, struct weft_span name,
                             struct weft_span value)
{
    return weft_field_options_add(&options->sent, name, value);
}

static const char *take_agent(void *target, const char *value)
{
    return add_field(target, WEFT_SPAN("user-agent"), weft_span_of(value));
}

static const char *take_referer(void *target, const char *value)
{
    return add_field(target, WEFT_SPAN("referer"), weft_span_of(value));
}

static const char *take_priority(void *target, const char *value)
{
    struct weft_http_priority priority = WEFT_HTTP_PRIORITY_DEFAULT;
    if (weft_http_priority_parse(weft_span_of(value), &priority) == 0) {
        return "expected something like 'u=1,i' (RFC 9218)";
    }
    return add_field(target, WEFT_SPAN("priority"), weft_span_of(value));
}

// Takes "host:" or "[v6]:" off; an empty host stands for all. False where no colon follows.
static bool take_host(struct weft_span *rest, char *host)
{
    bool has_brackets = rest->size > 0 && rest->data[0] == '[';
    size_t end = weft_span_find(*rest, has_brackets ? ']' : ':');
    struct weft_span text = weft_span_part(*rest, has_brackets, end - has_brackets);
    if (end == rest->size || text.size >= WEFT_URL_HOST_SIZE) return false;
    *rest = weft_span_skip(*rest, end + has_brackets);
    if (rest->size == 0 || rest->data[0] != ':') return false;
    *rest = weft_span_skip(*rest, 1);
    if (text.size > 0) memcpy(host, text.data, text.size);
    host[text.size] = 0;
    return true;
}

static bool take_port(struct weft_span *rest, uint16_t *port)
{
    int64_t number = 0;
    size_t end = weft_span_find(*rest, ':');
    struct weft_span digits = weft_span_part(*rest, 0, end);
    if (digits.size > 0 && !weft_http_parse_decimal(digits, &number)) return false;
    if (number > UINT16_MAX) return false;
    *port = (uint16_t)number;
    *rest = weft_span_skip(*rest, end + 1);
    return true;
}

static const char *take_resolve(void *target, const char *value)
{
    struct weft_get_options *options = target;
    struct weft_span rest = weft_span_of(value);
    if (options->way_count == WEFT_GET_WAYS_MOST) return "there may be 32 ways at the most";
    struct weft_get_way *way = &options->ways[options->way_count];
    if (!take_host(&rest, way->host) || !take_port(&rest, &way->port)) {
        return "HOST:PORT:ADDRESS was expected";
    }
    bool has_brackets = rest.size > 2 && rest.data[0] == '[' && rest.data[rest.size - 1] == ']';
    if (has_brackets) rest = weft_span_part(rest, 1, rest.size - 2);
    if (rest.size == 0 || rest.size >= sizeof(way->to_host)) return "the address is missing";
    memcpy(way->to_host, rest.data, rest.size);
    options->way_count++;
    return NULL;
}

static const char *take_connect_to(void *target, const char *value)
{
    struct weft_get_options *options = target;
    struct weft_span rest = weft_span_of(value);
    if (options->way_count == WEFT_GET_WAYS_MOST) return "there may be 32 ways at the most";
    struct weft_get_way *way = &options->ways[options->way_count];
    if (!take_host(&rest, way->host) || !take_port(&rest, &way->port) ||
        !take_host(&rest, way->to_host) || !take_port(&rest, &way->to_port)) {
        return "HOST:PORT:TO-HOST:TO-PORT was expected";
    }
    options->way_count++;
    return NULL;
}

static const char *take_number(const char *value, uint64_t least, uint64_t most, uint32_t *number)
{
    uint64_t read;
    if (!weft_args_number(value, least, most, &read)) return "a number in bounds was expected";
    *number = (uint32_t)read;
    return NULL;
}

static const char *take_pipeline(void *target, const char *value)
{
    struct weft_get_options *options = target;
    return take_number(value, 1, 256, &options->client.limits.pipeline_depth);
}

static const char *take_connections(void *target, const char *value)
{
    struct weft_get_options *options = target;
    return take_number(value, 1, 256, &options->client.limits.connections);
}

static const char *take_redirects(void *target, const char *value)
{
    struct weft_get_options *options = target;
    return take_number(value, 0, 1000, &options->client.limits.redirect_count);
}

static const char *take_time(const char *value, uint32_t *time_ms)
{
    uint64_t read;
    if (!weft_args_duration_ms(value, &read) || read > UINT32_MAX) {
        return "a time was expected: 10, 500ms, 2m";
    }
    *time_ms = (uint32_t)read;
    return NULL;
}

static const char *take_max_time(void *target, const char *value)
{
    struct weft_get_options *options = target;
    return take_time(value, &options->client.limits.total_timeout_ms);
}

static const char *take_connect_timeout(void *target, const char *value)
{
    struct weft_get_options *options = target;
    return take_time(value, &options->client.limits.connect_timeout_ms);
}

// clang-format off
static const struct weft_args_option table[] = {
    {"output",          'o', "FILE",    "write the content there; - is standard output", take_output},
    {"remote-name",     'O', NULL,      "write it to a file named as the URL's last part", take_remote_name},
    {"include",         'i', NULL,      "show the answers' heads before their content", take_include},
    {"head",            'I', NULL,      "ask with HEAD, show the head", take_head},
    {"header",          'H', "FIELD",   "send this field: 'name: value'; may be repeated", take_header},
    {"request",         'X', "METHOD",  "ask with this method", take_request},
    {"data",            'd', "DATA",    "send DATA (@FILE: a file's, without line ends) with POST", take_data},
    {"data-binary",     0,   "DATA",    "the same, byte for byte", take_data_binary},
    {"user",            'u', "NAME:PW", "log in by Basic authentication", take_user},
    {"user-agent",      'A', "TEXT",    "what to call ourselves", take_agent},
    {"referer",         'e', "URL",     "where the request is said to come from", take_referer},
    {"priority",        0,   "VALUE",   "how urgent the answer is: 'u=1,i' (RFC 9218)", take_priority},
    {"location",        'L', NULL,      "follow redirections", take_location},
    {"max-redirs",      0,   "N",       "so many at the most (10)", take_redirects},
    {"compressed",      0,   NULL,      "ask for gzip, brotli or zstd, and unpack it", take_compressed},
    {"fail",            'f', NULL,      "exit with 22 where a status is 400 or above", take_fail},
    {"write-out",       'w', "FORMAT",  "write this about each answer: '%{http_code} %{time_total}\\n'", take_write_out},
    {"silent",          's', NULL,      "say nothing of what fails", take_silent},
    {"verbose",         'v', NULL,      "show frames and fields as they pass, with HPACK's view of them", take_verbose},
    {"stats",           0,   NULL,      "tell at the end what it all cost", take_stats},
    {"waterfall",       0,   NULL,      "draw the timeline in place of the content", take_waterfall},
    {"plain",           0,   NULL,      "with letters where others have blocks", take_plain},
    {"json",            0,   NULL,      "a summary in JSON in place of the content", take_json},
    {"html",            0,   "FILE",    "the timeline as a page", take_html},
    {"har",             0,   "FILE",    "the timeline as HAR 1.2", take_har},
    {"qlog",            0,   "FILE",    "every frame and field as qlog (JSON text sequences)", take_qlog},
    {"http1.0",         '0', NULL,      "speak HTTP/1.0", take_http1_0},
    {"http1.1",         0,   NULL,      "speak HTTP/1.1", take_http1_1},
    {"http2",           0,   NULL,      "speak HTTP/2 over TLS, or fail", take_http2},
    {"http2-prior-knowledge", 0, NULL,  "speak HTTP/2, also in clear text", take_http2_prior},
    {"page",            0,   NULL,      "fetch what the page needs too, in a browser's order", take_page},
    {"push",            0,   NULL,      "take answers that the server sends unasked (HTTP/2)", take_push},
    {"pipeline",        0,   "N",       "N requests in flight on one connection of HTTP/1.1", take_pipeline},
    {"connections",     0,   "N",       "N connections to an origin (6; HTTP/2: 1)", take_connections},
    {"insecure",        'k', NULL,      "take any certificate", take_insecure},
    {"cacert",          0,   "FILE",    "trust the certificates in this PEM file", take_cacert},
    {"resolve",         0,   "H:P:ADDR", "connect to ADDR for host H and port P", take_resolve},
    {"connect-to",      0,   "H:P:H2:P2", "connect to H2:P2 for host H and port P; empty parts are for all", take_connect_to},
    {"connect-timeout", 0,   "TIME",    "for the name, the connection and TLS (30 s)", take_connect_timeout},
    {"max-time",        'm', "TIME",    "for each URL", take_max_time},
    {"help",            'h', NULL,      "this text", NULL},
    {0},
};
// clang-format on

const struct weft_args_option *weft_get_options_table(void)
{
    return table;
}

void weft_get_options_init(struct weft_get_options *options)
{
    static const struct weft_client_limits limits = WEFT_CLIENT_LIMITS_INIT;
    const char *key_log = getenv("SSLKEYLOGFILE");
    *options = (struct weft_get_options){0};
    options->client.limits = limits;
    if (key_log && *key_log) options->client.key_log_file = key_log;
}

void weft_get_help(void)
{
    const struct weft_term *term = weft_term_of(stdout);
    printf("Fetches URLs over HTTP/2, 1.1 or 1.0, all at once, and shows what passes.\n\n"
           "%sUsage%s\n  weft get [OPTIONS] URL...\n\n%sOptions%s\n",
           term->bold, term->plain, term->bold, term->plain);
    for (const struct weft_args_option *option = weft_get_options_table(); option->name; option++) {
        char name[64];
        char letter[8] = "   ";
        if (option->letter) snprintf(letter, sizeof(letter), "-%c,", option->letter);
        snprintf(name, sizeof(name), "%s --%s%s%s", letter, option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
        printf("  %s%-30s%s %s\n", term->bold, name, term->plain, option->help);
    }
    printf(
        "\n%sExamples%s\n"
        "  weft get https://example.org/                 its content\n"
        "  weft get -kv https://localhost:8443/          every frame and field, and what each "
        "cost\n"
        "  weft get -kLi --compressed https://localhost:8443/docs\n"
        "  weft get -k --waterfall https://localhost:8443/ https://localhost:8443/demo.css\n"
        "  weft get -k --page --push --waterfall --stats https://localhost:8443/\n"
        "      the page with all that it needs, and what it cost\n"
        "  weft get --pipeline 8 http://localhost:8080/a http://localhost:8080/b\n"
        "  weft get -d '{}' -H 'content-type: application/json' http://localhost:8080/api\n"
        "\n%sExit codes%s\n"
        "  0  all answers came whole    1  one did not    2  wrong usage    22  -f, and a status "
        "of 400 or above\n",
        term->bold, term->plain, term->bold, term->plain);
}
