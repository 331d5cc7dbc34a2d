// RFC 9112 §2.2: where a head or a trailer section ends.
#include "h1/parser.h"

#include "http/field_rules.h"

enum { FIELD_OVERHEAD = 32 }; // as RFC 9113 §6.5.2 counts, so that one limit holds for all versions

static bool is_request(const struct weft_h1_scan *scan)
{
    return scan->section == WEFT_H1_REQUEST_HEAD || scan->section == WEFT_H1_REQUEST_TRAILERS;
}

void weft_h1_scan_init(struct weft_h1_scan *scan, enum weft_h1_section section, uint32_t counted)
{
    *scan = (struct weft_h1_scan){.section = section, .field_count = counted, .counted = counted};
    scan->has_start_line =
        section == WEFT_H1_REQUEST_TRAILERS || section == WEFT_H1_RESPONSE_TRAILERS;
}

static bool refuse(struct weft_h1_error *error, uint16_t status, const char *reason)
{
    *error = (struct weft_h1_error){status, reason};
    return false;
}

static bool charge_start_line(const struct weft_h1_scan *scan, size_t size,
                              const struct weft_http_limits *limits,
                              struct weft_http_limit_counters *counters,
                              struct weft_h1_error *error)
{
    if (size <= limits->request_line_size) return true;
    WEFT_HTTP_COUNT(counters, request_line_size);
    if (!is_request(scan))
        return refuse(error, 400, "a status line above the limit request_line_size");
    return refuse(error, 414, "a request line above the limit request_line_size"); // §3
}

static bool charge_field_line(const struct weft_h1_scan *scan, size_t size,
                              const struct weft_http_limits *limits,
                              struct weft_http_limit_counters *counters,
                              struct weft_h1_error *error)
{
    if (size == 0) return true; // the end
    if (size > limits->field_line_size) {
        WEFT_HTTP_COUNT(counters, field_line_size);
        return refuse(error, 431, "a field line above the limit field_line_size");
    }
    if (scan->field_count >= limits->field_count) {
        WEFT_HTTP_COUNT(counters, field_count);
        return refuse(error, 431, "more fields than the limit field_count");
    }
    if (scan->field_size + size + FIELD_OVERHEAD > limits->field_section_size) {
        WEFT_HTTP_COUNT(counters, field_section_size);
        return refuse(error, 431, "fields above the limit field_section_size");
    }
    return true;
}

// A line of `size` bytes, without its end, is whole. Returns whether the section is, too.
static bool end_line(struct weft_h1_scan *scan, size_t size)
{
    scan->line = scan->at;
    if (!scan->has_start_line) {
        scan->has_start_line = size > 0;
        if (size == 0)
            scan->start = scan->line; // §2.2: one empty line before a request is passed over
        return false;
    }
    if (size == 0) return true;
    scan->field_count++;
    scan->field_size += size + FIELD_OVERHEAD;
    return false;
}

// What the first byte already tells: this is something else than HTTP/1 (TLS, say).
static bool is_strange(const struct weft_h1_scan *scan, struct weft_span bytes)
{
    if (scan->at > 0 || scan->has_start_line || bytes.size == 0) return false;
    uint8_t first = bytes.data[0];
    if (!is_request(scan)) return first != 'H';
    return !weft_http_byte_is(first, WEFT_HTTP_TCHAR) && first != '\r' && first != '\n';
}

// May a whole line of `size` bytes, without its end, stand here?
static bool line_is_fine(const struct weft_h1_scan *scan, struct weft_span bytes, size_t end,
                         struct weft_h1_error *error)
{
    if (end == scan->line || bytes.data[end - 1] != '\r') { // §2.2: we take no LF alone
        return refuse(error, 400, "a line that ends in LF without CR");
    }
    bool may_be_empty =
        scan->has_start_line || (is_request(scan) && scan->start == 0 && scan->line == 0);
    if (end - scan->line == 1 && !may_be_empty) {
        return refuse(error, 400, "an empty line in place of a start line");
    }
    return true;
}

enum weft_h1_scan_status weft_h1_scan_on(struct weft_h1_scan *scan, struct weft_span bytes,
                                         const struct weft_http_limits *limits,
                                         struct weft_http_limit_counters *counters,
                                         struct weft_h1_error *error)
{
    if (is_strange(scan, bytes)) {
        refuse(error, 400, "this is not HTTP/1");
        return WEFT_H1_SCAN_WRONG;
    }
    while (true) {
        struct weft_span rest = weft_span_skip(bytes, scan->at);
        size_t found = weft_span_find(rest, '\n');
        bool is_whole = found < rest.size;
        size_t end = scan->at + found;

        size_t size = end - scan->line;
        if (size > 0) size--; // the CR, which may have come without its LF
        bool is_within = scan->has_start_line
                             ? charge_field_line(scan, size, limits, counters, error)
                             : charge_start_line(scan, size, limits, counters, error);
        if (!is_within) return WEFT_H1_SCAN_WRONG;

        scan->at = is_whole ? end + 1 : bytes.size;
        if (!is_whole) return WEFT_H1_SCAN_MORE;
        if (!line_is_fine(scan, bytes, end, error)) return WEFT_H1_SCAN_WRONG;
        if (end_line(scan, size)) return WEFT_H1_SCAN_WHOLE;
    }
}
