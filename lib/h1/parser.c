// RFC 9112 §3 to §5, §6.1 and §9.6 unless another is named.
#include "h1/parser.h"

#include "http/field_rules.h"
#include "http/target.h"

static const struct weft_h1_error fine = {0, NULL};

static struct weft_h1_error bad(const char *reason)
{
    return (struct weft_h1_error){400, reason};
}

static struct weft_h1_error no_memory(void)
{
    return (struct weft_h1_error){500, "no memory for the head, or above the limit memory_budget"};
}

// clang-format off
// The lower-case form of each byte that a field name may hold (§5.1: a token); 0 for the others.
static const uint8_t name_bytes[256] = {
    ['!'] = '!', ['#'] = '#', ['$'] = '$', ['%'] = '%', ['&'] = '&', ['\''] = '\'', ['*'] = '*', ['+'] = '+',
    ['-'] = '-', ['.'] = '.', ['^'] = '^', ['_'] = '_', ['`'] = '`', ['|'] = '|', ['~'] = '~',
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7',
    ['8'] = '8', ['9'] = '9',
    ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h',
    ['i'] = 'i', ['j'] = 'j', ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p',
    ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x',
    ['y'] = 'y', ['z'] = 'z',
    ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g', ['H'] = 'h',
    ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p',
    ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x',
    ['Y'] = 'y', ['Z'] = 'z',
};
// clang-format on

// A section in memory that may be changed; the scan has seen to it that it ends in CR LF CR LF.
struct lines {
    uint8_t *at;
    uint8_t *end;
    bool is_lenient; // of a response: a client mends what a server has to refuse
};

// The next line, without its end.
static struct weft_span take_line(struct lines *in)
{
    uint8_t *end = memchr(in->at, '\n', (size_t)(in->end - in->at));
    struct weft_span line = {in->at, (size_t)(end - in->at) - 1};
    in->at = end + 1;
    return line;
}

// The first byte from `at` on that is below 0x0e and no tab: CR, LF, NUL or another control byte. There is one, for
// the section ends in CR LF.
static uint8_t *find_low_byte(uint8_t *at, const uint8_t *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        uint64_t low = (word - 0x0e0e0e0e0e0e0e0eU) & ~word & 0x8080808080808080U;
        if (low) break;
        at += 8;
    }
    while (*at >= 0x0e || *at == '\t')
        at++;
    return at;
}

// The value that begins at in->at, and with it the line. Bytes that no value may hold fail (§2.2, RFC 9110 §5.5).
static bool take_value(struct lines *in, struct weft_span *value)
{
    uint8_t *start = in->at;
    uint8_t *at = start;
    while (true) {
        at = find_low_byte(at, in->end);
        if (*at == '\r' && at[1] == '\n') {
            bool is_folded = in->is_lenient && weft_is_blank(at[2]);
            if (!is_folded) break;
            at[0] = at[1] = ' '; // §5.2: obs-fold in a response becomes spaces
        } else if (!weft_http_byte_is(*at, WEFT_HTTP_VALUE_CHAR)) {
            return false;
        }
        at++;
    }
    *value = weft_span_trim((struct weft_span){start, (size_t)(at - start)});
    in->at = at + 2;
    return true;
}

static struct weft_h1_error take_field(struct lines *in, struct weft_http_field *field)
{
    uint8_t *start = in->at;
    uint8_t *at = start;
    while (name_bytes[*at]) {
        *at = name_bytes[*at];
        at++;
    }
    field->name = (struct weft_span){start, (size_t)(at - start)};
    if (field->name.size == 0 && weft_is_blank(*at))
        return bad("a folded line, or blanks before a field"); // §5.2, §2.2
    if (field->name.size == 0) return bad("a field line without a name");
    while (in->is_lenient && weft_is_blank(*at))
        at++;
    if (weft_is_blank(*at)) return bad("a blank between a field name and its colon"); // §5.1
    if (*at != ':') return bad("a field name that is no token");
    in->at = at + 1;
    if (!take_value(in, &field->value)) return bad("a field value with CR, LF or NUL");
    field->id = (uint8_t)weft_http_field_lookup(field->name);
    field->hint = WEFT_HTTP_FIELD_USUAL;
    return fine;
}

static struct weft_h1_error take_fields(struct lines *in, struct weft_http_field *fields,
                                        size_t *count)
{
    size_t taken = 0;
    while (*in->at != '\r') { // an empty line, or a CR that the name check would refuse: see below
        struct weft_h1_error error = take_field(in, &fields[taken]);
        if (error.status) return error;
        taken++;
    }
    if (in->end - in->at != 2) return bad("a field line that begins with CR");
    *count = taken;
    return fine;
}

static bool is_registered_coding(struct weft_span coding)
{
    static const struct weft_span codings[] = {
        WEFT_SPAN_INIT("gzip"), WEFT_SPAN_INIT("x-gzip"), WEFT_SPAN_INIT("deflate"),
        WEFT_SPAN_INIT("compress"), WEFT_SPAN_INIT("x-compress")};
    for (size_t i = 0; i < WEFT_COUNT(codings); i++) {
        if (weft_span_equal_ignoring_case(coding, codings[i])) return true;
    }
    return false;
}

