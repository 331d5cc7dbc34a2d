#include "http/target.h"

#include "http/field_rules.h"
#include "wire/hex.h"

// Does an escape, % and two hex digits, stand at `at` (RFC 3986 §2.1)?
static bool is_escape(struct weft_span text, size_t at)
{
    return text.size - at > 2 && text.data[at] == '%' &&
           weft_http_byte_is(text.data[at + 1], WEFT_HTTP_HEX_DIGIT) &&
           weft_http_byte_is(text.data[at + 2], WEFT_HTTP_HEX_DIGIT);
}

// RFC 3986 §3.2.2: reg-name, of which IPv4 addresses are a part. Empty ones are not for http (RFC 9110 §4.2.1).
static bool is_name(struct weft_span host)
{
    size_t at = 0;
    while (at < host.size) {
        if (weft_http_byte_is(host.data[at], WEFT_HTTP_HOST_CHAR)) {
            at++;
        } else if (is_escape(host, at)) {
            at += 3;
        } else {
            return false;
        }
    }
    return host.size > 0;
}

// Four numbers of 0 to 255 without leading zeroes (RFC 3986 §3.2.2).
static bool is_ipv4(struct weft_span text)
{
    for (int part = 0; part < 4; part++) {
        size_t size = part < 3 ? weft_span_find(text, '.') : text.size;
        struct weft_span digits = weft_span_part(text, 0, size);
        int64_t number;
        if (size > 3 || !weft_http_parse_decimal(digits, &number) || number > 255) return false;
        if (size > 1 && weft_span_starts_with(digits, WEFT_SPAN("0"))) return false;
        if (part < 3 && size == text.size) return false; // fewer than four
        text = weft_span_skip(text, size + 1);
    }
    return true;
}

// Takes one group off an IPv6 address. Returns how many of the eight it stands for; 0 where it is none.
static int take_group(struct weft_span *text)
{
    size_t size = weft_span_find(*text, ':');
    struct weft_span group = weft_span_part(*text, 0, size);
    bool is_last = size == text->size;
    *text = weft_span_skip(*text, size);
    if (is_last && is_ipv4(group)) return 2;
    return size <= 4 && weft_http_all_bytes_are(group, WEFT_HTTP_HEX_DIGIT) ? 1 : 0;
}

// RFC 3986 §3.2.2, what stands between the brackets; IPvFuture has no member yet.
static bool is_ipv6(struct weft_span text)
{
    bool has_gap = weft_span_starts_with(text, WEFT_SPAN("::"));
    int groups = 0;
    if (has_gap) text = weft_span_skip(text, 2);
    while (text.size > 0) {
        int taken = take_group(&text);
        groups += taken;
        if (taken == 0 || groups > 8) return false;
        if (text.size == 0) break;
        bool is_gap = weft_span_starts_with(text, WEFT_SPAN("::"));
        if (is_gap && has_gap) return false; // only one gap
        has_gap = has_gap || is_gap;
        text = weft_span_skip(text, is_gap ? 2 : 1);
        if (text.size == 0 && !is_gap) return false; // a colon at the end
    }
    return has_gap ? groups < 8 : groups == 8;
}

static bool parse_port(struct weft_span digits, int32_t *port)
{
    int64_t number = WEFT_HTTP_NO_PORT;
    if (digits.size > 0 && !weft_http_parse_decimal(digits, &number)) return false;
    if (number > UINT16_MAX) return false;
    *port = (int32_t)number; // "host:" states none, RFC 3986 §3.2.3
    return true;
}

bool weft_http_parse_authority(struct weft_span text, struct weft_http_authority *authority)
{
    bool is_bracketed = text.size > 0 && text.data[0] == '[';
    size_t size = weft_span_find(text, is_bracketed ? ']' : ':');
    if (is_bracketed) {
        if (!is_ipv6(weft_span_part(text, 1, size - 1))) return false;
        if (size == text.size) return false; // the bracket is not closed
        size++;
    }
    struct weft_span host = weft_span_part(text, 0, size);
    struct weft_span rest = weft_span_skip(text, size);
    if (!is_bracketed && !is_name(host)) return false; // userinfo ends here too: @ is no host's
    if (rest.size > 0 && rest.data[0] != ':') return false;

    int32_t port;
    if (!parse_port(weft_span_skip(rest, 1), &port)) return false;
    *authority = (struct weft_http_authority){host, port};
    return true;
}

