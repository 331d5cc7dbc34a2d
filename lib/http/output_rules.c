#include "http/output_rules.h"

#include "http/field_rules.h"
#include "http/target.h"

// Is the name right, and what it says it is? A field that we made points at the table, so this is quick.
static bool name_is_fit(const struct weft_http_field *field, enum weft_http_field_name *id)
{
    struct weft_span text = weft_http_field_text(field->id);
    if (field->id >= WEFT_HTTP_FIELD_NAME_COUNT) return false;
    *id = field->id;
    if (field->id != WEFT_HTTP_OTHER_FIELD && text.data == field->name.data) {
        return text.size == field->name.size;
    }
    *id = weft_http_field_lookup(field->name);
    if (field->id != WEFT_HTTP_OTHER_FIELD && *id != field->id)
        return false; // compression goes by id
    if (*id != WEFT_HTTP_OTHER_FIELD) return true;
    return weft_http_field_name_is_valid(field->name);
}

static bool field_is_fit(const struct weft_http_field *field, enum weft_http_section section)
{
    enum weft_http_field_name id;
    if (!name_is_fit(field, &id)) return false;
    if (!weft_http_field_value_is_trimmed(field->value)) return false;
    if (weft_http_field_is_connection_specific(id)) return false;
    switch (id) {
    case WEFT_HTTP_FIELD_CONTENT_LENGTH: return false;
    case WEFT_HTTP_FIELD_HOST: return section == WEFT_HTTP_RESPONSE_SECTION;
    case WEFT_HTTP_FIELD_TE: return weft_http_te_is_trailers(field->value);
    default: break;
    }
    return section != WEFT_HTTP_TRAILER_SECTION || weft_http_field_may_trail(id);
}

static bool method_is_fit(const struct weft_http_head *head)
{
    if (head->method == WEFT_HTTP_NO_METHOD) return false;
    struct weft_span text = weft_http_method_text(head->method);
    if (text.size > 0 && head->method_text.size == 0) return true;
    return weft_http_method_lookup(head->method_text) == head->method;
}

static bool target_is_fit(const struct weft_http_head *head)
{
    struct weft_http_authority authority;
    bool is_connect = head->method == WEFT_HTTP_CONNECT;
    if (!weft_http_parse_authority(head->authority, &authority)) return false;
    if (is_connect && head->protocol.size == 0) { // RFC 9110 §9.3.6
        return head->path.size == 0 && authority.port != WEFT_HTTP_NO_PORT;
    }
    if (head->protocol.size > 0 && (!is_connect || !weft_http_is_token(head->protocol))) {
        return false;
    }
    if (!weft_http_scheme_is_valid(head->scheme)) return false;
    if (head->method == WEFT_HTTP_OPTIONS && weft_span_is(head->path, "*")) return true;
    return weft_http_path_is_valid(head->path);
}

static bool line_is_fit(const struct weft_http_head *head, enum weft_http_section section)
{
    switch (section) {
    case WEFT_HTTP_REQUEST_SECTION:
        return head->status == 0 && method_is_fit(head) && target_is_fit(head);
    case WEFT_HTTP_PROMISE_SECTION: // RFC 9113 §8.4.1
        return head->status == 0 && method_is_fit(head) && target_is_fit(head) &&
               (head->method == WEFT_HTTP_GET || head->method == WEFT_HTTP_HEAD) &&
               head->content_length <= 0;
    case WEFT_HTTP_RESPONSE_SECTION: // an upgrade is not a caller's to make: no 101
        return head->method == WEFT_HTTP_NO_METHOD && head->status >= 100 && head->status < 600 &&
               head->status != 101;
    case WEFT_HTTP_TRAILER_SECTION: return head->method == WEFT_HTTP_NO_METHOD && head->status == 0;
    }
    return false;
}

enum weft_result weft_http_head_check(const struct weft_http_head *head,
                                      enum weft_http_section section)
{
    if (head->content_length < WEFT_HTTP_LENGTH_UNKNOWN) return WEFT_INVALID;
    if (!line_is_fit(head, section)) return WEFT_INVALID;
    for (size_t i = 0; i < head->field_count; i++) {
        if (!field_is_fit(&head->fields[i], section)) return WEFT_INVALID;
    }
    return WEFT_OK;
}
