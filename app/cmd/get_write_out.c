// cmd/get_write_out.c
#include "cmd/get_write_out.h"

#include <inttypes.h>
#include <stdlib.h>

// What the variables are read from
struct source {
    FILE *out;
    const struct weft_get_entry *entry;
    const struct weft_get_connection *connection;
    uint64_t start_us;
};

static void put_seconds(const struct source *source, uint64_t at_us)
{
    uint64_t since_us = at_us > source->start_us ? at_us - source->start_us : 0;
    fprintf(source->out, "%.6f", (double)since_us / 1e6);
}

static void put_span(const struct source *source, struct weft_span text)
{
    if (text.size > 0) fwrite(text.data, 1, text.size, source->out);
}

static void put_field(const struct source *source, struct weft_span name)
{
    const struct weft_get_head *head = &source->entry->response;
    for (size_t i = 0; i < head->count; i++) {
        if (!weft_span_equal_ignoring_case(head->fields[i].name, name)) continue;
        put_span(source, head->fields[i].value);
        return;
    }
}

// Was the connection opened for this request? Then its times count, else they are zero, as curl has it.
static bool is_new(const struct source *source)
{
    return source->connection && source->connection->info.start_us >= source->start_us;
}

static uint64_t connection_time(const struct source *source, uint64_t at_us)
{
    return is_new(source) ? at_us : 0;
}

#define TIME(name, expression)                      \
    static void put_##name(const struct source *it) \
    {                                               \
        put_seconds(it, (expression));              \
    }
#define NUMBER(name, expression)                              \
    static void put_##name(const struct source *it)           \
    {                                                         \
        fprintf(it->out, "%" PRIu64, (uint64_t)(expression)); \
    }

TIME(namelookup, it->connection ? connection_time(it, it->connection->info.resolved_us) : 0)
TIME(connect, it->connection ? connection_time(it, it->connection->info.connected_us) : 0)
TIME(appconnect, it->connection && it->connection->info.tls_version
                     ? connection_time(it, it->connection->info.ready_us)
                     : 0)
TIME(pretransfer, it->entry->report.sent_us)
TIME(starttransfer, it->entry->report.first_us)
TIME(redirect, it->entry->report.redirects ? it->entry->report.asked_us : 0)
TIME(total, it->entry->report.ended_us)
NUMBER(num_redirects, it->entry->report.redirects)
NUMBER(num_retries, it->entry->report.retries)
NUMBER(num_connects, is_new(it))
NUMBER(size_download, it->entry->report.content_size)
NUMBER(stream_id, it->entry->report.stream_id)
NUMBER(connection_id, it->entry->report.connection_id)
NUMBER(was_pushed, it->entry->report.pushed_us > 0)

static void put_speed(const struct source *it)
{
    uint64_t end_us = it->entry->report.ended_us;
    double seconds = end_us > it->start_us ? (double)(end_us - it->start_us) / 1e6 : 0;
    double size = (double)it->entry->report.content_size;
    fprintf(it->out, "%.0f", seconds > 0 ? size / seconds : 0.0);
}

static void put_status(const struct source *it)
{
    fprintf(it->out, "%03u", it->entry->report.status);
}

static void put_version(const struct source *it)
{
    fputs(weft_get_version_text(it->entry->report.version), it->out);
}

static void put_method(const struct source *it)
{
    put_span(it, it->entry->method);
}

static void put_url(const struct source *it)
{
    fputs(it->entry->url_text, it->out);
}

static void put_scheme(const struct source *it)
{
    fprintf(it->out, "%.*s", (int)strcspn(it->entry->url_text, ":"), it->entry->url_text);
}

static void put_content_type(const struct source *it)
{
    put_field(it, WEFT_SPAN("content-type"));
}

static void put_redirect_url(const struct source *it)
{
    put_field(it, WEFT_SPAN("location"));
}

static void put_error(const struct source *it)
{
    if (it->entry->failure) fputs(it->entry->failure, it->out);
}

// The peer's address stands as address:port, IPv6 in brackets.
static void put_address(const struct source *it)
{
    const char *text = it->connection ? it->connection->info.address : "";
    const char *colon = strrchr(text, ':');
    size_t size = colon ? (size_t)(colon - text) : strlen(text);
    bool has_brackets = size > 2 && text[0] == '[';
    fprintf(it->out, "%.*s", (int)(size - 2 * (size_t)has_brackets), text + has_brackets);
}

