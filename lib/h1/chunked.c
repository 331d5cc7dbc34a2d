// RFC 9112 §7.1
#include "h1/chunked.h"

#include "http/field_rules.h"
#include "wire/hex.h"

enum state {
    SIZE,      // hex digits
    BLANK,     // blanks behind them (BWS), then a semicolon has to come
    EXTENSION, // all up to the line's end, ignored (§7.1.1)
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
};

enum {
    DIGITS_MOST = 16,
    EXTENSIONS_MOST = 16, // times chunk_extension_size, of a whole body
};

static bool refuse(struct weft_h1_error *error, const char *reason)
{
    *error = (struct weft_h1_error){400, reason};
    return false;
}

static bool take_digit(struct weft_h1_chunked *chunked, uint8_t byte, struct weft_h1_error *error)
{
    bool is_too_large = chunked->digit_count == DIGITS_MOST || chunked->left > INT64_MAX >> 4;
    if (is_too_large) return refuse(error, "a chunk size that is too large"); // §7.1
    chunked->left = chunked->left << 4 | (uint64_t)weft_hex_value(byte);
    chunked->digit_count++;
    return true;
}

static bool take_size_byte(struct weft_h1_chunked *chunked, uint8_t byte,
                           struct weft_h1_error *error)
{
    if (weft_http_byte_is(byte, WEFT_HTTP_HEX_DIGIT)) return take_digit(chunked, byte, error);
    if (chunked->digit_count == 0) return refuse(error, "a chunk without a size");
    switch (byte) {
    case '\r': chunked->state = SIZE_LF; return true;
    case ';': chunked->state = EXTENSION; return true;
    case ' ':
    case '\t': chunked->state = BLANK; return true;
    default: return refuse(error, "a chunk size with what is no digit");
    }
}

// Charges a byte of an extension before it is looked at.
static bool charge_extension(struct weft_h1_chunked *chunked, const struct weft_http_limits *limits,
                             struct weft_http_limit_counters *counters, struct weft_h1_error *error)
{
    uint64_t most = limits->chunk_extension_size;
    bool is_within =
        chunked->extension_size < most && chunked->extension_size_total < most * EXTENSIONS_MOST;
    if (!is_within) {
        WEFT_HTTP_COUNT(counters, chunk_extension_size);
        return refuse(error, "chunk extensions above the limit chunk_extension_size"); // §7.1.1
    }
    chunked->extension_size++;
    chunked->extension_size_total++;
    return true;
}

static bool take_extension_byte(struct weft_h1_chunked *chunked, uint8_t byte,
                                struct weft_h1_error *error)
{
    if (byte == '\r') {
        chunked->state = SIZE_LF;
        return true;
    }
    bool is_control = (byte < ' ' && byte != '\t') || byte == 0x7f;
    if (is_control) return refuse(error, "a chunk extension with a control byte");
    return true;
}

static bool take_byte(struct weft_h1_chunked *chunked, uint8_t byte,
                      const struct weft_http_limits *limits,
                      struct weft_http_limit_counters *counters, struct weft_h1_error *error)
{
    switch ((enum state)chunked->state) {
    case SIZE: return take_size_byte(chunked, byte, error);
    case BLANK:
        if (!charge_extension(chunked, limits, counters, error)) return false;
        if (byte == ';') chunked->state = EXTENSION;
        if (byte == ';' || byte == ' ' || byte == '\t') return true;
        return refuse(error, "a chunk size with a blank behind it");
    case EXTENSION:
        if (byte != '\r' && !charge_extension(chunked, limits, counters, error)) return false;
        return take_extension_byte(chunked, byte, error);
    case SIZE_LF:
        chunked->state = DATA;
        return byte == '\n' || refuse(error, "a chunk line with CR but without LF");
    case DATA_CR:
        chunked->state = DATA_LF;
        return byte == '\r' || refuse(error, "a chunk that goes on behind its size");
    case DATA_LF:
        *chunked = (struct weft_h1_chunked){.extension_size_total = chunked->extension_size_total};
        return byte == '\n' || refuse(error, "a chunk that goes on behind its size");
    case DATA: break;
    }
    return true;
}

static struct weft_span take_data(struct weft_h1_chunked *chunked, struct weft_span *bytes)
{
    size_t size = chunked->left < bytes->size ? (size_t)chunked->left : bytes->size;
    struct weft_span data = weft_span_part(*bytes, 0, size);
    *bytes = weft_span_skip(*bytes, size);
    chunked->left -= size;
    if (chunked->left == 0) chunked->state = DATA_CR;
    return data;
}

enum weft_h1_chunked_status weft_h1_chunked_read(
    struct weft_h1_chunked *chunked, struct weft_span *bytes, const struct weft_http_limits *limits,
    struct weft_http_limit_counters *counters, struct weft_span *data, struct weft_h1_error *error)
{
    while (bytes->size > 0) {
        if (chunked->state == DATA) {
            *data = take_data(chunked, bytes);
            return WEFT_H1_CHUNKED_DATA;
        }
        uint8_t byte = bytes->data[0];
        *bytes = weft_span_skip(*bytes, 1);
        if (!take_byte(chunked, byte, limits, counters, error)) return WEFT_H1_CHUNKED_WRONG;
        if (chunked->state == DATA && chunked->left == 0) return WEFT_H1_CHUNKED_LAST;
    }
    return WEFT_H1_CHUNKED_MORE;
}

size_t weft_h1_chunk_line_size(size_t size)
{
    size_t digits = 1;
    while (size >>= 4)
        digits++;
    return digits + 2;
}

void weft_h1_chunk_wrap(uint8_t *data, size_t size)
{
    uint8_t *at = data;
    *--at = '\n';
    *--at = '\r';
    size_t left = size;
    do {
        *--at = weft_hex_digit((unsigned)left);
    } while (left >>= 4);
    data[size] = '\r';
    data[size + 1] = '\n';
}