// §6.1: chunked, once and last. Whatever else says the same in another way is what smugglers send, and faulty.
static enum weft_h1_coding judge_coding(struct weft_span value)
{
    if (weft_span_equal_ignoring_case(value, WEFT_SPAN("chunked"))) return WEFT_H1_CHUNKED_CODING;
    bool has_other = false;
    bool is_last = false;
    struct weft_span coding;
    while (weft_http_list_next(&value, &coding)) {
        if (is_last) return WEFT_H1_FAULTY_CODING;
        is_last = weft_span_equal_ignoring_case(coding, WEFT_SPAN("chunked"));
        if (is_last) continue;
        if (!is_registered_coding(coding)) return WEFT_H1_FAULTY_CODING;
        has_other = true;
    }
    return is_last && has_other ? WEFT_H1_OTHER_CODING : WEFT_H1_FAULTY_CODING;
}

static void note_connection(struct weft_h1_message *message, struct weft_span options)
{
    struct weft_span option;
    while (weft_http_list_next(&options, &option)) {
        if (weft_span_equal_ignoring_case(option, WEFT_SPAN("close"))) message->closes = true;
        if (weft_span_equal_ignoring_case(option, WEFT_SPAN("keep-alive"))) message->keeps = true;
    }
}

// What a field says about framing and the connection.
static struct weft_h1_error note_field(struct weft_h1_message *message,
                                       const struct weft_http_field *field)
{
    switch (field->id) {
    case WEFT_HTTP_FIELD_CONTENT_LENGTH:
        if (!weft_http_content_length_add(field->value, &message->head.content_length)) {
            return bad("content-length is no number, or two differ"); // §6.3
        }
        break;
    case WEFT_HTTP_FIELD_TRANSFER_ENCODING:
        message->coding = message->coding == WEFT_H1_NO_CODING ? judge_coding(field->value)
                                                               : WEFT_H1_FAULTY_CODING;
        break;
    case WEFT_HTTP_FIELD_CONNECTION: note_connection(message, field->value); break;
    case WEFT_HTTP_FIELD_PRIORITY: // RFC 9218 §5
        (void)weft_http_priority_parse(field->value, &message->head.priority);
        break;
    case WEFT_HTTP_FIELD_EXPECT:
        if (weft_span_equal_ignoring_case(field->value, WEFT_SPAN("100-continue"))) {
            message->head.expects_continue = true;
        } else {
            message->expects_unknown = true;
        }
        break;
    default: break;
    }
    return fine;
}

// The fields of a head, stored and noted.
static struct weft_h1_error parse_fields(struct lines *in, const struct weft_h1_scan *scan,
                                         struct weft_arena *arena, struct weft_h1_message *message)
{
    size_t most = scan->field_count - scan->counted;
    struct weft_http_field *fields = weft_arena_take(arena, most * sizeof(*fields));
    if (!fields) return no_memory();

    size_t count = 0;
    struct weft_h1_error error = take_fields(in, fields, &count);
    for (size_t i = 0; i < count && !error.status; i++)
        error = note_field(message, &fields[i]);
    message->head.fields = fields;
    message->head.field_count = count;
    message->head.lacks = weft_http_fields_lack(fields, count);
    return error;
}

static bool is_digit(uint8_t byte)
{
    return weft_http_byte_is(byte, WEFT_HTTP_DIGIT);
}

// §2.3: HTTP-version = "HTTP" "/" DIGIT "." DIGIT. Minor versions from 1 on are taken as 1.1.
static struct weft_h1_error parse_version(struct weft_span text, uint8_t *version)
{
    bool is_version = text.size == 8 && weft_span_starts_with(text, WEFT_SPAN("HTTP/")) &&
                      is_digit(text.data[5]) && text.data[6] == '.' && is_digit(text.data[7]);
    if (!is_version) return bad("the start line has no HTTP version");
    if (text.data[5] != '1') return (struct weft_h1_error){505, "not a version of HTTP/1"};
    *version = text.data[7] == '0' ? WEFT_HTTP_1_0 : WEFT_HTTP_1_1;
    return fine;
}

static struct weft_h1_error bad_host(const char *reason)
{
    return bad(reason); // §3.2
}

// §3.2: one Host, valid, from 1.1 on; the authority of an absolute target goes before it (§3.2.2).
static struct weft_h1_error judge_host(struct weft_http_head *head, struct weft_http_field *fields)
{
    struct weft_http_field *host = NULL;
    struct weft_http_authority authority;
    for (size_t i = 0; i < head->field_count; i++) {
        if (fields[i].id != WEFT_HTTP_FIELD_HOST) continue;
        if (host) return bad_host("host twice");
        host = &fields[i];
    }
    if (!host) {
        return head->version == WEFT_HTTP_1_0 ? fine : bad_host("a request without host");
    }
    if (!weft_http_parse_authority(host->value, &authority)) {
        return bad_host("host is not host[:port]");
    }
    if (head->authority.size > 0) {
        host->value = head->authority;
    } else {
        head->authority = host->value;
    }
    return fine;
}