static void put_port(const struct source *it)
{
    const char *colon = it->connection ? strrchr(it->connection->info.address, ':') : NULL;
    fputs(colon ? colon + 1 : "", it->out);
}

static void put_tls(const struct source *it)
{
    const char *version = it->connection ? it->connection->info.tls_version : NULL;
    fputs(version ? version : "", it->out);
}

static const struct {
    const char *name;
    void (*put)(const struct source *source);
} variables[] = {
    {"connection_id", put_connection_id},
    {"content_type", put_content_type},
    {"errormsg", put_error},
    {"http_code", put_status},
    {"http_version", put_version},
    {"method", put_method},
    {"num_connects", put_num_connects},
    {"num_redirects", put_num_redirects},
    {"num_retries", put_num_retries},
    {"redirect_url", put_redirect_url},
    {"remote_ip", put_address},
    {"remote_port", put_port},
    {"response_code", put_status},
    {"scheme", put_scheme},
    {"size_download", put_size_download},
    {"speed_download", put_speed},
    {"stream_id", put_stream_id},
    {"time_appconnect", put_appconnect},
    {"time_connect", put_connect},
    {"time_namelookup", put_namelookup},
    {"time_pretransfer", put_pretransfer},
    {"time_redirect", put_redirect},
    {"time_starttransfer", put_starttransfer},
    {"time_total", put_total},
    {"tls_version", put_tls},
    {"url", put_url},
    {"url_effective", put_url},
    {"was_pushed", put_was_pushed},
};

const char *weft_get_write_out_name(size_t index)
{
    return index < WEFT_COUNT(variables) ? variables[index].name : NULL;
}

// One piece of a format
struct piece {
    enum { BYTE, VARIABLE, FIELD, UNKNOWN } kind;
    char byte;
    size_t variable;
    struct weft_span field;
};

static struct weft_span name_in_braces(const char *at)
{
    const char *end = at ? strchr(at, '}') : NULL;
    if (!end) return (struct weft_span){NULL, 0};
    return (struct weft_span){(const uint8_t *)at, (size_t)(end - at)};
}

static const char *read_variable(const char *at, struct piece *piece)
{
    static const char header[] = "%header{";
    bool is_field = strncmp(at, header, sizeof(header) - 1) == 0;
    size_t opening = is_field ? sizeof(header) - 1 : 2;
    struct weft_span name = name_in_braces(at + opening);
    piece->kind = UNKNOWN;
    if (!name.data) return at + 1;
    if (is_field) {
        piece->kind = FIELD;
        piece->field = name;
    }
    for (size_t i = 0; i < WEFT_COUNT(variables) && !is_field; i++) {
        if (!weft_span_equal(name, weft_span_of(variables[i].name))) continue;
        piece->kind = VARIABLE;
        piece->variable = i;
    }
    return at + opening + name.size + 1;
}

// Takes the next piece off; `at` is not at the end.
static const char *next_piece(const char *at, struct piece *piece)
{
    static const char letters[] = "nrt\\";
    static const char bytes[] = "\n\r\t\\";
    *piece = (struct piece){.kind = BYTE, .byte = *at};
    const char *letter = at[0] == '\\' && at[1] ? strchr(letters, at[1]) : NULL;
    if (letter) {
        piece->byte = bytes[letter - letters];
        return at + 2;
    }
    if (at[0] == '%' && at[1] == '%') return at + 2;
    if (at[0] == '%' && (at[1] == '{' || strncmp(at, "%header{", 8) == 0)) {
        return read_variable(at, piece);
    }
    return at + 1;
}

const char *weft_get_write_out_check(const char *format)
{
    struct piece piece;
    while (*format) {
        const char *behind = next_piece(format, &piece);
        if (piece.kind == UNKNOWN) return format;
        format = behind;
    }
    return NULL;
}

void weft_get_write_out(FILE *out, const char *format, const struct weft_get_entry *entry,
                        const struct weft_get_connection *connection, uint64_t start_us)
{
    struct source source = {out, entry, connection, start_us};
    struct piece piece;
    while (*format) {
        format = next_piece(format, &piece);
        switch (piece.kind) {
        case BYTE: fputc(piece.byte, out); break;
        case VARIABLE: variables[piece.variable].put(&source); break;
        case FIELD: put_field(&source, piece.field); break;
        case UNKNOWN: break;
        }
    }
}