static bool is_letter(uint8_t byte)
{
    uint8_t lower = byte | 0x20;
    return lower >= 'a' && lower <= 'z';
}

bool weft_http_scheme_is_valid(struct weft_span scheme)
{
    if (scheme.size == 0 || !is_letter(scheme.data[0])) return false;
    for (size_t i = 1; i < scheme.size; i++) {
        uint8_t byte = scheme.data[i];
        bool is_fit = is_letter(byte) || weft_http_byte_is(byte, WEFT_HTTP_DIGIT) || byte == '+' ||
                      byte == '-' || byte == '.';
        if (!is_fit) return false;
    }
    return true;
}

bool weft_http_path_is_valid(struct weft_span path)
{
    return path.size > 0 && path.data[0] == '/' &&
           weft_http_all_bytes_are(path, WEFT_HTTP_TARGET_CHAR);
}

// The path of an absolute form: never empty, and with a slash at its start (RFC 9110 §4.2.3).
static enum weft_result absolute_path(enum weft_http_method method, struct weft_span rest,
                                      struct weft_arena *arena, struct weft_span *path)
{
    *path = rest;
    if (rest.size == 0) { // §3.2.4: OPTIONS without a path means the server
        *path = method == WEFT_HTTP_OPTIONS ? WEFT_SPAN("*") : WEFT_SPAN("/");
        return WEFT_OK;
    }
    if (rest.data[0] == '/') return weft_http_path_is_valid(rest) ? WEFT_OK : WEFT_INVALID;
    if (!weft_http_all_bytes_are(rest, WEFT_HTTP_TARGET_CHAR)) return WEFT_INVALID;

    uint8_t *mended = weft_arena_take(arena, rest.size + 1); // "?q"
    if (!mended) return WEFT_NO_MEMORY;
    mended[0] = '/';
    memcpy(mended + 1, rest.data, rest.size);
    *path = (struct weft_span){mended, rest.size + 1};
    return WEFT_OK;
}

static enum weft_result parse_absolute(enum weft_http_method method, struct weft_span text,
                                       struct weft_arena *arena, struct weft_http_target *target)
{
    size_t colon = weft_span_find(text, ':');
    struct weft_span scheme = weft_span_part(text, 0, colon);
    struct weft_span rest = weft_span_skip(text, colon);
    if (!weft_http_scheme_is_valid(scheme)) return WEFT_INVALID;
    if (!weft_span_starts_with(rest, WEFT_SPAN("://"))) return WEFT_INVALID;
    rest = weft_span_skip(rest, 3);

    size_t size = 0;
    while (size < rest.size && rest.data[size] != '/' && rest.data[size] != '?')
        size++;
    struct weft_http_authority parsed;
    struct weft_span authority = weft_span_part(rest, 0, size);
    if (!weft_http_parse_authority(authority, &parsed)) return WEFT_INVALID;
    *target = (struct weft_http_target){
        .form = WEFT_HTTP_ABSOLUTE_FORM, .scheme = scheme, .authority = authority};
    return absolute_path(method, weft_span_skip(rest, size), arena, &target->path);
}

static enum weft_result parse_authority_form(struct weft_span text, struct weft_http_target *target)
{
    struct weft_http_authority authority;
    if (!weft_http_parse_authority(text, &authority)) return WEFT_INVALID;
    if (authority.port == WEFT_HTTP_NO_PORT) return WEFT_INVALID; // the port has to be there
    *target = (struct weft_http_target){.form = WEFT_HTTP_AUTHORITY_FORM, .authority = text};
    return WEFT_OK;
}

