// RFC 9651.
#include "http/structured.h"

#include "http/field_rules.h"
#include "wire/base64.h"
#include "wire/hex.h"

enum {
    INTEGER_DIGITS = 15,         // §4.2.4
    DECIMAL_WHOLE_DIGITS = 12,   // §4.2.4
    DECIMAL_FRACTION_DIGITS = 3, // §4.2.4
};

static bool is_lower(uint8_t byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool is_digit(uint8_t byte)
{
    return weft_http_byte_is(byte, WEFT_HTTP_DIGIT);
}

// The next byte, or NUL, which no structured field holds.
static uint8_t peek(const struct weft_span *rest)
{
    return rest->size > 0 ? rest->data[0] : 0;
}

static struct weft_span take(struct weft_span *rest, size_t size)
{
    struct weft_span taken = weft_span_part(*rest, 0, size);
    *rest = weft_span_skip(*rest, size);
    return taken;
}

static bool take_byte(struct weft_span *rest, uint8_t byte)
{
    if (rest->size == 0 || rest->data[0] != byte) return false;
    (void)take(rest, 1);
    return true;
}

static void skip_spaces(struct weft_span *rest)
{
    while (take_byte(rest, ' ')) {
    }
}

static void skip_blanks(struct weft_span *rest)
{
    while (take_byte(rest, ' ') || take_byte(rest, '\t')) {
    }
}

static bool is_key_byte(uint8_t byte)
{
    return is_lower(byte) || is_digit(byte) || byte == '_' || byte == '-' || byte == '.' ||
           byte == '*';
}

// §4.2.3.3; empty where none stands there.
static struct weft_span take_key(struct weft_span *rest)
{
    size_t size = 0;
    if (!is_lower(peek(rest)) && peek(rest) != '*') return (struct weft_span){NULL, 0};
    while (size < rest->size && is_key_byte(rest->data[size]))
        size++;
    return take(rest, size);
}

bool weft_http_structured_key_is_valid(struct weft_span key)
{
    return key.size > 0 && take_key(&key).size > 0 && key.size == 0;
}

static int64_t number_of(struct weft_span digits)
{
    int64_t number = 0;
    for (size_t i = 0; i < digits.size; i++)
        number = number * 10 + (digits.data[i] - '0');
    return number;
}

static struct weft_span take_digits(struct weft_span *rest)
{
    size_t size = 0;
    while (size < rest->size && is_digit(rest->data[size]))
        size++;
    return take(rest, size);
}

// §4.2.4
static bool parse_number(struct weft_span *rest, struct weft_http_structured_value *value)
{
    bool is_negative = take_byte(rest, '-');
    struct weft_span whole = take_digits(rest);
    if (whole.size == 0 || whole.size > INTEGER_DIGITS) return false;
    value->type = WEFT_HTTP_INTEGER;
    value->number = number_of(whole);
    if (take_byte(rest, '.')) {
        struct weft_span fraction = take_digits(rest);
        if (whole.size > DECIMAL_WHOLE_DIGITS) return false;
        if (fraction.size == 0 || fraction.size > DECIMAL_FRACTION_DIGITS) return false;
        int64_t thousandths = number_of(fraction);
        for (size_t i = fraction.size; i < DECIMAL_FRACTION_DIGITS; i++)
            thousandths *= 10;
        value->type = WEFT_HTTP_DECIMAL;
        value->number = value->number * 1000 + thousandths;
    }
    if (is_negative) value->number = -value->number;
    return true;
}

// §4.2.5
static bool parse_string(struct weft_span *rest, struct weft_http_structured_value *value)
{
    (void)take(rest, 1);
    size_t size = 0;
    while (size < rest->size && rest->data[size] != '"') {
        uint8_t byte = rest->data[size++];
        if (byte < 0x20 || byte >= 0x7f) return false;
        if (byte != '\\') continue;
        if (size == rest->size) return false;
        byte = rest->data[size++];
        if (byte != '"' && byte != '\\') return false; // nothing else is escaped
    }
    value->type = WEFT_HTTP_STRING;
    value->text = take(rest, size);
    return take_byte(rest, '"');
}

static bool is_token_byte(uint8_t byte)
{
    return weft_http_byte_is(byte, WEFT_HTTP_TCHAR) || byte == ':' || byte == '/';
}

static bool is_token_start(uint8_t byte)
{
    return is_lower(byte | 0x20) || byte == '*';
}

// §4.2.6
static bool parse_token(struct weft_span *rest, struct weft_http_structured_value *value)
{
    size_t size = 1;
    while (size < rest->size && is_token_byte(rest->data[size]))
        size++;
    value->type = WEFT_HTTP_TOKEN;
    value->text = take(rest, size);
    return true;
}

// §4.2.7: missing padding and bits behind the end are borne with, as it asks.
static bool parse_byte_sequence(struct weft_span *rest, struct weft_http_structured_value *value)
{
    size_t decoded;
    (void)take(rest, 1);
    struct weft_span text = take(rest, weft_span_find(*rest, ':'));
    if (!weft_base64_decode(WEFT_BASE64_LAX, text, NULL, &decoded)) return false;
    value->type = WEFT_HTTP_BYTE_SEQUENCE;
    value->text = text;
    return take_byte(rest, ':');
}

// §4.2.8
static bool parse_boolean(struct weft_span *rest, struct weft_http_structured_value *value)
{
    (void)take(rest, 1);
    uint8_t digit = peek(rest);
    if (digit != '0' && digit != '1') return false;
    (void)take(rest, 1);
    value->type = WEFT_HTTP_BOOLEAN;
    value->number = digit - '0';
    return true;
}

// §4.2.9
static bool parse_date(struct weft_span *rest, struct weft_http_structured_value *value)
{
    (void)take(rest, 1);
    if (!parse_number(rest, value) || value->type != WEFT_HTTP_INTEGER) return false;
    value->type = WEFT_HTTP_DATE;
    return true;
}

// The value of a hex digit, or -1: display strings have them in lower case alone, §4.2.10.
static int hex_value(uint8_t byte)
{
    return byte >= 'A' && byte <= 'F' ? -1 : weft_hex_value(byte);
}

// Reads the byte at `*at` of a display string; -1 where it cannot stand there.
static int display_byte(struct weft_span text, size_t *at)
{
    uint8_t byte = text.data[(*at)++];
    if (byte < 0x20 || byte >= 0x7f) return -1;
    if (byte != '%') return byte;
    if (text.size - *at < 2) return -1;
    int high = hex_value(text.data[*at]);
    int low = hex_value(text.data[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

// UTF-8, read a byte at a time: how many bytes are to follow, and where the next has to lie.
struct utf8 {
    int due;
    int least;
    int most;
};

static bool utf8_starts(struct utf8 *state, int byte)
{
    *state = (struct utf8){0, 0x80, 0xbf};
    if (byte < 0x80) return true;
    if (byte >= 0xc2 && byte <= 0xdf) state->due = 1;
    if (byte >= 0xe0 && byte <= 0xef) state->due = 2;
    if (byte >= 0xf0 && byte <= 0xf4) state->due = 3;
    if (byte == 0xe0) state->least = 0xa0; // overlong
    if (byte == 0xed) state->most = 0x9f;  // surrogates
    if (byte == 0xf0) state->least = 0x90; // overlong
    if (byte == 0xf4) state->most = 0x8f;  // above U+10FFFF
    return state->due > 0;
}

static bool utf8_takes(struct utf8 *state, int byte)
{
    if (state->due == 0) return utf8_starts(state, byte);
    if (byte < state->least || byte > state->most) return false;
    *state = (struct utf8){state->due - 1, 0x80, 0xbf};
    return true;
}

// §4.2.10
static bool parse_display_string(struct weft_span *rest, struct weft_http_structured_value *value)
{
    struct utf8 state = {0, 0, 0};
    (void)take(rest, 1);
    if (!take_byte(rest, '"')) return false;
    struct weft_span text = take(rest, weft_span_find(*rest, '"'));
    for (size_t at = 0; at < text.size;) {
        int byte = display_byte(text, &at);
        if (byte < 0 || !utf8_takes(&state, byte)) return false;
    }
    value->type = WEFT_HTTP_DISPLAY_STRING;
    value->text = text;
    return state.due == 0 && take_byte(rest, '"');
}

// §4.2.3.1
static bool parse_bare_item(struct weft_span *rest, struct weft_http_structured_value *value)
{
    uint8_t byte = peek(rest);
    *value = (struct weft_http_structured_value){0};
    if (byte == '-' || is_digit(byte)) return parse_number(rest, value);
    if (is_token_start(byte)) return parse_token(rest, value);
    switch (byte) {
    case '"': return parse_string(rest, value);
    case ':': return parse_byte_sequence(rest, value);
    case '?': return parse_boolean(rest, value);
    case '@': return parse_date(rest, value);
    case '%': return parse_display_string(rest, value);
    default: return false;
    }
}

// One parameter, behind its semicolon, §4.2.3.2.
static bool parse_parameter(struct weft_span *rest, struct weft_span *key,
                            struct weft_http_structured_value *value)
{
    skip_spaces(rest);
    *key = take_key(rest);
    if (key->size == 0) return false;
    *value = (struct weft_http_structured_value){.type = WEFT_HTTP_BOOLEAN, .number = 1};
    return !take_byte(rest, '=') || parse_bare_item(rest, value);
}

static bool parse_parameters(struct weft_span *rest, struct weft_span *parameters)
{
    struct weft_span before = *rest;
    while (take_byte(rest, ';')) {
        struct weft_span key;
        struct weft_http_structured_value value;
        if (!parse_parameter(rest, &key, &value)) return false;
    }
    *parameters = weft_span_part(before, 0, before.size - rest->size);
    return true;
}

static bool parse_item(struct weft_span *rest, struct weft_http_structured_item *item)
{
    return parse_bare_item(rest, &item->value) && parse_parameters(rest, &item->parameters);
}

enum weft_http_structured_status
weft_http_structured_inner_next(struct weft_http_structured *in,
                                struct weft_http_structured_item *item)
{
    *item = (struct weft_http_structured_item){0};
    struct weft_span before = in->rest;
    skip_spaces(&in->rest);
    if (in->rest.size == 0) return WEFT_HTTP_STRUCTURED_END;
    bool is_parted = before.size != in->rest.size;
    if (in->is_begun && !is_parted) return WEFT_HTTP_STRUCTURED_WRONG;
    in->is_begun = true;
    return parse_item(&in->rest, item) ? WEFT_HTTP_STRUCTURED_ITEM : WEFT_HTTP_STRUCTURED_WRONG;
}

// §4.2.1.2: finds where the list closes, and that all in it is well.
static bool parse_inner_list(struct weft_span *rest, struct weft_http_structured_item *list)
{
    (void)take(rest, 1);
    struct weft_span inside = *rest;
    bool is_parted = true; // by a space, or by being the first
    for (;;) {
        size_t before = rest->size;
        skip_spaces(rest);
        is_parted = is_parted || rest->size != before;
        if (peek(rest) == ')') break;
        struct weft_http_structured_item item;
        if (!is_parted || !parse_item(rest, &item)) return false;
        is_parted = false;
    }
    list->value = (struct weft_http_structured_value){
        .type = WEFT_HTTP_INNER_LIST,
        .text = weft_span_part(inside, 0, inside.size - rest->size),
    };
    (void)take(rest, 1);
    return parse_parameters(rest, &list->parameters);
}

static bool parse_member(struct weft_span *rest, struct weft_http_structured_item *item)
{
    return peek(rest) == '(' ? parse_inner_list(rest, item) : parse_item(rest, item);
}

struct weft_http_structured weft_http_structured_over(struct weft_span value)
{
    return (struct weft_http_structured){.rest = value};
}

bool weft_http_structured_item(struct weft_span value, struct weft_http_structured_item *item)
{
    *item = (struct weft_http_structured_item){0};
    skip_spaces(&value);
    if (!parse_item(&value, item)) return false;
    skip_spaces(&value);
    return value.size == 0;
}

// Moves to the next member: over the comma and the blanks around it (§4.2.1, §4.2.2).
static enum weft_http_structured_status to_member(struct weft_http_structured *in)
{
    if (!in->is_begun) {
        skip_spaces(&in->rest);
        in->is_begun = true;
        return in->rest.size == 0 ? WEFT_HTTP_STRUCTURED_END : WEFT_HTTP_STRUCTURED_ITEM;
    }
    struct weft_span before = in->rest;
    skip_spaces(&before);
    if (before.size == 0) { // only spaces may end a field, §4.2
        in->rest = before;
        return WEFT_HTTP_STRUCTURED_END;
    }
    skip_blanks(&in->rest);
    if (!take_byte(&in->rest, ',')) return WEFT_HTTP_STRUCTURED_WRONG;
    skip_blanks(&in->rest);
    return in->rest.size == 0 ? WEFT_HTTP_STRUCTURED_WRONG : WEFT_HTTP_STRUCTURED_ITEM;
}

enum weft_http_structured_status
weft_http_structured_list_next(struct weft_http_structured *in,
                               struct weft_http_structured_item *item)
{
    *item = (struct weft_http_structured_item){0};
    enum weft_http_structured_status status = to_member(in);
    if (status != WEFT_HTTP_STRUCTURED_ITEM) return status;
    return parse_member(&in->rest, item) ? status : WEFT_HTTP_STRUCTURED_WRONG;
}

enum weft_http_structured_status
weft_http_structured_dictionary_next(struct weft_http_structured *in,
                                     struct weft_http_structured_item *item)
{
    *item = (struct weft_http_structured_item){0};
    enum weft_http_structured_status status = to_member(in);
    if (status != WEFT_HTTP_STRUCTURED_ITEM) return status;
    item->key = take_key(&in->rest);
    if (item->key.size == 0) return WEFT_HTTP_STRUCTURED_WRONG;
    item->value = (struct weft_http_structured_value){.type = WEFT_HTTP_BOOLEAN, .number = 1};
    bool is_well = take_byte(&in->rest, '=') ? parse_member(&in->rest, item)
                                             : parse_parameters(&in->rest, &item->parameters);
    return is_well ? status : WEFT_HTTP_STRUCTURED_WRONG;
}

bool weft_http_structured_parameter(struct weft_span *parameters, struct weft_span *key,
                                    struct weft_http_structured_value *value)
{
    return take_byte(parameters, ';') && parse_parameter(parameters, key, value);
}

enum weft_http_structured_status weft_http_structured_find(struct weft_span dictionary,
                                                           struct weft_span key,
                                                           struct weft_http_structured_item *item)
{
    struct weft_http_structured in = weft_http_structured_over(dictionary);
    struct weft_http_structured_item member;
    enum weft_http_structured_status found = WEFT_HTTP_STRUCTURED_END;
    enum weft_http_structured_status status;
    while ((status = weft_http_structured_dictionary_next(&in, &member)) ==
           WEFT_HTTP_STRUCTURED_ITEM) {
        if (!weft_span_equal(member.key, key)) continue;
        *item = member;
        found = WEFT_HTTP_STRUCTURED_ITEM;
    }
    return status == WEFT_HTTP_STRUCTURED_WRONG ? status : found;
}

static struct weft_span decode_base64(struct weft_span text, uint8_t *room)
{
    size_t size = 0;
    (void)weft_base64_decode(WEFT_BASE64_LAX, text, room, &size); // it was checked when it was read
    return (struct weft_span){room, size};
}

static struct weft_span decode_display(struct weft_span text, uint8_t *room)
{
    size_t size = 0;
    for (size_t at = 0; at < text.size;)
        room[size++] = (uint8_t)display_byte(text, &at);
    return (struct weft_span){room, size};
}

struct weft_span weft_http_structured_decode(const struct weft_http_structured_value *value,
                                             uint8_t *room)
{
    switch (value->type) {
    case WEFT_HTTP_STRING: return weft_http_unquote(value->text, room);
    case WEFT_HTTP_BYTE_SEQUENCE: return decode_base64(value->text, room);
    case WEFT_HTTP_DISPLAY_STRING: return decode_display(value->text, room);
    default: return value->text;
    }
}
