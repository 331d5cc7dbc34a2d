// RFC 9113 unless another is named.
#include "http/message.h"

#include "http/field_rules.h"
#include "http/target.h"

enum {
    FIELD_OVERHEAD = 32, // §6.5.2
    FIRST_CAPACITY = 16,
};

enum pseudo_field {
    METHOD = 1,
    SCHEME = 2,
    AUTHORITY = 4,
    PATH = 8,
    STATUS = 16,
    PROTOCOL = 32,
};

static enum weft_http_verdict fail(struct weft_http_message *message,
                                   enum weft_http_verdict verdict, const char *reason)
{
    message->verdict = verdict;
    message->reason = reason;
    return verdict;
}

static enum weft_http_verdict malformed(struct weft_http_message *message, const char *reason)
{
    return fail(message, WEFT_HTTP_MALFORMED, reason);
}

void weft_http_message_init(struct weft_http_message *message, enum weft_http_section section,
                            struct weft_arena *arena, const struct weft_http_limits *limits,
                            struct weft_http_limit_counters *counters)
{
    *message = (struct weft_http_message){
        .section = section,
        .arena = arena,
        .limits = limits,
        .counters = counters,
        .content_length = WEFT_HTTP_LENGTH_UNKNOWN,
    };
}

static bool is_request(const struct weft_http_message *message)
{
    return message->section == WEFT_HTTP_REQUEST_SECTION ||
           message->section == WEFT_HTTP_PROMISE_SECTION;
}

// Charges a field before anything is stored for it.
static enum weft_http_verdict charge(struct weft_http_message *message,
                                     const struct weft_http_field *field)
{
    const struct weft_http_limits *limits = message->limits;
    size_t line = field->name.size + field->value.size;

    if (message->counted >= limits->field_count) {
        WEFT_HTTP_COUNT(message->counters, field_count);
        return fail(message, WEFT_HTTP_TOO_LARGE, "more fields than the limit field_count");
    }
    if (line > limits->field_line_size) {
        WEFT_HTTP_COUNT(message->counters, field_line_size);
        return fail(message, WEFT_HTTP_TOO_LARGE, "a field above the limit field_line_size");
    }
    if (line + FIELD_OVERHEAD > limits->field_section_size - message->size) { // §6.5.2
        WEFT_HTTP_COUNT(message->counters, field_section_size);
        return fail(message, WEFT_HTTP_TOO_LARGE, "fields above the limit field_section_size");
    }
    message->counted++;
    message->size += line + FIELD_OVERHEAD;
    return WEFT_HTTP_WELL_FORMED;
}

static enum pseudo_field pseudo_lookup(struct weft_span name)
{
    if (weft_span_is(name, ":method")) return METHOD;
    if (weft_span_is(name, ":path")) return PATH;
    if (weft_span_is(name, ":scheme")) return SCHEME;
    if (weft_span_is(name, ":authority")) return AUTHORITY;
    if (weft_span_is(name, ":status")) return STATUS;
    if (weft_span_is(name, ":protocol")) return PROTOCOL;
    return 0;
}

static enum weft_http_verdict add_status(struct weft_http_message *message, struct weft_span value)
{
    int64_t status = 0;
    if (value.size != 3 || !weft_http_parse_decimal(value, &status) || status < 100) {
        return malformed(message, ":status is not three digits"); // §8.3.2
    }
    if (status == 101) return malformed(message, ":status 101 is not for this version"); // §8.6
    message->status = status < 600 ? (uint16_t)status : 500; // RFC 9110 §15: as if it were a 5xx
    return WEFT_HTTP_WELL_FORMED;
}