enum weft_result weft_http_parse_target(enum weft_http_method method, struct weft_span text,
                                        struct weft_arena *arena, struct weft_http_target *target)
{
    if (method == WEFT_HTTP_CONNECT) return parse_authority_form(text, target); // §3.2.3
    if (text.size > 0 && text.data[0] == '/') {
        if (!weft_http_path_is_valid(text)) return WEFT_INVALID;
        *target = (struct weft_http_target){.form = WEFT_HTTP_ORIGIN_FORM, .path = text};
        return WEFT_OK;
    }
    if (weft_span_is(text, "*")) {
        if (method != WEFT_HTTP_OPTIONS) return WEFT_INVALID; // §3.2.4
        *target = (struct weft_http_target){.form = WEFT_HTTP_ASTERISK_FORM, .path = text};
        return WEFT_OK;
    }
    return parse_absolute(method, text, arena, target);
}

// The byte at `*at` of a path, decoded; moves on.
static enum weft_http_path_status take_byte(struct weft_span path, size_t *at, uint8_t *byte)
{
    *byte = path.data[*at];
    bool is_escaped = *byte == '%';
    if (is_escaped) {
        if (!is_escape(path, *at)) return WEFT_HTTP_PATH_BAD_ESCAPE;
        int high = weft_hex_value(path.data[*at + 1]);
        *byte = (uint8_t)(high << 4 | weft_hex_value(path.data[*at + 2]));
        *at += 2;
    }
    *at += 1;
    bool is_control = *byte < 0x20 || *byte == 0x7f;
    if (is_control || *byte == '\\' || (is_escaped && *byte == '/'))
        return WEFT_HTTP_PATH_FORBIDDEN;
    return WEFT_HTTP_PATH_FINE;
}

// A path being built: `size` bytes that end with the newest segment, which began at `segment`.
struct walk {
    uint8_t *room;
    size_t size;
    size_t segment;
};

// The newest segment is whole: takes it and what it undoes away where it is a dot segment (RFC 3986 §5.2.4).
// `room` holds a slash before it, and with the slash that may follow, the caller puts one behind it.
static bool end_segment(struct walk *walk)
{
    struct weft_span segment = {walk->room + walk->segment, walk->size - walk->segment};
    if (weft_span_is(segment, ".")) walk->size = walk->segment;
    if (!weft_span_is(segment, "..")) return true;
    if (walk->segment == 1) return false; // above the root
    size_t at = walk->segment - 1;        // the slash before `..`
    while (walk->room[at - 1] != '/')
        at--;
    walk->size = walk->segment = at;
    return true;
}

static enum weft_http_path_status walk_path(struct weft_span path, struct walk *walk)
{
    for (size_t at = 1; at < path.size;) {
        if (weft_http_byte_is(path.data[at], WEFT_HTTP_SEGMENT_CHAR)) {
            walk->room[walk->size++] = path.data[at++];
            continue;
        }
        uint8_t byte;
        enum weft_http_path_status status = take_byte(path, &at, &byte);
        if (status != WEFT_HTTP_PATH_FINE) return status;
        if (byte != '/') {
            walk->room[walk->size++] = byte;
            continue;
        }
        if (!end_segment(walk)) return WEFT_HTTP_PATH_ABOVE_ROOT;
        bool is_empty = walk->size == walk->segment; // no slash behind a slash
        if (!is_empty) walk->room[walk->size++] = '/';
        walk->segment = walk->size;
    }
    return end_segment(walk) ? WEFT_HTTP_PATH_FINE : WEFT_HTTP_PATH_ABOVE_ROOT;
}

enum weft_http_path_status weft_http_path_decode(struct weft_span path, uint8_t *room,
                                                 size_t room_size, struct weft_http_path *out)
{
    size_t mark = weft_span_find(path, '?');
    struct weft_span query = weft_span_skip(path, mark < path.size ? mark + 1 : mark);
    struct weft_span names = weft_span_part(path, 0, mark);
    if (names.size == 0 || names.data[0] != '/') return WEFT_HTTP_PATH_NOT_ABSOLUTE;
    if (names.size > room_size) return WEFT_HTTP_PATH_TOO_LONG;

    room[0] = '/';
    struct walk walk = {.room = room, .size = 1, .segment = 1};
    enum weft_http_path_status status = walk_path(names, &walk);
    if (status != WEFT_HTTP_PATH_FINE) return status;
    *out = (struct weft_http_path){{room, walk.size}, query, mark < path.size};
    return WEFT_HTTP_PATH_FINE;
}
