// cmd/field_options.c
#include "cmd/field_options.h"

#include "http/field_rules.h"

const char *weft_field_options_add(struct weft_field_options *options, struct weft_span name,
                                   struct weft_span value)
{
    if (options->count == WEFT_FIELD_OPTIONS_MOST) return "there may be 64 fields at the most";
    if (name.size == 0 || name.size >= WEFT_FIELD_OPTIONS_NAME_SIZE)
        return "NAME: VALUE was expected";
    char *own = options->names[options->count];
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        own[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
    }
    struct weft_span lower = {(const uint8_t *)own, name.size};
    if (!weft_http_field_name_is_valid(lower)) return "that is no name of a field";
    if (!weft_http_field_value_is_valid(value)) return "a value holds no line ends";
    enum weft_http_field_name id = weft_http_field_lookup(lower);
    if (id == WEFT_HTTP_FIELD_HOST) {
        options->authority = value;
        return NULL;
    }
    if (id == WEFT_HTTP_FIELD_CONTENT_LENGTH || weft_http_field_is_connection_specific(id)) {
        return "that field is written by weft itself";
    }
    options->fields[options->count++] =
        (struct weft_http_field){.name = lower, .value = value, .id = (uint8_t)id};
    return NULL;
}

const char *weft_field_options_take(struct weft_field_options *options, const char *value)
{
    struct weft_span text = weft_span_of(value);
    size_t colon = weft_span_find(text, ':');
    if (colon == text.size) return "NAME: VALUE was expected";
    return weft_field_options_add(options, weft_span_part(text, 0, colon),
                                  weft_span_trim(weft_span_skip(text, colon + 1)));
}