// §3: method SP request-target SP HTTP-version, with exactly these spaces.
static struct weft_h1_error parse_request_line(struct weft_span line, struct weft_arena *arena,
                                               struct weft_http_head *head)
{
    enum { VERSION_SIZE = 8 };
    size_t space = weft_span_find(line, ' ');
    if (line.size < space + 3 + VERSION_SIZE) return bad("a request line without three parts");
    size_t target_size = line.size - space - 2 - VERSION_SIZE;
    if (line.data[space + 1 + target_size] != ' ') return bad("the start line has no HTTP version");
    struct weft_h1_error error =
        parse_version(weft_span_skip(line, line.size - VERSION_SIZE), &head->version);
    if (error.status) return error;

    head->method_text = weft_span_part(line, 0, space);
    enum weft_http_method method = weft_http_method_lookup(head->method_text);
    head->method = (uint8_t)method;
    if (method == WEFT_HTTP_NO_METHOD) return bad("a method that is no token");

    struct weft_http_target target;
    struct weft_span text = weft_span_part(line, space + 1, target_size);
    switch (weft_http_parse_target(method, text, arena, &target)) {
    case WEFT_OK: break;
    case WEFT_NO_MEMORY: return no_memory();
    default: return bad("a request target that is none of the four forms"); // §3.2
    }
    head->scheme = target.scheme;
    head->authority = target.authority;
    head->path = target.path;
    return fine;
}

static struct lines lines_of(const struct weft_h1_scan *scan, uint8_t *bytes)
{
    bool is_lenient =
        scan->section == WEFT_H1_RESPONSE_HEAD || scan->section == WEFT_H1_RESPONSE_TRAILERS;
    return (struct lines){bytes, bytes + (scan->at - scan->start), is_lenient};
}

struct weft_h1_error weft_h1_parse_request(const struct weft_h1_scan *scan, uint8_t *bytes,
                                           struct weft_arena *arena,
                                           struct weft_h1_message *message)
{
    struct lines in = lines_of(scan, bytes);
    *message = (struct weft_h1_message){.head = WEFT_HTTP_HEAD_INIT};

    struct weft_h1_error error = parse_request_line(take_line(&in), arena, &message->head);
    if (error.status) return error;
    error = parse_fields(&in, scan, arena, message);
    if (error.status) return error;
    return judge_host(&message->head, (struct weft_http_field *)message->head.fields);
}

// §4: HTTP-version SP status-code SP [reason-phrase]. The reason is ignored, and so may be its space.
static struct weft_h1_error parse_status_line(struct weft_span line, struct weft_http_head *head)
{
    enum { VERSION_SIZE = 8, SHORTEST = 12 };
    if (line.size < SHORTEST || line.data[VERSION_SIZE] != ' ') {
        return bad("a status line that is cut short");
    }
    struct weft_h1_error error =
        parse_version(weft_span_part(line, 0, VERSION_SIZE), &head->version);
    if (error.status) return error;

    int64_t status = 0;
    bool is_status = weft_http_parse_decimal(weft_span_part(line, VERSION_SIZE + 1, 3), &status) &&
                     status >= 100;
    if (!is_status) return bad("a status that is not three digits");
    if (line.size > SHORTEST && line.data[SHORTEST] != ' ') {
        return bad("a status that is not three digits");
    }
    if (!weft_http_field_value_is_valid(weft_span_skip(line, SHORTEST))) {
        return bad("a reason phrase with CR, LF or NUL");
    }
    head->status = status < 600 ? (uint16_t)status : 500; // RFC 9110 §15: as if it were a 5xx
    return fine;
}

struct weft_h1_error weft_h1_parse_response(const struct weft_h1_scan *scan, uint8_t *bytes,
                                            struct weft_arena *arena,
                                            struct weft_h1_message *message)
{
    struct lines in = lines_of(scan, bytes);
    *message = (struct weft_h1_message){.head = WEFT_HTTP_HEAD_INIT};

    struct weft_h1_error error = parse_status_line(take_line(&in), &message->head);
    if (error.status) return error;
    return parse_fields(&in, scan, arena, message);
}

struct weft_h1_error weft_h1_parse_trailers(const struct weft_h1_scan *scan, uint8_t *bytes,
                                            struct weft_arena *arena, struct weft_http_head *head)
{
    struct lines in = lines_of(scan, bytes);
    *head = (struct weft_http_head)WEFT_HTTP_HEAD_INIT;

    size_t most = scan->field_count - scan->counted;
    struct weft_http_field *fields = weft_arena_take(arena, most * sizeof(*fields));
    if (!fields) return no_memory();
    size_t count = 0;
    struct weft_h1_error error = take_fields(&in, fields, &count);
    if (error.status) return error;

    size_t kept = 0;
    for (size_t i = 0; i < count; i++) { // RFC 9110 §6.5.1
        if (weft_http_field_may_trail(fields[i].id)) fields[kept++] = fields[i];
    }
    head->fields = fields;
    head->field_count = kept;
    return fine;
}