static enum weft_http_verdict add_pseudo(struct weft_http_message *message,
                                         const struct weft_http_field *field)
{
    enum pseudo_field which = pseudo_lookup(field->name);
    unsigned allowed = is_request(message) ? METHOD | SCHEME | AUTHORITY | PATH : 0;
    if (message->section == WEFT_HTTP_RESPONSE_SECTION) allowed = STATUS;
    if (message->section == WEFT_HTTP_REQUEST_SECTION && message->allows_protocol) {
        allowed |= PROTOCOL; // RFC 8441 §4
    }

    if ((which & allowed) == 0)
        return malformed(message, "a pseudo-field that is not for here"); // §8.3
    if (message->has_regular)
        return malformed(message, "a pseudo-field behind a regular one");           // §8.3
    if (message->pseudo & which) return malformed(message, "a pseudo-field twice"); // §8.3
    message->pseudo |= which;

    switch (which) {
    case METHOD: message->method = field->value; break;
    case SCHEME: message->scheme = field->value; break;
    case AUTHORITY: message->authority = field->value; break;
    case PATH: message->path = field->value; break;
    case PROTOCOL: message->protocol = field->value; break;
    case STATUS: return add_status(message, field->value);
    }
    return WEFT_HTTP_WELL_FORMED;
}

static enum weft_http_verdict store(struct weft_http_message *message,
                                    const struct weft_http_field *field)
{
    if (message->field_count == message->capacity) {
        size_t capacity = message->capacity ? message->capacity * 2 : FIRST_CAPACITY;
        struct weft_http_field *fields =
            weft_arena_grow(message->arena, message->fields, message->capacity * sizeof(*fields),
                            capacity * sizeof(*fields));
        if (!fields) return fail(message, WEFT_HTTP_OUT_OF_MEMORY, "no memory for the fields");
        message->fields = fields;
        message->capacity = capacity;
    }
    message->fields[message->field_count++] = *field;
    return WEFT_HTTP_WELL_FORMED;
}

static enum weft_http_verdict add_content_length(struct weft_http_message *message,
                                                 struct weft_http_field *field)
{
    bool is_first = message->content_length == WEFT_HTTP_LENGTH_UNKNOWN;
    if (!weft_http_content_length_add(field->value, &message->content_length)) {
        return malformed(message, "content-length is no number, or two differ"); // RFC 9110 §8.6
    }
    if (!is_first) return WEFT_HTTP_WELL_FORMED; // said already
    struct weft_span list = field->value;
    (void)weft_http_list_next(&list, &field->value);
    return store(message, field);
}

// What a request's field means beyond being carried on.
static enum weft_http_verdict note_request_field(struct weft_http_message *message,
                                                 const struct weft_http_field *field)
{
    switch (field->id) {
    case WEFT_HTTP_FIELD_HOST:
        if (message->host.data) return malformed(message, "host twice");
        message->host = field->value;
        if (field->value.size == 0) return malformed(message, "host is empty");
        break;
    case WEFT_HTTP_FIELD_COOKIE: message->cookies++; break;
    case WEFT_HTTP_FIELD_PRIORITY: message->priorities++; break;
    case WEFT_HTTP_FIELD_EXPECT:
        if (weft_span_equal_ignoring_case(field->value, WEFT_SPAN("100-continue"))) {
            message->has_expect = true; // RFC 9110 §10.1.1
        }
        break;
    default: break;
    }
    return WEFT_HTTP_WELL_FORMED;
}

static enum weft_http_verdict add_regular(struct weft_http_message *message,
                                          struct weft_http_field field)
{
    message->has_regular = true;
    if (field.id == WEFT_HTTP_OTHER_FIELD) {
        if (!weft_http_field_name_is_valid(field.name)) {
            return malformed(message, "a field name that is no lower-case token"); // §8.2.1
        }
        field.id = (uint8_t)weft_http_field_lookup(field.name);
    }
    if (!weft_http_field_value_is_trimmed(field.value)) {
        return malformed(message, "a field value with CR, LF, NUL or blanks around it"); // §8.2.1
    }
    if (weft_http_field_is_connection_specific(field.id)) {
        return malformed(message, "a connection-specific field"); // §8.2.2
    }
    if (field.id == WEFT_HTTP_FIELD_TE && !weft_http_te_is_trailers(field.value)) {
        return malformed(message, "te is not trailers"); // §8.2.2
    }

