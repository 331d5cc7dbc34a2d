// RFC 9651 §4.1: bare items in their canonical form.
#include "http/structured.h"

#include "http/field_rules.h"
#include "wire/base64.h"
#include "wire/hex.h"

static const int64_t most_integer = 999999999999999;

static void write_number(struct weft_writer *out, int64_t number)
{
    if (number < 0) weft_write_u8(out, '-');
    weft_write_decimal(out, (uint64_t)(number < 0 ? -number : number));
}

// §4.1.4
static bool write_integer(struct weft_writer *out, int64_t number)
{
    if (number < -most_integer || number > most_integer) return false;
    write_number(out, number);
    return true;
}

// §4.1.5; thousandths have at most the digits of an integer.
static bool write_decimal(struct weft_writer *out, int64_t thousandths)
{
    if (thousandths < -most_integer || thousandths > most_integer) return false;
    uint64_t size = (uint64_t)(thousandths < 0 ? -thousandths : thousandths);
    if (thousandths < 0) weft_write_u8(out, '-');
    weft_write_decimal(out, size / 1000);
    weft_write_u8(out, '.');
    uint64_t fraction = size % 1000;
    weft_write_u8(out, (uint8_t)('0' + fraction / 100));
    if (fraction % 100) weft_write_u8(out, (uint8_t)('0' + fraction / 10 % 10));
    if (fraction % 10) weft_write_u8(out, (uint8_t)('0' + fraction % 10));
    return true;
}

// §4.1.6
static bool write_string(struct weft_writer *out, struct weft_span text)
{
    weft_write_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte < 0x20 || byte >= 0x7f) return false;
        if (byte == '"' || byte == '\\') weft_write_u8(out, '\\');
        weft_write_u8(out, byte);
    }
    weft_write_u8(out, '"');
    return true;
}

// §4.1.7: what is read back as one token, and all of it, is one.
static bool write_token(struct weft_writer *out, struct weft_span text)
{
    struct weft_http_structured_item item;
    if (!weft_http_structured_item(text, &item)) return false;
    if (item.value.type != WEFT_HTTP_TOKEN || item.value.text.size != text.size) return false;
    weft_write_bytes(out, text);
    return true;
}

// §4.1.8
static bool write_byte_sequence(struct weft_writer *out, struct weft_span bytes)
{
    weft_write_u8(out, ':');
    weft_write_base64(out, WEFT_BASE64, bytes);
    weft_write_u8(out, ':');
    return true;
}

// §4.1.11; whether the text is UTF-8 is for reading it back to say.
static bool write_display_string(struct weft_writer *out, struct weft_span text)
{
    uint8_t *start = out->at;
    weft_write_bytes(out, WEFT_SPAN("%\""));
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 0x20 && byte < 0x7f && byte != '%' && byte != '"') {
            weft_write_u8(out, byte);
            continue;
        }
        weft_write_u8(out, '%');
        weft_write_hex_byte(out, byte);
    }
    weft_write_u8(out, '"');
    if (out->failed) return false;
    struct weft_http_structured_item item;
    struct weft_span written = {start, (size_t)(out->at - start)};
    return weft_http_structured_item(written, &item);
}

static bool write_value(struct weft_writer *out, const struct weft_http_structured_value *value)
{
    switch (value->type) {
    case WEFT_HTTP_INTEGER: return write_integer(out, value->number);
    case WEFT_HTTP_DECIMAL: return write_decimal(out, value->number);
    case WEFT_HTTP_STRING: return write_string(out, value->text);
    case WEFT_HTTP_TOKEN: return write_token(out, value->text);
    case WEFT_HTTP_BYTE_SEQUENCE: return write_byte_sequence(out, value->text);
    case WEFT_HTTP_BOOLEAN: // §4.1.9
        weft_write_bytes(out, value->number ? WEFT_SPAN("?1") : WEFT_SPAN("?0"));
        return true;
    case WEFT_HTTP_DATE: // §4.1.10
        weft_write_u8(out, '@');
        return write_integer(out, value->number);
    case WEFT_HTTP_DISPLAY_STRING: return write_display_string(out, value->text);
    case WEFT_HTTP_INNER_LIST: break;
    }
    return false;
}

bool weft_http_structured_write(struct weft_writer *out,
                                const struct weft_http_structured_value *value)
{
    return write_value(out, value) && !out->failed;
}
