// RFC 8288 §3. Link-value = "<" URI-Reference ">" *( OWS ";" OWS [ link-param ] )
#include "http/link.h"

static struct weft_span skip_blanks(struct weft_span span)
{
    size_t size = 0;
    while (size < span.size && weft_is_blank(span.data[size]))
        size++;
    return weft_span_skip(span, size);
}

// May the byte stand between < and >? More than RFC 3986 has, less than could end or break a field.
static bool is_target_byte(uint8_t byte)
{
    return byte > ' ' && byte != 0x7f && byte != '<' && byte != '>';
}

static bool begins_with(struct weft_span span, uint8_t byte)
{
    return span.size > 0 && span.data[0] == byte;
}

// The size of a quoted string at the start of `span`, with its quotes; 0 where it does not end.
static size_t quoted_size(struct weft_span span)
{
    for (size_t at = 1; at < span.size; at++) {
        if (span.data[at] == '"') return at + 1;
        if (span.data[at] == '\\') at++;
    }
    return 0;
}

// Takes the value behind a `=` off.
static bool take_value(struct weft_span *rest, struct weft_http_parameter *parameter)
{
    if (begins_with(*rest, '"')) {
        size_t size = quoted_size(*rest);
        if (size == 0) return false;
        parameter->value = weft_span_part(*rest, 1, size - 2);
        parameter->is_quoted = true;
        *rest = weft_span_skip(*rest, size);
        return true;
    }
    size_t size = 0;
    while (size < rest->size && weft_http_byte_is(rest->data[size], WEFT_HTTP_TCHAR))
        size++;
    parameter->value = weft_span_part(*rest, 0, size);
    *rest = weft_span_skip(*rest, size);
    return size > 0;
}

// Takes one link-param off: token BWS [ "=" BWS ( token / quoted-string ) ]
static bool take_parameter(struct weft_span *rest, struct weft_http_parameter *parameter)
{
    size_t size = 0;
    *parameter = (struct weft_http_parameter){0};
    while (size < rest->size && weft_http_byte_is(rest->data[size], WEFT_HTTP_TCHAR))
        size++;
    if (size == 0) return false;
    parameter->name = weft_span_part(*rest, 0, size);
    struct weft_span behind = skip_blanks(weft_span_skip(*rest, size));
    if (!begins_with(behind, '=')) {
        *rest = behind;
        return true;
    }
    *rest = skip_blanks(weft_span_skip(behind, 1));
    return take_value(rest, parameter);
}

// Takes the next parameter off, with the semicolons before it.
static enum weft_http_link_status next_parameter(struct weft_span *rest,
                                                 struct weft_http_parameter *parameter)
{
    *rest = skip_blanks(*rest);
    if (rest->size == 0 || begins_with(*rest, ',')) return WEFT_HTTP_LINK_END;
    if (!begins_with(*rest, ';')) return WEFT_HTTP_LINK_WRONG;
    while (begins_with(*rest, ';')) // the parameter between two of them may be missing
        *rest = skip_blanks(weft_span_skip(*rest, 1));
    if (rest->size == 0 || begins_with(*rest, ',')) return WEFT_HTTP_LINK_END;
    return take_parameter(rest, parameter) ? WEFT_HTTP_LINK : WEFT_HTTP_LINK_WRONG;
}

// Takes <target> off.
static bool take_target(struct weft_span *rest, struct weft_span *target)
{
    size_t size = 0;
    if (!begins_with(*rest, '<')) return false;
    *rest = weft_span_skip(*rest, 1);
    while (size < rest->size && is_target_byte(rest->data[size]))
        size++;
    *target = weft_span_part(*rest, 0, size);
    *rest = weft_span_skip(*rest, size);
    if (!begins_with(*rest, '>')) return false;
    *rest = weft_span_skip(*rest, 1);
    return true;
}

enum weft_http_link_status weft_http_link_next(struct weft_span *rest, struct weft_http_link *link)
{
    while (rest->size > 0 && (weft_is_blank(rest->data[0]) || rest->data[0] == ','))
        *rest = weft_span_skip(*rest, 1); // empty elements, RFC 9110 §5.6.1.2
    if (rest->size == 0) return WEFT_HTTP_LINK_END;
    if (!take_target(rest, &link->target)) return WEFT_HTTP_LINK_WRONG;

    struct weft_http_parameter parameter;
    enum weft_http_link_status status = WEFT_HTTP_LINK;
    link->parameters = *rest;
    while (status == WEFT_HTTP_LINK)
        status = next_parameter(rest, &parameter);
    link->parameters.size -= rest->size;
    return status == WEFT_HTTP_LINK_END ? WEFT_HTTP_LINK : status;
}

bool weft_http_link_parameter(const struct weft_http_link *link, struct weft_span name,
                              struct weft_http_parameter *parameter)
{
    struct weft_span rest = link->parameters;
    while (next_parameter(&rest, parameter) == WEFT_HTTP_LINK) {
        if (weft_span_equal_ignoring_case(parameter->name, name)) return true;
    }
    return false;
}

bool weft_http_link_has_relation(const struct weft_http_link *link, struct weft_span relation)
{
    struct weft_http_parameter rel;
    if (!weft_http_link_parameter(link, WEFT_SPAN("rel"), &rel)) return false;
    for (struct weft_span rest = rel.value; rest.size > 0;) { // *SP between types, §3.3
        size_t size = weft_span_find(rest, ' ');
        if (weft_span_equal_ignoring_case(weft_span_part(rest, 0, size), relation)) return true;
        rest = weft_span_skip(rest, size + 1);
    }
    return false;
}

static void write_quoted(struct weft_writer *out, struct weft_span value)
{
    weft_write_u8(out, '"');
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\') weft_write_u8(out, '\\');
        weft_write_u8(out, value.data[i]);
    }
    weft_write_u8(out, '"');
}

static bool write_attribute(struct weft_writer *out,
                            const struct weft_http_link_attribute *attribute)
{
    if (!weft_http_is_token(attribute->name)) return false;
    weft_write_bytes(out, WEFT_SPAN("; "));
    weft_write_bytes(out, attribute->name);
    if (attribute->value.size == 0) return true;
    if (!weft_http_field_value_is_valid(attribute->value)) return false;
    weft_write_u8(out, '=');
    if (weft_http_is_token(attribute->value)) {
        weft_write_bytes(out, attribute->value);
    } else {
        write_quoted(out, attribute->value);
    }
    return true;
}

bool weft_http_link_write(struct weft_writer *out, struct weft_span target,
                          const struct weft_http_link_attribute *attributes, size_t count)
{
    const struct weft_writer before = *out;
    bool is_fine = target.size > 0;
    for (size_t i = 0; i < target.size; i++)
        is_fine = is_fine && is_target_byte(target.data[i]);
    weft_write_u8(out, '<');
    weft_write_bytes(out, target);
    weft_write_u8(out, '>');
    for (size_t i = 0; i < count && is_fine; i++)
        is_fine = write_attribute(out, &attributes[i]);
    if (is_fine && !out->failed) return true;
    *out = before;
    return false;
}