    if (message->section == WEFT_HTTP_TRAILER_SECTION) {
        if (!weft_http_field_may_trail(field.id)) return WEFT_HTTP_WELL_FORMED; // left out
        return store(message, &field);
    }
    if (field.id == WEFT_HTTP_FIELD_CONTENT_LENGTH) return add_content_length(message, &field);
    if (is_request(message) && note_request_field(message, &field) != WEFT_HTTP_WELL_FORMED) {
        return message->verdict;
    }
    return store(message, &field);
}

enum weft_http_verdict weft_http_message_add(struct weft_http_message *message,
                                             const struct weft_http_field *field)
{
    if (message->verdict != WEFT_HTTP_WELL_FORMED) return message->verdict;
    if (charge(message, field) != WEFT_HTTP_WELL_FORMED) return message->verdict;
    if (field->name.size > 0 && field->name.data[0] == ':') return add_pseudo(message, field);
    return add_regular(message, *field);
}

// Joins the values of all fields with that name, in the arena; `data` is NULL without memory.
static struct weft_span join(const struct weft_http_message *message, enum weft_http_field_name id,
                             struct weft_span separator)
{
    size_t size = 0;
    for (size_t i = 0; i < message->field_count; i++) {
        if (message->fields[i].id == id) size += message->fields[i].value.size + separator.size;
    }
    uint8_t *joined = weft_arena_take(message->arena, size);
    if (!joined) return (struct weft_span){NULL, 0};

    size_t at = 0;
    for (size_t i = 0; i < message->field_count; i++) {
        struct weft_span value = message->fields[i].value;
        if (message->fields[i].id != id) continue;
        if (at > 0) memcpy(joined + at, separator.data, separator.size);
        if (at > 0) at += separator.size;
        if (value.size > 0) memcpy(joined + at, value.data, value.size);
        at += value.size;
    }
    return (struct weft_span){joined, at};
}

// §8.2.3: the first crumb takes them all, the others go.
static enum weft_http_verdict join_cookies(struct weft_http_message *message)
{
    if (message->cookies < 2) return WEFT_HTTP_WELL_FORMED;
    struct weft_span joined = join(message, WEFT_HTTP_FIELD_COOKIE, WEFT_SPAN("; "));
    if (!joined.data) return fail(message, WEFT_HTTP_OUT_OF_MEMORY, "no memory for the cookies");

    size_t kept = 0;
    bool is_placed = false;
    for (size_t i = 0; i < message->field_count; i++) {
        struct weft_http_field field = message->fields[i];
        bool is_crumb = field.id == WEFT_HTTP_FIELD_COOKIE;
        if (is_crumb && is_placed) continue;
        if (is_crumb) field.value = joined;
        is_placed = is_placed || is_crumb;
        message->fields[kept++] = field;
    }
    message->field_count = kept;
    return WEFT_HTTP_WELL_FORMED;
}

static enum weft_http_verdict read_priority(struct weft_http_message *message,
                                            struct weft_http_priority *priority)
{
    if (message->priorities == 0) return WEFT_HTTP_WELL_FORMED;
    const struct weft_http_field *field =
        weft_http_field_find(message->fields, message->field_count, WEFT_HTTP_FIELD_PRIORITY);
    struct weft_span value = field->value;
    if (message->priorities > 1) value = join(message, WEFT_HTTP_FIELD_PRIORITY, WEFT_SPAN(", "));
    if (message->priorities > 1 && !value.data) {
        return fail(message, WEFT_HTTP_OUT_OF_MEMORY, "no memory for the priority");
    }
    (void)weft_http_priority_parse(value, priority);
    return WEFT_HTTP_WELL_FORMED;
}

// §8.3.1: :authority goes before Host, and both say the same; for http they are not to be empty.
static enum weft_http_verdict judge_authority(struct weft_http_message *message,
                                              struct weft_http_authority *authority)
{
    bool has_authority = (message->pseudo & AUTHORITY) != 0;
    if (!has_authority) message->authority = message->host;
    if (has_authority && message->host.data &&
        !weft_span_equal_ignoring_case(message->authority, message->host)) {
        return malformed(message, ":authority and host differ");
    }
    if (!weft_http_parse_authority(message->authority, authority)) {
        return malformed(message, "neither :authority nor host is host[:port]");
    }
    return WEFT_HTTP_WELL_FORMED;
}

// §8.5: only :method and :authority, which has a port.
static enum weft_http_verdict judge_connect(struct weft_http_message *message)
{
    struct weft_http_authority authority;
    if (message->pseudo & (SCHEME | PATH))
        return malformed(message, "CONNECT with :scheme or :path");
    if ((message->pseudo & AUTHORITY) == 0) return malformed(message, "CONNECT without :authority");
    if (judge_authority(message, &authority)) return message->verdict;
    if (authority.port == WEFT_HTTP_NO_PORT) return malformed(message, "CONNECT without a port");
    return WEFT_HTTP_WELL_FORMED;
}

static enum weft_http_verdict judge_request(struct weft_http_message *message,
                                            enum weft_http_method method)
{
    bool has_protocol = (message->pseudo & PROTOCOL) != 0;
    if (method == WEFT_HTTP_NO_METHOD) return malformed(message, ":method is no token, or missing");
    if (has_protocol && (method != WEFT_HTTP_CONNECT || !weft_http_is_token(message->protocol))) {
        return malformed(message, ":protocol is no token, or not with CONNECT"); // RFC 8441 §4
    }
    if (method == WEFT_HTTP_CONNECT && !has_protocol) return judge_connect(message);

    if (!weft_http_scheme_is_valid(message->scheme)) {
        return malformed(message, ":scheme is wrong or missing");
    }
    bool is_asterisk = method == WEFT_HTTP_OPTIONS && weft_span_is(message->path, "*");
    if (!is_asterisk && !weft_http_path_is_valid(message->path)) {
        return malformed(message, ":path is wrong or missing");
    }
    struct weft_http_authority authority;
    return judge_authority(message, &authority);
}

// §8.4.1: safe, cacheable, without content.
static enum weft_http_verdict judge_promise(struct weft_http_message *message,
                                            enum weft_http_method method)
{
    if (method != WEFT_HTTP_GET && method != WEFT_HTTP_HEAD) {
        return malformed(message, "a promised request that is not GET or HEAD");
    }
    if (message->content_length > 0) return malformed(message, "a promised request with content");
    return WEFT_HTTP_WELL_FORMED;
}

static enum weft_http_verdict finish_request(struct weft_http_message *message,
                                             struct weft_http_head *head)
{
    enum weft_http_method method = weft_http_method_lookup(message->method);
    if (judge_request(message, method)) return message->verdict;
    if (message->section == WEFT_HTTP_PROMISE_SECTION && judge_promise(message, method)) {
        return message->verdict;
    }
    if (read_priority(message, &head->priority)) return message->verdict;
    if (join_cookies(message)) return message->verdict;

    head->method = (uint8_t)method;
    head->method_text = message->method;
    head->scheme = message->scheme;
    head->authority = message->authority;
    head->path = message->path;
    head->protocol = message->protocol;
    head->expects_continue = message->has_expect;
    return WEFT_HTTP_WELL_FORMED;
}

enum weft_http_verdict weft_http_message_finish(struct weft_http_message *message,
                                                struct weft_http_head *head)
{
    struct weft_http_head made = WEFT_HTTP_HEAD_INIT;
    if (message->verdict != WEFT_HTTP_WELL_FORMED) return message->verdict;
    if (is_request(message) && finish_request(message, &made)) return message->verdict;
    if (message->section == WEFT_HTTP_RESPONSE_SECTION && (message->pseudo & STATUS) == 0) {
        return malformed(message, "no :status"); // §8.3.2
    }
    made.status = message->status;
    made.content_length = message->content_length;
    made.fields = message->fields;
    made.field_count = message->field_count;
    made.lacks = weft_http_fields_lack(made.fields, made.field_count);
    *head = made;
    return WEFT_HTTP_WELL_FORMED;
}
